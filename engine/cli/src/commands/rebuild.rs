//! `dr state rebuild`: makes the state of a program from what is in the cloud.

use std::collections::BTreeSet;

use clap::Args;
use dr_core::diagnostic::Diagnostic;
use dr_core::plan::{Goal, Plan};
use dr_core::region::GLOBAL;
use dr_core::selection::Aim;
use dr_core::value::Str;
use dr_run::Discovery;

use crate::args::{ParameterArgs, SetArgs};
use crate::exit::{CommandFailure, Exit};
use crate::found::{places, untold};
use crate::load::{self, Program};
use crate::render::diagnostic;
use crate::render::plan::summary;
use crate::render::rebuilt::rebuilt;
use crate::render::{CHANGED, NEW, count, json, paint, safe};
use crate::session::Session;
use crate::work::{WantedPlan, Work};

/// Find again what a program has in an environment whose state is gone, by its tags, and record it
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr state rebuild transactions --env pr-7\n\n\
                        Every region of the account is looked at; nothing is changed in the cloud. What is recorded already \
                        stays as it is. Ends with status 1 when something was found that cannot be recorded, and with \
                        status 5 when a region could not be asked in which the program declares something.")]
pub(crate) struct RebuildArgs {
    /// Name of a program in `programs`, or path of a script
    #[arg(value_name = "PROGRAM")]
    script: String,
    #[command(flatten)]
    parameters: ParameterArgs,
}

impl RebuildArgs {
    /// The program as it was given.
    pub(super) fn script(&self) -> &str {
        &self.script
    }
}

/// Rebuilds.
pub(crate) fn rebuild(session: &Session<'_>, args: &RebuildArgs) -> Result<Exit, CommandFailure> {
    let ui = session.ui;
    let program = load::program(&session.project, &args.script)?;
    if args.parameters.help_program {
        return super::plan::help_program(session, &program, &args.parameters);
    }
    let (evaluated, mut held) = session.evaluate_and(&program, &args.parameters.set, Session::hold_if_any)?;
    let mut sources = session.project.sources(&[]).with(&evaluated.sources);
    let (stack, graph) = (session.stack(&program.name), evaluated.graph);
    let (found, plan, declared) = session.run(async |signals| {
        let mut work = Work::open(session, stack.clone(), &program.folder, None).await?;
        signals.stop(&work.cancel);
        if let Some(held) = &mut held {
            work.resume(held, Goal::Apply).await?;
        }
        let declared: BTreeSet<Str> = graph.regions().into_iter().chain([GLOBAL.into()]).collect();
        let mut everywhere = work.everywhere().await?;
        everywhere.extend(declared.iter().cloned());
        ui.tell(&format!("Looking for {stack} in {}\n", count(everywhere.len() - 1, "region")));
        let found = work.discover(held.as_ref(), &graph, (&everywhere, &BTreeSet::new()), false).await?;
        if found.records.is_empty() && found.set_aside.is_empty() {
            return Ok((found, None, declared));
        }
        let mut held = match held {
            Some(held) => held,
            None => session.hold(&stack)?,
        };
        work.record(&mut held, &graph, &found).await?;
        let wanted =
            WantedPlan { goal: Goal::Apply, graph: &graph, refresh: false, aim: Aim::everything(), lift: false };
        let plan = work.plan(Some(&held), wanted).await?;
        let plan = match work.record_outputs(&mut held, &plan).await? {
            true => work.plan(Some(&held), wanted).await?,
            false => plan,
        };
        work.record_recovery(&mut held, &plan).await?;
        Ok((found, Some(plan), declared))
    })?;
    let missed = found.unasked.keys().any(|place| declared.contains(place));
    let exit = match (found.unrecorded.is_empty(), missed) {
        (false, _) => Exit::Failed,
        (true, true) => Exit::Deferred,
        (true, false) => Exit::Done,
    };
    if let Some(plan) = &plan {
        // The rest is said when something is planned.
        let about = |d: &&Diagnostic| d.is_error() || d.code.as_deref() == Some("lost");
        let said: Vec<Diagnostic> = plan.diagnostics.iter().filter(about).cloned().collect();
        ui.tell(&diagnostic::list(&said, &mut sources, ui.width()));
    }
    if ui.json {
        return ui
            .result(&json::text(&rebuilt(&stack, &found, plan.as_ref().is_some_and(Plan::has_changes))))
            .map(|()| exit);
    }
    ui.result(&told(session, &program, &args.parameters.set, &found, plan.as_ref())).map(|()| exit)
}

/// What was found, and what the next plan would do.
fn told(session: &Session<'_>, program: &Program, set: &SetArgs, found: &Discovery, plan: Option<&Plan>) -> String {
    let mut out = String::new();
    let number = found.number(&session.registry);
    match number {
        0 => out.push_str("Nothing was found that is not recorded\n"),
        _ => {
            let recorded = format!("{} found and recorded", count(number, "resource"));
            out.push_str(&format!("{}: {}\n", paint(NEW, recorded), places(found, &session.registry)));
        }
    }
    for record in &found.set_aside {
        let left = format!(
            "`{}` is there twice; `{}` was left by a replacement, and the next apply deletes it",
            record.address,
            safe(&record.id)
        );
        out.push_str(&format!("  {left}\n"));
    }
    for (tagged, why) in &found.unrecorded {
        let address = tagged.address.as_deref().unwrap_or("?");
        let place = tagged.region.as_deref().unwrap_or(GLOBAL);
        let why = session.completed(&program.name, why);
        let line = format!("not recorded: {}  {place}  made as {}: {}", safe(&tagged.id), safe(address), safe(&why));
        out.push_str(&format!("  {}\n", paint(CHANGED, line)));
    }
    if !found.untold.is_empty() {
        let line =
            format!("{}: no service tells whether that is what is there; the next plan writes it", untold(found));
        out.push_str(&format!("  {}\n", paint(CHANGED, line)));
    }
    for (place, why) in &found.unasked {
        out.push_str(&format!("  {place} could not be asked: {}\n", safe(why)));
    }
    if let Some(plan) = plan {
        match plan.has_changes() {
            false => out.push_str("The next plan changes nothing\n"),
            true => {
                let words = [vec!["plan".to_owned(), program.name.clone()], set.words()].concat();
                let command = session.command(&words.iter().map(String::as_str).collect::<Vec<_>>());
                out.push_str(&format!("The next plan: {}\n`{command}` shows it\n", summary(plan)));
            }
        }
    }
    out
}
