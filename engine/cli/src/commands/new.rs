//! `dr new`: a program to begin with, and its test.

use std::io::Write as _;
use std::path::Path;

use clap::Args;

use crate::args::Global;
use crate::exit::{CommandFailure, Exit};
use crate::session::Session;
use crate::ui::Ui;

/// Write a program to begin with, and its test: `programs/NAME.rhai` and `programs/NAME_test.rhai`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  dr new orders && dr test && dr plan orders --env pr-7")]
pub(crate) struct NewArgs {
    /// The name of the program: letters, digits, `-` and `_`
    name: String,
}

const PROGRAM: &str = r#"//! NAME: a queue with its dead-letter queue, in two regions.

let p = program(#{
    primary_region:   param("Where messages are taken", "us-east-1"),
    secondary_region: param("Where they are taken when that region fails", "us-west-2"),
});

let primary   = component("primary",   #{ region: p.primary_region,   tags: #{ "DR-Role": "primary" } },   || site());
let secondary = component("secondary", #{ region: p.secondary_region, tags: #{ "DR-Role": "secondary" } }, || site());

output("queues", [primary.url, secondary.url]);

/// What is in each region. Its last line is what it gives to its caller.
fn site() {
    let dead_letters = sqs::queue("NAME-dead-letters", #{ message_retention_seconds: 1_209_600 });
    sqs::queue("NAME", #{
        redrive_policy: #{ dead_letter_target_arn: dead_letters.arn, max_receive_count: 5 },
    })
}
"#;

const TEST: &str = r#"//! What the program NAME promises, tried on its plan: nothing is made.

fn test_each_region_has_its_queues() {
    let plan = plan("NAME");
    assert_eq(plan.resources("sqs.queue").len(), 4);
    assert_eq(plan.resource("primary/sqs.queue:NAME").region, "us-east-1");
    assert_eq(plan.resource("secondary/sqs.queue:NAME").region, "us-west-2");
}

fn test_the_secondary_region_can_be_another_one() {
    let plan = plan("NAME", #{ secondary_region: "eu-west-1" });
    assert_eq(plan.resource("secondary/sqs.queue:NAME").region, "eu-west-1");
}
"#;

/// Writes the two files.
pub(crate) fn cmd_new(args: &NewArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::of_project(global, ui)?;
    let name = args.name.as_str();
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if name.is_empty() || name.len() > LONGEST || !is_plain || name.ends_with("_test") {
        return Err(CommandFailure::new(format!("`{name}` cannot name a program"))
            .hint(format!("use up to {LONGEST} letters, digits, `-` and `_`; what ends with `_test` is a test")));
    }
    let folder = session.project.root.join("programs");
    let files = [(format!("{name}.rhai"), PROGRAM), (format!("{name}_test.rhai"), TEST)];
    // Neither is written where one of them is there.
    if let Some((file, _)) = files.iter().find(|(file, _)| folder.join(file).exists()) {
        return Err(CommandFailure::new(format!("there is a file `programs/{file}` already"))
            .hint("give the program another name, or delete that file"));
    }
    let failed =
        |file: &str, why: std::io::Error| CommandFailure::new(format!("`programs/{file}` cannot be written: {why}"));
    std::fs::create_dir_all(&folder).map_err(|why| failed("", why))?;
    for (file, text) in &files {
        write(&folder.join(file), &text.replace("NAME", name)).map_err(|why| failed(file, why))?;
    }
    ui.result(&format!(
        "Written: programs/{name}.rhai and programs/{name}_test.rhai\n\
         Next: `dr test` tries it, `dr plan {name}` shows what it makes, `dr apply {name}` makes it\n"
    ))?;
    Ok(Exit::Done)
}

/// Names of queues have 80 characters, with the suffix and what the program adds.
const LONGEST: usize = 40;

/// Writes a file that is not there.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::File::create_new(path)?.write_all(text.as_bytes())
}
