//! Lost values: what was kept in the state alone, such as a random password, and went with it.
//!
//! Nobody can find such a value again. Whatever has it goes on having it: arguments that come from it stay as they are,
//! and the plan says which. Nothing can be made that needs it, before a new one is drawn.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diagnostic::Diagnostic;
use crate::graph::{Graph, Node};
use crate::value::Str;

/// What was lost, with the arguments that come from it.
#[derive(Debug, Default)]
pub(super) struct Lost(BTreeMap<Address, BTreeSet<(Address, Str)>>);

impl Lost {
    /// Notes an argument that stays as it is.
    pub(super) fn note(&mut self, lost: Address, node: &Node, argument: &Str) {
        self.0.entry(lost).or_default().insert((node.address.clone(), argument.clone()));
    }

    /// A warning for each lost value that is used.
    pub(super) fn tell(&self, graph: &Graph) -> Vec<Diagnostic> {
        let warning = |(lost, used): (&Address, &BTreeSet<(Address, Str)>)| {
            let used: Vec<String> = used.iter().map(|(by, argument)| format!("`{argument}` of `{by}`")).collect();
            let stays = if used.len() > 1 { "stay as they are" } else { "stays as it is" };
            let message = format!("the value of `{lost}` was lost with its state: {} {stays}", used.join(", "));
            let place = graph.nodes.get(lost).and_then(|node| node.site.span.clone());
            Diagnostic::warning(message).code("lost").at(place, "this cannot be found again").help(renewal(lost))
        };
        self.0.iter().map(warning).collect()
    }
}

/// That something cannot be made because it needs what was lost.
pub(super) fn refusal(lost: &Address, node: &Node, argument: &Str) -> Diagnostic {
    let message =
        format!("`{argument}` of `{}` needs the value of `{lost}`, which was lost with its state", node.address);
    Diagnostic::error(message)
        .code("lost")
        .at(node.site.of(std::slice::from_ref(argument), false), "it comes from what was lost")
        .help(renewal(lost))
}

/// How a new value is drawn.
fn renewal(lost: &Address) -> String {
    format!(
        "to draw a new one, forget this one with `dr state rm {lost}` or change its `keepers`; the plan then says what is \
         changed by it, and what is made anew because it is named after it"
    )
}
