//! The plan as people read it.
//!
//! Grouped by region, then component; one row per resource, the two halves of a replacement on one. A row that changes
//! one short property says so beside the name; more of them get a line each, long ones a block of their own. Then the
//! outputs, and a line that counts. Diagnostics are rendered by their own file, between plan and summary.

mod folded;

use std::collections::BTreeMap;

use anstyle::Style;
use dr_core::address::Address;
use dr_core::graph::ReplaceOrder;
use dr_core::plan::{Action, Plan, PlannedOutput, PropertyChange, Reason, Step};
use dr_core::registry::Registry;
use dr_core::schema::{Kind, Place, Type};
use dr_core::secrecy::mark_expr;
use dr_core::value::Value;
use dr_core::walk::Spot;

use self::folded::{Folded, flow};
use super::change::{Part, Shown, difference, parts, shape, show};
use super::{CHANGED, GONE, NEW, QUIET, REPLACED, STRONG, count, duration, pad, paint, shorten};

/// How a plan is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look<'a> {
    /// The kinds: for types of properties and what deletes leave behind.
    pub registry: &'a Registry,
    /// How many characters fit on a line.
    pub width: usize,
    /// Whether to list the arguments of what is created.
    pub details: bool,
}

/// Names wider than this do not widen the column.
const NAME_MAX: usize = 56;

/// The regions with their rows, and the outputs. Empty when nothing changes.
pub(crate) fn body(plan: &Plan, look: Look<'_>) -> String {
    let rows = rows(plan);
    let folded = Some(plan).filter(|_| !look.details).and_then(|plan| Folded::of(&plan.steps, look.registry));
    let mut regions: BTreeMap<(u8, &str), BTreeMap<&str, Vec<&PlanRow<'_>>>> = BTreeMap::new();
    for row in &rows {
        regions.entry(row.region(look.registry)).or_default().entry(row.address.path()).or_default().push(row);
    }
    let widest = rows.iter().map(|r| local_name(r.address).chars().count()).filter(|w| *w <= NAME_MAX).max();
    let name_width = widest.unwrap_or(0);
    let mut out = String::new();
    for ((_, region), components) in regions {
        out.push_str(&format!("{}\n", paint(STRONG, region)));
        for (path, rows) in components {
            let indent = if path.is_empty() { 2 } else { 4 };
            if !path.is_empty() {
                out.push_str(&format!("  {}\n", paint(QUIET, path)));
            }
            if let Some(folded) = &folded {
                let steps = rows.iter().map(|row| row.step);
                folded.render(steps, (look.registry, look.width), indent, &mut out);
            }
            for row in rows.into_iter().filter(|row| !folded.as_ref().is_some_and(|folded| folded.has(row.address))) {
                row.render(look, indent, name_width + 4 - indent, &mut out);
            }
        }
    }
    let outputs = outputs(plan, look, folded.is_some());
    if !out.is_empty() && !outputs.is_empty() {
        out.push('\n');
    }
    out + outputs.as_str()
}

/// Whether so much is made that it is told together.
pub(crate) fn is_folded(plan: &Plan, look: Look<'_>) -> bool {
    !look.details && Folded::of(&plan.steps, look.registry).is_some()
}

/// The line that counts.
pub(crate) fn summary(plan: &Plan) -> String {
    let c = plan.counts();
    let parts: Vec<String> = [
        (c.create, "to create", NEW),
        (c.update, "to change", CHANGED),
        (c.replace, "to replace", REPLACED),
        (c.delete, "to delete", GONE),
        (c.import, "to take over", NEW),
        (c.forget, "to forget", GONE),
    ]
    .into_iter()
    .filter(|(n, ..)| *n > 0)
    .map(|(n, what, style)| paint(style, format!("{n} {what}")))
    .collect();
    let errors = plan.diagnostics.iter().filter(|d| d.is_error()).count();
    if errors > 0 {
        let refused = paint(GONE, format!("Refused by {}", count(errors, "error")));
        return format!(
            "{refused}: nothing of this plan can be applied until {} gone",
            if errors == 1 { "it is" } else { "they are" }
        );
    }
    // What a person leaves out waits for nothing.
    let is_left_out = plan.deferred.iter().all(|deferred| deferred.place.is_empty());
    let waits = if is_left_out { "left out" } else { "deferred" };
    let deferred = (c.deferred > 0).then(|| paint(CHANGED, format!("{} {waits}", c.deferred)));
    if let (true, false, Some(deferred)) = (parts.is_empty(), plan.has_changes(), &deferred) {
        let nothing = if is_left_out { "Nothing of what is aimed at changes" } else { "Nothing can be done now" };
        return format!("{nothing}: {deferred}, {} unchanged", c.unchanged);
    }
    if parts.is_empty() {
        return match (plan.is_empty(), plan.destroy, c.unchanged) {
            (false, ..) => {
                let more = deferred
                    .into_iter()
                    .chain((c.unchanged > 0).then(|| format!("{} unchanged", count(c.unchanged, "resource"))));
                let more = more.collect::<Vec<_>>().join(", ");
                format!("Only outputs change{}{more}", if more.is_empty() { "" } else { "; " })
            }
            (true, true, _) => "Nothing is there to destroy".into(),
            (true, false, 0) if !plan.outputs.is_empty() => "No changes: the outputs are as declared".into(),
            (true, false, 0) => "Nothing is declared, and nothing is there".into(),
            (true, false, 1) => "No changes: the 1 resource is as declared".into(),
            (true, false, n) => format!("No changes: all {n} resources are as declared"),
        };
    }
    let mut line = format!("{} {}", paint(STRONG, if plan.destroy { "Destroy:" } else { "Plan:" }), parts.join(", "));
    line.extend(deferred.map(|text| format!(", {text}")));
    if c.unchanged > 0 {
        line.push_str(&format!(", {} unchanged", c.unchanged));
    }
    format!("{line} · about {}", duration::about(plan.estimate()))
}

/// One resource of the plan.
struct PlanRow<'a> {
    address: &'a Address,
    /// The step that says most: of a replacement, its creation.
    step: &'a Step,
    replaced: Option<ReplaceOrder>,
}

/// The plan's steps as rows, in the order of addresses.
fn rows(plan: &Plan) -> Vec<PlanRow<'_>> {
    let mut rows: Vec<PlanRow<'_>> = Vec::new();
    let creations: BTreeMap<&Address, &Step> = plan
        .steps
        .iter()
        .filter(|s| s.action == Action::Create && s.replacement.is_some())
        .map(|s| (&s.address, s))
        .collect();
    for step in &plan.steps {
        // The deletion that belongs to a creation is told with it.
        if step.action == Action::Delete && step.replacement.is_some() && creations.contains_key(&step.address) {
            continue;
        }
        rows.push(PlanRow { address: &step.address, step, replaced: step.replacement });
    }
    rows.sort_by_key(|row| (row.address, row.step.action));
    rows
}

impl<'a> PlanRow<'a> {
    /// Where the row stands: regions first, then what is global, then what is local.
    fn region(&self, registry: &Registry) -> (u8, &'a str) {
        match (&self.step.region, registry.get(&self.step.kind).map(|k| k.place)) {
            (Some(region), _) => (0, region),
            (None, Some(Place::Local)) => (2, "local"),
            (None, _) => (1, "global"),
        }
    }

    fn render(&self, look: Look<'_>, indent: usize, name_width: usize, out: &mut String) {
        let (mark, style) = mark(self.step);
        let name = local_name(self.address);
        let column = indent + 2 + name_width + 2;
        let kind = look.registry.get(&self.step.kind);
        let lines = self.lines(look, kind, look.width.saturating_sub(column));
        let space = " ".repeat(indent);
        let mut rest = lines.as_slice();
        match lines.first() {
            // A name that is wider than its column pushes what is beside it, if there is room.
            Some(Line::Beside(text)) if lines.len() == 1 || name.chars().count() <= name_width => {
                let name = pad(&name, name_width);
                out.push_str(&format!("{space}{} {name}  {text}\n", paint(style, mark)));
                rest = &lines[1..];
            }
            _ => out.push_str(&format!("{space}{} {name}\n", paint(style, mark))),
        }
        for line in rest {
            match line {
                Line::Beside(text) => out.push_str(&format!("{}{text}\n", " ".repeat(column))),
                Line::Below(text) => out.push_str(&format!("{space}    {text}\n")),
            }
        }
    }

    fn lines(&self, look: Look<'_>, kind: Option<&Kind>, room: usize) -> Vec<Line> {
        let mut notes = self.notes(kind);
        let order = self.replaced.map(|order| match order {
            ReplaceOrder::CreateFirst => "created first",
            ReplaceOrder::DeleteFirst => "deleted first",
        });
        let mut order_said = false;
        let changes = &self.step.changes;
        let parts: Vec<(&PropertyChange, Part)> = changes
            .iter()
            .flat_map(|c| parts(c, kind.and_then(|k| k.attribute(&c.path))).into_iter().map(move |part| (c, part)))
            .collect();
        // How wide the column of names will be is not known yet: assume the widest.
        let widest = parts.iter().map(|(_, p)| p.path.chars().count()).max().unwrap_or(0);
        let shown: Vec<(&PropertyChange, &str, Shown)> =
            parts.iter().map(|(c, p)| (*c, p.path.as_str(), p.show(room.saturating_sub(widest + 2)))).collect();
        let inline = shown.iter().filter(|(_, _, s)| matches!(s, Shown::Inline(_)));
        let path_width = inline.map(|(_, path, _)| path.chars().count()).max().unwrap_or(0);
        let (mut beside, mut below) = (Vec::new(), Vec::new());
        for (change, path, shown) in shown {
            let mut marks = Vec::new();
            if change.forces {
                marks.push("forces replacement");
                if !order_said && let Some(order) = order {
                    marks.push(order);
                    order_said = true;
                }
            }
            if change.drift {
                marks.push("changed outside dr");
            }
            let marks = paint(QUIET, marks.join(", "));
            match shown {
                Shown::Inline(text) => beside.push(join_wide(&[&pad(path, path_width), &text, &marks])),
                Shown::Long(text) => below.push(join_wide(&[path, &text, &marks])),
                Shown::Block(lines) => {
                    below.push(join_wide(&[path, &marks]));
                    below.extend(lines.into_iter().map(|l| format!("  {l}")));
                }
            }
        }
        if look.details && self.step.action == Action::Create && changes.is_empty() {
            below.extend(arguments(self.step, kind, look.width));
        }
        if let Some(order) = order
            && !order_said
        {
            notes.push(order.into());
        }
        let note = (!notes.is_empty()).then(|| Line::Beside(paint(QUIET, notes.join(", "))));
        note.into_iter().chain(beside.into_iter().map(Line::Beside)).chain(below.into_iter().map(Line::Below)).collect()
    }

    /// Why, as far as the changes do not say it.
    fn notes(&self, kind: Option<&Kind>) -> Vec<String> {
        let step = self.step;
        let mut notes: Vec<String> = step.reasons.iter().filter_map(|r| reason(r, &step.changes)).collect();
        match step.action {
            Action::Read => notes.push("looked up while applying".into()),
            Action::Delete => {
                for lift in &step.lifts {
                    let how = match lift.on {
                        Value::Bool(_) => "is switched off first",
                        _ => "locks it; that is taken out first",
                    };
                    notes.push(format!("{} {how}", lift.argument));
                }
                if let Some(parent) = &step.implied_by {
                    notes.push(format!("goes with {parent}"));
                }
                if let Some(leaves) = kind.and_then(|k| k.leaves)
                    && let Some(lasts) = step.prior.as_ref().and_then(|prior| leaves.of(&prior.args))
                {
                    notes.push(format!("leaves behind: {} for {}", leaves.counted(1), duration::whole(lasts)));
                }
            }
            _ => {}
        }
        notes
    }
}

/// The sign of what a step does.
pub(crate) fn mark(step: &Step) -> (&'static str, Style) {
    match (step.action, step.replacement) {
        (Action::Create | Action::Delete, Some(_)) => ("±", REPLACED),
        (Action::Create, None) => ("+", NEW),
        (Action::Update, _) => ("~", CHANGED),
        (Action::Delete, None) => ("-", GONE),
        (Action::Import, _) => ("=", NEW),
        (Action::Forget, _) => ("×", GONE),
        (Action::Read, _) => ("?", QUIET),
        (Action::Record, _) => ("·", QUIET),
    }
}

/// A line of a row.
enum Line {
    /// In the column beside the name.
    Beside(String),
    /// Below the name, with more room.
    Below(String),
}

/// A reason as plans tell it; `None` where the changes tell it.
fn reason(reason: &Reason, changes: &[PropertyChange]) -> Option<String> {
    Some(match reason {
        Reason::New => "new".into(),
        Reason::Changed => return None,
        Reason::Forced { argument } => {
            if changes.iter().any(|c| c.forces && c.path == *argument) {
                return None;
            }
            format!("{argument} forces replacement")
        }
        Reason::Gone => "was deleted outside dr".into(),
        Reason::Drifted => {
            if changes.iter().any(|c| c.drift) {
                return None;
            }
            "was changed outside dr".into()
        }
        Reason::NotDeclared => "not declared any more".into(),
        Reason::Destroy => return None,
        Reason::Follows { address } => format!("follows {address}"),
        Reason::SecretLost => "its secret is lost with the key of the state".into(),
        Reason::Unfinished => "an earlier run did not finish it".into(),
        Reason::Deposed => "left over from a replacement".into(),
        Reason::Moved { from } => format!("was {from}"),
        Reason::Imported => "exists and is taken over".into(),
        Reason::Metadata => "only what is recorded of it changes".into(),
    })
}

/// The arguments of what is created, a line each.
fn arguments(step: &Step, kind: Option<&Kind>, width: usize) -> Vec<String> {
    let column = step.args.keys().map(|k| k.chars().count()).max().unwrap_or(0);
    let line = |(name, value): (&dr_core::value::Str, &dr_core::expr::Expr)| {
        // The planner marks what is sensitive; the schema says so once more.
        let value = match kind.and_then(|k| k.arg(name)) {
            Some(field) => show(&shape(&mark_expr(&Spot::of(field), value.clone()))),
            None => show(&shape(value)),
        };
        format!("{}  {}", pad(name, column), shorten(&value, width.saturating_sub(column + 10).max(20)))
    };
    step.args.iter().map(line).map(|text| paint(QUIET, text)).collect()
}

fn outputs(plan: &Plan, look: Look<'_>, is_folded: bool) -> String {
    let changed: Vec<_> = plan
        .outputs
        .iter()
        .filter(|(_, o)| match (&o.before, &o.after) {
            _ if o.kept => true,
            (Some(before), Some(after)) => after.known().map(|a| a.revealed()) != Some(before.revealed()),
            (before, after) => before.is_some() || after.is_some(),
        })
        .collect();
    if changed.is_empty() {
        return String::new();
    }
    let is_later =
        |o: &PlannedOutput| !o.kept && o.before.is_none() && o.after.as_ref().is_some_and(|e| e.known().is_none());
    let (later, changed): (Vec<_>, Vec<_>) = changed.into_iter().partition(|(_, o)| is_folded && is_later(o));
    let width = changed.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut out = format!("{}\n", paint(STRONG, "outputs"));
    if !later.is_empty() {
        let names: Vec<String> = later.iter().map(|(name, _)| name.to_string()).collect();
        let begin = format!("  {} {}", paint(NEW, "+"), paint(QUIET, "known once it is applied: "));
        flow(&begin, 4, &names, look.width.saturating_sub(26), &mut out);
    }
    for (name, output) in changed {
        if output.kept {
            let what = if output.before.is_some() { "keeps its value" } else { "is not there yet" };
            let text = format!("{what}: what it is made from is deferred");
            out.push_str(&format!("  {} {}  {}\n", paint(QUIET, "·"), pad(name, width), paint(QUIET, text)));
            continue;
        }
        let (mark, style) = match (&output.before, &output.after) {
            (None, _) => ("+", NEW),
            (_, None) => ("-", GONE),
            _ => ("~", CHANGED),
        };
        let room = look.width.saturating_sub(width + 6);
        let ty = output.before.as_ref().and_then(|v| v.as_map()).map(|_| Type::Json);
        let mark = paint(style, mark);
        let after = output.after.as_ref().map(shape);
        match (&output.before, difference(output.before.as_ref(), after.as_ref(), ty, room)) {
            (None, _) => {
                let value = after.as_ref().map(show).unwrap_or_default();
                out.push_str(&format!("  {mark} {}  {}\n", pad(name, width), shorten(&value, room.max(20))));
            }
            (_, Shown::Inline(text) | Shown::Long(text)) => {
                out.push_str(&format!("  {mark} {}  {text}\n", pad(name, width)))
            }
            (_, Shown::Block(lines)) => {
                out.push_str(&format!("  {mark} {name}\n"));
                out.extend(lines.into_iter().map(|l| format!("      {l}\n")));
            }
        }
    }
    out
}

/// The address without its component.
fn local_name(address: &Address) -> String {
    format!("{}:{}", address.kind(), address.name())
}

/// Joins the parts that are there with two spaces.
fn join_wide(parts: &[&str]) -> String {
    let there: Vec<&str> = parts.iter().copied().filter(|p| !p.is_empty()).collect();
    there.join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests;
