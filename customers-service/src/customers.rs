//! The handlers of the routes, each with a statement in `customers/*.sql`. SQLite sorts, counts and writes
//! the JSON, because passing rows to the component one by one costs more.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use service_chassis::pagination::{self, ARRAY, Page};
use service_chassis::{Error, Response, database, ok, parameter};
use spin_sdk::sqlite::Value::{self, Blob, Integer, Null, Text};

/// The largest number of entries in a summary, which is not paginated.
const SUMMARY_LIMIT: i64 = 1000;

const NO_TRIGGERS: &str = "the table Customers has lost its triggers: apply migrations.sql";

/// `[{"id","name","country","scoring"}, …]`, ordered by name, then id.
pub async fn items() -> Result<Response, Error> {
    // No id is empty, so this key is before all rows.
    let start = (Vec::new(), String::new());
    pagination::respond(ARRAY, start, items_after).await
}

async fn items_after((name, id): (Vec<u8>, String), max_rows: i64) -> Result<Page<(Vec<u8>, String)>> {
    let parameters = [Blob(name), Text(id), Integer(max_rows)];
    page(include_str!("customers/items.sql"), &parameters, |last, rows| {
        (rows == max_rows).then_some((last.name, last.id))
    })
    .await
}

/// `{"id","name","city","country","scoring"}`
pub async fn item(id: &str) -> Result<Response, Error> {
    let id = parameter::id(id)?;
    let customer = database::json(include_str!("customers/item.sql"), &[Text(id.to_owned())]).await?;
    Ok(ok(customer.ok_or(Error::NotFound("Customer not found"))?))
}

/// Where a page of [`top`] begins, and how many entries remain.
struct Rank {
    last: Entry,
    remaining: i64,
}

/// At most `limit` entries as in [`items`], ordered by scoring descending, then name, then id.
pub async fn top(limit: &str) -> Result<Response, Error> {
    let limit = parameter::limit(limit)?;
    let start = Entry { scoring: i64::MAX, name: Vec::new(), id: String::new() };
    pagination::respond(ARRAY, Rank { last: start, remaining: limit }, top_after).await
}

async fn top_after(Rank { last, remaining }: Rank, max_rows: i64) -> Result<Page<Rank>> {
    let length = remaining.min(max_rows);
    let parameters = [Integer(last.scoring), Blob(last.name), Text(last.id), Integer(length)];
    page(include_str!("customers/top.sql"), &parameters, |last, rows| {
        let remaining = remaining - rows;
        (rows == length && remaining > 0).then_some(Rank { last, remaining })
    })
    .await
}

/// `{"count": n}`
pub async fn count() -> Result<Response, Error> {
    let count = database::json(include_str!("customers/count.sql"), &[]).await?;
    Ok(ok(count.context(NO_TRIGGERS)?))
}

/// `{"count": n, "top": [{"name","scoring"}, …]}`, for the dashboard.
pub async fn summary(limit: &str) -> Result<Response, Error> {
    let limit = Integer(parameter::limit(limit)?.min(SUMMARY_LIMIT));
    let summary = database::json(include_str!("customers/summary.sql"), &[limit]).await?;
    Ok(ok(summary.context(NO_TRIGGERS)?))
}

/// A page. `next` gets its last entry and its number of rows, and returns the key of the next page.
async fn page<K>(
    sql: &str,
    parameters: &[Value],
    next: impl FnOnce(Entry, i64) -> Option<K>,
) -> Result<Page<K>> {
    let row = database::row(sql, parameters).await?.context("the query returned no row")?;
    match row {
        [Blob(json), Integer(rows)] => {
            let next = next(last_entry(&json)?, rows);
            Ok(Page { separator: ",", json: database::text(json), next })
        }
        [Null, _] => Ok(Page::empty()),
        _ => bail!("the query did not return a page"),
    }
}

/// The key of an entry. The name keeps its bytes, which may not be UTF-8.
#[derive(Deserialize)]
struct Entry {
    id: String,
    #[serde(with = "serde_bytes")]
    name: Vec<u8>,
    scoring: i64,
}

/// The last entry of a page. Finding it in SQL needs numbered rows, which take half as long again as the page.
fn last_entry(entries: &[u8]) -> Result<Entry> {
    // A quote inside a string follows a backslash, so this matches only the start of an entry.
    const START: &[u8] = br#"{"id":"#;
    let start = entries.windows(START.len()).rposition(|bytes| bytes == START);
    let start = start.context("a page without an entry")?;
    serde_json::from_slice(&entries[start..]).context("a page that does not end with an entry")
}
