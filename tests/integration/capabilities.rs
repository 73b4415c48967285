//! `spin.toml` gives each component what it needs and no more.

use std::collections::BTreeSet;

use harness::{AGGREGATES, callees, services};

use crate::faults::names;

#[test]
fn the_aggregate_has_a_store_and_calls_backends_which_have_only_a_database() {
    for (service, component) in services() {
        let is_aggregate = service == AGGREGATES;
        let keys: BTreeSet<_> = component.keys().map(String::as_str).collect();
        let capabilities = match is_aggregate {
            true => ["allowed_outbound_hosts", "key_value_stores"].as_slice(),
            false => &["sqlite_databases"],
        };
        let others = ["build", "description", "source", "variables"];
        assert_eq!(keys, others.iter().chain(capabilities).copied().collect(), "{service}");
        for capability in capabilities.iter().filter(|name| **name != "allowed_outbound_hosts") {
            assert_eq!(component[*capability].as_array().unwrap(), &["default".into()], "{service}");
        }
        assert_eq!(callees(&component), if is_aggregate { names() } else { Vec::new() });
    }
}
