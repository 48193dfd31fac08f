//! Which account of this machine gives a command, as the audit names it.

/// Whoever gives a command: the number of their account, which no variable changes, and where they say that
/// they came by `sudo`, under which name.
pub fn operator() -> String {
    let sudo = std::env::var("SUDO_USER").ok();
    named(rustix::process::getuid().as_raw(), sudo.as_deref())
}

fn named(uid: u32, sudo: Option<&str>) -> String {
    // It stands in the audit for good, and is anybody's to set: a name, or nothing.
    let is_name = |name: &&str| (1..=64).contains(&name.len()) && name.bytes().all(|c| c.is_ascii_graphic());
    match sudo.filter(is_name) {
        Some(name) => format!("command line (uid {uid}, sudo by {name})"),
        None => format!("command line (uid {uid})"),
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn an_account_is_named_by_its_number_and_by_who_came_by_sudo() {
        assert_eq!(named(1000, None), "command line (uid 1000)");
        assert_eq!(named(0, Some("anna")), "command line (uid 0, sudo by anna)");
        assert_eq!(named(0, Some(r"SITE\anna")), r"command line (uid 0, sudo by SITE\anna)");
    }

    #[test]
    fn what_is_no_name_is_left_out() {
        let long = "a".repeat(65);
        for odd in ["", "anna b", "anna\n", "\u{1b}[31m", "änna", long.as_str()] {
            assert_eq!(named(0, Some(odd)), "command line (uid 0)", "{odd:?}");
        }
        assert!(named(0, Some(&long[1..])).ends_with("a)"));
    }
}
