use anyhow::Result;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt, stream};

use super::{Error, ok};

/// As long as a page of the components.
pub const ROWS_PER_PAGE: i64 = 1000;

/// A part of a list, without its brackets, and where the next one begins.
pub struct Page<K> {
    pub json: String,
    pub next: Option<K>,
}

/// Answers with an array, page by page; with one that fits into a page, at once.
pub async fn answer<K, F, P>(start: K, fetch: F) -> Result<Response, Error>
where
    K: Send + 'static,
    F: Fn(K) -> P + Send + 'static,
    P: Future<Output = Result<Page<K>>> + Send + 'static,
{
    let first = fetch(start).await?;
    match first.next {
        None => Ok(ok(["[", &first.json, "]"].concat())),
        Some(next) => {
            let first = stream::iter([Ok("[".to_owned() + &first.json)]);
            let pages = first.chain(rest(next, fetch)).chain(stream::iter([Ok("]".to_owned())]));
            Ok(([(CONTENT_TYPE, "application/json")], Body::from_stream(pages)).into_response())
        }
    }
}

fn rest<K, F, P>(next: K, fetch: F) -> impl Stream<Item = Result<String>>
where
    F: Fn(K) -> P,
    P: Future<Output = Result<Page<K>>>,
{
    stream::try_unfold((Some(next), fetch), async |(next, fetch)| {
        let Some(key) = next else { return Ok(None) };
        let page = fetch(key).await?;
        let separator = if page.json.is_empty() { "" } else { "," };
        Ok(Some((separator.to_owned() + &page.json, (page.next, fetch))))
    })
}
