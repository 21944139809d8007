//! Look-ups of what is there already: they find what another program has made, and refuse what is not the one that is meant.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What others have: two networks, of which one is shared, with two subnets, a secret and a topic.
const SHARED: &str = r#"
component("east", #{ region: "us-east-1" }, || {
    let shared = ec2::vpc("shared", #{ cidr_block: "10.7.0.0/16", tags: #{ Name: "shared", team: "platform" } });
    ec2::subnet("b", #{ vpc_id: shared.id, cidr_block: "10.7.2.0/24", availability_zone: "us-east-1b", tags: #{ tier: "app" } });
    ec2::subnet("a", #{ vpc_id: shared.id, cidr_block: "10.7.1.0/24", availability_zone: "us-east-1a", tags: #{ tier: "app" } });
    ec2::subnet("c", #{ vpc_id: shared.id, cidr_block: "10.7.3.0/24", availability_zone: "us-east-1c" });
    ec2::vpc("other", #{ cidr_block: "10.8.0.0/16", tags: #{ team: "platform" } });
    secretsmanager::secret("login", #{ description: "Of the platform" });
    sns::topic("alerts", #{ display_name: "Platform" });
});
"#;

fn dr(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(line.split_whitespace())
        .env_clear()
        .env("HOME", folder)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn does(folder: &Path, line: &str, status: i32) -> String {
    let output = dr(folder, line);
    assert_eq!(output.status.code(), Some(status), "{line}: {}", said(&output));
    said(&output)
}

/// A project in which the environment `pr-1` of `shared` is there, with a program of this text.
fn beside(shared: &str, program: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("programs")).unwrap();
    std::fs::write(folder.path().join("dr.toml"), "").unwrap();
    std::fs::write(folder.path().join("programs/shared.rhai"), shared).unwrap();
    std::fs::write(folder.path().join("programs/shop.rhai"), program).unwrap();
    does(folder.path(), "apply shared --env pr-1 --yes", 0);
    folder
}

#[test]
fn a_program_is_built_into_what_another_one_has_made() {
    let folder = beside(
        SHARED,
        r#"
component("east", #{ region: "us-east-1" }, || {
    let net = ec2::existing_vpc("shared", #{ tags: #{ Name: "shared" } });
    let subnets = ec2::existing_subnets("app", #{ vpc_id: net.id, tags: #{ tier: "app" } });
    ec2::security_group("app", #{ vpc_id: net.id, description: "Of the shop" });
    let topic = sns::existing_topic("alerts", #{ name: "alerts-pr-1" });
    let secret = secretsmanager::existing_secret("login", #{ name: "login-pr-1" });
    output("zones", subnets.availability_zones);
    output("blocks", subnets.cidr_blocks);
    output("block", net.cidr_block);
    output("same", ec2::existing_vpc("same", #{ vpc_id: net.id, cidr_block: "10.7.0.0/16" }).arn);
    output("topic", topic.display_name);
    output("secret", secret.description);
});
"#,
    );
    let at = folder.path();
    does(at, "apply shop --env pr-2 --yes", 0);
    let outputs: serde_json::Value = serde_json::from_slice(&dr(at, "output --env pr-2 --json").stdout).unwrap();
    let values = |name: &str| outputs[name].clone();
    let text = outputs.to_string();
    assert_eq!(values("zones"), serde_json::json!(["us-east-1a", "us-east-1b"]), "{text}");
    assert_eq!(values("blocks"), serde_json::json!(["10.7.1.0/24", "10.7.2.0/24"]), "{text}");
    assert_eq!(values("block"), "10.7.0.0/16", "{text}");
    assert!(values("same").as_str().unwrap().contains(":vpc/vpc-"), "{text}");
    assert_eq!((values("topic"), values("secret")), ("Platform".into(), "Of the platform".into()), "{text}");
    // What is looked up stays: it is another program's.
    does(at, "destroy shop --env pr-2 --yes", 0);
    assert!(does(at, "plan shared --env pr-1", 0).contains("No changes"));
}

#[test]
fn what_is_not_the_one_that_is_meant_is_refused() {
    for (look_up, words) in [
        (
            r#"ec2::existing_vpc("n", #{ tags: #{ Name: "nobody" } })"#,
            &["one `ec2.vpc` with the tag Name=nobody was looked for, found: none"][..],
        ),
        (
            r#"ec2::existing_vpc("n", #{ tags: #{ team: "platform" } })"#,
            &["one `ec2.vpc` with the tag team=platform was looked for, found: vpc-", ", vpc-"],
        ),
        (r#"ec2::existing_vpc("n", #{ vpc_id: "vpc-0" })"#, &["with vpc_id `vpc-0` was looked for, found: none"]),
        (
            r#"ec2::existing_subnets("n", #{ availability_zone: "us-east-1f" })"#,
            &["any `ec2.subnet` with availability_zone `us-east-1f` was looked for, found: none"],
        ),
        (r#"secretsmanager::existing_secret("n", #{ name: "login" })"#, &["with name `login` was looked for"]),
        (r#"sns::existing_topic("n", #{ name: "alert" })"#, &["with name `alert` was looked for, found: none"]),
    ] {
        let program = format!("component(\"east\", #{{ region: \"us-east-1\" }}, || {{ {look_up}; }});");
        let folder = beside(SHARED, &program);
        let text = does(folder.path(), "plan shop --env pr-2", 3);
        for word in words {
            assert!(text.contains(word), "{look_up}: {word}: {text}");
        }
    }
}

#[test]
fn another_region_has_others() {
    let program = r#"ec2::existing_vpc("n", #{ region: "us-west-2", tags: #{ Name: "shared" } });"#;
    let folder = beside(SHARED, program);
    assert!(does(folder.path(), "plan shop --env pr-2", 3).contains("found: none"));
}
