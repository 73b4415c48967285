use super::*;

const HEAD: &str = r#"spin_manifest_version = 2

[application]
name = "app"
version = "1.0.0"
"#;

const ONE: &str = r#"
[[trigger.http]]
route = "/one/..."
component = "one"

[component.one]
source = "one.wasm"
"#;

fn error(text: &str) -> String {
    format!("{:#}", Manifest::parse("spin.toml", text).unwrap_err())
}

#[test]
fn everything_that_this_app_needs_is_read_in_order() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../spin.toml")).unwrap();
    let manifest = Manifest::parse("spin.toml", &text).unwrap();
    let ids = ["aggregates-service", "customers-service", "incidents-service"];
    assert_eq!(manifest.components.keys().collect::<Vec<_>>(), ids);
    assert_eq!(manifest.triggered(), ids);
    let aggregates = &manifest.components[ids[0]];
    assert_eq!(aggregates.callees().collect::<Vec<_>>(), ids[1..]);
    assert!(aggregates.build.as_ref().unwrap().command.starts_with("cargo"));
    assert!(aggregates.variables["backend_timeout_ms"].contains("backend_timeout_ms"));
    assert_eq!(manifest.components[ids[1]].sqlite_databases, ["default"]);
    assert_eq!(manifest.trigger.http[2].route, "/incidents/...");
}

#[test]
fn broken_toml_has_a_line_and_a_column() {
    let err = error("spin_manifest_version = 2\n[application\n");
    assert!(err.starts_with("spin.toml:2:"), "{err}");
}

#[test]
fn an_unknown_key_is_named_with_its_place() {
    let err = error(&format!("{HEAD}nmae = \"x\"\n{ONE}"));
    assert!(err.starts_with("spin.toml:6:1: unknown field `nmae`"), "{err}");
    let err = error(&format!("{HEAD}{ONE}sorce = \"x\"\n"));
    assert!(err.starts_with("spin.toml:13:1: unknown field `sorce`"), "{err}");
}

#[test]
fn a_wrong_type_has_a_place() {
    let err = error(&HEAD.replace("\"app\"", "5"));
    assert!(err.starts_with("spin.toml:4:8: invalid type"), "{err}");
}

#[test]
fn a_trigger_for_an_unknown_component_is_found() {
    let err = error(&format!("{HEAD}{ONE}").replace("component = \"one\"", "component = \"oen\""));
    assert_eq!(err, "spin.toml:9:13: there is no component `oen` for this trigger");
}

#[test]
fn a_call_to_a_component_without_a_trigger_is_found() {
    for callee in ["two", "three"] {
        let hosts = format!("allowed_outbound_hosts = [\"http://{callee}.spin.internal\"]\n");
        let err = error(&format!("{HEAD}{ONE}{hosts}[component.two]\nsource = \"two.wasm\"\n"));
        assert!(err.contains(&format!("`{callee}`, and no trigger leads to")), "{err}");
    }
}

#[test]
fn ids_are_checked() {
    for bad in ["", "a_b", "-a", "a--b", "1a", "ä", "../a"] {
        let component = format!("[component.{bad:?}]\nsource = \"x\"\n");
        let err = error(&format!("{HEAD}{ONE}{component}"));
        assert!(err.contains(&format!("invalid name {bad:?}")), "{err}");
    }
    let err = error(&format!("{HEAD}[variables]\nA = {{ required = true }}\n{ONE}"));
    assert!(err.contains("invalid name \"A\""), "{err}");
}

#[test]
fn other_manifest_versions_are_refused() {
    let err = error(&format!("{HEAD}{ONE}").replace("version = 2", "version = 3"));
    assert_eq!(err, "spin.toml:1:25: spin_manifest_version must be 2, not 3");
}

#[test]
fn a_variable_is_required_or_has_a_default() {
    let err = error(&format!("{HEAD}[variables]\nx = {{}}\n{ONE}"));
    assert!(err.contains("variable `x`"), "{err}");
}

#[test]
fn a_route_exists_once() {
    let err = error(&format!("{HEAD}{ONE}[[trigger.http]]\nroute = \"/one/...\"\ncomponent = \"one\"\n"));
    assert!(err.contains("second trigger with the route \"/one/...\""), "{err}");
}

#[test]
fn what_only_spin_can_do_is_said_so() {
    for (place, line) in [
        ("component.one.files", "files = [\"a\"]"),
        ("component.one.ai_models", "ai_models = [\"m\"]"),
        ("component.one.dependencies", "dependencies = { \"a:b\" = \"1\" }"),
        ("component.one.profile", "profile.debug.source = \"x\""),
        ("component.one.build.workdir", "build = { command = \"x\", workdir = \"y\" }"),
        ("component.two.source.url", "[component.two]\nsource = { url = \"x\", digest = \"y\" }"),
        ("component.two.source.registry", "[component.two.source]\nregistry = \"x\""),
        ("trigger.redis", "[[trigger.redis]]\ncomponent = \"one\""),
        ("trigger.http.route.private", "[[trigger.http]]\nroute = { private = true }\ncomponent = \"one\""),
        ("trigger.http.static_response", "[[trigger.http]]\nroute = \"/\"\nstatic_response = {}"),
    ] {
        let err = error(&format!("{HEAD}{ONE}{line}\n"));
        assert!(err.contains(&format!("`{place}` is left to Spin")), "{err}");
    }
}

#[test]
fn other_routes_and_hosts_are_left_to_spin() {
    for route in ["/one/:id", "/:id/...", "/one/*", "one/...", ""] {
        let err = error(&format!("{HEAD}{ONE}").replace("/one/...", route));
        assert!(err.contains("is left to Spin") && err.contains(&format!("{route:?}")), "{err}");
    }
    for host in [
        "http://self",
        "http://*.spin.internal",
        "http://one.spin.internal:*",
        "https://one.spin.internal",
        "*://one.spin.internal",
        "http://{{ one }}.spin.internal",
        "https://example.com",
        "http://one.spin.internal.example.com",
        "http://a@one.spin.internal",
        "one.spin.internal",
    ] {
        let err = error(&format!("{HEAD}{ONE}allowed_outbound_hosts = [{host:?}]\n"));
        assert!(err.contains("spin up") && err.contains(host), "{err}");
    }
}
