use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use spin_sdk::time::sleep;

/// What `future` gives if it does so within `limit`, else `None`, and then it is dropped.
///
/// A timer is made only where it has to be waited for: it would cost as much as a short query.
pub async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut over = None;
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => {
            let over = over.get_or_insert_with(|| Box::pin(sleep(limit)));
            over.as_mut().poll(context).map(|()| None)
        }
    })
    .await
}
