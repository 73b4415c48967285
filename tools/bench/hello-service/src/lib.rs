//! Says hello, and nothing else: what a request costs whatever a component does.

use http::{Response, header::CONTENT_LENGTH};
use spin_sdk::http::{IntoResponse, Request};

const HELLO: &str = "Hello, world!\n";

/// Sends the length along, since a body of unknown length would wait for the client's delayed
/// acknowledgement, and the floor would be a stall.
#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn handle(_: Request) -> impl IntoResponse {
    Response::builder().header(CONTENT_LENGTH, HELLO.len()).body(HELLO.to_owned())
}
