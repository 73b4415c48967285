use super::*;

fn html(accept: &str) -> bool {
    accepted_format(accept) == Format::Html
}

#[test]
fn browsers_get_the_page() {
    for browser in [
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html, application/xhtml+xml, image/jxr, */*;q=0.5",
    ] {
        assert!(html(browser), "{browser}");
    }
}

#[test]
fn clients_that_do_not_prefer_html_get_json() {
    for other in [
        "",
        " ",
        ",,",
        "*/*",
        "application/json",
        "application/json, text/html",
        "text/html, application/json",
        "text/html;q=0.5, application/json;q=0.500",
        "text/html;q=0.8, application/json;q=0.9",
        "text/html, */*",
        "text/html;q=0",
        "text/html;q=0.000, application/json;q=0",
        "application/xhtml+xml",
        "application/xhtml+xml, */*;q=0.1",
        "text/plain",
        "text/htmlx",
        "x-text/html",
        "text/html+xml",
        "application/html",
    ] {
        assert!(!html(other), "{other}");
    }
}

#[test]
fn weights_are_compared_by_value() {
    assert!(html("application/json;q=0.899, text/html;q=0.9"));
    assert!(html("text/html;q=0.001"));
    assert!(html("text/html;q=1.000, application/json;q=0.999"));
    assert!(html("text/html;q=1., application/json;q=0."));
    assert!(html("TEXT/HTML ; Q=0.5\t,application/JSON;q=0.4"));
}

#[test]
fn the_most_specific_range_counts() {
    assert!(html("text/*, application/json;q=0.5"));
    assert!(html("text/*"));
    assert!(html("*/*, application/json;q=0.1"));
    assert!(html("*/*, application/*;q=0"));
    assert!(html("text/html, application/*;q=0.9, */*"));
    assert!(!html("text/*, text/html;q=0.1, application/json;q=0.5"));
    assert!(!html("text/html;q=0.5, application/*"));
    assert!(!html("text/html;q=0, */*"));
    // The example of RFC 9110, where text/html comes to 0.7 and application/json to 0.5.
    assert!(html("text/*;q=0.3, text/html;q=0.7, text/html;level=1, text/html;level=2;q=0.4, */*;q=0.5"));
}

#[test]
fn other_parameters_make_another_range() {
    assert!(html("text/html;charset=utf-8"));
    assert!(html("text/html; charset=\"UTF-8\"; q=0.9, application/json;q=0.8"));
    assert!(html("text/html;charset=utf-8;q=0.9, text/html;q=0.1, application/json;q=0.5"));
    assert!(!html("text/html;level=1, text/html;charset=latin1, text/html;profile=utf-8"));
    assert!(!html("application/json;charset=utf-8, text/html;q=0.9"));
    assert!(html("application/json;profile=\"a, b\", text/html;q=0.5"));
}

#[test]
fn separators_in_quotes_do_not_separate() {
    assert!(html("text/html, text/plain;note=\"a, application/json; \\\" x\""));
    assert!(!html("text/plain;note=\"x, text/html\""));
    assert!(!html("text/plain;note=\"x\\\\\", application/json, text/html;q=0.5"));
}

#[test]
fn a_malformed_field_is_ignored_as_a_whole() {
    for malformed in [
        "garbage",
        "text",
        "/",
        "text/",
        "/html",
        "text/html/x",
        "text/html;q",
        "text/html;q=",
        "text/html;q=banana",
        "text/html;q=.5",
        "text/html;q=2",
        "text/html;q=1.001",
        "text/html;q=0.0999",
        "text/html;q=-1",
        "text/html;q=1e0",
        "text/html;q=\"1\"",
        "text/html;=x",
        "text/html;a=b c",
        "text/html;a=\"",
        "text/html text/html",
        "text/html, *",
        "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
        "text/html, <script>",
        "text/html, \u{e9}/x",
    ] {
        assert!(!html(malformed), "{malformed}");
    }
}
