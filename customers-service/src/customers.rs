//! The queries on `Customers`. SQLite sorts, counts and writes the JSON: each row that crosses into the
//! component costs more than SQLite needs to make it.
//!
//! A limit is written `+?1` where a bare `?1` would do: for that SQLite plans the statement anew at every run.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use service_chassis::pagination::{self, ARRAY, Page, ROWS_PER_PAGE};
use service_chassis::{Error, Response, database, ok, parameter};
use spin_sdk::sqlite::Value::{self, Integer, Null, Text};

/// One page; `?1` and `?2` are the last name and id of the page before, `?3` is the page's length.
const ITEMS: &str = "
    SELECT group_concat(json_object('id', Id, 'name', Name, 'country', Country, 'scoring', Scoring), ','), count(*)
    FROM (
        SELECT Id, Name, Country, Scoring FROM Customers
        WHERE (Name, Id) > (?1, ?2) ORDER BY Name, Id LIMIT +?3
    )
";

/// `[{"id","name","country","scoring"}, …]`, by name, then id.
pub async fn items() -> Result<Response, Error> {
    // No id is empty, so this key is below every row's.
    let start = (String::new(), String::new());
    pagination::respond(ARRAY, start, items_after).await
}

async fn items_after((name, id): (String, String)) -> Result<Page<(String, String)>> {
    let parameters = [Text(name), Text(id), Integer(ROWS_PER_PAGE)];
    page(ITEMS, &parameters, |last, rows| (rows == ROWS_PER_PAGE).then_some((last.name, last.id))).await
}

/// A page, and where the next one begins by the last entry of this one and by how many it has.
async fn page<K>(
    sql: &str,
    parameters: &[Value],
    next: impl FnOnce(Entry, i64) -> Option<K>,
) -> Result<Page<K>> {
    let row = database::row(sql, parameters).await?.context("an aggregate always has a row")?;
    match row {
        [Text(json), Integer(rows)] => {
            let next = next(last_entry(&json)?, rows);
            Ok(Page { separator: ",", json, next })
        }
        [Null, _] => Ok(Page::empty()),
        _ => bail!("the query did not answer with a page"),
    }
}

/// What the next page begins after.
#[derive(Deserialize)]
struct Entry {
    id: String,
    name: String,
    scoring: i64,
}

/// The last of some entries. SQLite would have to number them to know which it is, for half as much again as it
/// takes to write them.
fn last_entry(entries: &str) -> Result<Entry> {
    // A quote inside a string has a backslash before it, so this is nowhere but at the start of an entry.
    let start = entries.rfind(r#"{"id":"#).context("a page without an entry")?;
    serde_json::from_str(&entries[start..]).context("a page that does not end with an entry")
}

/// `?1` is the id. Should two ids differ in case alone, the exact one is meant.
const ITEM: &str = "
    SELECT json_object('id', Id, 'name', Name, 'city', City, 'country', Country, 'scoring', Scoring)
    FROM Customers WHERE Id = ?1 COLLATE NOCASE ORDER BY Id = ?1 DESC, Id LIMIT 1
";

/// `{"id","name","city","country","scoring"}`, whatever the case of the id's letters.
pub async fn item(id: &str) -> Result<Response, Error> {
    let id = parameter::id(id)?;
    let customer = database::json(ITEM, &[Text(id.to_owned())]).await?;
    Ok(ok(customer.ok_or(Error::NotFound("Customer not found"))?))
}

/// One page; `?1`, `?2` and `?3` are the last scoring, name and id of the page before, `?4` is the page's
/// length. The rest of a scoring and what lies below it are two ranges of one index.
const TOP: &str = "
    SELECT group_concat(json_object('id', Id, 'name', Name, 'country', Country, 'scoring', Scoring), ','), count(*)
    FROM (
        SELECT * FROM (
            SELECT Id, Name, Country, Scoring FROM Customers
            WHERE Scoring = ?1 AND (Name, Id) > (?2, ?3) ORDER BY Name, Id LIMIT +?4
        )
        UNION ALL
        SELECT * FROM (
            SELECT Id, Name, Country, Scoring FROM Customers
            WHERE Scoring < ?1 ORDER BY Scoring DESC, Name, Id LIMIT +?4
        )
        LIMIT +?4
    )
";

/// What the next page of the top begins after, and how many entries are still wanted.
struct Rank {
    last: Entry,
    wanted: i64,
}

/// As [`items`], at most `limit` of them, the highest scoring first, then by name, then id.
pub async fn top(limit: &str) -> Result<Response, Error> {
    let limit = parameter::limit(limit)?;
    let above_all = Entry { scoring: i64::MAX, name: String::new(), id: String::new() };
    pagination::respond(ARRAY, Rank { last: above_all, wanted: limit }, top_after).await
}

async fn top_after(Rank { last, wanted }: Rank) -> Result<Page<Rank>> {
    let length = wanted.min(ROWS_PER_PAGE);
    let parameters = [Integer(last.scoring), Text(last.name), Text(last.id), Integer(length)];
    page(TOP, &parameters, |last, rows| {
        let wanted = wanted - rows;
        (rows == length && wanted > 0).then_some(Rank { last, wanted })
    })
    .await
}

/// No row where what keeps the count is missing.
const COUNT: &str = "SELECT json_object('count', NumberOfCustomers) FROM CurrentCustomerCount";

/// `{"count": n}`
pub async fn count() -> Result<Response, Error> {
    let count = database::json(COUNT, &[]).await?;
    Ok(ok(count.context(NOT_KEPT)?))
}

const NOT_KEPT: &str = "nothing keeps the count of the table Customers up to date: apply migrations.sql";

/// How many entries the ranking in a summary has at most, since it is made in one piece.
const SUMMARY_LIMIT: i64 = 1000;

/// `?1` is the limit. No row where what keeps the count is missing.
const SUMMARY: &str = "
    SELECT json_object(
        'count', NumberOfCustomers,
        'top', json((
            SELECT json_group_array(json_object('name', Name, 'scoring', Scoring))
            FROM (SELECT Name, Scoring FROM Customers ORDER BY Scoring DESC, Name, Id LIMIT +?1)
        ))
    )
    FROM CurrentCustomerCount
";

/// `{"count": n, "top": [{"name","scoring"}, …]}`: how many customers there are, and the `limit` highest
/// scoring, in one statement.
pub async fn summary(limit: &str) -> Result<Response, Error> {
    let limit = parameter::limit(limit)?;
    let summary = database::json(SUMMARY, &[Integer(limit.min(SUMMARY_LIMIT))]).await?;
    Ok(ok(summary.context(NOT_KEPT)?))
}
