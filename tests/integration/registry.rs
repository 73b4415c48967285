//! The app pushed to a registry and started from there, as in a cluster.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use harness::{App, Manifest, Server, eventually, get, needs, needs_spin, root};
use tempfile::tempdir;

/// A registry with its own port and directory. It is killed when this is dropped.
struct Registry {
    process: Child,
    address: String,
}

impl Registry {
    fn start(directory: &Path) -> Self {
        let (config, log) = (directory.join("config.yml"), directory.join("log"));
        let images = directory.join("images");
        let text = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {images:?}}}}}\nhttp: {{addr: 127.0.0.1:0}}\n"
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(config).stdout(Stdio::null()).stderr(File::create(&log).unwrap());
        let mut registry = Self { process: command.spawn().unwrap(), address: String::new() };
        eventually("the registry serves", || {
            let log = fs::read_to_string(&log).unwrap();
            let listening = log.split_once("listening on ").and_then(|(_, rest)| rest.split_once('"'));
            registry.address = listening.map(|(address, _)| address.to_owned()).unwrap_or_default();
            !registry.address.is_empty()
        });
        registry
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn an_app_from_a_registry_gives_the_same_answers() {
    if !needs(&["docker-registry"]) || !needs_spin() {
        return;
    }
    let directory = tempdir().unwrap();
    let directory = directory.path();
    let registry = Registry::start(directory);
    let image = format!("{}/aggregate-pattern:test", registry.address);
    // Spin's own cache could have another image of the same name.
    let spin = |arguments: &[&str]| {
        let mut spin = Command::new("spin");
        spin.args(arguments).current_dir(directory).env("XDG_CACHE_HOME", directory.join("cache"));
        spin
    };
    fs::write(directory.join("spin.toml"), Manifest::of_the_app().document().to_string()).unwrap();
    let pushed = spin(&["registry", "push", "--insecure", &image]).output().unwrap();
    assert!(pushed.status.success(), "{pushed:?}");
    fs::remove_file(directory.join("spin.toml")).unwrap();

    let migrations = format!("@{}", root().join("migrations.sql").display());
    let mut up =
        spin(&["up", "--insecure", "--from", &image, "--listen", "127.0.0.1:0", "--sqlite", &migrations]);
    let pulled = Server::start(up.args(["--state-dir", "."])).unwrap_or_else(|ended| panic!("{ended:?}"));
    let app = App::start();
    for path in ["/aggregates/dashboard", "/customers/items", "/incidents/grouped-by-customer"] {
        let (pulled, expected) = (get(&format!("{}{path}", pulled.base()), &[]), app.get(path));
        assert_eq!((pulled.status, pulled.text()), (expected.status, expected.text()), "{path}");
        assert_eq!(pulled.header("etag"), expected.header("etag"), "{path}");
    }
}
