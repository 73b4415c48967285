//! The queries on `Customers`. SQLite sorts, counts and writes the JSON: each row that crosses into the
//! component costs more than SQLite needs to make it.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use service_chassis::pages::{self, ARRAY, Page, ROWS_PER_PAGE};
use service_chassis::{Answer, Error, database, ok};
use spin_sdk::sqlite::Value::{self, Blob, Integer, Null, Text};

/// `[{"id","name","country","scoring"}, …]`, by name, then id.
pub async fn items() -> Answer {
    // No id is empty, so this key is below every row's.
    let start = (Vec::new(), String::new());
    pages::answer(ARRAY, start, items_after).await
}

async fn items_after((name, id): (Vec<u8>, String)) -> Result<Page<(Vec<u8>, String)>> {
    let parameters = [Blob(name), Text(id), Integer(ROWS_PER_PAGE)];
    page(include_str!("customers/items.sql"), &parameters, |last, rows| {
        (rows == ROWS_PER_PAGE).then_some((last.name, last.id))
    })
    .await
}

/// A page, and where the next one begins by the last entry of this one and by how many it has.
async fn page<K>(
    sql: &str,
    parameters: &[Value],
    next: impl FnOnce(Entry, i64) -> Option<K>,
) -> Result<Page<K>> {
    let row = database::row(sql, parameters).await?.context("an aggregate always has a row")?;
    match row {
        [Blob(json), Integer(rows)] => {
            let next = next(last_entry(&json)?, rows);
            Ok(Page { separator: ",", json: database::text(json), next })
        }
        [Null, _] => Ok(Page::empty()),
        _ => bail!("the query did not answer with a page"),
    }
}

/// What the next page begins after. The name keeps its bytes, which may not be UTF-8.
#[derive(Deserialize)]
struct Entry {
    id: String,
    #[serde(with = "serde_bytes")]
    name: Vec<u8>,
    scoring: i64,
}

/// The last of some entries. SQLite could only find it by numbering them, which takes half as long as writing them.
fn last_entry(entries: &[u8]) -> Result<Entry> {
    // A quote inside a string follows a backslash, so this only matches the start of an entry.
    const START: &[u8] = br#"{"id":"#;
    let start = entries.windows(START.len()).rposition(|bytes| bytes == START);
    let start = start.context("a page without an entry")?;
    serde_json::from_slice(&entries[start..]).context("a page that does not end with an entry")
}

/// `{"id","name","city","country","scoring"}`, whatever the case of the id's letters.
pub async fn item(id: &str) -> Answer {
    let customer = database::json(include_str!("customers/item.sql"), &[Text(id.to_owned())]).await?;
    ok(customer.ok_or(Error::NotFound("Customer not found"))?)
}

/// What the next page of the top begins after, and how many entries are still wanted.
struct Rank {
    last: Entry,
    wanted: i64,
}

/// As [`items`], at most `limit` of them, the highest scoring first, then by name, then id.
pub async fn top(limit: i64) -> Answer {
    let above_all = Entry { scoring: i64::MAX, name: Vec::new(), id: String::new() };
    pages::answer(ARRAY, Rank { last: above_all, wanted: limit }, top_after).await
}

async fn top_after(Rank { last, wanted }: Rank) -> Result<Page<Rank>> {
    let length = wanted.min(ROWS_PER_PAGE);
    let parameters = [Integer(last.scoring), Blob(last.name), Text(last.id), Integer(length)];
    page(include_str!("customers/top.sql"), &parameters, |last, rows| {
        let wanted = wanted - rows;
        (rows == length && wanted > 0).then_some(Rank { last, wanted })
    })
    .await
}

/// `{"count": n}`
pub async fn count() -> Answer {
    let count = database::json(include_str!("customers/count.sql"), &[]).await?;
    ok(count.context(NO_TRIGGERS)?)
}

const NO_TRIGGERS: &str = "the table Customers has lost its triggers: apply migrations.sql";

/// How many entries the ranking in a summary has at most, since it is made in one piece.
const SUMMARY_LIMIT: i64 = 1000;

/// `{"count": n, "top": [{"name","scoring"}, …]}`: how many customers there are, and the `limit` highest
/// scoring, in one statement.
pub async fn summary(limit: i64) -> Answer {
    let summary =
        database::json(include_str!("customers/summary.sql"), &[Integer(limit.min(SUMMARY_LIMIT))]).await?;
    ok(summary.context(NO_TRIGGERS)?)
}
