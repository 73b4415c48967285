//! Lists of any length, read and sent in pages.
//!
//! A page is one query, drained before its text is written: a client that reads slowly holds no lock
//! in the database, and neither guest nor host ever holds more than a page or two.

use anyhow::Result;
use futures::{StreamExt, stream};
use http::StatusCode;

use crate::{Answer, Body, json_response, ok};

/// How many rows one page has at most.
pub const ROWS_PER_PAGE: i64 = 1000;

/// A part of a list.
pub struct Page<K> {
    /// What stands between the page before and this one.
    pub separator: &'static str,
    /// The entries as JSON text, without the brackets of the list; empty if there are none.
    pub json: String,
    /// Where the next page begins, `None` if there is none.
    pub next: Option<K>,
}

impl<K> Page<K> {
    /// The page beyond the last entry.
    pub fn empty() -> Self {
        Self { separator: "", json: String::new(), next: None }
    }
}

/// What stands around the pages of a list.
pub struct Brackets {
    pub open: &'static str,
    pub close: &'static str,
    /// The list with nothing in it.
    pub empty: &'static str,
}

/// The brackets of a JSON array.
pub const ARRAY: Brackets = Brackets { open: "[", close: "]", empty: "[]" };

/// Answers with the list whose pages `fetch` gives, beginning at `start`.
///
/// A list that fits into one page is sent whole, with its length; a longer one as it is read.
///
/// # Errors
/// What `fetch` says of the first page or the second. A later failure cuts the answer off.
pub async fn answer<K: 'static, F>(brackets: Brackets, start: K, fetch: F) -> Answer
where
    F: AsyncFn(K) -> Result<Page<K>> + 'static,
{
    let Brackets { open, close, empty } = brackets;
    let first = fetch(start).await?;
    if first.json.is_empty() {
        return ok(empty);
    }
    let second = match first.next {
        Some(key) => fetch(key).await?,
        None => Page::empty(),
    };
    if second.json.is_empty() {
        return ok([open, &first.json, close].concat());
    }

    let rest = stream::try_unfold((second.next, fetch), async |(next, fetch)| {
        let Some(key) = next else { return Ok(None) };
        let page = fetch(key).await?;
        Ok(Some((page.separator.to_owned() + &page.json, (page.next, fetch))))
    });
    let start = [open.to_owned() + &first.json, second.separator.to_owned() + &second.json];
    let pages = stream::iter(start.map(Ok)).chain(rest).chain(stream::iter([Ok(close.to_owned())]));
    let mut response = json_response(StatusCode::OK, "");
    *response.body_mut() =
        Body::Pages(pages.map(|page: Result<String>| page.map(String::into_bytes)).boxed_local());
    Ok(response)
}
