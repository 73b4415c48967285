//! The queries on `Incidents`. SQLite sorts, counts, sums and writes the JSON: each row that crosses
//! into the component costs more than SQLite needs to make it.
//!
//! A limit is written `+?1` where a bare `?1` would do: for that SQLite plans the statement anew at every run.

use anyhow::{Context, Result, bail};
use service_chassis::pages::{self, ARRAY, Brackets, Page, ROWS_PER_PAGE};
use service_chassis::{Answer, Error, database, ok};
use spin_sdk::sqlite::Value::{Integer, Null, Text};

/// Below the number of every row that SQLite has numbered itself.
const BEFORE_FIRST_ROW: i64 = i64::MIN;

/// One page; `?1` is the number of the last row of the page before, `?2` is the page's length.
pub const ITEMS: &str = "
    SELECT group_concat(json_object('id', Id, 'amount', Amount, 'customerName', CustomerName), ','),
        count(*), max(RowNumber)
    FROM (
        SELECT rowid AS RowNumber, Id, Amount, CustomerName FROM Incidents
        WHERE rowid > ?1 ORDER BY rowid LIMIT +?2
    )
";

/// `[{"id","amount","customerName"}, …]`, as inserted.
pub async fn items() -> Answer {
    pages::answer(ARRAY, BEFORE_FIRST_ROW, items_after).await
}

async fn items_after(row: i64) -> Result<Page<i64>> {
    let parameters = [Integer(row), Integer(ROWS_PER_PAGE)];
    let row = database::row(ITEMS, &parameters).await?.context("an aggregate always has a row")?;
    match row {
        [Text(json), Integer(rows), Integer(last)] => {
            Ok(Page { separator: ",", json, next: (rows == ROWS_PER_PAGE).then_some(last) })
        }
        [Null, ..] => Ok(Page::empty()),
        _ => bail!("the query did not answer with a page"),
    }
}

/// `?1` is the id. Should two ids differ in case alone, the exact one is meant.
pub const ITEM: &str = "
    SELECT json_object('id', Id, 'amount', Amount, 'customerName', CustomerName, 'category', Category)
    FROM Incidents WHERE Id = ?1 COLLATE NOCASE ORDER BY Id = ?1 DESC, Id LIMIT 1
";

/// `{"id","amount","customerName","category"}`, whatever the case of the id's letters.
pub async fn item(id: &str) -> Answer {
    let incident = database::json(ITEM, &[Text(id.to_owned())]).await?;
    ok(incident.ok_or(Error::NotFound("Incident not found"))?)
}

/// One page; `?1` and `?2` are the customer and row number that the page before ended with, `?3` is the
/// page's length.
///
/// A customer's list may go on over many pages, so it is left open at the end of a page. The first row of
/// the next one either goes on with it or closes it, as every row does with the one before.
pub const GROUPED_BY_CUSTOMER: &str = "
    SELECT group_concat(Separator || Entry, ''),
        max(Position), CustomerName, RowNumber -- SQLite takes these from the row of the maximum, the last one
    FROM (
        SELECT Position, CustomerName, RowNumber,
            json_object('id', Id, 'amount', Amount, 'customerName', CustomerName) AS Entry,
            CASE
                WHEN CustomerName = Previous THEN ','
                ELSE iif(Previous IS NULL, '', '],') || json_quote(CustomerName) || ':['
            END AS Separator
        FROM (
            SELECT *,
                row_number() OVER (ORDER BY CustomerName, RowNumber) AS Position,
                lag(CustomerName, 1, iif(?2 > -9223372036854775808, ?1, NULL))
                    OVER (ORDER BY CustomerName, RowNumber) AS Previous
            FROM (
                SELECT * FROM (
                    SELECT rowid AS RowNumber, Id, Amount, CustomerName FROM Incidents
                    WHERE CustomerName = ?1 AND rowid > ?2 ORDER BY rowid LIMIT +?3
                )
                UNION ALL
                SELECT * FROM (
                    SELECT rowid AS RowNumber, Id, Amount, CustomerName FROM Incidents
                    WHERE CustomerName > ?1 ORDER BY CustomerName, rowid LIMIT +?3
                )
                LIMIT +?3
            )
        )
    )
";

/// `{"<customerName>": [{"id","amount","customerName"}, …], …}`, the customers by the bytes of their names,
/// their incidents as inserted.
pub async fn grouped_by_customer() -> Answer {
    let brackets = Brackets { open: "{", close: "]}", empty: "{}" };
    pages::answer(brackets, (String::new(), BEFORE_FIRST_ROW), grouped_after).await
}

async fn grouped_after((customer, row): (String, i64)) -> Result<Page<(String, i64)>> {
    let parameters = [Text(customer), Integer(row), Integer(ROWS_PER_PAGE)];
    let row =
        database::row(GROUPED_BY_CUSTOMER, &parameters).await?.context("an aggregate always has a row")?;
    match row {
        [Text(json), Integer(rows), Text(customer), Integer(row)] => {
            Ok(Page { separator: "", json, next: (rows == ROWS_PER_PAGE).then_some((customer, row)) })
        }
        [Null, ..] => Ok(Page::empty()),
        _ => bail!("the query did not answer with a page"),
    }
}

/// How many entries a ranking in a summary has at most, since it is made in one piece.
const SUMMARY_LIMIT: i64 = 1000;

/// A number as JSON, to the last bit on every version of SQLite, and without `.0` where it is whole.
macro_rules! json_number {
    ($number:literal) => {
        concat!(
            "CASE WHEN ",
            $number,
            " = CAST(",
            $number,
            " AS INTEGER) THEN CAST(",
            $number,
            " AS INTEGER) ",
            "ELSE json(CASE ",
            $number,
            " WHEN CAST(printf('%!.15g', ",
            $number,
            ") AS REAL) THEN printf('%!.15g', ",
            $number,
            ")",
            " WHEN CAST(printf('%!.16g', ",
            $number,
            ") AS REAL) THEN printf('%!.16g', ",
            $number,
            ")",
            " ELSE printf('%!.17g', ",
            $number,
            ") END) END"
        )
    };
}

/// Both rankings of a table of summaries; `?1` is the limit.
macro_rules! rankings_of {
    ($summaries:literal) => {
        concat!(
            "
    json_object(
        'mostIncidents', json((
            SELECT json_group_array(json_object(
                'customerName', CustomerName, 'numberOfIncidents', NumberOfIncidents
            ))
            FROM (
                SELECT CustomerName, NumberOfIncidents FROM ",
            $summaries,
            "
                ORDER BY NumberOfIncidents DESC, CustomerName LIMIT +?1
            )
        )),
        'highestVolume', json((
            SELECT json_group_array(json_object(
                'customerName', CustomerName, 'incidentVolume', ",
            json_number!("IncidentVolume"),
            "
            ))
            FROM (
                SELECT CustomerName, IncidentVolume FROM ",
            $summaries,
            "
                ORDER BY IncidentVolume DESC, CustomerName LIMIT +?1
            )
        ))
    )"
        )
    };
}

/// No JSON where the triggers that keep the summaries are gone, as after somebody has made the table
/// anew.
pub const SUMMARY: &str = concat!(
    "
    SELECT ",
    rankings_of!("IncidentSummaries"),
    "
    WHERE EXISTS (
        SELECT 1 FROM sqlite_master
        WHERE type = 'trigger' AND name = 'IncidentInserted' AND tbl_name = 'Incidents'
    )"
);

/// The same from the incidents themselves, for a table without triggers.
pub const SUMMARY_WITHOUT_TRIGGERS: &str = concat!(
    "
    WITH Counted AS MATERIALIZED (
        SELECT CustomerName, count(*) AS NumberOfIncidents, sum(Amount) AS IncidentVolume
        FROM Incidents GROUP BY CustomerName
    )
    SELECT ",
    rankings_of!("Counted")
);

/// `{"mostIncidents":[{"customerName","numberOfIncidents"}, …],"highestVolume":[{"customerName","incidentVolume"}, …]}`,
/// at most `limit` in each, the highest first, then by the bytes of the name.
pub async fn summary(limit: i64) -> Answer {
    let limit = [Integer(limit.min(SUMMARY_LIMIT))];
    let summary = match database::json(SUMMARY, &limit).await? {
        Some(summary) => summary,
        None => {
            let counted = database::json(SUMMARY_WITHOUT_TRIGGERS, &limit).await?;
            counted.context("a query without a table has one row")?
        }
    };
    ok(summary)
}
