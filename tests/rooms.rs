//! The rules of the rooms of `engine/` (see `docs/architecture.md`), checked on the manifests and the sources.
//!
//! Cargo keeps a crate out of another that it does not list; this test keeps the lists themselves honest. It also keeps
//! type names apart: a name means one thing in the whole workspace.

#[path = "harness/imports.rs"]
mod imports;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dr_tests_support::repository;

use crate::imports::Imports;

/// What each crate may list among ours. A crate that is not here fails the test.
const ROOMS: &[(&str, &[&str])] = &[
    ("dr-core", &[]),
    ("dr-macros", &[]),
    ("dr-kinds", &["dr-core", "dr-macros"]),
    ("dr-local", &["dr-core"]),
    ("dr-script", &["dr-core", "dr-macros"]),
    ("dr-run", &["dr-core", "dr-macros"]),
    ("dr-sandbox", &["dr-core", "dr-macros"]),
    ("dr-aws", &["dr-core", "dr-kinds", "dr-macros"]),
    ("dr-cli", &["dr-aws", "dr-core", "dr-kinds", "dr-local", "dr-macros", "dr-run", "dr-sandbox", "dr-script"]),
];

/// What the tests of a crate may list besides.
const TESTED_WITH: &[(&str, &[&str])] = &[
    // What it derives is written in core's words.
    ("dr-macros", &["dr-core"]),
    // Secrets and archives are made by nobody else.
    ("dr-run", &["dr-local"]),
];

/// Foreign crates that one of ours alone may list. A name that ends in `-` stands for all that begin so.
const GUESTS: &[(&str, &str)] = &[("rhai", "dr-script"), ("sled", "dr-run"), ("zip", "dr-local"), ("aws-", "dr-aws")];

/// Paths in code that may stand in one place only: a file, or a folder with all that is in it.
const WORDS: &[(&str, &str)] =
    &[("sled::", "run/src/database.rs"), ("rhai::", "script/"), ("aws_sdk_", "aws/"), ("aws_config::", "aws/")];

/// Where files still import each other in circles: the folder of the crate, and the files, or folders of files. What
/// is in none any more goes from the list; nothing is added.
#[rustfmt::skip]
const CIRCLES: &[(&str, &[&str])] = &[
    ("cli", &["exit.rs", "render/json.rs", "ui.rs"]),
    ("kinds", &["s3/"]),
];

type Failure = Box<dyn std::error::Error>;

/// What the crate itself and its build take.
const TAKEN: &[&str] = &["dependencies", "build-dependencies"];
/// What its tests take.
const TRIED: &[&str] = &["dev-dependencies"];

/// The crates under `engine/`: name, and every name that its manifest lists in these tables.
fn crates(tables: &[&str]) -> Result<BTreeMap<String, BTreeSet<String>>, Failure> {
    let mut crates = BTreeMap::new();
    for entry in std::fs::read_dir(repository().join("engine"))? {
        let manifest = entry?.path().join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
        let table: toml::Table = text.parse()?;
        let name = table["package"]["name"].as_str().ok_or("a package without a name")?.to_owned();
        crates.insert(name, listed(&table, tables));
    }
    Ok(crates)
}

/// The names in tables of dependencies, those under `[target.…]` included. A renamed one counts as what it is.
fn listed(table: &toml::Table, tables: &[&str]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (key, value) in table {
        let Some(inner) = value.as_table() else { continue };
        if tables.contains(&key.as_str()) {
            for (name, wanted) in inner {
                let package = wanted.get("package").and_then(toml::Value::as_str);
                names.insert(package.unwrap_or(name).to_owned());
            }
        } else if key == "target" {
            names.extend(inner.values().filter_map(toml::Value::as_table).flat_map(|table| listed(table, tables)));
        }
    }
    names
}

/// Every Rust file under a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// The types that a source declares outside its tests, with their lines. Associated types are none.
fn types(text: &str) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    let (mut test_only, mut in_tests) = (false, false);
    for (number, line) in text.lines().enumerate() {
        if in_tests {
            in_tests = line != "}";
        } else if test_only && line.starts_with("mod ") && line.ends_with('{') {
            in_tests = true;
        } else if let Some(name) = declared(line) {
            found.push((name, number + 1));
        }
        test_only = line == "#[cfg(test)]" || test_only && line.starts_with("#[");
    }
    found
}

/// The name of the type that a line declares. An indented `type` is an associated one.
fn declared(line: &str) -> Option<&str> {
    let item = line.trim_start();
    let item = match item.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
        Some(rest) => rest.strip_prefix(' ')?,
        None => item,
    };
    let (word, rest) = item.split_once(' ')?;
    let declares = ["struct", "enum", "trait", "union"].contains(&word) || word == "type" && !line.starts_with(' ');
    let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    (declares && name.starts_with(char::is_uppercase)).then_some(name)
}

/// The files and folders of the modules that a source declares for its tests alone: `#[cfg(test)] mod name;`.
fn test_modules(file: &Path, text: &str) -> Vec<PathBuf> {
    let stem = file.with_extension("");
    let is_root = ["lib", "main", "mod"].iter().any(|root| stem.ends_with(root));
    let folder = if is_root { file.parent().unwrap_or(file) } else { &stem };
    let lines: Vec<&str> = text.lines().collect();
    let names = lines.windows(2).filter(|pair| pair[0] == "#[cfg(test)]");
    let names = names.filter_map(|pair| pair[1].strip_prefix("mod ")?.strip_suffix(';'));
    names.flat_map(|name| [folder.join(name), folder.join(format!("{name}.rs"))]).collect()
}

#[test]
fn a_type_name_means_one_thing_in_the_whole_workspace() {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(repository().join("engine")).unwrap() {
        sources(&entry.unwrap().path().join("src"), &mut files).unwrap();
    }
    sources(&repository().join("tests/support/src"), &mut files).unwrap();
    files.sort();
    let texts: Vec<_> = files.into_iter().map(|file| (std::fs::read_to_string(&file).unwrap(), file)).collect();
    let tests: Vec<_> = texts.iter().flat_map(|(text, file)| test_modules(file, text)).collect();
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (text, file) in texts.iter().filter(|(_, file)| !tests.iter().any(|test| file.starts_with(test))) {
        let path = file.strip_prefix(repository()).unwrap().display();
        let mut here = BTreeSet::new();
        // What a file declares twice stands there once for each system.
        for (name, line) in types(text).into_iter().filter(|(name, _)| here.insert(*name)) {
            places.entry(name).or_default().push(format!("{path}:{line}"));
        }
    }
    assert!(places.len() > ROOMS.len(), "only {} types were found", places.len());
    let twice: Vec<_> = places
        .iter()
        .filter(|(_, places)| places.len() > 1)
        .map(|(name, places)| format!("`{name}` is declared at {}", places.join(" and at ")))
        .collect();
    assert!(
        twice.is_empty(),
        "a type name means one thing in the whole workspace; rename all but one of each:\n{}",
        twice.join("\n")
    );
}

#[test]
fn types_are_found_outside_of_tests() {
    let text = "\
pub struct One<'a>(&'a str);
pub(crate) enum Two {
    Variant,
}
type Three = ();
impl Iterator for Two {
    type Item = ();
}
// struct Comment
fn function() {
    trait Four {
        type Associated;
    }
}
#[cfg(test)]
#[allow(missing_docs)]
mod tests {
    struct Tested;
}
struct Five;
#[cfg(test)]
mod elsewhere;
";
    assert_eq!(types(text), [("One", 1), ("Two", 2), ("Three", 5), ("Four", 11), ("Five", 20)]);
    let of = |file: &str| test_modules(Path::new(file), text);
    let at = |files: [&str; 2]| files.map(PathBuf::from).to_vec();
    assert_eq!(of("src/lib.rs"), at(["src/elsewhere", "src/elsewhere.rs"]));
    assert_eq!(of("src/a/mod.rs"), at(["src/a/elsewhere", "src/a/elsewhere.rs"]));
    assert_eq!(of("src/store.rs"), at(["src/store/elsewhere", "src/store/elsewhere.rs"]));
}

#[test]
fn every_crate_enters_only_the_rooms_it_may() {
    let allowed: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    let (taken, tried) = (crates(TAKEN).unwrap(), crates(TRIED).unwrap());
    assert_eq!(
        taken.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        allowed.keys().copied().collect(),
        "the crates under engine/ and the rooms that this test knows"
    );
    for (name, listed, besides) in
        taken.iter().map(|(n, l)| (n, l, false)).chain(tried.iter().map(|(n, l)| (n, l, true)))
    {
        let besides = TESTED_WITH.iter().filter(|(of, _)| besides && of == name).flat_map(|(_, may)| may.iter());
        let may: BTreeSet<&str> = allowed[name.as_str()].iter().chain(besides).copied().collect();
        for ours in listed.iter().filter(|listed| listed.starts_with("dr-")) {
            assert!(
                may.contains(ours.as_str()),
                "{name} lists {ours}; of ours it may list {may:?} (docs/architecture.md)"
            );
        }
    }
}

#[test]
fn rhai_sled_and_the_sdks_have_one_host_each() {
    for (name, listed) in crates(&[TAKEN, TRIED].concat()).unwrap() {
        for (guest, host) in GUESTS {
            let is_guest = |listed: &String| listed == guest || guest.ends_with('-') && listed.starts_with(guest);
            let found: Vec<_> = listed.iter().filter(|listed| is_guest(listed)).collect();
            assert!(
                found.is_empty() || name == *host,
                "{name} lists {found:?}; only {host} may (docs/architecture.md)"
            );
        }
    }
}

#[test]
fn their_names_stand_where_they_may() {
    let engine = repository().join("engine");
    let mut files = Vec::new();
    sources(&engine, &mut files).unwrap();
    assert!(files.len() > ROOMS.len(), "only {} files under {}", files.len(), engine.display());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let path = file.strip_prefix(&engine).unwrap().display().to_string();
        for (word, home) in WORDS {
            for (number, line) in text.lines().enumerate().filter(|(_, line)| line.contains(word)) {
                assert!(
                    path.starts_with(home),
                    "engine/{path}:{}: `{word}` belongs to engine/{home}: {line}",
                    number + 1
                );
            }
        }
    }
}

#[test]
fn the_files_of_a_crate_do_not_import_each_other_in_a_circle() {
    let mut wrong = Vec::new();
    let mut listed: BTreeSet<(&str, &str)> = BTreeSet::new();
    CIRCLES.iter().for_each(|(room, places)| listed.extend(places.iter().map(|place| (*room, *place))));
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(repository().join("engine")).unwrap() {
        let folder = entry.unwrap().path();
        let room = folder.file_name().unwrap().to_str().unwrap();
        let imports = Imports::of(&folder.join("src")).unwrap();
        for circle in imports.circles() {
            let place = |file: &String| {
                let is_in = |place: &str| file == place || place.ends_with('/') && file.starts_with(place);
                listed.iter().find(|(known, place)| *known == room && is_in(place)).copied()
            };
            if !circle.iter().all(|file| place(file).is_some()) {
                wrong.push(format!("engine/{room}: files import each other in a circle:\n{}", imports.within(&circle)));
            }
            found.extend(circle.iter().filter_map(place));
        }
    }
    for (room, place) in listed.difference(&found) {
        wrong.push(format!("engine/{room}/src/{place} is in no circle any more: take it off the list"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let circles = |files: &[(&str, &str)]| {
        let texts = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
        let circles = Imports::of_texts(texts).unwrap().circles();
        circles
            .into_iter()
            .map(|circle| circle.into_iter().collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let root = ("lib.rs", "mod a; mod b; pub use a::A; pub(crate) use b::B as C;");
    for b in [
        "use crate::a::A;",
        "use crate::{a::A, c};",
        "use super::a;",
        "fn f() { crate::a::f() }",
        "fn f() -> String { format!(\"{}\", crate::a::f()) }",
        "mod inner { use super::super::a; }",
        "macro_rules! m { () => { $crate::a::f() } }",
        // Through the root, which only hands it on.
        "use crate::A;",
    ] {
        for a in ["use crate::b;", "use crate::b::B;", "use super::C;", "fn f(b: &crate::b::B) {}"] {
            assert_eq!(circles(&[root, ("a.rs", a), ("b.rs", b)]), "a.rs b.rs", "{a} | {b}");
        }
    }
    for harmless in [
        "use std::fmt;",
        "// crate::a::f()",
        "const TEXT: &str = \"crate::a\";",
        "#[cfg(test)] mod tests { use crate::a; }",
        "#[cfg(test)] use crate::{a}; fn f() {}",
        "use self::inner::x; mod inner { pub fn x() {} }",
        "fn f() { other::crate_a::a(); }",
    ] {
        assert_eq!(circles(&[root, ("a.rs", "use crate::b;"), ("b.rs", harmless)]), "", "{harmless}");
    }
    // A child may take from its parent unless the parent takes from the child.
    let parent = |text| [("lib.rs", "mod p;"), ("p/mod.rs", text), ("p/child.rs", "use super::Thing;")];
    assert_eq!(circles(&parent("mod child; pub(crate) use child::Name; struct Thing;")), "");
    assert_eq!(circles(&parent("mod child; use child::Name; struct Thing;")), "p/child.rs p/mod.rs");
    assert_eq!(circles(&parent("mod child; struct Thing; fn f() { child::g() }")), "p/child.rs p/mod.rs");
    // Files that are only tests may take what they want.
    let tests = [("lib.rs", "mod p;"), ("p/mod.rs", "#[cfg(test)] mod child; struct Thing; fn f() { child::g() }")];
    assert_eq!(circles(&[tests[0], tests[1], ("p/child.rs", "use super::Thing;")]), "");
    // Three in a row.
    let three = [("a.rs", "use crate::b::B;"), ("b.rs", "use crate::c::C;"), ("c.rs", "use crate::a::A;")];
    assert_eq!(circles(&three), "a.rs b.rs c.rs");
}

#[test]
fn a_dependency_is_found_in_every_table() {
    let manifest = r#"
        [dependencies]
        plain = "1"
        renamed = { package = "real", version = "1" }
        [dev-dependencies]
        tested.workspace = true
        [target.'cfg(unix)'.build-dependencies]
        built = "1"
        [features]
        not_one = []
    "#;
    let manifest = manifest.parse().unwrap();
    let names = |tables| listed(&manifest, tables).into_iter().collect::<Vec<_>>();
    assert_eq!(names(TAKEN), ["built", "plain", "real"]);
    assert_eq!(names(TRIED), ["tested"]);
}
