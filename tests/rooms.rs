//! Who may enter which room of `engine/` (see `docs/architecture.md`), read from the manifests and the sources.
//!
//! Cargo keeps a crate out of another that it does not list; this test keeps the lists themselves honest.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dr_tests_support::repository;

/// What each crate may list among ours, in any table of dependencies. A crate that is not here fails the test.
const ROOMS: &[(&str, &[&str])] = &[
    ("dr-core", &[]),
    // What it derives is written in core's words, so its own tests need core.
    ("dr-macros", &["dr-core"]),
    ("dr-kinds", &["dr-core", "dr-macros"]),
    ("dr-script", &["dr-core", "dr-macros"]),
    ("dr-run", &["dr-core", "dr-macros"]),
    ("dr-sandbox", &["dr-core", "dr-macros"]),
    ("dr-aws", &["dr-core", "dr-kinds", "dr-macros"]),
    ("dr-cli", &["dr-aws", "dr-core", "dr-kinds", "dr-macros", "dr-run", "dr-sandbox", "dr-script"]),
];

/// Foreign crates that one of ours alone may list. A name that ends in `-` stands for all that begin so.
const GUESTS: &[(&str, &str)] = &[("rhai", "dr-script"), ("sled", "dr-run"), ("aws-", "dr-aws")];

/// Paths in code that may stand in one place only: a file, or a folder with all that is in it.
const WORDS: &[(&str, &str)] =
    &[("sled::", "run/src/store.rs"), ("rhai::", "script/"), ("aws_sdk_", "aws/"), ("aws_config::", "aws/")];

type Failure = Box<dyn std::error::Error>;

/// The crates under `engine/`: name, and every name that its manifest lists as a dependency of any sort.
fn crates() -> Result<BTreeMap<String, BTreeSet<String>>, Failure> {
    let mut crates = BTreeMap::new();
    for entry in std::fs::read_dir(repository().join("engine"))? {
        let manifest = entry?.path().join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
        let table: toml::Table = text.parse()?;
        let name = table["package"]["name"].as_str().ok_or("a package without a name")?.to_owned();
        crates.insert(name, listed(&table));
    }
    Ok(crates)
}

/// The names in all tables of dependencies, those under `[target.…]` included. A renamed one counts as what it is.
fn listed(table: &toml::Table) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (key, value) in table {
        let Some(inner) = value.as_table() else { continue };
        if ["dependencies", "dev-dependencies", "build-dependencies"].contains(&key.as_str()) {
            for (name, wanted) in inner {
                let package = wanted.get("package").and_then(toml::Value::as_str);
                names.insert(package.unwrap_or(name).to_owned());
            }
        } else if key == "target" {
            names.extend(inner.values().filter_map(toml::Value::as_table).flat_map(listed));
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

#[test]
fn every_crate_enters_only_the_rooms_it_may() {
    let allowed: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    let crates = crates().unwrap();
    assert_eq!(
        crates.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        allowed.keys().copied().collect(),
        "the crates under engine/ and the rooms that this test knows"
    );
    for (name, listed) in &crates {
        for ours in listed.iter().filter(|listed| listed.starts_with("dr-")) {
            let may = allowed[name.as_str()];
            assert!(
                may.contains(&ours.as_str()),
                "{name} lists {ours}; of ours it may list {may:?} (docs/architecture.md)"
            );
        }
    }
}

#[test]
fn rhai_sled_and_the_sdks_have_one_host_each() {
    for (name, listed) in crates().unwrap() {
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
    let names = listed(&manifest.parse().unwrap());
    assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), ["built", "plain", "real", "tested"]);
}
