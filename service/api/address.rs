//! Which paths are asked for plainly: what two readers could take for different paths is nobody's path.

use std::sync::LazyLock;

/// The paths this service has, as they are written on the wire.
pub struct Addresses {
    /// Percent-encoded, with a slash at both ends.
    prefix: String,
    routes: LazyLock<Vec<Route>, Box<dyn FnOnce() -> Vec<Route> + Send>>,
}

/// The steps of a route below the prefix; a parameter is none.
type Route = Vec<Option<String>>;

impl Addresses {
    /// `routes` are patterns below the prefix, as in `/api/v1/presets/{id}`; asked for when a path holds an escape.
    pub fn new<'a, R: IntoIterator<Item = &'a str>>(
        prefix: &str,
        routes: impl FnOnce() -> R + Send + 'static,
    ) -> Self {
        let steps = |route: &str| {
            let step = |step: &str| (!step.starts_with('{')).then(|| step.to_owned());
            route.trim_start_matches('/').split('/').map(step).collect()
        };
        let routes = move || routes().into_iter().map(steps).collect();
        Self { prefix: prefix.to_owned(), routes: LazyLock::new(Box::new(routes)) }
    }

    /// Whether `path` may be looked at, as it came: below the prefix, and written in the one way there is.
    pub fn is_plain(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix(self.prefix.as_str()) else {
            return path == self.prefix.trim_end_matches('/');
        };
        if rest.is_empty() {
            return true;
        }
        let mut steps = rest.split('/').enumerate();
        // The last step may be empty for a path that ends with a slash; routing says no to it.
        let last = rest.matches('/').count();
        steps.all(|(n, step)| match step {
            "" => n == last,
            "." | ".." => false,
            _ if step.contains('%') => is_well_escaped(step) && self.is_parameter(rest, n),
            _ => !step.contains('\\'),
        })
    }

    /// Whether step `n` of `rest` is a value somewhere, and not a name of ours.
    fn is_parameter(&self, rest: &str, n: usize) -> bool {
        let count = rest.split('/').count();
        self.routes.iter().any(|route| {
            route.len() == count
                && route[n].is_none()
                && route
                    .iter()
                    .zip(rest.split('/'))
                    .all(|(want, have)| want.as_ref().is_none_or(|want| want == have))
        })
    }
}

/// Escapes are complete, and hide neither a zero byte nor a step of their own.
fn is_well_escaped(step: &str) -> bool {
    let bytes = percent_decoded(step);
    bytes.is_some_and(|bytes| !bytes.contains(&0) && !matches!(&bytes[..], b"." | b".."))
}

/// The bytes that `text` stands for; none where an escape is broken.
pub fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            let digits = tail.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_way_of_writing_a_path_is_understood() {
        let routes = ["/api/v1/hub/form", "/api/v1/users/{name}/export", "/assets/{name}"];
        let addresses = Addresses::new("/jh/services/presets/", move || routes);
        for (path, plain) in [
            ("/jh/services/presets", true),
            ("/jh/services/presets/", true),
            ("/jh/services/presets/api/v1/hub/form", true),
            ("/jh/services/presets/nothing/here", true),
            ("/jh/services/presets/api/v1/users/a%2Fb%2e/export", true),
            ("/jh/services/presetsX", false),
            ("/jh/services/presetsX/", false),
            ("/jh/services%2Fpresets/", false),
            ("/jh/services/%70resets/", false),
            ("/services/presets/", false),
            ("/", false),
            ("//jh/services/presets/", false),
            ("/jh/services/presets//api/v1/hub/form", false),
            ("/jh/services/presets/api//v1/hub/form", false),
            ("/jh/services/presets/./api/v1/hub/form", false),
            ("/jh/services/presets/../presets/", false),
            ("/jh/services/presets/api/v1/hub/..", false),
            ("/jh/services/presets/api/v1/hub%2fform", false),
            ("/jh/services/presets/api/v1/hub/%66orm", false),
            ("/jh/services/presets/api/v1/users/%2e%2e/export", false),
            ("/jh/services/presets/api/v1/users/a%00/export", false),
            ("/jh/services/presets/api/v1/users/a%zz/export", false),
            ("/jh/services/presets/api/v1/users/a/exp%6frt", false),
            ("/jh/services/presets/api%5cv1", false),
            ("/jh/services/presets/api\\v1", false),
        ] {
            assert_eq!(addresses.is_plain(path), plain, "{path}");
        }
    }
}
