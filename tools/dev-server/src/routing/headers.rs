//! What Spin takes out of a request and what it puts in, before a component sees it.

use super::routes::RouteMatch;
use anyhow::{Context, Result, bail, ensure};
use http::header::{CONNECTION, HOST};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use std::net::SocketAddr;

/// The component that a host such as `customers-service.spin.internal` stands for.
pub fn chaining_target(host: &str) -> Option<&str> {
    host.strip_suffix(".spin.internal")
}

/// Removes what must not come from the network: a `Host` that names a
/// component, and `Connection`, which concerns the server alone.
pub fn strip(headers: &mut HeaderMap) {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.map(|host| host.rsplit_once(':').map_or(host, |(host, _)| host));
    if host.and_then(chaining_target).is_some() {
        headers.remove(HOST);
    }
    headers.remove(CONNECTION);
}

/// Gives the request an absolute URI; the authority comes from the request
/// line or from `Host`.
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

/// Appends the `spin-*` headers; whatever the client sent under these names stays.
///
/// # Errors
/// If a header of the request is not UTF-8.
pub fn add_route_information<B>(
    request: &mut Request<B>,
    matched: &RouteMatch<'_>,
    client: SocketAddr,
) -> Result<()> {
    for (name, value) in request.headers() {
        std::str::from_utf8(value.as_bytes()).with_context(|| format!("the header {name} is not UTF-8"))?;
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
    use crate::routing::Router;

    const CLIENT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8777);

    fn header<'a>(request: &'a Request<()>, name: &str) -> &'a str {
        request.headers()[name].to_str().unwrap()
    }

    #[test]
    fn a_public_request_gets_its_route() {
        let router = Router::new([("/foo/...", "one")]);
        let mut request = Request::get("/foo/bar?a=b").header(HOST, "example.com:81").body(()).unwrap();
        complete_uri(&mut request).unwrap();
        assert_eq!(request.uri(), "http://example.com:81/foo/bar?a=b");
        add_route_information(&mut request, &router.find("/foo/bar").unwrap(), CLIENT).unwrap();
        assert_eq!(header(&request, "spin-full-url"), "http://example.com:81/foo/bar?a=b");
        assert_eq!(header(&request, "spin-path-info"), "/bar");
        assert_eq!(header(&request, "spin-matched-route"), "/foo/...");
        assert_eq!(header(&request, "spin-base-path"), "/");
        assert_eq!(header(&request, "spin-raw-component-route"), "/foo/...");
        assert_eq!(header(&request, "spin-component-route"), "/foo");
        assert_eq!(header(&request, "spin-client-addr"), "127.0.0.1:8777");
    }

    #[test]
    fn a_chained_request_shows_no_public_route() {
        let mut request = Request::get("http://one.spin.internal/a/b?c").body(()).unwrap();
        complete_uri(&mut request).unwrap();
        add_route_information(&mut request, &RouteMatch::chained("one", "/a/b"), CLIENT).unwrap();
        assert_eq!(header(&request, "spin-full-url"), "http://localhost/a/b?c");
        assert_eq!(header(&request, "spin-path-info"), "/a/b");
        assert_eq!(header(&request, "spin-raw-component-route"), "/...");
        assert_eq!(header(&request, "spin-component-route"), "");
    }

    #[test]
    fn the_authority_must_be_there_and_unambiguous() {
        for (line, hosts) in [
            ("/a", &[][..]),
            ("/a", &["a.example", "b.example"]),
            ("/a", &["a b"]),
            ("/a", &[""]),
            ("http://a.example/", &["b.example"]),
        ] {
            let request = hosts.iter().fold(Request::get(line), |request, host| request.header(HOST, *host));
            assert!(complete_uri(&mut request.body(()).unwrap()).is_err(), "{line} {hosts:?}");
        }
    }

    #[test]
    fn headers_about_the_connection_are_stripped() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("a.spin.internal:80"));
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        headers.insert("accept", HeaderValue::from_static("text/plain"));
        strip(&mut headers);
        assert_eq!(headers.len(), 1);
        headers.insert(HOST, HeaderValue::from_static("example.com"));
        strip(&mut headers);
        assert_eq!(headers.len(), 2);
    }
}
