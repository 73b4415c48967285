//! The app pushed to a registry and started from there, as in a cluster.

use std::fs::{self, File, read_to_string};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use harness::{App, Manifest, Server, get, needs, needs_spin, root};
use tempfile::{TempDir, tempdir};

/// Longer than the registry takes to start.
const LIMIT: Duration = Duration::from_secs(30);

/// A registry with its own port and directory. It is killed when this is dropped.
struct Registry {
    process: Child,
    address: String,
    directory: TempDir,
}

impl Registry {
    fn start() -> Self {
        let directory = tempdir().unwrap();
        let in_directory = |name: &str| directory.path().join(name);
        let config = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {:?}\nhttp:\n  addr: 127.0.0.1:0\n",
            in_directory("images")
        );
        fs::write(in_directory("config.yml"), config).unwrap();
        let process = Command::new("docker-registry")
            .arg("serve")
            .arg(in_directory("config.yml"))
            .stdout(Stdio::null())
            .stderr(File::create(in_directory("log")).unwrap())
            .spawn()
            .unwrap();
        let mut registry = Self { process, address: String::new(), directory };
        let started = Instant::now();
        while registry.address.is_empty() {
            let log = read_to_string(registry.directory.path().join("log")).unwrap();
            assert!(started.elapsed() < LIMIT, "the registry does not come up:\n{log}");
            let listening = log.split_once("listening on ").and_then(|(_, rest)| rest.split_once('"'));
            registry.address = listening.map(|(address, _)| address.to_owned()).unwrap_or_default();
            thread::sleep(Duration::from_millis(5));
        }
        registry
    }

    /// `spin` with its own cache, which could have another image of the same name.
    fn spin(&self) -> Command {
        let mut spin = Command::new("spin");
        spin.env("XDG_CACHE_HOME", self.directory.path().join("cache"));
        spin
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves an image in a directory without its manifest and components.
fn up(registry: &Registry, image: &str, directory: &Path) -> Server {
    let migrations = format!("@{}", root().join("migrations.sql").display());
    let mut up = registry.spin();
    up.args(["up", "--insecure", "--from", image, "--listen", "127.0.0.1:0", "--sqlite", &migrations]);
    up.arg("--state-dir").arg(directory).current_dir(directory);
    Server::start(&mut up).unwrap_or_else(|ended| panic!("{ended:?}"))
}

#[test]
fn an_app_from_a_registry_gives_the_same_answers() {
    if !needs(&["docker-registry"]) || !needs_spin() {
        return;
    }
    let registry = Registry::start();
    let image = format!("{}/aggregate-pattern:test", registry.address);
    let directory = tempdir().unwrap();
    let manifest = directory.path().join("spin.toml");
    fs::write(&manifest, toml::to_string(Manifest::of_the_app().document()).unwrap()).unwrap();
    let mut push = registry.spin();
    push.args(["registry", "push", "--insecure", "--from"]).arg(&manifest).arg(&image);
    let pushed = push.output().unwrap();
    assert!(pushed.status.success(), "{pushed:?}");
    fs::remove_file(manifest).unwrap();

    let pulled = up(&registry, &image, directory.path());
    let app = App::start();
    for path in ["/aggregates/dashboard", "/customers/items", "/incidents/grouped-by-customer"] {
        let (pulled, expected) = (get(&format!("{}{path}", pulled.base())), app.get(path));
        assert_eq!((pulled.status, pulled.text()), (expected.status, expected.text()), "{path}");
        assert_eq!(pulled.header("etag"), expected.header("etag"), "{path}");
    }
}
