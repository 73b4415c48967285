//! What Spin takes out of a request's headers and what it puts in.

use crate::allowed_hosts::chaining_target;
use crate::chaining::{IoResult, Sent};
use crate::routes::RouteMatch;
use anyhow::{Context, Result, bail};
use http::header::{CONNECTION, HOST};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use std::net::SocketAddr;
use std::sync::Arc;
use wasmtime_wasi_http::{Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks};

const FULL_URL: HeaderName = HeaderName::from_static("spin-full-url");
const PATH_INFO: HeaderName = HeaderName::from_static("spin-path-info");
const MATCHED_ROUTE: HeaderName = HeaderName::from_static("spin-matched-route");
const BASE_PATH: HeaderName = HeaderName::from_static("spin-base-path");
const RAW_COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-raw-component-route");
const COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-component-route");
const CLIENT_ADDR: HeaderName = HeaderName::from_static("spin-client-addr");

/// Removes what must not come from the network: a `Host` that names a
/// component, and `Connection`, which concerns the server alone.
pub fn strip(headers: &mut HeaderMap) {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(|host| chaining_target(host).is_some()) {
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
    let from_header: Option<Authority> = match request.headers().get(HOST) {
        None => None,
        Some(host) => {
            let host = host.to_str().context("the Host header is not valid text")?;
            Some(host.parse().context("the Host header is no authority")?)
        }
    };
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
    let uri = request.uri();
    let host = request.headers().get(HOST);
    let host = host.and_then(|host| std::str::from_utf8(host.as_bytes()).ok());
    let full_url = format!(
        "{}://{}{}",
        uri.scheme_str().unwrap_or("http"),
        host.unwrap_or("localhost"),
        uri.path_and_query().map_or("", |path| path.as_str())
    );
    let client = client.to_string();
    let headers = request.headers_mut();
    append(headers, PATH_INFO, &matched.path_info());
    append(headers, FULL_URL, &full_url);
    append(headers, MATCHED_ROUTE, matched.based_route());
    append(headers, BASE_PATH, "/");
    append(headers, RAW_COMPONENT_ROUTE, matched.raw_route());
    append(headers, COMPONENT_ROUTE, matched.raw_prefix());
    append(headers, CLIENT_ADDR, &client);
    for (name, value) in matched.parameters() {
        let name = format!("spin-path-match-{}", name.replace('_', "-"));
        if let Ok(name) = name.to_ascii_lowercase().parse() {
            append(headers, name, value);
        }
    }
    Ok(())
}

/// Lets every header of an incoming request through to the guest. Without it
/// wasmtime would hold back `Host` and others, which components see on Spin 4.1.
pub struct IncomingHttp;

impl WasiHttpHooks for IncomingHttp {
    fn is_forbidden_header(&mut self, _: &HeaderName) -> bool {
        false
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(|_| false)
    }

    fn send_request(
        &mut self,
        _: Request<WasiBody>,
        _: Option<RequestOptions>,
        _: IoResult,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        // Requests of guests go through the hooks in `chaining`.
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }
}

/// Like Spin, leaves out a value that no header can carry.
fn append(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
        headers.append(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::Router;

    const CLIENT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8777);

    fn header<'a>(request: &'a Request<()>, name: &str) -> &'a str {
        request.headers()[name].to_str().unwrap()
    }

    #[test]
    fn a_public_request_gets_its_route() {
        let (router, _) = Router::build([("/foo/:user_id/...", 0)]).unwrap();
        let mut request = Request::get("/foo/42/bar?a=b").header(HOST, "example.com:81").body(()).unwrap();
        complete_uri(&mut request).unwrap();
        assert_eq!(request.uri(), "http://example.com:81/foo/42/bar?a=b");
        let (_, matched) = router.find("/foo/42/bar").unwrap();
        add_route_information(&mut request, &matched, CLIENT).unwrap();
        let full_url = "http://example.com:81/foo/42/bar?a=b";
        assert_eq!(header(&request, "spin-full-url"), full_url);
        assert_eq!(header(&request, "spin-path-info"), "/bar");
        assert_eq!(header(&request, "spin-matched-route"), "/foo/:user_id/...");
        assert_eq!(header(&request, "spin-base-path"), "/");
        assert_eq!(header(&request, "spin-raw-component-route"), "/foo/:user_id/...");
        assert_eq!(header(&request, "spin-component-route"), "/foo/:user_id");
        assert_eq!(header(&request, "spin-client-addr"), "127.0.0.1:8777");
        assert_eq!(header(&request, "spin-path-match-user-id"), "42");
    }

    #[test]
    fn a_chained_request_shows_no_public_route() {
        let mut request = Request::get("http://one.spin.internal/a/b?c").body(()).unwrap();
        complete_uri(&mut request).unwrap();
        let matched = RouteMatch::Chained { path: "/a/b" };
        add_route_information(&mut request, &matched, CLIENT).unwrap();
        assert_eq!(header(&request, "spin-full-url"), "http://localhost/a/b?c");
        assert_eq!(header(&request, "spin-path-info"), "/a/b");
        assert_eq!(header(&request, "spin-raw-component-route"), "/...");
        assert_eq!(header(&request, "spin-component-route"), "");
    }

    #[test]
    fn the_authority_must_be_there_and_unambiguous() {
        let mut request = Request::get("/a").body(()).unwrap();
        assert!(complete_uri(&mut request).is_err());
        let mut request = Request::get("http://a.example/").header(HOST, "b.example").body(()).unwrap();
        assert!(complete_uri(&mut request).is_err());
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
