//! The routes of the app, from the tables that the services themselves go by.

use aggregates_service::AggregatesService;
use customers_service::CustomersService;
use incidents_service::IncidentsService;
use service_chassis::Service;

/// Every route, with its parameter as it stands in its table, such as `/customers/top/:limit`.
pub fn patterns() -> Vec<&'static str> {
    [of::<AggregatesService>(), of::<CustomersService>(), of::<IncidentsService>()].concat()
}

fn of<S: Service>() -> Vec<&'static str> {
    S::ROUTES.iter().map(|(pattern, _)| *pattern).collect()
}

/// Every route, with a parameter for which the sample data has an answer.
pub fn paths() -> Vec<String> {
    let path = |pattern: &str| {
        let id = match pattern.starts_with("/customers") {
            true => "4925914c-4fb2-4c77-928a-17566c235628",
            false => "a2c437a1-abc1-4f43-9e3b-8a867dcdd592",
        };
        pattern.replace(":id", id).replace(":limit", "3")
    };
    patterns().into_iter().map(path).collect()
}

#[test]
fn every_route_is_known_with_a_value_for_its_parameter() {
    let paths = paths();
    assert!(paths.len() >= 10, "{paths:?}");
    assert!(paths.iter().all(|path| path.starts_with('/') && !path.contains(':')), "{paths:?}");
}
