//! The pages of `docs/kinds`: the reference of each kind with its example, as Markdown.
//!
//! They are made by a test, which fails when they are not what the schemas say. `SNAPSHOTS=overwrite` makes them anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dr_core::schema::{Field, Kind};

use super::reference::{about, block, facts};

fn page(kind: &Kind, example: &str) -> String {
    let mut out = format!("# {}\n\n{}\n\n*{}*\n", kind.name, kind.doc, facts(kind));
    if !kind.leaves.is_empty() {
        out.push_str(&format!("\nA delete leaves behind: {}.\n", kind.leaves));
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
        if let Some(inner) = block(field.ty) {
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
    let there = std::fs::read_dir(&docs).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    assert_eq!(there.collect::<BTreeSet<_>>(), expected, "pages of kinds that are no more");
}
