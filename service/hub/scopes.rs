//! What the scopes of a token mean here: whether it may come in, and what it may do. Pure.

/// What somebody may do beyond what is their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rights {
    /// See everybody's presets, groups, decisions and the audit.
    pub read: bool,
    /// Organise courses, workshops and hackathons.
    pub events: bool,
    /// Everything, changing what is the site's and erasing people included.
    pub admin: bool,
    /// Ask for anybody's form and start, as the hub's plugin does.
    pub resolve: bool,
}

impl Rights {
    pub const NONE: Self = Self { read: false, events: false, admin: false, resolve: false };

    /// What `scopes` give, and nothing else does: neither `admin` in the hub's answer, nor a scope
    /// with a filter (`…!user=x`), which means less than it looks.
    pub fn of<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Self {
        scopes.into_iter().fold(Self::NONE, |rights, scope| match scope {
            "custom:presets:read" => Self { read: true, ..rights },
            "custom:presets:events" => Self { events: true, ..rights },
            "custom:presets:resolve" => Self { resolve: true, ..rights },
            // The hub expands subscopes; a site may have declared the scope without them.
            "custom:presets:admin" => Self { read: true, events: true, admin: true, resolve: true },
            _ => rights,
        })
    }

    /// Whether these are at least `other`.
    pub const fn include(self, other: Self) -> bool {
        (self.read || !other.read)
            && (self.events || !other.events)
            && (self.admin || !other.admin)
            && (self.resolve || !other.resolve)
    }
}

/// Whether `scopes` open the service called `service` at the hub: the hub tells who somebody is for
/// any token, also one that was made for something else.
pub fn admit<'a>(scopes: impl IntoIterator<Item = &'a str>, service: &str) -> bool {
    scopes.into_iter().any(|scope| {
        scope == "access:services" || scope.strip_prefix("access:services!service=") == Some(service)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_this_service_or_all_services_open_it() {
        for (scopes, open) in [
            (&["access:services"][..], true),
            (&["access:services!service=presets"], true),
            (&["self", "access:services!service=presets", "read:users"], true),
            (&[], false),
            (&["access:servers"], false),
            (&["access:servers!user=alice", "read:users:name!user=alice"], false),
            (&["access:services!service=other"], false),
            (&["access:services!service=presetsx"], false),
            (&["access:services!service=PRESETS"], false),
            (&["access:services!service="], false),
            (&["access:services!service=presets "], false),
            (&["access:services!user=alice"], false),
            (&["access:service!service=presets"], false),
            (&["access:services!"], false),
            (&["custom:presets:admin"], false),
        ] {
            assert_eq!(admit(scopes.iter().copied(), "presets"), open, "{scopes:?}");
        }
    }

    #[test]
    fn an_administrator_may_do_the_rest_too() {
        let admin = Rights::of(["custom:presets:admin"]);
        assert!(admin.include(Rights { read: true, events: true, admin: true, resolve: true }));
        assert_eq!(Rights::of(["custom:presets:read"]), Rights { read: true, ..Rights::NONE });
        assert_eq!(Rights::of(["admin", "admin:users", "self", "access:services"]), Rights::NONE);
    }

    fn scope() -> impl Strategy<Value = String> {
        let name = prop::sample::select(vec![
            "custom:presets:read",
            "custom:presets:events",
            "custom:presets:admin",
            "custom:presets:resolve",
            "custom:presets",
            "custom:presets:",
            "access:services",
            "access:servers",
            "self",
            "admin:users",
        ]);
        (name, prop::option::of(filter())).prop_map(|(name, filter)| match filter {
            Some(filter) => format!("{name}!{filter}"),
            None => name.to_owned(),
        })
    }

    fn filter() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("user".to_owned()),
            "(user|group|server|service|shared|unknown)=[a-z/*]{0,6}",
            "[ -~]{0,8}",
        ]
    }

    fn rights(scopes: &[String]) -> Rights {
        Rights::of(scopes.iter().map(String::as_str))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_filter_never_adds_rights(
            scopes in prop::collection::vec(scope(), 0..8),
            at in any::<prop::sample::Index>(),
            filter in filter(),
        ) {
            let before = rights(&scopes);
            let mut filtered = scopes.clone();
            if !filtered.is_empty() {
                let at = at.index(filtered.len());
                filtered[at] = format!("{}!{filter}", filtered[at]);
                prop_assert!(before.include(rights(&filtered)), "{scopes:?} → {filtered:?}");
            }
            let all = scopes.iter().map(|scope| format!("{scope}!{filter}")).collect::<Vec<_>>();
            prop_assert_eq!(rights(&all), Rights::NONE);
            filtered.clone_from(&scopes);
            filtered.extend(all);
            prop_assert_eq!(rights(&filtered), before);
        }

        #[test]
        fn a_filter_opens_no_other_service(
            scopes in prop::collection::vec(scope(), 0..8), filter in filter(),
        ) {
            let filtered = scopes.iter().map(|scope| format!("{scope}!{filter}")).collect::<Vec<_>>();
            let opens = admit(filtered.iter().map(String::as_str), "presets");
            let named = filter == "service=presets" && scopes.iter().any(|scope| scope == "access:services");
            prop_assert_eq!(opens, named);
        }
    }
}
