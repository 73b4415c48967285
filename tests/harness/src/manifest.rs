use std::path::Path;

use toml::{Table, Value};

use crate::{artifacts, services};

/// A `spin.toml` whose components are built, to be changed by a test.
#[derive(Debug, Clone)]
pub struct Manifest(Table);

impl Manifest {
    /// The manifest of the app.
    pub fn of_the_app() -> Self {
        Self::of(artifacts::root())
    }

    /// The manifest in `directory`. All its components are built.
    pub fn of(directory: &Path) -> Self {
        let text = std::fs::read_to_string(directory.join("spin.toml")).expect("there is a spin.toml");
        let mut manifest = Self(text.parse().expect("it is TOML"));
        for (_, component) in manifest.0["component"].as_table_mut().expect("components are tables") {
            let text = |value: &Value| value.as_str().expect("text").to_owned();
            let (source, command) = (text(&component["source"]), text(&component["build"]["command"]));
            component["source"] = path_value(&artifacts::component(&source, &command, directory));
        }
        manifest
    }

    /// Puts `tests/faulty-service` in place of `component`, with this fault.
    pub fn replace(self, component: &str, fault: &str) -> Self {
        let command = "cargo build --package faulty-service --target wasm32-wasip2 --release";
        let source = "target/wasm32-wasip2/release/faulty_service.wasm";
        let source = artifacts::component(source, command, artifacts::root());
        let backend = services::backends().iter().find(|backend| backend.service == component);
        let environment = Table::from_iter([
            ("FAULT".to_owned(), Value::from(fault)),
            ("SERVICE".to_owned(), Value::from(component)),
            ("RESPONSE".to_owned(), Value::from(backend.map_or("", |backend| backend.response))),
        ]);
        self.set(component, "source", path_value(&source)).set(component, "environment", environment)
    }

    /// Sets a key of a component.
    pub fn set(mut self, component: &str, key: &str, value: impl Into<Value>) -> Self {
        self.component(component).insert(key.to_owned(), value.into());
        self
    }

    /// Removes a key of a component.
    pub fn unset(mut self, component: &str, key: &str) -> Self {
        self.component(component).remove(key);
        self
    }

    fn component(&mut self, component: &str) -> &mut Table {
        self.0["component"][component].as_table_mut().expect("components are tables")
    }

    /// The document, for any other change.
    pub fn document(&mut self) -> &mut Table {
        &mut self.0
    }
}

fn path_value(path: &Path) -> Value {
    Value::from(path.to_str().expect("the path is UTF-8"))
}
