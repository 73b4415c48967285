use super::*;

const APP: &str = r#"spin_manifest_version = 2

[application]
name = "app"

[variables]
variable = { default = "x" }

[[trigger.http]]
route = "/one/..."
component = "one"

[component.one]
source = "one.wasm"
"#;

const SECOND_TRIGGER: &str = "[[trigger.http]]\nroute = \"/one/...\"\ncomponent = \"one\"\n[component.one]";

const CALLS_TWO: &str = "allowed_outbound_hosts = [\"http://two.spin.internal\"]\nsource =";

fn error(text: &str) -> String {
    format!("{:#}", Manifest::parse(text).unwrap_err())
}

#[test]
fn the_manifest_of_this_app_is_read_in_order() {
    let manifest =
        Manifest::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../spin.toml"))).unwrap();
    let ids: Vec<_> = manifest.triggered().into_iter().collect();
    assert!(ids.iter().eq(manifest.components.keys()));
    assert!(manifest.components["aggregates-service"].callees().eq(ids[1..].iter().copied()));
}

#[test]
fn mistakes_are_named() {
    Manifest::parse(APP).unwrap();
    for (right, wrong, message) in [
        ("version = 2", "version = 3", "spin_manifest_version must be 2, not 3"),
        ("[application]", "[application", "line 3, column "),
        ("name = \"app\"", "name = \"app\"\nnmae = 1", "line 5, column 1"),
        ("name = \"app\"", "name = \"app\"\nnmae = 1", "unknown field `nmae`"),
        ("name = \"app\"", "name = 5", "invalid type: integer `5`, expected a string"),
        ("variable =", "Variable =", "invalid name \"Variable\""),
        ("variable =", "a__b =", "invalid name \"a__b\""),
        ("{ default = \"x\" }", "{}", "variable `variable` must"),
        ("{ default = \"x\" }", "{ default = \"x\", required = true }", "variable `variable` must"),
        ("component = \"one\"", "component = \"oen\"", "a trigger names no component: `oen`"),
        ("[component.one]", "[component.-one]\nsource = \"x\"\n[component.one]", "invalid name \"-one\""),
        ("[component.one]", "[component.\"../a\"]\nsource = \"x\"\n[component.one]", "invalid name \"../a\""),
        ("[component.one]", SECOND_TRIGGER, "second trigger with the route \"/one/...\""),
        ("source =", CALLS_TWO, "`two`, which is no component with a trigger"),
    ] {
        let text = APP.replacen(right, wrong, 1);
        assert_ne!(text, APP);
        let error = error(&text);
        assert!(error.contains(message), "{wrong}: {error}");
    }
}

#[test]
fn keys_routes_and_hosts_that_need_spin_are_named() {
    let text = |line: &str| format!("{APP}{line}\n");
    let route = |route: &str| APP.replace("/one/...", route);
    let host = |host: &str| text(&format!("allowed_outbound_hosts = [{host:?}]"));
    for (named, text) in [
        ("files", text("files = [\"a\"]")),
        ("dependencies", text("dependencies = { \"a:b\" = \"1\" }")),
        ("workdir", text("build = { command = \"x\", workdir = \"y\" }")),
        ("source", APP.replace("\"one.wasm\"", "{ url = \"x\", digest = \"y\" }")),
        ("redis", text("[[trigger.redis]]\ncomponent = \"one\"")),
        ("private", APP.replace("\"/one/...\"", "{ private = true }")),
        ("/one/:id", route("/one/:id")),
        ("/:id/...", route("/:id/...")),
        ("/one/*", route("/one/*")),
        ("\"one/...\"", route("one/...")),
        ("\"\"", route("")),
        ("http://self", host("http://self")),
        ("http://*.spin.internal", host("http://*.spin.internal")),
        ("http://one.spin.internal:*", host("http://one.spin.internal:*")),
        ("https://one.spin.internal", host("https://one.spin.internal")),
        ("{{ one }}", host("http://{{ one }}.spin.internal")),
        ("https://example.com", host("https://example.com")),
        ("http://one.spin.internal.example.com", host("http://one.spin.internal.example.com")),
        ("http://a@one.spin.internal", host("http://a@one.spin.internal")),
    ] {
        let error = error(&text);
        assert!(error.contains("not supported by the development server; use Spin"), "{named}: {error}");
        assert!(error.contains(named), "{named}: {error}");
    }
}
