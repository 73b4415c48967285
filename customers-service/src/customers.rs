//! The queries on `Customers`. SQLite sorts, counts and writes the JSON: each row that crosses into the
//! component costs more than SQLite needs to make it.
//!
//! A limit is written `+?1` where a bare `?1` would do: for that SQLite plans the statement anew at every run.

use anyhow::{Context, Result, bail};
use service_chassis::pages::{self, ARRAY, Page, ROWS_PER_PAGE};
use service_chassis::{Answer, Error, database, ok};
use spin_sdk::sqlite::Value::{Integer, Null, Text};

/// One page; `?1` and `?2` are the last name and id of the page before, `?3` is the page's length.
pub const ITEMS: &str = "
    SELECT group_concat(json_object('id', Id, 'name', Name, 'country', Country, 'scoring', Scoring), ','),
        max(Position), Name, Id -- SQLite takes both from the row of the maximum, the last one
    FROM (
        SELECT *, row_number() OVER (ORDER BY Name, Id) AS Position
        FROM (
            SELECT Id, Name, Country, Scoring FROM Customers
            WHERE (Name, Id) > (?1, ?2) ORDER BY Name, Id LIMIT +?3
        )
    )
";

/// `[{"id","name","country","scoring"}, …]`, by name, then id.
pub async fn items() -> Answer {
    // No id is empty, so this key is below every row's.
    let start = (String::new(), String::new());
    pages::answer(ARRAY, start, items_after).await
}

async fn items_after((name, id): (String, String)) -> Result<Page<(String, String)>> {
    let parameters = [Text(name), Text(id), Integer(ROWS_PER_PAGE)];
    let row = database::row(ITEMS, &parameters).await?.context("an aggregate always has a row")?;
    match row {
        [Text(json), Integer(rows), Text(name), Text(id)] => {
            Ok(Page { separator: ",", json, next: (rows == ROWS_PER_PAGE).then_some((name, id)) })
        }
        [Null, ..] => Ok(Page::empty()),
        _ => bail!("the query did not answer with a page"),
    }
}

/// `?1` is the id. Should two ids differ in case alone, the exact one is meant.
pub const ITEM: &str = "
    SELECT json_object('id', Id, 'name', Name, 'city', City, 'country', Country, 'scoring', Scoring)
    FROM Customers WHERE Id = ?1 COLLATE NOCASE ORDER BY Id = ?1 DESC, Id LIMIT 1
";

/// `{"id","name","city","country","scoring"}`, whatever the case of the id's letters.
pub async fn item(id: &str) -> Answer {
    let customer = database::json(ITEM, &[Text(id.to_owned())]).await?;
    ok(customer.ok_or(Error::NotFound("Customer not found"))?)
}

/// One page; `?1`, `?2` and `?3` are the last scoring, name and id of the page before, `?4` is the page's
/// length. The rest of a scoring and what lies below it are two ranges of one index.
pub const TOP: &str = "
    SELECT group_concat(json_object('id', Id, 'name', Name, 'country', Country, 'scoring', Scoring), ','),
        max(Position), Scoring, Name, Id -- SQLite takes these from the row of the maximum, the last one
    FROM (
        SELECT *, row_number() OVER (ORDER BY Scoring DESC, Name, Id) AS Position
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
    )
";

/// Where the next page of the top begins, and how many entries are still wanted.
struct Rank {
    scoring: i64,
    name: String,
    id: String,
    wanted: i64,
}

/// As [`items`], at most `limit` of them, the highest scoring first, then by name, then id.
pub async fn top(limit: i64) -> Answer {
    let start = Rank { scoring: i64::MAX, name: String::new(), id: String::new(), wanted: limit };
    pages::answer(ARRAY, start, top_after).await
}

async fn top_after(rank: Rank) -> Result<Page<Rank>> {
    let length = rank.wanted.min(ROWS_PER_PAGE);
    let parameters = [Integer(rank.scoring), Text(rank.name), Text(rank.id), Integer(length)];
    let row = database::row(TOP, &parameters).await?.context("an aggregate always has a row")?;
    match row {
        [Text(json), Integer(rows), Integer(scoring), Text(name), Text(id)] => {
            let wanted = rank.wanted - rows;
            let next = (rows == length && wanted > 0).then_some(Rank { scoring, name, id, wanted });
            Ok(Page { separator: ",", json, next })
        }
        [Null, ..] => Ok(Page::empty()),
        _ => bail!("the query did not answer with a page"),
    }
}

/// No row where what keeps the count is missing.
pub const COUNT: &str = "SELECT json_object('count', NumberOfCustomers) FROM CurrentCustomerCount";

/// `{"count": n}`
pub async fn count() -> Answer {
    let count = database::json(COUNT, &[]).await?;
    ok(count.context(NOT_KEPT)?)
}

const NOT_KEPT: &str = "nothing keeps the count of the table Customers up to date: apply migrations.sql";

/// How many entries the ranking in a summary has at most, since it is made in one piece.
const SUMMARY_LIMIT: i64 = 1000;

/// `?1` is the limit. No row where what keeps the count is missing.
pub const SUMMARY: &str = "
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
pub async fn summary(limit: i64) -> Answer {
    let summary = database::json(SUMMARY, &[Integer(limit.min(SUMMARY_LIMIT))]).await?;
    ok(summary.context(NOT_KEPT)?)
}

/// Every statement of this service, by the name of its constant.
pub const STATEMENTS: [(&str, &str); 5] =
    [("ITEMS", ITEMS), ("ITEM", ITEM), ("TOP", TOP), ("COUNT", COUNT), ("SUMMARY", SUMMARY)];
