//! Whatever a text from outside holds, nothing in it acts on the terminal: it is shown as an escape.
//!
//! One text with everything in it that would act is put wherever a text can be given: in each place of a program, in
//! options, names of files, settings. Everything that is printed is looked at, for people and as JSON.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot prepare itself has failed.

use std::path::Path;
use std::process::Command;

/// What is put everywhere: clears the screen, conceals, rings, turns around, takes no room. None of our own colours.
const HOSTILE: &str = "<\u{1b}[8m\u{1b}[2J\u{1b}]0;t\u{7}\u{8}\u{7f}\u{85}\u{9b}8m\u{ad}\u{61c}\u{200b}\u{200d}\
                       \u{200f}\u{2028}\u{202e}\u{2066}\u{2069}\u{feff}\u{e0041}\r>";

/// Each is the text of a program in which `H` stands for the text; with what is given to it.
const PROGRAMS: &[&str] = &[
    "print(\"H\");",
    "print(\"H\"); throw \"H\";",
    "note(\"H\"); warn(\"H\");",
    "throw \"H\";",
    "throw #{ \"H\": \"H\" };",
    "output(\"H\", 1);",
    "output(\"a\", \"H\");",
    "output(\"a\", #{ \"H\": [\"H\"] });",
    "output(\"a\", \"${H}\");",
    "output(\"a\", q.arn + \"H\");",
    "component(\"H\", || 1);",
    "component(\"c\", #{ \"H\": 1 }, || 1);",
    "component(\"c\", #{ region: \"H\" }, || 1);",
    "sqs::queue(\"H\", #{ region: \"us-east-1\" });",
    "sqs::queue(\"r\", #{ region: \"H\" });",
    "thing(\"H\");",
    "\"H\".nosuch();",
    "let m = #{ a: 1 }; m[\"H\"].b;",
    "let m = #{ \"H\": 1 }; m.x;",
    "/* H */ let a = q.nosuch; // H",
    "/* H */ let a = ;",
    "let a = \"H",
    "let a = `H` + 1 / 0;",
    "import \"H\" as h;",
    "\"H\".parse_int();",
    "\"H\".from_json();",
    "\"H\".from_base64();",
    "cidr_subnet(\"H\", 8, 1);",
    "let H = 1;",
    "ssm::parameter(\"x\", #{ region: \"us-east-1\", type: \"H\", value: \"x\" });",
    "ssm::parameter(\"x\", #{ region: \"us-east-1\", type: \"String\", value: \"H\", description: \"H\" });",
    "ssm::parameter(\"x\", #{ region: \"us-east-1\", type: \"String\", value: \"x\", tags: #{ \"H\": \"H\" } });",
    "ssm::parameter(\"x\", #{ region: \"us-east-1\", type: \"String\", value: `${q.arn}H` });",
    "sqs::queue(\"r\", #{ region: \"us-east-1\", \"H\": 1 });",
    "sqs::queue(\"r\", #{ region: \"us-east-1\", name: \"H\" });",
    "sqs::queue(\"r\", #{ region: \"us-east-1\", delay_seconds: \"H\" });",
    "sqs::queue(\"r\", #{ region: \"us-east-1\", policy: \"H\" });",
    "sqs::queue(\"r\", #{ region: \"us-east-1\", policy: #{ \"H\": \"H\" } });",
    "sqs::queue(\"r\", #{ region: \"us-east-1\", depends_on: \"H\" });",
    "sqs::queue(\"r\", #{ region: \"us-east-1\", moved_from: \"H\" });",
    "sqs::queue(\"r\", #{ region: \"us-east-1\", import_id: \"H\" });",
    "sqs::queue(\"r\", #{ region: \"us-east-1\", replace: \"H\" });",
    "sqs::queue(\"r\", #{ region: \"us-east-1\", ignore_changes: [\"H\"] });",
    "sqs::queue(\"r\", #{ region: \"us-east-1\", name: \"plain\", allow: #{ D20: \"H\" } });",
    "sqs::queue(\"r\", #{ region: \"us-east-1\", allow: #{ \"H\": \"x\" } });",
    "sqs::queue(\"r\", #{ region: \"us-east-1\", kms_master_key_id: \"arn:aws:kms:us-east-1:000000000000:key/H\" });",
    "s3::bucket(\"r\", #{ region: \"us-east-1\", tags: #{ a: \"H\" } });",
    "archive::zip(\"z\", #{ source: \"H\" });",
    "events::rule(\"r\", #{ region: \"us-east-1\", event_pattern: `{\"source\": [\"H\"]}` });",
    "program(#{ \"H\": param(\"x\", 1) });",
    "program(#{ a: param(\"H\", \"H\") });",
    "program(#{ a: param(\"x\", \"H\", #{ one_of: [\"a\"] }) });",
    "program(#{ a: param(\"x\", \"a\", #{ pattern: \"H\" }) });",
    "program(#{ a: required_param(\"H\", \"H\") });",
    "program(#{ a: required_param(\"H\", \"string\", #{ one_of: [\"H\"] }) });",
];

/// Each is the words of a command; `H` stands for the text.
const COMMANDS: &[&[&str]] = &[
    &["H"],
    &["plan", "H"],
    &["plan", "H.rhai"],
    &["plan", "ok.rhai", "--H"],
    &["plan", "ok.rhai", "H"],
    &["plan", "ok.rhai", "--set", "H"],
    &["plan", "ok.rhai", "--set", "H=1"],
    &["plan", "ok.rhai", "--set", "a=H"],
    &["plan", "ok.rhai", "--set", "n=H"],
    &["plan", "ok.rhai", "--set", "l=H"],
    &["plan", "ok.rhai", "--env", "H"],
    &["plan", "ok.rhai", "--cloud", "H"],
    &["plan", "ok.rhai", "--region", "H"],
    &["plan", "ok.rhai", "--sandbox-speed", "H"],
    &["plan", "ok.rhai", "--key-file", "H", "--out", "a.plan"],
    &["plan", "ok.rhai", "--out", "H"],
    &["plan", "ok.rhai", "--out", "no/H"],
    &["plan", "H/p.rhai"],
    &["apply", "ok.rhai", "--yes", "--state-dir", "H"],
    &["apply", "H.plan"],
    &["apply", "ok.rhai", "--plan", "H"],
    &["apply", "ok.rhai", "--set", "a=H", "--yes"],
    &["plan", "ok.rhai", "--set", "a=other"],
    &["state", "list"],
    &["state", "show", "main/ssm.parameter:x"],
    &["state", "show", "H"],
    &["output"],
    &["output", "a"],
    &["output", "H"],
    &["env", "list"],
    &["env", "H"],
    &["kinds", "H"],
    &["check", "H"],
    &["check", "H/p.rhai"],
    &["test", "H"],
    &["test", "H/p_test.rhai"],
    &["destroy", "H"],
    &["destroy", "--yes"],
];

const OK: &str = "let p = program(#{ a: param(\"x\", \"x\"), n: param(\"x\", 1), l: param(\"x\", []) });\n\
                  component(\"main\", #{ region: \"us-east-1\" }, || ssm::parameter(\"x\", #{ type: \"String\", value: p.a, tags: #{ t: p.a } }));\n\
                  output(\"a\", p.a); output(\"m\", #{ a: [p.a] });\n";

/// What acts on a terminal, of everything that was printed. Colours of ours do not count.
fn acting(printed: &str) -> Option<char> {
    let ours = regex_lite::Regex::new("\u{1b}\\[(0|1|2|4|3[0-9]|9[0-9])(;(0|1|2|4|5|3[0-9]|9[0-9]|[0-9]+))*m").unwrap();
    ours.replace_all(printed, "").chars().find(|c| match c {
        '\n' => false,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{feff}' | '\u{e0000}'..='\u{e007f}' => true,
        c => c.is_control(),
    })
}

/// What a command prints, on both streams.
fn printed(folder: &Path, words: &[String]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(words)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_ne!(output.status.code(), None, "{words:?}");
    format!("{}\n{}", String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

struct Looked {
    wrong: Vec<String>,
    /// How often the text was seen as an escape.
    seen: usize,
}

impl Looked {
    fn at(&mut self, folder: &Path, words: &[&str]) {
        for mode in [&["--color", "always"], &["--json", "--color=always"]] {
            let words: Vec<String> = words.iter().chain(mode).map(|w| w.replace('H', HOSTILE)).collect();
            let printed = printed(folder, &words);
            self.seen += usize::from(printed.contains("u{202e}") || printed.contains("u202e"));
            if let Some(c) = acting(&printed) {
                let at = printed.find(c).unwrap_or_default();
                let near: String = printed[..at].chars().rev().take(60).collect();
                let near: String = near.chars().rev().collect();
                self.wrong.push(format!("{words:?} prints {c:?} after {near:?}"));
            }
        }
    }
}

fn folder() -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    let at = |name: &str| temp.path().join(name.replace('H', HOSTILE));
    std::fs::create_dir(at("H")).unwrap();
    std::fs::write(at("ok.rhai"), OK).unwrap();
    std::fs::write(at("H/p.rhai"), "print(\"x\");\nlet a = nosuch;\n").unwrap();
    let test = "fn test_a() { print(\"H\"); assert(false, \"H\"); }\n";
    std::fs::write(at("H/p_test.rhai"), test.replace('H', HOSTILE)).unwrap();
    temp
}

#[test]
fn nothing_in_a_program_acts_on_the_terminal() {
    let temp = folder();
    let mut looked = Looked { wrong: Vec::new(), seen: 0 };
    for (number, text) in PROGRAMS.iter().enumerate() {
        let name = format!("p{number}.rhai");
        let head =
            if text.contains("program(") { "" } else { "let q = sqs::queue(\"q\", #{ region: \"us-east-1\" });\n" };
        std::fs::write(temp.path().join(&name), format!("{head}{}\n", text.replace('H', HOSTILE))).unwrap();
        looked.at(temp.path(), &["plan", &name, "--details"]);
        if text.contains("program(") {
            looked.at(temp.path(), &["plan", &name, "--help-program"]);
        } else {
            let (env, fast) = (format!("e{number}"), ["--sandbox-speed", "instant"]);
            looked.at(temp.path(), &["apply", &name, "--env", &env, "--yes", fast[0], fast[1]]);
        }
    }
    assert!(looked.wrong.is_empty(), "{}", looked.wrong.join("\n"));
    assert!(looked.seen > PROGRAMS.len(), "the text is hardly seen: {} times", looked.seen);
}

#[test]
fn nothing_in_an_option_or_name_acts_on_the_terminal() {
    let temp = folder();
    let mut looked = Looked { wrong: Vec::new(), seen: 0 };
    for words in COMMANDS {
        let words: Vec<&str> = words.iter().copied().chain(["--sandbox-speed=instant"]).collect();
        // An option that is given twice is another mistake.
        let words = if words.contains(&"--sandbox-speed") { &words[..words.len() - 1] } else { &words };
        looked.at(temp.path(), words);
    }
    for setting in
        ["\"H\" = 1", "environment = \"H\"", "[programs.\"H\".parameters]\na = 1", "[environments.\"H\"]\n", "a = H"]
    {
        std::fs::write(temp.path().join("dr.toml"), setting.replace('H', "<\\u001b[8m\\u202e\\u200b\\u0085>")).unwrap();
        looked.at(temp.path(), &["plan", "ok.rhai"]);
        std::fs::write(temp.path().join("dr.toml"), setting.replace('H', HOSTILE)).unwrap();
        looked.at(temp.path(), &["plan", "ok.rhai"]);
    }
    assert!(looked.wrong.is_empty(), "{}", looked.wrong.join("\n"));
    assert!(looked.seen > COMMANDS.len(), "the text is hardly seen: {} times", looked.seen);
}
