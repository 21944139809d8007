//! Protection: what is protected is neither deleted nor replaced.

use crate::diagnostic::Diagnostic;
use crate::plan::input::{Goal, Input};
use crate::plan::{Action, Step};

/// What is protected is neither deleted nor replaced.
pub(super) fn check(input: &Input<'_>, steps: &[Step]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for step in steps.iter().filter(|s| s.action == Action::Delete) {
        let declared = input.graph.nodes.get(&step.address);
        let protected = match (declared, input.goal) {
            (Some(node), Goal::Apply) => node.options.protect,
            _ => step.prior.as_ref().is_some_and(|p| p.protect),
        };
        if protected {
            let verb = if step.replacement.is_some() { "replaced" } else { "deleted" };
            let (label, help) = match (declared, input.goal) {
                (None, Goal::Apply) => {
                    ("was declared here", "declare it again, without `protect: true`, and apply that before it goes")
                }
                _ => ("declared here", "take `protect: true` away and apply that first"),
            };
            found.push(
                Diagnostic::error(format!("`{}` is protected and would be {verb}", step.address))
                    .code("protect")
                    .at(step.span.clone(), label)
                    .help(help),
            );
        }
    }
    found
}
