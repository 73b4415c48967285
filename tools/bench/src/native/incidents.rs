use std::path::Path;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{self, State};
use axum::response::Response;
use axum::routing::get;
use rusqlite::types::Value;

use super::database::Database;
use super::pages::{self, Page, ROWS_PER_PAGE};
use super::{Error, limit, ok};

pub fn router(database: &Path) -> Router {
    Router::new()
        .route("/incidents/items", get(items))
        .route("/incidents/summary/{limit}", get(summary))
        .with_state(Database::new(database))
}

const ITEMS: &str = "
    SELECT group_concat(json_object('id', Id, 'amount', Amount, 'customerName', CustomerName), ','),
        count(*), max(RowNumber)
    FROM (
        SELECT rowid AS RowNumber, Id, Amount, CustomerName FROM Incidents
        WHERE rowid > ?1 ORDER BY rowid LIMIT +?2
    )
";

async fn items(State(database): State<Database>) -> Result<Response, Error> {
    pages::answer(i64::MIN, move |row| items_after(database.clone(), row)).await
}

async fn items_after(database: Database, row: i64) -> Result<Page<i64>> {
    Ok(match database.row(ITEMS, vec![Value::Integer(row), Value::Integer(ROWS_PER_PAGE)]).await? {
        Some([Value::Text(json), Value::Integer(rows), Value::Integer(last)]) => {
            Page { json, next: (rows == ROWS_PER_PAGE).then_some(last) }
        }
        _ => Page { json: String::new(), next: None },
    })
}

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

async fn summary(
    State(database): State<Database>,
    extract::Path(segment): extract::Path<String>,
) -> Result<Response, Error> {
    let summary = database.json(SUMMARY, vec![Value::Integer(limit(&segment)?)]).await?;
    Ok(ok(summary.context("the data sets have their triggers")?))
}
