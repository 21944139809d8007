//! `dr destroy`: takes everything of an environment away, and looks whether anything is left.

use std::collections::BTreeSet;

use clap::Args;
use dr_core::graph::Graph;
use dr_core::plan::Goal;
use dr_core::record::Snapshot;
use dr_core::value::Str;

use super::apply::finish;
use super::plan::show;
use crate::args::{Global, Planning};
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::render::diagnostic::Sources;
use crate::render::{GONE, NEW, count, json, paint, safe};
use crate::session::Session;
use crate::ui::Ui;
use crate::work::{WantedPlan, Work};

/// Destroy everything in an environment, then look whether anything is left
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dr destroy transactions --env pr-7\n\n\
                        The state alone suffices: neither the program's name nor its script is needed.")]
pub(crate) struct DestroyArgs {
    /// The program that the environment should belong to; refused if it is another's
    program: Option<String>,
    #[command(flatten)]
    planning: Planning,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Destroys.
pub(crate) fn cmd_destroy(args: &DestroyArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let given = args.program.as_deref().map(|given| load::name_of(&session.project, given)).transpose()?;
    let mut sources = Sources::new(&session.project.root);
    session.run(async |signals| {
        let mut work = Work::open(&session, &session.project.root, args.planning.parallel()).await?;
        signals.stop(&work.cancel);
        let mut held = session.hold_if_any()?;
        if let Some(held) = &mut held {
            work.resume(held, Goal::Destroy).await?;
        }
        let recorded = held.as_ref().and_then(|h| h.snapshot.program.clone());
        let Some(program) = given.clone().map(Str::from).or(recorded) else {
            if ui.json {
                ui.result("{}\n")?;
            }
            ui.tell(&session.nothing_there());
            return Ok(Exit::Done);
        };
        let graph = Graph::default();
        let wanted =
            WantedPlan { goal: Goal::Destroy, program: &program, graph: &graph, refresh: !args.planning.no_refresh };
        let plan = work.plan(held.as_ref(), wanted).await?;
        show(&session, &plan, &mut sources, args.planning.details, &mut |text| {
            ui.tell(text);
            Ok(())
        })?;
        if plan.is_refused() {
            if ui.json {
                ui.result(&json::text(&json::plan(&plan)))?;
            }
            return Ok(Exit::Refused);
        }
        if plan.has_changes() && !args.yes && !work.ask("\nDestroy?").await? {
            ui.tell("Nothing was changed\n");
            return Ok(Exit::Failed);
        }
        let regions = regions(held.as_ref().map(|h| &h.snapshot));
        let mut report = dr_run::Report::default();
        if let Some(held) = held {
            ui.tell("\n");
            report = work.apply(held, &plan).await?;
        }
        if !report.is_complete() {
            return finish(&session, &plan, &report, &mut sources, None);
        }
        let residue = work.sweep(&program, &regions).await?;
        let exit = finish(&session, &plan, &report, &mut sources, Some(residue.clone()))?;
        if !ui.json {
            ui.result(&left(&residue))?;
        }
        Ok(exit)
    })
}

/// Where to look: wherever something was, and where programs usually are.
fn regions(snapshot: Option<&Snapshot>) -> Vec<Str> {
    let was = snapshot.into_iter().flat_map(|s| s.records.values().chain(&s.deposed)).filter_map(|r| r.region.clone());
    let usual = ["us-east-1", "us-east-2", "us-west-2"].map(Str::from);
    was.chain(usual).collect::<BTreeSet<_>>().into_iter().collect()
}

fn left(residue: &[dr_core::cloud::TaggedResource]) -> String {
    if residue.is_empty() {
        return format!("{}\n", paint(NEW, "Nothing is left"));
    }
    let mut out = format!(
        "{}\n",
        paint(GONE, format!("{} left, which the state does not know:", count(residue.len(), "resource")))
    );
    for found in residue {
        let kind = found.kind.as_deref().unwrap_or("?");
        let region = found.region.as_deref().unwrap_or("global");
        let address = found.address.as_deref().map(|a| format!("  made as {}", safe(a))).unwrap_or_default();
        out.push_str(&format!("  {kind}  {region}  {}{address}\n", safe(&found.id)));
    }
    out
}
