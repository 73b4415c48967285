use std::path::Path;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{self, State};
use axum::response::Response;
use axum::routing::get;
use rusqlite::types::Value;
use serde::Deserialize;

use super::database::Database;
use super::pages::{self, Page, ROWS_PER_PAGE};
use super::{Error, limit, ok};

pub fn router(database: &Path) -> Router {
    Router::new()
        .route("/customers/items", get(items))
        .route("/customers/summary/{limit}", get(summary))
        .with_state(Database::new(database))
}

const ITEMS: &str = "
    SELECT group_concat(json_object('id', Id, 'name', Name, 'country', Country, 'scoring', Scoring), ','), count(*)
    FROM (
        SELECT Id, Name, Country, Scoring FROM Customers
        WHERE (Name, Id) > (?1, ?2) ORDER BY Name, Id LIMIT +?3
    )
";

async fn items(State(database): State<Database>) -> Result<Response, Error> {
    pages::answer((String::new(), String::new()), move |last| items_after(database.clone(), last)).await
}

async fn items_after(database: Database, (name, id): (String, String)) -> Result<Page<(String, String)>> {
    let parameters = vec![Value::Text(name), Value::Text(id), Value::Integer(ROWS_PER_PAGE)];
    Ok(match database.row(ITEMS, parameters).await? {
        Some([Value::Text(json), Value::Integer(rows)]) => {
            let Entry { name, id } = last_entry(&json)?;
            Page { json, next: (rows == ROWS_PER_PAGE).then_some((name, id)) }
        }
        _ => Page { json: String::new(), next: None },
    })
}

/// What the next page begins after.
#[derive(Deserialize)]
struct Entry {
    name: String,
    id: String,
}

fn last_entry(entries: &str) -> Result<Entry> {
    let start = entries.rfind(r#"{"id":"#).context("a page without an entry")?;
    Ok(serde_json::from_str(&entries[start..])?)
}

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

async fn summary(
    State(database): State<Database>,
    extract::Path(segment): extract::Path<String>,
) -> Result<Response, Error> {
    let summary = database.json(SUMMARY, vec![Value::Integer(limit(&segment)?)]).await?;
    Ok(ok(summary.context("the data sets have their triggers")?))
}
