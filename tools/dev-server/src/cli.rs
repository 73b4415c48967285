//! The command line: the flags of `spin up` that the development server supports.

use clap::Parser;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

/// The development server: runs this Spin application on a machine without Spin.
///
/// It takes the same spin.toml and the same .wasm components as `spin up` of
/// Spin 4.1. It supports WASI, HTTP between the components, SQLite databases,
/// key-value stores and variables, and rejects an application that needs more.
#[derive(Debug, Parser)]
#[command(name = "dev-server", version, max_term_width = 100)]
#[command(after_help = "For every other flag of `spin up` use Spin.")]
pub struct Options {
    /// The application: a manifest file, or a directory with a spin.toml in it
    #[arg(short = 'f', long, value_name = "PATH", default_value = "spin.toml")]
    pub from: PathBuf,

    /// Run the build commands of the components first, and install the Rust
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

    /// A pair for the default key-value store at every start. May be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub key_value: Vec<(String, String)>,

    /// The directory for the default database, the default key-value store and
    /// the logs [default: .spin beside the manifest]
    #[arg(long, value_name = "DIRECTORY", value_parser = directory)]
    pub state_dir: Option<PathBuf>,

    /// A TOML file that says where databases and key-value stores are: sections
    /// [sqlite_database.LABEL] with type = "spin" and a path,
    /// [key_value_store.LABEL] with the same, or with type = "redis" and a url
    #[arg(long, value_name = "FILE")]
    pub runtime_config_file: Option<PathBuf>,

    /// The value of an application variable; SPIN_VARIABLE_<NAME> in the
    /// environment does the same with less precedence. May be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub variable: Vec<(String, String)>,

    /// Do not echo the output of components; it is still logged
    #[arg(short, long)]
    pub quiet: bool,
}

/// Like Spin, prefers 127.0.0.1 among the addresses of a name.
fn address(text: &str) -> Result<SocketAddr, String> {
    let addresses: Vec<_> = text.to_socket_addrs().map_err(|error| error.to_string())?.collect();
    let local = addresses.iter().find(|address| address.ip() == Ipv4Addr::LOCALHOST);
    local.or(addresses.first()).copied().ok_or_else(|| "this name has no address".to_owned())
}

fn directory(text: &str) -> Result<PathBuf, String> {
    match text {
        "" => Err("a database in memory is not supported by the development server; use Spin".to_owned()),
        _ => Ok(text.into()),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

fn variable(text: &str) -> Result<(String, String), String> {
    if text.starts_with('@') || text.contains("=@") {
        return Err("a value in a file is not supported by the development server; use Spin".to_owned());
    }
    pair(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn flags_are_parsed_as_spin_parses_them() {
        Options::command().debug_assert();
        let options = Options::parse_from(["dev-server"]);
        assert_eq!(options.listen.to_string(), "127.0.0.1:3000");
        assert_eq!(address("localhost:81").unwrap().to_string(), "127.0.0.1:81");
        assert!(address("127.0.0.1").is_err());
        assert_eq!(pair("k=a=b"), Ok(("k".to_owned(), "a=b".to_owned())));
        assert_eq!(pair("="), Ok((String::new(), String::new())));
        assert_eq!(variable("k"), Err("expected KEY=VALUE".to_owned()));
        for file in ["k=@v.txt", "@v.json", "@a=b.toml"] {
            assert!(variable(file).unwrap_err().contains("use Spin"), "{file}");
        }
    }
}
