//! The queries on `Incidents`. SQLite sorts, counts, sums and writes the JSON: each row that crosses
//! into the component costs more than SQLite needs to make it.
//!
//! A limit is written `+?1` where a bare `?1` would do: for that SQLite plans the statement anew at every run.

use anyhow::{Context, Result, bail};
use service_chassis::pagination::{self, ARRAY, Brackets, Page, ROWS_PER_PAGE};
use service_chassis::{Error, Response, database, ok, parameter};
use spin_sdk::sqlite::Value::{self, Integer, Null, Real, Text};

use crate::exact;

/// Below the number of every row, the smallest of which is -2⁶³.
const BEFORE_FIRST_ROW: f64 = -1e19;

/// Where a page begins: after a row, or at the first one.
fn after(row: Option<i64>) -> Value {
    row.map_or(Real(BEFORE_FIRST_ROW), Integer)
}

/// One page; `?1` is the number of the last row of the page before, `?2` is the page's length. What becomes of
/// an amount here and below is described under "Numbers" in `migrations.sql`: where one is text, which is above
/// every number, the service has to write it.
const ITEMS: &str = r#"
    SELECT group_concat(json_object('id', Id, 'amount', Amount, 'customerName', CustomerName), ','),
        typeof(max(Amount)) = 'text', count(*), max(RowNumber)
    FROM (
        SELECT rowid AS RowNumber, Id, CustomerName, CASE
                WHEN Amount = CAST(Amount AS INTEGER) THEN CAST(Amount AS INTEGER)
                WHEN abs(Amount) BETWEEN 0.0001 AND 100000000000
                        AND CAST(Amount * 10000 + iif(Amount < 0, -0.5, 0.5) AS INTEGER) / 10000.0 = Amount
                    THEN Amount
                WHEN abs(Amount) >= 0.00390625 AND abs(Amount) < 4503599627370496 -- 2^-8 to 2^52
                    THEN printf('%d %d 0', Amount, (Amount - CAST(Amount AS INTEGER)) * 1152921504606846976.0)
                ELSE (
                    SELECT printf('%d %d %d', Above, (Above - CAST(Above AS INTEGER)) * 1152921504606846976.0, Limb)
                    FROM (SELECT Limb, Amount * 1152921504606846976.0 * Up AS Above FROM Limbs)
                    WHERE abs(Above) >= 0.00390625 AND abs(Above) < 4503599627370496
                        OR abs(Above) < 0.00390625 AND Limb = 17
                )
            END AS Amount
        FROM Incidents WHERE rowid > ?1 ORDER BY rowid LIMIT +?2
    )
"#;

/// `[{"id","amount","customerName"}, …]`, as inserted.
pub async fn items() -> Result<Response, Error> {
    pagination::respond(ARRAY, None, items_after).await
}

async fn items_after(row: Option<i64>) -> Result<Page<Option<i64>>> {
    let parameters = [after(row), Integer(ROWS_PER_PAGE)];
    let row = database::row(ITEMS, &parameters).await?.context("an aggregate always has a row")?;
    match row {
        [Text(json), Integer(unwritten), Integer(rows), Integer(last)] => {
            let json = with_numbers(json, unwritten)?;
            Ok(Page { separator: ",", json, next: (rows == ROWS_PER_PAGE).then_some(Some(last)) })
        }
        [Null, ..] => Ok(Page::empty()),
        _ => bail!("the query did not answer with a page"),
    }
}

/// Writes the numbers of a page if some are left to do: most pages have none, and need not be looked through.
fn with_numbers(json: String, unwritten: i64) -> Result<String> {
    if unwritten == 0 { Ok(json) } else { exact::write_numbers(json, "amount") }
}

/// `?1` is the id. Should two ids differ in case alone, the exact one is meant.
const ITEM: &str = r#"
    SELECT json_object(
        'id', Id,
        'amount', CASE
            WHEN Amount = CAST(Amount AS INTEGER) THEN CAST(Amount AS INTEGER)
            WHEN abs(Amount) BETWEEN 0.0001 AND 100000000000
                    AND CAST(Amount * 10000 + iif(Amount < 0, -0.5, 0.5) AS INTEGER) / 10000.0 = Amount
                THEN Amount
            WHEN abs(Amount) >= 0.00390625 AND abs(Amount) < 4503599627370496 -- 2^-8 to 2^52
                THEN printf('%d %d 0', Amount, (Amount - CAST(Amount AS INTEGER)) * 1152921504606846976.0)
            ELSE (
                SELECT printf('%d %d %d', Above, (Above - CAST(Above AS INTEGER)) * 1152921504606846976.0, Limb)
                FROM (SELECT Limb, Amount * 1152921504606846976.0 * Up AS Above FROM Limbs)
                WHERE abs(Above) >= 0.00390625 AND abs(Above) < 4503599627370496
                    OR abs(Above) < 0.00390625 AND Limb = 17
            )
        END,
        'customerName', CustomerName,
        'category', Category
    )
    FROM Incidents WHERE Id = ?1 COLLATE NOCASE ORDER BY Id = ?1 DESC, Id LIMIT 1
"#;

/// `{"id","amount","customerName","category"}`, whatever the case of the id's letters.
pub async fn item(id: &str) -> Result<Response, Error> {
    let id = parameter::id(id)?;
    let incident = database::json(ITEM, &[Text(id.to_owned())]).await?;
    let incident = incident.ok_or(Error::NotFound("Incident not found"))?;
    Ok(ok(exact::write_numbers(incident, "amount")?))
}

/// One page; `?1` and `?2` are the customer and row number that the page before ended with, `?3` is the
/// page's length.
///
/// A customer's list may go on over many pages, so it is left open at the end of a page. The next page begins
/// with the rest of it, if there is one.
const GROUPED_BY_CUSTOMER: &str = r#"
    SELECT group_concat(iif(GoesOn, '', json_quote(CustomerName) || ':[') || Entries, '],'),
        sum(GoesOn), sum(Unwritten), sum(NumberOfRows),
        max(CustomerName), LastRow -- SQLite takes this one from the row of the maximum
    FROM (
        SELECT CustomerName, CustomerName = ?1 AND ?2 > -1e19 AS GoesOn,
            group_concat(json_object('id', Id, 'amount', Amount, 'customerName', CustomerName), ',') AS Entries,
            typeof(max(Amount)) = 'text' AS Unwritten, count(*) AS NumberOfRows, max(RowNumber) AS LastRow
        FROM (
            SELECT RowNumber, Id, CustomerName, CASE
                    WHEN Amount = CAST(Amount AS INTEGER) THEN CAST(Amount AS INTEGER)
                    WHEN abs(Amount) BETWEEN 0.0001 AND 100000000000
                            AND CAST(Amount * 10000 + iif(Amount < 0, -0.5, 0.5) AS INTEGER) / 10000.0 = Amount
                        THEN Amount
                    WHEN abs(Amount) >= 0.00390625 AND abs(Amount) < 4503599627370496 -- 2^-8 to 2^52
                        THEN printf('%d %d 0', Amount, (Amount - CAST(Amount AS INTEGER)) * 1152921504606846976.0)
                    ELSE (
                        SELECT printf('%d %d %d', Above, (Above - CAST(Above AS INTEGER)) * 1152921504606846976.0, Limb)
                        FROM (SELECT Limb, Amount * 1152921504606846976.0 * Up AS Above FROM Limbs)
                        WHERE abs(Above) >= 0.00390625 AND abs(Above) < 4503599627370496
                            OR abs(Above) < 0.00390625 AND Limb = 17
                    )
                END AS Amount
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
            )
            LIMIT +?3
        )
        GROUP BY CustomerName ORDER BY CustomerName
    )
"#;

/// `{"<customerName>": [{"id","amount","customerName"}, …], …}`, the customers by the bytes of their names,
/// their incidents as inserted.
pub async fn grouped_by_customer() -> Result<Response, Error> {
    let brackets = Brackets { open: "{", close: "]}", empty: "{}" };
    pagination::respond(brackets, (String::new(), None), grouped_after).await
}

async fn grouped_after((customer, row): (String, Option<i64>)) -> Result<Page<(String, Option<i64>)>> {
    let parameters = [Text(customer), after(row), Integer(ROWS_PER_PAGE)];
    let row =
        database::row(GROUPED_BY_CUSTOMER, &parameters).await?.context("an aggregate always has a row")?;
    match row {
        [Text(json), Integer(goes_on), Integer(unwritten), Integer(rows), Text(customer), Integer(row)] => {
            let separator = if goes_on == 0 { "]," } else { "," };
            let json = with_numbers(json, unwritten)?;
            Ok(Page { separator, json, next: (rows == ROWS_PER_PAGE).then_some((customer, Some(row))) })
        }
        [Null, ..] => Ok(Page::empty()),
        _ => bail!("the query did not answer with a page"),
    }
}

/// How many entries a ranking in a summary has at most, since it is made in one piece.
const SUMMARY_LIMIT: i64 = 1000;

/// `?1` is the limit. No row where what keeps the totals is missing.
const SUMMARY: &str = "
    SELECT json_object(
        'mostIncidents', json((
            SELECT json_group_array(json_object(
                'customerName', CustomerName, 'numberOfIncidents', NumberOfIncidents
            ))
            FROM (
                SELECT CustomerName, NumberOfIncidents FROM IncidentTotals
                ORDER BY NumberOfIncidents DESC, CustomerName LIMIT +?1
            )
        )),
        'highestVolume', json((
            SELECT json_group_array(json_object(
                'customerName', CustomerName, 'incidentVolume', json(VolumeInJson)
            ))
            FROM (
                SELECT CustomerName, VolumeInJson FROM IncidentTotalsInJson
                ORDER BY IncidentVolume DESC, CustomerName LIMIT +?1
            )
        ))
    )
    FROM IncidentTotalsAreCurrent
";

/// `{"mostIncidents":[{"customerName","numberOfIncidents"}, …],"highestVolume":[{"customerName","incidentVolume"}, …]}`,
/// at most `limit` in each, the highest first, then by the bytes of the name.
pub async fn summary(limit: &str) -> Result<Response, Error> {
    let limit = parameter::limit(limit)?;
    let summary = database::json(SUMMARY, &[Integer(limit.min(SUMMARY_LIMIT))]).await?;
    let summary = summary
        .context("nothing keeps the totals of the table Incidents up to date: apply migrations.sql")?;
    Ok(ok(exact::write_numbers(summary, "incidentVolume")?))
}
