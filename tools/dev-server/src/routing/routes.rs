//! From a path to a component, by Spin's rules: an exact route beats a wildcard, the longest prefix wins,
//! slashes at either end of a path do not count, and nothing is percent-decoded.

const WILDCARD: &str = "/...";

/// All public routes of an application.
#[derive(Debug)]
pub struct Router(Vec<Route>);

/// One route and the component behind it.
#[derive(Debug)]
struct Route {
    component: String,
    /// As written in the manifest.
    raw: String,
}

/// What a request path matched.
pub struct RouteMatch<'a> {
    /// The component.
    pub component: &'a str,
    /// The route as the manifest has it.
    pub route: &'a str,
    /// The part of the path that the wildcard took, slashes included.
    pub path_info: &'a str,
}

impl Router {
    /// Builds the router from pairs of a route and the id of its component.
    pub fn new<'a>(routes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let routes = routes.into_iter();
        let route =
            |(raw, component): (&str, &str)| Route { raw: raw.to_owned(), component: component.to_owned() };
        Self(routes.map(route).collect())
    }

    /// Finds the route for a path.
    pub fn find<'a>(&'a self, path: &'a str) -> Option<RouteMatch<'a>> {
        let matches = self.0.iter().filter_map(|route| {
            let path_info = route.path_info(path)?;
            Some(RouteMatch { component: &route.component, route: &route.raw, path_info })
        });
        matches.max_by_key(|found| (!found.route.ends_with(WILDCARD), found.route.len()))
    }

    /// The component and the text of each route, as Spin lists them.
    pub fn list(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(|Route { component, raw }| {
            let text = match raw.strip_suffix(WILDCARD) {
                Some(prefix) => format!("{prefix} (wildcard)"),
                None => raw.clone(),
            };
            (component.as_str(), text)
        })
    }
}

impl Route {
    /// What the wildcard takes of a path that matches this route.
    fn path_info<'a>(&self, path: &'a str) -> Option<&'a str> {
        let prefix = self.raw.strip_suffix(WILDCARD);
        let fixed = prefix.unwrap_or(&self.raw).trim_matches('/');
        let start = path.find(|c| c != '/').unwrap_or(path.len());
        let rest = if fixed.is_empty() {
            &path[start.saturating_sub(1)..]
        } else {
            path[start..].strip_prefix(fixed)?
        };
        let whole = rest.is_empty() || rest.starts_with('/');
        (whole && (prefix.is_some() || rest.trim_matches('/').is_empty())).then_some(match prefix {
            Some(_) => rest,
            None => "",
        })
    }
}

impl<'a> RouteMatch<'a> {
    /// A call from another component, which goes to its component whatever the path.
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

    fn find<'a>(router: &'a Router, path: &'a str) -> Option<&'a str> {
        router.find(path).map(|found| found.component)
    }

    fn path_info(route: &str, path: &str) -> Option<String> {
        Router::new([(route, "x")]).find(path).map(|found| found.path_info.to_owned())
    }

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
            assert_eq!(find(&router, path), Some(route), "{path}");
        }
    }

    #[test]
    fn a_path_matches_whole_parts_as_they_are() {
        let router = Router::new([("/foo/...", "foo"), ("/bar", "bar")]);
        for path in ["/foo", "/foo/", "//foo", "/foo//", "/foo/a/b"] {
            assert_eq!(find(&router, path), Some("foo"), "{path}");
        }
        for path in ["/foobar", "/%66oo", "/Foo", "/", "", "/bar/a", "/barbar"] {
            assert_eq!(find(&router, path), None, "{path}");
        }
    }

    #[test]
    fn path_info_is_what_the_wildcard_took() {
        for (route, path, expected) in [
            ("/test/...", "/test", ""),
            ("/test/...", "/test/", "/"),
            ("/test/...", "/test/a/b", "/a/b"),
            ("/test/...", "/test/a/", "/a/"),
            ("/...", "/a/b", "/a/b"),
            ("/...", "/", "/"),
            ("/test", "/test/", ""),
        ] {
            assert_eq!(path_info(route, path).as_deref(), Some(expected), "{route} {path}");
        }
        let chained = RouteMatch::chained("one", "/a/b");
        assert_eq!((chained.path_info, chained.route, chained.prefix()), ("/a/b", "/...", ""));
    }

    #[test]
    fn routes_are_listed_like_spin_lists_them() {
        let router = Router::new([("/customers/...", "a"), ("/exact", "b")]);
        let list: Vec<_> = router.list().collect();
        assert_eq!(list, [("a", "/customers (wildcard)".to_owned()), ("b", "/exact".to_owned())]);
    }
}
