//! Taking over what is there already: one resource by its id, and all that bear a tag by a program that is written.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use dr_sandbox::{Sandbox, SandboxOptions};
use serde_json::Value;
use tempfile::TempDir;

/// What somebody has made by hand, so to say: a program makes it, and then nothing knows of that program.
const BY_HAND: &str = r#"
component("east", #{ region: "us-east-1", tags: #{ team: "pay" } }, || {
    let net = ec2::vpc("shared", #{ cidr_block: "10.7.0.0/16", tags: #{ Name: "shared", team: "pay" } });
    let near = #{ vpc_id: net.id, cidr_block: "10.7.1.0/24", tags: #{ Name: "app \"one\"", team: "pay" } };
    let app = ec2::subnet("app", near);
    ec2::security_group("app", #{ vpc_id: net.id, description: "Of the shop" });
    let key = kms::key("seal", #{ description: "Seals \"all\"\nof it" });
    let dead = sqs::queue("dead", #{ kms_master_key_id: key.arn });
    sqs::queue("orders", #{
        kms_master_key_id: key.arn,
        redrive_policy: #{ dead_letter_target_arn: dead.arn, max_receive_count: 3 },
    });
    let login = random::password("login", #{ length: 20 });
    ssm::parameter("login", #{ type: "SecureString", value: login.result });
    secretsmanager::secret("login", #{ description: "Of the shop" });
    let trust = #{ Effect: "Allow", Principal: #{ Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
    let role = iam::role("worker", #{ assume_role_policy: #{ Version: "2012-10-17", Statement: [trust] } });
    dynamodb::table("rows", #{ hash_key: "id", attributes: [#{ name: "id", type: "S" }] });
    sns::topic("alerts", #{ display_name: "Alerts" });
});
sqs::queue("far", #{ region: "eu-central-1", tags: #{ team: "pay" } });
sqs::queue("others", #{ region: "us-east-1", tags: #{ team: "other" } });
"#;

struct Account(TempDir);

impl Account {
    /// An account in which that is there, and no program knows of it.
    fn new() -> Account {
        let account = Account(tempfile::tempdir().unwrap());
        std::fs::create_dir(account.path().join("programs")).unwrap();
        std::fs::write(account.path().join("dr.toml"), "").unwrap();
        account.write("hand", BY_HAND);
        account.does("apply hand --env pr-1 --yes", 0);
        for one in account.sandbox().list().unwrap() {
            account.sandbox().tamper_untag(one.kind, &one.id).unwrap();
        }
        std::fs::remove_dir_all(account.path().join("state/pr-1")).unwrap();
        account
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, program: &str, text: &str) {
        std::fs::write(self.path().join(format!("programs/{program}.rhai")), text).unwrap();
    }

    fn sandbox(&self) -> Sandbox {
        let dir = self.path().join("state/.sandbox");
        Sandbox::open(&dir, Arc::new(dr_kinds::registry()), SandboxOptions::default()).unwrap()
    }

    /// The ids of a kind.
    fn ids(&self, kind: &str) -> Vec<String> {
        let all = self.sandbox().list().unwrap().into_iter().filter(|one| one.kind == kind);
        all.map(|one| one.id.to_string()).collect()
    }

    fn run(&self, line: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_dr"))
            .args(line.split_whitespace())
            .env_clear()
            .env("HOME", self.path())
            .current_dir(self.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn does(&self, line: &str, status: i32) -> String {
        let output = self.run(line);
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(status), "{line}: {said}");
        said
    }
}

#[test]
fn what_bears_a_tag_becomes_a_program_that_changes_nothing() {
    let account = Account::new();
    let before = account.sandbox().list().unwrap();
    let said = account.does("import --tag team=pay --write programs/pay.rhai --env prod", 0);
    assert!(said.contains("12 resources written to `programs/pay.rhai`"), "{said}");
    let written = std::fs::read_to_string(account.path().join("programs/pay.rhai")).unwrap();
    for words in [
        "allow: #{ D20: \"it is called so already\" },",
        "let vpc_shared = ec2::vpc(\"shared\", #{",
        "vpc_id: vpc_shared.id,",
        "Name: \"app \\\"one\\\"\"",
        "description: \"Seals \\\"all\\\"\\nof it\"",
        "kms_master_key_id: key_key.arn,",
        ".arn, max_receive_count: 3 }",
        "region: \"eu-central-1\",",
        "// `value` is a secret, which is not written here.",
    ] {
        assert!(written.contains(words), "{words}: {written}");
    }
    assert!(!written.contains("others-pr-1"), "{written}");
    // A file that is there stays as it is.
    assert!(account.does("import --tag team=pay --write programs/pay.rhai", 1).contains("is there already"));
    assert_eq!(std::fs::read_to_string(account.path().join("programs/pay.rhai")).unwrap(), written);
    // What is secret has to be given; the rest is taken over as it is.
    let given = written.replace(
        "// `value` is a secret, which is not written here.",
        "value: random::password(\"login\", #{ length: 20 }).result,",
    );
    account.write("pay", &given);
    let plan = account.does("plan pay --env prod", 0);
    assert!(plan.contains("11 to take over") && plan.contains("1 to change"), "{plan}");
    account.does("apply pay --env prod --yes", 0);
    assert!(account.does("plan pay --env prod", 0).contains("No changes"));
    // Without the ids, too.
    let after: Vec<&str> = given.lines().filter(|line| !line.contains("import_id")).collect();
    account.write("pay", &after.join("\n"));
    assert!(account.does("plan pay --env prod", 0).contains("No changes"));
    let now = account.sandbox().list().unwrap();
    let ids = |all: &[dr_sandbox::ShownResource]| all.iter().map(|one| one.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&now), ids(&before), "nothing was made or deleted");
}

#[test]
fn what_belongs_to_a_program_is_left_alone() {
    let account = Account::new();
    account.write("other", "sqs::queue(\"q\", #{ region: \"us-east-1\", tags: #{ team: \"pay\" } });");
    account.does("apply other --env pr-3 --yes", 0);
    let said = account.does("import --tag team=pay --write programs/pay.rhai --env prod", 1);
    assert!(said.contains("left alone") && said.contains("belongs to the program `other`"), "{said}");
    let said = account.does("import --tag team=nobody --write programs/nobody.rhai", 0);
    assert!(said.contains("Nothing was found") && !account.path().join("programs/nobody.rhai").exists(), "{said}");
    let said = account.does("import --tag team=pay --write programs/again.rhai --sandbox-down eu-central-1", 1);
    assert!(said.contains("eu-central-1 could not be asked: it does not answer"), "{said}");
}

#[test]
fn one_resource_is_recorded_at_an_address_and_the_plan_says_what_differs() {
    let account = Account::new();
    let [vpc] = &account.ids("ec2.vpc")[..] else { panic!("one network is there") };
    let program = |cidr: &str, dns: bool| {
        format!(
            "component(\"net\", #{{ region: \"us-east-1\" }}, || {{
                let main = ec2::vpc(\"main\", #{{ cidr_block: \"{cidr}\", enable_dns_hostnames: {dns}, tags: #{{ Name: \"shared\", team: \"pay\" }} }});
                ec2::internet_gateway(\"out\", #{{ vpc_id: main.id }});
            }});"
        )
    };
    account.write("shop", &program("10.7.0.0/16", true));
    let said = account.does(&format!("import net/ec2.vpc:main {vpc} --env prod --program shop"), 0);
    for words in [
        &format!("`{vpc}` in us-east-1 is recorded as `net/ec2.vpc:main`")[..],
        "enable_dns_hostnames",
        "1 to create, 1 to change",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // It is ours from now on, also where the state is lost; nothing else of it has changed.
    let shown = account.sandbox().list().unwrap().into_iter().find(|one| one.kind == "ec2.vpc").unwrap();
    assert_eq!((&*shown.tags["dr:env"], &*shown.tags["dr:address"]), ("prod", "net/ec2.vpc:main"));
    assert_eq!(shown.args["enable_dns_hostnames"].to_json(), "false");
    account.does("apply --yes --env prod shop", 0);
    assert!(account.does("plan shop --env prod", 0).contains("No changes"));
    let again = account.does(&format!("import net/ec2.vpc:main {vpc} --env prod"), 1);
    assert!(again.contains("is recorded already, as `vpc-"), "{again}");
}

#[test]
fn what_cannot_be_taken_over_is_refused_and_nothing_is_recorded() {
    let account = Account::new();
    account.write("shop", "component(\"net\", #{ region: \"us-east-1\" }, || { ec2::vpc(\"main\", #{ cidr_block: \"10.7.0.0/16\" }); random::id(\"n\", #{}); });");
    for (line, words) in [
        ("net/ec2.vpc:main vpc-0", "there is no `ec2.vpc` with the id `vpc-0` to take over"),
        ("net/ec2.vpc:mian vpc-0", "did you mean `net/ec2.vpc:main`?"),
        ("net/random.id:n x", "cannot be taken over"),
    ] {
        let output = account.run(&format!("import {line} --env prod --program shop"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(words), "{line}: {said}");
    }
    let said = account.does("import net/ec2.vpc:main vpc-0 --env new", 1);
    assert!(said.contains("say which one declares it with `--program`"), "{said}");
    let json: Value = serde_json::from_slice(&account.run("state list --env prod --json").stdout).unwrap();
    assert!(!json.to_string().contains("ec2.vpc"), "{json:#}");
}
