//! From a path to a component, by Spin's rules: an exact route beats a
//! parameter, that beats a wildcard, the longest prefix wins, and nothing is
//! percent-decoded.

use anyhow::{Result, anyhow};
use indexmap::IndexMap;
use std::borrow::Cow;

/// Paths that Spin keeps for itself.
pub const WELL_KNOWN: &str = "/.well-known/spin/";

const WILDCARD: &str = "/...";

/// All public routes of an application.
#[derive(Debug, Default)]
pub struct Router {
    finder: routefinder::Router<Route>,
}

/// One route and the component behind it.
#[derive(Debug)]
pub struct Route {
    component: usize,
    /// As written in the manifest.
    raw: String,
    /// With a leading slash and without a trailing one.
    path: String,
}

/// A route that was written twice, and the components that it names.
#[derive(Debug, PartialEq)]
pub struct Duplicate {
    pub route: String,
    pub unused: usize,
    pub effective: usize,
}

/// What a request path matched.
pub enum RouteMatch<'a> {
    /// A route of the manifest.
    Public { route: &'a Route, captures: routefinder::Captures<'a, 'a>, path: &'a str },
    /// A chained call, which goes to its component whatever the path.
    Chained { path: &'a str },
}

impl Router {
    /// Builds the router from pairs of a route and the index of its component.
    /// Of two equal routes the later counts; the earlier is reported.
    ///
    /// # Errors
    /// If a route is malformed.
    pub fn build<'a>(routes: impl IntoIterator<Item = (&'a str, usize)>) -> Result<(Self, Vec<Duplicate>)> {
        let mut unique: IndexMap<&str, usize> = IndexMap::new();
        let mut duplicates = Vec::new();
        for (route, component) in routes {
            if let Some(unused) = unique.insert(route, component) {
                duplicates.push(Duplicate { route: route.to_owned(), unused, effective: component });
            }
        }
        let mut router = Self::default();
        for (raw, component) in unique {
            let path = normalize(raw);
            let spec = match path.strip_suffix(WILDCARD) {
                Some(prefix) => format!("{prefix}/*"),
                None => path.clone(),
            };
            let route = Route { component, raw: raw.to_owned(), path };
            router
                .finder
                .add(spec.as_str(), route)
                .map_err(|reason| anyhow!("invalid route {raw:?}: {reason}"))?;
        }
        Ok((router, duplicates))
    }

    /// Finds the route for a path and the index of its component.
    pub fn find<'a>(&'a self, path: &'a str) -> Option<(usize, RouteMatch<'a>)> {
        let best = self.finder.best_match(path)?;
        let route = best.handler();
        let matched = RouteMatch::Public { route, captures: best.captures(), path };
        Some((route.component, matched))
    }

    /// The index of the component and the text of each route, in Spin's order.
    pub fn list(&self) -> impl Iterator<Item = (usize, String)> {
        self.finder.iter().map(|(_, route)| {
            let prefix = route.path.strip_suffix(WILDCARD);
            let prefix = prefix.or_else(|| route.path.strip_suffix("/*"));
            let text = match prefix {
                Some(prefix) => format!("{prefix} (wildcard)"),
                None => route.path.clone(),
            };
            (route.component, text)
        })
    }

    /// True if a route lies under the paths that Spin answers itself.
    pub fn has_reserved(&self) -> bool {
        let mut routes = self.finder.iter();
        routes.any(|(_, route)| route.path.starts_with(WELL_KNOWN))
    }
}

impl RouteMatch<'_> {
    /// The route as the manifest has it.
    pub fn raw_route(&self) -> &str {
        match self {
            Self::Public { route, .. } => &route.raw,
            Self::Chained { .. } => WILDCARD,
        }
    }

    /// The route with a leading slash and without a trailing one.
    pub fn based_route(&self) -> &str {
        match self {
            Self::Public { route, .. } => &route.path,
            Self::Chained { .. } => WILDCARD,
        }
    }

    /// The route as the manifest has it, without its wildcard.
    pub fn raw_prefix(&self) -> &str {
        let raw = self.raw_route();
        raw.strip_suffix(WILDCARD).unwrap_or(raw)
    }

    /// The part of the path that the wildcard took, trailing slash included.
    pub fn path_info(&self) -> Cow<'_, str> {
        let (captures, path) = match self {
            Self::Public { captures, path, .. } => (captures, path),
            Self::Chained { path } => return Cow::Borrowed(path),
        };
        match (captures.wildcard(), path.ends_with('/')) {
            (None | Some(""), false) | (None, true) => Cow::Borrowed(""),
            (Some(""), true) => Cow::Borrowed("/"),
            (Some(rest), false) => Cow::Owned(format!("/{rest}")),
            (Some(rest), true) => Cow::Owned(format!("/{rest}/")),
        }
    }

    /// The names and values of the route's parameters.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let captures = match self {
            Self::Public { captures, .. } => captures.params(),
            Self::Chained { .. } => &[],
        };
        captures.iter().map(|capture| (capture.name(), capture.value()))
    }
}

fn normalize(route: &str) -> String {
    let route = route.strip_suffix('/').unwrap_or(route);
    match route.starts_with('/') || route.is_empty() {
        true => route.to_owned(),
        false => format!("/{route}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(routes: &[&str]) -> Router {
        let routes = routes.iter().enumerate().map(|(index, route)| (*route, index));
        Router::build(routes).unwrap().0
    }

    fn find(router: &Router, path: &str) -> Option<usize> {
        router.find(path).map(|(component, _)| component)
    }

    fn path_info(route: &str, path: &str) -> String {
        router(&[route]).find(path).unwrap().1.path_info().into_owned()
    }

    #[test]
    fn exact_beats_parameter_beats_wildcard() {
        let router = router(&["/...", "/:id", "/one", "/one/..."]);
        assert_eq!(find(&router, "/one"), Some(2));
        assert_eq!(find(&router, "/other"), Some(1));
        assert_eq!(find(&router, "/one/two"), Some(3));
        assert_eq!(find(&router, "/two/three"), Some(0));
    }

    #[test]
    fn the_longest_prefix_wins_in_any_order() {
        let router = router(&["/one/two/...", "/one/...", "/one/two/three/..."]);
        assert_eq!(find(&router, "/one/two/three/four"), Some(2));
        assert_eq!(find(&router, "/one/two/4"), Some(0));
        assert_eq!(find(&router, "/one/3"), Some(1));
        assert_eq!(find(&router, "/two"), None);
    }

    #[test]
    fn a_wildcard_matches_its_own_prefix() {
        let router = router(&["/foo/..."]);
        assert_eq!(find(&router, "/foo"), Some(0));
        assert_eq!(find(&router, "/foo/"), Some(0));
        assert_eq!(find(&router, "/foobar"), None);
        assert_eq!(find(&router, "/%66oo"), None);
    }

    #[test]
    fn path_info_is_what_the_wildcard_took() {
        assert_eq!(path_info("/test/...", "/test"), "");
        assert_eq!(path_info("/test/...", "/test/"), "/");
        assert_eq!(path_info("/test/...", "/test/a/b"), "/a/b");
        assert_eq!(path_info("/test/...", "/test/a/"), "/a/");
        assert_eq!(path_info("/test", "/test/"), "");
        let chained = RouteMatch::Chained { path: "/a/b" };
        assert_eq!(chained.path_info(), "/a/b");
        assert_eq!(chained.raw_route(), "/...");
        assert_eq!(chained.raw_prefix(), "");
    }

    #[test]
    fn parameters_are_captured() {
        let router = router(&["/users/:id/..."]);
        let (_, matched) = router.find("/users/42/x").unwrap();
        let parameters: Vec<_> = matched.parameters().collect();
        assert_eq!(parameters, [("id", "42")]);
        assert_eq!(matched.raw_prefix(), "/users/:id");
        assert_eq!(matched.path_info(), "/x");
    }

    #[test]
    fn of_two_equal_routes_the_later_counts() {
        let (router, duplicates) = Router::build([("/a", 0), ("/b", 1), ("/a", 2)]).unwrap();
        assert_eq!(find(&router, "/a"), Some(2));
        let duplicate = Duplicate { route: "/a".to_owned(), unused: 0, effective: 2 };
        assert_eq!(duplicates, [duplicate]);
    }

    #[test]
    fn routes_are_listed_like_spin_lists_them() {
        let router = router(&["/customers/...", "exact", "/"]);
        let mut list: Vec<_> = router.list().map(|(_, text)| text).collect();
        list.sort();
        assert_eq!(list, ["", "/customers (wildcard)", "/exact"]);
    }

    #[test]
    fn reserved_routes_are_found() {
        assert!(router(&["/.well-known/spin/..."]).has_reserved());
        assert!(!router(&["/.well-known/spindle/..."]).has_reserved());
    }
}
