//! `dr graph`: what a program declares as a picture for Mermaid or Graphviz.

use clap::{Args, ValueEnum};

use crate::args::{Global, ParameterArgs};
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::render::picture;
use crate::session::Session;
use crate::ui::Ui;

/// Draw what a program declares: its regions, their resources, what needs what, and what crosses regions
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr graph transactions > transactions.mmd\n  \
                        dr graph trading --format dot | dot -Tsvg > trading.svg\n\n\
                        Nothing is asked of the cloud.")]
pub(crate) struct GraphArgs {
    /// Name of a program in `programs`, or path of a script
    program: String,

    /// The language of the picture
    #[arg(long, value_enum, default_value_t)]
    format: GraphFormat,

    #[command(flatten)]
    parameters: ParameterArgs,
}

/// Languages for pictures of graphs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum GraphFormat {
    /// Mermaid, which GitHub and GitLab show in Markdown
    #[default]
    Mermaid,
    /// The language of Graphviz
    Dot,
}

/// Draws.
pub(crate) fn cmd_graph(args: &GraphArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let program = load::program(&session.project, &args.program)?;
    let graph = session.evaluate(&program, &args.parameters.set)?.graph;
    let picture = picture::of(&graph);
    let text = match args.format {
        GraphFormat::Mermaid => picture.mermaid(),
        GraphFormat::Dot => picture.dot(),
    };
    ui.result(&text).map(|()| Exit::Done)
}
