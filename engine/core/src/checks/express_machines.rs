//! C58: what express state machines can do.

use super::check::Check;
use super::failover_machines::states;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "an express machine waits for nothing, and its executions are logged",
    why: "Step Functions refuses an express machine that waits for a job or a token. Of its executions nothing is kept but what \
          is logged.",
    mend: "Leave `type` out, or call without `.sync` and `.waitForTaskToken`; give a `logging_configuration`.",
    source: "https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html",
    ..Check::each("C58", "express-machine", &["stepfunctions.state_machine"], look)
};

/// Ends of resources that are waited for.
const WAITS: &[&str] = &[".sync", ".sync:2", ".waitForTaskToken"];

fn look(machine: &Resource<'_>, _: &Planned<'_>, found: &mut Findings) {
    if machine.text("type") != Some("EXPRESS") {
        return;
    }
    states(machine, "definition", 0, &mut |state| {
        let path = format!("{state}.Resource");
        let text = machine.text(&path).unwrap_or_default();
        if let Some(end) = WAITS.iter().find(|end| text.ends_with(**end)) {
            let message = format!("`{}` is an express machine, which cannot wait: `{end}`", machine.address);
            let help = format!("leave `type` out, or take `{end}` away");
            found.add(machine, Finding::new(&path, message).label("waits").help(help));
        }
        if machine.text(&format!("{state}.Type")) == Some("Task") && text.contains(":activity:") {
            let message = format!("`{}` is an express machine, which has no activities", machine.address);
            found.add(machine, Finding::new(&path, message).label("an activity").help("leave `type` out"));
        }
    });
    let off = machine.text("logging_configuration.level") == Some("OFF");
    if machine.is_absent("logging_configuration") || off {
        let message = format!("nothing is kept of what `{}` does", machine.address);
        let path = if off { "logging_configuration.level" } else { "type" };
        found.add(
            machine,
            Finding::new(path, message).help("give a `logging_configuration` with a log group").warning(),
        );
    }
}
