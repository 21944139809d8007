//! A state that is gone: what it knew is found again in the cloud, and nothing is made twice.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

#[path = "harness/environment.rs"]
mod environment;
#[path = "harness/project.rs"]
mod project;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::cloud::{Cloud as _, Intent, Target};
use dr_core::value::{Map, Value as Datum};
use dr_sandbox::{Sandbox, SandboxOptions, Speed};
use serde_json::{Value, json};

use crate::environment::{Environment, does};
use crate::project::Project;

const ENV: &str = "pr-1";

/// Each program with the second of its regions and what is set later.
const PROGRAMS: &[(&str, &str, &[&str])] = &[
    ("payment_alb", "us-west-2", &["base_domain=pay.dr-lab.net", "alert_email=ops@example.com", "rotation_days=7"]),
    ("payment_http", "us-east-2", &["base_domain=pay.dr-lab.net", "alert_email=ops@example.com"]),
    ("payment_rest", "us-east-2", &["base_domain=pay.dr-lab.net", "alert_email=ops@example.com"]),
    ("trading", "us-east-2", &["base_domain=pay.dr-lab.net", "alert_email=ops@example.com"]),
    ("transactions", "us-west-2", &["customer_keys=true", "reserved=5", "alert_email=ops@example.com"]),
];

fn for_each_program(test: impl Fn(&'static str, &'static str, &'static [&'static str]) + Copy + Send) {
    for (program, region, set) in PROGRAMS {
        test(program, region, set);
    }
}

impl Environment {
    fn lose_state(&self) {
        std::fs::remove_dir_all(self.project.state().join(ENV)).unwrap();
    }

    /// Applied twice, with a change between.
    fn applied_twice(program: &str, set: &[&str]) -> Environment {
        let mut environment = Environment::in_the_sandbox(program, ENV, &[]);
        environment.apply();
        set.iter().for_each(|set| environment.set(set));
        environment.apply();
        environment
    }

    fn outputs(&self) -> Value {
        self.project.run(&["output", "--env", ENV, "--json"]).json()
    }

    fn rebuild(&self) -> Value {
        let arguments = self.arguments("plan", &[]);
        let said = self.project.run(&[&["state", "rebuild"], &arguments[1..]].concat());
        let result = said.json();
        assert_eq!((&result["unrecorded"], &result["unasked"]), (&json!([]), &json!({})), "{}", said.err);
        result
    }
}

/// What is there has one id for each address.
fn nothing_twice(environment: &Environment) {
    let there = environment.held();
    let addresses: BTreeSet<&String> = there.iter().map(|(address, _)| address).collect();
    assert_eq!(addresses.len(), there.len(), "made twice: {there:?}");
}

/// The codes of what a plan says.
fn codes(plan: &Value) -> Vec<&str> {
    plan["diagnostics"].as_array().unwrap().iter().filter_map(|d| d["code"].as_str()).collect()
}

#[test]
fn a_rebuilt_state_is_as_it_was() {
    for_each_program(|program, _, set| {
        let environment = Environment::applied_twice(program, set);
        let (before, outputs) = (environment.held(), environment.outputs());
        environment.lose_state();
        assert_eq!(environment.rebuild()["changes"], false, "{program}");
        environment.nothing_to_do();
        assert_eq!(environment.outputs(), outputs, "{program}");
        environment.apply();
        assert_eq!(environment.held(), before, "{program}");
        // What is recorded already is not found again.
        assert_eq!(environment.rebuild()["records"], json!([]), "{program}");
        environment.leave();
        assert_eq!(environment.held(), [], "{program}");
    });
}

#[test]
fn an_apply_without_its_state_takes_over_what_is_there() {
    for_each_program(|program, _, set| {
        let environment = Environment::applied_twice(program, set);
        let before = environment.held();
        environment.lose_state();
        let plan = environment.plan();
        assert!(codes(&plan).contains(&"found"), "{program}: {:#}", plan["diagnostics"]);
        assert!(!environment.project.state().join(ENV).exists(), "{program}: planning made state");
        environment.apply();
        assert_eq!(environment.held(), before, "{program}");
        environment.nothing_to_do();
        environment.destroy();
        assert_eq!(environment.held(), [], "{program}");
    });
}

#[test]
fn a_state_that_was_lost_half_way_is_found_again() {
    for_each_program(|program, region, set| {
        // Half made, lost, and gone on with.
        let environment = Environment::in_the_sandbox(program, ENV, set);
        environment.project.run(&environment.arguments("apply", &["--sandbox-down", region]));
        let half = environment.held();
        assert!(!half.is_empty(), "{program}");
        environment.lose_state();
        environment.apply();
        nothing_twice(&environment);
        environment.nothing_to_do();
        let there = environment.held();
        let lost: Vec<_> = half.iter().filter(|one| !there.contains(one)).collect();
        assert!(lost.is_empty(), "{program}: made anew: {lost:?}");
        // Half destroyed, lost, and gone on with.
        environment.project.run(&environment.arguments("destroy", &["--sandbox-down", region]));
        assert!(!environment.held().is_empty(), "{program}");
        environment.lose_state();
        environment.rebuild();
        environment.destroy();
        assert_eq!(environment.held(), [], "{program}");
    });
}

#[test]
fn a_plan_that_is_kept_takes_over_too() {
    let environment = Environment::applied_twice("transactions", &["reserved=5"]);
    let before = environment.held();
    environment.lose_state();
    let kept = environment.project.run(&environment.arguments("plan", &["--out", "kept.plan"]));
    assert_eq!(kept.status, Some(0), "{}", kept.err);
    let applied = environment.project.run(&["apply", "kept.plan", "--env", ENV, "--yes", "--json"]).json();
    assert_eq!(applied["status"], "done", "{applied:#}");
    assert_eq!(environment.held(), before);
    environment.nothing_to_do();
}

#[test]
fn a_program_that_has_changed_since_changes_what_was_found() {
    let environment = Environment::applied_twice("transactions", &["reserved=5"]);
    environment.lose_state();
    environment.project.append("programs/transactions.rhai", "\nsns::topic(\"more\", #{ region: \"us-east-1\" });\n");
    let mut environment = environment;
    environment.set("reserved=6");
    let plan = environment.plan();
    let done = does(&plan);
    let expected = ["create sns.topic:more", "update primary/lambda.function:transaction-processor"];
    assert!(expected.iter().all(|one| done.contains(*one)), "{done:?}");
    environment.apply();
    nothing_twice(&environment);
    environment.nothing_to_do();
}

/// A small program in regions that are not the usual ones.
fn small(script: &str) -> Environment {
    let project = Project::new(BTreeMap::new());
    project.write("programs/small.rhai", script);
    Environment::new(project, "small", ENV, "sandbox", &[])
}

const SMALL: &str = r#"
    component("far", #{ region: "ap-southeast-3" }, || {
        let dead = sqs::queue("dead", #{});
        sqs::queue("orders", #{ redrive_policy: #{ dead_letter_target_arn: dead.arn, max_receive_count: 3 } });
    });
    component("near", #{ region: "us-east-1" }, || sqs::queue("orders", #{}));
"#;

#[test]
fn every_region_is_looked_at() {
    let environment = small(SMALL);
    environment.apply();
    environment.lose_state();
    // The program has moved meanwhile: what it had elsewhere is found all the same, and goes.
    environment.project.write(
        "programs/small.rhai",
        r#"
        component("near", #{ region: "us-east-1" }, || sqs::queue("orders", #{}));
    "#,
    );
    let rebuilt = environment.rebuild();
    assert_eq!((rebuilt["records"].as_array().unwrap().len(), &rebuilt["changes"]), (3, &json!(true)));
    let gone = ["delete far/sqs.queue:dead", "delete far/sqs.queue:orders"].map(str::to_owned);
    assert_eq!(does(&environment.plan()), BTreeSet::from(gone));
    environment.apply();
    environment.nothing_to_do();
    assert_eq!(environment.held().len(), 1);
}

#[test]
fn what_is_another_ones_stays_so() {
    let environment = small(SMALL);
    let others = [("small", "pr-12"), ("transactions", ENV)];
    for (program, suffix) in others {
        let arguments = ["apply", program, "--env", suffix, "--yes", "--json"];
        assert_eq!(environment.project.run(&arguments).json()["status"], "done");
    }
    let before = environment.held();
    environment.apply();
    let with = environment.held();
    std::fs::remove_dir_all(environment.project.state().join(ENV).join("small")).unwrap();
    assert_eq!(environment.rebuild()["records"].as_array().unwrap().len(), 3);
    environment.nothing_to_do();
    assert_eq!(environment.held(), with);
    environment.destroy();
    assert_eq!(environment.held(), before);
}

/// Makes a queue in the sandbox as an apply would have made it.
fn plant(environment: &Environment, address: &str, name: &str, op: &str) -> String {
    let options = SandboxOptions { speed: Speed::Instant, ..SandboxOptions::default() };
    let dir = environment.project.state().join(".sandbox");
    let sandbox = Sandbox::open(&dir, Arc::new(dr_kinds::registry()), options).unwrap();
    let address = Address::parse(address).unwrap();
    let kind = dr_kinds::registry().get("sqs.queue").unwrap();
    let at = Target { kind, region: Some("us-east-1"), address: &address };
    let args = Map::from([("name".into(), Datum::from(name))]);
    let intent = Intent { op: op.into(), environment: ENV.into(), program: "small".into(), address: address.clone() };
    let made = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    made.block_on(sandbox.create(at, &args, &intent)).unwrap().to_string()
}

#[test]
fn of_two_with_one_address_the_one_in_use_stays() {
    let script = |name: &str| {
        format!(
            r#"
        component("near", #{{ region: "us-east-1" }}, || {{
            let dead = sqs::queue("dead", #{{ name: `{name}-${{env.suffix}}` }});
            sqs::queue("orders", #{{ redrive_policy: #{{ dead_letter_target_arn: dead.arn, max_receive_count: 3 }} }});
        }});
    "#
        )
    };
    for left in ["aaa", "zzz"] {
        let environment = small(&script("dead-letters"));
        environment.apply();
        let before = environment.held();
        let twin = plant(&environment, "near/sqs.queue:dead", &format!("{left}-{ENV}"), "op-left");
        environment.lose_state();
        let rebuilt = environment.rebuild();
        assert_eq!(rebuilt["deposed"][0]["id"], json!(twin), "{rebuilt:#}");
        assert_eq!(does(&environment.plan()), BTreeSet::from(["delete near/sqs.queue:dead".to_owned()]));
        environment.apply();
        assert_eq!(environment.held(), before);
        environment.nothing_to_do();
    }
}

#[test]
fn a_lost_value_stays_until_a_new_one_is_drawn() {
    let script = |more: &str| {
        format!(
            r#"
        component("near", #{{ region: "us-east-1" }}, || {{
            let id = random::id("id", #{{}});
            let password = random::password("login", #{{ {more} }});
            s3::bucket("read-off", #{{ bucket: `it-${{env.suffix}}-${{id.hex}}-x` }});
            let secret = secretsmanager::secret("login", #{{}});
            secretsmanager::secret_version("login", #{{ secret_id: secret.arn, secret_string: password.result }});
            output("named", `${{id.b64}}`);
        }});
    "#
        )
    };
    let environment = small(&script(""));
    environment.apply();
    let outputs = environment.outputs();
    environment.lose_state();
    assert_eq!(environment.rebuild()["changes"], false);
    let plan = environment.plan();
    // The id is read off the bucket's name; the password is in nobody's hands.
    let lost: Vec<&Value> =
        plan["diagnostics"].as_array().unwrap().iter().filter(|d| d["code"] == "lost").map(|d| &d["message"]).collect();
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert!(lost[0].as_str().unwrap().contains("`near/random.password:login`"), "{lost:?}");
    assert_eq!(environment.outputs(), outputs);
    // Nothing else can be made from it.
    let second = r#"
        component("near", #{ region: "us-east-1" }, || {
            let password = random::password("login", #{});
            let secret = secretsmanager::secret("login", #{});
            secretsmanager::secret_version("login", #{ secret_id: secret.arn, secret_string: password.result });
            let more = secretsmanager::secret("more", #{});
            secretsmanager::secret_version("more", #{ secret_id: more.arn, secret_string: password.result });
        });
    "#;
    environment.project.write("programs/small.rhai", second);
    let refused = environment.project.run(&environment.arguments("plan", &[]));
    assert_eq!(refused.status, Some(3), "{}{}", refused.out, refused.err);
    let why = "`secret_string` of `near/secretsmanager.secret_version:more` needs the value of";
    assert!(refused.out.contains(why), "{}", refused.out);
    // A new one is drawn and set.
    environment.project.write("programs/small.rhai", &script(r#"keepers: #{ drawn: "again" }"#));
    let done = does(&environment.plan());
    let expected =
        ["replace near/random.password:login", "update near/secretsmanager.secret_version:login"].map(str::to_owned);
    assert_eq!(done, BTreeSet::from(expected));
    environment.apply();
    environment.nothing_to_do();
}

/// What the resources in the cloud have, by their kinds, of arguments that are not kept in clear.
fn sealed(environment: &Environment) -> BTreeMap<&'static str, BTreeMap<String, String>> {
    let dir = environment.project.state().join(".sandbox");
    let sandbox = Sandbox::open(&dir, Arc::new(dr_kinds::registry()), SandboxOptions::default()).unwrap();
    let text =
        |sealed: BTreeMap<String, _>| sealed.into_iter().map(|(name, hash)| (name, format!("{hash:?}"))).collect();
    sandbox.list().unwrap().into_iter().map(|one| (one.kind, text(one.sealed))).collect()
}

#[test]
fn a_secret_that_changes_with_a_lost_state_is_written() {
    const SCRIPT: &str = r#"
        let p = program(#{ token: param("A secret", "0-0-0-0", #{ sensitive: true }) });
        component("near", #{ region: "us-east-1" }, || {
            let secret = secretsmanager::secret("token", #{});
            secretsmanager::secret_version("token", #{ secret_id: secret.arn, secret_string: p.token });
            ssm::parameter("token", #{ type: "SecureString", value: p.token });
        });
    "#;
    let (told, untold) = ("update near/ssm.parameter:token", "update near/secretsmanager.secret_version:token");
    for by_rebuild in [false, true] {
        for (token, expected) in [("1-1-1-1", vec![untold]), ("2-2-2-2", vec![untold, told])] {
            let mut environment = small(SCRIPT);
            environment.set("token=1-1-1-1");
            environment.apply();
            let before = sealed(&environment);
            environment.lose_state();
            environment.set(&format!("token={token}"));
            if by_rebuild {
                let rebuilt = environment.rebuild();
                let which = json!({"address": "near/secretsmanager.secret_version:token", "argument": "secret_string"});
                assert!(rebuilt["untold"].as_array().unwrap().contains(&which), "{rebuilt:#}");
            }
            let plan = environment.plan();
            assert_eq!(does(&plan), expected.iter().map(|one| (*one).to_owned()).collect(), "{token} {by_rebuild}");
            if !by_rebuild {
                let about = |d: &&Value| d["message"].as_str().unwrap().contains("no service tells");
                let note = plan["diagnostics"].as_array().unwrap().iter().find(about).unwrap();
                assert!(note["message"].as_str().unwrap().contains("`secret_string` of `near/"), "{note}");
            }
            environment.apply();
            environment.nothing_to_do();
            for kind in ["ssm.parameter", "secretsmanager.secret_version"] {
                let (was, is) = (&before[kind], &sealed(&environment)[kind]);
                assert_eq!(was == is, token == "1-1-1-1", "{kind} {by_rebuild}: {was:?} {is:?}");
            }
        }
    }
}

#[test]
fn a_random_value_is_not_drawn_anew_while_what_has_it_cannot_be_asked() {
    let script = |more: &str| {
        format!(
            r#"
                component("near", #{{ region: "us-east-1" }}, || {{
                    let password = random::password("login", #{{ length: 20 }});
                    let secret = secretsmanager::secret("login", #{{}});
                    secretsmanager::secret_version("login", #{{ secret_id: secret.arn, secret_string: password.result }});
                    {more}
                }});
            "#
        )
    };
    let environment = small(&script(""));
    environment.apply();
    let before = sealed(&environment);
    environment.lose_state();
    let away = environment.project.run(&environment.arguments("apply", &["--sandbox-down", "us-east-1"]));
    assert_eq!(away.status, Some(5), "{}{}", away.out, away.err);
    environment.apply();
    environment.nothing_to_do();
    assert_eq!(sealed(&environment), before);
    // What is in a place that answers needs it: it is drawn, and whatever had the old one gets it afterwards.
    environment.lose_state();
    let elsewhere =
        "ssm::parameter(\"login\", #{ region: \"us-west-2\", type: \"SecureString\", value: password.result });";
    environment.project.write("programs/small.rhai", &script(elsewhere));
    environment.project.run(&environment.arguments("apply", &["--sandbox-down", "us-east-1"]));
    let plan = environment.plan();
    assert_eq!(does(&plan), BTreeSet::from(["update near/secretsmanager.secret_version:login".to_owned()]), "{plan:#}");
    environment.apply();
    environment.nothing_to_do();
    assert_ne!(sealed(&environment)["secretsmanager.secret_version"], before["secretsmanager.secret_version"]);
}

#[test]
fn what_no_state_knows_is_told_and_destroyed_by_its_tags() {
    for_each_program(|program, _, set| {
        let environment = Environment::applied_twice(program, set);
        let before = environment.held();
        environment.lose_state();
        // With the program's name or without, it is found, told, and left alone.
        for words in [&["destroy", program][..], &["destroy"]] {
            let words = [words, &["--env", ENV, "--yes", "--json"]].concat();
            let said = environment.project.run(&words);
            assert_eq!(said.status, Some(1), "{program}: {}", said.err);
            let result: Value = serde_json::from_str(&said.out).unwrap();
            assert_eq!(result["status"], "failed", "{program}");
            assert!(result["residue"].as_array().unwrap().iter().all(|one| one["program"] == program), "{result:#}");
            assert!(said.err.contains("us-east-1") && said.err.contains("--from-tags"), "{}", said.err);
            assert_eq!(environment.held(), before, "{program}");
        }
        // A plan of it says what would go.
        let plan = environment.project.run(&environment.arguments("plan", &["--destroy"])).json();
        let deletes = plan["counts"]["delete"].as_u64().unwrap();
        assert!(deletes >= before.len() as u64 && codes(&plan).contains(&"found"), "{program}: {:#}", plan["counts"]);
        let mut words = vec!["destroy", "--env", ENV, "--from-tags", "--yes", "--allow-data-loss", "--json"];
        words.extend(set.iter().flat_map(|set| ["--set", set]));
        let destroyed = environment.project.run(&words).json();
        assert_eq!((&destroyed["status"], &destroyed["residue"]), (&json!("done"), &json!([])), "{destroyed:#}");
        assert_eq!(environment.held(), [], "{program}");
        // Now nothing is there, and that was looked for.
        let said = environment.project.run(&["destroy", "--env", ENV, "--yes"]);
        assert_eq!(said.status, Some(0), "{}", said.err);
        assert!(said.err.contains("Looked in 34 regions"), "{}", said.err);
    });
}

#[test]
fn what_is_in_a_region_that_is_not_usual_is_destroyed_without_state_and_script() {
    let environment = small(SMALL);
    let other = ["apply", "small", "--env", "pr-12", "--yes", "--json"];
    assert_eq!(environment.project.run(&other).json()["status"], "done");
    let before = environment.held();
    environment.apply();
    environment.lose_state();
    std::fs::remove_file(environment.project.state().parent().unwrap().join("programs/small.rhai")).unwrap();
    let said = environment.project.run(&["destroy", "--env", ENV, "--from-tags", "--yes", "--allow-data-loss"]);
    assert_eq!(said.status, Some(0), "{}{}", said.out, said.err);
    assert!(said.err.contains("The program small is not here"), "{}", said.err);
    assert_eq!(environment.held(), before);
}

#[test]
fn a_program_without_state_beside_one_with_it_is_told() {
    let environment = small(SMALL);
    environment.apply();
    let words = ["apply", "transactions", "--env", ENV, "--yes", "--json"];
    assert_eq!(environment.project.run(&words).json()["status"], "done");
    let all = environment.held().len();
    std::fs::remove_dir_all(environment.project.state().join(ENV).join("small")).unwrap();
    let said = environment.project.run(&["destroy", "--env", ENV, "--yes", "--allow-data-loss"]);
    assert_eq!(said.status, Some(1), "{}{}", said.out, said.err);
    assert!(said.err.contains("3 resources of small in pr-1"), "{}", said.err);
    assert!(environment.held().len() == 3 && all > 3);
    let said =
        environment.project.run(&["destroy", "small", "--env", ENV, "--from-tags", "--yes", "--allow-data-loss"]);
    assert_eq!(said.status, Some(0), "{}{}", said.out, said.err);
    assert_eq!(environment.held(), []);
}

#[test]
fn a_region_that_was_silent_is_asked_by_the_next_plan() {
    let environment = Environment::applied_twice("transactions", &["customer_keys=true"]);
    let before = environment.held();
    environment.lose_state();
    let down = ["--sandbox-down", "us-west-2"];
    let plan = environment.project.run(&environment.arguments("plan", &down)).json();
    let told =
        |d: &Value| d["code"] == "found" && d["message"].as_str().unwrap().contains("us-west-2 could not be asked");
    assert!(plan["diagnostics"].as_array().unwrap().iter().any(told), "{:#}", plan["diagnostics"]);
    let said = environment.project.run(&environment.arguments("apply", &down));
    assert_eq!(said.status, Some(5), "{}{}", said.out, said.err);
    assert_eq!(environment.held(), before);
    environment.apply();
    assert_eq!(environment.held(), before);
    environment.nothing_to_do();
}

#[test]
fn what_was_forgotten_is_found_again() {
    let environment = Environment::applied_twice("transactions", &["reserved=5"]);
    let before = environment.held();
    let state = environment.project.run(&["state", "list", "--env", ENV, "--json"]).json();
    let records = state["records"].as_array().unwrap().iter();
    let addresses: Vec<&str> = records.map(|record| record["address"].as_str().unwrap()).collect();
    let of = |kind: &str| *addresses.iter().find(|address| address.contains(kind)).unwrap();
    // One that has tags, and one that has none.
    let forgotten = [of("/lambda.function:"), of("iam.role_policy:")];
    for address in forgotten {
        let said = environment.project.run(&["state", "rm", address, "--env", ENV, "--yes"]);
        assert_eq!(said.status, Some(0), "{}", said.err);
    }
    let rebuilt = environment.rebuild();
    let found = rebuilt["records"].as_array().unwrap().iter().map(|record| record["address"].as_str().unwrap());
    assert_eq!(found.collect::<BTreeSet<_>>(), BTreeSet::from(forgotten));
    assert_eq!(rebuilt["changes"], false);
    environment.nothing_to_do();
    assert_eq!(environment.held(), before);
}

#[test]
fn what_was_forgotten_and_is_not_declared_any_more_is_left_alone() {
    let with = |far: &str| {
        format!(
            r#"
                component("near", #{{ region: "us-east-1" }}, || sqs::queue("orders", #{{}}));
                component("far", #{{ region: "us-west-2" }}, || sqs::queue("{far}", #{{}}));
            "#
        )
    };
    let environment = small(&with("orders"));
    environment.apply();
    let said = environment.project.run(&["state", "rm", "far/sqs.queue:orders", "--env", ENV, "--yes"]);
    assert_eq!(said.status, Some(0), "{}", said.err);
    environment.project.write("programs/small.rhai", &with("other"));
    assert_eq!(does(&environment.plan()), BTreeSet::from(["create far/sqs.queue:other".to_owned()]));
    environment.apply();
    assert_eq!(environment.held().len(), 3);
}

#[cfg(feature = "emulators")]
mod emulated {
    use dr_tests_support::{Mode, TestCloud};

    use super::*;

    /// What AWS tells: ids by ARNs, what cannot be tagged by parent and name.
    #[test]
    fn a_rebuilt_state_is_as_it_was_in_the_emulators() {
        let cloud = TestCloud::start(Mode::Patched).unwrap();
        let mut environment =
            Environment::new(Project::new(cloud.environment()), "transactions", ENV, "aws", &["reserved=4"]);
        // Alarms live in another server than the tagging service, which knows none of them. All else is found, by a rebuild
        // and by the plan of an apply.
        let first = does(&environment.plan());
        let alarms: BTreeSet<String> =
            first.into_iter().filter(|what| what.contains("cloudwatch.metric_alarm")).collect();
        assert!(!alarms.is_empty());
        environment.apply();
        environment.set("reserved=5");
        environment.apply();
        let (state, kept) = (environment.project.state().join(ENV), environment.project.state().join(".kept"));
        std::fs::rename(&state, &kept).unwrap();
        environment.rebuild();
        assert_eq!(does(&environment.plan()), alarms);
        environment.lose_state();
        assert_eq!(does(&environment.plan()), alarms);
        std::fs::rename(&kept, &state).unwrap();
        environment.nothing_to_do();
        environment.destroy();
        let left = cloud.boto("empty.py", &json!({ "regions": ["us-east-1", "us-west-2"] })).unwrap();
        assert_eq!(left["ok"], true, "{:#}", left["findings"]);
    }
}
