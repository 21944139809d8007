//! Texts that ask for too much: each ends with an error or an answer, within its steps and in little memory.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that fails panics.

mod common;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use common::{registry, request, shown};
use dr_script::{Host, Limits, Root, Setting};

/// What each may take. The time is for a debug build on a busy machine; nothing here comes near it.
fn limits() -> Limits {
    Limits { steps: 300_000, memory: 128 << 20, ..Limits::default() }
}

/// Ends with an error that says this.
const TEXT: &str = "this text would be longer than 4 MiB";
const ITEMS: &str = "this list or map would have more than 1000000 items";
const WHOLE: &str = "this value would be larger than 64 MiB";
const STEPS: &str = "the program takes more than 300000 steps";
const MEMORY: &str = "the program needs more than 128 MiB of memory";
const NESTED: &str = "this is nested too deeply or too long";
/// Ends without an error.
const FINE: &str = "";

const HEAD: &str = "let q = sqs::queue(\"q\", #{ region: \"us-east-1\" }); let s = \"x\".repeat(1000000);\n";

/// Programs that are short and make much.
const GROWING: &[(&str, &str)] = &[
    ("loop { s += s; }", TEXT),
    ("loop { s = s + s; }", TEXT),
    ("loop { s = `${s}${s}`; }", TEXT),
    ("loop { s = `${s}x${q.arn}${s}`; }", TEXT),
    ("loop { s = s.to_json(); s = s.to_json() + s.to_json(); }", TEXT),
    ("loop { s = s.base64(); }", TEXT),
    ("s.replaced(\"x\", s);", TEXT),
    ("s.replaced(\"x\", \"xxxxx\");", TEXT),
    ("\"x\".repeat(9223372036854775807);", TEXT),
    ("let l = [s].repeat(1000000); l.join(\"\");", WHOLE),
    ("let l = [s].repeat(10); l.join(\",\");", TEXT),
    ("let l = [\"a\"].repeat(10); l.join(s);", TEXT),
    ("let l = [s].repeat(10); l.to_json();", TEXT),
    ("let l = [s].repeat(100); output(\"o\", l);", WHOLE),
    ("let l = [s].repeat(10); `${l}`;", TEXT),
    ("let l = [s].repeat(10); \"\" + l;", TEXT),
    ("let l = []; for i in 0..20 { l.push(`${q.arn}${s}`); } output(\"o\", l);", FINE),
    ("let l = []; for i in 0..100 { l.push(`${q.arn}${s}`); } output(\"o\", l);", WHOLE),
    ("let l = [[1].repeat(1000000)].repeat(1000000);", WHOLE),
    ("let l = [1].repeat(1000000); let m = [l].repeat(3); m.flatten();", WHOLE),
    ("let l = [1].repeat(500000); let m = [l, l, l]; m.flatten();", ITEMS),
    ("let l = [1].repeat(1000001);", ITEMS),
    ("let l = [1].repeat(-1);", "cannot repeat this list -1 times"),
    ("let l = [1]; loop { l += l; }", ITEMS),
    ("let l = [1]; loop { l = l + l; }", ITEMS),
    ("let l = [1].repeat(1000000); l.push(1);", ITEMS),
    ("let l = [1].repeat(1000000); l.insert(0, 1);", ITEMS),
    ("let l = [1]; loop { l = [l, l]; }", MEMORY),
    ("let m = #{}; loop { m = #{ a: m, b: m }; }", MEMORY),
    ("let l = s.split(\"\"); for i in 0..3 { l.reversed(); }", FINE),
    ("`${s}${s}`.split(\"\");", ITEMS),
    ("`${s}${s}`.split(\"x\");", ITEMS),
    ("let l = []; loop { l.push(0); }", STEPS),
    ("let i = 0; let m = #{}; loop { m.set(`k${i}`, i); i += 1; }", STEPS),
    ("loop { print(s); }", MEMORY),
    ("let i = 0; loop { output(`o${i}`, s); i += 1; }", MEMORY),
    ("let x = q.arn; loop { x += x; }", WHOLE),
    ("let x = [q.arn]; loop { x = [x.join(\",\"), x.join(\",\")]; }", WHOLE),
    ("let x = q.arn; loop { x = x.replaced(\"a\", \"aa\"); }", "computed in more than 64 steps"),
    ("let x = q.arn; for i in 0..40 { x = x.replaced(\"a\", \"aa\"); } output(\"o\", x);", FINE),
    ("let l = []; for i in 0..20000 { l.push(i); l.push(i); } output(\"o\", l.unique().len());", FINE),
    ("let l = []; for i in 0..20000 { l.push(#{ a: [20000 - i] }); } output(\"o\", l.unique().len());", FINE),
    ("for i in 0..9223372036854775807 { }", STEPS),
    ("for i in range(-9223372036854775807, 9223372036854775807, 9223372036854775807) { }", FINE),
    ("for i in range(0.0, 1.0, 1e-300) { }", STEPS),
    ("loop { }", STEPS),
    ("fn f(n) { f(n + 1) } f(0);", "functions call each other too deeply"),
    ("fn f(n) { component(`c${n}`, || f(n + 1)) } f(0);", "functions call each other too deeply"),
    (
        "let f = |x| x; for i in 0..500 { let g = f; f = |x| g.call(x); } f.call(1);",
        "functions call each other too deeply",
    ),
    ("let f = |x| x; for i in 0..3 { f = |x| f.call(x); } f.call(1);", "this variable is in use"),
    ("\"[\".repeat(1000000).from_json();", "nested too deeply"),
    ("(\"[\" + \"1,\".repeat(400000) + \"1]\").from_json().len();", FINE),
    ("let m = #{}; m.set(s, 1); opts(m, #{ kk: 1 });", "there is no option"),
    ("let m = #{}; m.set(s, 1); sqs::queue(\"a\", m);", "has no argument"),
    ("let m = #{}; m.set(s, 1); m.zzz", "this map has no property"),
    ("sqs::queue(s, #{});", "xxxx"),
    ("throw s;", "xxxx"),
    ("component(s, || 1);", "xxxx"),
    ("let p = program(#{ a: param(\"\", [1].repeat(200000), #{ one_of: [1].repeat(200000) }) });", "must be one of"),
    ("let p = program(#{ a: param(\"\", s, #{ pattern: \"(.*.*.*)*x\" }) });", "must be of the form"),
    (
        "let p = program(#{ a: param(\"\", \"a\", #{ pattern: \"((a{1000}){1000}){1000}\" }) });",
        "is not a regular expression",
    ),
    ("let p = program(#{ a: param(\"\", \"a\", #{ pattern: s }) });", "a pattern has at most 1000 bytes"),
    ("policy([allow(\"x\", \"y\")].repeat(100000)).to_json();", TEXT),
];

/// Texts that are long themselves, made of a head, a part that is repeated, and a tail.
const LONG: &[(&str, &str, usize, &str, &str)] = &[
    ("let a = ", "1+", 100_000, "1;", NESTED),
    ("let a = ", "true&&", 100_000, "true;", NESTED),
    ("let a = ", "()??", 100_000, "1;", NESTED),
    ("let a = #{}; a", ".b", 100_000, ";", NESTED),
    ("let a = [1]; a", ".reversed()", 50_000, ";", NESTED),
    ("let a = [1]; a", "[0]", 100_000, ";", NESTED),
    ("let a = ", "!", 100_000, "true;", NESTED),
    ("let a = ", "- ", 100_000, "1;", NESTED),
    ("let a = ", "(", 100_000, "", NESTED),
    ("let a = ", "[", 100_000, "", NESTED),
    ("let a = ", "#{a:", 100_000, "", NESTED),
    ("let a = ", "|x| ", 10_000, "1;", NESTED),
    ("let a = ", "`${", 5_000, "", NESTED),
    ("let a = ", "1..", 100_000, "1;", NESTED),
    ("", "{", 100_000, "", NESTED),
    ("", "if true {", 100_000, "", NESTED),
    ("if false {}", " else if false {}", 50_000, "", NESTED),
    ("", "a::", 50_000, "b();", "there is no service or imported module `a`"),
    ("", "/*", 200_000, "", "this comment is not closed"),
    ("", "\"", 100_001, "", "this text is not closed"),
    ("", "`", 100_001, "", "this text is not closed"),
    ("", "\n", 1_000_000, "", "declares nothing"),
    ("", "\r", 1_000_000, "", "declares nothing"),
    ("let a = \"", "x", 4_000_000, "\"; output(\"o\", 1);", FINE),
    ("let a = \"", "x", 10_000_000, "\";", "this script is longer than 4 MiB"),
    ("let a = ", "1", 100_000, ";", "is beyond the range of integers"),
    ("let a = 0.", "1", 100_000, "; output(\"o\", a);", FINE),
    ("let ", "a", 100_000, " = 1; output(\"o\", 1);", FINE),
    ("", "nosuch();\n", 20_000, "", "there is no function `nosuch`"),
    ("", "nosuch", 100_000, "();\n", "there is no function"),
    ("let a = [", "1,", 200_000, "]; output(\"o\", a.len());", FINE),
    ("output(\"o\", 1);", "let a = 1;\n", 4_000, "", FINE),
    ("", "let a = 1;\n", 4_001, "", "a script declares at most 4000 variables and constants"),
    ("", "export const A = 1;\n", 4_001, "", "a script declares at most 4000 variables and constants"),
    ("let a = #{", "a: 1,", 5_001, "};", "comes twice"),
    ("let a = #{ ", "\"\": [1, 2], ", 2, "};", "comes twice"),
    ("let f = |", "a,", 257, "b| 1;", "comes twice"),
    ("nosuch(", "1,", 257, "1);", "a function takes at most 256 arguments"),
    ("switch 1 { ", "1 => 1,", 20_000, " _ => 1 } output(\"o\", 1);", FINE),
    ("", "import \"none\" as a;", 1_000, "", "there is no module `none`"),
    ("", "fn f() {}\n", 5_000, "", "f"),
];

/// Memory is measured for the whole process: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn run(host: &Host, text: &str) -> String {
    match host.evaluate(&request(text)) {
        Ok(_) => String::new(),
        Err(failure) => shown(&failure),
    }
}

/// The most memory that this process had, in bytes, where the system says it.
fn peak() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? << 10)
}

#[test]
fn whatever_is_asked_for_ends_within_its_limits() {
    let _alone = alone();
    let host = Host::new(registry(), Vec::new(), limits());
    let mut wrong = Vec::new();
    let mut expect = |what: &str, text: &str, end: &str| {
        let found = run(&host, text);
        let fits = if end == FINE { found.is_empty() } else { found.contains(end) };
        if !fits || found.len() > 100_000 {
            let start: String = found.chars().take(300).collect();
            wrong.push(format!("{what}: expected {end:?}, found ({} bytes) {start}", found.len()));
        }
    };
    for (statements, end) in GROWING {
        expect(statements, &format!("{HEAD}{statements}"), end);
    }
    for (head, part, times, tail, end) in LONG {
        expect(&format!("{head}{part}{tail} × {times}"), &format!("{head}{}{tail}", part.repeat(*times)), end);
    }
    let distinct = |part: &dyn Fn(usize) -> String, n| (0..n).map(part).collect::<Vec<_>>();
    let keys = distinct(&|i| format!("k{i}: 1"), 6_000).join(",");
    expect("keys", &format!("let a = #{{{keys}}};"), "at most 5000 entries");
    let names = distinct(&|i| format!("let a{i} = 1;"), 4_001).concat();
    expect("variables", &names, "at most 4000 variables");
    let functions = distinct(&|i| format!("fn f{i}() {{}}"), 5_000).concat();
    expect("functions", &functions, "functions");
    let parameters = distinct(&|i| format!("a{i}"), 300).join(",");
    expect("parameters", &format!("fn f({parameters}) {{}}"), "at most 256 arguments");
    let imports = distinct(&|i| format!("import \"m{i}\" as m{i};"), 1_000).concat();
    expect("imports", &imports, "there is no module `m0`");
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
    if let Some(peak) = peak() {
        assert!(peak < 1 << 30, "{} MiB were needed", peak >> 20);
    }
}

#[test]
fn settings_are_limited_too() {
    let _alone = alone();
    let host = Host::new(registry(), Vec::new(), limits());
    let program =
        "let p = program(#{ n: param(\"\", 1), f: param(\"\", 1.5), l: param(\"\", []) }); output(\"o\", p.l);";
    for (name, text, end) in [
        ("n", "1".repeat(1_000_000), "is beyond the range of integers"),
        ("f", format!("0.{}", "1".repeat(1_000_000)), "has more digits than a decimal number keeps"),
        ("f", "1e999999999999999999999".to_owned(), "is too large"),
        ("l", "[".repeat(1_000_000), "nested too deeply"),
        ("l", format!("[{}1]", "1,".repeat(3_000_000)), "this value would be larger than 64 MiB"),
        ("l", format!("[\"{}\"]", "x".repeat(5_000_000)), "this text would be longer"),
        ("x".repeat(1_000_000).as_str(), "1".to_owned(), "the program has no parameter"),
    ] {
        let settings = [(name.to_owned(), Setting::Text(text))].into();
        let failure = host.evaluate(&dr_script::Request { settings, ..request(program) }).unwrap_err();
        assert!(shown(&failure).contains(end), "{end}: {}", shown(&failure).chars().take(300).collect::<String>());
    }
}

#[test]
fn modules_are_compiled_once_each() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    // Each module imports the next one under many names: without remembering, the last would be read 20^20 times.
    for i in 0..20 {
        let imports: String = (0..20).map(|n| format!("import \"m{}\" as a{n};\n", i + 1)).collect();
        std::fs::write(folder.path().join(format!("m{i}.rhai")), format!("{imports}fn f() {{ 1 }}\n")).unwrap();
    }
    std::fs::write(folder.path().join("m20.rhai"), "print(\"once\"); fn f() { 1 }\n").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("m20.rhai", folder.path().join("alias.rhai")).unwrap();
    let root = Root { label: String::new(), path: folder.path().to_owned() };
    let host = Host::new(Arc::clone(&registry()), vec![root], limits());
    let text = "import \"m0\" as m; fn g() { import \"m20\" as n; n::f() }\n\
                for i in 0..100 { g(); } import \"alias\" as same; output(\"o\", m::f() + same::f());";
    let evaluated = host.evaluate(&request(text)).unwrap();
    assert_eq!(evaluated.printed, ["once"]);
}
