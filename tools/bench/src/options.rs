//! The command line of `cargo bench --`.

use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Parser;

use crate::rounds::Effort;
use crate::worker::Task;

/// Measures the app against its peers, in some minutes.
///
/// APP_RUNTIME=spin serves the components with `spin up` instead of the local host.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo bench --")]
pub struct Options {
    /// Fewer and shorter rounds, in about a minute
    #[arg(value_parser = ["quick"])]
    quick: Option<String>,
    /// Measures an application that runs already
    #[arg(long, value_name = "http://HOST:PORT", value_parser = base)]
    pub url: Option<String>,
    /// What this program is to do as a process of its own
    #[arg(long, hide = true, value_parser = |json: &str| serde_json::from_str::<Task>(json))]
    pub task: Option<Task>,
    /// Cargo adds this one
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    pub fn is_quick(&self) -> bool {
        self.quick.is_some()
    }

    pub fn effort(&self) -> Effort {
        let (rounds, long_rounds) = if self.is_quick() { (3, 2) } else { (7, 5) };
        let [warm_up, measure, crowd] =
            if self.is_quick() { [100, 400, 5_000] } else { [300, 1_500, 20_000] }.map(Duration::from_millis);
        Effort { rounds, warm_up, measure, long_rounds, crowd }
    }
}

/// A URL without a path, and without the slash at its end.
fn base(url: &str) -> Result<String> {
    let base = url.strip_suffix('/').unwrap_or(url);
    let authority = base.strip_prefix("http://");
    ensure!(authority.is_some(), "only http:// can be measured");
    ensure!(authority.is_some_and(|authority| !authority.contains('/')), "the routes begin at the root");
    Ok(base.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options, clap::Error> {
        Options::try_parse_from([&["benchmark"], arguments].concat())
    }

    #[test]
    fn what_cargo_adds_is_ignored() {
        let options = parse(&["quick", "--bench"]).expect("known");
        assert!(options.is_quick() && options.url.is_none());
        assert!(!parse(&["--bench"]).expect("known").is_quick());
        assert!(parse(&["quik"]).is_err());
    }

    #[test]
    fn a_url_ends_before_the_path() {
        let url = |url: &str| parse(&["--url", url]).map(|options| options.url);
        assert_eq!(url("http://127.0.0.1:3000/").expect("a URL").as_deref(), Some("http://127.0.0.1:3000"));
        assert!(url("https://example.com").is_err());
        assert!(url("http://example.com/x").is_err());
    }
}
