//! Streams that components read.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc;
use wasmtime::component::{Destination, Lower, StreamProducer, StreamResult};
use wasmtime::{Result, StoreContextMut};

/// Passes items from a task to a component.
pub struct Received<T>(pub mpsc::Receiver<T>);

impl<D, T: Lower + Send + Sync + 'static> StreamProducer<D> for Received<T> {
    type Item = T;
    type Buffer = Option<T>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, T, Option<T>>,
        finish: bool,
    ) -> Poll<Result<StreamResult>> {
        if destination.remaining(store) == Some(0) {
            return Poll::Ready(Ok(StreamResult::Completed));
        }
        let item = self.0.poll_recv(cx);
        if item.is_pending() && finish {
            return Poll::Ready(Ok(StreamResult::Cancelled));
        }
        Poll::Ready(Ok(match ready!(item) {
            Some(item) => {
                destination.set_buffer(Some(item));
                StreamResult::Completed
            }
            None => StreamResult::Dropped,
        }))
    }
}
