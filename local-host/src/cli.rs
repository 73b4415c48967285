//! The command line: the flags of `spin up` that this host shares.

use crate::variables::VariableArgument;
use clap::Parser;
use clap::builder::BoolishValueParser;
use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

/// Runs a Spin application on a machine without Spin.
///
/// It takes the same spin.toml and the same .wasm components as `spin up` of
/// Spin 4.1, and behaves the same towards them. It offers WASI, HTTP between
/// the components, SQLite databases and variables; whatever else an
/// application asks for is named and left to Spin.
#[derive(Debug, Parser)]
#[command(name = "local-host", version, max_term_width = 100)]
pub struct Options {
    /// The application: a manifest file, or a directory with a spin.toml in it.
    /// Without this option, spin.toml is looked for here and in the directories above
    #[arg(short = 'f', long, value_name = "PATH")]
    pub from: Option<PathBuf>,

    /// The build profile to run and, with --build, to build
    #[arg(long)]
    pub profile: Option<String>,

    /// Run the build command of each component first, and install the Rust
    /// target that they need if it is missing
    #[arg(long, env = "SPIN_ALWAYS_BUILD", value_parser = BoolishValueParser::new())]
    pub build: bool,

    /// The address and port to serve on; port 0 takes any free one
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "SPIN_HTTP_LISTEN_ADDR",
        default_value = "127.0.0.1:3000",
        value_parser = parse_address
    )]
    pub listen: SocketAddr,

    /// SQL to run at every start: one statement on the default database, or a
    /// whole file with @FILE or @FILE:LABEL. May be repeated
    #[arg(long, value_name = "SQL | @FILE[:LABEL]")]
    pub sqlite: Vec<String>,

    /// The directory for the default database and the logs. Empty means none:
    /// databases are in memory and nothing is logged to files
    /// [default: .spin beside the manifest]
    #[arg(long, value_name = "DIRECTORY")]
    pub state_dir: Option<PathBuf>,

    /// The directory for what components print; empty for none
    /// [default: logs in the state directory]
    #[arg(short = 'L', long, value_name = "DIRECTORY", env = "SPIN_LOG_DIR")]
    pub log_dir: Option<PathBuf>,

    /// A TOML file that says where databases are: sections
    /// [sqlite_database.LABEL] with type = "spin" and a path. Other types and
    /// sections are left to Spin
    #[arg(long, value_name = "FILE", env = "RUNTIME_CONFIG_FILE")]
    pub runtime_config_file: Option<PathBuf>,

    /// The value of an application variable; SPIN_VARIABLE_<NAME> in the
    /// environment does the same with less precedence. May be repeated
    #[arg(long, value_name = "KEY=VALUE | KEY=@FILE | @FILE.json | @FILE.toml")]
    pub variable: Vec<VariableArgument>,

    /// Do not echo what components print; it is still logged
    #[arg(short, long)]
    pub quiet: bool,

    /// How many requests an instance of a component serves before it is
    /// dropped. A range such as 1..8 lets each instance pick one
    #[arg(long, value_name = "COUNT", default_value = "128", value_parser = parse_count)]
    pub max_instance_reuse_count: Span,

    /// How many requests an instance of a component serves at once
    #[arg(long, value_name = "COUNT", default_value = "16", value_parser = parse_count)]
    pub max_instance_concurrent_reuse_count: Span,

    /// How long an idle instance is kept; the units are s, ms, us and ns
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_nanos)]
    pub idle_instance_timeout: Span,

    /// A fault for tests, which no help shows: a database connection answers
    /// so many queries and fails every one after, as that of a remote server
    /// does once the server has dropped its stream
    #[arg(long, value_name = "QUERIES", hide = true)]
    pub drop_connections_after: Option<u64>,
}

/// A number, or a range to pick one from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    low: u64,
    /// Exclusive.
    high: u64,
}

impl Span {
    fn parse(text: &str, parse: impl Fn(&str) -> Result<u64, String>) -> Result<Self, String> {
        let span = match text.split_once("..") {
            Some((low, high)) => Self { low: parse(low)?, high: parse(high)? },
            None => {
                let low = parse(text)?;
                let high = low.saturating_add(1);
                Self { low, high }
            }
        };
        if span.low < span.high { Ok(span) } else { Err("the range is empty".to_owned()) }
    }

    /// A number out of the range.
    pub fn pick(self) -> u64 {
        match self.high - self.low {
            1 => self.low,
            width => self.low + RandomState::new().hash_one(width) % width,
        }
    }
}

fn parse_count(text: &str) -> Result<Span, String> {
    let number = |text: &str| text.parse().map_err(|_| format!("{text:?} is not a number"));
    Span::parse(text, number)
}

fn parse_nanos(text: &str) -> Result<Span, String> {
    const UNITS: [(&str, u64); 5] =
        [("ms", 1_000_000), ("us", 1_000), ("μs", 1_000), ("ns", 1), ("s", 1_000_000_000)];
    Span::parse(text, |text| {
        let unit = UNITS.iter().find_map(|(suffix, nanos)| {
            let number = text.strip_suffix(suffix)?;
            Some((number, *nanos))
        });
        let (number, nanos) = unit.unwrap_or((text, 1_000_000_000));
        let number: Option<u64> = number.parse().ok();
        let nanos = number.and_then(|number| number.checked_mul(nanos));
        nanos.ok_or_else(|| format!("{text:?} is not a time such as 1s or 500ms"))
    })
}

/// Like Spin, prefers 127.0.0.1 among the addresses of a name.
fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let addresses = text.to_socket_addrs().map_err(|err| err.to_string())?;
    let addresses: Vec<_> = addresses.collect();
    let local = addresses.iter().find(|address| address.ip() == Ipv4Addr::LOCALHOST);
    let address = local.or(addresses.first()).copied();
    address.ok_or_else(|| "this name has no address".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_defaults_are_those_of_spin() {
        Options::command().debug_assert();
        let options = Options::parse_from(["local-host"]);
        assert_eq!(options.listen.to_string(), "127.0.0.1:3000");
        assert_eq!(options.max_instance_reuse_count.pick(), 128);
        assert_eq!(options.max_instance_concurrent_reuse_count.pick(), 16);
        assert_eq!(options.idle_instance_timeout.pick(), 1_000_000_000);
    }

    #[test]
    fn counts_and_times_may_be_ranges() {
        let span = parse_count("1..8").unwrap();
        assert!((0..100).all(|_| (1..8).contains(&span.pick())));
        assert_eq!(parse_nanos("500ms").unwrap().pick(), 500_000_000);
        assert_eq!(parse_nanos("2").unwrap().pick(), 2_000_000_000);
        assert_eq!(parse_nanos("3us").unwrap().pick(), 3_000);
        assert!(parse_count("8..8").is_err());
        assert!(parse_count("x").is_err());
        assert!(parse_nanos("1h").is_err());
    }

    #[test]
    fn a_name_resolves_to_the_local_address() {
        assert_eq!(parse_address("127.0.0.1:0").unwrap().port(), 0);
        assert_eq!(parse_address("localhost:81").unwrap().to_string(), "127.0.0.1:81");
        assert!(parse_address("127.0.0.1").is_err());
    }
}
