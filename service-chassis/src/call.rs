//! One call to another component of the app, over Spin's service chaining.

use anyhow::{Error, Result, anyhow};
use http::StatusCode;
use spin_sdk::wasip3::http::client;
use spin_sdk::wasip3::http::types::{Fields, Request, Response, Scheme};
use spin_sdk::wasip3::wit_future;
use spin_sdk::wit_bindgen::StreamResult;

/// What is read of a body at once, in bytes.
const CHUNK: usize = 4096;

/// Why a call did not come to a whole body. The causes are for the log.
#[derive(Debug)]
pub enum Failure {
    /// There was no response.
    Unreachable(Error),
    /// The response has another status than 200.
    Status(u16),
    /// The body broke off, or is longer or shorter than it says.
    BrokenOff(Error),
    /// The body has more bytes than are wanted.
    TooLarge,
}

/// The body of a 200 that `service` answers to a GET of `path`, if it has `limit` bytes at most.
///
/// There is no timeout: Spin applies none to a call between components. To drop the future ends the wait.
///
/// # Errors
/// See [`Failure`].
pub async fn get(service: &str, path: &str, limit: usize) -> Result<Vec<u8>, Failure> {
    let request = request(service, path).map_err(Failure::Unreachable)?;
    let response = client::send(request).await.map_err(|error| Failure::Unreachable(error.into()))?;
    let status = response.get_status_code();
    if status != StatusCode::OK {
        return Err(Failure::Status(status));
    }
    let length = content_length(&response.get_headers());
    let (_, processed) = wit_future::new(|| Ok(()));
    let (mut contents, trailers) = Response::consume_body(response, processed);
    let mut body = Vec::new();
    let mut result = StreamResult::Complete(0);
    while result != StreamResult::Dropped {
        body.reserve(CHUNK);
        (result, body) = contents.read(body).await;
        if body.len() > limit {
            return Err(Failure::TooLarge);
        }
        if Some(body.len()) == length {
            return Ok(body); // To hear of the end would take the host two more turns.
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

/// A GET without a body.
fn request(service: &str, path: &str) -> Result<Request> {
    let (_, trailers) = wit_future::new(|| Ok(None));
    let (request, _) = Request::new(Fields::new(), None, trailers, None);
    request.set_scheme(Some(&Scheme::Http)).map_err(|()| anyhow!("the scheme was refused"))?;
    request
        .set_authority(Some(&format!("{service}.spin.internal")))
        .map_err(|()| anyhow!("the name of the service was refused"))?;
    request.set_path_with_query(Some(path)).map_err(|()| anyhow!("the path was refused"))?;
    Ok(request)
}
