//! The directory room, against a real slapd and against peers that misbehave.

mod lookups;
mod memory;
mod model;
mod outages;
mod peer;
mod peers;
mod slapd;
mod tls;

use jupyterhub_presets::config::directory::{GroupSchema, LdapSettings};
use jupyterhub_presets::directory::{Answer, Directory as _, DirectoryError, LdapDirectory};
use jupyterhub_presets::groups::Username;

/// Settings for the server at `port`, as a site would write them.
fn settings(port: u16, schemas: &[GroupSchema]) -> LdapSettings {
    let mut settings: LdapSettings = serde_saphyr::from_str(&format!(
        "urls: ['ldap://127.0.0.1:{port}']\nplaintext: true\nbind_dn: 'cn=reader,dc=example,dc=org'\n\
         bind_password: {}\npeople: {{base: 'ou=people,dc=example,dc=org'}}\n\
         groups: {{base: 'ou=groups,dc=example,dc=org'}}\n",
        slapd::READER_PASSWORD,
    ))
    .expect("valid settings");
    settings.groups.schemas = schemas.to_vec();
    settings
}

fn directory(settings: &LdapSettings) -> LdapDirectory {
    LdapDirectory::new(settings).unwrap_or_else(|(at, why)| panic!("{at}: {why}"))
}

fn name(text: &str) -> Username {
    Username::try_from(text).expect("a name")
}

async fn ask(directory: &LdapDirectory, person: &str) -> Result<Answer, DirectoryError> {
    directory.groups_of(&name(person)).await
}

/// The names of the groups, without the base they share.
async fn groups(directory: &LdapDirectory, person: &str) -> Vec<String> {
    let answer = ask(directory, person).await.expect("a complete answer");
    answer.groups.into_iter().map(|group| group.id.replace(",ou=groups,dc=example,dc=org", "")).collect()
}

/// Numbers below a bound, the same for the same seed (Knuth's MMIX): a failure comes back.
fn numbers(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % below
    }
}
