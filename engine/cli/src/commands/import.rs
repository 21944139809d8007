//! `dr import`: takes over existing resources. It records one at an address, or writes a program for all that have a tag.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use dr_core::address::Address;
use dr_core::plan::Goal;
use dr_core::region::GLOBAL;
use dr_core::selection::{Aim, Selector};
use dr_core::value::Str;
use serde::Serialize;

use super::plan::{Outlook, help_program, show};
use crate::args::{Global, ParameterArgs, key_value};
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::render::json::{self, FORMAT};
use crate::render::{NEW, count, paint, safe, starting_program};
use crate::session::Session;
use crate::ui::Ui;
use crate::work::{WantedPlan, Work};

/// Take over a resource that is there already, or write a program of all that bear a tag
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr import primary/ec2.vpc:main vpc-0a1b2c3d --program payment_alb --env prod\n  \
                        dr import --tag team=payments --write programs/payments.rhai\n\n\
                        With an address and an id, what has the id is recorded as what the program declares at the address, \
                        and gets the tags that say so. Nothing else of it changes: the plan that is shown says what differs. \
                        With `--tag`, nothing is changed at all: the program that is written takes over what was found, by \
                        `import_id`, and refers to it by its own names. Secrets are not written. Ends with status 1 when \
                        something that bears the tag cannot be taken over, and with status 5 when a region could not be asked.")]
pub(crate) struct ImportArgs {
    /// Address that the program gives the resource
    #[arg(requires = "id", required_unless_present = "tag", conflicts_with = "tag")]
    address: Option<String>,

    /// Its id in the cloud
    id: Option<String>,

    /// The program, where the environment holds several or none yet
    #[arg(long)]
    program: Option<String>,

    #[command(flatten)]
    parameters: ParameterArgs,

    /// Tag of what is to be found, in every region of the account
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value, requires = "write")]
    tag: Option<(String, String)>,

    /// File for the program that takes it over; one that is there is not overwritten
    #[arg(long, value_name = "FILE", requires = "tag")]
    write: Option<PathBuf>,
}

/// The result of taking one resource over.
#[derive(Serialize)]
struct AdoptedJson<'a> {
    format: u32,
    program: &'a str,
    environment: &'a str,
    address: &'a str,
    kind: &'a str,
    region: Option<&'a str>,
    id: &'a str,
    /// Whether the next plan changes something.
    changes: bool,
}

/// The result of writing a program.
#[derive(Serialize)]
struct WrittenJson<'a> {
    format: u32,
    file: Option<String>,
    resources: Vec<WrittenResourceJson<'a>>,
    left: Vec<LeftAloneJson<'a>>,
    unasked: Vec<&'a str>,
}

#[derive(Serialize)]
struct WrittenResourceJson<'a> {
    kind: &'a str,
    region: Option<&'a str>,
    id: &'a str,
}

#[derive(Serialize)]
struct LeftAloneJson<'a> {
    region: Option<&'a str>,
    id: &'a str,
    why: &'a str,
}

/// Takes over.
pub(crate) fn cmd_import(args: &ImportArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    match (&args.address, &args.id, &args.tag, &args.write) {
        (Some(address), Some(id), ..) => one(args, (address, id), &Session::new(global, ui)?),
        (_, _, Some(tag), Some(file)) => written((&tag.0, &tag.1), file, &Session::of_project(global, ui)?),
        _ => Err(CommandFailure::new("an address and an id are wanted, or `--tag` and `--write`")),
    }
}

/// Records one resource at its address, and shows what differs.
fn one(args: &ImportArgs, (address, id): (&str, &str), session: &Session<'_>) -> Result<Exit, CommandFailure> {
    let ui = session.ui;
    let given = match &args.program {
        Some(given) => given.clone(),
        None => session.meant(None)?.map(|stack| stack.program.to_string()).ok_or_else(|| {
            let known = load::names(&session.project).join(", ");
            CommandFailure::new(format!("the environment `{}` holds no program yet", session.suffix))
                .hint(format!("say which one declares it with `--program`: {known}"))
        })?,
    };
    let program = load::program(&session.project, &given)?;
    if args.parameters.help_program {
        return help_program(session, &program, &args.parameters);
    }
    let (evaluated, held) = session.evaluate_and(&program, &args.parameters.set, Session::hold_if_any)?;
    let mut sources = session.project.sources(&[]).with(&evaluated.sources);
    let (stack, graph) = (session.stack(&program.name), evaluated.graph);
    let address = declared(address, graph.nodes.keys())?;
    let (plan, outlook, record) = session.run(async |signals| {
        let mut work = Work::open(session, stack.clone(), &program.folder, None).await?;
        signals.stop(&work.cancel);
        let mut held = match held {
            Some(held) => held,
            None => session.hold(&stack)?,
        };
        work.resume(&mut held, Goal::Apply).await?;
        let found = work.adopt(&held, &graph, &address, id).await?;
        let found = found.map_err(|problems| CommandFailure::found(problems, std::mem::take(&mut sources)))?;
        work.record(&mut held, &graph, &found).await?;
        let aim = Aim::everything();
        let wanted = WantedPlan { goal: Goal::Apply, graph: &graph, refresh: false, aim, lift: false };
        let plan = work.plan(Some(&held), wanted).await?;
        let outlook = Outlook::of(session, &plan, Some(&held));
        let record = held.snapshot.records.get(&address).cloned();
        Ok((plan, outlook, record))
    })?;
    let region = record.as_ref().and_then(|record| record.region.as_deref());
    if ui.json {
        let result = AdoptedJson {
            format: FORMAT,
            program: &program.name,
            environment: &session.suffix,
            address: address.as_str(),
            kind: address.kind(),
            region,
            id,
            changes: plan.has_changes(),
        };
        ui.result(&json::text(&result))?;
        return Ok(Exit::Done);
    }
    let place = region.map(|region| format!(" in {region}")).unwrap_or_default();
    ui.result(&format!("{}\n\n", paint(NEW, format!("`{}`{place} is recorded as `{address}`", safe(id)))))?;
    show(session, (&plan, &outlook), &mut sources, false, &mut |text| ui.result(text))?;
    Ok(Exit::Done)
}

/// An address that the program declares.
fn declared<'a>(given: &str, there: impl Iterator<Item = &'a Address> + Clone) -> Result<Address, CommandFailure> {
    if let Some(found) = there.clone().find(|address| address.as_str() == given) {
        return Ok(found.clone());
    }
    let failure = CommandFailure::new(format!("the program declares no `{}`", safe(given)));
    let near = Selector::parse(given).ok().and_then(|selector| selector.near(there).map(|near| near.to_string()));
    Err(match near {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint("`dr plan` shows what it declares, each with its address"),
    })
}

/// Writes a program that takes over all that bears a tag.
fn written(tag: (&str, &str), file: &Path, session: &Session<'_>) -> Result<Exit, CommandFailure> {
    let ui = session.ui;
    if file.exists() {
        return Err(CommandFailure::new(format!("`{}` is there already", file.display()))
            .hint("nothing was written; name another file, or move that one away"));
    }
    let found = session.run(async |signals| {
        // Whatever is looked for, messages are about a stack.
        let work = Work::open(session, session.stack(""), &session.project.root, None).await?;
        signals.stop(&work.cancel);
        let everywhere: BTreeSet<Str> = work.everywhere().await?.into_iter().chain([GLOBAL.into()]).collect();
        work.find_by_tag(tag, &work.asked(&everywhere)).await
    })?;
    if !found.resources.is_empty() {
        let text = starting_program::program(&found.resources, tag, &session.suffix);
        std::fs::write(file, text)
            .map_err(|e| CommandFailure::new(format!("cannot write `{}`", file.display())).because(&e))?;
    }
    let exit = match (found.left.is_empty(), found.unasked.is_empty()) {
        (false, _) => Exit::Failed,
        (true, false) => Exit::Deferred,
        (true, true) => Exit::Done,
    };
    if ui.json {
        let result = WrittenJson {
            format: FORMAT,
            file: (!found.resources.is_empty()).then(|| file.display().to_string()),
            resources: { found.resources.iter() }
                .map(|one| WrittenResourceJson { kind: one.kind.name, region: one.region.as_deref(), id: &one.id })
                .collect(),
            left: { found.left.iter() }
                .map(|(one, why)| LeftAloneJson { region: one.region.as_deref(), id: &one.id, why })
                .collect(),
            unasked: found.unasked.keys().map(|place| &**place).collect(),
        };
        return ui.result(&json::text(&result)).map(|()| exit);
    }
    let mut out = match found.resources.len() {
        0 => "Nothing was found that can be taken over\n".to_owned(),
        number => {
            let told = format!("{} written to `{}`", count(number, "resource"), file.display());
            format!("{}\n", paint(NEW, told))
        }
    };
    for (one, why) in &found.left {
        let region = one.region.as_deref().unwrap_or(GLOBAL);
        out.push_str(&format!("  left alone: {}  {region}: {}\n", safe(&one.id), safe(why)));
    }
    for (place, why) in &found.unasked {
        out.push_str(&format!("  {place} could not be asked: {}\n", safe(why)));
    }
    ui.result(&out).map(|()| exit)
}
