//! A real slapd from Debian on a free port, with its data in a temporary directory.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::left_out;

pub const READER_PASSWORD: &str = "quercus-robur";

/// The site that most tests share: people, plain and nested groups with a ring, POSIX groups.
pub const SITE: &str = "
dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
o: Example

dn: cn=reader,dc=example,dc=org
objectClass: organizationalRole
objectClass: simpleSecurityObject
userPassword: quercus-robur

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit

dn: ou=groups,dc=example,dc=org
objectClass: organizationalUnit
";

/// A running server; ends when dropped.
pub struct Slapd {
    pub port: u16,
    home: TempDir,
    child: Child,
    /// Where it speaks TLS from the first byte, if it has a certificate.
    pub tls_port: Option<u16>,
}

impl Slapd {
    /// A server with [`SITE`], `people` and `groups`; none where slapd is not installed.
    ///
    /// `overlay` is configuration for the database, such as `overlay memberof`.
    pub fn start(overlay: &str, people: &[&str], groups: &[(&str, &[&str])]) -> Option<Self> {
        let mut slapd = Self::empty("", overlay)?;
        slapd.seed(people, groups);
        Some(slapd)
    }

    /// A server that also speaks TLS, with the certificate and key in PEM at these places.
    pub fn with_tls(certificate: &Path, key: &Path) -> Option<Self> {
        let (certificate, key) = (certificate.display(), key.display());
        let global = format!("TLSCertificateFile {certificate}\nTLSCertificateKeyFile {key}\n");
        let mut slapd = Self::empty(&global, "")?;
        slapd.seed(&["alice"], &[("physics", &["alice"])]);
        Some(slapd)
    }

    fn seed(&mut self, people: &[&str], groups: &[(&str, &[&str])]) {
        let mut ldif = SITE.to_owned();
        for uid in people {
            ldif.push_str(&person(uid));
        }
        for (cn, members) in groups {
            ldif.push_str(&group(cn, members));
        }
        self.add(&ldif);
    }

    fn empty(global: &str, overlay: &str) -> Option<Self> {
        if !left_out::slapd() {
            return None;
        }
        let home = TempDir::new().expect("a temporary directory");
        let data = home.path().join("data");
        std::fs::create_dir(&data).expect("a directory for the data");
        let schemas = ["core", "cosine", "inetorgperson", "nis"];
        let mut conf = String::new();
        for schema in schemas {
            writeln!(conf, "include /etc/ldap/schema/{schema}.schema").expect("memory");
        }
        write!(
            conf,
            "modulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload memberof\n{global}database mdb\nmaxsize 67108864\n\
             suffix dc=example,dc=org\nrootdn cn=admin,dc=example,dc=org\nrootpw {}\n\
             directory {}\nindex member,uniqueMember,memberUid,uid eq\ndbnosync\n\
             access to attrs=userPassword by anonymous auth by * none\n\
             access to * by dn.exact=cn=reader,dc=example,dc=org read by * none\n{overlay}\n",
            password(home.path()),
            data.display()
        )
        .expect("memory");
        std::fs::write(home.path().join("slapd.conf"), conf).expect("a configuration");
        // Another test may take the port between finding it free and slapd taking it.
        for _ in 0..5 {
            let port = free_port();
            let tls_port = (!global.is_empty()).then(free_port);
            let mut child = launched(home.path(), port, tls_port);
            if answers(&mut child, home.path(), port) {
                return Some(Self { port, home, child, tls_port });
            }
        }
        panic!("slapd did not start five times in a row");
    }

    pub fn add(&mut self, ldif: &str) {
        self.client("ldapadd", ldif);
    }

    pub fn modify(&mut self, ldif: &str) {
        self.client("ldapmodify", ldif);
    }

    /// Takes `uid` out of group `cn`.
    pub fn expel(&mut self, uid: &str, cn: &str) {
        self.modify(&format!(
            "dn: cn={cn},ou=groups,dc=example,dc=org\nchangetype: modify\ndelete: member\n\
             member: uid={uid},ou=people,dc=example,dc=org\n"
        ));
    }

    fn client(&self, program: &str, input: &str) {
        let mut client = client(program, self.home.path(), self.port)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("ldap-utils is installed");
        client.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
        let ended = client.wait_with_output().expect("it ends");
        assert!(ended.status.success(), "{program}: {}", String::from_utf8_lossy(&ended.stderr));
    }

    /// Stops answering, as a machine does that swaps; connections still open.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
        // A thread that runs on another processor goes on for a moment.
        while !self.is_stopped() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn is_stopped(&self) -> bool {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("our own child");
        tasks.flatten().all(|task| {
            // `pid (name) state …`
            let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
        })
    }

    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Ends the server; its data and its port stay.
    pub fn stop(&mut self) {
        self.thaw();
        self.signal(Signal::TERM);
        self.child.wait().expect("slapd ends");
    }

    pub fn start_again(&mut self) {
        self.child = launched(self.home.path(), self.port, self.tls_port);
        assert!(answers(&mut self.child, self.home.path(), self.port), "slapd starts again");
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("our own child");
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launched(home: &Path, port: u16, tls_port: Option<u16>) -> Child {
    let mut urls = format!("ldap://127.0.0.1:{port}");
    if let Some(tls_port) = tls_port {
        write!(urls, " ldaps://127.0.0.1:{tls_port}").expect("memory");
    }
    Command::new(left_out::SLAPD)
        .arg("-f")
        .arg(home.join("slapd.conf"))
        .args(["-h", &urls, "-d", "0"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("slapd is installed")
}

/// Whether the server on `port` is ours and answers.
fn answers(child: &mut Child, home: &Path, port: u16) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(10) {
        if child.try_wait().expect("our own child").is_some() {
            return false;
        }
        let mut whoami = client("ldapwhoami", home, port);
        if whoami.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// One of ldap-utils, as the administrator.
fn client(program: &str, home: &Path, port: u16) -> Command {
    let mut client = Command::new(program);
    client.args(["-x", "-H", &format!("ldap://127.0.0.1:{port}")]).args([
        "-D",
        "cn=admin,dc=example,dc=org",
        "-w",
        &password(home),
    ]);
    client
}

/// The administrator's password, another one for each server: nobody talks to a neighbour's.
fn password(home: &Path) -> String {
    home.file_name().expect("a temporary directory has a name").to_string_lossy().into_owned()
}

/// A port nobody listens on. Not one of those the system gives to outgoing connections: who
/// connects to such a port before its server is up may be connected to itself.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 12_000).expect("small");
    loop {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed) * 7) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A person with a POSIX account, primary group 2000. `uid` must need no escape in a DN.
pub fn person(uid: &str) -> String {
    format!(
        "\ndn: uid={uid},ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\n\
         uid: {uid}\ncn: {uid}\nsn: {uid}\nuidNumber: 2000\ngidNumber: 2000\nhomeDirectory: /home/x\n"
    )
}

/// A group of names; members are uids, or whole DNs where they contain `=`.
pub fn group(cn: &str, members: &[&str]) -> String {
    let mut ldif = format!("\ndn: cn={cn},ou=groups,dc=example,dc=org\nobjectClass: groupOfNames\n");
    for member in members {
        let dn = if member.starts_with("cn=") {
            format!("{member},ou=groups,dc=example,dc=org")
        } else if member.contains('=') {
            (*member).to_owned()
        } else {
            format!("uid={member},ou=people,dc=example,dc=org")
        };
        writeln!(ldif, "member: {dn}").expect("memory");
    }
    ldif
}

/// A POSIX group.
pub fn posix_group(cn: &str, number: u32, uids: &[&str]) -> String {
    let mut ldif = format!(
        "\ndn: cn={cn},ou=groups,dc=example,dc=org\nobjectClass: posixGroup\ncn: {cn}\ngidNumber: {number}\n"
    );
    for uid in uids {
        writeln!(ldif, "memberUid: {uid}").expect("memory");
    }
    ldif
}
