//! Owns the incidents: one table, and the routes under `/incidents`.

use service_chassis::routes::Routes;
use service_chassis::{Answer, Request, Service, TimeVariable, database};

pub mod incidents;

pub struct IncidentsService;

service_chassis::export!(IncidentsService);

#[derive(Debug, Clone, Copy)]
pub enum Route {
    Items,
    Item,
    GroupedByCustomer,
    Summary,
}

impl Service for IncidentsService {
    const NAME: &'static str = "incidents-service";

    const ROUTES: Routes<Route> = &[
        ("/incidents/items", Route::Items),
        ("/incidents/items/:id", Route::Item),
        ("/incidents/grouped-by-customer", Route::GroupedByCustomer),
        ("/incidents/summary/:limit", Route::Summary),
    ];

    const VARIABLES: &'static [&'static TimeVariable] = &[&database::TIMEOUT];

    type Route = Route;

    async fn answer(route: Route, request: &Request) -> Answer {
        match route {
            Route::Items => incidents::items().await,
            Route::Item => incidents::item(request.id()?).await,
            Route::GroupedByCustomer => incidents::grouped_by_customer().await,
            Route::Summary => incidents::summary(request.limit()?).await,
        }
    }
}
