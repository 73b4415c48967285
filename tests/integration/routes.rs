//! The routes of the app, from `openapi.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use crate::openapi;

/// Every route, such as `/customers/top/{limit}`, and a path of it for which the sample data has a response.
pub fn all() -> Vec<(String, String)> {
    let document = openapi::description();
    let routes = document["paths"].as_object().unwrap().iter().map(|(pattern, operations)| {
        let mut path = pattern.clone();
        for parameter in operations["parameters"].as_array().into_iter().flatten() {
            let parameter = openapi::resolve(&document, parameter);
            if parameter["in"] == "path" {
                let (name, value) = (parameter["name"].as_str().unwrap(), parameter["example"].to_string());
                path = path.replace(&format!("{{{name}}}"), value.trim_matches('"'));
            }
        }
        assert!(!path.contains('{'), "a parameter of {pattern} has no example");
        (pattern.clone(), path)
    });
    routes.collect()
}

/// A path of every route.
pub fn paths() -> Vec<String> {
    all().into_iter().map(|(_, path)| path).collect()
}

/// The routes in the `match` of a service, such as `["customers", "top", limit] => …`, with `{}` for parameters.
fn arms(source: &str) -> BTreeSet<String> {
    let slices = source.split('[').skip(1).filter_map(|rest| rest.split_once(']'));
    let arms = slices.filter(|(slice, after)| {
        let after = after.trim_start();
        slice.trim_start().starts_with('"') && ["=>", "|", "if "].iter().any(|start| after.starts_with(start))
    });
    arms.map(|(slice, _)| {
        let segments = slice.split(',').map(str::trim).filter(|segment| !segment.is_empty());
        let segments = segments.map(|segment| match segment.strip_prefix('"') {
            Some(literal) => format!("/{}", literal.trim_end_matches('"')),
            None => "/{}".to_owned(),
        });
        segments.collect()
    })
    .collect()
}

#[test]
fn openapi_yaml_has_the_routes_of_the_services() {
    let mut described = BTreeMap::<String, BTreeSet<String>>::new();
    for (pattern, _) in all() {
        let pattern = pattern.split_once('{').map_or(pattern.clone(), |(path, _)| format!("{path}{{}}"));
        described.entry(pattern.split('/').nth(1).unwrap().to_owned()).or_default().insert(pattern);
    }
    for (service, _) in harness::services() {
        let path = harness::root().join(&service).join("src/lib.rs");
        let mut arms = arms(&std::fs::read_to_string(&path).unwrap());
        assert!(!arms.is_empty(), "{} has no arm such as [\"customers\", \"count\"] =>", path.display());
        let described = &described[service.strip_suffix("-service").unwrap()];
        // A route without its parameter may have an arm of its own, for the error.
        arms.retain(|arm| !described.contains(&format!("{arm}/{{}}")) || described.contains(arm));
        assert_eq!(&arms, described, "{service}");
    }
}
