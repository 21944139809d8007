//! `dr runbook`: what people do when a region is lost, and before, as a page.

use clap::Args;
use dr_core::failover::derive::{recovery_plan, sides};
use dr_core::failover::plan::{FailoverManner, RecoveryPlan};
use serde::Serialize;

use crate::args::{Global, SetArgs, key_value};
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::render::{failover, json, recovery};
use crate::session::Session;
use crate::ui::Ui;

/// Write the runbook of a program: failover, failback, exercises and recreation, as Markdown
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr runbook payment_http --env pr-7 > runbook.md\n  \
                        dr runbook payment_alb --env pr-7 --set base_domain=pay.example.net\n\n\
                        It is made from what is recorded. Parameters that were given with `--set` are given here too: they \
                        stand in the command that makes everything anew.")]
pub(crate) struct RunbookArgs {
    /// Name of a program that was applied
    program: String,

    /// Parameter that the environment was applied with; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
}

#[derive(Debug, Serialize)]
struct RunbookJson<'a> {
    format: u32,
    program: &'a str,
    environment: &'a str,
    plans: &'a [RecoveryPlan],
    text: &'a str,
}

/// Writes it.
pub(crate) fn cmd_runbook(args: &RunbookArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let name = load::name_of(&session.project, &args.program)?;
    // The program is not needed. Where it is there, a parameter that it does not have is told.
    if !args.set.is_empty() && load::is_there(&session.project, &args.program) {
        let program = load::program(&session.project, &args.program)?;
        session.parameters(&program, &SetArgs { values: args.set.clone(), ..SetArgs::default() })?;
    }
    let stack = session.stack(&name);
    // What was destroyed is in no region at all.
    let Some(held) = session.look(&stack)?.filter(|held| !held.snapshot.records.is_empty()) else {
        return Err(session.unrecorded(&name)?.hint("a runbook is made from what `dr apply` has recorded"));
    };
    let Some((primary, secondary)) = sides(&held.snapshot, &session.registry) else {
        return Err(CommandFailure::new(format!("`{stack}` is in one region: nothing takes over")).exit(Exit::Refused));
    };
    let plan = |to: &str, manner| {
        recovery_plan(&held.snapshot, &session.registry, to, manner)
            .map_err(|why| CommandFailure::new(why.to_string()).exit(Exit::Refused))
    };
    let plans = [
        plan(&secondary, FailoverManner::Unplanned)?,
        plan(&secondary, FailoverManner::Planned)?,
        plan(&primary, FailoverManner::Planned)?,
    ];
    let set: Vec<String> = args.set.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let set = set.iter().flat_map(|one| ["--set", one.as_str()]);
    let command = |words: &[&str]| session.command(words);
    let to: &str = &secondary;
    let mut out = format!("# Runbook: {name}, environment {}\n\n", session.suffix);
    out.push_str(&format!("As declared, {primary} does the work and {secondary} stands by.\n\n"));
    if let Some(now) = failover::standing(&held.snapshot, &session.registry, &name, command) {
        out.push_str(&format!("Now {}: {}.\n\n", now.message, now.help.join("; ")));
    }
    if let Some(computed) = held.snapshot.recovery.computed.as_ref() {
        out.push_str(&format!("{}\n", recovery::all(Some(computed))));
    }
    out.push_str(&format!(
        "Before and after everything: `{}`. A command that was interrupted is given again; it goes on where it was.\n",
        command(&["status", &name])
    ));
    section(
        &mut out,
        &format!("{primary} is lost"),
        &command(&["failover", &name, "--to", to, "--unplanned", "--allow-data-loss"]),
        &plans[0],
    );
    section(
        &mut out,
        &format!("Leave {primary} while it works"),
        &command(&["failover", &name, "--to", to, "--planned"]),
        &plans[1],
    );
    section(&mut out, &format!("Go back to {primary}"), &command(&["failback", &name]), &plans[2]);
    out.push_str(&format!(
        "\n## Exercises\n\n\
         - Monthly: `{}`; it must say that {secondary} could take over. `{}` must tell no dangerous drift.\n\
         - Quarterly: leave {primary} while it works, look at the application, go back. `{}` must be empty in between.\n\
         - Yearly: the same as if {primary} were lost, in an environment made for it: with `--unplanned`, then go back.\n",
        command(&["status", &name]),
        command(&["drift", &name]),
        command(&["plan", &name]),
    ));
    let again = command(&["apply", &name].into_iter().chain(set).collect::<Vec<_>>());
    let given = match args.set.is_empty() {
        true => {
            "Parameters that were given with `--set` must be given again: without them, what they have made is deleted. "
        }
        false => "",
    };
    out.push_str(&format!(
        "\n## Make everything anew\n\n{given}What dr.toml says for the environment counts by itself.\n\n    {again}\n\n\
         Where the state is lost, that takes over what is there.\n"
    ));
    if ui.json {
        let (environment, text) = (session.suffix.as_str(), out.as_str());
        let shape = RunbookJson { format: json::FORMAT, program: &name, environment, plans: &plans, text };
        return ui.result(&json::text(&shape)).map(|()| Exit::Done);
    }
    ui.result(&out).map(|()| Exit::Done)
}

fn section(out: &mut String, title: &str, command: &str, plan: &RecoveryPlan) {
    out.push_str(&format!("\n## {title}\n\n    {command}\n\n"));
    for (number, step) in plan.steps.iter().enumerate() {
        let needs: Vec<String> = step.needs.iter().map(|need| format!("{} in {}", need.call, need.region)).collect();
        out.push_str(&format!("{}. {} ({}): {}. {}.\n", number + 1, step.name, step.time, step.why, needs.join(", ")));
    }
    if !plan.losses.is_empty() {
        out.push_str("\nMay be lost:\n\n");
        for loss in &plan.losses {
            let lacks = match loss.computed.typical {
                Some(_) => format!("the last {}", loss.computed),
                None => "all of it: no other region has it".to_owned(),
            };
            out.push_str(&format!("- `{}`: {lacks}\n", loss.address));
        }
    }
    if !plan.notes.is_empty() {
        out.push('\n');
        plan.notes.iter().for_each(|note| out.push_str(&format!("- {note}\n")));
    }
}
