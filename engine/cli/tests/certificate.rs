//! What a destroy looks for afterwards: what it finds, what it leaves to others, and when it says that nothing is left.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use dr_sandbox::{PlantedThing, Sandbox, SandboxOptions};
use serde_json::Value;
use tempfile::TempDir;

const SHOP: &str = r#"
component("east", #{ region: "us-east-1" }, || {
    let key = kms::key("seal", #{});
    sqs::queue("orders", #{ kms_master_key_id: key.arn });
});
"#;

struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new() -> Shop {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("shop.rhai"), SHOP).unwrap();
        std::fs::write(folder.path().join("bin.rhai"), "sqs::queue(\"bin\", #{ region: \"us-east-1\" });").unwrap();
        Shop { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, line: &str) -> Output {
        dr(self.path(), &self.path().join("state"), line)
    }

    fn done(&self, line: &str) -> String {
        let output = self.run(line);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn sandbox(&self) -> Sandbox {
        let dir = self.path().join("state/.sandbox");
        Sandbox::open(&dir, Arc::new(dr_kinds::registry()), SandboxOptions::default()).unwrap()
    }

    fn plant(&self, what: &str, region: Option<&str>, id: &str, of: &[&str]) {
        let of = of.iter().map(|name| (*name).into()).collect();
        let planted =
            PlantedThing { what: what.into(), region: region.map(Into::into), id: id.into(), of, until: None };
        self.sandbox().tamper_plant(planted).unwrap();
    }

    /// What `verify-destroyed` says as JSON.
    fn verified(&self, line: &str) -> (Option<i32>, Value) {
        let output = self.run(&format!("verify-destroyed {line} --json"));
        (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
    }
}

fn dr(folder: &Path, state: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(line.split_whitespace())
        .arg("--state-dir")
        .arg(state)
        .env_clear()
        .env("HOME", state)
        .env("DR_NOW", "2026-12-01T12:00:00Z")
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The ids of everything that was found.
fn found(certificate: &Value) -> Vec<&str> {
    let places = certificate["places"].as_object().unwrap().values();
    places.flat_map(|place| place["found"].as_array().unwrap()).map(|one| one["id"].as_str().unwrap()).collect()
}

#[test]
fn every_program_of_the_project_leaves_nothing_but_what_goes_by_itself() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let programs = ["transactions", "payment_http", "payment_alb", "payment_rest", "trading"];
    std::thread::scope(|scope| {
        for program in programs {
            let project = &project;
            scope.spawn(move || {
                let folder = tempfile::tempdir().unwrap();
                let state = folder.path();
                let well = |line: &str| {
                    let output = dr(project, state, line);
                    assert_eq!(output.status.code(), Some(0), "{program}: {line}: {}", said(&output));
                };
                well(&format!("apply {program} --env pr-1 --yes"));
                let file = state.join("certificate.json");
                well(&format!("destroy --env pr-1 --yes --certificate {}", file.display()));
                let certificate: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
                let verdict = certificate["verdict"].as_str().unwrap();
                assert!(["nothing_is_left", "what_is_left_goes_by_itself"].contains(&verdict), "{certificate:#}");
                assert!(certificate["places"].as_object().unwrap().len() > 20, "every region is looked at");
                // The same without any state.
                std::fs::remove_dir_all(state.join("pr-1")).unwrap();
                well("verify-destroyed --env pr-1");
            });
        }
    });
}

#[test]
fn whatever_was_planted_is_found_and_nothing_of_others() {
    for (what, region, id, of) in [
        ("log group", Some("us-east-1"), "/aws/lambda/worker-pr-1", &[][..]),
        ("log group", Some("ap-south-1"), "/aws/lambda/worker-pr-1", &[]),
        ("final snapshot", Some("us-east-1"), "final-0a1b", &["ledger-pr-1"]),
        ("network interface", Some("us-west-2"), "eni-0a1b", &["worker-pr-1"]),
        ("record", None, "api-pr-1.example.org", &[]),
        ("record", None, "pr-1.example.org", &[]),
    ] {
        let shop = Shop::new();
        shop.done("apply shop.rhai --env pr-1 --yes");
        shop.plant(what, region, id, of);
        for (other, of) in [("worker-pr-12", ""), ("worker-pr-1-5", ""), ("x-0a1b", "ledger-pr-12"), ("alpr-1", "")] {
            shop.plant("log group", Some("us-east-1"), other, &[of]);
        }
        let output = shop.run("destroy --env pr-1 --yes");
        let text = said(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains("1 thing is left") && text.contains(&format!("  {id}  ")), "{text}");
        let (status, certificate) = shop.verified("--env pr-1");
        assert_eq!((status, &certificate["verdict"]), (Some(1), &Value::from("something_is_left")), "{certificate:#}");
        let mut ids = found(&certificate);
        // The key waits for its end.
        ids.retain(|found| *found == id || !found.contains('-') || found.contains("pr-1"));
        assert_eq!(ids, [id], "{certificate:#}");
    }
}

#[test]
fn what_may_be_anothers_is_told_only_by_what_was_deleted() {
    let shop = Shop::new();
    shop.done("apply shop.rhai --env pr-1 --yes");
    shop.done("apply bin.rhai --env pr-1 --yes");
    shop.plant("log group", Some("us-east-1"), "/of/bin-pr-1", &[]);
    // The other program of the environment may have made it.
    shop.done("destroy shop.rhai --env pr-1 --yes");
    shop.done("apply shop.rhai --env pr-1 --yes");
    shop.plant("backup", Some("us-east-1"), "b-1", &["orders-pr-1"]);
    let output = shop.run("destroy shop.rhai --env pr-1 --yes");
    assert!(output.status.code() == Some(1) && said(&output).contains("backup  us-east-1  b-1"), "{}", said(&output));
    assert!(!said(&output).contains("/of/bin-pr-1"), "{}", said(&output));
    // Once nobody else is there, it is nobody else's.
    let output = shop.run("destroy --env pr-1 --yes");
    assert!(output.status.code() == Some(1) && said(&output).contains("/of/bin-pr-1"), "{}", said(&output));
}

#[test]
fn what_lost_its_tags_is_told_by_its_name() {
    let shop = Shop::new();
    shop.done("apply bin.rhai --env pr-1 --yes");
    let queue = shop.sandbox().list().unwrap().into_iter().find(|one| one.kind == "sqs.queue").unwrap();
    shop.sandbox().tamper_untag("sqs.queue", &queue.id).unwrap();
    std::fs::remove_dir_all(shop.path().join("state/pr-1")).unwrap();
    let (status, certificate) = shop.verified("--env pr-1");
    assert_eq!((status, found(&certificate)), (Some(1), vec![&*queue.id]), "{certificate:#}");
    assert_eq!(certificate["places"]["us-east-1"]["found"][0]["told_by"], "suffix");
    assert_eq!(shop.verified("--env pr-12").0, Some(0));
}

#[test]
fn what_is_still_recorded_is_left() {
    let shop = Shop::new();
    shop.done("apply bin.rhai --env pr-1 --yes");
    let (status, certificate) = shop.verified("--env pr-1");
    assert_eq!((status, found(&certificate).len()), (Some(1), 1), "{certificate:#}");
    assert_eq!(certificate["places"]["us-east-1"]["found"][0]["told_by"], "record");
    assert_eq!(shop.verified("shop.rhai --env pr-1").0, Some(0), "of that program there is nothing");
}

#[test]
fn a_region_that_does_not_answer_is_named_and_nobody_says_that_nothing_is_left() {
    let shop = Shop::new();
    shop.done("apply bin.rhai --env pr-1 --yes");
    shop.done("destroy --env pr-1 --yes");
    let (status, certificate) = shop.verified("--env pr-1 --sandbox-down eu-west-1");
    assert_eq!((status, &certificate["verdict"]), (Some(5), &Value::from("not_all_could_be_looked_at")));
    assert_eq!(certificate["places"]["eu-west-1"]["unseen"][0]["why"], "it does not answer");
    let output = shop.run("verify-destroyed --env pr-1 --sandbox-down eu-west-1");
    let text = said(&output);
    assert!(text.contains("Nothing else is left where it could be looked for") && text.contains("eu-west-1"), "{text}");
}

#[test]
fn a_certificate_is_written_as_the_name_of_its_file_says() {
    let shop = Shop::new();
    shop.done("apply shop.rhai --env pr-1 --yes");
    let text = shop.done("destroy --env pr-1 --yes --certificate gone.md");
    assert!(text.contains("Nothing is left but what goes by itself (1 thing)"), "{text}");
    assert!(text.contains("key pending deletion  us-east-1") && text.contains("goes by itself in 7 days"), "{text}");
    let page = std::fs::read_to_string(shop.path().join("gone.md")).unwrap();
    for words in ["# Destroyed: shop/pr-1", "key pending deletion", "## Looked for", "eu-west-1"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    shop.done("verify-destroyed --env pr-1 --certificate gone.json");
    let json: Value = serde_json::from_str(&std::fs::read_to_string(shop.path().join("gone.json")).unwrap()).unwrap();
    assert_eq!((&json["environment"], &json["program"]), (&Value::from("pr-1"), &Value::Null));
    let output = shop.run("verify-destroyed --env pr-1 --certificate no/such/folder.md");
    assert!(said(&output).contains("cannot write the certificate"), "{}", said(&output));
}

#[test]
fn it_is_looked_again_after_the_services_lag_unless_nobody_wants_to_wait() {
    let shop = Shop::new();
    shop.done("apply bin.rhai --env pr-1 --yes");
    shop.done("destroy --env pr-1 --yes");
    let quick = shop.run("verify-destroyed --env pr-1 --sandbox-speed 100");
    assert!(said(&quick).contains("Looking again in 1s"), "{}", said(&quick));
    let early = shop.run("verify-destroyed --env pr-1 --sandbox-speed real --no-wait");
    let text = said(&early);
    assert!(early.status.success() && text.contains("Nothing is left, as far as services show it by now"), "{text}");
}
