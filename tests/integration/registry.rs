//! The app pushed to a registry and started from there, as in a cluster.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use harness::{App, Manifest, Process, Server, eventually, get, needs, needs_spin, root};
use tempfile::tempdir;

/// Starts a registry in a directory and returns it with its address.
fn registry(directory: &Path) -> (Process, String) {
    let (config, log) = (directory.join("config.yml"), directory.join("log"));
    let images = directory.join("images");
    let text = format!(
        "{{version: 0.1, storage: {{filesystem: {{rootdirectory: {images:?}}}}}, http: {{addr: 127.0.0.1:0}}}}"
    );
    fs::write(&config, text).unwrap();
    let mut command = Command::new("docker-registry");
    command.arg("serve").arg(config).stdout(Stdio::null()).stderr(File::create(&log).unwrap());
    let process = Process::start(&mut command);
    let mut address = None;
    eventually("the registry serves", || {
        let log = fs::read_to_string(&log).unwrap();
        let listening = log.split_once("listening on ").and_then(|(_, rest)| rest.split_once('"'));
        address = listening.map(|(address, _)| address.to_owned());
        address.is_some()
    });
    (process, address.unwrap())
}

#[test]
fn an_app_from_a_registry_gives_the_same_answers() {
    if !needs(&["docker-registry"]) || !needs_spin() {
        return;
    }
    let directory = tempdir().unwrap();
    let directory = directory.path();
    let (_registry, address) = registry(directory);
    let image = format!("{address}/aggregate-pattern:test");
    // Spin's own cache could have another image of the same name.
    let spin = |arguments: &[&str]| {
        let mut spin = Command::new("spin");
        spin.args(arguments).current_dir(directory).env("XDG_CACHE_HOME", directory.join("cache"));
        spin
    };
    fs::write(directory.join("spin.toml"), Manifest::of_the_app().document().to_string()).unwrap();
    let pushed = spin(&["registry", "push", "--insecure", "--from", "spin.toml", &image]).output().unwrap();
    assert!(pushed.status.success(), "{pushed:?}");
    fs::remove_file(directory.join("spin.toml")).unwrap();

    let migrations = format!("@{}", root().join("migrations.sql").display());
    let mut up =
        spin(&["up", "--insecure", "--from", &image, "--listen", "127.0.0.1:0", "--sqlite", &migrations]);
    let pulled =
        Server::start(up.arg("--state-dir").arg(directory)).unwrap_or_else(|ended| panic!("{ended:?}"));
    let app = App::start();
    for path in ["/aggregates/dashboard", "/customers/items", "/incidents/grouped-by-customer"] {
        let (pulled, expected) = (get(&format!("{}{path}", pulled.base()), &[]), app.get(path));
        assert_eq!((pulled.status, pulled.text()), (expected.status, expected.text()), "{path}");
        assert_eq!(pulled.header("etag"), expected.header("etag"), "{path}");
    }
}
