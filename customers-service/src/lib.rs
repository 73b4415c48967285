//! Owns the customers: one table, and the routes under `/customers`.

use service_chassis::routes::Routes;
use service_chassis::{Answer, Request, Service, TimeVariable, database};

pub mod customers;

pub struct CustomersService;

service_chassis::export!(CustomersService);

#[derive(Debug, Clone, Copy)]
pub enum Route {
    Items,
    Item,
    Top,
    Count,
    Summary,
}

impl Service for CustomersService {
    const NAME: &'static str = "customers-service";

    const ROUTES: Routes<Route> = &[
        ("/customers/items", Route::Items),
        ("/customers/items/:id", Route::Item),
        ("/customers/top/:limit", Route::Top),
        ("/customers/count", Route::Count),
        ("/customers/summary/:limit", Route::Summary),
    ];

    const VARIABLES: &'static [&'static TimeVariable] = &[&database::TIMEOUT];

    type Route = Route;

    async fn answer(route: Route, request: &Request) -> Answer {
        match route {
            Route::Items => customers::items().await,
            Route::Item => customers::item(request.id()?).await,
            Route::Top => customers::top(request.limit()?).await,
            Route::Count => customers::count().await,
            Route::Summary => customers::summary(request.limit()?).await,
        }
    }
}
