//! Lists of any length, by keyset pagination: each page begins after the last key of the page before.
//!
//! A page is one query, which ends before the page is sent. So a slow client holds no lock in the database, and
//! no more than two pages are in memory.

use anyhow::Result;
use futures::{StreamExt, stream};

use crate::{Body, Error, Response, ok};

/// The largest number of rows in each of the first two pages. A list that is not longer than one is sent whole. The first
/// byte waits for both.
const FIRST_ROWS: i64 = 1000;

/// About the size of each later page in bytes. Larger pages are faster, but take more memory.
const PAGE_BYTES: i64 = 512 << 10;

/// A part of a list. `K` is the key of its last row.
pub struct Page<K> {
    /// The JSON between the page before and this one.
    pub separator: &'static str,
    /// The entries as JSON without the brackets of the list, empty if there are none.
    pub json: String,
    /// The key after which the next page begins, `None` if there is none.
    pub next: Option<K>,
}

impl<K> Page<K> {
    /// The page after the last entry.
    pub fn empty() -> Self {
        Self { separator: "", json: String::new(), next: None }
    }
}

/// The JSON around the pages of a list.
pub struct Brackets {
    pub open: &'static str,
    pub close: &'static str,
    /// A list without entries.
    pub empty: &'static str,
}

/// The brackets of a JSON array.
pub const ARRAY: Brackets = Brackets { open: "[", close: "]", empty: "[]" };

/// A response with the list whose pages `fetch` returns, from a key and the largest number of rows. `start` is before the
/// first page.
///
/// A list that fits into one page is sent with its length, a longer one page by page.
///
/// # Errors
/// Those of `fetch` for the first two pages. After a later error the response ends early.
pub async fn respond<K: 'static, F>(brackets: Brackets, start: K, fetch: F) -> Result<Response, Error>
where
    F: AsyncFn(K, i64) -> Result<Page<K>> + 'static,
{
    let Brackets { open, close, empty } = brackets;
    let first = fetch(start, FIRST_ROWS).await?;
    if first.json.is_empty() {
        return Ok(ok(empty));
    }
    let second = match first.next {
        Some(key) => fetch(key, FIRST_ROWS).await?,
        None => Page::empty(),
    };
    if second.json.is_empty() {
        return Ok(ok([open, &first.json, close].concat()));
    }

    let rows = rows_of_next(FIRST_ROWS, second.json.len());
    let rest = stream::try_unfold((second.next, rows, fetch), async |(next, rows, fetch)| {
        let Some(key) = next else { return Ok(None) };
        let page = fetch(key, rows).await?;
        let next_rows = rows_of_next(rows, page.json.len());
        Ok(Some((page.separator.to_owned() + &page.json, (page.next, next_rows, fetch))))
    });
    let first_two = [open.to_owned() + &first.json, second.separator.to_owned() + &second.json];
    let pages = stream::iter(first_two.map(Ok)).chain(rest).chain(stream::iter([Ok(close.to_owned())]));
    let mut response = ok("");
    *response.body_mut() = Body::Pages(pages.boxed_local());
    Ok(response)
}

/// The number of rows that make a page of [`PAGE_BYTES`], if they are as long as these on average.
fn rows_of_next(rows: i64, bytes: usize) -> i64 {
    (PAGE_BYTES * rows / bytes.max(1) as i64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_rows_make_a_page_of_fewer_rows() {
        for (rows, bytes, next) in
            [(1000, 1000 << 10, 512), (512, 1 << 20, 256), (256, 1 << 19, 256), (1, 1 << 20, 1)]
        {
            assert_eq!(rows_of_next(rows, bytes), next, "{rows} rows of {bytes} bytes");
        }
    }
}
