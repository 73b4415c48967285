//! The command line: the flags of `spin up` that this host shares.

use clap::Parser;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

/// Runs this Spin application on a machine without Spin.
///
/// It takes the same spin.toml and the same .wasm components as `spin up` of
/// Spin 4.1, and behaves the same towards them. It offers WASI, HTTP between
/// the components, SQLite databases, key-value stores and variables; whatever
/// else an application asks for is named and left to Spin.
#[derive(Debug, Parser)]
#[command(name = "dev-server", version, max_term_width = 100)]
#[command(after_help = "Every other flag of `spin up` is left to Spin.")]
pub struct Options {
    /// The application: a manifest file, or a directory with a spin.toml in it
    #[arg(short = 'f', long, value_name = "PATH", default_value = "spin.toml")]
    pub from: PathBuf,

    /// Run the build command of each component first, and install the Rust
    /// target that they need if it is missing
    #[arg(long)]
    pub build: bool,

    /// The address and port to serve on; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000", value_parser = address)]
    pub listen: SocketAddr,

    /// SQL to run at every start: one statement on the default database, or a
    /// whole file with @FILE or @FILE:LABEL. May be repeated
    #[arg(long, value_name = "SQL | @FILE[:LABEL]")]
    pub sqlite: Vec<String>,

    /// A pair to put into the default key-value store at every start. May be
    /// repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub key_value: Vec<(String, String)>,

    /// The directory for the default database, the default key-value store and
    /// the logs
    /// [default: .spin beside the manifest]
    #[arg(long, value_name = "DIRECTORY", value_parser = directory)]
    pub state_dir: Option<PathBuf>,

    /// A TOML file that says where databases and key-value stores are: sections
    /// [sqlite_database.LABEL] with type = "spin" and a path,
    /// [key_value_store.LABEL] with the same, or with type = "redis" and a url.
    /// Other types and sections are left to Spin
    #[arg(long, value_name = "FILE")]
    pub runtime_config_file: Option<PathBuf>,

    /// The value of an application variable; SPIN_VARIABLE_<NAME> in the
    /// environment does the same with less precedence. May be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub variable: Vec<(String, String)>,

    /// Do not echo what components print; it is still logged
    #[arg(short, long)]
    pub quiet: bool,
}

/// Like Spin, prefers 127.0.0.1 among the addresses of a name.
fn address(text: &str) -> Result<SocketAddr, String> {
    let addresses = text.to_socket_addrs().map_err(|err| err.to_string())?;
    let addresses: Vec<_> = addresses.collect();
    let local = addresses.iter().find(|address| address.ip() == Ipv4Addr::LOCALHOST);
    let address = local.or(addresses.first()).copied();
    address.ok_or_else(|| "this name has no address".to_owned())
}

fn directory(text: &str) -> Result<PathBuf, String> {
    match text {
        "" => Err("databases in memory are left to Spin: start the app with `spin up`".to_owned()),
        _ => Ok(text.into()),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.starts_with('@') && !value.starts_with('@') => {
            Ok((name.to_owned(), value.to_owned()))
        }
        None if !text.starts_with('@') => Err("expected NAME=VALUE".to_owned()),
        _ => Err("values in files are left to Spin: start the app with `spin up`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_defaults_are_those_of_spin() {
        Options::command().debug_assert();
        let options = Options::parse_from(["dev-server"]);
        assert_eq!(options.listen.to_string(), "127.0.0.1:3000");
    }

    #[test]
    fn a_name_resolves_to_the_local_address() {
        assert_eq!(address("127.0.0.1:0").unwrap().port(), 0);
        assert_eq!(address("localhost:81").unwrap().to_string(), "127.0.0.1:81");
        assert!(address("127.0.0.1").is_err());
    }

    #[test]
    fn a_pair_ends_its_key_at_the_first_equals_sign() {
        assert_eq!(pair("k=a=b"), Ok(("k".to_owned(), "a=b".to_owned())));
        assert_eq!(pair("="), Ok((String::new(), String::new())));
        assert!(pair("k").unwrap_err().contains("KEY=VALUE"));
    }

    #[test]
    fn a_variable_has_its_value_on_the_command_line() {
        assert_eq!(variable("k=a=b"), Ok(("k".to_owned(), "a=b".to_owned())));
        assert!(variable("nothing").unwrap_err().contains("NAME=VALUE"));
        for file in ["k=@v.txt", "@v.json", "@a=b.toml"] {
            assert!(variable(file).unwrap_err().contains("left to Spin"), "{file}");
        }
    }
}
