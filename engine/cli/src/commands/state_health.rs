//! `dr state verify` and `dr state repair`: what is damaged about a state, and what can be read of it put right.

use dr_core::address::Address;
use dr_run::{Repaired, Stack, StateDamage, Verified};
use serde::Serialize;

use super::state_place::nothing;
use crate::exit::{CommandFailure, Exit};
use crate::render::{GONE, NEW, STRONG, count, json, paint, safe};
use crate::session::Session;

#[derive(Serialize)]
struct DamageJson<'a> {
    place: &'a str,
    what: &'a str,
    mend: &'a str,
    /// Whether `dr state repair` does that.
    repairable: bool,
}

/// The result of `dr state verify`, for one program.
#[derive(Serialize)]
struct VerifiedJson<'a> {
    stack: String,
    rows: usize,
    resources: usize,
    open: usize,
    damage: Vec<DamageJson<'a>>,
    lost: Vec<&'a str>,
}

/// The result of `dr state repair`, for one program.
#[derive(Serialize)]
struct RepairedJson<'a> {
    stack: String,
    damage: Vec<DamageJson<'a>>,
    left: Vec<DamageJson<'a>>,
    lost: Vec<&'a str>,
    /// The folder where what could not be read is kept.
    kept: Option<&'a str>,
}

fn shapes(damage: &[StateDamage]) -> Vec<DamageJson<'_>> {
    damage
        .iter()
        .map(|d| DamageJson { place: &d.place, what: &d.what, mend: &d.mend, repairable: d.is_mended })
        .collect()
}

/// Looks at every row of the states that are meant. Ends with status 1 when something is damaged.
pub(super) fn verify(session: &Session<'_>, program: Option<&str>) -> Result<Exit, CommandFailure> {
    let ui = session.ui;
    let mut all = Vec::new();
    for stack in stacks(session, program)? {
        if let Some(mut found) = session.states.verify(&stack)? {
            found.lost.retain(|address| is_resource(session, address));
            all.push((stack, found));
        }
    }
    if all.is_empty() {
        return nothing(session, program);
    }
    let exit = if all.iter().all(|(_, found)| found.damage.is_empty()) { Exit::Done } else { Exit::Failed };
    if ui.json {
        let shapes: Vec<VerifiedJson<'_>> = all.iter().map(|(stack, found)| verified_shape(stack, found)).collect();
        return ui.result(&json::text(&shapes)).map(|()| exit);
    }
    let text: String = all.iter().map(|(stack, found)| verified(stack, found)).collect();
    ui.result(&text)?;
    if exit == Exit::Failed && all.iter().any(|(_, found)| found.damage.iter().any(|damage| damage.is_mended)) {
        ui.tell(&format!("`{}` does what is said there\n", session.command(&["state", "repair"])));
    }
    Ok(exit)
}

fn verified_shape<'a>(stack: &Stack, found: &'a Verified) -> VerifiedJson<'a> {
    let Verified { rows, resources, open, damage, lost } = found;
    let lost = lost.iter().map(Address::as_str).collect();
    let (stack, damage) = (stack.to_string(), shapes(damage));
    VerifiedJson { stack, rows: *rows, resources: *resources, open: *open, damage, lost }
}

fn repaired_shape<'a>(stack: &Stack, done: &'a Repaired) -> RepairedJson<'a> {
    RepairedJson {
        stack: stack.to_string(),
        damage: shapes(&done.before.damage),
        left: shapes(&done.left),
        lost: done.lost.iter().map(Address::as_str).collect(),
        kept: done.aside.as_deref(),
    }
}

fn verified(stack: &Stack, found: &Verified) -> String {
    let open = if found.open > 0 { format!(", {} open", count(found.open, "operation")) } else { String::new() };
    let (resources, rows) = (count(found.resources, "resource"), count(found.rows, "row"));
    let mut out = format!("{}  {resources}, {rows}{open}\n", paint(STRONG, stack.to_string()));
    if found.damage.is_empty() {
        out.push_str(&format!("  {} nothing is damaged\n", paint(NEW, "✓")));
    }
    out.push_str(&damage(&found.damage));
    out.push_str(&lost(&found.lost, "may be lost"));
    out
}

fn damage(found: &[StateDamage]) -> String {
    let line = |d: &StateDamage| {
        let who = if d.is_mended { "repair: " } else { "" };
        format!("  {} {}: {}\n      {who}{}\n", paint(GONE, "✗"), safe(&d.place), safe(&d.what), safe(&d.mend))
    };
    found.iter().map(line).collect()
}

/// What is mentioned and not recorded.
fn lost(lost: &[Address], how: &str) -> String {
    if lost.is_empty() {
        return String::new();
    }
    let names: String = lost.iter().map(|address| format!("      {address}\n")).collect();
    let of = count(lost.len(), "record");
    format!("  {of} {how}; `dr state rebuild` finds such resources again, by their tags:\n{names}")
}

/// Puts the states right that are meant.
pub(super) fn repair(session: &Session<'_>, program: Option<&str>, yes: bool) -> Result<Exit, CommandFailure> {
    let ui = session.ui;
    let stacks = stacks(session, program)?;
    let (mut damaged, mut all, mut is_there) = (Vec::new(), Vec::new(), false);
    for stack in &stacks {
        let Some(mut found) = session.states.verify(stack)? else { continue };
        is_there = true;
        found.lost.retain(|address| is_resource(session, address));
        if !ui.json {
            ui.tell(&verified(stack, &found));
        }
        if found.damage.iter().any(|damage| damage.is_mended) {
            damaged.push(stack);
        } else if !found.damage.is_empty() {
            all.push((stack, unmended(found)));
        }
    }
    if !is_there {
        return nothing(session, program);
    }
    if !damaged.is_empty() && !ui.confirm(yes, "\nPut it right?")? {
        return Ok(Exit::Failed);
    }
    let (is_stuck, mut text) = (!all.is_empty(), String::new());
    for stack in damaged {
        if let Some(mut done) = session.states.repair(stack)? {
            done.lost.retain(|address| is_resource(session, address));
            text.push_str(&repaired(stack, &done));
            all.push((stack, done));
        }
    }
    let exit = if all.iter().all(|(_, done)| done.left.is_empty()) { Exit::Done } else { Exit::Failed };
    if ui.json {
        let shapes: Vec<RepairedJson<'_>> = all.iter().map(|(stack, done)| repaired_shape(stack, done)).collect();
        return ui.result(&json::text(&shapes)).map(|()| exit);
    }
    if all.is_empty() {
        ui.tell("There is nothing to repair\n");
    }
    ui.tell(&text);
    if is_stuck {
        ui.tell("No repair mends what is said there without `repair:`; it says what does\n");
    }
    Ok(exit)
}

/// That a repair can do nothing about what was found.
fn unmended(found: Verified) -> Repaired {
    Repaired { left: found.damage.clone(), lost: found.lost.clone(), aside: None, before: found }
}

fn repaired(stack: &Stack, done: &Repaired) -> String {
    let mut out = format!("`{stack}` is put right");
    if let Some(aside) = &done.aside {
        out.push_str(&format!("; what could not be read is kept in `{}`", safe(aside)));
    }
    out.push('\n');
    out.push_str(&damage(&done.left));
    out.push_str(&lost(&done.lost, if done.lost.len() == 1 { "is lost" } else { "are lost" }));
    out
}

/// The stacks that are meant: that of a program, or all of the environment.
pub(super) fn stacks(session: &Session<'_>, program: Option<&str>) -> Result<Vec<Stack>, CommandFailure> {
    if program.is_some() {
        return Ok(session.meant(program)?.into_iter().collect());
    }
    Ok(session.states.programs(&session.suffix)?.iter().map(|program| session.stack(program)).collect())
}

/// Whether an address is that of a resource. A look-up is never recorded.
fn is_resource(session: &Session<'_>, address: &Address) -> bool {
    session.registry.get(address.kind()).is_none_or(|kind| !kind.lookup)
}
