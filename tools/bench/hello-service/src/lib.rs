//! Returns a constant: the least that any component's request costs.

use http::{Response, header::CONTENT_LENGTH};
use spin_sdk::http::{IntoResponse, Request};

const HELLO: &str = "Hello, world!\n";

/// Without `content-length`, the body would wait for the client's delayed ACK.
#[cfg_attr(target_family = "wasm", spin_sdk::http_service)]
pub async fn handle(_: Request) -> impl IntoResponse {
    Response::builder().header(CONTENT_LENGTH, HELLO.len()).body(HELLO.to_owned())
}
