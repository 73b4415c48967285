//! The handlers of the routes, each with a statement in `incidents/*.sql`. SQLite sorts, counts and writes
//! the JSON, because passing rows to the component one by one costs more.

use anyhow::{Context, Result, bail};
use service_chassis::pagination::{self, ARRAY, Brackets, Page};
use service_chassis::{Error, Response, database, ok, parameter};
use spin_sdk::sqlite::Value::{self, Blob, Integer, Null, Real, Text};

/// The largest number of entries in each list of a summary, which is not paginated.
const SUMMARY_LIMIT: i64 = 1000;

/// Less than all rowids, the smallest of which is -2⁶³.
const BEFORE_ALL_ROWIDS: f64 = -1e19;

/// `[{"id","amount","customerName"}, …]`, in the order of insertion.
pub async fn items() -> Result<Response, Error> {
    pagination::respond(ARRAY, None, items_after).await
}

async fn items_after(rowid: Option<i64>, max_rows: i64) -> Result<Page<Option<i64>>> {
    let parameters = [key(rowid), Integer(max_rows)];
    let row = database::row(include_str!("incidents/items.sql"), &parameters).await?;
    match row.context("the query returned no row")? {
        [Blob(json), Integer(rows), Integer(last)] => {
            let next = (rows == max_rows).then_some(Some(last));
            Ok(Page { separator: ",", json: database::text(json), next })
        }
        [Null, ..] => Ok(Page::empty()),
        _ => bail!("the query did not return a page"),
    }
}

/// `{"id","amount","customerName","category"}`
pub async fn item(id: &str) -> Result<Response, Error> {
    let id = parameter::id(id)?;
    let incident = database::json(include_str!("incidents/item.sql"), &[Text(id.to_owned())]).await?;
    Ok(ok(incident.ok_or(Error::NotFound("Incident not found"))?))
}

/// `{"<customerName>": [{"id","amount","customerName"}, …], …}`, ordered by customer name, then insertion.
pub async fn grouped_by_customer() -> Result<Response, Error> {
    let brackets = Brackets { open: "{", close: "]}", empty: "{}" };
    pagination::respond(brackets, (Vec::new(), None), grouped_after).await
}

async fn grouped_after(
    (customer, rowid): (Vec<u8>, Option<i64>),
    max_rows: i64,
) -> Result<Page<(Vec<u8>, Option<i64>)>> {
    let parameters = [Blob(customer), key(rowid), Integer(max_rows)];
    let row = database::row(include_str!("incidents/grouped_by_customer.sql"), &parameters).await?;
    match row.context("the query returned no row")? {
        [Blob(json), Integer(continues), Integer(rows), Blob(customer), Integer(rowid)] => {
            // A list that continues from the page before was not closed there.
            let separator = if continues == 0 { "]," } else { "," };
            let next = (rows == max_rows).then_some((customer, Some(rowid)));
            Ok(Page { separator, json: database::text(json), next })
        }
        [Null, ..] => Ok(Page::empty()),
        _ => bail!("the query did not return a page"),
    }
}

/// `{"mostIncidents":[{"customerName","numberOfIncidents"}, …],"highestVolume":[{"customerName","incidentVolume"}, …]}`,
/// for the dashboard. Each list is in descending order, then ordered by customer name.
pub async fn summary(limit: &str) -> Result<Response, Error> {
    let limit = Integer(parameter::limit(limit)?.min(SUMMARY_LIMIT));
    let summary = database::json(include_str!("incidents/summary.sql"), &[limit]).await?;
    Ok(ok(summary.context("the table Incidents has lost its triggers: apply migrations.sql")?))
}

/// The rowid after which a page begins. `None` is the first page.
fn key(rowid: Option<i64>) -> Value {
    rowid.map_or(Real(BEFORE_ALL_ROWIDS), Integer)
}
