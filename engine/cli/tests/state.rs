//! The state as the user meets it: several commands at once, commands that are killed, disks that are full or read-only,
//! files that are damaged, and who may look at them. All of it through the real `dr`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

const PROGRAM: &str = r#"
let p = program(#{ n: param("How many", 6), slow: param("Whether it takes a while", false) });
component("main", #{ region: "us-east-1" }, || {
    for i in 0..p.n {
        sqs::queue(`q${i}`, #{});
    }
    if p.slow {
        ec2::vpc("net", #{ cidr_block: "10.0.0.0/16" });
    }
    let key = random::password("key", #{ length: 20 });
    ssm::parameter("key", #{ type: "SecureString", value: key.result });
});
output("n", p.n);
"#;

/// What a command said.
#[derive(Debug)]
struct Said {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn of(child: Child) -> Said {
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { status: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Succeeded; what it said on standard output.
    fn well(self) -> String {
        assert_eq!(self.status, Some(0), "{}{}", self.out, self.err);
        self.out
    }
}

/// A folder with the program and a state.
struct Place {
    dir: TempDir,
    dr: PathBuf,
}

impl Place {
    fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("p.rhai"), PROGRAM).unwrap();
        Place { dir, dr: env!("CARGO_BIN_EXE_dr").into() }
    }

    fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    fn command(&self, line: &str) -> Command {
        self.dressed(Command::new(&self.dr), line)
    }

    /// The same behind some words of the shell: masks and limits.
    fn behind(&self, words: &str, line: &str) -> Said {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{words}; exec \"$0\" \"$@\"")]).arg(&self.dr);
        Said::of(self.dressed(shell, line).spawn().unwrap())
    }

    fn dressed(&self, mut command: Command, line: &str) -> Command {
        let (here, quiet) = (self.dir.path(), Stdio::null());
        command.args(line.split_whitespace()).current_dir(here).env_clear().env("HOME", here).stdin(quiet);
        command.env("PATH", "/usr/bin:/bin").stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn start(&self, line: &str) -> Child {
        self.command(line).spawn().unwrap()
    }

    fn run(&self, line: &str) -> Said {
        Said::of(self.start(line))
    }

    /// The addresses that are recorded.
    fn recorded(&self, env: &str) -> BTreeSet<String> {
        let list = self.run(&format!("state list --env {env}"));
        // Somebody who was killed early has made no state yet.
        assert!(list.status == Some(0) || list.err.contains("is empty"), "{list:?}");
        list.out.lines().filter_map(|line| line.split_whitespace().next()).map(Into::into).collect()
    }

    /// That a destroy finds everything that was made: what it leaves it would tell.
    fn destroy(&self, env: &str) {
        let said = self.run(&format!("destroy --env {env} --yes --allow-data-loss"));
        assert!(said.status == Some(0) && said.out.ends_with("Nothing is left\n"), "{said:?}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        found.push(path.clone());
        if path.is_dir() {
            found.extend(files(&path));
        }
    }
    found
}

fn numbers(mut seed: u64) -> impl FnMut(u64) -> u64 {
    move |bound| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % bound
    }
}

#[test]
fn whoever_looks_is_not_kept_waiting_by_whoever_applies() {
    let place = Place::new();
    place.run("apply p.rhai --env ee --yes").well();
    let mut apply = place.start("apply p.rhai --env ee --set slow=true --set n=9 --yes --sandbox-speed real");
    // It has begun once its work is to be seen.
    let listed = loop {
        let list = place.run("env list").well();
        if list.contains("works on it") {
            break list;
        }
        assert!(apply.try_wait().unwrap().is_none(), "it was over before anybody looked: {list}");
    };
    let worker = format!("process {}", apply.id());
    assert!(listed.lines().any(|line| line.starts_with("ee ") && line.contains(&worker)), "{listed}");
    for line in
        ["plan p.rhai --env ee", "output --env ee", "state list --env ee", "plan p.rhai --env ee --out kept.plan"]
    {
        let said = place.run(line);
        assert_eq!(said.status, Some(0), "{line}: {said:?}");
        assert!(said.err.contains(&format!("{worker} works on p/ee")), "{line}: {said:?}");
    }
    assert!(place.recorded("ee").len() >= 8, "what was there before is there");
    for line in
        ["apply p.rhai --env ee --yes", "destroy --env ee --yes --allow-data-loss", "apply kept.plan --env ee --yes"]
    {
        let said = place.run(line);
        assert_eq!(said.status, Some(4), "{line}: {said:?}");
        assert!(said.err.contains(&format!("is in use by {worker};")), "{line}: {said:?}");
    }
    Said::of(apply).well();
    assert!(!place.state().join("ee/p/holder").exists());
    assert_eq!(place.recorded("ee").len(), 12);
    // The plan was for a state that has gone on since.
    assert_eq!(place.run("apply kept.plan --env ee --yes").status, Some(3));
    place.destroy("ee");
}

#[test]
fn of_many_that_begin_at_once_one_works_and_the_others_are_told() {
    let place = Place::new();
    let all: Vec<Child> = (0..6).map(|_| place.start("apply p.rhai --env ee --yes")).collect();
    let ids: Vec<String> = all.iter().map(|child| format!("process {};", child.id())).collect();
    let said: Vec<Said> = all.into_iter().map(Said::of).collect();
    for one in &said {
        match one.status {
            Some(0) => {}
            Some(4) => {
                let named = ids.iter().any(|id| one.err.contains(id)) || one.err.contains("another process;");
                assert!(named, "{one:?}");
            }
            _ => panic!("{one:?}"),
        }
    }
    assert!(said.iter().any(|one| one.status == Some(0)));
    assert_eq!(place.recorded("ee").len(), 8);
    // Different environments do not meet, not even where the key is made.
    let all: Vec<Child> = (0..6).map(|i| place.start(&format!("apply p.rhai --env n{i} --yes"))).collect();
    all.into_iter().for_each(|child| drop(Said::of(child).well()));
    (0..6).for_each(|i| assert_eq!(place.recorded(&format!("n{i}")).len(), 8, "n{i}"));
}

#[test]
fn nobody_else_may_look_whatever_the_mask_is() {
    for mask in ["000", "022", "027", "077"] {
        let place = Place::new();
        let words = format!("umask {mask}");
        place.behind(&words, "apply p.rhai --env ee --yes").well();
        place.behind(&words, "apply p.rhai --env ee --set n=9 --yes").well();
        place.behind(&words, "plan p.rhai --env ee --set n=4 --out kept.plan").well();
        let mut all = files(&place.state());
        all.push(place.state());
        all.push(place.dir.path().join("kept.plan"));
        assert!(all.len() > 8, "{all:?}");
        for path in all {
            let mode = path.metadata().unwrap().permissions().mode() & 0o777;
            let wanted = if path.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode, wanted, "umask {mask}: {}", path.display());
        }
    }
}

#[test]
fn a_key_that_others_may_read_is_refused_and_told_how_to_be_mended() {
    let place = Place::new();
    place.run("apply p.rhai --env ee --yes").well();
    let key = place.state().join("secrets.key");
    for mode in [0o644, 0o640, 0o604, 0o660, 0o620] {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        for line in ["output --env ee", "apply p.rhai --env ee --yes", "plan p.rhai --env ee"] {
            let said = place.run(line);
            assert_eq!(said.status, Some(1), "{line}: {said:?}");
            assert!(said.err.contains(&format!("chmod 600 {}", key.display())), "{said:?}");
        }
        // Who only counts needs no key.
        assert!(place.run("env list").well().contains("  8  "));
    }
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    place.run("output --env ee").well();
    std::fs::remove_file(&key).unwrap();
    let said = place.run("apply p.rhai --env ee --yes");
    assert!(said.status == Some(1) && said.err.contains("from a copy") && said.err.contains("secrets.key"), "{said:?}");
    assert!(!key.exists(), "a key that opens nothing was made");
}

#[test]
fn a_passphrase_opens_what_it_has_sealed_and_nothing_else_does() {
    let place = Place::new();
    let with = |phrase: &str, line: &str| {
        let mut command = place.command(line);
        command.env("DR_PASSPHRASE", phrase);
        Said::of(command.spawn().unwrap())
    };
    with("right", "apply p.rhai --env aa --yes").well();
    assert!(!place.state().join("secrets.key").exists(), "a key was made that nobody needs");
    place.run("apply p.rhai --env bb --yes").well();
    let commands = ["output", "plan p.rhai", "apply p.rhai --yes", "destroy --yes --allow-data-loss"]
        .map(|c| format!("{c} --env aa"));
    for line in &commands {
        let wrong = with("wrong", line);
        assert_eq!(wrong.status, Some(1), "{line}: {wrong:?}");
        assert!(wrong.err.contains("sealed with another key") && wrong.err.contains("DR_PASSPHRASE"), "{wrong:?}");
        // Who gives none can do what needs no secret, and is told.
        if !line.starts_with("destroy") {
            let without = place.run(line);
            assert_eq!(without.status, Some(i32::from(line.starts_with("apply"))), "{line}: {without:?}");
            assert!(
                without.err.contains("sealed with another key") && without.err.contains("DR_PASSPHRASE"),
                "{without:?}"
            );
        }
        assert_eq!(with("right", line).status, Some(0), "{line}");
    }
    // A variable that is empty is one that is not set. Who only counts needs no key.
    with("", "output --env bb").well();
    let list = with("right", "env list").well();
    assert!(list.lines().skip(1).all(|line| line.starts_with("aa ") || line.contains("  8  ")), "{list}");
}

#[test]
fn killed_while_it_opens_and_closes_a_state_nothing_is_lost() {
    let place = Place::new();
    let mut next = numbers(0x5eed);
    let everything = place.state();
    place.run("apply p.rhai --env ee --yes").well();
    let before = place.recorded("ee");
    let mut kills = 0;
    for round in 0..60 {
        // Nothing to do: the state is opened, compared and closed, and nothing else.
        let mut child = match round % 3 {
            0 => place.start("apply p.rhai --env ee --yes --no-refresh"),
            1 => place.start("state list --env ee"),
            _ => place.start("apply p.rhai --env ee --set n=6 --yes"),
        };
        std::thread::park_timeout(Duration::from_micros(next(40_000)));
        kills += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(place.recorded("ee"), before, "round {round}");
    }
    assert!(kills > 20, "only {kills} were killed while at work");
    let holder = std::fs::read_to_string(everything.join("ee/p/holder")).unwrap_or_default();
    assert!(!place.run("plan p.rhai --env ee").err.contains("works on p/ee"), "{holder}");
    place.run("apply p.rhai --env ee --yes").well();
    let left: Vec<PathBuf> = files(&everything).into_iter().filter(|f| f.to_string_lossy().ends_with(".new")).collect();
    assert!(left.is_empty(), "leftovers of the killed: {left:?}");
    place.destroy("ee");
}

#[test]
fn killed_while_it_applies_what_was_made_is_known() {
    let place = Place::new();
    let mut next = numbers(0xdead);
    for round in 0..25 {
        let line = format!("apply p.rhai --env ee --set n={} --yes --allow-data-loss", 20 + round % 7 * 10);
        let mut child = place.start(&line);
        std::thread::park_timeout(Duration::from_micros(next(120_000)));
        child.kill().unwrap();
        child.wait().unwrap();
        // Looking works at once, and does not change what is there.
        let seen = place.recorded("ee");
        assert_eq!(place.recorded("ee"), seen);
    }
    place.run("apply p.rhai --env ee --set n=20 --yes --allow-data-loss").well();
    assert_eq!(place.recorded("ee").len(), 22);
    assert!(place.run("plan p.rhai --env ee --set n=20").well().contains("No changes"));
    place.destroy("ee");
}

#[test]
fn a_disk_that_fills_up_stops_a_command_and_loses_nothing() {
    // Blocks of 512 bytes that a file may have; what goes beyond is refused as on a full disk. The least is enough to
    // begin with, the most is not enough for all of it.
    for limit in [120, 200, 320, 520, 800] {
        let place = Place::new();
        place.run("apply p.rhai --env ee --yes").well();
        let small = format!("trap '' XFSZ; ulimit -f {limit}");
        let said = place.behind(&small, "apply p.rhai --env ee --set n=900 --yes");
        assert_eq!(said.status, Some(1), "{limit}: {}", said.err);
        let state = place.state();
        assert!(said.err.contains(&state.display().to_string()), "{limit} names no file: {}", said.err);
        for word in ["sled", "panicked", "Os {"] {
            assert!(!said.err.contains(word), "{limit}: {}", said.err);
        }
        // Looking needs no room at all.
        let full = "trap '' XFSZ; ulimit -f 0";
        for line in ["state list --env ee", "output --env ee", "env list", "plan p.rhai --env ee --no-refresh"] {
            let said = place.behind(full, line);
            assert_eq!(said.status, Some(0), "{limit}, {line}: {said:?}");
        }
        let seen = place.behind(full, "state list --env ee").well();
        assert!(seen.lines().count() >= 8, "{limit}: {seen}");
        // With room again it goes on from there.
        place.run("apply p.rhai --env ee --set n=60 --yes").well();
        assert_eq!(place.recorded("ee").len(), 62, "{limit}");
        place.destroy("ee");
    }
}

#[test]
fn a_state_that_cannot_be_written_can_be_looked_at() {
    let mut place = Place::new();
    place.run("apply p.rhai --env ee --yes").well();
    let keep = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    // Root may write anywhere; somebody else runs the command then, for whom everything is laid open.
    let is_root = place.state().metadata().is_ok_and(|_| std::fs::write("/proc/self/oom_score_adj", "0").is_ok())
        && std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if is_root {
        let copy = place.dir.path().join("dr");
        std::fs::copy(&place.dr, &copy).unwrap();
        place.dr = copy;
        keep(place.dir.path(), 0o755);
    }
    let all: Vec<PathBuf> = files(&place.state()).into_iter().chain([place.state()]).collect();
    for path in &all {
        keep(path, if path.is_dir() { 0o555 } else { 0o444 });
    }
    if !is_root {
        keep(&place.state().join("secrets.key"), 0o400);
    }
    let run = |line: &str| {
        let mut command = place.command(line);
        if is_root {
            command.uid(65_534).gid(65_534);
        }
        Said::of(command.spawn().unwrap())
    };
    for line in ["state list --env ee", "output --env ee", "env list", "plan p.rhai --env ee"] {
        let said = run(line);
        assert_eq!(said.status, Some(0), "{line}: {said:?}");
        assert!(!said.err.contains("warning"), "{line}: {said:?}");
    }
    for line in ["apply p.rhai --env ee --set n=7 --yes", "destroy --env ee --yes"] {
        let said = run(line);
        assert!(
            said.status == Some(1) && said.err.contains("hint: see to it that you may write to"),
            "{line}: {said:?}"
        );
    }
    // What a kill has left cannot be compared with the database, and that is said.
    let log = place.state().join("ee/p/log");
    keep(&log, 0o644);
    let bytes = std::fs::read(&log).unwrap();
    std::fs::write(&log, &bytes[..bytes.len() - 17]).unwrap();
    let said = run("state list --env ee");
    assert!(said.status == Some(0) && said.out.lines().count() == 8, "{said:?}");
    assert!(said.err.contains("warning") && said.err.contains("cannot be checked now"), "{said:?}");
    for path in &all {
        keep(path, if path.is_dir() { 0o700 } else { 0o600 });
    }
    place.destroy("ee");
}

#[test]
fn one_damaged_environment_hides_no_other() {
    let place = Place::new();
    for env in ["aa", "bb", "cc"] {
        place.run(&format!("apply p.rhai --env {env} --yes")).well();
    }
    // Both halves of it: the one cannot restore the other.
    let folder = place.state().join("bb/p");
    for (file, from) in [("log", 0.7), ("db/db", 0.0)] {
        let mut bytes = std::fs::read(folder.join(file)).unwrap();
        let from = (bytes.len() as f64 * from) as usize;
        bytes[from..].iter_mut().for_each(|byte| *byte ^= 0x5a);
        std::fs::write(folder.join(file), bytes).unwrap();
    }
    let list = place.run("env list");
    let lines: Vec<&str> = list.out.lines().collect();
    assert_eq!((list.status, lines.len()), (Some(0), 4), "{list:?}");
    assert!(lines[1].starts_with("aa ") && lines[1].contains("  8  "), "{list:?}");
    assert!(lines[3].starts_with("cc ") && lines[3].contains("  8  "), "{list:?}");
    for part in ["bb ", "is damaged", &format!("{}/db", folder.display()), &format!("{}/log", folder.display())] {
        assert!(lines[2].contains(part), "{part}: {list:?}");
    }
    for line in ["state list --env bb", "apply p.rhai --env bb --yes", "destroy --env bb --yes"] {
        let said = place.run(line);
        assert!(said.status == Some(1) && said.err.contains("hint: put `"), "{line}: {said:?}");
    }
    // The way out that is offered is one.
    let said = place.run("state verify --env bb");
    assert!(said.status == Some(1) && said.out.matches("✗").count() == 2, "{said:?}");
    let said = place.run("state repair --env bb --yes");
    let kept = folder.join("damaged");
    assert!(said.status == Some(0) && said.err.contains(&format!("is kept in `{}`", kept.display())), "{said:?}");
    assert!(kept.join("log.1").exists() && kept.join("db.1").exists());
    assert!(place.run("state verify --env bb").well().contains("nothing is damaged"));
    // What can be read is there, and what is not is found again by its tags.
    place.run("state rebuild p.rhai --env bb").well();
    place.run("apply p.rhai --env bb --yes").well();
    assert_eq!(place.recorded("bb").len(), 8);
    place.destroy("bb");
    place.run("apply p.rhai --env aa --set n=7 --yes").well();
}

#[test]
fn nothing_is_read_from_a_folder_that_holds_something_else() {
    let place = Place::new();
    std::fs::create_dir_all(place.state().join("other")).unwrap();
    std::fs::write(place.state().join("other/file"), "x").unwrap();
    std::fs::write(place.state().join("plain"), "x").unwrap();
    assert_eq!(place.run("env list").well(), "");
    assert!(place.run("state list --env other").err.contains("is empty"));
    let said = place.run("apply p.rhai --env plain --yes");
    assert!(said.status == Some(1) && said.err.contains("move what is at `"), "{said:?}");
    let mut text = String::new();
    std::fs::File::open(place.state().join("plain")).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "x");
    std::fs::remove_dir_all(place.state()).unwrap();
    std::fs::write(place.state(), "x").unwrap();
    for line in ["env list", "state list --env ee", "plan p.rhai --env ee", "apply p.rhai --env ee --yes"] {
        let said = place.run(line);
        let named = format!("`{}`", place.state().display());
        assert!(said.status == Some(1) && said.err.contains(&named), "{line}: {said:?}");
    }
}

#[test]
fn a_value_that_is_nowhere_else_is_told_before_it_is_forgotten() {
    let place = Place::new();
    place.run("apply p.rhai --env ee --yes").well();
    let (drawn, queue) = ("main/random.password:key", "main/sqs.queue:q0");
    let lost = format!("the value of `{drawn}` is in the state alone: it is lost for good");
    // Nobody answers, so nothing is forgotten.
    let said = place.run(&format!("state rm {drawn} {queue} --env ee"));
    assert!(said.status == Some(1) && said.err.contains(&lost), "{said:?}");
    assert!(said.err.contains("the resources stay as they are"), "{said:?}");
    assert!(place.recorded("ee").contains(drawn));
    let said = place.run(&format!("state rm {queue} --env ee --yes"));
    assert!(said.err.contains("finds such resources again") && !said.err.contains("lost for good"), "{said:?}");
    let said = place.run(&format!("state rm {drawn} --env ee --yes"));
    assert!(said.err.contains(&lost) && said.err.contains("1 record forgotten\n"), "{said:?}");
    assert!(!said.err.contains("stay as they are"), "{said:?}");
    // What has it goes on having it; its value is lost already.
    place.run("state rebuild p.rhai --env ee").well();
    let said = place.run(&format!("state rm {drawn} --env ee --yes"));
    assert!(!said.err.contains("lost for good"), "{said:?}");
}
