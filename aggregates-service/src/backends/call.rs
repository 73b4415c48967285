//! One call to another component of the app, over Spin's service chaining.

use http::StatusCode;
use service_chassis::request_id::X_REQUEST_ID;
use spin_sdk::wasip3::http::client;
use spin_sdk::wasip3::http::types::{ErrorCode, Fields, Request, Response, Scheme};
use spin_sdk::wasip3::wit_future;
use spin_sdk::wit_bindgen::StreamResult;

use super::client::CallError;

/// The largest body that is read, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// How many bytes of a body are read at once.
const CHUNK: usize = 4096;

/// The body of the response of `service` to a GET of `path`.
///
/// Spin applies no timeout to chained calls. Dropping the future ends the wait.
///
/// # Errors
/// If there is no response with status 200 and a whole body of at most [`BODY_LIMIT`].
pub async fn get(service: &str, path: &str, request_id: &str) -> Result<Vec<u8>, CallError> {
    let request = request(service, path, request_id).map_err(|cause| CallError::Denied(cause.to_owned()))?;
    // `spin_sdk::http::send` would copy all headers of the response. Only one is needed.
    let response = client::send(request).await.map_err(|code| match code {
        ErrorCode::HttpRequestDenied => CallError::Denied(code.to_string()),
        _ => CallError::NoResponse(code.to_string()),
    })?;
    let status = response.get_status_code();
    let length = content_length(&response.get_headers());
    // WASI takes a future that reports errors of the reader to the sender. There are none.
    let (_result, read) = wit_future::new(|| Ok(()));
    let (mut contents, trailers) = Response::consume_body(response, read);
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        // If an instance crashes, Spin sends a 500 with an empty body.
        let (_, start) = contents.read(Vec::with_capacity(1)).await;
        return Err(if start.is_empty() { CallError::Crashed } else { CallError::Status(status) });
    }
    if status != StatusCode::OK {
        return Err(CallError::Status(status));
    }
    let (mut result, mut body) = (StreamResult::Complete(0), Vec::new());
    while result != StreamResult::Dropped {
        body.reserve(CHUNK);
        (result, body) = contents.read(body).await;
        if body.len() > BODY_LIMIT {
            return Err(CallError::TooLarge);
        }
        if Some(body.len()) == length {
            return Ok(body); // The host needs two more turns to report the end.
        }
    }
    trailers.await.map_err(|code| CallError::Incomplete(code.to_string()))?;
    match length {
        Some(length) if length != body.len() => {
            Err(CallError::Incomplete(format!("{} bytes instead of {length}", body.len())))
        }
        _ => Ok(body),
    }
}

/// A GET without a body. The SDK would start a task that writes the empty body.
fn request(service: &str, path: &str, request_id: &str) -> Result<Request, &'static str> {
    let headers = [(X_REQUEST_ID.to_string(), request_id.as_bytes().to_vec())];
    let headers = Fields::from_list(&headers).map_err(|_| "invalid request id")?;
    let (_, trailers) = wit_future::new(|| Ok(None));
    let (request, _) = Request::new(headers, None, trailers, None);
    let authority = format!("{service}.spin.internal");
    request.set_scheme(Some(&Scheme::Http)).map_err(|()| "invalid scheme")?;
    request.set_authority(Some(&authority)).map_err(|()| "invalid name of the service")?;
    request.set_path_with_query(Some(path)).map_err(|()| "invalid path")?;
    Ok(request)
}

fn content_length(headers: &Fields) -> Option<usize> {
    let length = headers.get("content-length").pop()?;
    std::str::from_utf8(&length).ok()?.parse().ok()
}
