use std::path::Path;

use toml::{Table, Value};

use crate::artifacts;

/// A `spin.toml` with its components where the build has left them, to be changed by a test.
#[derive(Debug, Clone)]
pub struct Manifest(Table);

impl Manifest {
    /// The manifest as users get it.
    pub fn of_the_app() -> Self {
        Self::of(artifacts::root())
    }

    /// The manifest in `directory`. All its components are built.
    pub fn of(directory: &Path) -> Self {
        let path = directory.join("spin.toml");
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut manifest = Self(text.parse().expect("spin.toml is TOML"));
        let components = manifest.0["component"].as_table_mut().expect("components are tables");
        for (name, component) in components {
            let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
            let source = text(component.get("source"));
            let command = text(component.get("build").and_then(|build| build.get("command")));
            let (source, command) = source.zip(command).unwrap_or_else(|| panic!("{name} is not built here"));
            component["source"] = path_value(&artifacts::component(&source, &command, directory));
        }
        manifest
    }

    /// Puts the faulty component in the place of `component`, where it does what `fault` says (see
    /// `tests/faulty-service`).
    pub fn replace(self, component: &str, fault: &str) -> Self {
        let command = "cargo build --package faulty-service --target wasm32-wasip2 --release";
        let source = "target/wasm32-wasip2/release/faulty_service.wasm";
        let source = artifacts::component(source, command, artifacts::root());
        let environment = Table::from_iter([
            ("FAULT".to_owned(), Value::from(fault)),
            ("IN_PLACE_OF".to_owned(), Value::from(component)),
        ]);
        self.set(component, "source", path_value(&source)).set(component, "environment", environment)
    }

    /// Sets a key of a component.
    pub fn set(mut self, component: &str, key: &str, value: impl Into<Value>) -> Self {
        self.component(component).insert(key.to_owned(), value.into());
        self
    }

    /// Takes a key of a component away.
    pub fn unset(mut self, component: &str, key: &str) -> Self {
        self.component(component).remove(key);
        self
    }

    fn component(&mut self, component: &str) -> &mut Table {
        self.0["component"][component].as_table_mut().expect("components are tables")
    }

    /// The whole document, for changes of any other kind.
    pub fn document(&mut self) -> &mut Table {
        &mut self.0
    }

    pub(crate) fn write(&self, path: &Path) {
        std::fs::write(path, self.0.to_string()).expect("the manifest can be written");
    }
}

fn path_value(path: &Path) -> Value {
    Value::from(path.to_str().expect("the path is UTF-8"))
}
