//! `dr parity`: the differences between the primary and the secondary region.

use clap::Args;
use dr_core::recovery::{Disparity, MaybeTwin, parity};

use crate::args::{Global, ParameterArgs};
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::render::{count, json, safe, shorten};
use crate::session::Session;
use crate::ui::Ui;

/// Compare what a program declares in its primary and in its secondary region
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr parity payment_alb\n  dr parity trading --set min_capacity=8\n\n\
                        Nothing is asked of the cloud. Ends with status 2 when twins differ.")]
pub(crate) struct ParityArgs {
    /// Name of a program in `programs`, or path of a script
    program: String,

    #[command(flatten)]
    parameters: ParameterArgs,
}

/// Compares.
pub(crate) fn cmd_parity(args: &ParityArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let program = load::program(&session.project, &args.program)?;
    let graph = session.evaluate(&program, &args.parameters.set)?.graph;
    let nodes: Vec<MaybeTwin<'_>> = graph.nodes.values().map(MaybeTwin::from).collect();
    let found = parity(&nodes);
    let exit = match &found {
        Some(found) if !found.differences.is_empty() => Exit::Changes,
        _ => Exit::Done,
    };
    if ui.json {
        return ui.result(&json::text(&found)).map(|()| exit);
    }
    let Some(found) = found else {
        return ui.result(&format!("{} is in one region\n", program.name)).map(|()| exit);
    };
    let mut out = format!("{} of {} and {} of {}\n", program.name, found.primary, program.name, found.secondary);
    for difference in &found.differences {
        out.push_str(&line(difference));
    }
    for (region, only) in [(&found.primary, &found.only_primary), (&found.secondary, &found.only_secondary)] {
        if !only.is_empty() {
            out.push_str(&format!("\nonly in {region}:\n"));
            only.iter().for_each(|address| out.push_str(&format!("  {address}\n")));
        }
    }
    let (twins, differences) = (count(found.twins, "twin"), count(found.differences.len(), "difference"));
    out.push_str(&format!("\n{twins}, {differences}\n"));
    ui.result(&out).map(|()| exit)
}

/// The longest value that is shown whole.
const LONGEST: usize = 40;

fn line(difference: &Disparity) -> String {
    let value = |value: &Option<String>| match value {
        Some(value) => shorten(&safe(value), LONGEST).into_owned(),
        None => "(not given)".to_owned(),
    };
    format!(
        "  {} and {}\n    {}: {} and {}\n",
        difference.primary,
        difference.secondary,
        difference.argument,
        value(&difference.here),
        value(&difference.there)
    )
}
