//! The page as somebody sees it who opens it in Chromium.

use harness::{App, root};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::chromium::{axe, run, scratch};
use super::{PATH, with_fault};

const WIDTHS: [u32; 3] = [360, 768, 1440];
const SCHEMES: [&str; 2] = ["light", "dark"];

const LISTS: [(&str, &str); 3] = [
    ("topCustomers", "scoring"),
    ("customersWithMostIncidents", "numberOfIncidents"),
    ("customersWithHighestIncidentVolume", "incidentVolume"),
];

/// Names, scores and amounts that try to break the page.
const HOSTILE: &str = r#"
    INSERT INTO Customers VALUES
        ('20000000-0000-4000-8000-000000000001', '<script>alert(1)</script>', 'x', 'y', 9223372036854775807),
        ('20000000-0000-4000-8000-000000000002', '"><img src=x onerror=''alert(1)''>', 'x', 'y', 1000),
        ('20000000-0000-4000-8000-000000000003', printf('%.200c', 'W'), 'x', 'y', 0),
        ('20000000-0000-4000-8000-000000000004', char(0x202e, 0x5e9, 0x5dc, 0x5d5, 0x5dd) || ' rtl', 'x', 'y', -5),
        ('20000000-0000-4000-8000-000000000005', 'Z' || replace(printf('%.90c', 'x'), 'x', char(0x301)), 'x', 'y', -9223372036854775808);
    INSERT INTO Incidents SELECT Id, max(-9e10, min(9e10, Scoring * 1.5)), Name, 'Fire' FROM Customers"#;

/// Shows the page in a window of this width, at the light or the dark scheme.
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

/// The lists on the page, an entry `[name, number, number as people read it, width of the bar]`.
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
fn the_numbers_on_the_page_are_those_of_the_json() {
    run(async |driver| {
        let app = App::start();
        open(&driver, app.base(), 1440, "light").await?;
        let json = app.dashboard().json();
        let count = driver.find(By::Css(".count data")).await?;
        assert_eq!(count.attr("value").await?.unwrap(), json["customerCount"].to_string());
        assert_eq!(count.text().await?, "40");
        let page = lists(&driver).await?;
        for (key, measure) in LISTS {
            let (rows, entries) = (page[key].as_array().unwrap(), json[key].as_array().unwrap());
            assert_eq!(rows.len(), entries.len());
            let longest = rows[0][3].as_f64().unwrap();
            for (row, entry) in rows.iter().zip(entries) {
                assert_eq!(row[0], entry["customerName"]);
                assert_eq!(row[1], entry[measure].to_string());
                assert_eq!(row[2].as_str().unwrap().replace(',', ""), entry[measure].to_string());
                let share = entry[measure].as_f64().unwrap() / entries[0][measure].as_f64().unwrap();
                assert!((row[3].as_f64().unwrap() - share * longest).abs() < 1.0, "{row}");
            }
        }
        take_picture(&driver).await
    });
}

/// For the README where `UPDATE_SCREENSHOT=1` is set, and otherwise for whoever wants to have a look.
async fn take_picture(driver: &WebDriver) -> WebDriverResult<()> {
    let update = std::env::var_os("UPDATE_SCREENSHOT").is_some_and(|value| value == "1");
    let path = if update { root().join("docs/dashboard.png") } else { scratch("dashboard.png") };
    std::fs::create_dir_all(path.parent().unwrap())?;
    driver.screenshot(&path).await
}

#[test]
fn a_missing_section_is_seen_and_the_rest_is_shown() {
    run(async |driver| {
        let app = with_fault("status_500", &["incidents-service"]);
        for width in WIDTHS {
            open(&driver, app.base(), width, "light").await?;
            let notice = driver.find(By::Css("[role=alert]")).await?;
            assert!(notice.is_displayed().await?);
            assert!(notice.text().await?.contains("incidents-service answered with an error status"));
            assert!(notice.rect().await?.y < 450.0, "it is in sight at once");
            for section in driver.find_all(By::Css("[aria-labelledby=incidents-service] .chart")).await? {
                assert!(section.text().await?.contains("Not available"));
            }
            assert_eq!(
                driver.find_all(By::Css("[aria-labelledby=customers-service] tbody tr")).await?.len(),
                5
            );
        }
        Ok(())
    });
}

#[test]
fn it_loads_nothing_and_complains_of_nothing() {
    run(async |driver| {
        let app = App::start();
        open(&driver, app.base(), 1440, "dark").await?;
        let resources = evaluate(&driver, "return performance.getEntriesByType('resource')").await?;
        assert_eq!(resources, json!([]));
        let mut requests = Vec::new();
        for entry in driver.get_log("performance").await? {
            let event = serde_json::from_str::<Value>(&entry.message)?["message"].take();
            if event["method"] == "Network.requestWillBeSent" {
                requests.push(event["params"]["request"]["url"].as_str().unwrap().to_owned());
            }
        }
        // What the page has in itself, and Chromium's own start page, which is never left unloaded.
        requests.retain(|url| !url.starts_with("data:") && !url.starts_with("chrome:"));
        assert_eq!(requests, [format!("{}{PATH}", app.base())]);
        let complaints = driver.browser_log().await?;
        assert!(complaints.is_empty(), "{complaints:?}");
        Ok(())
    });
}

#[test]
fn no_name_and_no_number_breaks_out() {
    run(async |driver| {
        let app = App::with_data(HOSTILE);
        let json = app.dashboard().json();
        for width in WIDTHS {
            open(&driver, app.base(), width, "light").await?;
            let page = lists(&driver).await?;
            for (key, _) in LISTS {
                for (row, entry) in page[key].as_array().unwrap().iter().zip(json[key].as_array().unwrap()) {
                    assert_eq!(row[0], entry["customerName"]);
                }
            }
            let elements = "return document.querySelectorAll('script, img, [onerror]').length";
            assert_eq!(evaluate(&driver, elements).await?, 0);
            let outside = "
                const {clientWidth, scrollWidth} = document.documentElement;
                const inside = (element, box = element.closest('.chart').getBoundingClientRect()) =>
                    element.getBoundingClientRect().left >= box.left - 1
                    && element.getBoundingClientRect().right <= box.right + 1;
                return [scrollWidth - clientWidth,
                    [...document.querySelectorAll('bdi, data, svg')]
                        .filter(element => element.closest('.chart') && !inside(element)).length]";
            assert_eq!(evaluate(&driver, outside).await?, json!([0, 0]), "at {width} pixels");
        }
        assert!(driver.browser_log().await?.is_empty());
        Ok(())
    });
}

#[test]
fn axe_finds_no_violation() {
    run(async |driver| {
        let source = axe();
        let sample = App::start();
        let hostile = App::with_data(HOSTILE);
        let empty = App::with_data("");
        let partial = with_fault("html", &["customers-service"]);
        for app in [&sample, &hostile, &empty, &partial] {
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

#[test]
fn the_link_to_the_json_shows_it() {
    run(async |driver| {
        let app = App::start();
        open(&driver, app.base(), 1440, "light").await?;
        driver.find(By::LinkText("This dashboard as JSON")).await?.click().await?;
        let shown = evaluate(&driver, "return [document.contentType, document.body.innerText]").await?;
        assert_eq!(shown[0], "application/json");
        assert!(shown[1].as_str().unwrap().contains(app.dashboard().text()), "{shown}");
        Ok(())
    });
}

#[test]
fn a_refresh_keeps_the_place_of_the_reader() {
    run(async |driver| {
        let app = App::start();
        open(&driver, app.base(), 360, "light").await?;
        driver.goto(format!("{}{PATH}?refresh=1", app.base())).await?;
        evaluate(&driver, "scrollTo(0, 700)").await?;
        for _ in 0..2 {
            evaluate(&driver, "document.body.id = 'before'").await?;
            driver.query(By::Css("body:not([id])")).first().await?;
            let place = "return new Promise(resolve => requestAnimationFrame(() => resolve(scrollY)))";
            assert_eq!(evaluate(&driver, place).await?, 700);
        }
        Ok(())
    });
}

#[test]
fn every_link_can_be_reached_and_seen_with_the_keyboard() {
    run(async |driver| {
        let app = App::start();
        open(&driver, app.base(), 1440, "light").await?;
        for link in driver.find_all(By::Tag("a")).await? {
            driver.action_chain().send_keys(Key::Tab).perform().await?;
            let focused = driver.active_element().await?;
            assert_eq!(focused, link);
            assert_eq!(focused.css_value("outline-style").await?, "solid");
        }
        Ok(())
    });
}

#[test]
fn it_is_printed_dark_on_white() {
    run(async |driver| {
        let app = App::start();
        open(&driver, app.base(), 768, "dark").await?;
        let features =
            json!({"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]});
        driver.cdp().send_raw("Emulation.setEmulatedMedia", features).await?;
        let colours = "const style = getComputedStyle(document.documentElement);
            return [style.color, style.backgroundColor, style.colorScheme]";
        assert_eq!(
            evaluate(&driver, colours).await?,
            json!(["rgb(23, 32, 43)", "rgba(0, 0, 0, 0)", "light"])
        );
        Ok(())
    });
}
