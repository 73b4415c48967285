//! Which of its routes a service is asked for.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Every path that a service knows, the first that matches counts. A last segment such as `:id` stands for
/// any text, and for none: `/customers/top` is `/customers/top/:limit` with an empty limit.
pub type Routes<R> = &'static [(&'static str, R)];

/// What `path` leads to, with the text that stands in the place of a parameter, empty where there is none.
///
/// The segments of a path are percent-decoded, and one trailing slash is ignored.
pub fn find<R: Copy>(routes: &[(&str, R)], path: &str) -> Option<(R, String)> {
    let segments = segments(path);
    routes.iter().find_map(|(pattern, route)| Some((*route, parameter(pattern, &segments)?)))
}

/// The text in the place of the pattern's parameter, `None` if these segments are not of the pattern.
fn parameter(pattern: &str, segments: &[Cow<'_, str>]) -> Option<String> {
    let mut segments = segments.iter();
    for expected in pattern.trim_start_matches('/').split('/') {
        let segment = segments.next().map(AsRef::as_ref);
        if expected.starts_with(':') {
            let text = segment.unwrap_or_default();
            return segments.next().is_none().then(|| text.to_owned());
        }
        if segment != Some(expected) {
            return None;
        }
    }
    segments.next().is_none().then(String::new)
}

/// A segment that does not decode to UTF-8 gets replacement characters, which match no route and no
/// parameter.
fn segments(path: &str) -> Vec<Cow<'_, str>> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split('/').map(|segment| percent_decode_str(segment).decode_utf8_lossy()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: [(&str, char); 4] =
        [("/x/items", 'l'), ("/x/items/:id", 'i'), ("/x/top/:limit", 't'), ("/x/count", 'c')];

    fn found(path: &str) -> Option<(char, String)> {
        find(&ROUTES, path)
    }

    fn leads_to(route: char, parameter: &str) -> Option<(char, String)> {
        Some((route, parameter.to_owned()))
    }

    #[test]
    fn a_path_leads_to_its_route_with_its_parameter() {
        assert_eq!(found("/x/items"), leads_to('l', ""));
        assert_eq!(found("/x/items/7"), leads_to('i', "7"));
        assert_eq!(found("/x/top/5"), leads_to('t', "5"));
        assert_eq!(found("/x/count"), leads_to('c', ""));
    }

    #[test]
    fn a_parameter_may_be_empty_or_left_out() {
        assert_eq!(found("/x/top"), leads_to('t', ""));
        assert_eq!(found("/x/top/"), leads_to('t', ""));
        assert_eq!(found("/x/top//"), leads_to('t', ""));
        assert_eq!(found("/x/items//"), leads_to('i', ""));
    }

    #[test]
    fn one_trailing_slash_is_ignored() {
        assert_eq!(found("/x/items/"), leads_to('l', ""));
        assert_eq!(found("/x/items/7/"), leads_to('i', "7"));
        assert_eq!(found("/x/count/"), leads_to('c', ""));
        assert_eq!(found("/x/count//"), None);
    }

    #[test]
    fn segments_are_split_before_they_are_decoded() {
        assert_eq!(found("/%78/%69tems"), leads_to('l', ""));
        assert_eq!(found("/x/items/a%2Fb"), leads_to('i', "a/b"));
        assert_eq!(found("/x/items/%C3%9F"), leads_to('i', "ß"));
        assert_eq!(found("/x/items/%ff"), leads_to('i', "\u{fffd}"));
        assert_eq!(found("/x/items/%zz%"), leads_to('i', "%zz%"));
        assert_eq!(found("/x%2Fitems"), None);
    }

    #[test]
    fn any_other_path_is_unknown() {
        for path in ["", "/", "/x", "/x/", "/x/Items", "/x/items/1/2", "/x/count/1", "/y/items", "//x/items"]
        {
            assert_eq!(found(path), None, "{path}");
        }
    }
}
