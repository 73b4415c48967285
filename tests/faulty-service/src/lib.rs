//! A backend for tests that fails in the way that its environment names.
//!
//! - `FAULT` is a fault of [`respond`], or `by_request_id`: the fault is then the part of `x-request-id` after
//!   `<service>.`, and requests without it get a well-formed response. An empty one reports what the component
//!   can access, and `key_value` tries a key-value store.
//! - `SERVICE` is the service that it replaces, and `RESPONSE` a well-formed response of that service.
//!
//! It writes the path of each request to stdout.

mod given;
mod key_value;

use std::env;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::SinkExt;
use http::header::CONTENT_LENGTH;
use http::{Response, StatusCode};
use spin_sdk::http::body::stream;
use spin_sdk::http::{BoxBody, Error, FullBody, Request, box_body};
use spin_sdk::time::sleep;
use spin_sdk::wasip3::http::types::ErrorCode;
use spin_sdk::wit_bindgen::spawn;

/// Part of every faulty body. It must never reach a client.
const MARKER: &str = "MARKER-of-a-faulty-backend";

const MIB: usize = 1024 * 1024;

/// Longer than any deadline of a test.
const FOREVER: Duration = Duration::from_secs(3600);

/// The requests of this instance so far.
static REQUESTS: AtomicU32 = AtomicU32::new(0);

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn handle(request: Request) -> Result<Response<BoxBody>, Error> {
    println!("{}", request.uri().path());
    let variable = |name| env::var(name).unwrap_or_default();
    let fault = match variable("FAULT").as_str() {
        "" => return Ok(ok(given::to_this_component(&request).await.to_string())),
        "key_value" => return Ok(ok(key_value::contents(&request).await.to_string())),
        "by_request_id" => {
            let id =
                request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
            let fault = id.strip_prefix(&variable("SERVICE")).and_then(|rest| rest.strip_prefix('.'));
            fault.unwrap_or("none").to_owned()
        }
        fault => fault.to_owned(),
    };
    respond(&fault, variable("RESPONSE")).await
}

async fn respond(fault: &str, response: String) -> Result<Response<BoxBody>, Error> {
    let message = format!(r#"{{"message":"{MARKER}"}}"#);
    Ok(match fault {
        "none" => ok(response),
        "slow" => {
            sleep(Duration::from_millis(200)).await;
            ok(response)
        }
        "trap" => panic!("{MARKER}"),
        "trap_every_second" if REQUESTS.fetch_add(1, Ordering::Relaxed) % 2 == 1 => panic!("{MARKER}"),
        "trap_every_second" => ok(response),
        "error_code" => return Err(ErrorCode::InternalError(Some(MARKER.to_owned())).into()),
        "status_404" => full(StatusCode::NOT_FOUND, message),
        "status_500" => full(StatusCode::INTERNAL_SERVER_ERROR, response),
        "status_503" => full(StatusCode::SERVICE_UNAVAILABLE, message),
        "html" => ok(format!("<!doctype html><h1>{MARKER}</h1>")),
        "truncated" => ok(response[..response.len() - 1].to_owned()),
        "longer_than_declared" => declared(response.len() - 1, response),
        "shorter_than_declared" => declared(response.len() + 1, response),
        "wrong_types" => ok(response.replace(":3", r#":"1""#)),
        "null_number" => ok(response.replace(":3", ":null")),
        "one_mib" => ok(padded(&response, MIB)),
        "over_one_mib" => ok(padded(&response, MIB + 1)),
        "endless" => streaming(|| Some(vec![b' '; 4096]), Duration::ZERO),
        "stall_before_headers" => {
            sleep(FOREVER).await;
            ok(response)
        }
        "stall_in_body" => {
            let half = response.len() / 2;
            let mut pieces = vec![response.into_bytes()[..half].to_vec()].into_iter();
            streaming(move || pieces.next(), FOREVER)
        }
        // Each byte is on time, but the last one is after the deadline.
        "drip" => {
            let mut bytes = response.into_bytes().into_iter();
            streaming(move || bytes.next().map(|byte| vec![byte]), Duration::from_millis(50))
        }
        other => panic!("{other:?} is no fault"),
    })
}

/// The response with white space up to a length in bytes.
fn padded(response: &str, length: usize) -> String {
    response.to_owned() + &" ".repeat(length - response.len())
}

fn ok(body: String) -> Response<BoxBody> {
    full(StatusCode::OK, body)
}

fn full(status: StatusCode, body: String) -> Response<BoxBody> {
    let mut response = Response::new(box_body(FullBody::new(body.into())));
    *response.status_mut() = status;
    response
}

/// A response with a wrong `content-length`.
fn declared(length: usize, body: String) -> Response<BoxBody> {
    let mut response = ok(body);
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

/// A response of these pieces, with a pause after each.
fn streaming(mut next: impl FnMut() -> Option<Vec<u8>> + 'static, pause: Duration) -> Response<BoxBody> {
    let (mut sender, body) = stream::<Vec<u8>>();
    spawn(async move {
        while let Some(piece) = next() {
            if sender.send(piece).await.is_err() {
                return;
            }
            if !pause.is_zero() {
                sleep(pause).await;
            }
        }
    });
    Response::new(box_body(body))
}
