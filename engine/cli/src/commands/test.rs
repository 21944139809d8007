//! `dr test`: the tests of programs and of checks.

use std::path::{Path, PathBuf};

use clap::Args;
use dr_core::diagnostic::Diagnostic;
use serde::Serialize;

use crate::args::Global;
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::render::diagnostic::{self, Sources};
use crate::render::{GONE, NEW, QUIET, count, json, paint, safe};
use crate::session::{CHECKS, Session};
use crate::ui::Ui;

/// Run the `test_*` functions of `*_test.rhai` scripts
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr test\n  dr test programs/transactions_test.rhai")]
pub(crate) struct TestArgs {
    /// A test script, or a folder of them; those in `programs`, `checks` and `stdlib` when none is given
    path: Option<PathBuf>,
}

#[derive(Serialize)]
struct TestJson {
    file: String,
    name: String,
    passed: bool,
    diagnostics: Vec<Diagnostic>,
}

/// Runs tests.
pub(crate) fn cmd_test(args: &TestArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::of_project(global, ui)?;
    let files = match &args.path {
        Some(path) if path.is_file() => vec![path.clone()],
        Some(path) if path.is_dir() => tests_in(path),
        Some(path) => return Err(CommandFailure::new(format!("there is no file or folder `{}`", path.display()))),
        None => ["programs", CHECKS, "stdlib"]
            .iter()
            .flat_map(|folder| tests_in(&session.project.root.join(folder)))
            .collect(),
    };
    if files.is_empty() {
        return Err(
            CommandFailure::new("there are no tests").hint("tests are `test_*` functions in files named `*_test.rhai`")
        );
    }
    let mut all = Vec::new();
    for file in files {
        let shown = load::shown(&session.project.root, &file);
        let text = load::read(&file, &shown)?;
        if !ui.json {
            ui.result(&format!("{}\n", paint(QUIET, safe(&shown))))?;
        }
        for report in session.test(&file, &shown, &text)? {
            let passed = report.passed();
            if !ui.json {
                let mark = if passed { paint(NEW, "✓") } else { paint(GONE, "✗") };
                let printed: String = report.printed.iter().map(|l| format!("    {}\n", safe(l))).collect();
                ui.result(&format!("  {mark} {}\n{printed}", safe(&report.name)))?;
                let mut sources = Sources::new(&session.project.root).with(&report.sources);
                ui.result(&diagnostic::list(&report.diagnostics, &mut sources, ui.width()))?;
            }
            let diagnostics = report.diagnostics;
            all.push(TestJson { file: shown.clone(), name: report.name, passed, diagnostics });
        }
    }
    let failed = all.iter().filter(|t| !t.passed).count();
    if ui.json {
        ui.result(&json::text(&all))?;
    } else if failed > 0 {
        ui.result(&format!("\n{} of {} failed\n", failed, count(all.len(), "test")))?;
    } else {
        ui.result(&format!("\n{} passed\n", count(all.len(), "test")))?;
    }
    Ok(if failed > 0 { Exit::Failed } else { Exit::Done })
}

/// The test scripts of a folder and the folders in it, sorted.
fn tests_in(folder: &Path) -> Vec<PathBuf> {
    let is_test = |p: &Path| p.file_stem().and_then(|s| s.to_str()).is_some_and(|s| s.ends_with("_test"));
    let mut found: Vec<PathBuf> = load::scripts(folder).into_iter().filter(|p| is_test(p)).collect();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    let mut inner: Vec<PathBuf> =
        entries.flatten().filter(|e| e.file_type().is_ok_and(|t| t.is_dir())).map(|e| e.path()).collect();
    inner.sort();
    found.extend(inner.iter().flat_map(|dir| tests_in(dir)));
    found
}
