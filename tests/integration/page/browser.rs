//! The page in Chromium.

use harness::{App, root};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::PATH;
use super::chromium::{axe, run};
use crate::faults::{names, with_fault};
use crate::stale_if_error;

const WIDTHS: [u32; 3] = [360, 768, 1440];
const SCHEMES: [&str; 2] = ["light", "dark"];

/// Names, scores and amounts that may break the page.
const HOSTILE: &str = r#"
    INSERT INTO Customers VALUES
        ('20000000-0000-4000-8000-000000000001', '<script>alert(1)</script>', 'x', 'y', 9223372036854775807),
        ('20000000-0000-4000-8000-000000000002', '"><img src=x onerror=''alert(1)''>', 'x', 'y', 1000),
        ('20000000-0000-4000-8000-000000000003', printf('%.200c', 'W'), 'x', 'y', 0),
        ('20000000-0000-4000-8000-000000000004', char(0x202e, 0x5e9, 0x5dc, 0x5d5, 0x5dd) || ' rtl', 'x', 'y', -5),
        ('20000000-0000-4000-8000-000000000005', 'Z' || replace(printf('%.90c', 'x'), 'x', char(0x301)), 'x', 'y', -9223372036854775808);
    INSERT INTO Incidents SELECT Id, max(-9e10, min(9e10, Scoring * 1.5)), Name, 'Fire' FROM Customers"#;

/// Opens the page in a window of this width, with this color scheme.
async fn open(driver: &WebDriver, url: &str, width: u32, scheme: &str) -> WebDriverResult<()> {
    let window = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
    driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", window).await?;
    let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
    driver.cdp().send_raw("Emulation.setEmulatedMedia", features).await?;
    driver.goto(format!("{url}{PATH}")).await
}

async fn evaluate(driver: &WebDriver, script: &str) -> WebDriverResult<Value> {
    Ok(driver.execute(script, Vec::new()).await?.json().clone())
}

/// The lists on the page by their keys. Each entry is `[name, number, displayed number, width of the bar]`.
async fn lists(driver: &WebDriver) -> WebDriverResult<Value> {
    evaluate(
        driver,
        "return Object.fromEntries([...document.querySelectorAll('.chart')].map(chart => [
             chart.querySelector('h3').id,
             [...chart.querySelectorAll('tbody tr')].map(row => [
                 row.querySelector('th').textContent.trim(),
                 row.querySelector('data').value,
                 row.querySelector('data').textContent,
                 row.querySelector('rect:last-child').getBoundingClientRect().width,
             ]),
         ]))",
    )
    .await
}

#[test]
fn the_page_shows_the_numbers_of_the_json() {
    run(async |driver| {
        let app = App::start();
        open(&driver, app.base(), 1440, "light").await?;
        let json = app.dashboard().json();
        let count = driver.find(By::Css(".count data")).await?;
        assert_eq!(count.attr("value").await?.unwrap(), json["customerCount"].to_string());
        let page = lists(&driver).await?;
        for (key, entries) in json.as_object().unwrap().iter().filter(|(_, section)| section.is_array()) {
            let (rows, entries) = (page[key].as_array().unwrap(), entries.as_array().unwrap());
            assert_eq!(rows.len(), entries.len(), "{key}");
            let number = |entry: &Value| {
                let entry = entry.as_object().unwrap();
                entry.values().find(|value| value.is_number()).unwrap().clone()
            };
            let (longest, most) = (rows[0][3].as_f64().unwrap(), number(&entries[0]).as_f64().unwrap());
            for (row, entry) in rows.iter().zip(entries) {
                let number = number(entry);
                assert_eq!((&row[0], &row[1]), (&entry["customerName"], &number.to_string().into()));
                assert_eq!(row[2].as_str().unwrap().replace(',', ""), number.to_string());
                let width = number.as_f64().unwrap() / most * longest;
                assert!((row[3].as_f64().unwrap() - width).abs() < 1.0, "{row}");
            }
        }
        // With `UPDATE_SCREENSHOT=1` the picture in the README is taken.
        if std::env::var_os("UPDATE_SCREENSHOT").is_some_and(|value| value == "1") {
            driver.screenshot(&root().join("docs/dashboard.png")).await?;
        }
        Ok(())
    });
}

#[test]
fn missing_and_stale_sections_are_marked_with_the_reason() {
    run(async |driver| {
        let names = names();
        let (failed, others) = names.split_first().unwrap();
        let partial = with_fault("status_500", &[failed]).start();
        for width in WIDTHS {
            open(&driver, partial.base(), width, "light").await?;
            let notice = driver.find(By::Css("[role=alert]")).await?;
            assert!(notice.is_displayed().await? && notice.rect().await?.y < 450.0, "it is visible at once");
            assert!(notice.text().await?.contains(&format!("{failed} answered with an error status")));
            let charts = |service: &str| By::Css(format!("[aria-labelledby={service}] .chart"));
            for chart in driver.find_all(charts(failed)).await? {
                assert!(chart.text().await?.contains("Not available"));
            }
            for chart in driver.find_all(charts(others[0])).await? {
                assert!(!chart.text().await?.contains("Not available"));
            }
        }
        let stale = stale_if_error::app_with_stale_sections(failed);
        harness::eventually("stale sections", || stale.dashboard().json().get("stale").is_some());
        open(&driver, stale.base(), 1440, "light").await?;
        let panel = driver.find(By::Css(format!("[aria-labelledby={failed}]"))).await?.text().await?;
        assert!(panel.contains("error status") && panel.contains("second"), "{panel}");
        Ok(())
    });
}

#[test]
fn the_page_loads_no_resource_and_logs_no_error() {
    run(async |driver| {
        let app = App::start();
        open(&driver, app.base(), 1440, "dark").await?;
        let mut requests = Vec::new();
        for entry in driver.get_log("performance").await? {
            let event = serde_json::from_str::<Value>(&entry.message)?["message"].take();
            if event["method"] == "Network.requestWillBeSent" {
                requests.push(event["params"]["request"]["url"].as_str().unwrap().to_owned());
            }
        }
        requests.retain(|url| !url.starts_with("data:") && !url.starts_with("chrome:"));
        assert_eq!(requests, [format!("{}{PATH}", app.base())]);
        assert!(driver.browser_log().await?.is_empty());
        Ok(())
    });
}

#[test]
fn hostile_names_and_numbers_stay_text_inside_their_chart() {
    run(async |driver| {
        let app = App::with_data(HOSTILE);
        let json = app.dashboard().json();
        for width in WIDTHS {
            open(&driver, app.base(), width, "light").await?;
            let page = lists(&driver).await?;
            for (key, entries) in json.as_object().unwrap().iter().filter(|(_, section)| section.is_array()) {
                for (row, entry) in page[key].as_array().unwrap().iter().zip(entries.as_array().unwrap()) {
                    assert_eq!(row[0], entry["customerName"]);
                }
            }
            let outside = "
                const {clientWidth, scrollWidth} = document.documentElement;
                const inside = (element, box = element.closest('.chart').getBoundingClientRect()) =>
                    element.getBoundingClientRect().left >= box.left - 1
                    && element.getBoundingClientRect().right <= box.right + 1;
                return [scrollWidth - clientWidth, document.querySelectorAll('script, img, [onerror]').length,
                    [...document.querySelectorAll('bdi, data, svg')]
                        .filter(element => element.closest('.chart') && !inside(element)).length]";
            assert_eq!(evaluate(&driver, outside).await?, json!([0, 0, 0]), "at {width} pixels");
        }
        assert!(driver.browser_log().await?.is_empty());
        Ok(())
    });
}

#[test]
fn axe_finds_no_violation() {
    run(async |driver| {
        let source = axe();
        let partial = with_fault("html", &names()[..1]).start();
        for app in [&App::start(), &App::with_data(HOSTILE), &App::with_data(""), &partial] {
            for (width, scheme) in WIDTHS.into_iter().flat_map(|width| SCHEMES.map(|scheme| (width, scheme)))
            {
                open(&driver, app.base(), width, scheme).await?;
                driver.execute(source.as_str(), Vec::new()).await?;
                let check = "const done = arguments[arguments.length - 1];
                    axe.run().then(({passes, violations}) => done([passes.length > 20, violations]))";
                let found = driver.execute_async(check, Vec::new()).await?.json().clone();
                assert_eq!(found, json!([true, []]), "at {width} pixels, {scheme}");
            }
        }
        Ok(())
    });
}
