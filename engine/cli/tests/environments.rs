//! Environments that come and go: when they expire, which of them `dr env gc` destroys, and what it leaves alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::cloud::{Cloud as _, Intent, Target};
use dr_core::value::Map;
use dr_run::{KeySource, Stack, Store};
use dr_sandbox::{Sandbox, SandboxOptions};
use serde_json::Value;
use tempfile::TempDir;

const PROGRAM: &str = r#"
component("east", #{ region: "us-east-1" }, || {
    let dead = sqs::queue("dead", #{});
    let net = ec2::vpc("net", #{ cidr_block: "10.0.0.0/16" });
    ec2::subnet("a", #{ vpc_id: net.id, cidr_block: "10.0.1.0/24", availability_zone: "us-east-1a" });
});
"#;

const TABLES: &str = r#"
[environments."pr-*"]
ttl = "3d"
[environments."qa-*"]
ephemeral = true
ttl = "2d"
ttl_from = "creation"
[environments.prod]
protected = true
ttl = "1d"
[environments.live]
[environments.weekly]
ttl = "7d"
"#;

/// A project with its state.
struct Team {
    folder: TempDir,
}

impl Team {
    fn new() -> Team {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("programs")).unwrap();
        std::fs::write(folder.path().join("programs/shop.rhai"), PROGRAM).unwrap();
        std::fs::write(folder.path().join("programs/bin.rhai"), "sqs::queue(\"bin\", #{ region: \"us-east-1\" });")
            .unwrap();
        std::fs::write(folder.path().join("dr.toml"), TABLES).unwrap();
        Team { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a command, at noon of a day of December.
    fn start(&self, day: u32, line: &str) -> Child {
        Command::new(env!("CARGO_BIN_EXE_dr"))
            .args(line.split_whitespace())
            .env_clear()
            .env("HOME", self.path())
            .env("USER", "anna")
            .env("DR_NOW", format!("2026-12-{day:02}T12:00:00Z"))
            .current_dir(self.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn run(&self, day: u32, line: &str) -> Output {
        self.start(day, line).wait_with_output().unwrap()
    }

    /// Runs a command that must end well.
    fn done(&self, day: u32, line: &str) -> String {
        let output = self.run(day, line);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn apply(&self, day: u32, program: &str, environment: &str) {
        self.done(day, &format!("apply {program} --env {environment} --yes"));
    }

    fn json(&self, day: u32, line: &str) -> (Option<i32>, Value) {
        let output = self.run(day, &format!("{line} --json"));
        let value = serde_json::from_slice(&output.stdout);
        (output.status.code(), value.unwrap_or_else(|e| panic!("{line}: {e}: {}", said(&output))))
    }

    fn sandbox(&self) -> Sandbox {
        let dir = self.path().join("state/.sandbox");
        Sandbox::open(&dir, Arc::new(dr_kinds::registry()), SandboxOptions::default()).unwrap()
    }

    /// The environments that have anything in the cloud, by their tags.
    fn alive(&self) -> BTreeSet<String> {
        self.sandbox().list().unwrap().iter().map(|one| one.tags["dr:env"].to_string()).collect()
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn names(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|name| (*name).to_owned()).collect()
}

/// What became of each environment.
fn outcomes(found: &Value) -> Vec<(&str, &str)> {
    let text = |one: &'_ Value, key: &str| one[key].as_str().unwrap().to_owned().leak() as &str;
    found.as_array().unwrap().iter().map(|one| (text(one, "environment"), text(one, "outcome"))).collect()
}

#[test]
fn of_twenty_environments_of_mixed_age_exactly_the_expired_go() {
    let team = Team::new();
    // By the last apply, three days.
    for (number, day) in (1..=12).zip([1, 5, 6, 7, 8, 9, 1, 2, 3, 4, 8, 7]) {
        team.apply(day, "shop", &format!("pr-{number}"));
    }
    team.apply(8, "shop", "pr-7"); // applied again
    team.apply(8, "bin", "pr-8"); // another program of it was applied since
    team.done(7, "env extend pr-10 4d"); // until the 11th
    // By the first apply, two days.
    for (name, day) in [("qa-1", 1), ("qa-2", 7), ("qa-3", 8)] {
        team.apply(day, "shop", name);
    }
    team.apply(8, "shop", "qa-1"); // applied again, which does not count
    for name in ["prod", "live", "weekly"] {
        team.apply(1, "shop", name);
    }
    for (name, day) in [("pr-120", 8), ("pr-33", 1)] {
        team.apply(day, "shop", name);
    }
    let before = team.alive();
    assert_eq!(before.len(), 20);
    let gone = ["pr-1", "pr-2", "pr-3", "pr-33", "pr-9", "qa-1", "qa-2"];
    // At noon of the 9th, the 6th was three days ago.
    let (status, due) = team.json(9, "env gc --dry-run");
    // It says what the destruction would say: data of weekly would be lost.
    assert_eq!(status, Some(3), "{due}");
    let told = outcomes(&due);
    let would: Vec<&str> = told.iter().filter(|(_, fate)| *fate == "due").map(|(name, _)| *name).collect();
    assert_eq!(would, gone, "{due}");
    assert!(told.contains(&("weekly", "refused")) && told.len() == gone.len() + 1, "{due}");
    assert_eq!(team.alive(), before, "nothing has changed");
    let (status, done) = team.json(9, "env gc --yes");
    let told: Vec<(&str, &str)> = outcomes(&done);
    let destroyed: Vec<&str> = told.iter().filter(|(_, fate)| *fate == "destroyed").map(|(name, _)| *name).collect();
    assert_eq!(destroyed, gone, "{done}");
    assert_eq!(status, Some(3), "data of weekly would be lost: {done}");
    assert!(told.contains(&("weekly", "refused")) && told.len() == gone.len() + 1, "{done}");
    let expected: BTreeSet<String> = before.difference(&names(&gone)).cloned().collect();
    assert_eq!(team.alive(), expected);
    // Once more there is nothing to do but for that one.
    let (_, again) = team.json(9, "env gc --yes");
    assert_eq!(outcomes(&again), [("weekly", "refused")], "{again}");
    // The words that the others need.
    let (status, rest) = team.json(9, "env gc --yes --allow-data-loss");
    assert_eq!((status, outcomes(&rest)), (Some(0), vec![("weekly", "destroyed")]), "{rest}");
    // What is gone is listed no more; what is protected never expires.
    let (_, list) = team.json(9, "env list");
    let listed: BTreeSet<String> =
        list.as_array().unwrap().iter().map(|one| one["environment"].as_str().unwrap().to_owned()).collect();
    assert_eq!(listed, team.alive());
    let text = team.done(9, "env list");
    let prod = text.lines().find(|line| line.starts_with("prod")).unwrap();
    assert!(prod.contains("never") && !prod.contains("expired"), "{text}");
    let output = team.run(9, "env extend prod 2d");
    assert!(output.status.code() == Some(1) && said(&output).contains("it never expires"), "{}", said(&output));
}

#[test]
fn what_is_named_as_closed_goes_although_it_has_not_expired() {
    let team = Team::new();
    for name in ["pr-1", "pr-12", "pr-2", "live"] {
        team.apply(8, "shop", name);
    }
    let with = |line: &str, text: &str| {
        let mut child = team.start(9, line);
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let said_wrong = said(&with("env gc --closed - --yes", "pr-1\nPR 2\n"));
    assert!(said_wrong.contains("line 2 of standard input"), "{said_wrong}");
    assert_eq!(team.alive().len(), 4);
    let output = with("env gc --closed - --yes --json", "# of this week\npr-1\n\npr-99\nlive\n");
    let done: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outcomes(&done), [("live", "refused"), ("pr-1", "destroyed")], "{done}");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(team.alive(), names(&["live", "pr-12", "pr-2"]));
    let output = with("env gc --closed nosuch --yes", "");
    assert!(said(&output).contains("cannot read `nosuch`"), "{}", said(&output));
}

#[test]
fn what_somebody_works_on_is_told_and_the_others_go() {
    let team = Team::new();
    for name in ["pr-1", "pr-2", "pr-3"] {
        team.apply(1, "shop", name);
    }
    let held =
        Store::open(&team.path().join("state"), &Stack::new("shop", "pr-2"), &KeySource::StateDirectory).unwrap();
    let (status, done) = team.json(9, "env gc --yes");
    assert_eq!(status, Some(4), "{done}");
    assert_eq!(outcomes(&done), [("pr-1", "destroyed"), ("pr-2", "locked"), ("pr-3", "destroyed")]);
    assert!(done[1]["why"][0].as_str().unwrap().contains("process"), "{done}");
    drop(held);
    assert_eq!(team.json(9, "env gc --yes").0, Some(0));
    assert_eq!(team.alive(), names(&[]));
}

#[test]
fn what_cannot_be_destroyed_keeps_none_of_the_others() {
    let team = Team::new();
    for name in ["pr-1", "pr-2", "pr-3"] {
        team.apply(1, "shop", name);
    }
    let text = format!("{TABLES}[environments.pr-2]\naccount = \"123456789012\"\n");
    std::fs::write(team.path().join("dr.toml"), text).unwrap();
    let (status, done) = team.json(9, "env gc --yes");
    assert_eq!(outcomes(&done), [("pr-1", "destroyed"), ("pr-2", "refused"), ("pr-3", "destroyed")]);
    assert_eq!(status, Some(3), "{done}");
    assert_eq!(team.alive(), names(&["pr-2"]));
}

#[test]
fn two_at_once_share_the_work() {
    let team = Team::new();
    for number in 1..=6 {
        team.apply(1, "shop", &format!("pr-{number}"));
    }
    let both = [team.start(9, "env gc --yes"), team.start(9, "env gc --yes")];
    for child in both {
        let output = child.wait_with_output().unwrap();
        // Whoever came second to one of them says so.
        assert!(matches!(output.status.code(), Some(0 | 4)), "{}", said(&output));
    }
    assert_eq!(team.json(9, "env gc --yes").0, Some(0));
    assert_eq!(team.alive(), names(&[]));
}

#[test]
fn what_bears_the_tags_of_another_stays_with_what_it_uses() {
    for (environment, program) in [("pr-2", "shop"), ("pr-1", "bin")] {
        let team = Team::new();
        team.apply(1, "shop", "pr-1");
        let sandbox = team.sandbox();
        let subnet = sandbox.list().unwrap().into_iter().find(|one| one.kind == "ec2.subnet").unwrap();
        let address = Address::parse("east/ec2.subnet:a").unwrap();
        let kinds = dr_kinds::registry();
        let at = Target { kind: kinds.get("ec2.subnet").unwrap(), region: subnet.region.as_deref(), address: &address };
        let intent = Intent {
            op: "x".into(),
            environment: environment.into(),
            program: program.into(),
            address: address.clone(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(sandbox.claim(at, &subnet.id, &Map::new(), &intent)).unwrap();
        let (status, done) = team.json(9, "env gc --yes");
        assert_eq!((status, outcomes(&done)), (Some(1), vec![("pr-1", "left")]), "{done}");
        let why = done[0]["why"].to_string();
        assert!(why.contains(&format!("environment `{environment}` of the program `{program}`")), "{why}");
        assert!(why.contains("`east/ec2.vpc:net` stays: what stays uses it"), "{why}");
        let left: BTreeSet<&str> = team.sandbox().list().unwrap().iter().map(|one| one.kind).collect();
        assert_eq!(left, BTreeSet::from(["ec2.subnet", "ec2.vpc"]), "the queue is gone");
    }
}

#[test]
fn the_list_says_when_an_environment_expires_and_who_applied_it() {
    let team = Team::new();
    team.apply(1, "shop", "pr-1");
    team.apply(8, "shop", "pr-2");
    team.apply(1, "shop", "live");
    let (_, list) = team.json(9, "env list");
    let of = |name: &str| list.as_array().unwrap().iter().find(|one| one["environment"] == name).unwrap().clone();
    let (one, two, live) = (of("pr-1"), of("pr-2"), of("live"));
    assert_eq!((&one["expired"], &one["expires"]), (&Value::Bool(true), &Value::from("2026-12-04T12:00:00Z")));
    assert_eq!((&two["expired"], &two["expires"]), (&Value::Bool(false), &Value::from("2026-12-11T12:00:00Z")));
    assert_eq!((&live["expired"], &live["expires"]), (&Value::Bool(false), &Value::Null));
    assert!(one["last_apply_by"].as_str().unwrap().starts_with("anna@"), "{one}");
    let text = team.done(9, "env list");
    for words in ["expired 5d ago", "in 2d", "2026-12-01 12:00", "anna@"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // The two days count from its expiry, or from now where it has expired already.
    assert!(team.done(9, "env extend pr-2 2d").contains("pr-2 expires 2026-12-13 12:00 (UTC), in 4d"));
    assert!(team.done(9, "env extend pr-1 2d").contains("pr-1 expires 2026-12-11 12:00 (UTC), in 2d"));
    for (line, why) in [
        ("env extend live 2d", "has no time to live"),
        ("env extend pr-3 2d", "nothing says when"),
        ("env extend pr-1 soon", "`soon` is not a length of time"),
        ("env extend PR 2d", "cannot name an environment"),
    ] {
        let output = team.run(9, line);
        assert!(output.status.code() == Some(1) && said(&output).contains(why), "{line}: {}", said(&output));
    }
    assert_eq!(team.json(9, "env gc --dry-run"), (Some(0), Value::Array(Vec::new())));
}

#[test]
fn a_clock_that_is_none_is_refused() {
    let team = Team::new();
    let output = Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(["env", "list"])
        .env_clear()
        .env("DR_NOW", "tomorrow")
        .current_dir(team.path())
        .output()
        .unwrap();
    assert!(said(&output).contains("DR_NOW: `tomorrow` is not a time"), "{}", said(&output));
}

#[test]
fn what_bears_no_tags_any_more_stays() {
    let team = Team::new();
    team.apply(1, "shop", "pr-1");
    let queue = team.sandbox().list().unwrap().into_iter().find(|one| one.kind == "sqs.queue").unwrap();
    team.sandbox().tamper_untag("sqs.queue", &queue.id).unwrap();
    let (status, done) = team.json(9, "env gc --yes");
    assert_eq!((status, outcomes(&done)), (Some(1), vec![("pr-1", "left")]), "{done}");
    assert!(done[0]["why"][0].as_str().unwrap().contains("bears no tags"), "{done}");
    let left: Vec<&str> = team.sandbox().list().unwrap().iter().map(|one| one.kind).collect();
    assert_eq!(left, ["sqs.queue"]);
}

impl Team {
    fn with(&self, line: &str, text: &str) -> Output {
        let mut child = self.start(9, line);
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }
}

#[test]
fn what_no_state_knows_of_a_closed_environment_is_told() {
    let team = Team::new();
    for (program, environment) in [("shop", "pr-1"), ("bin", "pr-1"), ("bin", "pr-2"), ("bin", "pr-3")] {
        team.apply(8, program, environment);
    }
    let state = team.path().join("state");
    std::fs::remove_dir_all(state.join("pr-1/shop")).unwrap();
    std::fs::remove_dir_all(state.join("pr-2")).unwrap();
    for (line, first) in [("env gc --closed - --dry-run --json", "due"), ("env gc --closed - --yes --json", "left")] {
        let output = team.with(line, "pr-1\npr-2\npr-99\n");
        let done: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(outcomes(&done), [("pr-1", first), ("pr-2", "left")], "{done}");
        assert_eq!(output.status.code(), Some(1), "{done}");
        let why = done[1]["why"].to_string();
        assert!(why.contains("1 resource of bin") && why.contains("`dr destroy --from-tags --env pr-2`"), "{why}");
        if first == "left" {
            assert!(done[0]["why"].to_string().contains("of shop stay, and no state knows of them"), "{done}");
        }
    }
    assert_eq!(team.alive(), names(&["pr-1", "pr-2", "pr-3"]));
    for name in ["pr-1", "pr-2"] {
        team.done(9, &format!("destroy --env {name} --from-tags --yes"));
    }
    let output = team.with("env gc --closed - --yes --json", "pr-1\npr-2\n");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stdout).trim()), (Some(0), "[]"));
}

#[test]
fn an_environment_whose_state_cannot_be_read_is_told_as_one() {
    let team = Team::new();
    for name in ["pr-1", "pr-2", "live"] {
        team.apply(1, "shop", name);
    }
    for name in ["pr-2", "live"] {
        let state = team.path().join("state").join(name).join("shop");
        for file in ["log", "db/db"] {
            std::fs::write(state.join(file), "rubbish, and nothing else, again and again").unwrap();
        }
    }
    for (line, first) in [("env gc --dry-run", "due"), ("env gc --yes", "destroyed")] {
        let (status, done) = team.json(9, line);
        assert_eq!((status, outcomes(&done)), (Some(1), vec![("pr-1", first), ("pr-2", "failed")]), "{done}");
        assert!(done[1]["why"][0].as_str().unwrap().contains("shop cannot be read"), "{done}");
    }
    assert_eq!(team.alive(), names(&["live", "pr-2"]));
}

#[test]
fn a_rebuilt_environment_expires_from_then_on() {
    let team = Team::new();
    team.apply(1, "shop", "pr-1");
    std::fs::remove_dir_all(team.path().join("state/pr-1")).unwrap();
    team.done(2, "state rebuild shop --env pr-1");
    let (_, list) = team.json(3, "env list");
    assert_eq!(list[0]["expires"], "2026-12-05T12:00:00Z", "{list}");
    // A rebuild that finds more is no apply.
    team.done(3, "state rm east/sqs.queue:dead --env pr-1 --yes");
    team.done(4, "state rebuild shop --env pr-1");
    assert_eq!(team.json(4, "env list").1[0]["expires"], "2026-12-05T12:00:00Z");
    assert!(team.done(4, "env extend pr-1 1d").contains("pr-1 expires 2026-12-06 12:00"));
    assert_eq!(team.json(9, "env gc --yes").0, Some(0));
    assert_eq!(team.alive(), names(&[]));
}
