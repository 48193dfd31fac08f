//! A large university: its people and groups in LDAP, its presets, and what everybody used last.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::program::Program;
use crate::trouble::{Doing, Result};

/// The first groups are departments, and everybody is in one of them; the others are projects.
const DEPARTMENTS: usize = 40;
/// Departments that limit their members wherever they are: the first ones.
const STRICT: usize = 10;
/// Projects of each person.
const PROJECTS: usize = 7;
/// Presets of the site, and people's own.
const OTHERS: usize = 200;

/// A university with so many groups in its directory, each with a preset of its own.
#[derive(Clone, Copy)]
pub struct University {
    pub groups: usize,
}

impl University {
    /// Presets in all.
    pub fn presets(self) -> usize {
        self.groups + OTHERS
    }

    /// The department of person `n` and their projects, mixed as lives are. The first project is
    /// `n * 7` of them (load.lua knows that, too).
    fn groups_of(self, n: usize) -> Vec<usize> {
        let projects = self.groups - DEPARTMENTS;
        let mut groups = vec![mixed(n) % DEPARTMENTS, DEPARTMENTS + n * 7 % projects];
        let mut k = n;
        while groups.len() < PROJECTS + 1 {
            k = mixed(k);
            let group = DEPARTMENTS + k % projects;
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        groups
    }

    /// Everybody and every group, for `slapadd`.
    pub fn ldif(self, people: usize) -> String {
        let mut text = String::with_capacity(people * 800);
        let mut members: Vec<Vec<usize>> = vec![vec![]; self.groups];
        for n in 0..people {
            let _ = write!(
                text,
                "dn: uid=u{n:06},ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: u{n:06}\ncn: P\nsn: P\n"
            );
            for group in self.groups_of(n) {
                members[group].push(n);
                let _ = writeln!(text, "memberOf: cn=g{group:04},ou=groups,dc=example,dc=org");
            }
            text.push('\n');
        }
        for (group, members) in members.iter().enumerate() {
            let _ = write!(
                text,
                "dn: cn=g{group:04},ou=groups,dc=example,dc=org\nobjectClass: groupOfNames\ncn: g{group:04}\n"
            );
            // A group needs a member.
            let nobody = (members.is_empty()).then_some("cn=reader,dc=example,dc=org".to_owned());
            for member in
                members.iter().map(|n| format!("uid=u{n:06},ou=people,dc=example,dc=org")).chain(nobody)
            {
                let _ = writeln!(text, "member: {member}");
            }
            text.push('\n');
        }
        text
    }

    /// The demo's catalogue with this university's groups and presets.
    pub fn site(self, demo: &str) -> String {
        let catalogue = demo.split("\ngroups:").next().unwrap_or(demo);
        let mut text = format!("{catalogue}\ngroups:\n");
        for group in 0..self.groups {
            let _ = write!(
                text,
                "  g{group:04}:\n    title: Research group {group}\n    from: {{ldap: \"cn=g{group:04},ou=groups,dc=example,dc=org\"}}\n    priority: {}\n",
                group % 10
            );
            if group < STRICT {
                text.push_str("    trims: {cores: {max: 64, because: the department's share of the cluster, policy: true}}\n");
            } else if group % 20 == 0 {
                text.push_str("    trims: {software: {default: pytorch-2.6, because: most of the group works with it}}\n");
            }
        }
        text.push_str("\npresets:\n");
        for group in 0..self.groups {
            let _ = write!(
                text,
                "  p{group:04}:\n    title: Preset {group} on Rome\n    owner: {{group: g{group:04}}}\n    profile: node\n    values: {{partition: rome, cores: 4, memory: 16GB, walltime: 4h}}\n    ask: {{cores: {{max: 32}}, walltime: {{max: 8h}}}}\n"
            );
        }
        for (id, cores) in [("small", 1), ("medium", 8), ("large", 32)] {
            let _ = write!(
                text,
                "  {id}:\n    title: A {id} server\n    owner: site\n    profile: node\n    values: {{partition: genoa, cores: {cores}, memory: 8GB}}\n    ask: {{walltime: {{max: 8h}}}}\n"
            );
        }
        for n in 0..OTHERS - 3 {
            let _ = write!(
                text,
                "  own-{n}:\n    title: My own\n    owner: {{user: u{:06}}}\n    profile: node\n    values: {{partition: rome, cores: 2, job_name: own}}\n",
                n * 5
            );
        }
        text.push_str("\ndefaults: {preset: small}\n");
        text
    }

    /// Two statements that give each of the first `people` a last start and a default: their first
    /// project's preset.
    fn seed(self, people: usize, postgres: bool) -> [String; 2] {
        let project = format!("{DEPARTMENTS} + n * 7 % {}", self.groups - DEPARTMENTS);
        let (json, moment) = if postgres {
            ("::json", "TIMESTAMPTZ '2026-11-20 09:00:00Z'")
        } else {
            ("", "'2026-11-20T09:00:00.000000Z'")
        };
        let digits = |number: &str, count: usize| match postgres {
            true => format!("lpad(({number})::text, {count}, '0')"),
            false => format!("printf('%0{count}d', {number})"),
        };
        let (person, group) = (format!("'u' || {}", digits("n", 6)), digits(&project, 4));
        let everybody = format!(
            "WITH RECURSIVE everybody(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM everybody WHERE n + 1 < {people})"
        );
        let end = "FROM everybody WHERE true ON CONFLICT DO NOTHING";
        [
            format!(
                "{everybody} INSERT INTO selections (person, server_name, context, preset, chosen_values, at)
                 SELECT {person}, '', 'g' || {group}, 'p' || {group}, '{{\"cores\":4,\"walltime\":\"4h\"}}'{json}, {moment} {end}"
            ),
            format!(
                "{everybody} INSERT INTO preferences (person, document, version, updated_at)
                 SELECT {person}, ('{{\"default\":\"p' || {group} || '\"}}'){json}, 1, {moment} {end}"
            ),
        ]
    }

    /// Writes that into the database at `url`, whose tables are there.
    pub fn remember(self, people: usize, url: &str, log: &Path) -> Result<()> {
        for statement in self.seed(people, !url.starts_with("sqlite:")) {
            match url.strip_prefix("sqlite:") {
                Some(file) => {
                    let script = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\nc.execute(sys.argv[2])\nc.commit()";
                    Program::new("python3", "python3").args(["-c", script, file, &statement]).run(log)?;
                }
                None => Program::new("psql", "psql")
                    .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", &statement, url])
                    .run(log)?,
            }
        }
        Ok(())
    }
}

/// A number that looks as if it were drawn (`SplitMix64`), the same in each run.
fn mixed(n: usize) -> usize {
    let n = (n as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ n >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ n >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    usize::try_from((n ^ n >> 31) >> 1).unwrap_or_default()
}

/// Writes a file.
pub fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).doing(format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_in_as_many_different_groups() {
        for (n, groups) in [(0, 4_800), (999, 4_800), (99_999, 4_800), (0, 200), (999, 200)] {
            let mut groups = University { groups }.groups_of(n);
            groups.sort_unstable();
            groups.dedup();
            assert_eq!(groups.len(), PROJECTS + 1);
        }
    }
}
