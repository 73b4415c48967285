//! A headless Chromium for one test at a time.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use thirtyfour::LoggingPrefsLogLevel;
use thirtyfour::prelude::*;

const ARGUMENTS: [&str; 4] = [
    "--headless=new",
    "--no-sandbox", // The tests may run as root, in a container.
    "--disable-dev-shm-usage",
    // Requests to other hosts fail and are logged.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// The accessibility rules.
const AXE: &str = "axe-core@4.14.1";

/// Runs `test` in a new Chromium.
pub fn run<F, T>(test: F)
where
    F: FnOnce(WebDriver) -> T,
    T: Future<Output = WebDriverResult<()>>,
{
    if !harness::needs(&["chromium", "chromedriver", "npm"]) {
        return;
    }
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Server::start();
    let profile = tempfile::tempdir().unwrap();
    let mut capabilities = DesiredCapabilities::chrome();
    for argument in ARGUMENTS {
        capabilities.add_arg(argument).unwrap();
    }
    capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display())).unwrap();
    capabilities.set_logging_prefs("browser", LoggingPrefsLogLevel::All).unwrap();
    capabilities.set_logging_prefs("performance", LoggingPrefsLogLevel::All).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let driver = WebDriver::new(&server.url, capabilities).await.unwrap();
        driver.run_and_quit(test).await.unwrap();
    });
}

/// A chromedriver on a free port.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let mut process =
            Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines
            .find_map(|line| {
                let line = line.unwrap();
                Some(line.strip_prefix("ChromeDriver was started successfully on port ")?.to_owned())
            })
            .expect("chromedriver prints its port");
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, url: format!("http://127.0.0.1:{}", port.trim_end_matches('.')) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // This fails if it has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The source of axe-core, which npm installs into the target directory.
pub fn axe() -> String {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(AXE.replace('@', "-"));
    let source = directory.join("node_modules/axe-core/axe.min.js");
    if !source.exists() {
        let install = Command::new("npm")
            .args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
            .args([directory.as_os_str(), AXE.as_ref()])
            .output()
            .unwrap();
        assert!(install.status.success(), "{}", String::from_utf8_lossy(&install.stderr));
    }
    std::fs::read_to_string(source).unwrap()
}
