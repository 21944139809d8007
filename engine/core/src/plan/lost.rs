//! Lost values: what was kept in the state alone, such as a random password, and went with it.
//!
//! Nobody can find such a value again. Whatever has it goes on having it: arguments that come from it stay as they are,
//! and the plan says which. Nothing can be made that needs it, before a new one is drawn.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diagnostic::Diagnostic;
use crate::expr::Expr;
use crate::graph::{Graph, Node};
use crate::schema::Presence;
use crate::value::{Map, Str};

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

/// What refuses a change because it would have to give what was lost, and no service tells it: to make something anew
/// (`anew`), everything; to change it, what must always be given.
pub(super) fn untold(lost: &[(Str, Address)], node: &Node, args: &Map<Expr>, anew: bool) -> Vec<Diagnostic> {
    let must = |name: &Str| anew || node.kind.arg(name).is_some_and(|field| field.presence == Presence::Required);
    let is_told = |name: &Str| args.get(name).is_none_or(|value| value.known().is_some());
    let untold = lost.iter().filter(|(name, _)| must(name) && !is_told(name));
    untold.map(|(name, lost)| refusal(lost, node, name)).collect()
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
