//! The guide is true: every program in the pages and in the README is right, with the modules of the standard library.
//!
//! The other blocks of `docs/language.md` (a module, a check, and tests of both) are run by the tests of the language.
#![allow(clippy::unwrap_used)] // A test that cannot prepare itself has failed.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Pages with blocks that are no programs, and how many of these they have.
const NO_PROGRAMS: &[(&str, usize)] = &[("language.md", 4)];

/// The blocks of a page that are in the language of programs.
fn blocks(page: &str) -> Vec<&str> {
    page.split("```rhai\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

/// Whether something is declared outside of functions.
fn is_program(block: &str) -> bool {
    block.lines().any(|line| line.starts_with("let ") || line.starts_with("output("))
}

#[test]
fn every_program_in_the_pages_is_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let mut pages: Vec<PathBuf> =
        std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    pages.push(root.join("README.md"));
    pages.sort();
    let (mut programs, mut wrong) = (0, Vec::new());
    for page in pages {
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&page).unwrap();
        let (right, others): (Vec<&str>, Vec<&str>) = blocks(&text).into_iter().partition(|block| is_program(block));
        let expected = NO_PROGRAMS.iter().find(|(known, _)| *known == name).map_or(0, |(_, number)| *number);
        assert_eq!(others.len(), expected, "{name}: blocks that are no programs");
        for block in right {
            programs += 1;
            let temp = tempfile::tempdir().unwrap();
            let script = temp.path().join("example.rhai");
            std::fs::write(&script, block).unwrap();
            // A module of the page says its file in its first line.
            for module in &others {
                let said = module.strip_prefix("//! ").and_then(|text| text.split_once(".rhai: "));
                if let Some((name, _)) = said.filter(|(name, _)| !name.contains('/')) {
                    std::fs::write(temp.path().join(format!("{name}.rhai")), module).unwrap();
                }
            }
            let output = Command::new(env!("CARGO_BIN_EXE_dr"))
                .arg("check")
                .arg(&script)
                .args(["--env", "pr-7", "--color", "never", "--state-dir"])
                .arg(temp.path().join("state"))
                .current_dir(&root)
                .env_clear()
                .env("HOME", temp.path())
                .output()
                .unwrap();
            if !output.status.success() {
                let said =
                    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
                wrong.push(format!("{name}:\n{block}\nsays\n{said}"));
            }
        }
    }
    assert!(programs >= 2, "{programs} programs were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
