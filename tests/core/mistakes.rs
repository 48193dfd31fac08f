//! What a site file must not say, and where the administrator is told to look.

use std::io::Write as _;

use jupyterhub_presets::desk::apply;

use super::SITE;

/// The messages for `yaml`, without the name of the file.
fn told(yaml: &str) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(yaml.as_bytes()).unwrap();
    let refused = apply::check(file.path()).err().expect("a mistake is found").to_string();
    refused.replace(&format!("{}:", file.path().display()), "")
}

/// The line of `site.yaml` that holds `text`.
fn line(text: &str) -> usize {
    SITE.lines().position(|line| line.contains(text)).unwrap() + 1
}

#[test]
fn each_mistake_names_line_object_and_what_would_be_right() {
    let rows = [
        (
            "profile: node, values: {cores: 2}",
            "profile: nodes, values: {cores: 2}",
            "small:",
            "there is no profile “nodes”; there are node",
        ),
        (
            "cores: 2}",
            "cores: 200}",
            "small:",
            "choose between 1 and 128 cores (it says 200; allowed: 1 to 128)",
        ),
        (
            "partition: gpu,",
            "partition: fat,",
            "values: {partition: gpu",
            "choose AMD Rome, AMD Genoa or NVIDIA A100",
        ),
        (
            "owner: {group: physics}",
            "owner: {group: phisics}",
            "owner: {group",
            "there is no group “phisics”; there are chemistry, hpc, physics",
        ),
        (
            "backend: slurm,",
            "backend: slurn,",
            "node: {title",
            "there is no backend “slurn”; there are slurm",
        ),
        ("\"{cores:text}\"", "\"{coers:text}\"", "req_nprocs", "there is no option “coers”"),
        (
            "\"{walltime:slurm}\"",
            "\"{walltime:MiB}\"",
            "req_runtime",
            "write it as text, label, seconds, minutes, hours, slurm",
        ),
        ("share, exclusive, job_name]", "share, exclusive]", "node: {title", "needs the option “job_name”"),
        ("max: 12h,", "max: 10min,", "walltime: {max: 12h", "nothing is left"),
        ("max: 64, default: 4", "min: 65, max: 64, default: 4", "cores: {max: 64", "nothing is left"),
        ("fixed: \"2\"", "fixed: \"3\"", "share: {fixed", "choose between 0.5 and 2"),
        ("because: never needed", "because: ''", "exclusive: {hidden", "a reason people can be told"),
        (
            "preset: small}",
            "preset: pytorch}",
            "defaults:",
            "there is no preset of the site “pytorch”; there are small, whole",
        ),
        ("step: 1GB", "step: 0GB", "memory: {type", "more than 0"),
        (
            "type: boolean,",
            "type: boolean, min: 1,",
            "exclusive: {type",
            "“min” means nothing for type boolean",
        ),
        ("pattern: \"[a-z][a-z0-9-]{0,19}\"", "pattern: \"[a-z\"", "job_name: {type", "does not compile"),
        ("from: {hub: physics}", "from: {ldap: physics}", "from: {hub: physics}", "no distinguished name"),
        (
            "values: {cores: 128, exclusive: true}",
            "values: {walltime: 20h}",
            "whole:",
            "does not fit its own limits: Wall time: 12 h instead of 20 h",
        ),
        (
            "ask: {walltime: {max: 4h}, partition: {}}",
            "ask: {walltime: {min: 13h}}",
            "ask: {walltime: {max: 4h}",
            "could never start: no wall time is left to choose",
        ),
        ("title: A small server", "title: \"A small\\nserver\"", "small:", "1 to 100 visible characters"),
        ("title: A small server", "titel: A small server", "small:", "titel"),
        ("policy: true", "policy: perhaps", "a shared node", "bool"),
    ];
    for (right, wrong, place, words) in rows {
        assert!(SITE.contains(right), "{right}");
        let told = told(&SITE.replacen(right, wrong, 1));
        let first = told.lines().next().unwrap();
        let found: usize =
            first.split(':').next().unwrap().parse().unwrap_or_else(|_| panic!("no line: {first}"));
        // A preset written over several lines is found at its first or at the value itself.
        assert!(found.abs_diff(line(place)) <= 1, "{wrong}: line {found}, not {}: {told}", line(place));
        assert!(told.contains(words), "{wrong}: {told}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let two = SITE.replacen("cores: 2}", "cores: 200}", 1).replacen("preset: small}", "preset: nix}", 1);
    assert_eq!(told(&two).lines().count(), 2, "{}", told(&two));
    let hpc = "from: {hub: hpc}, trims: {walltime: {min: 13h, because: long jobs}}";
    let conflict = SITE.replacen("cores: 2}", "cores: 200}", 1).replacen("from: {hub: hpc}", hpc, 1);
    let told = told(&conflict);
    assert!(
        told.contains("leaves nothing to choose") && told.contains("choose between 1 and 128 cores"),
        "{told}"
    );
}

#[test]
fn environment_that_decides_who_a_server_is_cannot_be_set() {
    for name in ["JUPYTERHUB_API_TOKEN", "PATH", "LD_PRELOAD", "PYTHONPATH", "lower"] {
        let site = SITE.replacen(
            "    spawner: slurm\n",
            &format!("    spawner: slurm\n    environment: {{{name}: x}}\n"),
            1,
        );
        assert!(told(&site).contains("reserved"), "{name}");
    }
}
