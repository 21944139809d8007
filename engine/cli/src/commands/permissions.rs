//! `dr permissions`: the least policy that a program needs, without asking any cloud.

use clap::Args;
use dr_core::diagnostic::Diagnostic;
use dr_kinds::permissions::{LONGEST_POLICY, PermitPolicy, PermitPurpose, SharedTable, policy};
use dr_kinds::policy_split::split;
use serde::Serialize;

use crate::args::{Global, SetArgs};
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::render::{diagnostic, json};
use crate::session::{Draft, Session};
use crate::state_config::Backend;
use crate::ui::Ui;

/// Print the least IAM policy that a program's plan needs
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dr permissions transactions --env pr-7 > policy.json\n  dr permissions transactions --plan\n  dr permissions trading --split > policies.json"
)]
pub(crate) struct PermissionsArgs {
    /// Name or path of the program
    program: String,

    /// What is needed to plan: nothing that changes anything
    #[arg(long, group = "purpose")]
    plan: bool,

    /// What is needed to apply, and to destroy as well; this is what is printed when nothing is said
    #[arg(long, group = "purpose")]
    apply: bool,

    /// What is needed to destroy
    #[arg(long, group = "purpose")]
    destroy: bool,

    /// Print a list of policies, none of them longer than IAM takes a managed one, that together allow the same
    #[arg(long)]
    split: bool,

    /// Number of the account that the resources are in; any account when none is given
    #[arg(long, value_name = "NUMBER")]
    account: Option<String>,

    #[command(flatten)]
    set: SetArgs,
}

/// How many managed policies a role takes, by IAM's quotas.
const ATTACHED: usize = 10;

/// How many characters of a policy AWS counts: all but white space.
fn counted(policy: &PermitPolicy) -> usize {
    json::text(policy).chars().filter(|c| !c.is_whitespace()).count()
}

#[derive(Serialize)]
struct PermissionsJson<'a> {
    format: u32,
    program: &'a str,
    environment: &'a str,
    characters: usize,
    policy: &'a PermitPolicy,
    policies: &'a [PermitPolicy],
}

/// Prints the policy.
pub(crate) fn cmd_permissions(args: &PermissionsArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    if let Some(account) = args.account.as_deref().filter(|a| a.len() != 12 || !a.bytes().all(|b| b.is_ascii_digit())) {
        return Err(CommandFailure::new(format!("`{account}` is no account: its number has twelve digits")));
    }
    let session = Session::new(global, ui)?;
    let program = load::program(&session.project, &args.program)?;
    let Draft { plan, diagnostics, mut sources, .. } = session.draft(&program, &args.set)?;
    let Some(plan) = plan.filter(|_| !diagnostics.iter().any(Diagnostic::is_error)) else {
        ui.tell(&diagnostic::list(&diagnostics, &mut sources, ui.width()));
        return Err(CommandFailure::new(format!("`{}` has errors, so nothing tells what it needs", program.name)));
    };
    let purpose = match (args.plan, args.destroy) {
        (true, _) => PermitPurpose::Plan,
        (_, true) => PermitPurpose::Destroy,
        _ => PermitPurpose::Apply,
    };
    let state = &session.rules.state;
    let regions: Vec<&str> =
        state.region.iter().chain(&state.replica).map(|region| region.get_ref().as_str()).collect();
    let table = state.table.as_deref().filter(|_| state.backend() == Backend::Dynamodb);
    let table = table.map(|name| SharedTable { name, regions: &regions });
    let policy = policy(&plan.steps, &session.registry, purpose, args.account.as_deref(), table);
    let characters = counted(&policy);
    let policies = split(policy.clone(), LONGEST_POLICY, &counted);
    if characters > LONGEST_POLICY && !args.split && !ui.json {
        ui.tell(&format!(
            "the policy has {characters} characters, and a managed policy takes {LONGEST_POLICY}: `--split` prints {} that together allow the same\n",
            policies.len()
        ));
    }
    if policies.len() > ATTACHED {
        ui.tell(&format!(
            "these are {} policies, and a role takes {ATTACHED} unless its account has a higher quota\n",
            policies.len()
        ));
    }
    let text = match ui.json {
        true => json::text(&PermissionsJson {
            format: json::FORMAT,
            program: &program.name,
            environment: &session.suffix,
            characters,
            policy: &policy,
            policies: &policies,
        }),
        false if args.split => json::text(&policies),
        false => json::text(&policy),
    };
    ui.result(&text).map(|()| Exit::Done)
}
