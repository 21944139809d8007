//! The pages that are made from what they are about, as Markdown: `docs/kinds`, the reference of each kind with its
//! example; `docs/checks.md`, the checks and what they look at; `docs/stdlib.md`, the modules of the standard library.
//!
//! They are made by a test, which fails when they are not what the schemas say. `SNAPSHOTS=overwrite` makes them anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dr_core::schema::{Field, Kind};
use dr_script::{Host, Limits, ModuleDoc, Root};

use super::checks;
use super::reference::{about, facts, traces};

fn page(kind: &Kind, example: &str) -> String {
    let mut out = format!("# {}\n\n{}\n\n*{}*\n", kind.name, kind.doc, facts(kind));
    for line in traces(kind) {
        out.push_str(&format!("\n{line}\n"));
    }
    if let Some(contents) = kind.contents {
        out.push_str(&format!("\n{}.\n", contents.describe()));
    }
    for (title, fields, given) in [("Arguments", kind.args, true), ("Attributes", kind.outputs, false)] {
        if !fields.is_empty() {
            out.push_str(&format!("\n## {title}\n\n"));
            list(fields, 0, given, &mut out);
        }
    }
    out.push_str(&format!("\n## Example\n\n```rhai\n{}\n```\n", example.trim()));
    out
}

fn list(fields: &[Field], depth: usize, given: bool, out: &mut String) {
    for field in fields {
        let space = "  ".repeat(depth);
        let doc = field.doc.replace('\n', " ");
        out.push_str(&format!("{space}- **`{}`** ({}): {doc}\n", field.name, about(field, given).join(" · ")));
        if let Some(inner) = field.ty.block() {
            list(inner, depth + 1, given, out);
        }
    }
}

fn index(kinds: &[&Kind]) -> String {
    let mut out = String::from("# Kinds\n\nWhat a program can declare, by service.\n");
    let mut service = "";
    for kind in kinds {
        if kind.service() != service {
            service = kind.service();
            out.push_str(&format!("\n## {service}\n\n"));
        }
        let sentence = kind.doc.split("\n\n").next().unwrap_or_default().replace('\n', " ");
        out.push_str(&format!("- [`{0}`]({0}.md): {sentence}\n", kind.name));
    }
    out
}

/// The modules, from their doc comments. A heading below a function's name stands in bold.
fn modules(modules: &[ModuleDoc]) -> String {
    let mut out = String::from(
        "# The standard library\n\nModules that programs are made of: `import \"network\" as network;`. A required option is \
         marked so; the others\nhave the value that is given, or nothing. Each module has its tests beside it \
         (`stdlib/network_test.rhai`).\n",
    );
    for module in modules {
        out.push_str(&format!("\n## {}\n\n{}\n", module.name, module.doc));
        for function in &module.functions {
            out.push_str(&format!("\n### `{}::{}({})`\n\n", module.name, function.name, function.params.join(", ")));
            for line in function.doc.lines() {
                match line.strip_prefix("# ") {
                    Some(heading) => out.push_str(&format!("**{heading}**\n\n")),
                    None => out.push_str(&format!("{line}\n")),
                }
            }
        }
    }
    out
}

#[test]
fn the_standard_library_is_documented_and_tested() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let stdlib = Root { label: "stdlib".into(), path: root.join("stdlib") };
    let host = Host::new(Arc::new(dr_kinds::registry()), vec![stdlib], Limits::default());
    let all = host.module_docs().unwrap();
    // The programs that tests plan, examples of checks, and the tests themselves.
    let is_other =
        |m: &ModuleDoc| m.name.starts_with("examples/") || m.name.starts_with("checks/") || m.name.ends_with("_test");
    let all: Vec<ModuleDoc> = all.into_iter().filter(|m| !is_other(m)).collect();
    assert!(!all.is_empty());
    for module in &all {
        assert!(!module.doc.is_empty(), "{} says nothing about itself", module.source);
        for function in &module.functions {
            assert!(!function.doc.is_empty(), "{}: `{}` says nothing about itself", module.source, function.name);
        }
        assert!(root.join(format!("stdlib/{}_test.rhai", module.name)).is_file(), "{} has no test", module.source);
    }
    let page = snapbox::Data::read_from(&root.join("docs/stdlib.md"), None).raw();
    snapbox::assert_data_eq!(modules(&all), page);
}

#[test]
fn the_pages_are_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let docs = root.join("docs/kinds");
    let registry = dr_kinds::registry();
    let kinds: Vec<&Kind> = registry.iter().collect();
    let same = |file: PathBuf, text: String| {
        snapbox::assert_data_eq!(text, snapbox::Data::read_from(&file, None).raw());
    };
    let mut expected = BTreeSet::from(["README.md".to_owned()]);
    for kind in &kinds {
        let example = root.join("tests/kinds").join(kind.service()).join(format!("{}.rhai", kind.short()));
        let example = std::fs::read_to_string(example).unwrap();
        let file = format!("{}.md", kind.name);
        same(docs.join(&file), page(kind, &example));
        expected.insert(file);
    }
    same(docs.join("README.md"), index(&kinds));
    same(root.join("docs/checks.md"), checks::page(&kinds));
    let there = std::fs::read_dir(&docs).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    assert_eq!(there.collect::<BTreeSet<_>>(), expected, "pages of kinds that are no more");
}
