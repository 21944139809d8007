//! `dr apply`: makes what a program declares.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use dr_core::plan::{Action, Goal, Plan};
use dr_core::value::Str;
use dr_run::plan_file::{self, StoredPlan};
use dr_run::{Report, Stack, Stale, UnfitPlan};

use super::plan::{Outlook, show};
use crate::args::{Consent, Global, ParameterArgs, Planning, SetArgs};
use crate::certificate::DestroyCertificate;
use crate::consent;
use crate::elsewhere;
use crate::exit::{CommandFailure, Exit};
use crate::found::take_over;
use crate::load::{self, Program};
use crate::others::leave_to_others;
use crate::render::diagnostic::{self, Sources};
use crate::render::{CHANGED, GONE, NEW, QUIET, REPLACED, STRONG, count, deferred, duration, json, outputs, paint};
use crate::session::{OpenState, Session};
use crate::ui::Ui;
use crate::work::{WantedPlan, Work, failures};

/// Make what a program declares: plan, ask, and apply
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr apply transactions --env pr-7\n  \
                        dr apply transactions --env pr-7 --set alert_email=team@example.com --yes\n  \
                        dr apply pr-7.plan\n  dr apply transactions --env pr-7 --region us-west-2\n\n\
                        Ends with status 5 when everything is done but what waits for a region that does not answer.")]
pub(crate) struct ApplyArgs {
    /// Name of a program in `programs`, path of a script, or a file of `dr plan --out`
    #[arg(required_unless_present = "plan")]
    program: Option<String>,
    #[command(flatten)]
    parameters: ParameterArgs,
    #[command(flatten)]
    planning: Planning,

    /// Apply the plan in this file as it is
    #[arg(long, value_name = "FILE", conflicts_with_all = ["program", "set", "set_file", "no_refresh", "regions"])]
    plan: Option<PathBuf>,

    #[command(flatten)]
    consent: Consent,
}

impl ApplyArgs {
    /// The arguments that apply a program to some resources.
    pub(super) fn aimed(program: String, targets: Vec<String>, set: SetArgs, yes: bool) -> ApplyArgs {
        ApplyArgs {
            program: Some(program),
            parameters: ParameterArgs { set, ..ParameterArgs::default() },
            planning: Planning { targets, ..Planning::default() },
            plan: None,
            consent: Consent { yes, ..Consent::default() },
        }
    }
}

/// Applies.
pub(crate) fn cmd_apply(args: &ApplyArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    consent::check_name(&session, &args.consent)?;
    let given = args.program.as_deref().unwrap_or_default();
    let stored = args.plan.clone().or_else(|| is_stored(given).then(|| PathBuf::from(given)));
    match stored {
        Some(file) => apply_stored(args, &session, &file),
        None => apply_program(args, &session, &load::program(&session.project, given)?),
    }
}

/// Whether the argument is the path of a stored plan. Otherwise it names a program.
fn is_stored(given: &str) -> bool {
    given.ends_with(".plan") || plan_file::is_plan(Path::new(given))
}

fn apply_program(args: &ApplyArgs, session: &Session<'_>, program: &Program) -> Result<Exit, CommandFailure> {
    if args.parameters.help_program {
        return super::plan::help_program(session, program, &args.parameters);
    }
    let (evaluated, mut held) = session.evaluate_and(program, &args.parameters.set, Session::hold_if_any)?;
    let mut sources = session.project.sources(&[]).with(&evaluated.sources);
    let (stack, graph) = (session.stack(&program.name), evaluated.graph);
    let only = args.planning.only(&Session::regions(&graph, held.as_ref()))?;
    session.run(async |signals| {
        let mut work = Work::open(session, stack.clone(), &program.folder, args.planning.parallel()).await?;
        work.limit_to(only);
        signals.stop(&work.cancel);
        if let Some(held) = &mut held {
            work.resume(held, Goal::Apply).await?;
        }
        let held = take_over(session, &mut work, &stack, held, &graph, (Goal::Apply, true)).await?;
        let aim = args.planning.aim(Session::addresses(&graph, held.as_ref()))?;
        let wanted = WantedPlan {
            goal: Goal::Apply,
            graph: &graph,
            refresh: !args.planning.no_refresh,
            aim: &aim,
            lift: session.lifts(&args.planning),
        };
        let mut plan = work.plan(held.as_ref(), wanted).await?;
        leave_to_others(session, &work, held.as_ref(), &mut plan).await?;
        // The plan says it all; at a hundred thousand resources the rest is a lot of memory.
        drop(graph);
        confirm_and_run(args, &stack, session, &mut work, held, &plan, &mut sources).await
    })
}

fn apply_stored(args: &ApplyArgs, session: &Session<'_>, file: &Path) -> Result<Exit, CommandFailure> {
    if !file.is_file() {
        return Err(CommandFailure::new(format!("there is no plan `{}`", file.display()))
            .hint("`dr plan PROGRAM --out FILE` makes one"));
    }
    if let [option, given, ..] = &args.parameters.set.words()[..] {
        let name = given.split_once('=').map_or(given.as_str(), |(name, _)| name);
        return Err(CommandFailure::new(format!(
            "`{option} {name}=..` changes nothing about a plan that is made already"
        ))
        .hint("give it to `dr plan --out`, and apply that plan"));
    }
    if let Some(region) = args.planning.regions.first() {
        return Err(CommandFailure::new(format!(
            "`--region {region}` changes nothing about a plan that is made already"
        ))
        .hint("give it to `dr plan --out`, and apply that plan"));
    }
    let limits = [("--target", &args.planning.targets), ("--exclude", &args.planning.exclude)];
    if let Some((option, given)) = limits.iter().find_map(|(option, given)| Some((option, given.first()?))) {
        return Err(CommandFailure::new(format!(
            "`{option} {given}` changes nothing about a plan that is made already"
        ))
        .hint("give it to `dr plan --out`, and apply that plan"));
    }
    let mut sources = session.project.sources(&[]);
    session.run(async |signals| {
        let stack = session.stack(&plan_file::program(file)?);
        let Some(mut held) = session.hold_if_any(&stack)? else {
            return Err(CommandFailure::new(format!("`{stack}` has no state that the plan could be for"))
                .hint("give the `--env` and `--state-dir` that the plan was made with"));
        };
        let StoredPlan { plan, source } = plan_file::read(file, held.store.sealer())?;
        if let Some((region, address)) = elsewhere::of_plan(&plan, &session.rules) {
            return Err(CommandFailure::new(format!(
                "the plan in `{}` has `{address}` in {region}, which the environment `{}` may not use",
                file.display(),
                session.suffix
            ))
            .hint("plan again"));
        }
        let folder = session.folder_of(&source);
        let mut work = Work::open(session, stack.clone(), &folder, args.planning.parallel()).await?;
        signals.stop(&work.cancel);
        let fresh =
            |held: &OpenState, work: &Work<'_>| dr_run::check_fresh(&plan, &stack, &work.identity, &held.snapshot);
        work.check_answers(&plan).await?;
        // What an earlier run left open may be what has changed the state.
        fresh(&held, &work).or_else(|stale| if let Stale::Position { .. } = stale { Ok(()) } else { Err(stale) })?;
        let goal = if plan.destroy { Goal::Destroy } else { Goal::Apply };
        let closed = work.resume(&mut held, goal).await?;
        fresh(&held, &work).map_err(|stale| match closed {
            0 => CommandFailure::from(stale),
            _ => CommandFailure::from(stale)
                .hint("the plan knew nothing of what became of the operations that were left open"),
        })?;
        let open = held.store.open_operations()?;
        dr_run::check_kept(&plan, &held.snapshot, &open, &session.registry).map_err(|unfit| match unfit {
            UnfitPlan::Stale(stale) => {
                CommandFailure::from(stale).hint("when it can be asked what became of it, plan again")
            }
            UnfitPlan::Unsound(broken) => {
                CommandFailure::new(format!("the plan in `{}` is not sound: {broken}", file.display()))
                    .hint("plan again; if the new plan is refused as well, report it together with the program")
            }
        })?;
        confirm_and_run(args, &stack, session, &mut work, Some(held), &plan, &mut sources).await
    })
}

async fn confirm_and_run(
    args: &ApplyArgs,
    stack: &Stack,
    session: &Session<'_>,
    work: &mut Work<'_>,
    held: Option<OpenState>,
    plan: &Plan,
    sources: &mut Sources,
) -> Result<Exit, CommandFailure> {
    let ui = session.ui;
    let outlook = Outlook::of(session, plan, held.as_ref());
    show(session, (plan, &outlook), sources, args.planning.details, &mut |text| {
        ui.tell(text);
        Ok(())
    })?;
    if plan.is_refused() {
        if ui.json {
            ui.result(&json::text(&json::plan(plan, &outlook.contract, &outlook.cost)))?;
        }
        return Ok(Exit::Refused);
    }
    if plan.destroy {
        consent::refuse_destroy(session, &args.consent)?;
    }
    consent::refuse_loss(session, [plan], &args.consent)?;
    // Steps that nobody would call a change, such as writing a record anew, need no answer.
    if plan.has_changes() && !args.consent.yes && !work.ask("\nApply?").await? {
        ui.tell("Nothing was changed\n");
        return Ok(Exit::Failed);
    }
    let held = match held {
        Some(held) => held,
        None => session.hold(stack)?,
    };
    ui.tell("\n");
    let report = work.apply(held, plan).await?;
    let given = args.program.as_deref().filter(|given| !is_stored(given)).unwrap_or(&plan.program);
    let set = args.parameters.set.words();
    let again =
        session.command(&["apply", given].into_iter().chain(set.iter().map(String::as_str)).collect::<Vec<_>>());
    let (exit, text) = finish(session, &again, plan, &report, sources, None);
    ui.result(&text).map(|()| exit)
}

/// What a look after a destroy came to.
#[derive(Debug)]
pub(crate) struct Aftermath {
    /// What was found, and where nobody could look.
    pub certificate: DestroyCertificate,
    /// The places that the stack was in.
    pub used: BTreeSet<Str>,
}

impl Aftermath {
    /// Whether nobody could look where something was.
    fn is_unsure(&self) -> bool {
        self.certificate.unseen().any(|(place, part)| self.used.contains(place) && &*part.what == dr_run::TAGGED)
    }
}

/// Tells what became of a plan; the result is returned for standard output.
pub(crate) fn finish(
    session: &Session<'_>,
    again: &str,
    plan: &Plan,
    report: &Report,
    sources: &mut Sources,
    aftermath: Option<&Aftermath>,
) -> (Exit, String) {
    let ui = session.ui;
    let mut found = failures(&report.failed);
    for (name, error) in &report.output_errors {
        found.push(dr_core::diagnostic::Diagnostic::error(format!("cannot compute the output `{name}`: {error}")));
    }
    // Where nothing but checks stood in the way, nothing was called for what they refused.
    let refused = report.output_errors.is_empty() && report.failed.iter().all(|f| f.check.is_some());
    let left = deferred::left(plan, report);
    let exit = match (found.is_empty(), report.remaining.is_empty()) {
        (false, true) if refused => Exit::Refused,
        (false, _) => Exit::Failed,
        (true, false) => Exit::Interrupted,
        (true, true) if aftermath.is_some_and(|after| after.certificate.staying().next().is_some()) => Exit::Failed,
        (true, true) if left.iter().any(|one| one.is_missed) => Exit::Deferred,
        (true, true) if aftermath.is_some_and(Aftermath::is_unsure) => Exit::Deferred,
        (true, true) => Exit::Done,
    };
    found.extend(report.notices.iter().cloned());
    if !found.is_empty() {
        ui.tell(&format!("\n{}", diagnostic::list(&found, sources, ui.width())));
    }
    if ui.json {
        let shape = json::run(plan, report, exit, aftermath.map(|after| &after.certificate));
        return (exit, json::text(&shape));
    }
    let mut text = String::new();
    if !plan.steps.is_empty() {
        // What failed has left an empty line behind.
        let space = if found.is_empty() { "\n" } else { "" };
        text.push_str(&format!("{space}{}\n", done(plan, report)));
    }
    if !plan.destroy && !report.outputs.is_empty() {
        text.push_str(&format!("\n{}\n{}", paint(STRONG, "outputs"), outputs::list(&report.outputs)));
    }
    let waits = deferred::closing(&left, again);
    if !waits.is_empty() {
        text.push_str(&format!("\n{waits}"));
    }
    if exit == Exit::Interrupted {
        let command = if plan.destroy { "destroy" } else { "apply" };
        text.push_str(&format!("\nStopped on request; {command} again to go on\n"));
    }
    (exit, text)
}

/// The line that counts what was done and says how long it took.
fn done(plan: &Plan, report: &Report) -> String {
    let of = |action: Action, half: bool| {
        let steps = report.done.iter().filter(|i| !report.kept.contains(i)).filter_map(|&i| plan.steps.get(i));
        steps.filter(|s| s.action == action && s.replacement.is_some() == half).count()
    };
    let replaced = of(Action::Create, true);
    let parts: Vec<String> = [
        (of(Action::Create, false), "created", NEW),
        (of(Action::Update, false), "changed", CHANGED),
        (replaced, "replaced", REPLACED),
        (of(Action::Delete, false), "deleted", GONE),
        // Both halves of a replacement are kept, or none.
        (report.kept.len().div_ceil(2), "kept", QUIET),
        (of(Action::Import, false), "taken over", NEW),
        (of(Action::Forget, false), "forgotten", GONE),
        (report.deferred.len(), "deferred", CHANGED),
        (report.failed.len(), "failed", GONE),
        (report.skipped.len(), "skipped", GONE),
        (report.remaining.len(), "not done", GONE),
    ]
    .into_iter()
    .filter(|(n, ..)| *n > 0)
    .map(|(n, what, style)| paint(style, format!("{n} {what}")))
    .collect();
    let what = if parts.is_empty() { count(report.done.len(), "record") + " written" } else { parts.join(", ") };
    let [elapsed, cloud] = [report.elapsed, report.cloud_time].map(duration::exact);
    format!("{what} in {elapsed}, of which the cloud took {cloud}")
}
