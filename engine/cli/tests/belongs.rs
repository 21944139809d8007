//! What belongs to whom, where a state and the cloud say different things: what others made anew stays, and what the stack
//! made is not made twice. All of it through the real `dr`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

const PROGRAM: &str = r#"
let p = program(#{ long: param("Whether the queue is another one", false) });
component("primary", #{ region: "us-east-1" }, || {
    let v = ec2::vpc("v", #{ cidr_block: "10.0.0.0/16" });
    ec2::subnet("s", #{ vpc_id: v.id, cidr_block: "10.0.1.0/24", availability_zone: "us-east-1a" });
    sqs::queue("orders", if p.long { #{ fifo_queue: true } } else { #{} });
});
"#;

/// A folder with two programs that declare the same.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        ["q.rhai", "o.rhai"].iter().for_each(|name| std::fs::write(dir.path().join(name), PROGRAM).unwrap());
        Place(dir)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// The status of a command, and all that it said.
    fn run(&self, line: &str) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dr"));
        command.args(line.split_whitespace()).current_dir(self.path()).env_clear().env("HOME", self.path());
        let output = command.env("PATH", "/usr/bin:/bin").stdin(Stdio::null()).output().unwrap();
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        (output.status.code().unwrap(), said.concat())
    }

    fn well(&self, line: &str) -> String {
        let (status, said) = self.run(line);
        assert_eq!(status, 0, "{line}: {said}");
        said
    }

    /// Puts the state of `q` away, or back.
    fn rename(&self, from: &str, to: &str) {
        std::fs::rename(self.path().join(from), self.path().join(to)).unwrap();
    }

    /// How many resources of a program the cloud has, as a look at the tags tells.
    fn tagged(&self, program: &str) -> String {
        self.run(&format!("verify-destroyed {program} --env pr-7 --no-wait")).1
    }
}

#[test]
fn what_somebody_else_made_anew_is_neither_destroyed_nor_replaced() {
    let place = Place::new();
    place.well("apply q.rhai --env pr-7 --yes");
    let copy = Command::new("cp").arg("-r").args(["state/pr-7/q", "kept"]).current_dir(place.path()).status();
    assert!(copy.unwrap().success());
    place.well("destroy q --env pr-7 --yes --allow-data-loss --no-wait");
    place.well("apply o.rhai --env pr-7 --yes");
    std::fs::remove_dir_all(place.path().join("state/pr-7/q")).unwrap();
    place.rename("kept", "state/pr-7/q");
    let whose = "it belongs to the environment `pr-7` of the program `o`";
    // A replacement counts on the deletion.
    let (status, said) = place.run("apply q.rhai --env pr-7 --yes --allow-data-loss --set long=true --no-refresh");
    assert!(status == 3 && said.contains(whose), "{status} {said}");
    let (status, said) = place.run("destroy q --env pr-7 --yes --allow-data-loss --no-wait");
    assert!(status == 1 && said.contains(whose), "{status} {said}");
    assert!(said.contains("state rm primary/sqs.queue:orders"), "{said}");
    let said = place.well("plan o.rhai --env pr-7");
    assert!(said.contains("No changes"), "{said}");
    place.well("state rm primary/sqs.queue:orders --program q --env pr-7 --yes");
    place.well("destroy o --env pr-7 --yes --allow-data-loss --no-wait");
}

#[test]
fn what_is_declared_and_not_recorded_is_not_made_twice() {
    let place = Place::new();
    place.well("apply q.rhai --env pr-7 --yes");
    place.well("state rm primary/ec2.vpc:v --env pr-7 --yes");
    let said = place.well("apply q.rhai --env pr-7 --yes");
    assert!(said.contains("exists already, and its state does not say so: it is taken over"), "{said}");
    assert!(!said.contains("created"), "{said}");
    // What is declared no more stays forgotten, although nothing else is recorded.
    place.well("state rm primary --env pr-7 --yes");
    std::fs::write(place.path().join("q.rhai"), PROGRAM.replace("sqs::queue", "//")).unwrap();
    let said = place.well("apply q.rhai --env pr-7 --yes");
    assert!(said.contains("2 resources of this environment exist already"), "{said}");
    assert!(!place.well("state list --env pr-7").contains("sqs.queue"));
    assert!(place.tagged("q").contains("sqs.queue:orders"));
    place.well("destroy q --env pr-7 --yes --allow-data-loss --no-wait --from-tags");
}

#[test]
fn what_has_the_name_already_is_said_to_be_whose_it_is() {
    let place = Place::new();
    place.well("apply o.rhai --env pr-7 --yes");
    let (status, said) = place.run("apply q.rhai --env pr-7 --yes");
    assert!(status == 1 && said.contains("it exists already, and belongs to `o/pr-7`"), "{status} {said}");
}

#[test]
fn a_copy_of_a_state_gives_nobody_its_resources() {
    let place = Place::new();
    place.well("apply q.rhai --env one --yes");
    let recorded = place.well("state list --env one");
    let copied = Command::new("cp").args(["-r", "state/one", "state/two"]).current_dir(place.path()).status();
    assert!(copied.unwrap().success());
    for (line, ends) in [
        ("destroy q --env two --yes --allow-data-loss", 3),
        ("apply q.rhai --env two --yes", 3),
        ("state list --env two", 3),
        ("state verify --env two", 1),
    ] {
        let (status, said) = place.run(line);
        assert!(status == ends && said.contains("the state of `q/one`, not of `q/two`"), "{line}: {status} {said}");
    }
    assert_eq!(place.well("state list --env one"), recorded);
    place.well("destroy q --env one --yes --allow-data-loss --no-wait");
}
