//! Scripts that are wrong on purpose and say so themselves: every file of `tests/scripts`.
//!
//! A comment `//~ error: text` expects an error on its line, or, when nothing else is on that line, on the line above
//! that has code. `//~ help: text` expects help of an error on that line, `//~ label: text` a second place of an error,
//! `//~ called` that the line is among the calls that led to an error. Every error must be expected. Modules expect in
//! the same way, whenever they are imported. `//@ set name=value` gives a parameter, `//@ steps n`, `//@ depth n` and
//! `//@ memory n` (in MiB) set limits.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that fails panics.

mod common;

use std::sync::Arc;

use common::{fixtures, registry, request, shown, small};
use dr_core::diagnostic::{Diagnostic, Span};
use dr_script::{Host, Limits, Root, ScriptFailure, Setting};

/// What a line expects.
#[derive(Debug, PartialEq, Clone, Copy)]
enum Sort {
    Error,
    Help,
    Label,
    Called,
}

#[derive(Debug)]
struct Expected {
    source: String,
    line: usize,
    sort: Sort,
    text: String,
}

fn expectations(source: &str, text: &str) -> Vec<Expected> {
    let mut found = Vec::new();
    let mut last_code = 1;
    for (number, line) in (1..).zip(text.lines()) {
        let (code, comment) = line.split_once("//~").unwrap_or((line, ""));
        if !code.trim().is_empty() {
            last_code = number;
        }
        let comment = comment.trim();
        if comment.is_empty() {
            continue;
        }
        let (sort, text) = comment.split_once(':').unwrap_or((comment, ""));
        let sort = match sort.trim() {
            "error" => Sort::Error,
            "help" => Sort::Help,
            "label" => Sort::Label,
            "called" => Sort::Called,
            other => panic!("{source}:{number}: `{other}` is not something to expect"),
        };
        found.push(Expected { source: source.into(), line: last_code, sort, text: text.trim().into() });
    }
    found
}

fn is_at(span: &Span, expected: &Expected) -> bool {
    *span.source == *expected.source && usize::try_from(span.line).ok() == Some(expected.line)
}

fn primary(d: &Diagnostic) -> Option<&Span> {
    d.labels.iter().find(|l| l.primary).map(|l| &l.span)
}

fn fulfilled(e: &Expected, d: &Diagnostic) -> bool {
    let here = primary(d).is_some_and(|span| is_at(span, e));
    match e.sort {
        Sort::Error => here && d.message.contains(&e.text),
        Sort::Help => here && d.help.iter().any(|h| h.contains(&e.text)),
        Sort::Label => d.labels.iter().any(|l| !l.primary && is_at(&l.span, e) && l.text.contains(&e.text)),
        Sort::Called => d.trace.iter().any(|f| is_at(&f.span, e)),
    }
}

/// What does not agree between a script and its mistakes.
fn disagreements(name: &str, text: &str, failure: &ScriptFailure) -> Vec<String> {
    let mut expected: Vec<Expected> =
        failure.sources.iter().flat_map(|(source, text)| expectations(source, text)).collect();
    if failure.sources.get(name).is_none() {
        expected.extend(expectations(name, text));
    }
    let missing = expected
        .iter()
        .filter(|e| !failure.diagnostics.iter().any(|d| fulfilled(e, d)))
        .map(|e| format!("{}:{}: expected {:?}: {}", e.source, e.line, e.sort, e.text));
    let surprising = failure
        .diagnostics
        .iter()
        .filter(|d| !expected.iter().any(|e| e.sort == Sort::Error && fulfilled(e, d)))
        .map(|d| format!("not expected: {d}"));
    missing.chain(surprising).collect()
}

fn run(name: &str, text: &str) -> Result<(), ScriptFailure> {
    let mut limits: Limits = small();
    let mut request = dr_script::Request { source_name: name.into(), ..request(text) };
    for line in text.lines().filter_map(|l| l.strip_prefix("//@ ")) {
        let (what, value) = line.split_once(' ').unwrap();
        match what {
            "steps" => limits.steps = value.parse().unwrap(),
            "depth" => limits.depth = value.parse().unwrap(),
            "memory" => limits.memory = value.parse::<u64>().unwrap() << 20,
            "set" => {
                let (key, value) = value.split_once('=').unwrap();
                request.settings.insert(key.into(), Setting::Text(value.into()));
            }
            other => panic!("{name}: `{other}` is no directive"),
        }
    }
    let roots = vec![Root { label: "modules".into(), path: fixtures().join("modules") }];
    Host::new(Arc::clone(&registry()), roots, limits).evaluate(&request).map(|_| ())
}

#[test]
fn every_script_has_the_mistakes_that_it_says() {
    let mut names: Vec<_> = std::fs::read_dir(fixtures())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "rhai"))
        .collect();
    names.sort();
    let mut wrong = Vec::new();
    for path in &names {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        match run(name, &text) {
            Ok(()) => wrong.push(format!("{name}: no mistake is found")),
            Err(failure) => {
                let found = disagreements(name, &text, &failure);
                if !found.is_empty() {
                    wrong.push(format!("{name}:\n  {}\nit says:\n{}", found.join("\n  "), shown(&failure)));
                }
            }
        }
    }
    assert!(names.len() >= 30, "only {} scripts are found", names.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn comments_are_read() {
    let found = expectations("x", "let a = 1; //~ error: one\n\n//~ help: two\nlet b; //~ called\n");
    let lines: Vec<(usize, Sort)> = found.iter().map(|e| (e.line, e.sort)).collect();
    assert_eq!(lines, [(1, Sort::Error), (1, Sort::Help), (4, Sort::Called)]);
}
