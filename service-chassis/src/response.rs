//! Answers, whole or in pages, and how they reach the host.

use futures::StreamExt;
use futures::channel::oneshot::{self, Sender};
use futures::future::{LocalBoxFuture, join_all};
use futures::stream::LocalBoxStream;
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{Response, StatusCode};
use spin_sdk::wasip3::http::types::{self as wasi, ErrorCode, Fields};
use spin_sdk::wasip3::http_compat::BodyWriter;
use spin_sdk::wit_bindgen::{backpressure_dec, backpressure_inc, spawn, yield_async};

/// The body of an answer.
pub enum Body {
    /// All of it; its length is known.
    Whole(Vec<u8>),
    /// Piece by piece. An error ends the response without its proper end, so that the client can tell.
    Pages(LocalBoxStream<'static, anyhow::Result<Vec<u8>>>),
}

/// A response with a JSON body.
pub fn json_response(status: StatusCode, json: impl Into<Vec<u8>>) -> Response<Body> {
    let mut response = Response::new(Body::Whole(json.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Adds what every response says unless it says otherwise: that nobody may guess at its type, show it in a
/// page of another origin, or keep it without asking again. An error is not kept at all.
fn add_defaults(headers: &mut HeaderMap, status: StatusCode) {
    let caching = if status.is_success() { "no-cache" } else { "no-store" };
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (CACHE_CONTROL, caching),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// Hands a response to the host. The body is written by a task that goes on after this returns; if its
/// pages end in an error, `on_failure` hears of the cause. At its end it does what has been left for `later`.
///
/// # Errors
/// Only for headers that the host refuses, which is a mistake in the program.
pub(crate) async fn send(
    response: Response<Body>,
    on_failure: impl FnOnce(&anyhow::Error) + 'static,
    later: Vec<LocalBoxFuture<'static, ()>>,
    companion: Companion,
) -> Result<wasi::Response, ErrorCode> {
    let (mut head, body) = response.into_parts();
    add_defaults(&mut head.headers, head.status);
    let mut fields: Vec<(String, Vec<u8>)> =
        head.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    if let Body::Whole(bytes) = &body
        && head.status != StatusCode::NOT_MODIFIED
    {
        fields.push((CONTENT_LENGTH.to_string(), bytes.len().to_string().into_bytes()));
    }
    let fields =
        Fields::from_list(&fields).map_err(|error| ErrorCode::InternalError(Some(error.to_string())))?;

    let (writer, contents, trailers) = BodyWriter::new();
    let (response, _sent) = wasi::Response::new(fields, Some(contents), trailers);
    if head.status != StatusCode::OK {
        response
            .set_status_code(head.status.as_u16())
            .map_err(|()| ErrorCode::InternalError(Some("status code refused".to_owned())))?;
    }
    let written = write(writer, body, Backpressure::new(), on_failure);
    spawn(async {
        written.await;
        join_all(later).await;
    });
    // The host comes back from this once it has nothing else to do. It then fetches the first bytes right
    // after the head, and both leave in one segment, where a head on its own would wait for the client's
    // delayed acknowledgement. Until the companion has gone it would come back at once.
    drop(companion);
    yield_async().await;
    yield_async().await;
    Ok(response)
}

/// A task beside the one that answers, which waits and does nothing.
///
/// The executor in a component asks to be called again whenever it has polled all of its tasks, as it has
/// after each event if there is one alone. While there is a second one, a quarter of all turns are spared.
pub(crate) struct Companion(#[expect(dead_code, reason = "to drop it ends the task")] Sender<()>);

impl Companion {
    pub(crate) fn new() -> Self {
        let (end, ended) = oneshot::channel();
        spawn(async { _ = ended.await });
        Self(end)
    }
}

/// While this lives, the host gives further requests to other instances. Work on a new one would
/// otherwise come between the head of a response and its first bytes.
struct Backpressure;

impl Backpressure {
    fn new() -> Self {
        backpressure_inc();
        Self
    }
}

impl Drop for Backpressure {
    fn drop(&mut self) {
        backpressure_dec();
    }
}

/// Writes a body; `backpressure` ends as soon as the host has its first bytes.
async fn write(
    mut writer: BodyWriter,
    body: Body,
    backpressure: Backpressure,
    on_failure: impl FnOnce(&anyhow::Error),
) {
    let mut backpressure = Some(backpressure);
    let mut pages = match body {
        Body::Whole(bytes) => futures::stream::iter([Ok(bytes)]).boxed_local(),
        Body::Pages(pages) => pages,
    };
    while let Some(page) = pages.next().await {
        match page {
            Ok(bytes) => {
                let unwritten = writer.stream_writer.write_all(bytes).await;
                drop(backpressure.take());
                if !unwritten.is_empty() {
                    return; // The client has gone.
                }
            }
            Err(cause) => {
                let code = ErrorCode::InternalError(Some("the rest could not be read".to_owned()));
                on_failure(&cause);
                // A client that has gone by now misses nothing.
                let _ = writer.result_writer.write(Err(code)).await;
                return;
            }
        }
    }
    drop(writer.stream_writer);
    let _ = writer.result_writer.write(Ok(None)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_do_not_replace_what_a_response_says_itself() {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
        add_defaults(&mut headers, StatusCode::OK);
        assert_eq!(headers[CACHE_CONTROL], "max-age=60");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    }

    #[test]
    fn an_error_is_not_to_be_kept() {
        let mut headers = HeaderMap::new();
        add_defaults(&mut headers, StatusCode::NOT_FOUND);
        assert_eq!(headers[CACHE_CONTROL], "no-store");
    }
}
