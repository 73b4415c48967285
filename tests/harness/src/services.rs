//! The services of the app, as `spin.toml` lists them, and the one table of backends for the tests.

use toml::{Table, Value};

use crate::artifacts;

/// A service that the dashboard calls.
pub struct Backend {
    pub service: &'static str,
    /// Its table in the database.
    pub table: &'static str,
    /// A well-formed response to the call of the dashboard. Some faults replace its number 3.
    pub response: &'static str,
    /// Its sections of the dashboard, in the order of the JSON.
    pub sections: &'static [Section],
}

pub struct Section {
    pub key: &'static str,
    /// Its value for `Backend::response`.
    pub value: &'static str,
    /// Its value without any rows.
    pub empty: &'static str,
}

const BACKENDS: [Backend; 2] = [
    Backend {
        service: "customers-service",
        table: "Customers",
        response: r#"{"count":3,"top":[{"name":"Faulty","scoring":7}]}"#,
        sections: &[
            Section { key: "customerCount", value: "3", empty: "0" },
            Section { key: "topCustomers", value: r#"[{"customerName":"Faulty","scoring":7}]"#, empty: "[]" },
        ],
    },
    Backend {
        service: "incidents-service",
        table: "Incidents",
        response: r#"{"mostIncidents":[{"customerName":"Faulty","numberOfIncidents":3}],"highestVolume":[{"customerName":"Faulty","incidentVolume":12.5}]}"#,
        sections: &[
            Section {
                key: "customersWithMostIncidents",
                value: r#"[{"customerName":"Faulty","numberOfIncidents":3}]"#,
                empty: "[]",
            },
            Section {
                key: "customersWithHighestIncidentVolume",
                value: r#"[{"customerName":"Faulty","incidentVolume":12.5}]"#,
                empty: "[]",
            },
        ],
    },
];

/// The service that calls the others.
pub const AGGREGATES: &str = "aggregates-service";

/// The services that it calls, sorted by name.
pub fn backends() -> &'static [Backend] {
    const { &BACKENDS }
}

/// The components of `spin.toml` with their ids, sorted.
pub fn services() -> Vec<(String, Table)> {
    let path = artifacts::root().join("spin.toml");
    let manifest: Table =
        std::fs::read_to_string(path).expect("there is a spin.toml").parse().expect("it is TOML");
    let components = manifest["component"].as_table().expect("components are tables").iter();
    components.map(|(id, component)| (id.clone(), component.as_table().expect("a table").clone())).collect()
}

/// The body of a dashboard of these sections, without `unavailable` and `stale`.
pub fn dashboard_of(value: impl Fn(&Backend, &Section) -> &'static str) -> String {
    let sections = BACKENDS.iter().flat_map(|backend| {
        let value = &value;
        backend.sections.iter().map(move |section| format!("\"{}\":{}", section.key, value(backend, section)))
    });
    format!("{{{}}}", sections.collect::<Vec<_>>().join(","))
}

/// The services that the manifest allows `component` to call.
pub fn callees(component: &Table) -> Vec<String> {
    let hosts = component.get("allowed_outbound_hosts").and_then(Value::as_array);
    let hosts = hosts.into_iter().flatten().map(|host| host.as_str().expect("a host is text"));
    let name = |host: &str| host.strip_prefix("http://")?.strip_suffix(".spin.internal").map(str::to_owned);
    hosts.map(|host| name(host).unwrap_or_else(|| panic!("{host} is no service"))).collect()
}

#[test]
fn the_table_has_every_backend_of_the_manifest() {
    let listed: Vec<_> = BACKENDS.iter().map(|backend| backend.service.to_owned()).collect();
    let (aggregates, others): (Vec<_>, _) = services().into_iter().partition(|(id, _)| id == AGGREGATES);
    assert_eq!(callees(&aggregates[0].1), listed);
    assert_eq!(others.into_iter().map(|(id, _)| id).collect::<Vec<_>>(), listed);
}
