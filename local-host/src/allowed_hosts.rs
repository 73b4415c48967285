//! `allowed_outbound_hosts`: which destinations a component may call.
//!
//! The rules are Spin's: scheme, host and port are each compared, `*` is a
//! wildcard for each of them, and a missing port means the scheme's own.

use crate::template::Template;
use crate::variables::AppVariables;
use anyhow::{Context, Result, bail, ensure};
use std::net::IpAddr;
use std::ops::Range;
use url::{Host, Url};

/// Components are reached at `http://<component>.spin.internal`.
const CHAINING_DOMAIN: &str = "spin.internal";

/// All destinations that one component may call.
#[derive(Debug, Default)]
pub struct AllowedHosts(Vec<AllowedHost>);

/// One entry of `allowed_outbound_hosts`.
#[derive(Clone, Debug, PartialEq)]
struct AllowedHost {
    /// `None` is any scheme.
    scheme: Option<String>,
    host: HostPattern,
    /// `None` is any port.
    ports: Option<Range<u32>>,
}

#[derive(Clone, Debug, PartialEq)]
enum HostPattern {
    Any,
    /// With its leading dot: `.example.com`
    AnySubdomain(String),
    ToSelf,
    Exact(Host),
    Network(IpAddr, u8),
}

impl AllowedHosts {
    /// Parses all entries of a component; templates take the values of the
    /// application variables.
    ///
    /// # Errors
    /// If an entry is malformed.
    pub fn parse(entries: &[String], variables: &AppVariables, component_ids: &[&str]) -> Result<Self> {
        let mut hosts = Vec::new();
        for entry in entries {
            let template = Template::parse(entry)?;
            let resolved = template
                .resolve(|name| variables.get(name))
                .with_context(|| format!("{entry:?} names an unknown variable"))?;
            // An empty variable stands for an endpoint that is not configured.
            let optional = !template.is_literal() && matches!(resolved.as_str(), "" | "http://" | "https://");
            if optional {
                continue;
            }
            let host = AllowedHost::parse(&resolved)
                .with_context(|| format!("{entry:?} is not an allowed outbound host"))?;
            hosts.extend(host.expand(component_ids));
        }
        Ok(Self(hosts))
    }

    /// True if the component may call this URL.
    pub fn allow(&self, url: &Url) -> bool {
        self.0.iter().any(|host| host.allows(url))
    }

    /// True if the component may call its own application.
    pub fn allow_self(&self) -> bool {
        self.0.iter().any(AllowedHost::allows_self)
    }

    /// True if some entry is about anything but the application's own components.
    pub fn reach_outside(&self) -> bool {
        self.0.iter().any(|host| match &host.host {
            HostPattern::Exact(Host::Domain(domain)) => chaining_target(domain).is_none(),
            HostPattern::AnySubdomain(suffix) => suffix.strip_prefix('.') != Some(CHAINING_DOMAIN),
            HostPattern::ToSelf => false,
            _ => true,
        })
    }
}

impl AllowedHost {
    fn parse(entry: &str) -> Result<Self> {
        let entry = entry.trim();
        let Some((scheme, rest)) = entry.split_once("://") else {
            bail!("expected <scheme>://<host>[:<port>]");
        };
        let (host, port) = match rest.rsplit_once(':') {
            None => (rest, ""),
            Some((host, "")) => (host, ""),
            // An IPv6 address or network has colons of its own.
            Some(_) if HostPattern::parse(rest).is_ok() => (rest, ""),
            Some((host, port)) => (host, port.strip_suffix('/').unwrap_or(port)),
        };
        ensure!(!port.contains('/'), "a path is not allowed");
        Ok(Self {
            ports: parse_ports(port, scheme)?,
            scheme: match scheme {
                "*" => None,
                _ if scheme.chars().all(char::is_alphabetic) => Some(scheme.to_owned()),
                _ => bail!("a scheme has only letters"),
            },
            host: HostPattern::parse(host)?,
        })
    }

    /// `*.spin.internal` stands for the components that the application has.
    fn expand(self, component_ids: &[&str]) -> Vec<Self> {
        match &self.host {
            HostPattern::AnySubdomain(suffix) if suffix.strip_prefix('.') == Some(CHAINING_DOMAIN) => {
                let exact = |id: &&str| Self {
                    host: HostPattern::Exact(Host::Domain(format!("{id}.{CHAINING_DOMAIN}"))),
                    ..self.clone()
                };
                component_ids.iter().map(exact).collect()
            }
            _ => vec![self],
        }
    }

    fn allows(&self, url: &Url) -> bool {
        let scheme = url.scheme();
        let port = url.port().or_else(|| default_port(scheme));
        self.scheme.as_deref().is_none_or(|allowed| allowed == scheme)
            && self.host.allows(url.host_str().unwrap_or_default())
            && match (&self.ports, port) {
                (None, _) => true,
                (Some(ports), Some(port)) => ports.contains(&u32::from(port)),
                (Some(_), None) => false,
            }
    }

    fn allows_self(&self) -> bool {
        let http = matches!(self.scheme.as_deref(), None | Some("http" | "https"));
        http && matches!(self.host, HostPattern::Any | HostPattern::ToSelf)
    }
}

impl HostPattern {
    fn parse(host: &str) -> Result<Self> {
        let host = host.trim();
        match host {
            "*" => return Ok(Self::Any),
            "self" | "self.alt" => return Ok(Self::ToSelf),
            _ => {}
        }
        if let Some(network) = parse_network(host) {
            return Ok(network);
        }
        let host = host.strip_suffix('/').unwrap_or(host);
        ensure!(!host.contains('/'), "a path is not allowed");
        if let Some(domain) = host.strip_prefix("*.") {
            ensure!(!domain.contains('*'), "only the first part can be a wildcard");
            let Host::Domain(domain) = Host::parse(domain)? else {
                bail!("a wildcard needs a domain after it");
            };
            return Ok(Self::AnySubdomain(format!(".{domain}")));
        }
        ensure!(!host.contains(['*', '{']), "a wildcard must be a whole part of the host");
        Ok(Self::Exact(Host::parse(host)?))
    }

    fn allows(&self, host: &str) -> bool {
        let Ok(host) = Host::parse(host) else {
            return false;
        };
        match (self, &host) {
            (Self::Any, _) => true,
            (Self::AnySubdomain(suffix), Host::Domain(domain)) => domain.ends_with(suffix),
            (Self::Exact(allowed), host) => allowed == host,
            (Self::Network(net, len), Host::Ipv4(ip)) => in_network(*net, *len, (*ip).into()),
            (Self::Network(net, len), Host::Ipv6(ip)) => in_network(*net, *len, (*ip).into()),
            _ => false,
        }
    }
}

fn parse_network(host: &str) -> Option<HostPattern> {
    let (ip, len) = host.split_once('/').unzip();
    let ip: IpAddr = ip.unwrap_or(host).parse().ok()?;
    let max = if ip.is_ipv4() { 32 } else { 128 };
    let len = len.map_or(Ok(max), str::parse).ok()?;
    (len <= max).then_some(HostPattern::Network(ip, len))
}

fn in_network(net: IpAddr, len: u8, ip: IpAddr) -> bool {
    let prefix = |bits: u128, width: u8| bits.checked_shr(u32::from(width - len)).unwrap_or(0);
    match (net, ip) {
        (IpAddr::V4(net), IpAddr::V4(ip)) => {
            prefix(net.to_bits().into(), 32) == prefix(ip.to_bits().into(), 32)
        }
        (IpAddr::V6(net), IpAddr::V6(ip)) => prefix(net.to_bits(), 128) == prefix(ip.to_bits(), 128),
        _ => false,
    }
}

fn parse_ports(port: &str, scheme: &str) -> Result<Option<Range<u32>>> {
    let number = |text: &str| {
        let number: u16 = text.parse().with_context(|| format!("{text:?} is not a port"))?;
        anyhow::Ok(u32::from(number))
    };
    if port == "*" {
        return Ok(None);
    }
    if port.is_empty() {
        let port = default_port(scheme)
            .with_context(|| format!("a port is needed, since {scheme:?} has none of its own"))?;
        return Ok(Some(u32::from(port)..u32::from(port) + 1));
    }
    if let Some((start, end)) = port.split_once("..") {
        return Ok(Some(number(start)?..number(end)?));
    }
    let port = number(port)?;
    Ok(Some(port..port + 1))
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        "postgres" => Some(5432),
        "mysql" => Some(3306),
        "redis" => Some(6379),
        "mqtt" => Some(1883),
        _ => None,
    }
}

/// The component that a host such as `customers-service.spin.internal:80` stands for.
pub fn chaining_target(host: &str) -> Option<&str> {
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let (component, domain) = host.split_once('.')?;
    (domain == CHAINING_DOMAIN).then_some(component)
}

#[cfg(test)]
mod tests;
