//! Spin's changes to a request before a component receives it.

use crate::router::RouteMatch;
use anyhow::{Context, Result, bail, ensure};
use http::header::{CONNECTION, HOST};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use std::net::SocketAddr;

/// The component that a host such as `customers-service.spin.internal` names.
pub fn chaining_target(host: &str) -> Option<&str> {
    host.strip_suffix(".spin.internal")
}

/// Removes headers that must not come from the network: a `Host` that names a component, and `Connection`, which only
/// concerns the server.
pub fn strip(headers: &mut HeaderMap) {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.map(|host| host.rsplit_once(':').map_or(host, |(host, _)| host));
    if host.and_then(chaining_target).is_some() {
        headers.remove(HOST);
    }
    headers.remove(CONNECTION);
}

/// Gives the request an absolute URI. The authority comes from the request line or from `Host`.
///
/// # Errors
/// If there is no authority, or two different ones.
pub fn complete_uri<B>(request: &mut Request<B>) -> Result<()> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let from_header = hosts.next().map(|host| Authority::try_from(host.as_bytes()));
    ensure!(hosts.next().is_none(), "the request has several Host headers");
    let from_header = from_header.transpose().context("the Host header is no authority")?;
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(match (from_header, parts.authority) {
        (None, None) => bail!("the request has no Host header"),
        (Some(header), Some(line)) if header != line => {
            bail!("the Host header differs from the authority in the request line")
        }
        (Some(authority), _) | (None, Some(authority)) => authority,
    });
    *request.uri_mut() = Uri::from_parts(parts)?;
    Ok(())
}

/// Appends the `spin-*` headers to those that the client sent.
///
/// # Errors
/// If a header of the request is not UTF-8.
pub fn add_route_information<B>(
    request: &mut Request<B>,
    matched: &RouteMatch<'_>,
    client: SocketAddr,
) -> Result<()> {
    for (name, value) in request.headers() {
        str::from_utf8(value.as_bytes()).with_context(|| format!("the header {name} is not UTF-8"))?;
    }
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let path = request.uri().path_and_query().map_or("", |path| path.as_str());
    let full_url = format!("http://{host}{path}");
    for (name, value) in [
        ("spin-path-info", matched.path_info),
        ("spin-full-url", &full_url),
        ("spin-matched-route", matched.route),
        ("spin-base-path", "/"),
        ("spin-raw-component-route", matched.route),
        ("spin-component-route", matched.prefix()),
        ("spin-client-addr", &client.to_string()),
    ] {
        // Like Spin, leaves out a value that no header can carry.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            request.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::Router;

    fn completed(uri: &str, hosts: &[&str]) -> Result<Request<()>> {
        let request = hosts.iter().fold(Request::get(uri), |request, host| request.header(HOST, *host));
        let mut request = request.body(()).unwrap();
        strip(request.headers_mut());
        complete_uri(&mut request).map(|()| request)
    }

    /// The values of the `spin-*` headers, in the order of their names.
    fn spin_headers(mut request: Request<()>, matched: &RouteMatch<'_>) -> Vec<(String, String)> {
        add_route_information(&mut request, matched, "127.0.0.1:8777".parse().unwrap()).unwrap();
        let text = |(name, value): (&HeaderName, &HeaderValue)| {
            Some((name.as_str().strip_prefix("spin-")?.to_owned(), value.to_str().unwrap().to_owned()))
        };
        let mut headers: Vec<_> = request.headers().iter().filter_map(text).collect();
        headers.sort();
        headers
    }

    #[test]
    fn a_public_request_gets_the_headers_of_its_route() {
        let request = completed("/foo/bar?a=b", &["example.com:81"]).unwrap();
        assert_eq!(request.uri(), "http://example.com:81/foo/bar?a=b");
        let expected = [
            ("base-path", "/"),
            ("client-addr", "127.0.0.1:8777"),
            ("component-route", "/foo"),
            ("full-url", "http://example.com:81/foo/bar?a=b"),
            ("matched-route", "/foo/..."),
            ("path-info", "/bar"),
            ("raw-component-route", "/foo/..."),
        ];
        let router = Router::new([("/foo/...", "one")]);
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(spin_headers(request, &router.find("/foo/bar").unwrap()), expected);
    }

    #[test]
    fn the_authority_is_unambiguous_and_no_component() {
        for (uri, hosts) in [
            ("/a", &[][..]),
            ("/a", &["a.example", "b.example"]),
            ("/a", &["a b"]),
            ("/a", &[""]),
            ("/a", &["one.spin.internal:80"]),
            ("http://a.example/", &["b.example"]),
        ] {
            assert!(completed(uri, hosts).is_err(), "{uri} {hosts:?}");
        }
    }
}
