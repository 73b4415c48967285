//! Finds the component for a path, by Spin's rules: an exact route beats a wildcard, the longest prefix wins,
//! slashes at either end of a path do not count, and nothing is percent-decoded.

const WILDCARD: &str = "/...";

/// All public routes of an application.
pub struct Router(Vec<Route>);

struct Route {
    component: String,
    /// As written in the manifest.
    raw: String,
}

/// The route that a path matched.
pub struct RouteMatch<'a> {
    pub component: &'a str,
    /// The route as written in the manifest.
    pub route: &'a str,
    /// The part of the path that the wildcard matched, slashes included.
    pub path_info: &'a str,
}

impl Router {
    /// Builds the router from pairs of a route and the id of its component.
    pub fn new<'a>(routes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let route =
            |(raw, component): (&str, &str)| Route { raw: raw.to_owned(), component: component.to_owned() };
        Self(routes.into_iter().map(route).collect())
    }

    /// Finds the route for a path.
    pub fn find<'a>(&'a self, path: &'a str) -> Option<RouteMatch<'a>> {
        let matches = self.0.iter().filter_map(|Route { component, raw }| {
            Some(RouteMatch { component, route: raw, path_info: path_info(raw, path)? })
        });
        matches.max_by_key(|found| (!found.route.ends_with(WILDCARD), found.route.len()))
    }

    /// The component and the text of each route, as Spin lists them.
    pub fn list(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(|Route { component, raw }| {
            let text = raw.strip_suffix(WILDCARD).map(|prefix| format!("{prefix} (wildcard)"));
            (&**component, text.unwrap_or_else(|| raw.clone()))
        })
    }
}

/// The part of a path that the wildcard of a route matches, `None` if the route does not match.
fn path_info<'a>(route: &str, path: &'a str) -> Option<&'a str> {
    let prefix = route.strip_suffix(WILDCARD);
    let fixed = prefix.unwrap_or(route).trim_matches('/');
    let start = path.find(|c| c != '/').unwrap_or(path.len());
    let rest = match fixed {
        "" => &path[start.saturating_sub(1)..],
        fixed => path[start..].strip_prefix(fixed)?,
    };
    match prefix {
        Some(_) => (rest.is_empty() || rest.starts_with('/')).then_some(rest),
        None => rest.trim_matches('/').is_empty().then_some(""),
    }
}

impl<'a> RouteMatch<'a> {
    /// A call from another component, which matches any path.
    pub fn chained(component: &'a str, path: &'a str) -> Self {
        Self { component, route: WILDCARD, path_info: path }
    }

    /// The route without its wildcard.
    pub fn prefix(&self) -> &str {
        self.route.strip_suffix(WILDCARD).unwrap_or(self.route)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_route_beats_a_wildcard_and_the_longest_prefix_wins() {
        let routes = ["/...", "/one/two/...", "/one", "/one/...", "/one/two/three/..."];
        let router = Router::new(routes.map(|route| (route, route)));
        for (path, route) in [
            ("/one", "/one"),
            ("/one/", "/one"),
            ("/one/3", "/one/..."),
            ("/one/two", "/one/two/..."),
            ("/one/two/3", "/one/two/..."),
            ("/one/two/three/four", "/one/two/three/..."),
            ("/two", "/..."),
            ("/", "/..."),
        ] {
            assert_eq!(router.find(path).unwrap().component, route, "{path}");
        }
    }

    #[test]
    fn a_route_matches_whole_segments() {
        for (route, path, expected) in [
            ("/foo/...", "/foo", Some("")),
            ("/foo/...", "/foo/", Some("/")),
            ("/foo/...", "//foo", Some("")),
            ("/foo/...", "/foo/a/b", Some("/a/b")),
            ("/foo/...", "/foo/a/", Some("/a/")),
            ("/...", "/a/b", Some("/a/b")),
            ("/...", "/", Some("/")),
            ("/bar", "/bar/", Some("")),
            ("/bar", "/bar/a", None),
            ("/bar", "/barbar", None),
            ("/foo/...", "/foobar", None),
            ("/foo/...", "/%66oo", None),
            ("/foo/...", "/Foo", None),
            ("/foo/...", "/", None),
            ("/foo/...", "", None),
        ] {
            assert_eq!(path_info(route, path), expected, "{route} {path}");
        }
    }
}
