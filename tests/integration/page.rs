//! The dashboard as a page: which client gets it, and what its headers promise.

use harness::{App, Manifest, Options, Reply};

mod browser;
mod chromium;

const PATH: &str = "/aggregates/dashboard";

/// What Chromium sends when somebody opens an address.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";

fn page(app: &App, path: &str) -> Reply {
    app.send("GET", path, &[("accept", BROWSER)])
}

/// The app with a fault in the place of each of `services`.
fn with_fault(fault: &str, services: &[&str]) -> App {
    let change = |manifest| {
        services.iter().fold(manifest, |manifest: Manifest, service| manifest.replace(service, fault))
    };
    Options::default().migrated().manifest(change).variable("backend_timeout_ms", "1500").start()
}

#[test]
fn a_browser_gets_the_page_and_everybody_else_json() {
    let app = App::start();
    for accept in [BROWSER, "text/html", "application/json;q=0.5, text/html;q=0.6", "text/*"] {
        let reply = app.send("GET", PATH, &[("accept", accept)]);
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"), "{accept}");
        assert_eq!(reply.header("vary"), Some("accept"), "{accept}");
        assert_eq!(reply.header("content-length"), Some(reply.body.len().to_string().as_str()));
    }
    let json = app.dashboard();
    for accept in ["*/*", "", "application/json, text/html", "text/html;q=0", "rubbish", "text/html;q=9"] {
        let reply = app.send("GET", PATH, &[("accept", accept)]);
        assert_eq!(reply.header("content-type"), Some("application/json"), "{accept}");
        assert_eq!(reply.header("vary"), Some("accept"), "{accept}");
        assert_eq!(reply.body, json.body, "{accept}");
    }
    let several = app.send("GET", PATH, &[("accept", "application/json;q=0.1"), ("accept", "text/html")]);
    assert_eq!(several.header("content-type"), Some("text/html; charset=utf-8"));
}

#[test]
fn head_says_what_get_would() {
    let app = App::start();
    let without_time = |reply: Reply| {
        let mut headers = reply.headers;
        for name in ["date", "etag", "server-timing", "x-request-id"] {
            headers.remove(name);
        }
        (reply.status, headers)
    };
    let head = app.send("HEAD", PATH, &[("accept", BROWSER)]);
    assert!(head.body.is_empty());
    assert_eq!(without_time(head), without_time(page(&app, PATH)));
}

#[test]
fn each_form_has_an_etag_of_its_own() {
    let app = App::start();
    let json = app.dashboard().header("etag").unwrap().to_owned();
    // The page shows the minute, which may turn between two requests.
    let unchanged = (0..2).any(|_| {
        let page = page(&app, PATH);
        let etag = page.header("etag").unwrap();
        assert!(etag.starts_with('"') && etag != json, "{etag}");
        let again = app.send("GET", PATH, &[("accept", BROWSER), ("if-none-match", etag)]);
        assert_eq!(again.header("vary"), Some("accept"));
        assert_eq!(app.send("GET", PATH, &[("if-none-match", etag)]).status, 200, "JSON has another tag");
        again.status == 304 && again.body.is_empty() && again.header("etag") == Some(etag)
    });
    assert!(unchanged);
    let with_tag_of_json = app.send("GET", PATH, &[("accept", BROWSER), ("if-none-match", &json)]);
    assert_eq!(with_tag_of_json.status, 200);
}

#[test]
fn nothing_but_its_own_style_may_be_used_by_the_page() {
    let app = App::start();
    let reply = page(&app, PATH);
    let policy = reply.header("content-security-policy").unwrap();
    for directive in [
        "default-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "img-src data:",
    ] {
        assert!(policy.split("; ").any(|part| part == directive), "{directive} is not in {policy}");
    }
    assert!(policy.contains("style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
}

#[test]
fn it_refreshes_itself_when_asked_to() {
    let app = App::start();
    assert_eq!(page(&app, PATH).header("refresh"), None);
    assert_eq!(page(&app, &format!("{PATH}?refresh=1")).header("refresh"), Some("1"));
    assert_eq!(page(&app, &format!("{PATH}?refresh=3600")).header("refresh"), Some("3600"));
    let json = app.get(&format!("{PATH}?refresh=10"));
    assert_eq!(json.header("refresh"), None);
    assert_eq!(json.body, app.dashboard().body);
    for invalid in ["", "0", "3601", "-1", "1.5", "1e1", "x", "%20", "+1", "99999999999999999999"] {
        let path = format!("{PATH}?refresh={invalid}");
        for reply in [page(&app, &path), app.get(&path)] {
            assert_eq!(
                reply.error(400),
                "Invalid parameter (refresh) received, use a whole number from 1 to 3600",
                "{invalid}"
            );
            assert_eq!(reply.header("vary"), Some("accept"));
        }
    }
}

#[test]
fn every_link_on_the_page_leads_somewhere() {
    let app = App::start();
    let pages = [PATH, &format!("{PATH}?refresh=10")].map(|path| page(&app, path));
    let links = pages.iter().flat_map(|page| page.text().split("href=\"").skip(1));
    let links: Vec<_> = links.map(|rest| rest.split('"').next().unwrap()).collect();
    for link in &links {
        let target = match link.split_once(':') {
            Some(("data", _)) => continue, // The icon.
            Some(_) => panic!("{link} leads out of the app"),
            None if link.starts_with('?') => format!("{PATH}{link}"),
            None => (*link).to_owned(),
        };
        assert_eq!(app.get(&target).status, 200, "{link}");
    }
    // All that needs no id is among them; summaries are for the dashboard.
    for pattern in crate::routes::patterns() {
        let is_listed = !pattern.contains(":id") && !pattern.contains("/summary/");
        let link = pattern.replace(":limit", "5");
        assert_eq!(links.contains(&link.as_str()), is_listed, "{link} is not as expected among {links:?}");
    }
}

#[test]
fn a_link_can_ask_for_json() {
    let app = App::start();
    assert_eq!(page(&app, &format!("{PATH}?format=json")).body, app.dashboard().body);
    assert_eq!(
        page(&app, &format!("{PATH}?format=xml")).error(400),
        "Invalid parameter (format) received, use json"
    );
}

#[test]
fn other_errors_stay_json() {
    let app = App::start();
    assert_eq!(page(&app, "/aggregates/nothing").error(404), "Not found");
    let post = app.send("POST", PATH, &[("accept", BROWSER)]);
    assert_eq!(post.header("allow"), Some("GET, HEAD"));
    post.error(405);
}

#[test]
fn a_page_without_every_section_is_not_to_be_kept() {
    let app = with_fault("stall_in_body", &["incidents-service"]);
    let reply = page(&app, PATH);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("x-aggregate-complete"), Some("false"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("etag"), None);
    assert_eq!(reply.header("vary"), Some("accept"));
    assert!(reply.text().contains("incidents-service timed out"), "{}", reply.text());
}

#[test]
fn a_page_without_any_section_has_the_status_of_the_json() {
    for (fault, status) in [("stall_before_headers", 504), ("status_500", 502)] {
        let app = with_fault(fault, &["customers-service", "incidents-service"]);
        let reply = page(&app, PATH);
        assert_eq!(reply.status, status);
        assert_eq!(app.dashboard().status, status);
        assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert!(reply.text().contains("The dashboard is not available at the moment"), "{}", reply.text());
    }
}
