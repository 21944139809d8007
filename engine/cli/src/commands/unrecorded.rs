//! What `dr destroy` finds of an environment that no state knows: told, or, with `--from-tags`, taken into the state, so
//! that it is planned and destroyed as everything else is.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::cloud::{Sought, TaggedResource};
use dr_core::graph::Graph;
use dr_core::plan::Goal;
use dr_core::region::GLOBAL;
use dr_core::value::Str;
use dr_run::{Stack, Swept};

use crate::args::SetArgs;
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::render::{CHANGED, GONE, QUIET, STRONG, count, paint, safe};
use crate::session::Session;
use crate::signals::Signals;
use crate::work::Work;

/// What was found where no state says anything.
#[derive(Debug)]
pub(super) struct Unrecorded {
    /// What was found, by the program in its tags.
    pub by_program: BTreeMap<Str, Vec<TaggedResource>>,
    /// What was found, and the places that could not be asked.
    pub swept: Swept,
    /// How many regions were looked at.
    pub regions: usize,
}

/// Looks in all places that the account has for what carries the environment's tags, of one program or of all. Programs
/// that have a state are left out: it knows.
///
/// # Errors
/// When the cloud cannot be asked, or it is interrupted.
pub(super) async fn look(
    session: &Session<'_>,
    signals: &Signals,
    program: Option<&Str>,
    known: &BTreeSet<Str>,
) -> Result<Unrecorded, CommandFailure> {
    let stack = session.stack(program.map_or("", |program| program));
    let work = Work::open(session, stack, &session.project.root, None).await?;
    signals.stop(&work.cancel);
    let places = work.everywhere().await?;
    let sought = Sought { environment: &session.suffix, program: program.map(|program| &**program) };
    let mut swept = work.sweep_for(sought, &places).await?;
    swept.found.retain(|found| found.program.as_ref().is_none_or(|program| !known.contains(program)));
    let mut by_program: BTreeMap<Str, Vec<TaggedResource>> = BTreeMap::new();
    for found in &swept.found {
        by_program.entry(found.program.clone().unwrap_or_default()).or_default().push(found.clone());
    }
    Ok(Unrecorded { by_program, swept, regions: places.len() - 1 })
}

impl Unrecorded {
    /// What was found, program by program and region by region, and what to do about it.
    pub(super) fn list(&self, session: &Session<'_>) -> String {
        let mut out = String::new();
        for (program, found) in &self.by_program {
            let name = if program.is_empty() { "?" } else { program };
            let number = count(found.len(), "resource");
            let line = format!("{number} of {} in {}, and no state knows of them", safe(name), session.suffix);
            out.push_str(&format!("{}\n", paint(GONE, line)));
            let mut regions: BTreeMap<&str, Vec<&TaggedResource>> = BTreeMap::new();
            for one in found {
                regions.entry(one.region.as_deref().unwrap_or(GLOBAL)).or_default().push(one);
            }
            for (region, found) in regions {
                out.push_str(&format!("  {}\n", paint(STRONG, region)));
                for one in found {
                    let address = one.address.as_deref().unwrap_or("?");
                    out.push_str(&format!("    {}  {}\n", safe(address), paint(QUIET, safe(&one.id))));
                }
            }
        }
        out
    }

    /// The places that could not be asked.
    pub(super) fn list_unasked(&self) -> String {
        let line = |(place, why): (&Str, &String)| {
            format!("{}\n", paint(CHANGED, format!("{place} could not be asked: {}", safe(why))))
        };
        self.swept.unasked.iter().map(line).collect()
    }

    /// How it ends when nothing is done about it.
    pub(super) fn exit(&self) -> Exit {
        match (self.by_program.is_empty(), self.swept.unasked.is_empty()) {
            (false, _) => Exit::Failed,
            (true, false) => Exit::Deferred,
            (true, true) => Exit::Done,
        }
    }

    /// The places that were looked at, in words.
    pub(super) fn places(&self) -> String {
        format!("{} of the account, and in what is global", count(self.regions, "region"))
    }
}

/// Takes what was found into the states of its programs. Of a program that the project has, what cannot be tagged is found,
/// too; `given` is how the
/// only one was named. Returns what cannot be recorded.
///
/// # Errors
/// When a state cannot be written, the cloud cannot be asked, or it is interrupted.
pub(super) async fn take(
    session: &Session<'_>,
    signals: &Signals,
    (stacks, given): (&[Stack], Option<&str>),
    set: &SetArgs,
) -> Result<Vec<(TaggedResource, String)>, CommandFailure> {
    let ui = session.ui;
    let mut unrecorded = Vec::new();
    for stack in stacks {
        let program = load::program(&session.project, given.unwrap_or(&stack.program));
        let evaluated = program.as_ref().ok().map(|program| session.evaluate(program, set));
        let (graph, folder) = match (program, evaluated) {
            (Ok(program), Some(Ok(evaluated))) => (evaluated.graph, program.folder),
            (program, _) => {
                let why = match program {
                    Ok(_) => "cannot be evaluated with what is set: give its parameters with `--set` and `--set-file`",
                    Err(_) => "is not here",
                };
                ui.tell(&format!(
                    "The program {} {why}; what cannot be tagged is not looked for\n",
                    safe(&stack.program)
                ));
                (Graph::default(), session.project.root.clone())
            }
        };
        let mut work = Work::open(session, stack.clone(), &folder, None).await?;
        signals.stop(&work.cancel);
        let mut held = session.hold_if_any(stack)?;
        if let Some(held) = &mut held {
            work.resume(held, Goal::Destroy).await?;
        }
        let places = work.everywhere().await?;
        let found = work.discover(held.as_ref(), &graph, (&places, &BTreeSet::new()), false).await?;
        if !found.records.is_empty() || !found.set_aside.is_empty() {
            let mut held = match held {
                Some(held) => held,
                None => session.hold(stack)?,
            };
            work.record(&mut held, &graph, &found).await?;
        }
        unrecorded.extend(found.unrecorded);
    }
    Ok(unrecorded)
}
