//! The role that the README gives the service on PostgreSQL: enough for all it does, too little to rewrite the audit.

use super::unwritten::{CHANGES, begin, zoe};
use super::{noon, noon_as_kept};
use crate::scratch::Scratch;
use chrono::TimeDelta;
use jupyterhub_presets::store::audit::seals;
use jupyterhub_presets::store::idempotency::{self, Attempt, Known};
use jupyterhub_presets::store::sessions::{self, Session};
use jupyterhub_presets::store::sign_ins::{self, SignIn};
use jupyterhub_presets::store::{DatabaseUrl, Store, StoreError, decisions};
use serde_json::json;

/// Two roles of the server's, gone with the value; what they owned is left to whoever drops the schema.
struct Roles<'a> {
    scratch: &'a Scratch,
    schema: &'a str,
    owner: String,
    service: String,
}

impl<'a> Roles<'a> {
    fn new(scratch: &'a Scratch) -> Self {
        let Scratch::Postgres { schema, .. } = scratch else { panic!("SQLite has no roles") };
        let (owner, service) = (format!("{schema}_owner"), format!("{schema}_service"));
        let roles = Self { scratch, schema, owner, service };
        let Self { owner, service, .. } = &roles;
        let made =
            format!("CREATE ROLE {owner}; CREATE ROLE {service}; ALTER SCHEMA {schema} OWNER TO {owner}");
        scratch.sql(&made).unwrap();
        roles
    }

    /// A store whose connections have the rights of `role`, and no more.
    fn store(&self, role: &str) -> Store {
        let url: DatabaseUrl = format!("{}%20-c%20role%3D{role}", self.scratch.address()).parse().unwrap();
        Store::open(&url, 4)
    }

    fn run(&self, role: &str, statements: &str) -> Result<(), String> {
        self.scratch.sql(&format!("SET ROLE {role}; {statements}")).map_err(|error| error.to_string())
    }

    /// The first SQL of the README, about these roles.
    fn documented(&self) -> String {
        let readme = include_str!("../../README.md");
        let sql = readme.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        assert!(sql.contains("SCHEMA public ") && sql.contains("presets_service"), "{sql}");
        sql.replace("presets_service", &self.service)
            .replace("SCHEMA public ", &format!("SCHEMA {} ", self.schema))
    }
}

impl Drop for Roles<'_> {
    fn drop(&mut self) {
        let Self { scratch, owner, service, .. } = self;
        let gone = scratch.sql(&format!(
            "REASSIGN OWNED BY {owner} TO CURRENT_USER; DROP OWNED BY {owner}, {service}; DROP ROLE {owner}, {service}"
        ));
        // A second panic would hide the test's own.
        assert!(gone.is_ok() || std::thread::panicking(), "{gone:?}");
    }
}

/// What is written without an entry in the audit: people who sign in, and answers to what may be sent again.
async fn come_and_go(store: &Store) {
    let sign_in = SignIn {
        state: "1".repeat(64),
        browser: "2".repeat(64),
        verifier: "sealed".into(),
        next: "/services/presets/".into(),
        expires_at: noon_as_kept() + TimeDelta::minutes(10),
    };
    let session = Session {
        id: "3".repeat(64),
        person: zoe(),
        token: "sealed".into(),
        hub_session: "5e55".into(),
        created_at: noon_as_kept(),
        seen_at: noon_as_kept(),
        expires_at: noon_as_kept() + TimeDelta::hours(24),
    };
    let attempt = Attempt {
        principal_kind: "user".into(),
        principal: "zoe".into(),
        key: "k".into(),
        route: "POST presets".into(),
        digest: "4".repeat(64),
    };
    let later = noon_as_kept() + TimeDelta::minutes(1);
    let done = store.write(move |conn| {
        sign_ins::keep(conn, &sign_in)?;
        assert!(sign_ins::take(conn, &sign_in.state, &sign_in.browser, noon())?.is_some());
        sign_ins::keep(conn, &sign_in)?;
        sessions::begin(conn, &session)?;
        sessions::touch(conn, &session.id, later)?;
        assert_eq!(sessions::find(conn, &session.id)?.unwrap().seen_at, later);
        idempotency::keep(conn, &attempt, json!({}), noon())?;
        assert_eq!(idempotency::known(conn, &attempt, noon())?, Known::Answered(json!({})));
        let over = noon() + TimeDelta::days(2);
        assert_eq!((sign_ins::sweep(conn, over, 1)?, sessions::sweep(conn, over, noon())?), (1, 1));
        Ok::<_, StoreError>(())
    });
    done.await.unwrap();
}

#[tokio::test]
async fn the_documented_role_serves_and_cannot_rewrite_the_audit() {
    let Some(scratch) = Scratch::postgres() else { return };
    let roles = Roles::new(&scratch);
    assert!(roles.store(&roles.owner).migrate().await.unwrap() > 0);
    // Twice, as it is to be typed after each `migrate`.
    for _ in 0..2 {
        roles.run(&roles.owner, &roles.documented()).unwrap();
    }

    let store = roles.store(&roles.service);
    assert_eq!(store.migrate().await.unwrap(), 0, "there is nothing to do");
    begin(&store).await;
    for (what, _, change) in CHANGES {
        let done = store.change_person(&zoe(), change).await;
        assert!(done.is_ok(), "{what}: {done:?}");
    }
    come_and_go(&store).await;
    store.notice_changes().await.unwrap();

    // Entries go by age, whole seals at a time; one that came later is there still.
    let over = noon() + TimeDelta::days(1);
    let sealed = store.write(|conn| seals::seal(conn, noon())).await.unwrap().unwrap();
    let removed = store.write(move |conn| seals::remove_before(conn, over, over)).await.unwrap();
    assert_eq!(removed, sealed.entries);
    assert!(removed > CHANGES.len(), "{removed}");
    assert_eq!(store.write(move |conn| decisions::remove_before(conn, over, 10)).await.unwrap(), 1);
    let (_, _, site_file) = CHANGES[0];
    store.write(site_file).await.unwrap();
    let told = seals::verify(&store, None).await.unwrap();
    assert_eq!((told.findings, told.removed, told.unsealed > 0), (vec![], Some(1), true));

    for (forgery, refusal) in [
        ("UPDATE audit SET actor = 'nobody'", "permission denied for table audit"),
        ("TRUNCATE audit CASCADE", "permission denied for table audit"),
        ("UPDATE audit_of_people SET document = '{}'", "permission denied for table audit_of_people"),
        ("UPDATE audit_seals SET digest = ''", "permission denied for table audit_seals"),
        ("TRUNCATE audit_seals", "permission denied for table audit_seals"),
        ("DELETE FROM __diesel_schema_migrations", "permission denied for table __diesel_schema_migrations"),
        // What a trigger refuses, as this role may remove what is old; and the triggers are not its own.
        ("DELETE FROM audit", "audit is append-only"),
        (
            "CREATE TEMP TABLE audit_seals (last bigint, removed_at timestamptz);
             INSERT INTO audit_seals VALUES (1000000, now()); DELETE FROM audit_of_people; DELETE FROM audit",
            "audit is append-only",
        ),
        ("ALTER TABLE audit DISABLE TRIGGER USER", "must be owner of"),
        ("DROP TRIGGER audit_refuses_delete ON audit", "must be owner of"),
        ("ALTER FUNCTION audit_goes_by_seals() RENAME TO never", "must be owner of"),
        ("SET session_replication_role = replica", "permission denied"),
        ("DROP TABLE audit CASCADE", "must be owner of"),
    ] {
        let refused = roles.run(&roles.service, forgery).expect_err(forgery);
        assert!(refused.contains(refusal), "{forgery}: {refused}");
    }
    assert_eq!(seals::verify(&store, None).await.unwrap().unsealed, told.unsealed);
}
