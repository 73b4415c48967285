//! The routes that are measured, and the ids that some of them need.

use std::io::Read;

use anyhow::{Context, Result};

pub const DASHBOARD: &str = "/aggregates/dashboard";
pub const CUSTOMERS_SUMMARY: &str = "/customers/summary/5";
pub const INCIDENTS_SUMMARY: &str = "/incidents/summary/5";
pub const CUSTOMER_ITEMS: &str = "/customers/items";
pub const INCIDENT_ITEMS: &str = "/incidents/items";
pub const INCIDENTS_GROUPED: &str = "/incidents/grouped-by-customer";

/// Every route whose answer does not grow with the tables.
///
/// # Errors
/// If there is no customer or no incident to ask for.
pub fn bounded(base: &str) -> Result<Vec<String>> {
    let customer = first_id(base, CUSTOMER_ITEMS)?;
    let incident = first_id(base, INCIDENT_ITEMS)?;
    Ok(vec![
        DASHBOARD.to_owned(),
        CUSTOMERS_SUMMARY.to_owned(),
        INCIDENTS_SUMMARY.to_owned(),
        "/customers/count".to_owned(),
        "/customers/top/5".to_owned(),
        format!("{CUSTOMER_ITEMS}/{customer}"),
        format!("{INCIDENT_ITEMS}/{incident}"),
    ])
}

/// A route as the report names it.
pub fn label(path: &str) -> String {
    for items in [CUSTOMER_ITEMS, INCIDENT_ITEMS] {
        if path.len() > items.len() && path.starts_with(items) {
            return format!("{items}/:id");
        }
    }
    path.to_owned()
}

/// The id that a list begins with. The rest of the list is not read.
fn first_id(base: &str, path: &str) -> Result<String> {
    const BEFORE: &str = r#"[{"id":""#;
    const LENGTH: usize = 36;
    let mut start = [0; BEFORE.len() + LENGTH];
    let mut answer = harness::agent(harness::PATIENCE).get(format!("{base}{path}")).call()?;
    answer.body_mut().as_reader().read_exact(&mut start).with_context(|| format!("GET {path}"))?;
    let id = std::str::from_utf8(&start)?.strip_prefix(BEFORE);
    Ok(id.with_context(|| format!("GET {path}: status {}, and no id in it", answer.status()))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_does_not_show_in_a_label() {
        assert_eq!(label("/customers/items/0f8f"), "/customers/items/:id");
        assert_eq!(label("/customers/items"), "/customers/items");
    }
}
