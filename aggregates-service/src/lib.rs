//! Answers `/aggregates/dashboard` from the other services. It has no database.
//!
//! [`dashboard`] is the aggregate. It asks the [`backends`], a module each, by [`upstream`]; what came of a call
//! is its [`outcome`], and the [`last_good`] answer may stand in for one that failed. All outcomes make one
//! [`payload`], of which the [`memory`] may keep the last complete one, and the answer is that payload as JSON or
//! as a [`page`], by what the request says of itself ([`http`]).

use service_chassis::routes::Routes;
use service_chassis::{Answer, Request, Service, TimeVariable};

mod backends;
mod dashboard;
mod http;
mod last_good;
mod memory;
mod outcome;
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

    const VARIABLES: &'static [&'static TimeVariable] =
        &[&upstream::BACKEND_TIMEOUT, &last_good::STALE_IF_ERROR, &memory::CACHE_MAX_AGE];

    type Route = Route;

    async fn answer(route: Route, request: &Request) -> Answer {
        match route {
            Route::Dashboard => dashboard::answer(request).await,
        }
    }
}
