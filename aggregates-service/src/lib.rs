//! Answers `/aggregates/dashboard` from the other services. It has no database.
//!
//! [`dashboard`] is the aggregate. It asks the [`backends`], a module each, by [`upstream`], puts what came
//! into one [`payload`], and answers with it as JSON or as a [`page`], by what the request says of itself
//! ([`http`]).

use service_chassis::routes::Routes;
use service_chassis::{Answer, Request, Service};

mod backends;
mod dashboard;
mod http;
mod page;
mod payload;
mod upstream;

pub struct AggregatesService;

service_chassis::export!(AggregatesService);

#[derive(Debug, Clone, Copy)]
pub enum Route {
    Dashboard,
}

impl Service for AggregatesService {
    const NAME: &'static str = "aggregates-service";

    const ROUTES: Routes<Route> = &[("/aggregates/dashboard", Route::Dashboard)];

    type Route = Route;

    async fn answer(route: Route, request: &Request) -> Answer {
        match route {
            Route::Dashboard => dashboard::answer(request).await,
        }
    }
}
