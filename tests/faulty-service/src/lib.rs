//! A backend that fails as its environment says: `FAULT` names what it does, or several things separated
//! by commas, of which each request gets one at random; `IN_PLACE_OF` names the service whose well-formed
//! answers it knows. It writes each path that it is asked for to stdout. Without `FAULT` it answers with all
//! that it finds to have been given to it.

mod given;
mod key_value;

use std::collections::hash_map::RandomState;
use std::env;
use std::hash::BuildHasher;
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

/// Stands in every faulty body: none of it may ever reach a client.
const MARKER: &str = "MARKER-of-a-faulty-backend";

const MIB: usize = 1024 * 1024;

/// How many requests this instance has had.
static REQUESTS: AtomicU32 = AtomicU32::new(0);

/// Longer than any deadline of a test.
const FOREVER: Duration = Duration::from_secs(3600);

#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn handle(request: Request) -> Result<Response<BoxBody>, Error> {
    println!("{}", request.uri().path());
    let faults = env::var("FAULT").unwrap_or_default();
    let faults: Vec<&str> = faults.split(',').collect();
    let chance = usize::try_from(RandomState::new().hash_one(0) % 4096).unwrap_or_default();
    let well_formed = well_formed_answer();
    match faults[chance % faults.len()] {
        "" => Ok(whole(StatusCode::OK, given::to_this_component(&request).await.to_string())),
        "key_value" => Ok(whole(StatusCode::OK, key_value::as_it_answers(&request).await.to_string())),
        "none" => Ok(whole(StatusCode::OK, well_formed)),
        "slow" => {
            sleep(Duration::from_millis(200)).await;
            Ok(whole(StatusCode::OK, well_formed))
        }
        "trap" => panic!("{MARKER}"),
        "trap_every_second" if REQUESTS.fetch_add(1, Ordering::Relaxed) % 2 == 1 => panic!("{MARKER}"),
        "trap_every_second" => Ok(whole(StatusCode::OK, well_formed)),
        "error_code" => Err(ErrorCode::InternalError(Some(MARKER.to_owned())).into()),
        "status_204" => Ok(whole(StatusCode::NO_CONTENT, String::new())),
        "status_404" => Ok(whole(StatusCode::NOT_FOUND, format!(r#"{{"message":"{MARKER}"}}"#))),
        "status_503" => Ok(whole(StatusCode::SERVICE_UNAVAILABLE, format!(r#"{{"message":"{MARKER}"}}"#))),
        "status_500" => Ok(whole(StatusCode::INTERNAL_SERVER_ERROR, well_formed)),
        "html" => Ok(whole(StatusCode::OK, format!("<!doctype html><h1>{MARKER}</h1>"))),
        "empty_body" => Ok(whole(StatusCode::OK, String::new())),
        "truncated" => Ok(whole(StatusCode::OK, well_formed[..well_formed.len() - 1].to_owned())),
        "trailing_garbage" => Ok(whole(StatusCode::OK, well_formed + MARKER)),
        "longer_than_declared" => Ok(declared(well_formed.len() - 1, well_formed)),
        "shorter_than_declared" => Ok(declared(well_formed.len() + 1, well_formed)),
        "wrong_types" => Ok(whole(StatusCode::OK, with_number(&well_formed, r#""1""#))),
        "negative_count" => Ok(whole(StatusCode::OK, with_number(&well_formed, "-1"))),
        "null_number" => Ok(whole(StatusCode::OK, with_number(&well_formed, "null"))),
        "one_mib" => Ok(whole(StatusCode::OK, padded(&well_formed, MIB))),
        "over_one_mib" => Ok(whole(StatusCode::OK, padded(&well_formed, MIB + 1))),
        "endless" => Ok(endless()),
        "stall_before_headers" => {
            sleep(FOREVER).await;
            Ok(whole(StatusCode::OK, well_formed))
        }
        "stall_in_body" => Ok(stalling(well_formed)),
        "drip" => Ok(dripping(well_formed)),
        other => panic!("FAULT names {other:?}, which is none"),
    }
}

fn well_formed_answer() -> String {
    match env::var("IN_PLACE_OF").as_deref() {
        Ok("customers-service") => r#"{"count":3,"top":[{"name":"Faulty","scoring":7}]}"#.to_owned(),
        _ => concat!(
            r#"{"mostIncidents":[{"customerName":"Faulty","numberOfIncidents":3}],"#,
            r#""highestVolume":[{"customerName":"Faulty","incidentVolume":12.5}]}"#
        )
        .to_owned(),
    }
}

/// The answer with another number of customers or incidents.
fn with_number(answer: &str, number: &str) -> String {
    answer
        .replace(r#""count":3"#, &format!(r#""count":{number}"#))
        .replace(r#""numberOfIncidents":3"#, &format!(r#""numberOfIncidents":{number}"#))
}

/// The answer, well-formed still, with white space up to a length in bytes.
fn padded(answer: &str, length: usize) -> String {
    let padding = " ".repeat(length - answer.len());
    answer.to_owned() + &padding
}

fn whole(status: StatusCode, body: String) -> Response<BoxBody> {
    let mut response = Response::new(box_body(FullBody::new(body.into())));
    *response.status_mut() = status;
    response
}

/// The answer with a `content-length` that may be wrong.
fn declared(length: usize, answer: String) -> Response<BoxBody> {
    let mut response = whole(StatusCode::OK, answer);
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

fn endless() -> Response<BoxBody> {
    let (mut sender, body) = stream::<Vec<u8>>();
    spawn(async move { while sender.send(vec![b' '; 4096]).await.is_ok() {} });
    Response::new(box_body(body))
}

/// A byte now and then: each comes in time, and all of them do not.
fn dripping(answer: String) -> Response<BoxBody> {
    let (mut sender, body) = stream::<Vec<u8>>();
    spawn(async move {
        for byte in answer.into_bytes() {
            if sender.send(vec![byte]).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    });
    Response::new(box_body(body))
}

fn stalling(answer: String) -> Response<BoxBody> {
    let (mut sender, body) = stream::<Vec<u8>>();
    spawn(async move {
        let half = answer.len() / 2;
        if sender.send(answer.into_bytes()[..half].to_vec()).await.is_ok() {
            sleep(FOREVER).await;
        }
    });
    Response::new(box_body(body))
}
