//! Secrets from end to end: one that is made and one that is given go through every command, output, file and error.
//!
//! The one that is made is known by opening the state with its key, afterwards. Neither it nor any good part of it is in
//! what was printed, or in any file of the state, plans and the sandbox's log included. What a program puts where a cloud
//! shows it to everybody, such as a tag, the sandbox has in clear, as any cloud would; nobody else has.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot prepare itself has failed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dr_core::value::Value;
use dr_run::{KeySource, Stack, Store};

const GIVEN: &str = "correct-Horse7battery+staple";

const PROGRAM: &str = r##"
let p = program(#{ token: param("Token", "", #{ sensitive: true }), wrong: param("What goes wrong", "nothing"),
                      open: param("Whether secrets are put where everybody sees them", false) });
let made = random::password("made", #{ length: 24, special: false });
component("store", #{ region: "us-east-1" }, || {
    let key = kms::key("key", #{});
    let queue = sqs::queue("queue", #{ tags: if p.open { #{ token: p.token, made: made.result } } else { #{} } });
    ssm::parameter("made", #{ type: "SecureString", value: made.result });
    ssm::parameter("both", #{
        type: "SecureString", value: `${queue.arn}:${made.result}:${p.token}`, description: if p.open { p.token } else { "" },
    });
    let secret = secretsmanager::secret("both", #{});
    secretsmanager::secret_version("both", #{
        secret_id: secret.id, secret_string: #{ url: queue.url, made: made.result, token: p.token }.to_json(),
    });
    for s in [#{ name: "made", value: made.result }, #{ name: "token", value: p.token }] {
        output(s.name, s.value);
        output(`${s.name}-list`, [s.value, queue.arn]);
        output(`${s.name}-text`, `${queue.arn} ${[s.value]} ${#{ a: s.value }}`);
        output(`${s.name}-base64`, base64(s.value));
        let v = s.value;
        let role = |more| iam::role(`r-${s.name}`, #{ assume_role_policy: trust("lambda.amazonaws.com") } + more);
        switch p.wrong {
            "type" => sqs::queue(`w-${s.name}`, #{ delay_seconds: v }),
            "condition" => ssm::parameter(`w-${s.name}`, #{ type: v, value: "x" }),
            "range" => sqs::queue(`w-${s.name}`, #{ delay_seconds: v.len() * 1000 }),
            "json" => sqs::queue(`w-${s.name}`, #{ policy: v }),
            "check" => role.call(#{ force_detach_policies: v.contains("@@@") }),
            "index" => ssm::parameter(`w-${s.name}`, #{ type: "String", value: v.split("")[99] }),
            "number" => ssm::parameter(`w-${s.name}`, #{ type: "String", value: `${v.parse_int()}` }),
            "key" => ssm::parameter(`w-${s.name}`, #{ type: "String", value: `{"a":"${v}"}`.from_json().b }),
            "cidr" => ec2::vpc(`w-${s.name}`, #{ cidr_block: cidr_subnet(v, 8, 1) }),
            "name" => sqs::queue(`w-${s.name}`, #{ name: `${v}-${env.suffix}` }),
            "service" => sqs::queue(`w-${s.name}`, #{ kms_master_key_id: `arn:aws:kms:us-east-1:000000000000:key/${v}` }),
            "region" => sqs::queue(`w-${s.name}`, #{ region: v }),
            "throw" => if s.name == "token" { throw v },
            "print" => { print(v); note(v); warn(`${v}`); },
            "branch" => if v == "x" { 1 },
            _ => (),
        }
    }
});
"##;

const WRONG: &[&str] = &[
    "type",
    "condition",
    "range",
    "json",
    "check",
    "index",
    "number",
    "key",
    "cidr",
    "name",
    "service",
    "region",
    "throw",
    "print",
    "branch",
];

struct Place {
    dir: tempfile::TempDir,
    printed: Vec<(String, Vec<u8>)>,
}

impl Place {
    fn run(&mut self, line: &str) -> Option<i32> {
        let here = self.dir.path();
        let output = Command::new(env!("CARGO_BIN_EXE_dr"))
            .args(line.split_whitespace())
            .args(["--sandbox-speed", "instant"])
            .args(if line.contains("--state-dir") { &[][..] } else { &["--state-dir", "state"] })
            .current_dir(here)
            .env_clear()
            .env("HOME", here)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        self.printed.push((format!("{line} (standard output)"), output.stdout));
        self.printed.push((format!("{line} (standard error)"), output.stderr));
        output.status.code()
    }

    /// The secrets that environments have recorded.
    fn made(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let states = ["state", "open"].map(|name| self.dir.path().join(name));
        let stacks = states.iter().flat_map(|state| {
            let environments = dr_run::environments(state).unwrap();
            environments.into_iter().flat_map(move |env| {
                let programs = dr_run::programs(state, &env).unwrap();
                programs.into_iter().map(move |program| (state, Stack::new(program, env.as_str())))
            })
        });
        for (state, stack) in stacks {
            let store = Store::look(state, &stack, &KeySource::StateDirectory).unwrap().unwrap();
            for record in store.snapshot().unwrap().records.values().filter(|r| &*r.kind == "random.password") {
                let value = record.outputs["result"].clone();
                assert!(matches!(value, Value::Secret(_)), "{stack}");
                found.insert(value.revealed().as_str().unwrap().to_owned());
            }
        }
        found
    }
}

/// Every part of a text that says something of it, as text and in other clothes.
fn parts(secret: &str) -> BTreeSet<Vec<u8>> {
    const LENGTH: usize = 8;
    let mut all: BTreeSet<Vec<u8>> = secret.as_bytes().windows(LENGTH).map(<[u8]>::to_vec).collect();
    for skipped in 0..3 {
        // What stands in front moves the letters of base64.
        let encoded = STANDARD.encode(&secret.as_bytes()[skipped..]);
        all.extend(encoded.as_bytes().windows(2 * LENGTH).map(<[u8]>::to_vec));
    }
    all.insert(hex::encode(secret).into_bytes());
    all
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn nothing_of_a_secret_is_printed_or_kept_in_clear() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("p.rhai"), PROGRAM).unwrap();
    // A secret on the command line is the user's own doing; what is in the settings is not printed either.
    std::fs::write(dir.path().join("dr.toml"), format!("[programs.p.parameters]\ntoken = \"{GIVEN}\"\n")).unwrap();
    let mut place = Place { dir, printed: Vec::new() };
    for json in ["", "--json"] {
        place.run(&format!("plan p.rhai --help-program {json}"));
        place.run(&format!("plan p.rhai --details --env e1 {json}"));
        // While it is not known yet, each mistake is found by the apply.
        for wrong in WRONG {
            let env = format!("{wrong}{}", if json.is_empty() { "" } else { "2" });
            place.run(&format!("plan p.rhai --details --set wrong={wrong} --env {env} {json}"));
            place.run(&format!("apply p.rhai --yes --set wrong={wrong} --env {env} {json}"));
            place.run(&format!("apply p.rhai --yes --env {env} {json}"));
        }
    }
    assert_eq!(place.run("plan p.rhai --details --env e1 --out first.plan"), Some(0));
    assert_eq!(place.run("apply first.plan --env e1 --yes"), Some(0));
    assert_eq!(place.run("plan p.rhai --env e1 --detailed-exitcode"), Some(0));
    for json in ["", "--json"] {
        for command in [
            "plan p.rhai --details --set token=another-Horse7battery --out second.plan",
            "plan p.rhai --destroy",
            "state list",
            "state show random.password:made",
            "state show store/ssm.parameter:both",
            "state show store/sqs.queue:queue",
            "state show store/secretsmanager.secret_version:both",
            "output",
            "output made",
            "output made-list",
            "output made-text",
            "output token-base64",
            "env list",
        ] {
            place.run(&format!("{command} --env e1 {json}"));
        }
        for wrong in WRONG {
            place.run(&format!("plan p.rhai --details --set wrong={wrong} --env e1 {json}"));
            place.run(&format!("apply p.rhai --yes --set wrong={wrong} --env e1 {json}"));
        }
    }
    for command in [
        "plan p.rhai --details --set open=true",
        "apply p.rhai --yes --set open=true",
        "plan p.rhai --details --set open=true --detailed-exitcode",
        "plan p.rhai --details --set open=true --set token=another-Horse7battery",
        "apply p.rhai --details --set open=false --yes",
        "apply p.rhai --details --set open=true --yes",
        "state show store/sqs.queue:queue",
        "state show store/ssm.parameter:both --json",
        "output --json",
    ] {
        assert_eq!(place.run(&format!("{command} --env e1 --state-dir open")), Some(0), "{command}");
    }
    let made = place.made();
    assert!(made.len() > WRONG.len(), "{made:?}");
    let mut wrong = Vec::new();
    let at = |name: &str| place.dir.path().join(name);
    let kept = files(&at("state")).into_iter().chain(["first.plan", "second.plan"].map(at));
    let kept = kept.chain(files(&at("open")).into_iter().filter(|file| !file.starts_with(at("open/.sandbox"))));
    let kept: Vec<(String, Vec<u8>)> = kept.map(|f| (f.display().to_string(), std::fs::read(&f).unwrap())).collect();
    let parts: BTreeSet<Vec<u8>> =
        made.iter().map(String::as_str).chain([GIVEN, "another-Horse7battery"]).flat_map(parts).collect();
    for (place, bytes) in place.printed.iter().chain(&kept) {
        let length: BTreeSet<usize> = parts.iter().map(Vec::len).collect();
        let found = length.iter().flat_map(|&n| bytes.windows(n)).find(|window| parts.contains(*window));
        if let Some(found) = found {
            let at = bytes.windows(found.len()).position(|w| w == found).unwrap();
            let near = &bytes[at.saturating_sub(120)..(at + 40).min(bytes.len())];
            wrong.push(format!("{place}: {}", String::from_utf8_lossy(near)));
        }
    }
    assert!(wrong.is_empty(), "{} places show it:\n{}", wrong.len(), wrong.join("\n"));
    let redacted =
        place.printed.iter().filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains("(sensitive)")).count();
    assert!(redacted > WRONG.len(), "a secret is hardly met: {redacted} times");
}
