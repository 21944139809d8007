//! A plan that makes much, as it fits on a screen: what is made is told by kind, with the arguments that tell most, and
//! what the second region has as the first one is counted.
//!
//! Nothing is left out but arguments: every resource stands by its name, or is counted as a twin. What is changed, replaced
//! or deleted has its own row, as in any plan.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::address::Address;
use dr_core::expr::Expr;
use dr_core::plan::{Action, Step};
use dr_core::recovery::{Disparity, MaybeTwin, parity};
use dr_core::registry::Registry;
use dr_core::schema::{Field, Kind, Presence};
use dr_core::secrecy::mark_expr;
use dr_core::value::{Str, Value};
use dr_core::walk::Spot;

use super::super::change::{shape, show};
use super::super::{NEW, QUIET, count, pad, paint, safe, shorten};

/// A plan that makes more than this is folded.
const FOLDED_FROM: usize = 40;
/// Of a plan that makes more than this, nobody reads which of it is alike.
const COMPARED_TO: usize = 2_000;
/// Kinds wider than this do not widen the column.
const KIND_MAX: usize = 28;
/// So many arguments of a resource are told.
const TELLING: usize = 3;
/// A longer value is not one that tells at a glance.
const LONGEST: usize = 24;

/// What is made, if it is so much that it is told together.
pub(super) struct Folded<'a> {
    made: BTreeSet<&'a Address>,
    /// The region that others are compared with.
    first: Str,
    /// What has a twin there, with what it has otherwise.
    second: BTreeMap<Address, Vec<Disparity>>,
}

impl<'a> Folded<'a> {
    /// Looks over the steps of a plan; `None` where each has its own line.
    pub(super) fn of(steps: &'a [Step], registry: &Registry) -> Option<Folded<'a>> {
        let plain = steps.iter().filter(|step| is_plain(step));
        let made: BTreeSet<&Address> = plain.clone().map(|step| &step.address).collect();
        if made.len() <= FOLDED_FROM {
            return None;
        }
        let maybe = |step: &'a Step| {
            let kind = registry.get(&step.kind)?;
            Some(MaybeTwin { address: &step.address, kind, region: step.region.as_ref(), args: &step.args })
        };
        let all: Vec<MaybeTwin<'a>> = plain.filter_map(maybe).collect();
        let twins = Some(all).filter(|all| all.len() <= COMPARED_TO).and_then(|all| parity(&all));
        let mut folded = Folded { made, first: "".into(), second: BTreeMap::new() };
        if let Some(twins) = twins {
            folded.first = twins.primary;
            folded.second = twins.pairs.into_iter().map(|(_, second)| (second, Vec::new())).collect();
            for difference in twins.differences {
                folded.second.entry(difference.secondary.clone()).or_default().push(difference);
            }
        }
        Some(folded)
    }

    /// Whether a resource is told together with others.
    pub(super) fn has(&self, address: &Address) -> bool {
        self.made.contains(address)
    }

    /// The lines for what is made of a component in a region.
    pub(super) fn render<'s>(
        &self,
        steps: impl Iterator<Item = &'s Step>,
        (registry, width): (&Registry, usize),
        indent: usize,
        out: &mut String,
    ) {
        let mut kinds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut plain: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut alike = 0;
        for step in steps.filter(|step| self.has(&step.address)) {
            let told: Vec<String> = match self.second.get(&step.address) {
                Some(differs) => {
                    let place = of_place(registry, step);
                    if differs.is_empty() && place.is_empty() {
                        alike += 1;
                        continue;
                    }
                    place.into_iter().chain(differs.iter().map(difference)).collect()
                }
                None => telling(registry, step),
            };
            let name = step.address.name();
            if told.is_empty() {
                plain.entry(&*step.kind).or_default().push(name);
            } else {
                let told = paint(QUIET, format!("({})", told.join(", ")));
                kinds.entry(&*step.kind).or_default().push(format!("{name} {told}"));
            }
        }
        // Kinds of which nothing is to be told but one name share their lines.
        let mut single = Vec::new();
        for (kind, names) in plain {
            match (kinds.get_mut(kind), &names[..]) {
                (None, [name]) => single.push(format!("{kind} {name}")),
                (Some(told), _) => told.extend(names.into_iter().map(str::to_owned)),
                (None, _) => drop(kinds.insert(kind, names.into_iter().map(str::to_owned).collect())),
            }
        }
        // What belongs together is often called the same: a role and its rights.
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        for (kind, names) in kinds {
            match groups.iter_mut().find(|(_, others)| *others == names) {
                Some((kinds, _)) => kinds.push_str(&format!(", {kind}")),
                None => groups.push((kind.to_owned(), names)),
            }
        }
        let space = " ".repeat(indent);
        let widths = groups.iter().map(|(kinds, _)| kinds.chars().count());
        let widest = widths.filter(|width| *width <= KIND_MAX).max().unwrap_or(0);
        for (kinds, names) in groups {
            let begin = format!("{space}{} {}  ", paint(NEW, "+"), pad(&kinds, widest));
            flow(&begin, indent + 2 + kinds.chars().count().max(widest) + 2, &names, width, out);
        }
        if !single.is_empty() {
            flow(&format!("{space}{} ", paint(NEW, "+")), indent + 2, &single, width, out);
        }
        if alike > 0 {
            let like = format!("{} as in {}", count(alike, "resource"), self.first);
            out.push_str(&format!("{space}{} {}\n", paint(NEW, "="), like));
        }
    }
}

/// Writes a list over as many lines as it needs, each of which begins at a column.
pub(super) fn flow(begin: &str, column: usize, items: &[String], width: usize, out: &mut String) {
    let (mut line, mut used) = (begin.to_owned(), column);
    for (number, item) in items.iter().enumerate() {
        let comma = if number + 1 < items.len() { "," } else { "" };
        let wide = visible(item) + comma.len();
        if used + wide > width && used > column {
            out.push_str(&format!("{}\n", line.trim_end()));
            (line, used) = (" ".repeat(column), column);
        }
        line.push_str(&format!("{item}{comma} "));
        used += wide + 1;
    }
    out.push_str(&format!("{}\n", line.trim_end()));
}

/// Whether all that is to be told of a step is that it makes something new.
fn is_plain(step: &Step) -> bool {
    step.action == Action::Create && step.replacement.is_none() && step.changes.is_empty()
}

/// How many characters are seen of a text with styles.
fn visible(text: &str) -> usize {
    anstream::adapter::strip_str(text).to_string().chars().count()
}

fn difference(difference: &Disparity) -> String {
    let there = difference.there.as_deref().unwrap_or("nothing");
    format!("{} {}", difference.argument, shorten(&safe(there), LONGEST))
}

/// The addresses of networks that a resource has.
fn of_place(registry: &Registry, step: &Step) -> Vec<String> {
    let Some(kind) = registry.get(&step.kind) else { return Vec::new() };
    kind.args.iter().filter_map(|field| network(field, step)).collect()
}

fn network(field: &Field, step: &Step) -> Option<String> {
    let text = step.args.get(field.name)?.known()?.as_str()?;
    (dr_core::cidr::parse(text).is_ok() && text != "0.0.0.0/0").then(|| text.to_owned())
}

/// The arguments that tell most of what is made: short ones that the program chose itself.
fn telling(registry: &Registry, step: &Step) -> Vec<String> {
    let Some(kind) = registry.get(&step.kind) else { return Vec::new() };
    let networks = of_place(registry, step);
    if !networks.is_empty() {
        return networks;
    }
    kind.args.iter().filter_map(|field| chosen(kind, field, step.args.get(field.name)?)).take(TELLING).collect()
}

fn chosen(kind: &Kind, field: &Field, value: &Expr) -> Option<String> {
    let is_name = field.name_rule.is_some() || kind.unique.is_some_and(|(fields, _)| fields.contains(&field.name));
    if is_name || field.tags || field.refers.is_some() || field.name.ends_with("description") {
        return None;
    }
    let Expr::Known(known) = mark_expr(&Spot::of(field), value.clone()) else { return None };
    let is_usual = matches!(field.presence, Presence::Default(usual) if usual.value() == known);
    let is_short = match &known {
        Value::Str(text) => !text.is_empty() && text.chars().count() <= LONGEST && !text.starts_with("arn:"),
        Value::Int(_) | Value::Float(_) => true,
        Value::Bool(on) => *on,
        _ => false,
    };
    (is_short && !is_usual).then(|| match &known {
        Value::Bool(_) => field.name.to_owned(),
        Value::Str(text) => text.to_string(),
        _ => format!("{} {}", field.name, show(&shape(&Expr::Known(known.clone()))).trim_matches('"')),
    })
}

#[cfg(test)]
mod tests {
    use super::flow;

    #[test]
    fn a_list_goes_on_below_itself() {
        let items = ["one", "twenty", "three", "a-name-that-is-wider-than-any-line"].map(str::to_owned);
        let mut out = String::new();
        flow("  + kind  ", 10, &items, 24, &mut out);
        assert_eq!(out, "  + kind  one, twenty,\n          three,\n          a-name-that-is-wider-than-any-line\n");
    }
}
