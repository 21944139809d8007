//! What is written to a terminal: rows fit its width, nothing but text where it can do no more, and questions are
//! answered there.
#![cfg(target_os = "linux")] // `script` makes a terminal, and takes these options there.
#![allow(missing_docs, clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use regex_lite::Regex;

const PROGRAM: &str = r#"
let p = program(#{ step: param("Which", 1) });
component("main", #{ region: "us-east-1" }, || {
    let net = ec2::vpc("net", #{ cidr_block: "10.1.0.0/16" });
    let one = if p.step == 1 { ec2::security_group("one", #{ vpc_id: net.id, description: "x" }) };
    let two = if p.step == 2 { ec2::security_group("two", #{ vpc_id: net.id, description: "x" }) };
    let a = ec2::subnet("a", #{ vpc_id: net.id, cidr_block: "10.1.1.0/24", availability_zone: "us-east-1a" });
    let b = ec2::subnet("b", #{ vpc_id: net.id, cidr_block: "10.1.2.0/24", availability_zone: "us-east-1b" });
    elbv2::load_balancer("lb", #{ scheme: "internal", subnets: [a.id, b.id],
        security_groups: [if p.step == 1 { one.id } else { two.id }] });
});
"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("p.rhai"), PROGRAM).unwrap();
    folder
}

/// `dr` with these words, on a terminal of this width; its standard output and error go there both.
fn on_terminal(folder: &Path, width: usize, variables: &str, words: &str) -> Command {
    let dr = env!("CARGO_BIN_EXE_dr");
    let line = format!("stty cols {width} rows 10; {variables} '{dr}' {words} --env pr-1 --sandbox-speed instant");
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).current_dir(folder);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", folder).env("TERM", "xterm");
    command.stdin(Stdio::null());
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).replace('\r', "")
}

/// Text without what colours it.
fn plain(text: &str) -> String {
    Regex::new("\u{1b}\\[[0-9;]*m").unwrap().replace_all(text, "").into_owned()
}

#[test]
fn rows_fit_the_width_of_the_terminal() {
    let folder = folder();
    let folder = folder.path();
    assert!(on_terminal(folder, 100, "", "apply p.rhai --yes").output().unwrap().status.success());
    let plan = |width| {
        let output = on_terminal(folder, width, "", "plan p.rhai --set step=2").output().unwrap();
        assert!(output.status.success(), "{width}: {}", text(&output));
        plain(&text(&output))
    };
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let (narrow, wide) = (plan(60), plan(160));
    assert_ne!(narrow, wide);
    for width in [1, 20, 40, 59, 61, 80, 120, 159, 161, 500] {
        let shown = plan(width);
        let room = width.clamp(60, 160);
        for row in shown.lines().filter(|row| row.starts_with("    ")) {
            assert!(row.chars().count() <= room, "{width}: {row}");
        }
        // Whatever the width is, the same resources are shown with the same marks.
        let rows = |text: &str| words(text).into_iter().filter(|word| word.contains("ec2.") || word.contains("elbv2."));
        let named = |text: &str| rows(text).filter(|word| !word.contains('$')).collect::<Vec<_>>();
        assert_eq!(named(&shown), named(&wide), "{width}");
        match width {
            ..=60 => assert_eq!(shown, narrow, "{width}"),
            160.. => assert_eq!(shown, wide, "{width}"),
            _ => {}
        }
    }
}

#[test]
fn only_a_terminal_that_can_be_coloured_is() {
    let folder = folder();
    let folder = folder.path();
    for (variables, colours) in [("", true), ("TERM=dumb", false), ("NO_COLOR=1", false)] {
        let output = on_terminal(folder, 100, variables, "plan p.rhai").output().unwrap();
        assert!(output.status.success());
        assert_eq!(text(&output).contains('\u{1b}'), colours, "{variables}: {}", text(&output));
    }
    // Where nothing can be drawn anew, progress is told in lines alone.
    let output = on_terminal(folder, 100, "TERM=dumb", "apply p.rhai --yes").output().unwrap();
    let told = text(&output);
    assert!(output.status.success() && !told.contains('\u{1b}'), "{told}");
    assert!(told.contains("+ main/elbv2.load_balancer:lb  created in"), "{told}");
}

/// Applies, answers the question once it is put, and gives the status and what was said. `None` ends the input.
fn answered(folder: &Path, answer: Option<&str>) -> (Option<i32>, String) {
    let mut child = on_terminal(folder, 100, "NO_COLOR=1", "apply p.rhai --set step=2")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut said, mut part) = (Vec::new(), [0; 512]);
    while !String::from_utf8_lossy(&said).contains("Apply? [y/N] ") {
        let count = output.read(&mut part).unwrap();
        assert!(count > 0, "it does not ask: {}", String::from_utf8_lossy(&said));
        said.extend(&part[..count]);
    }
    // The end of the input is what a terminal makes of Ctrl-D.
    let answer = answer.map_or("\u{4}".to_owned(), |answer| format!("{answer}\n"));
    input.write_all(answer.as_bytes()).unwrap();
    output.read_to_end(&mut said).unwrap();
    (child.wait().unwrap().code(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_question_is_answered_by_yes_and_everything_else_is_no() {
    for (answer, is_yes) in [
        (Some("y"), true),
        (Some("Y"), true),
        (Some("yes"), true),
        (Some("YES"), true),
        (Some(" y "), true),
        (Some("n"), false),
        (Some(""), false),
        (Some("q"), false),
        (Some("yy"), false),
        (None, false),
    ] {
        let folder = folder();
        let folder = folder.path();
        assert!(on_terminal(folder, 100, "", "apply p.rhai --yes").output().unwrap().status.success());
        let (status, said) = answered(folder, answer);
        let (code, words) = if is_yes { (0, "1 created, 1 changed, 1 deleted") } else { (1, "Nothing was changed") };
        assert_eq!(status, Some(code), "{answer:?}: {said}");
        assert!(said.contains(words), "{answer:?}: {said}");
    }
}
