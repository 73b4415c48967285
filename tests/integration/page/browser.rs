//! The page in Chromium.

use std::collections::BTreeSet;

use harness::{App, root};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::PATH;
use super::chromium::{axe, run};
use crate::faults::{names, with_fault};
use crate::proxies::{Proxy, nginx};
use crate::routes;
use crate::stale_if_error::app_with_stale_sections;

const WIDTHS: [u32; 3] = [320, 768, 1440];

/// Names, scores and amounts that may break the page.
const HOSTILE: &str = r#"
    INSERT INTO Customers VALUES
        ('20000000-0000-4000-8000-000000000001', '<script>alert(1)</script>', 'x', 'y', 9223372036854775807),
        ('20000000-0000-4000-8000-000000000002', '"><img src=x onerror=''alert(1)''>', 'x', 'y', 1000),
        ('20000000-0000-4000-8000-000000000003', printf('%.300c', 'W'), 'x', 'y', 0),
        ('20000000-0000-4000-8000-000000000004', char(0x202e, 0x5e9, 0x5dc, 0x5d5, 0x5dd) || ' rtl', 'x', 'y', -5),
        ('20000000-0000-4000-8000-000000000005', 'Z' || replace(printf('%.90c', 'x'), 'x', char(0x301)), 'x', 'y', -9223372036854775808);
    INSERT INTO Incidents SELECT Id, max(-9e10, min(9e10, Scoring * 1.5)), Name, 'Fire' FROM Customers"#;

/// Names of many words, of one long word, and without visible characters; the longest volume.
const LONG: &str = r#"
    INSERT INTO Customers VALUES
        ('30000000-0000-4000-8000-000000000001', 'words' || replace(printf('%.59c', 'x'), 'x', ' word'), 'x', 'y', 1000000),
        ('30000000-0000-4000-8000-000000000002', 'Donaudampfschifffahrtsgesellschaftskapitänsmützen', 'x', 'y', 1),
        ('30000000-0000-4000-8000-000000000003', char(0x200b, 0x2800, 0x3164, 0xfeff), 'x', 'y', 0);
    INSERT INTO Incidents SELECT Id, Scoring, Name, 'Fire' FROM Customers;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8999)
    INSERT INTO Incidents
        SELECT printf('40000000-0000-4000-8000-%012d', i), 99999999999.9999, Name, 'Fire' FROM n, Customers
        WHERE Scoring = 1000000"#;

/// The name in [`LONG`] that the page cannot show.
const INVISIBLE: &str = "\u{200b}\u{2800}\u{3164}\u{feff}";

/// Opens the page in a window of this width, with this color scheme.
async fn open(driver: &WebDriver, app: &App, width: u32, scheme: &str) -> WebDriverResult<()> {
    let window = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
    driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", window).await?;
    let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
    driver.cdp().send_raw("Emulation.setEmulatedMedia", features).await?;
    driver.goto(format!("{}{PATH}", app.base())).await
}

async fn evaluate(driver: &WebDriver, script: &str) -> WebDriverResult<Value> {
    Ok(driver.execute(script, Vec::new()).await?.json().clone())
}

/// The lists on the page by their keys. Each entry is `[name, number, displayed number, width of the bar]`.
const LISTS: &str = "return Object.fromEntries([...document.querySelectorAll('.chart')].map(chart => [
    chart.querySelector('h3').id,
    [...chart.querySelectorAll('tbody tr')].map(row => [
        row.querySelector('th').textContent.trim(),
        row.querySelector('data').value,
        row.querySelector('data').textContent,
        row.querySelector('rect:last-child').getBoundingClientRect().width,
    ]),
]))";

/// How far the page is too wide, and how many elements are markup of a name, outside their chart, or a cut name.
const MISFITS: &str = "
    const {clientWidth, scrollWidth} = document.documentElement;
    const isInside = (element, box = element.closest('.chart').getBoundingClientRect()) =>
        element.getBoundingClientRect().left >= box.left - 1
        && element.getBoundingClientRect().right <= box.right + 1;
    const isWhole = name => name.title === name.textContent && name.offsetHeight
        <= 3 * parseFloat(getComputedStyle(name).lineHeight);
    return [scrollWidth - clientWidth, document.querySelectorAll('script, img, [onerror]').length,
        [...document.querySelectorAll('.chart :is(bdi, data, svg)')].filter(e => !isInside(e)).length,
        [...document.querySelectorAll('bdi')].filter(name => !isWhole(name)).length]";

#[test]
fn the_page_shows_the_names_and_numbers_of_the_json_inside_their_charts() {
    run(async |driver| {
        for app in [App::with_data(HOSTILE), App::with_data(LONG), App::start()] {
            let json = app.dashboard().json();
            for width in WIDTHS {
                open(&driver, &app, width, "light").await?;
                let mut counts = Vec::new();
                for count in driver.find_all(By::Css(".count data")).await? {
                    counts.push(count.attr("value").await?.unwrap());
                }
                let sections = json.as_object().unwrap().values();
                let expected: Vec<_> =
                    sections.filter(|section| section.is_number()).map(Value::to_string).collect();
                assert_eq!(counts, expected);
                let page = evaluate(&driver, LISTS).await?;
                for (key, entries) in json.as_object().unwrap() {
                    let Some(entries) = entries.as_array() else { continue };
                    let rows = page[key].as_array().unwrap();
                    assert_eq!(rows.len(), entries.len(), "{key}");
                    let number = |entry: &Value| {
                        entry.as_object().unwrap().values().find(|value| value.is_number()).unwrap().clone()
                    };
                    let size = |entry| number(entry).as_f64().unwrap().abs();
                    let largest = entries.iter().map(size).fold(0.0, f64::max);
                    let longest = rows.iter().map(|row| row[3].as_f64().unwrap()).fold(0.0, f64::max);
                    for (row, entry) in rows.iter().zip(entries) {
                        let name = entry.as_object().unwrap().values().find_map(Value::as_str).unwrap();
                        assert_eq!(row[0], if name == INVISIBLE { "no name" } else { name });
                        assert_eq!(row[1], number(entry).to_string());
                        let displayed = row[2].as_str().unwrap().replace(',', "").replace('−', "-");
                        assert_eq!(displayed, number(entry).to_string());
                        let bar = row[3].as_f64().unwrap();
                        // The smallest bar that is not zero is wider, so that it can be seen.
                        let is_wide = (bar - size(entry) / largest * longest).abs() <= longest / 20.0;
                        let is_visible = (bar >= 1.0) == (row[1] != "0");
                        assert!(is_wide && is_visible, "{row} at {width} pixels");
                    }
                }
                assert_eq!(evaluate(&driver, MISFITS).await?, json!([0, 0, 0, 0]), "at {width} pixels");
            }
        }
        assert!(driver.browser_log().await?.is_empty());
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
            open(&driver, &partial, width, "light").await?;
            let notice = driver.find(By::Css("[role=alert]")).await?;
            assert!(notice.is_displayed().await? && notice.rect().await?.y < 450.0, "it is visible at once");
            assert!(notice.text().await?.contains(&format!("{failed} returned an error status")));
            for (service, is_missing) in [(failed, true), (&others[0], false)] {
                let charts = By::Css(format!("[aria-labelledby={service}] .chart"));
                for chart in driver.find_all(charts).await? {
                    assert_eq!(chart.text().await?.contains("Not available"), is_missing);
                }
            }
        }
        open(&driver, &app_with_stale_sections(failed), 1440, "light").await?;
        let panel = driver.find(By::Css(format!("[aria-labelledby={failed}]"))).await?.text().await?;
        assert!(panel.contains("error status") && panel.contains("second"), "{panel}");
        Ok(())
    });
}

#[test]
fn the_page_loads_no_resource_and_logs_no_error() {
    run(async |driver| {
        let app = App::start();
        open(&driver, &app, 1440, "dark").await?;
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
fn links_keep_the_other_parameters_and_work_below_a_prefix() {
    run(async |driver| {
        let app = App::start();
        let server =
            format!("server {{ listen LISTEN; location /crm/ {{ proxy_pass {}/; }} }}\n", app.base());
        let Some(proxy) = Proxy::start("nginx", &nginx(&server)) else { return Ok(()) };
        let prefix = format!("http://{}/crm", proxy.address);
        let is_linked = |pattern: &str| !pattern.contains("{id}") && !pattern.contains("/summary/");
        let routes = routes::all().into_iter().filter(|(pattern, path)| is_linked(pattern) && path != PATH);
        let routes: BTreeSet<_> = routes.map(|(_, path)| format!("{prefix}{path}")).collect();
        for page in [format!("{prefix}{PATH}"), format!("{prefix}{PATH}/")] {
            driver.goto(format!("{page}?require=complete&refresh=3600")).await?;
            let links = "return [...document.querySelectorAll('a')].map(link => link.href)";
            let links: BTreeSet<String> = serde_json::from_value(evaluate(&driver, links).await?)?;
            assert!(links.is_superset(&routes), "{routes:?} in {links:?}");
            for (text, query) in [
                ("Stop", "?require=complete"),
                ("Reload every 10 seconds", "?refresh=10&require=complete"),
                ("This dashboard as JSON", "?format=json&refresh=10&require=complete"),
            ] {
                driver.find(By::LinkText(text)).await?.click().await?;
                assert_eq!(driver.current_url().await?.as_str(), format!("{page}{query}"));
            }
            for link in links {
                driver.goto(&link).await?;
                let status = "return performance.getEntriesByType('navigation')[0].responseStatus";
                assert_eq!(evaluate(&driver, status).await?, 200, "{link}");
            }
        }
        Ok(())
    });
}

#[test]
fn axe_finds_no_violation() {
    run(async |driver| {
        let source = axe();
        let partial = with_fault("html", &names()[..1]).start();
        let stale = app_with_stale_sections(names()[0]);
        let data = ["", HOSTILE, LONG].map(App::with_data);
        for app in data.iter().chain([&App::start(), &partial, &stale]) {
            for (width, scheme) in WIDTHS.into_iter().flat_map(|width| [(width, "light"), (width, "dark")]) {
                open(&driver, app, width, scheme).await?;
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
