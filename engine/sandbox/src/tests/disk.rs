//! What is on disk: nothing answered is lost, handles share, damage is named.

use super::*;
use crate::SandboxError;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

fn open(dir: &Path) -> Result<Sandbox, SandboxError> {
    Sandbox::open(dir, registry(), options(Speed::Instant))
}

fn log(dir: &Path) -> PathBuf {
    dir.join("sandbox.jsonl")
}

#[tokio::test]
async fn what_was_answered_is_there_again() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("deep/er");
    let s = open(&dir).unwrap();
    let (db, vpc, queue) = (thing("rds.database", "d"), thing("net.vpc", "v"), thing("sqs.queue", "q"));
    let db_id = db.create(&s, r#"{"name": "d", "env": {"A": "ü\n"}}"#).await.unwrap();
    db.update(&s, &db_id, r#"{"name": "d", "env": {"B": "2"}}"#).await.unwrap();
    let vpc_id = vpc.create(&s, "{}").await.unwrap();
    let queue_id = queue.create(&s, r#"{"name": "q"}"#).await.unwrap();
    queue.delete(&s, &queue_id).await.unwrap();
    let before = s.list().unwrap();
    // As if killed: nothing is closed, nothing is dropped.
    std::mem::forget(s);

    let s = open(&dir).unwrap();
    assert_eq!(s.list().unwrap(), before);
    assert_eq!(vpc.find(&s).await.unwrap(), Some(vpc_id.clone()));
    thing("net.subnet", "s").create(&s, &format!(r#"{{"vpc_id": "{vpc_id}"}}"#)).await.unwrap();
    refused(vpc.delete(&s, &vpc_id).await, ErrorClass::Conflict, "DependencyViolation");
    for name in ["sandbox.jsonl", "sandbox.lock"] {
        let mode = fs::metadata(dir.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    for line in fs::read_to_string(log(&dir)).unwrap().lines() {
        assert!(Value::from_json(line).is_ok(), "{line}");
    }
}

#[tokio::test]
async fn a_torn_last_line_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (thing("net.vpc", "a"), thing("net.vpc", "b"));
    let s = open(dir.path()).unwrap();
    a.create(&s, "{}").await.unwrap();
    let whole = fs::read(log(dir.path())).unwrap();
    b.create(&s, "{}").await.unwrap();
    drop(s);
    let both = fs::read(log(dir.path())).unwrap();
    // Wherever the write was torn: in the middle, or just before its end.
    for length in [whole.len() + 1, whole.len() + 40, both.len() - 1] {
        fs::write(log(dir.path()), &both[..length]).unwrap();
        let s = open(dir.path()).unwrap();
        assert!(a.find(&s).await.unwrap().is_some());
        assert_eq!(b.find(&s).await.unwrap(), None);
        b.create(&s, "{}").await.unwrap();
        assert_eq!(fs::read(log(dir.path())).unwrap(), both);
    }
    // Torn in the first line of all.
    fs::write(log(dir.path()), &both[..10]).unwrap();
    assert_eq!(open(dir.path()).unwrap().list().unwrap(), []);
}

#[tokio::test]
async fn a_torn_line_of_another_handle_is_cut_off_before_writing() {
    let dir = tempfile::tempdir().unwrap();
    let s = open(dir.path()).unwrap();
    thing("net.vpc", "a").create(&s, "{}").await.unwrap();
    OpenOptions::new().append(true).open(log(dir.path())).unwrap().write_all(b"{\"sum\":\"12").unwrap();
    assert_eq!(s.list().unwrap().len(), 1, "it is not whole yet, and not for a reader to judge");
    thing("net.vpc", "b").create(&s, "{}").await.unwrap();
    assert_eq!(open(dir.path()).unwrap().list().unwrap().len(), 2);
}

#[tokio::test]
async fn damage_elsewhere_is_an_error_that_names_the_line() {
    let dir = tempfile::tempdir().unwrap();
    let s = open(dir.path()).unwrap();
    for name in ["a", "b", "c"] {
        thing("net.vpc", name).create(&s, "{}").await.unwrap();
    }
    let good = fs::read_to_string(log(dir.path())).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let with = |n: usize, line: &str| {
        let mut lines = lines.clone();
        lines[n] = line;
        lines.join("\n") + "\n"
    };
    let cases = [
        (with(2, &lines[2].replace("net.vpc:b", "net.vpc:x")), 3, "checksum does not fit"),
        (with(1, ""), 2, "does not begin with a checksum"),
        (with(0, lines[1]), 1, "first line does not say"),
        (with(3, lines[0]), 4, "only the first line"),
    ];
    for (text, expected, why) in cases {
        fs::write(log(dir.path()), text).unwrap();
        let Err(error) = open(dir.path()) else { panic!("{why}") };
        assert!(matches!(error, SandboxError::Damaged { line, .. } if line == expected), "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
    // A handle that was open finds damage in what is new, says so as long as it is there, and is well again after.
    let bad = good.clone() + &lines[1].replace("vpc:a", "vpc:x") + "\n";
    fs::write(log(dir.path()), bad).unwrap();
    for _ in 0..2 {
        let message = refused(thing("net.vpc", "z").create(&s, "{}").await, ErrorClass::Invalid, "SandboxStorage");
        assert!(message.starts_with("line 5 of"), "{message}");
    }
    fs::write(log(dir.path()), &good).unwrap();
    assert_eq!(s.list().unwrap().len(), 3);
}

#[tokio::test]
async fn kinds_and_accounts_that_are_not_known_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let s = open(dir.path()).unwrap();
    thing("net.vpc", "a").create(&s, "{}").await.unwrap();
    let fewer = Arc::new(Registry::new([&KEY]));
    let error = Sandbox::open(dir.path(), fewer, SandboxOptions::default()).unwrap_err();
    assert!(matches!(error, SandboxError::Damaged { line: 2, .. }) && error.to_string().contains("net.vpc"), "{error}");
    let options = SandboxOptions { account: "111111111111".into(), ..SandboxOptions::default() };
    let error = Sandbox::open(dir.path(), registry(), options).unwrap_err();
    assert!(matches!(&error, SandboxError::OtherAccount { found, .. } if found == "000000000000"), "{error}");
    fs::remove_dir_all(dir.path()).unwrap();
    let error = thing("net.vpc", "a").read(&s, "x").await;
    assert!(refused(error, ErrorClass::Invalid, "SandboxStorage").contains("sandbox.jsonl"));
}

#[tokio::test]
async fn two_handles_see_each_other_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (open(dir.path()).unwrap(), open(dir.path()).unwrap());
    let (vpc, subnet, queue) = (thing("net.vpc", "v"), thing("net.subnet", "s"), thing("sqs.queue", "q"));
    let vpc_id = vpc.create(&a, "{}").await.unwrap();
    let subnet_id = subnet.create(&b, &format!(r#"{{"vpc_id": "{vpc_id}"}}"#)).await.unwrap();
    refused(vpc.delete(&a, &vpc_id).await, ErrorClass::Conflict, "DependencyViolation");
    queue.create(&a, r#"{"name": "q"}"#).await.unwrap();
    refused(thing("sqs.queue", "r").create(&b, r#"{"name": "q"}"#).await, ErrorClass::Exists, "AlreadyExists");
    b.tamper_set("net.vpc", &vpc_id, "cidr", Value::str("x")).unwrap();
    assert_eq!(vpc.read(&a, &vpc_id).await.unwrap().unwrap().args["cidr"], Value::str("x"));
    subnet.delete(&a, &subnet_id).await.unwrap();
    vpc.delete(&b, &vpc_id).await.unwrap();
    assert_eq!(a.list().unwrap(), b.list().unwrap());
    assert_eq!(a.list().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn handles_at_the_same_time_mix_no_lines_and_lose_none() {
    let dir = tempfile::tempdir().unwrap();
    let mut tasks = Vec::new();
    for handle in 0..4 {
        let s = open(dir.path()).unwrap();
        tasks.push(tokio::spawn(async move {
            for i in 0..100 {
                let vpc = thing("net.vpc", &format!("{handle}-{i}"));
                let id = vpc.create(&s, r#"{"cidr": "10.0.0.0/16"}"#).await.unwrap();
                if i % 4 == 0 {
                    vpc.delete(&s, &id).await.unwrap();
                }
                tokio::task::yield_now().await;
            }
            s
        }));
    }
    let mut handles = Vec::new();
    for task in tasks {
        handles.push(task.await.unwrap());
    }
    let all = open(dir.path()).unwrap().list().unwrap();
    assert_eq!(all.len(), 300);
    for handle in handles {
        assert_eq!(handle.list().unwrap(), all);
    }
}

#[tokio::test]
async fn a_long_log_is_written_anew_and_others_follow() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (open(dir.path()).unwrap(), open(dir.path()).unwrap());
    let queue = thing("sqs.queue", "q");
    let id = queue.create(&a, r#"{"name": "q"}"#).await.unwrap();
    assert!(queue.find(&b).await.unwrap().is_some());
    for i in 0..1_500 {
        a.tamper_set("sqs.queue", &id, "delay", Value::Int(i)).unwrap();
    }
    let lines = fs::read_to_string(log(dir.path())).unwrap().lines().count();
    assert!(lines < 1_000, "{lines}");
    assert_eq!(queue.read(&b, &id).await.unwrap().unwrap().args["delay"], Value::Int(1_499));
    b.tamper_set("sqs.queue", &id, "delay", Value::Int(-1)).unwrap();
    assert_eq!(queue.read(&a, &id).await.unwrap().unwrap().args["delay"], Value::Int(-1));
    assert_eq!(open(dir.path()).unwrap().list().unwrap(), a.list().unwrap());
}

#[tokio::test(start_paused = true)]
async fn blocked_names_outlive_a_log_written_anew() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Sandbox::open(dir.path(), registry(), options(Speed::Real)).unwrap();
    let s = open();
    let (gone, busy) = (thing("sqs.queue", "gone"), thing("net.vpc", "busy"));
    let id = gone.create(&s, r#"{"name": "gone"}"#).await.unwrap();
    gone.delete(&s, &id).await.unwrap();
    tokio::time::advance(Duration::from_secs(11)).await;
    let busy_id = busy.create(&s, "{}").await.unwrap();
    for i in 0..1_100 {
        s.tamper_set("net.vpc", &busy_id, "cidr", Value::Int(i)).unwrap();
    }
    assert!(!fs::read_to_string(log(dir.path())).unwrap().contains("sqs:gone"), "its history is forgotten");
    for handle in [s, open()] {
        let again = gone.create(&handle, r#"{"name": "gone"}"#).await;
        refused(again, ErrorClass::Conflict, "NameRecentlyDeleted");
    }
}

/// Opened as a handle that has others beside it.
fn shared(dir: &Path) -> (Sandbox, Sandbox) {
    (open(dir).unwrap(), open(dir).unwrap())
}

#[tokio::test]
async fn calls_that_come_together_look_once_and_are_judged_one_after_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let (s, other) = shared(dir.path());
    let theirs = thing("net.vpc", "theirs");
    theirs.create(&other, "{}").await.unwrap();
    let looks = |s: &Sandbox| s.core().looks().unwrap();
    let before = looks(&s);
    let (a, b, c) = (thing("sqs.queue", "a"), thing("sqs.queue", "b"), thing("sqs.queue", "c"));
    let (first, second, third, found) = tokio::join!(
        a.create(&s, r#"{"name": "one"}"#),
        b.create(&s, r#"{"name": "one"}"#),
        c.create(&s, r#"{"name": "two"}"#),
        theirs.find(&s),
    );
    assert_eq!(looks(&s), before + 1);
    let id = first.unwrap();
    refused(second, ErrorClass::Exists, "AlreadyExists");
    assert!(third.is_ok() && found.unwrap().is_some());
    assert_eq!(other.list().unwrap(), s.list().unwrap());
    assert_eq!(other.list().unwrap().len(), 3);
    // Whoever comes after a change of another handle sees it, whatever he has looked at before.
    a.delete(&other, &id).await.unwrap();
    let (one, two) = tokio::join!(a.read(&s, &id), a.find(&s));
    assert_eq!((one.unwrap(), two.unwrap()), (None, None));
}

#[tokio::test]
async fn a_call_that_is_dropped_before_it_is_made_is_not_made() {
    let dir = tempfile::tempdir().unwrap();
    let (s, other) = shared(dir.path());
    let (a, b) = (thing("net.vpc", "a"), thing("net.vpc", "b"));
    tokio::select! {
        biased;
        _ = a.create(&s, "{}") => panic!("it does not wait for others"),
        () = std::future::ready(()) => {}
    }
    b.create(&s, "{}").await.unwrap();
    assert_eq!(a.find(&s).await.unwrap(), None);
    assert_eq!(other.list().unwrap().len(), 1);
}

#[tokio::test]
async fn a_write_that_fails_fails_all_that_came_together_and_none_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let s = open(dir.path()).unwrap();
    let (a, b, c) = (thing("net.vpc", "a"), thing("net.vpc", "b"), thing("net.subnet", "c"));
    let id = a.create(&s, "{}").await.unwrap();
    s.core().forbid_writing();
    let subnet = format!(r#"{{"vpc_id": "{id}"}}"#);
    let (second, third) = tokio::join!(b.create(&s, "{}"), c.create(&s, &subnet));
    for refusal in [second, third] {
        refused(refusal, ErrorClass::Invalid, "SandboxStorage");
    }
    assert_eq!(s.list().unwrap().len(), 1);
    assert_eq!(open(dir.path()).unwrap().list().unwrap(), s.list().unwrap());
    // The next write may go well again.
    c.create(&s, &subnet).await.unwrap();
    assert_eq!(s.list().unwrap().len(), 2);
}
