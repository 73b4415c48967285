//! The queries on `Incidents`. SQLite sorts, counts, sums and writes the JSON: each row that crosses
//! into the component costs more than SQLite needs to make it.

use anyhow::{Context, Result, bail};
use service_chassis::pages::{self, ARRAY, Brackets, Page, ROWS_PER_PAGE};
use service_chassis::{Answer, Error, database, ok};
use spin_sdk::sqlite::Value::{self, Blob, Integer, Null, Real, Text};

/// Below the number of every row, the smallest of which is -2⁶³.
const BEFORE_FIRST_ROW: f64 = -1e19;

/// Where a page begins: after a row, or at the first one.
fn after(row: Option<i64>) -> Value {
    row.map_or(Real(BEFORE_FIRST_ROW), Integer)
}

/// `[{"id","amount","customerName"}, …]`, as inserted.
pub async fn items() -> Answer {
    pages::answer(ARRAY, None, items_after).await
}

async fn items_after(row: Option<i64>) -> Result<Page<Option<i64>>> {
    let parameters = [after(row), Integer(ROWS_PER_PAGE)];
    let row = database::row(include_str!("incidents/items.sql"), &parameters)
        .await?
        .context("an aggregate always has a row")?;
    match row {
        [Blob(json), Integer(rows), Integer(last)] => {
            let next = (rows == ROWS_PER_PAGE).then_some(Some(last));
            Ok(Page { separator: ",", json: database::text(json), next })
        }
        [Null, ..] => Ok(Page::empty()),
        _ => bail!("the query did not answer with a page"),
    }
}

/// `{"id","amount","customerName","category"}`, whatever the case of the id's letters.
pub async fn item(id: &str) -> Answer {
    let incident = database::json(include_str!("incidents/item.sql"), &[Text(id.to_owned())]).await?;
    let incident = incident.ok_or(Error::NotFound("Incident not found"))?;
    ok(incident)
}

/// `{"<customerName>": [{"id","amount","customerName"}, …], …}`, the customers by the bytes of their names,
/// their incidents as inserted.
pub async fn grouped_by_customer() -> Answer {
    let brackets = Brackets { open: "{", close: "]}", empty: "{}" };
    pages::answer(brackets, (Vec::new(), None), grouped_after).await
}

async fn grouped_after((customer, row): (Vec<u8>, Option<i64>)) -> Result<Page<(Vec<u8>, Option<i64>)>> {
    let parameters = [Blob(customer), after(row), Integer(ROWS_PER_PAGE)];
    let row = database::row(include_str!("incidents/grouped_by_customer.sql"), &parameters)
        .await?
        .context("an aggregate always has a row")?;
    match row {
        [Blob(json), Integer(continues), Integer(rows), Blob(customer), Integer(row)] => {
            let separator = if continues == 0 { "]," } else { "," };
            let next = (rows == ROWS_PER_PAGE).then_some((customer, Some(row)));
            Ok(Page { separator, json: database::text(json), next })
        }
        [Null, ..] => Ok(Page::empty()),
        _ => bail!("the query did not answer with a page"),
    }
}

/// How many entries a ranking in a summary has at most, since it is made in one piece.
const SUMMARY_LIMIT: i64 = 1000;

/// `{"mostIncidents":[{"customerName","numberOfIncidents"}, …],"highestVolume":[{"customerName","incidentVolume"}, …]}`,
/// at most `limit` in each, the highest first, then by the bytes of the name.
pub async fn summary(limit: i64) -> Answer {
    let summary =
        database::json(include_str!("incidents/summary.sql"), &[Integer(limit.min(SUMMARY_LIMIT))]).await?;
    ok(summary.context("the table Incidents has lost its triggers: apply migrations.sql")?)
}
