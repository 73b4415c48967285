//! What the lists have to be, from plain SQL and row by row, so that it needs no memory either.

use std::io::Write;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde::Serialize;
use serde_json::Number;

pub fn incidents(database: &Connection, out: &mut dyn Write) {
    let sql = "SELECT Id, Amount, CustomerName FROM Incidents ORDER BY rowid";
    array(database, sql, Incident::from_row, out);
}

pub fn customers(database: &Connection, out: &mut dyn Write) {
    let sql = "SELECT Id, Name, Country, Scoring FROM Customers ORDER BY Name, Id";
    array(database, sql, Customer::from_row, out);
}

pub fn groups(database: &Connection, out: &mut dyn Write) {
    let sql = "SELECT Id, Amount, CustomerName FROM Incidents ORDER BY CustomerName, rowid";
    let mut statement = database.prepare(sql).unwrap();
    let mut customer = None;
    for incident in statement.query_map([], Incident::from_row).unwrap() {
        let incident = incident.unwrap();
        if customer.as_ref() == Some(&incident.customer_name) {
            write!(out, ",").unwrap();
        } else {
            write!(out, "{}", if customer.is_none() { "{" } else { "]," }).unwrap();
            serde_json::to_writer(&mut *out, &incident.customer_name).unwrap();
            write!(out, ":[").unwrap();
        }
        serde_json::to_writer(&mut *out, &incident).unwrap();
        customer = Some(incident.customer_name);
    }
    write!(out, "]}}").unwrap();
}

fn array<T: Serialize>(
    database: &Connection,
    sql: &str,
    entry: fn(&Row) -> rusqlite::Result<T>,
    out: &mut dyn Write,
) {
    let mut statement = database.prepare(sql).unwrap();
    let mut separator = "[";
    for entry in statement.query_map([], entry).unwrap() {
        write!(out, "{separator}").unwrap();
        serde_json::to_writer(&mut *out, &entry.unwrap()).unwrap();
        separator = ",";
    }
    write!(out, "]").unwrap();
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Incident {
    id: String,
    amount: Number,
    customer_name: String,
}

impl Incident {
    fn from_row(row: &Row) -> rusqlite::Result<Self> {
        let amount = match row.get_ref(1)? {
            ValueRef::Integer(whole) => whole.into(),
            ValueRef::Real(fractional) => Number::from_f64(fractional).unwrap(),
            other => panic!("an amount is a number: {other:?}"),
        };
        Ok(Self { id: row.get(0)?, amount, customer_name: row.get(2)? })
    }
}

#[derive(Serialize)]
struct Customer {
    id: String,
    name: String,
    country: String,
    scoring: i64,
}

impl Customer {
    fn from_row(row: &Row) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get(0)?, name: row.get(1)?, country: row.get(2)?, scoring: row.get(3)? })
    }
}
