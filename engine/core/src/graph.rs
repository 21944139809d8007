//! The graph: what a program declares.
//!
//! Built once by the script host, read by the planner. Edges are the references inside arguments and `depends_on`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::dag::{Dag, Order};
use crate::diagnostic::{Diagnostic, Frame, Span};
use crate::expr::{AttrRef, Expr};
use crate::money::Dollars;
use crate::naming::{self, NameRefusal};
use crate::record::Need;
use crate::schema::{Field, Kind, closest};
use crate::value::{Map, Str};
use crate::walk::{Spot, Tree, walk};

/// Everything a program declares.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// The program's name.
    pub program: Str,
    /// Whether the environment that it is for is ephemeral.
    pub ephemeral: bool,
    /// Other environments whose names end as this one's does: `qa-x1`, where this is `x1`. What is called `orders-qa` here
    /// is called what `orders` is there.
    pub namesakes: Vec<Str>,
    /// Where each component is declared, by its path.
    pub components: BTreeMap<Str, Span>,
    /// The resources.
    pub nodes: BTreeMap<Address, Node>,
    /// The outputs.
    pub outputs: Map<Output>,
    /// What everything may cost, when the program says it.
    pub budget: Option<MonthlyBudget>,
    /// How a recovery is promised, when the program says it.
    pub promise: Option<RecoveryPromise>,
    /// What the program wants said, e.g. that something is left out for lack of a parameter.
    pub notes: Vec<Diagnostic>,
}

/// What everything that a program declares may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthlyBudget {
    /// In a month.
    pub monthly: Dollars,
    /// Whether a plan over it is refused, and not only warned of.
    pub refuses: bool,
    /// Where the program says it.
    pub span: Option<Span>,
}

/// What a program promises of the recovery from the loss of its primary region. Times are in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecoveryPromise {
    /// Requests reach the other region within this time.
    pub traffic: Option<u32>,
    /// Everything works there within this time.
    pub time: Option<u32>,
    /// What was written longer ago than this is there.
    pub loss: Option<u32>,
    /// The stores whose loss is tolerated.
    pub tolerated: Vec<Address>,
    /// Whether a plan that does not keep it is refused, and not only warned of.
    pub refuses: bool,
    /// Where the program says it.
    pub span: Option<Span>,
}

/// A declared resource.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static Kind,
    /// Its region; `None` for kinds that are global or local.
    pub region: Option<Str>,
    /// Its arguments, complete with defaults.
    pub args: Map<Expr>,
    /// The options every resource has.
    pub options: Options,
    /// Where it was declared.
    pub site: Arc<Site>,
}

/// The options every resource has.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Resources that must be there first although nothing is read from them.
    pub depends_on: Vec<Address>,
    /// Whether plans must not delete or replace it.
    pub protect: bool,
    /// The order of a replacement, when the kind's own is not wanted.
    pub replace: Option<ReplaceOrder>,
    /// Arguments whose differences are left alone.
    pub ignore_changes: Vec<Str>,
    /// Addresses it had before.
    pub moved_from: Vec<Address>,
    /// Addresses it had before if it was there under the former paths of its components.
    pub moved_along: Vec<Address>,
    /// The id of an existing resource to take over.
    pub import_id: Option<Str>,
    /// Checks that are allowed to fail, and why.
    pub allow: Map<Str>,
    /// Arguments that hold a secret, and whose value the program says without a mark.
    pub plain: Vec<Plain>,
}

impl Options {
    /// The addresses it may have had before, its own words first.
    pub fn former(&self) -> impl Iterator<Item = &Address> {
        self.moved_from.iter().chain(&self.moved_along)
    }
}

/// An argument that holds a secret, and whose value the program says without a mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// The argument.
    pub argument: Str,
    /// Whether its value stands in the program right there, and does not come from a variable or parameter.
    pub literal: bool,
}

/// Which comes first when a resource is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplaceOrder {
    /// The new one is created, then the old one deleted.
    CreateFirst,
    /// The old one is deleted, then the new one created.
    DeleteFirst,
}

/// Where a resource was declared, with the places of its arguments.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// The call.
    pub span: Option<Span>,
    /// Places of keys, by their path joined with `.`: the key itself, and its value.
    pub keys: BTreeMap<String, (Span, Span)>,
    /// The calls that led there, outermost first.
    pub trace: Vec<Frame>,
}

impl Site {
    /// The place of an argument's key or value; where it has none, that of the innermost key around it, else the call.
    pub fn of(&self, path: &[Str], on_key: bool) -> Option<Span> {
        for length in (1..=path.len()).rev() {
            let joined = path[..length].join(".");
            if let Some((key, value)) = self.keys.get(&joined) {
                return Some(if on_key { key.clone() } else { value.clone() });
            }
        }
        self.span.clone()
    }
}

/// An output of the program.
#[derive(Debug, Clone)]
pub struct Output {
    /// Its value.
    pub value: Expr,
    /// Where it was declared.
    pub span: Option<Span>,
}

impl Node {
    /// What it depends on, and whether each of those must outlive it.
    ///
    /// A field that refers to a resource says whether it stands in the way of that one's deletion. What is only
    /// mentioned, in a policy or an environment variable, must be there first and stands in nobody's way;
    /// `depends_on` always does.
    pub fn needs(&self) -> Vec<Need> {
        let mut needs: BTreeMap<Address, bool> = BTreeMap::new();
        for (name, value) in &self.args {
            match self.kind.arg(name) {
                Some(field) => collect(field, value, &mut needs),
                None => mention(value, false, &mut needs),
            }
        }
        for address in &self.options.depends_on {
            needs.insert(address.clone(), true);
        }
        needs.into_iter().map(|(address, blocks_delete)| Need { address, blocks_delete }).collect()
    }
}

impl Node {
    /// The resources that an argument refers to and that cannot be deleted while it does.
    pub fn blocked_by(&self, field: &Field) -> BTreeSet<Address> {
        let mut needs = BTreeMap::new();
        if let Some(value) = self.args.get(field.name) {
            collect(field, value, &mut needs);
        }
        needs.into_iter().filter_map(|(address, blocks)| blocks.then_some(address)).collect()
    }
}

/// The resources that a field's value refers to or mentions.
fn collect(field: &Field, value: &Expr, needs: &mut BTreeMap<Address, bool>) {
    walk(&Spot::of(field), value.into(), &mut |spot, tree| {
        let Tree::Open(open) = tree else { return false };
        match spot.field.and_then(|field| field.refers) {
            Some(reference) => mention(open, reference.blocks_delete, needs),
            None if tree.is_leaf(spot.ty) => mention(open, false, needs),
            None => return true,
        }
        false
    });
}

fn mention(value: &Expr, blocks: bool, needs: &mut BTreeMap<Address, bool>) {
    value.each_ref(&mut |r| *needs.entry(r.address.clone()).or_default() |= blocks);
}

impl Graph {
    /// Checks the graph as a whole: that what is referred to exists, that nothing waits for itself, and that nothing is
    /// called by a secret.
    pub fn check(&self) -> Vec<Diagnostic> {
        let mut found = self.named_by_secrets();
        let dependencies = self.dependencies();
        for (node, needs) in dependencies.nodes.iter().zip(&dependencies.needs) {
            for need in needs {
                if !self.nodes.contains_key(&need.address) {
                    let near = closest(need.address.as_str(), self.nodes.keys().map(Address::as_str));
                    let mut d = Diagnostic::error(format!(
                        "`{}` depends on `{}`, which is not declared",
                        node.address, need.address
                    ))
                    .at(node.site.of(&["depends_on".into()], false), "");
                    if let Some(near) = near {
                        d = d.help(format!("did you mean `{near}`?"));
                    }
                    found.push(d);
                }
            }
        }
        if let Some(cycle) = dependencies.order().cycle {
            let cycle: Vec<&Node> = cycle.into_iter().map(|i| dependencies.nodes[i]).collect();
            let path: Vec<String> = cycle.iter().map(|n| format!("`{}`", n.address)).collect();
            let mut d = Diagnostic::error(format!("resources wait for each other: {} → {}", path.join(" → "), path[0]))
                .help("a resource can only be made after what it depends on; take one of these dependencies out");
            for (i, node) in cycle.iter().enumerate() {
                let next = cycle[(i + 1) % cycle.len()];
                let text = format!("waits for `{}`", next.address);
                let span = node.site.of(&["depends_on".into()], false);
                d = if i == 0 { d.at(span, text) } else { d.also(span, text) };
            }
            found.push(d);
        }
        found
    }

    /// Resources whose names come from attributes that are secret once they are known.
    fn named_by_secrets(&self) -> Vec<Diagnostic> {
        let is_secret = |r: &AttrRef| {
            let kind = self.nodes.get(&r.address).map(|node| node.kind);
            kind.and_then(|kind| kind.output(&r.attr).or_else(|| kind.arg(&r.attr))).is_some_and(|f| f.sensitive)
        };
        let mut found = Vec::new();
        for node in self.nodes.values() {
            for field in node.kind.args.iter().filter(|field| node.kind.identifies(field)) {
                let mut secret = false;
                let given = node.args.get(field.name);
                given.into_iter().for_each(|value| value.each_ref(&mut |r| secret |= is_secret(r)));
                if secret {
                    let NameRefusal { message, help } = naming::secret(field.name);
                    let place = node.site.of(&[field.name.into()], false);
                    let label = format!("of `{}`", node.address);
                    found.push(Diagnostic::error(message).at(place, label).help(help));
                }
            }
        }
        found
    }

    /// The nodes by address, with what each depends on.
    pub fn dependencies(&self) -> Dependencies<'_> {
        let nodes: Vec<&Node> = self.nodes.values().collect();
        let needs: Vec<Vec<Need>> = nodes.iter().map(|n| n.needs()).collect();
        let number = |need: &Need| nodes.binary_search_by(|n| n.address.cmp(&need.address)).ok();
        let after = needs.iter().map(|all| all.iter().filter_map(number).collect()).collect();
        Dependencies { nodes, needs, after }
    }

    /// The regions that resources of the graph live in.
    pub fn regions(&self) -> BTreeSet<Str> {
        self.nodes.values().filter_map(|n| n.region.clone()).collect()
    }
}

/// The nodes of a graph, and what each depends on.
#[derive(Debug)]
pub struct Dependencies<'g> {
    /// The nodes, by address.
    pub nodes: Vec<&'g Node>,
    /// What each needs, declared or not.
    pub needs: Vec<Vec<Need>>,
    /// The numbers of the declared nodes that each needs.
    pub after: Vec<Vec<usize>>,
}

impl Dependencies<'_> {
    /// An order in which each node comes after what it needs.
    pub fn order(&self) -> Order {
        let lists = self.after.iter().map(Vec::as_slice);
        Dag::new(lists).map(|dag| dag.order(|i| &self.after[i])).unwrap_or_default()
    }

    /// For each node, whether it is one of these or one of them depends on it.
    pub fn behind(&self, wanted: &BTreeSet<Address>) -> Vec<bool> {
        let mut found: Vec<bool> = self.nodes.iter().map(|n| wanted.contains(&n.address)).collect();
        let mut open: Vec<usize> = (0..found.len()).filter(|&i| found[i]).collect();
        while let Some(number) = open.pop() {
            for &before in &self.after[number] {
                if !std::mem::replace(&mut found[before], true) {
                    open.push(before);
                }
            }
        }
        found
    }
}
