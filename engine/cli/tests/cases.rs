//! Cases: what people met with tools of this sort, each a small program with what `dr` says to it (`tests/cases`).
//!
//! The comment at the top of a program tells what it is about, and then what happens, a command to a line:
//!
//! ```text
//! //! $ apply step=1              `dr apply` of the program with `--set step=1`; afterwards a plan must be empty
//! //! $ plan step=2               the steps and messages of the plan follow, all of them
//! //! ± main/kms.key:pay          made anew; also `+` `~` `-` `=` `?` `·` `×`, as plans mark them
//! //! output NAME  VALUE           an output that changes, as JSON
//! //! warning[D10]: ..            a message; ended by `exit N` when the status is not 0
//! //! order: - a.b:c, + a.b:d     the first of these steps is done before the second
//! //! says: TEXT, hides: TEXT     in what the command says, there is this, and is not that
//! //! $ gone ADDRESS              somebody else deletes it behind our back
//! //! $ set ADDRESS key JSON      somebody else changes it
//! ```
//!
//! Other commands (`destroy`, `state list`, `output x`) are run as they are; what they write follows after `|`. Words
//! `ID(ADDRESS)` stand for the id that is recorded. At the end everything is destroyed, and nothing may be left.
//!
//! `SNAPSHOTS=overwrite cargo test -p dr-cli --test cases` writes the comments anew.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot prepare itself has failed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dr_core::registry::Registry;
use dr_sandbox::{Sandbox, SandboxOptions};
use regex_lite::Regex;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases")
}

/// What a command said.
struct Said {
    status: i32,
    out: String,
    err: String,
}

/// One case while it runs.
struct Bench {
    dir: tempfile::TempDir,
    script: PathBuf,
    registry: Arc<Registry>,
}

impl Bench {
    fn new(script: &Path) -> Bench {
        let dir = tempfile::tempdir().unwrap();
        Bench { dir, script: script.to_owned(), registry: Arc::new(dr_kinds::registry()) }
    }

    fn run(&self, words: &[String]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_dr"))
            .args(["--env", "lab", "--sandbox-speed", "instant", "--color", "never", "--state-dir"])
            .arg(self.dir.path().join("state"))
            .args(words)
            .current_dir(self.dir.path())
            .env_clear()
            .env("HOME", self.dir.path())
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { status: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Region, kind and id of something that is recorded.
    fn recorded(&self, address: &str) -> (Option<String>, String, String) {
        let said = self.run(&["state", "show", address, "--json"].map(str::to_owned));
        let record: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{address}: {}", said.err));
        let text = |key: &str| record[key].as_str().map(str::to_owned);
        (text("region"), text("kind").unwrap(), text("id").unwrap())
    }

    /// What somebody else does.
    fn tamper(&self, address: &str, change: Option<(&str, &str)>) {
        let (region, kind, id) = self.recorded(address);
        let id = region.map_or(id.clone(), |region| format!("{region}/{id}"));
        let dir = self.dir.path().join("state/.sandbox");
        let sandbox = Sandbox::open(&dir, self.registry.clone(), SandboxOptions::default()).unwrap();
        match change {
            None => sandbox.tamper_delete(&kind, &id).unwrap(),
            Some((argument, json)) => {
                let value = dr_core::value::Value::from_json(json).unwrap();
                sandbox.tamper_set(&kind, &id, argument, value).unwrap();
            }
        }
    }

    /// The words of a command for `dr`: settings are options, and ids are put in.
    fn words(&self, line: &str) -> Vec<String> {
        let mut words = Vec::new();
        for word in line.split_whitespace() {
            let word = match word.split_once("ID(").and_then(|(start, rest)| Some((start, rest.strip_suffix(')')?))) {
                Some((start, address)) => start.to_owned() + &self.recorded(address).2,
                None => word.to_owned(),
            };
            if word.contains('=') && !word.starts_with('-') {
                words.push("--set".into());
            }
            words.push(word);
        }
        match words[0].as_str() {
            "plan" => words.extend([self.script.display().to_string(), "--json".into()]),
            "apply" => words.extend([
                self.script.display().to_string(),
                "--json".into(),
                "--yes".into(),
                "--allow-data-loss".into(),
            ]),
            "destroy" => words.extend(["--json", "--yes", "--allow-data-loss"].map(str::to_owned)),
            _ => {}
        }
        words
    }
}

/// The sign of a step, as plans show it.
fn mark(step: &Value) -> &'static str {
    match step["action"].as_str().unwrap() {
        "create" => "+",
        "update" => "~",
        "delete" => "-",
        "import" => "=",
        "read" => "?",
        "record" => "·",
        _ => "×",
    }
}

/// The steps of a plan, a line each; the halves of a replacement in one.
fn steps(plan: &Value) -> BTreeSet<String> {
    let line = |step: &Value| {
        let address = step["address"].as_str().unwrap();
        match (step["replacement"].as_str(), mark(step)) {
            (Some(_), "-") => None,
            (Some(order), _) => Some(format!("± {address}  {order}")),
            (None, mark) => Some(format!("{mark} {address}")),
        }
    };
    plan["steps"].as_array().into_iter().flatten().filter_map(line).collect()
}

/// Whether the first of two steps is done before the second.
fn ordered(plan: &Value, first: &str, second: &str) -> bool {
    let steps = plan["steps"].as_array().unwrap();
    let place = |said: &str| {
        let found = steps.iter().position(|s| format!("{} {}", mark(s), s["address"].as_str().unwrap()) == said.trim());
        found.unwrap_or_else(|| panic!("the plan has no step `{said}`"))
    };
    let (first, mut open, mut seen) = (place(first), vec![place(second)], BTreeSet::new());
    while let Some(step) = open.pop() {
        if step == first {
            return true;
        }
        if seen.insert(step) {
            open.extend(steps[step]["after"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize));
        }
    }
    false
}

fn messages(list: &Value) -> Vec<String> {
    let line = |d: &Value| {
        let severity = d["severity"].as_str().unwrap();
        let word = if severity == "info" { "note" } else { severity };
        let code = d["code"].as_str().map(|code| format!("[{code}]")).unwrap_or_default();
        format!("{word}{code}: {}", d["message"].as_str().unwrap())
    };
    list.as_array().into_iter().flatten().map(line).collect()
}

/// What a command says, in lines that are compared.
fn shape(command: &str, said: &Said) -> Vec<String> {
    let mut lines = Vec::new();
    match serde_json::from_str::<Value>(&said.out) {
        Ok(json) if json.is_object() && ["plan", "apply", "destroy"].contains(&command) => {
            lines.extend(steps(&json));
            for (name, output) in json["outputs"].as_object().into_iter().flatten() {
                if output.get("after_known").is_some() && output["before"] != output["after"] {
                    lines.push(format!("output {name}  {}", output["after"]));
                }
            }
            lines.extend(messages(&json["diagnostics"]));
            lines.extend(messages(&json["notices"]));
            for failed in json["failed"].as_array().into_iter().flatten() {
                lines.push(format!("✗ {}: {}", failed["address"].as_str().unwrap(), failed["error"].as_str().unwrap()));
            }
            if let Some(error) = json["error"].as_object() {
                let told = messages(&error["diagnostics"]);
                let first = format!("error: {}", error["message"].as_str().unwrap());
                lines.extend(if told.is_empty() { vec![first] } else { told });
            }
        }
        _ => lines.extend(said.out.lines().chain(said.err.lines()).map(|line| format!("| {line}"))),
    }
    if said.status != 0 {
        lines.push(format!("exit {}", said.status));
    }
    // Ids follow from the plan, which is not what cases are about.
    let ids = Regex::new(r"\b([a-z]+)-[0-9a-f]{17}\b").unwrap();
    lines.iter().map(|line| ids.replace_all(&line.replace('\n', "\\n"), "$1-..").into_owned()).collect()
}

/// Runs a case. Gives its comment as it should be, and what is wrong besides.
fn run(script: &Path, text: &str) -> (String, Vec<String>) {
    let bench = Bench::new(script);
    let (mut out, mut wrong, mut plan) = (String::new(), Vec::new(), Value::Null);
    let mut last: Option<Said> = None;
    let comment = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let mut begun = false;
    for line in comment {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut check = |holds: bool| {
            if !holds {
                wrong.push(format!("`{line}` does not hold"));
            }
        };
        match word {
            "$" => {
                begun = true;
                let _ = writeln!(out, "//! {line}");
                let mut parts = rest.splitn(4, ' ');
                match (parts.next().unwrap(), parts.next(), parts.next(), parts.next()) {
                    ("gone", Some(address), ..) => bench.tamper(address, None),
                    ("set", Some(address), Some(key), Some(json)) => bench.tamper(address, Some((key, json))),
                    (command, ..) => {
                        let said = bench.run(&bench.words(rest));
                        shape(command, &said).iter().for_each(|line| out += &format!("//! {line}\n"));
                        plan = serde_json::from_str(&said.out).unwrap_or_default();
                        if command == "apply" && said.status == 0 {
                            let again = bench.run(&bench.words(&format!("plan --detailed-exitcode {}", &rest[5..])));
                            if again.status != 0 {
                                wrong.push(format!("`{rest}` does not converge: {:?}", shape("plan", &again)));
                            }
                        }
                        last = Some(said);
                    }
                }
            }
            "order:" => {
                let (first, second) = rest.split_once(',').unwrap();
                check(ordered(&plan, first, second));
            }
            "says:" => check(last.iter().any(|said| said.out.contains(rest) || said.err.contains(rest))),
            "hides:" => check(last.iter().all(|said| !said.out.contains(rest) && !said.err.contains(rest))),
            _ if begun => continue,
            _ => {}
        }
        if word != "$" {
            out += format!("//! {line}").trim_end();
            out.push('\n');
        }
    }
    let end = bench.run(&["destroy", "--yes", "--allow-data-loss"].map(str::to_owned));
    let is_empty = |end: &Said| end.out.contains("Nothing is left") || end.err.contains("is empty");
    if end.status != 0 || !is_empty(&end) {
        wrong.push(format!("something is left at the end: {}{}", end.out, end.err));
    }
    (out, wrong)
}

#[test]
fn cases_end_as_they_should() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "rhai"));
    files.sort();
    #[allow(clippy::disallowed_methods)] // A test has no command line of its own.
    let overwrites = std::env::var("SNAPSHOTS").is_ok_and(|v| v == "overwrite");
    let (next, workers) = (AtomicUsize::new(0), std::thread::available_parallelism().map_or(2, usize::from));
    let work = || {
        let mut wrong = Vec::new();
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let text = std::fs::read_to_string(file).unwrap();
            let (comment, mut found) = run(file, &text);
            let rest: String = text.split_inclusive('\n').skip_while(|line| line.starts_with("//!")).collect();
            let whole = comment + &rest;
            if whole != text && overwrites {
                std::fs::write(file, &whole).unwrap();
            } else if whole != text {
                let difference = similar::TextDiff::from_lines(&text, &whole).unified_diff().to_string();
                found.push(format!("it should be as the first, and is as the second:\n{difference}"));
            }
            wrong.extend(found.iter().map(|what| format!("{}: {what}", file.display())));
        }
        wrong
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
