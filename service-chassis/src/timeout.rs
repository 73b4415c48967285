use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use spin_sdk::time::sleep;

/// The output of `future`, or `None` if it takes longer than `limit`. The future is then dropped.
pub async fn timeout<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    // The future is polled first, so a future that is ready costs no timer.
    match select(pin!(future), pin!(sleep(limit))).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}
