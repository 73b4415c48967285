//! One call to another component of the app, over Spin's service chaining.

use anyhow::{Error, Result, anyhow};
use http::StatusCode;
use spin_sdk::wasip3::http::client;
use spin_sdk::wasip3::http::types::{ErrorCode, Fields, Request, Response, Scheme};
use spin_sdk::wasip3::wit_future;
use spin_sdk::wit_bindgen::{FutureWriter, StreamResult};

use crate::Request as Received;
use crate::request_id::X_REQUEST_ID;

/// What is read of a body at once, in bytes.
const CHUNK: usize = 4096;

/// Why a call did not come to a whole body. The causes are for the log.
#[derive(Debug)]
pub enum Failure {
    /// The app may not make this call.
    Denied(Error),
    /// There was no response.
    NoResponse(Error),
    /// The response is a 500 without a body, which is what the host makes of an instance that died.
    Died,
    /// The response has another status than 200.
    Status(u16),
    /// The body broke off, or is longer or shorter than it says.
    BrokenOff(Error),
    /// The body has more bytes than are wanted.
    TooLarge,
}

/// The body of a 200 that `service` answers to a GET of `path`, if it has `limit` bytes at most.
///
/// The call carries the id of the request that it is `for_request`. There is no timeout: Spin applies none to a
/// call between components. To drop the future ends the wait.
///
/// # Errors
/// See [`Failure`].
pub async fn get(
    service: &str,
    path: &str,
    for_request: &Received,
    limit: usize,
) -> Result<Vec<u8>, Failure> {
    let (request, no_trailers) = request(service, path, &for_request.id).map_err(Failure::Denied)?;
    let response = client::send(request).await.map_err(|code| match code {
        ErrorCode::HttpRequestDenied => Failure::Denied(code.into()),
        _ => Failure::NoResponse(code.into()),
    })?;
    let status = response.get_status_code();
    let length = content_length(&response.get_headers());
    let (read, processed) = wit_future::new(|| Ok(()));
    let (mut contents, trailers) = Response::consume_body(response, processed);
    let mut body = Vec::new();
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        let (_, start) = contents.read(Vec::with_capacity(1)).await;
        return Err(if start.is_empty() { Failure::Died } else { Failure::Status(status) });
    }
    if status != StatusCode::OK {
        return Err(Failure::Status(status));
    }
    let mut result = StreamResult::Complete(0);
    while result != StreamResult::Dropped {
        body.reserve(CHUNK);
        (result, body) = contents.read(body).await;
        if body.len() > limit {
            return Err(Failure::TooLarge);
        }
        if Some(body.len()) == length {
            // To hear of the end would take the host two more turns. What these have to tell it takes none
            // once it waits for that.
            for_request.after_response(async { drop((no_trailers, read)) });
            return Ok(body);
        }
    }
    trailers.await.map_err(|error| Failure::BrokenOff(error.into()))?;
    match length {
        Some(length) => Err(Failure::BrokenOff(anyhow!("it has {} bytes and not {length}", body.len()))),
        None => Ok(body),
    }
}

fn content_length(headers: &Fields) -> Option<usize> {
    let length = headers.get("content-length").pop()?;
    std::str::from_utf8(&length).ok()?.parse().ok()
}

type Trailers = Result<Option<Fields>, ErrorCode>;

/// A GET without a body, which ends when the writer of its trailers is dropped.
fn request(service: &str, path: &str, request_id: &str) -> Result<(Request, FutureWriter<Trailers>)> {
    let fields = Fields::from_list(&[(X_REQUEST_ID.to_string(), request_id.as_bytes().to_vec())])?;
    let (no_trailers, trailers) = wit_future::new(|| Ok(None));
    let (request, _) = Request::new(fields, None, trailers, None);
    request.set_scheme(Some(&Scheme::Http)).map_err(|()| anyhow!("the scheme was refused"))?;
    request
        .set_authority(Some(&format!("{service}.spin.internal")))
        .map_err(|()| anyhow!("the name of the service was refused"))?;
    request.set_path_with_query(Some(path)).map_err(|()| anyhow!("the path was refused"))?;
    Ok((request, no_trailers))
}
