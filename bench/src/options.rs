//! The command line of `cargo bench --`.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::rounds::Effort;

pub const USAGE: &str = "\
cargo bench                          everything, in some minutes
cargo bench -- quick                 the same with fewer and shorter rounds, in about a minute
cargo bench -- --url http://HOST:PORT  an application that runs already

APP_RUNTIME=spin serves the components with `spin up` instead of the local host.";

#[derive(Clone, Debug)]
pub struct Options {
    pub quick: bool,
    /// The authority of a running application.
    pub running: Option<String>,
}

impl Options {
    /// `None` if only the usage is asked for.
    ///
    /// # Errors
    /// For an argument that is not in [`USAGE`].
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Option<Self>> {
        let mut options = Self { quick: false, running: None };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "quick" | "--quick" => options.quick = true,
                "--url" => {
                    options.running = Some(authority(&arguments.next().context("--url needs a URL")?)?)
                }
                "--help" | "-h" => return Ok(None),
                // Cargo adds this one.
                "--bench" => {}
                other => bail!("unknown argument {other:?}\n\n{USAGE}"),
            }
        }
        Ok(Some(options))
    }

    pub fn effort(&self) -> Effort {
        let milliseconds = Duration::from_millis;
        match self.quick {
            true => {
                Effort { rounds: 3, warm_up: milliseconds(100), measure: milliseconds(400), long_rounds: 2 }
            }
            false => {
                Effort { rounds: 7, warm_up: milliseconds(300), measure: milliseconds(1500), long_rounds: 5 }
            }
        }
    }
}

/// `host:port` of a URL without a path.
fn authority(url: &str) -> Result<String> {
    let authority = url.strip_prefix("http://").context("only http:// URLs can be measured")?;
    let authority = authority.strip_suffix('/').unwrap_or(authority);
    ensure!(!authority.contains('/'), "{url}: the routes begin at the root");
    Ok(if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Option<Options>> {
        Options::parse(arguments.iter().map(|argument| (*argument).to_owned()))
    }

    #[test]
    fn what_cargo_adds_is_ignored() {
        let options = parse(&["quick", "--bench"]).expect("known").expect("options");
        assert!(options.quick && options.running.is_none());
        assert!(parse(&["--help"]).expect("known").is_none());
        assert!(parse(&["quik"]).is_err());
    }

    #[test]
    fn a_url_leads_to_an_authority() {
        assert_eq!(authority("http://127.0.0.1:3000/").expect("a URL"), "127.0.0.1:3000");
        assert_eq!(authority("http://example.com").expect("a URL"), "example.com:80");
        assert!(authority("https://example.com").is_err());
        assert!(authority("http://example.com/x").is_err());
    }
}
