//! Modules and closures: each function runs where it was written, whoever calls it.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that fails panics.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{host, registry, request, shown, small};
use dr_script::{CheckScript, Environment, Host, Root, TeamChecks};

/// A folder of modules that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Folder {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("modules-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        for (name, text) in files {
            let file = path.join(format!("{name}.rhai"));
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        Folder(path)
    }

    fn host(&self) -> Host {
        Host::new(registry(), vec![Root { label: "m".into(), path: self.0.clone() }], small())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const M: (&str, &str) = (
    "m",
    "fn call_it() { helper(1) } private fn helper(x) { \"m\" } fn mk() { |x| helper(x) } fn run(f) { f.call(1) } \
     fn run_native(f) { [1].map(f)[0] } fn mk_deep() { || [1].map(|i| helper(i))[0] }",
);
const N: (&str, &str) = (
    "n",
    "import \"m\" as m; fn call_it() { helper(1) } private fn helper(x) { \"n\" } fn deep() { m::mk() } \
     fn both() { [helper(1), m::call_it(), helper(1), m::call_it()] } fn pass() { m::run(|x| helper(x)) }",
);

/// The value of an expression in a program, with modules.
#[track_caller]
fn value(files: &[(&str, &str)], head: &str, expression: &str) -> String {
    let text = format!("{head} output(\"o\", {expression});");
    match Folder::new(files).host().evaluate(&request(&text)) {
        Ok(e) => e.graph.outputs["o"].value.to_string(),
        Err(failure) => shown(&failure),
    }
}

const BOTH: &str = "import \"m\" as m; import \"n\" as n; fn helper(x) { \"main\" }";

#[test]
fn private_functions_of_the_same_name_are_kept_apart() {
    for (expression, expected) in [
        ("[m::call_it(), n::call_it(), m::call_it(), helper(1)]", r#"["m", "n", "m", "main"]"#),
        ("n::both() + n::both()", r#"["n", "m", "n", "m", "n", "m", "n", "m"]"#),
        ("[helper(1), helper(1), m::call_it(), helper(1)]", r#"["main", "main", "m", "main"]"#),
        ("[1, 2].map(|i| [m::call_it(), n::call_it(), helper(1)])", r#"[["m", "n", "main"], ["m", "n", "main"]]"#),
    ] {
        assert_eq!(value(&[M, N], BOTH, expression), expected, "{expression}");
    }
}

#[test]
fn closures_keep_their_home() {
    for (expression, expected) in [
        ("[m::run(|x| helper(x)), m::run_native(|x| helper(x))]", r#"["main", "main"]"#),
        ("n::pass()", "\"n\""),
        ("m::mk().call(1)", "\"m\""),
        ("[n::deep().call(1), [1].map(n::deep()), m::mk_deep().call()]", r#"["m", ["m"], "m"]"#),
    ] {
        assert_eq!(value(&[M, N], BOTH, expression), expected, "{expression}");
    }
}

#[test]
fn import_names_belong_to_their_file() {
    let files = [
        ("a", "fn who() { \"a\" }"),
        ("b", "fn who() { \"b\" }"),
        ("m", "import \"b\" as x; fn run(f) { f.call() } fn mine() { x::who() } fn mk() { || x::who() }"),
    ];
    let head = "import \"a\" as x; import \"m\" as m;";
    let expression = "[x::who(), m::mine(), m::run(|| x::who()), x::who(), m::mk().call()]";
    assert_eq!(value(&files, head, expression), r#"["a", "b", "a", "a", "b"]"#);
    // What a module imports is its own business.
    assert!(value(&files, head, "m::x::who()").contains("m::x"));
}

#[test]
fn constants_of_modules() {
    let files = [("m", "const K = 5; export const PUB = 6; fn k() { global::K } fn p() { global::PUB }")];
    let head = "import \"m\" as m;";
    assert_eq!(value(&files, head, "[m::k(), m::PUB, m::p()]"), "[5, 6, 6]");
    assert!(value(&files, head, "m::K").contains("there is no variable `m::K`"));
}

#[test]
fn modules_lie_in_folders_and_run_once() {
    let files = [("net/a", "import \"net/b\" as b; fn f() { b::f() }"), ("net/b", "print(\"b runs\"); fn f() { 1 }")];
    let folder = Folder::new(&files);
    let text = "import \"net/a\" as a; import \"net/b\" as b; fn g() { import \"net/b\" as b; b::f() }\n\
                output(\"o\", [a::f(), b::f(), g(), g()]);";
    let e = folder.host().evaluate(&request(text)).unwrap();
    assert_eq!(e.graph.outputs["o"].value.to_string(), "[1, 1, 1, 1]");
    assert_eq!(e.printed, ["b runs"]);
    let names: Vec<&str> = e.sources.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["m/net/a.rhai", "m/net/b.rhai", "main.rhai"]);
}

#[test]
fn roots_are_looked_through_in_order() {
    let (first, second) =
        (Folder::new(&[("a", "fn f() { 1 }")]), Folder::new(&[("a", "fn f() { 2 }"), ("b", "fn f() { 3 }")]));
    let roots =
        vec![Root { label: "one".into(), path: first.0.clone() }, Root { label: "two".into(), path: second.0.clone() }];
    let host = Host::new(registry(), roots, small());
    let text = "import \"a\" as a; import \"b\" as b; output(\"o\", [a::f(), b::f()]);";
    assert_eq!(host.evaluate(&request(text)).unwrap().graph.outputs["o"].value.to_string(), "[1, 3]");
}

#[test]
fn documentation_comes_from_doc_comments() {
    let folder = Folder::new(&[(
        "net/work",
        "//! Networks.\n//!\n//! One per region.\n\n/// A network.\n///\n/// - `cidr`: its range\nfn regional(name, options) { 1 }\n\
         private fn hidden() { 2 }\n/// Ids.\nfn ids(list) { list.map(|r| r.id) }\n",
    )]);
    let docs = folder.host().module_docs().unwrap();
    assert_eq!(docs.len(), 1);
    assert_eq!((docs[0].name.as_str(), docs[0].doc.as_str()), ("net/work", "Networks.\n\nOne per region."));
    let functions: Vec<String> =
        docs[0].functions.iter().map(|f| format!("{}({})", f.name, f.params.join(", "))).collect();
    assert_eq!(functions, ["regional(name, options)", "ids(list)"]);
    assert_eq!(docs[0].functions[0].doc, "A network.\n\n- `cidr`: its range");

    let failure = Folder::new(&[("x", "fn f() { let; }")]).host().module_docs().unwrap_err();
    assert_eq!(failure.diagnostics[0].labels[0].span.source.as_ref(), "m/x.rhai");
}

#[test]
fn definitions_name_every_kind() {
    let text: String = host().definitions().into_iter().map(|(_, text)| text).collect();
    for part in ["queue", "visibility_timeout", "component", "to_json", "A bucket."] {
        assert!(text.contains(part), "{part}");
    }
}

/// The examples of the guide are a program, the module that it imports, a test of both, a check, and a test of that.
#[test]
fn the_guide_is_right() {
    let guide = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/language.md")).unwrap();
    let blocks: Vec<String> =
        guide.split("```rhai\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect();
    // The second one, of look-ups, is tried with the other programs of the pages.
    let [program, _, module, test, check, check_test] = blocks.as_slice() else { panic!("{} examples", blocks.len()) };
    let folder = Folder::new(&[("subnets", module)]);
    let program = program.clone();
    let programs = move |_: &str| Some(("programs/payments.rhai".to_owned(), program.clone()));
    let reports = folder.host().test("payments_test.rhai", test, &programs).unwrap();
    assert_eq!(reports.len(), 1);
    assert!(reports[0].passed(), "{:?}", reports[0].diagnostics);
    let script = CheckScript { source_name: "checks/cost_centre.rhai".into(), text: check.clone() };
    let team = TeamChecks::load(registry(), Vec::new(), small(), &Environment::default(), vec![script]);
    let team = Arc::new(team.unwrap_or_else(|failure| panic!("{}", shown(&failure))));
    let reports = host().with_checks(Some(team)).test("cost_centre_test.rhai", check_test, &|_: &str| None).unwrap();
    assert_eq!(reports.len(), 1);
    assert!(reports[0].passed(), "{:?}", reports[0].diagnostics);
}
