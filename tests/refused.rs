//! Whatever a check refuses, the sandbox refuses too. Each script that violates a check (`rules/`) is planned, its plan is
//! taken as if no check had found anything, and it is applied in the sandbox: that refuses the call that AWS would refuse,
//! with what the check says. What a check of destroyability refuses stands in the way of the destroy, or is left by it.
//! What services take all the same stands in one table ([`checks::TAKEN`]), of which nothing may be refused. The scripts
//! that keep to a check are refused nothing.
//!
//! Nothing that a user can say switches checks off. Here the findings are taken out of the plan, and every step says that
//! it allows every check, so that none is asked while applying either.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

#[path = "harness/room.rs"]
mod room;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dr_core::checks::{self, Check, LooksBy, TAKEN};
use dr_core::diagnostic::{Diagnostic, Severity};
use dr_core::graph::Graph;
use dr_core::plan::{Goal, Plan};
use dr_core::value::{Map, Str};
use dr_run::Report;
use dr_sandbox::{Sandbox, SandboxOptions, Speed};
use dr_tests_support::repository;

use crate::room::{Program, Room};

/// Checks of what there is no kind or argument for: a script that violates them is none.
const UNSPEAKABLE: &[&str] = &["D18", "D21"];

/// A script, applied without checks.
struct Tried {
    sandbox: Arc<Sandbox>,
    dir: tempfile::TempDir,
    script: PathBuf,
    environment: String,
    room: Room,
    plan: Plan,
    /// What the checks had found.
    found: Vec<Diagnostic>,
    report: Report,
}

/// The plan without what checks found, and what that was. What is protected stays protected.
fn unchecked(mut plan: Plan) -> (Plan, Vec<Diagnostic>) {
    let found = std::mem::take(&mut plan.diagnostics);
    let all: Map<Str> = checks::all().map(|check| (check.id.into(), "a test".into())).collect();
    for step in &mut plan.steps {
        step.allow = all.clone();
        step.lifts.clear();
    }
    (plan, found)
}

/// Plans and applies without checks.
async fn carried_out(room: &Room, goal: Goal, graph: &Graph) -> (Plan, Vec<Diagnostic>, Report) {
    let (plan, found) = unchecked(room.propose(goal, graph).await.unwrap());
    let report = room.carry_out(&plan).await.unwrap();
    (plan, found, report)
}

async fn room(script: &Path, environment: &str, sandbox: &Arc<Sandbox>, state: &Path) -> Room {
    let program = Program {
        name: script.file_stem().unwrap().to_str().unwrap().to_owned(),
        text: std::fs::read_to_string(script).unwrap(),
        folder: script.parent().unwrap().to_owned(),
    };
    Room::open(state, sandbox.clone(), program, environment, None).await.unwrap()
}

impl Tried {
    /// Applies a script without checks. `None` where it is none: the script host refuses it.
    async fn new(script: &Path) -> Option<Tried> {
        let text = std::fs::read_to_string(script).unwrap();
        let environment = text.lines().next().and_then(|line| line.strip_prefix("//! environment: ")).unwrap_or("pr-7");
        let dir = tempfile::tempdir().unwrap();
        let options = SandboxOptions { speed: Speed::Instant, ..SandboxOptions::default() };
        let sandbox = Arc::new(Sandbox::in_memory(Arc::new(dr_kinds::registry()), options).unwrap());
        let room = room(script, environment, &sandbox, dir.path()).await;
        let graph = room.declare(&[]).ok()?;
        let (plan, found, report) = carried_out(&room, Goal::Apply, &graph).await;
        let (script, environment) = (script.to_owned(), environment.to_owned());
        Some(Tried { sandbox, dir, script, environment, room, plan, found, report })
    }

    /// What a check had refused.
    fn refusals(&self, check: &str) -> impl Iterator<Item = &Diagnostic> {
        self.found.iter().filter(move |found| found.is_error() && found.code.as_deref() == Some(check))
    }

    fn failures(&self) -> Vec<String> {
        self.report.failed.iter().map(|failure| failure.error.clone()).collect()
    }

    /// Whether everything that a finding names was made, so that the service had the chance to refuse it.
    fn is_made(&self, found: &Diagnostic) -> bool {
        let is_named = |step: &&dr_core::plan::Step| found.message.contains(&format!("`{}`", step.address));
        let mut named = self.plan.steps.iter().enumerate().filter(|(_, step)| is_named(step));
        named.all(|(number, _)| self.report.done.contains(&number))
    }

    /// What is refused of the destroy, and, for a check of names, of the same program in the environment whose names could be
    /// the same.
    async fn parting(&self, check: &str) -> Vec<String> {
        let other = format!("pr-{}", self.environment);
        let beside = room(&self.script, &other, &self.sandbox, self.dir.path()).await;
        let (_, _, report) = carried_out(&beside, Goal::Apply, &beside.declare(&[]).unwrap()).await;
        let named = report.failed.iter().filter(|failure| failure.error.contains("exists already"));
        let named = named.filter(|_| OF_NAMES.contains(&check));
        let named: Vec<String> = named.map(|failure| format!("{} ({check})", failure.error)).collect();
        let (_, _, report) = carried_out(&self.room, Goal::Destroy, &Graph::default()).await;
        let failed = report.failed.iter().map(|failure| format!("{}: {}", failure.address, failure.error));
        let left = self.sandbox.remains().into_iter();
        let left =
            left.map(|left| format!("{}: {} is left ({})", left.address, left.what, left.check.unwrap_or_default()));
        named.into_iter().chain(failed).chain(left).collect()
    }
}

/// The checks that ask that another environment's names are others.
const OF_NAMES: [&str; 2] = ["D20", "D27"];

/// Whether a check is no rule of its own: it names what the script host and the planner refuse before there is anything to
/// call, or what only an account can answer.
fn is_before_the_cloud(check: &Check) -> bool {
    !check.is_of_destroyability() && matches!(check.look, LooksBy::Elsewhere)
}

fn scripts() -> Vec<PathBuf> {
    let all = std::fs::read_dir(repository().join("tests/rules")).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = all.filter(|path| path.extension().is_some_and(|ending| ending == "rhai")).collect();
    all.sort();
    all
}

/// The check that a script is of, and whether it keeps to it.
fn check_of(script: &Path) -> (&str, bool) {
    let stem = script.file_stem().unwrap().to_str().unwrap();
    (stem.split('_').next().unwrap(), stem.ends_with("_not"))
}

/// What a violation of a rule of AWS comes to: complaints, and what was refused and taken of it.
fn violated(id: &str, tried: &Tried) -> (Vec<String>, usize, usize) {
    let failures = tried.failures();
    let (mut wrong, mut refused, mut taken) = (Vec::new(), 0, 0);
    let may_be_taken = TAKEN.iter().find(|taken| taken.check == id);
    for finding in tried.refusals(id) {
        let is_refused = failures.iter().any(|text| text.contains(&finding.message) && text.contains(id));
        let is_made = tried.is_made(finding);
        (refused, taken) = (refused + usize::from(is_refused), taken + usize::from(is_made && !is_refused));
        match may_be_taken {
            None if !is_refused && is_made => wrong.push(format!("the sandbox takes it: {}", finding.message)),
            Some(may) if !may.in_part && is_refused => {
                wrong.push(format!("it is refused, so the table need not say that it is taken: {}", finding.message));
            }
            _ => {}
        }
    }
    (wrong, refused, taken)
}

#[tokio::test(start_paused = true)]
async fn what_a_check_refuses_the_sandbox_refuses_too() {
    let mut wrong = Vec::new();
    let mut said = BTreeSet::new();
    for script in scripts() {
        let (id, keeps) = check_of(&script);
        if checks::all().any(|check| check.id == id && is_before_the_cloud(check)) {
            continue;
        }
        let Some(tried) = Tried::new(&script).await else {
            assert!(UNSPEAKABLE.contains(&id), "{id} is not violated: {}", script.display());
            continue;
        };
        let name = script.file_stem().unwrap().to_str().unwrap().to_owned();
        if keeps {
            let refused = tried.failures().into_iter().filter(|text| text.contains("ValidationException"));
            wrong.extend(refused.map(|text| format!("{name}: it keeps to the check and is refused: {text}")));
            continue;
        }
        if tried.refusals(id).next().is_none() {
            continue; // It only warns.
        }
        let may_be_taken = TAKEN.iter().find(|taken| taken.check == id);
        let (refused, taken) = if id.starts_with('D') {
            let all = tried.parting(id).await;
            let is_of = |text: &&String| text.contains(&format!("({id})")) || text.contains("DeletionProtected");
            let refused = all.iter().filter(is_of).count();
            if may_be_taken.is_none() && refused == 0 {
                wrong.push(format!("{name}: nothing stands in the way or is left: {all:?}"));
            }
            (refused, usize::from(refused == 0))
        } else {
            let (complaints, refused, taken) = violated(id, &tried);
            wrong.extend(complaints.into_iter().map(|text| format!("{name}: {text}")));
            (refused, taken)
        };
        match may_be_taken {
            None if refused == 0 => wrong.push(format!("{name}: nothing is refused: {:?}", tried.failures())),
            Some(may) if taken == 0 || (refused == 0) == may.in_part => {
                wrong.push(format!("{name}: {refused} refused, {taken} taken; the table says: {may:?}"));
            }
            _ => {}
        }
        said.insert(id.to_owned());
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    for check in checks::all().filter(|check| check.severity == Some(Severity::Error)) {
        let is_elsewhere = UNSPEAKABLE.contains(&check.id) || is_before_the_cloud(check);
        let is_said = said.contains(check.id) || is_elsewhere;
        assert!(is_said, "{} is not violated by a script", check.id);
    }
    for taken in TAKEN {
        assert!(said.contains(taken.check), "{taken:?} is of no check that refuses");
    }
}
