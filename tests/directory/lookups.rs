//! What a lookup finds, and what it must not find.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::DateTime;
use jupyterhub_presets::clock::SetClock;
use jupyterhub_presets::config::directory::GroupSchema::{Member, MemberOf, Posix};
use jupyterhub_presets::config::directory::MembershipSettings;
use jupyterhub_presets::config::secret::Secret;
use jupyterhub_presets::directory::{DirectoryError, Memberships, Purpose};
use jupyterhub_presets::groups::{SourceName, Standing};

use super::peer::{DONE, Peer, alice, entry, result};
use super::slapd::{self, Slapd};
use super::{ask, directory, groups, name, numbers, settings};

#[tokio::test]
async fn a_member_has_the_group_and_nobody_else_does() {
    let Some(slapd) = Slapd::start("", &["alice", "bob"], &[("Physics", &["alice"])]) else { return };
    let ldap = directory(&settings(slapd.port, &[Member]));
    assert_eq!(groups(&ldap, "alice").await, ["cn=physics"]);
    assert_eq!(groups(&ldap, "bob").await, [""; 0]);
    assert!(ask(&ldap, "bob").await.expect("complete").found);
    assert!(!ask(&ldap, "nobody").await.expect("complete").found);
}

#[tokio::test]
async fn groups_of_groups_count_and_a_ring_ends() {
    let Some(slapd) = Slapd::start(
        "",
        &["alice"],
        &[
            ("physics", &["alice", "cn=physics"]),
            ("hpc", &["cn=physics", "cn=everybody"]),
            ("everybody", &["cn=hpc"]),
            ("unrelated", &["cn=nothing"]),
        ],
    ) else {
        return;
    };
    let mut settings = settings(slapd.port, &[Member]);
    assert_eq!(groups(&directory(&settings), "alice").await, ["cn=everybody", "cn=hpc", "cn=physics"]);
    settings.groups.nested = false;
    assert_eq!(groups(&directory(&settings), "alice").await, ["cn=physics"]);
}

#[tokio::test]
async fn a_chain_of_ten_is_followed_and_one_of_eleven_is_an_incomplete_answer() {
    let Some(mut slapd) = Slapd::start("", &["alice"], &[("level1", &["alice"])]) else { return };
    for level in 2..=10 {
        slapd.add(&slapd::group(&format!("level{level}"), &[&format!("cn=level{}", level - 1)]));
    }
    let ldap = directory(&settings(slapd.port, &[Member]));
    assert_eq!(groups(&ldap, "alice").await.len(), 10);
    slapd.add(&slapd::group("level11", &["cn=level10"]));
    assert!(matches!(ask(&ldap, "alice").await, Err(DirectoryError::Incomplete(_))));
}

#[tokio::test]
async fn posix_groups_count_by_name_and_by_primary_number() {
    let Some(mut slapd) = Slapd::start("", &["alice", "bob"], &[]) else { return };
    slapd.add(&slapd::posix_group("chemistry", 3000, &["alice"]));
    slapd.add(&slapd::posix_group("users", 2000, &[]));
    slapd.add(&slapd::group("nested", &["cn=chemistry"]));
    let ldap = directory(&settings(slapd.port, &[Posix]));
    assert_eq!(groups(&ldap, "alice").await, ["cn=chemistry", "cn=nested", "cn=users"]);
    assert_eq!(groups(&ldap, "bob").await, ["cn=users"]);
}

#[tokio::test]
async fn groups_named_on_the_persons_entry_count() {
    let overlay = "overlay memberof\nmemberof-refint true";
    let Some(slapd) =
        Slapd::start(overlay, &["alice", "bob"], &[("physics", &["alice"]), ("hpc", &["cn=physics"])])
    else {
        return;
    };
    let mut settings = settings(slapd.port, &[MemberOf]);
    assert_eq!(groups(&directory(&settings), "alice").await, ["cn=hpc", "cn=physics"]);
    assert_eq!(groups(&directory(&settings), "bob").await, [""; 0]);
    settings.groups.nested = false;
    assert_eq!(groups(&directory(&settings), "alice").await, ["cn=physics"]);
}

#[tokio::test]
async fn odd_names_of_groups_lead_to_their_members_and_parents() {
    let Some(slapd) = Slapd::start(
        "",
        &["alice"],
        &[
            (r"Data\, Science (2026)*", &["alice"]),
            ("parent", &[r"cn=data\2c science (2026)*"]),
            ("École", &["cn=parent"]),
        ],
    ) else {
        return;
    };
    let ldap = directory(&settings(slapd.port, &[Member]));
    assert_eq!(groups(&ldap, "alice").await, [r"cn=data\, science (2026)*", "cn=parent", "cn=école"]);
}

#[tokio::test]
async fn names_that_are_filters_find_nobody() {
    let Some(slapd) = Slapd::start("", &["alice"], &[("physics", &["alice"])]) else { return };
    let ldap = directory(&settings(slapd.port, &[Member, Posix]));
    let long = "a".repeat(300);
    for odd in
        ["*)(uid=*", "*", "al*", "alice)(uid=alice", "alice\n", r"\61lice", "a/b", &long, "alice\u{200B}"]
    {
        let answer = ask(&ldap, odd).await.expect("a complete answer");
        assert!(!answer.found && answer.groups.is_empty(), "{odd:?}: {answer:?}");
    }
    assert_eq!(groups(&ldap, "alice").await, ["cn=physics"], "the connection still serves");
}

/// Names that a hub may have and no directory is asked for: what cannot be seen, and more than 128 bytes.
fn names_that_are_not_ordinary() -> Vec<String> {
    let controls = ('\u{1}'..='\u{1f}').chain('\u{7f}'..='\u{9f}');
    let turns = ('\u{202a}'..='\u{202e}').chain('\u{2060}'..='\u{2069}');
    let others =
        ['\u{feff}', '\u{ad}', '\u{61c}', '\u{180e}', '\u{2028}', '\u{2029}', '\u{206f}', '\u{e000}'];
    let unseen =
        controls.chain('\u{200b}'..='\u{200f}').chain(turns).chain(others).chain(['\u{e0041}', '\u{f0000}']);
    let mut names: Vec<String> =
        unseen.flat_map(|c| [format!("{c}alice"), format!("al{c}ice"), format!("alice{c}")]).collect();
    names.extend(["a".repeat(129), format!("{}a", "\u{e9}".repeat(64)), "\u{1f600}".repeat(255)]);
    names
}

#[tokio::test]
async fn a_name_that_is_not_ordinary_is_not_searched_for_and_gets_what_everybody_gets() {
    let searches = Arc::new(AtomicUsize::new(0));
    let counted = searches.clone();
    // As a server that folds names together: whoever is asked for is alice, who is in a group.
    let peer = Peer::scripted(move |mut request, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        let group = "cn=physics,ou=groups,dc=example,dc=org";
        let found = if request.is_for_people() { alice() } else { entry(group, &[]) };
        request.reply(&[found, result(DONE, 0)]);
    });
    let now = DateTime::from_timestamp(1_800_000_000, 0).expect("in range");
    let clock = Arc::new(SetClock::at(now));
    let memberships =
        Memberships::new(vec![Box::new(peer.directory())], MembershipSettings::default(), clock);
    let (ldap, of_hub) = (peer.directory(), ["lab".to_owned()]);
    for odd in names_that_are_not_ordinary() {
        for purpose in [Purpose::Form, Purpose::Start] {
            let membership = memberships.of(&name(&odd), &of_hub, purpose, now).await;
            assert_eq!(membership.standing(), Standing::Fresh, "{odd:?}");
            let told: Vec<_> = membership.groups.iter().map(|group| (&group.source, &*group.id)).collect();
            assert_eq!(told, [(&SourceName::hub(), "lab")], "{odd:?}: nothing of the directory's");
        }
        let answer = ask(&ldap, &odd).await.expect("no error");
        assert!(!answer.found && answer.groups.is_empty(), "{odd:?}: {answer:?}");
    }
    let asked = || (searches.load(Ordering::SeqCst), peer.connections.load(Ordering::SeqCst));
    assert_eq!(asked(), (0, 0), "nobody even connected");
    // Names that are only strange are looked for, as long as they may be.
    let longest = "a".repeat(128);
    let mut before = 0;
    for ordinary in ["alice", "*)(uid=*", "<img>", "jos\u{e9}", "\u{ff41}lice", "a b", &longest] {
        memberships.of(&name(ordinary), &[], Purpose::Start, now).await;
        assert!(asked().0 > before, "{ordinary:?}");
        before = asked().0;
    }
    let membership = memberships.of(&name("alice"), &of_hub, Purpose::Start, now).await;
    assert_eq!(membership.groups.len(), 2, "{membership:?}");
}

#[tokio::test]
async fn a_name_the_server_folds_together_with_anothers_gets_nothing() {
    // slapd prepares strings (RFC 4518): each of these finds alice's or josé's entry.
    let Some(slapd) = Slapd::start("", &["alice", "jos\u{e9}"], &[("physics", &["alice", "jos\u{e9}"])])
    else {
        return;
    };
    let ldap = directory(&settings(slapd.port, &[Member]));
    assert_eq!(groups(&ldap, "jos\u{e9}").await, ["cn=physics"]);
    for folded in ["jose\u{301}", "\u{ff41}lice", "alice ", " alice", "JOS\u{c9}"] {
        let answer = ask(&ldap, folded).await.expect("a complete answer");
        assert!(!answer.found && answer.groups.is_empty(), "{folded:?}: {answer:?}");
    }
    assert_eq!(groups(&ldap, "Alice").await, ["cn=physics"], "ASCII letters have no case in logins");
}

#[tokio::test]
async fn names_of_the_hub_may_end_in_what_those_of_the_directory_do_not() {
    let Some(slapd) = Slapd::start("", &["alice"], &[("physics", &["alice"])]) else { return };
    let mut settings = settings(slapd.port, &[Member]);
    settings.people.suffix = Some("@example.org".to_owned());
    let ldap = directory(&settings);
    assert_eq!(groups(&ldap, "alice@example.org").await, ["cn=physics"]);
    for other in
        ["alice", "alice@EXAMPLE.org", "alice@example.org@example.org", "@example.org", "*@example.org"]
    {
        let answer = ask(&ldap, other).await.expect("a complete answer");
        assert!(!answer.found && answer.groups.is_empty(), "{other:?}: {answer:?}");
    }
}

#[tokio::test]
async fn two_entries_for_one_name_give_no_groups() {
    let Some(mut slapd) = Slapd::start("", &["alice"], &[("physics", &["alice"])]) else { return };
    slapd.add("dn: ou=more,ou=people,dc=example,dc=org\nobjectClass: organizationalUnit\n");
    slapd.add(&slapd::person("alice").replacen("ou=people", "ou=more,ou=people", 1));
    let answer = ask(&directory(&settings(slapd.port, &[Member])), "alice").await.expect("complete");
    assert!(!answer.found && answer.groups.is_empty(), "{answer:?}");
}

#[tokio::test]
async fn an_answer_cut_by_a_limit_is_none() {
    let limits = "limits dn.exact=cn=reader,dc=example,dc=org size=3";
    let mut names: Vec<String> = (1..=3).map(|number| format!("g{number}")).collect();
    let groups_of_alice: Vec<(&str, &[&str])> =
        names.iter().map(|name| (name.as_str(), ["alice"].as_slice())).collect();
    let Some(mut slapd) = Slapd::start(limits, &["alice", "bob"], &groups_of_alice) else { return };
    let ldap = directory(&settings(slapd.port, &[Member]));
    assert_eq!(groups(&ldap, "alice").await.len(), 3);
    names.push("g4".to_owned());
    slapd.add(&slapd::group("g4", &["alice"]));
    assert!(matches!(ask(&ldap, "alice").await, Err(DirectoryError::Incomplete(_))));
    assert!(ask(&ldap, "bob").await.is_ok(), "others are not concerned");
}

#[tokio::test]
async fn a_part_of_the_tree_on_another_server_makes_the_answer_incomplete() {
    let Some(mut slapd) = Slapd::start("", &["alice"], &[("physics", &["alice"])]) else { return };
    let ldap = directory(&settings(slapd.port, &[Member]));
    assert_eq!(groups(&ldap, "alice").await, ["cn=physics"]);
    slapd.add(
        "dn: cn=elsewhere,ou=groups,dc=example,dc=org\nobjectClass: referral\nobjectClass: extensibleObject\n\
         cn: elsewhere\nref: ldap://192.0.2.1/cn=elsewhere,dc=example,dc=org\n",
    );
    assert!(matches!(ask(&ldap, "alice").await, Err(DirectoryError::Incomplete(_))));
}

#[tokio::test]
async fn a_missing_base_is_not_taken_for_no_groups() {
    let Some(slapd) = Slapd::start("", &["alice"], &[]) else { return };
    let mut settings = settings(slapd.port, &[Member]);
    settings.groups.base = "ou=nowhere,dc=example,dc=org".to_owned();
    assert!(matches!(ask(&directory(&settings), "alice").await, Err(DirectoryError::Incomplete(_))));
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_tried_once() {
    let Some(slapd) = Slapd::start("", &["alice"], &[("physics", &["alice"])]) else { return };
    let home = tempfile::tempdir().expect("a temporary directory");
    let file = home.path().join("password");
    std::fs::write(&file, "wrong\n").expect("written");
    let mut settings = settings(slapd.port, &[Member]);
    settings.bind_password = None;
    settings.bind_password_file = Some(file.clone());
    let ldap = directory(&settings);
    for _ in 0..2 {
        let Err(DirectoryError::Refused(why)) = ask(&ldap, "alice").await else { panic!("refused") };
        assert!(!why.contains("cn=reader"), "{why}");
    }
    let Err(DirectoryError::Refused(why)) = ask(&ldap, "alice").await else { panic!("refused") };
    assert!(why.contains("not tried again"), "{why}");
    std::fs::write(&file, format!("{}\n", slapd::READER_PASSWORD)).expect("written");
    assert_eq!(groups(&ldap, "alice").await, ["cn=physics"], "a new password is used at once");
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    type Change = fn(&mut jupyterhub_presets::config::directory::LdapSettings);
    let changes: [(&str, &str, Change); 10] = [
        ("urls", "plain text", |s| s.plaintext = false),
        ("urls", "no server", |s| s.urls.clear()),
        ("bind_password", "empty", |s| s.bind_password = Some(Secret::new(""))),
        ("bind_dn", "needs a bind_password_file", |s| s.bind_password = None),
        ("bind_password", "no bind_dn", |s| s.bind_dn = None),
        ("bind_password_file", "either", |s| s.bind_password_file = Some("x".into())),
        ("people/base", "distinguished", |s| s.people.base = "people".to_owned()),
        ("people/attribute", "no name", |s| s.people.attribute = "uid)(x=*".to_owned()),
        ("groups/schemas", "empty", |s| s.groups.schemas.clear()),
        ("ca_file", "no-such-file.pem", |s| {
            s.urls = vec!["ldaps://127.0.0.1".to_owned()];
            s.ca_file = Some("no-such-file.pem".into());
        }),
    ];
    for (place, why, change) in changes {
        let mut settings = settings(389, &[Member]);
        change(&mut settings);
        let (at, told) = jupyterhub_presets::directory::LdapDirectory::new(&settings).err().expect(why);
        assert_eq!(at, format!("/directory/ldap/{place}"), "{told}");
        assert!(told.contains(why), "{told:?} should speak of {why:?}");
    }
}

#[tokio::test]
async fn any_web_of_groups_is_closed_as_by_hand() {
    const GROUPS: usize = 24;
    for seed in 1..=4 {
        let mut number = numbers(seed);
        // `inside[g]`: the groups that g is a member of; every group contains two, perhaps itself.
        let mut inside = vec![std::collections::BTreeSet::new(); GROUPS];
        let mut members: Vec<Vec<String>> = vec![vec![]; GROUPS];
        for (group, listed) in members.iter_mut().enumerate() {
            while listed.len() < 2 {
                let member = number(GROUPS);
                if inside[member].insert(group) {
                    listed.push(format!("cn=g{member}"));
                }
            }
        }
        let direct = [0, 1, 2];
        direct.iter().for_each(|&group| members[group].push("alice".to_owned()));
        let (mut reached, mut frontier) = (std::collections::BTreeSet::from(direct), direct.to_vec());
        let mut levels = 0;
        while !frontier.is_empty() {
            levels += 1;
            frontier =
                frontier.iter().flat_map(|&g| &inside[g]).copied().filter(|&g| reached.insert(g)).collect();
        }
        let members: Vec<Vec<&str>> =
            members.iter().map(|m| m.iter().map(String::as_str).collect()).collect();
        let names: Vec<String> = (0..GROUPS).map(|group| format!("g{group}")).collect();
        let groups_of_site: Vec<(&str, &[&str])> =
            names.iter().map(String::as_str).zip(members.iter().map(Vec::as_slice)).collect();
        let Some(slapd) = Slapd::start("", &["alice"], &groups_of_site) else { return };
        let ldap = directory(&settings(slapd.port, &[Member]));
        if levels > 10 {
            assert!(matches!(ask(&ldap, "alice").await, Err(DirectoryError::Incomplete(_))), "seed {seed}");
        } else {
            let mut expected: Vec<String> = reached.iter().map(|group| format!("cn=g{group}")).collect();
            expected.sort();
            assert_eq!(groups(&ldap, "alice").await, expected, "seed {seed}");
            assert!(expected.len() > 6, "seed {seed} makes a web worth testing");
        }
    }
}
