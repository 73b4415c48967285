//! The routes of the app, from `openapi.yaml`.

use crate::openapi;

/// Every route, such as `/customers/top/{limit}`, and a path of it for which the sample data has a response.
pub fn all() -> Vec<(String, String)> {
    let document = openapi::description();
    let routes = document["paths"].as_object().unwrap().iter().map(|(pattern, operations)| {
        let mut path = pattern.clone();
        for parameter in operations["parameters"].as_array().into_iter().flatten() {
            let parameter = openapi::resolve(&document, parameter);
            if parameter["in"] == "path" {
                let value = &parameter["example"];
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                path = path.replace(&format!("{{{}}}", parameter["name"].as_str().unwrap()), &value);
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
