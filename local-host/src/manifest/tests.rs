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

fn parse(text: &str) -> Result<Manifest> {
    Manifest::parse("spin.toml", text)
}

fn error(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn everything_that_this_app_needs_is_read_in_order() {
    let manifest = parse(&format!(
        r#"{HEAD}authors = ["A <a@example.com>"]
description = "d"

[variables]
timeout = {{ default = "1000" }}
secret_key = {{ required = true, secret = true }}

[[trigger.http]]
id = "second"
route = "/two/..."
component = "two"
executor = {{ type = "http" }}

[[trigger.http]]
route = {{ private = true }}
component = "a-one"

[component.two]
source = "target/two.wasm"
sqlite_databases = ["default"]
[component.two.build]
command = "cargo build"
workdir = "two"
watch = ["src/**/*.rs"]

[component.a-one]
source = "a.wasm"
allowed_outbound_hosts = ["http://two.spin.internal"]
variables = {{ t = "{{{{ timeout }}}}" }}
[component.a-one.build]
command = ["x", "y"]
[component.a-one.profile.debug]
source = "debug.wasm"
build.command = "z"
"#
    ));
    let mut manifest = manifest.unwrap();
    let ids: Vec<_> = manifest.components.keys().map(KebabId::as_str).collect();
    assert_eq!(ids, ["two", "a-one"]);
    let two = &manifest.components["two"];
    let build = two.build.as_ref().unwrap();
    assert_eq!(build.command.as_slice(), ["cargo build"]);
    assert_eq!(build.workdir.as_deref(), Some("two"));
    assert_eq!(two.sqlite_databases[0].as_str(), "default");
    let routes: Vec<_> = manifest.triggers.http.iter().map(|t| t.route.get_ref()).collect();
    assert!(matches!(routes[0], Route::Pattern(p) if p == "/two/..."));
    assert!(matches!(routes[1], Route::Private { private: true }));

    assert!(manifest.apply_profile("release").is_err());
    manifest.apply_profile("debug").unwrap();
    let one = &manifest.components["a-one"];
    assert!(matches!(&one.source, Source::Path(p) if p == "debug.wasm"));
    assert_eq!(one.build.as_ref().unwrap().command.as_slice(), ["z"]);
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
fn ids_and_routes_are_checked() {
    let err = error(&format!("{HEAD}{ONE}").replace("[component.one]", "[component.o_ne]"));
    assert!(err.starts_with("spin.toml:11:"), "{err}");
    assert!(err.contains("invalid id \"o_ne\""), "{err}");
    let err = error(&format!("{HEAD}{ONE}").replace("\"/one/...\"", "{ private = false }"));
    assert!(err.starts_with("spin.toml:8:9: a route is"), "{err}");
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
fn what_only_spin_can_do_is_said_so() {
    for (key, line) in [
        ("files", "files = [\"a\"]"),
        ("key_value_stores", "key_value_stores = [\"default\"]"),
        ("ai_models", "ai_models = [\"m\"]"),
        ("dependencies", "dependencies = { \"a:b\" = \"1\" }"),
    ] {
        let err = error(&format!("{HEAD}{ONE}{line}\n"));
        assert!(err.contains(&format!("uses `{key}`")), "{err}");
        assert!(err.contains("leaves to Spin"), "{err}");
    }
}
