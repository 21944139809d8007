//! `dr plan`: what apply would do.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use dr_core::graph::Graph;
use dr_core::plan::{Contract, Goal, Plan, PlanCost, bill, contract};
use dr_core::record::Snapshot;

use crate::args::{Global, ParameterArgs, Planning};
use crate::consent;
use crate::exit::{CommandFailure, Exit};
use crate::found::take_over;
use crate::load::{self, Program};
use crate::others::leave_to_others;
use crate::render::diagnostic::{self, Sources};
use crate::render::plan::{Look, body, is_folded, summary};
use crate::render::{contract, cost, count, data, deferred, json, markdown, parameters, recovery};
use crate::session::{OpenState, Session};
use crate::ui::Ui;
use crate::work::{WantedPlan, Work};

/// How wide a plan is in a comment: what a browser shows without a bar to scroll.
const COMMENT: usize = 100;

/// Show what applying a program would change; touches nothing
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr plan transactions --env pr-7\n  dr plan transactions --help-program\n  \
                        dr plan transactions --out pr-7.plan && dr apply pr-7.plan")]
pub(crate) struct PlanArgs {
    /// Name of a program in `programs`, or path of a script
    program: String,
    #[command(flatten)]
    parameters: ParameterArgs,
    #[command(flatten)]
    planning: Planning,

    /// Plan the destruction of what the program has in the environment instead
    #[arg(long)]
    destroy: bool,

    /// Write the plan to a file that `dr apply` takes; makes the state if there is none
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Also show how everything goes when the environment is destroyed: in which order, how long it takes, what is left
    #[arg(long)]
    contract: bool,

    /// Also show what happens when the primary region is lost: how soon each part works in the other one, and what is
    /// missing there
    #[arg(long)]
    recovery: bool,

    /// As text, or as a comment of a pull request
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: PlanFormat,

    /// Exit with status 2 when there are changes
    #[arg(long)]
    detailed_exitcode: bool,
}

/// How a plan is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    /// For a terminal
    Text,
    /// For a comment of a pull request
    Markdown,
}

/// Plans.
pub(crate) fn cmd_plan(args: &PlanArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    if ui.json && args.format == PlanFormat::Markdown {
        return Err(CommandFailure::new("`--json` and `--format markdown` cannot be given together"));
    }
    let session = Session::new(global, ui)?;
    let program = load::program(&session.project, &args.program)?;
    if args.parameters.help_program {
        return help_program(&session, &program, &args.parameters);
    }
    let (evaluated, held) = session.evaluate_and(&program, &args.parameters.set, Session::look)?;
    let mut sources = session.project.sources(&[]).with(&evaluated.sources);
    let (goal, graph, declared) = match args.destroy {
        true => (Goal::Destroy, Graph::default(), Some(evaluated.graph)),
        false => (Goal::Apply, evaluated.graph, None),
    };
    let stack = session.stack(&program.name);
    let only = args.planning.only(&Session::regions(&graph, held.as_ref()))?;
    let (plan, outlook) = session.run(async |signals| {
        let mut work = Work::open(&session, stack.clone(), &program.folder, args.planning.parallel()).await?;
        work.limit_to(only);
        signals.stop(&work.cancel);
        // A plan that is kept needs the stack's key.
        let held = match held {
            None if args.out.is_some() => Some(session.hold(&stack)?),
            held => held,
        };
        let mut held = held;
        if let Some(OpenState { store, snapshot }) = &mut held {
            let open = store.open_operations()?;
            if !open.is_empty() {
                let operations = count(open.len(), "operation");
                let kept = if args.out.is_some() { ", and then refuses a plan that was kept before" } else { "" };
                if store.in_use().is_none() {
                    ui.tell(&format!(
                        "An earlier run left {operations} open; `dr apply` first finds out what became of it{kept}\n"
                    ));
                }
                *snapshot = dr_run::as_far_as_known(snapshot, open.into_values());
            }
        }
        let declared = declared.as_ref().unwrap_or(&graph);
        held = take_over(&session, &mut work, &stack, held, declared, (goal, args.out.is_some())).await?;
        let aim = args.planning.aim(Session::addresses(&graph, held.as_ref()))?;
        let (refresh, lift) = (!args.planning.no_refresh, session.lifts(&args.planning));
        let wanted = WantedPlan { goal, graph: &graph, refresh, aim: &aim, lift };
        let mut plan = work.plan(held.as_ref(), wanted).await?;
        leave_to_others(&session, &work, held.as_ref(), &mut plan).await?;
        if let (Some(OpenState { store, .. }), Some(file)) = (&held, &args.out)
            && !plan.is_refused()
        {
            dr_run::plan_file::write(file, &plan, &program.script(&session.project.root), store.sealer())?;
        }
        let outlook = Outlook::of(&session, &plan, held.as_ref());
        std::mem::forget(held.map(|h| h.snapshot));
        Ok((plan, outlook))
    })?;
    if args.format == PlanFormat::Markdown {
        let look = Look { registry: &session.registry, width: COMMENT, details: args.planning.details };
        let parts = (&plan, &outlook.contract, &outlook.cost);
        ui.result(&markdown::comment(parts, &mut sources, look, &consent::needed(&session)))?;
    } else {
        show(&session, (&plan, &outlook), &mut sources, args.planning.details, &mut |text| ui.result(text))?;
    }
    if ui.json {
        ui.result(&json::text(&json::plan(&plan, &outlook.contract, &outlook.cost)))?;
    } else {
        let contract = args.contract.then(|| contract::all(&outlook.contract));
        let recovery = args.recovery.then(|| recovery::all(plan.recovery.as_ref()));
        for part in contract.into_iter().chain(recovery) {
            let fence = if args.format == PlanFormat::Markdown { "```\n" } else { "" };
            ui.result(&format!("\n{fence}{part}{fence}"))?;
        }
    }
    if plan.is_refused() {
        return Ok(Exit::Refused);
    }
    if let Some(file) = &args.out {
        let command = global.command(&["apply", &file.display().to_string()], &session.suffix);
        ui.tell(&format!("Kept in `{}`; apply it with `{command}`\n", file.display()));
    }
    let exit = if args.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Done };
    // The process ends here: taking apart what it holds, piece by piece, would only take time.
    std::mem::forget((plan, graph));
    Ok(exit)
}

/// Shows a plan to people; with `--json` nothing but what is wrong with it.
pub(crate) fn show(
    session: &Session<'_>,
    (plan, outlook): (&Plan, &Outlook),
    sources: &mut Sources,
    details: bool,
    to: &mut dyn FnMut(&str) -> Result<(), CommandFailure>,
) -> Result<(), CommandFailure> {
    let ui = session.ui;
    if ui.json {
        return Ok(());
    }
    let look = Look { registry: &session.registry, width: ui.width(), details };
    let mut text = session.header(&plan.program, &plan.identity);
    let at_risk = data::list(&plan.at_risk, &consent::needed(session));
    for part in [at_risk, body(plan, look), deferred::list(plan)] {
        if !part.is_empty() {
            text.push_str(&format!("{part}\n"));
        }
    }
    to(&text)?;
    let told = if is_folded(plan, look) { diagnostic::folded } else { diagnostic::list };
    ui.tell(&told(&plan.diagnostics, sources, ui.width()));
    to(&format!("{}\n", summary(plan)))?;
    // What a destroy does is the plan itself.
    let recovery = recovery::line(plan.recovery.as_ref());
    for line in [contract::line(&outlook.contract), cost::line(&outlook.cost), recovery] {
        if !plan.destroy && !line.is_empty() {
            to(&format!("{line}\n"))?;
        }
    }
    Ok(())
}

/// What follows from a plan for the environment as a whole.
#[derive(Debug)]
pub(crate) struct Outlook {
    /// How everything will go that is there once the plan is carried out.
    pub contract: Contract,
    /// What that costs.
    pub cost: PlanCost,
}

impl Outlook {
    /// What follows from a plan.
    pub fn of(session: &Session<'_>, plan: &Plan, held: Option<&OpenState>) -> Outlook {
        let nothing = Snapshot::default();
        let before = held.map_or(&nothing, |held| &held.snapshot);
        let registry = &session.registry;
        Outlook { contract: contract(plan, before, registry), cost: bill(plan, before, registry) }
    }
}

/// Lists the parameters of a program.
pub(crate) fn help_program(
    session: &Session<'_>,
    program: &Program,
    given: &ParameterArgs,
) -> Result<Exit, CommandFailure> {
    let all = session.parameters(program, &given.set)?;
    let text = if session.ui.json {
        json::text(&all.iter().map(json::parameter).collect::<Vec<_>>())
    } else {
        parameters::list(&program.name, &all, session.ui.width())
    };
    session.ui.result(&text).map(|()| Exit::Done)
}
