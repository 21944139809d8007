//! `dr env list`: which environments there are, what they cost, and when they expire.

use dr_core::checks::PRICES_AS_OF;
use serde::Serialize;

use crate::args::Global;
use crate::clock;
use crate::environments;
use crate::exit::{CommandFailure, Exit};
use crate::inventory::{self, KnownEnvironment, KnownProgram};
use crate::render::table::{Column, table};
use crate::render::{json, safe};
use crate::session::Session;
use crate::ui::Ui;

/// A program in an environment, or an environment whose programs cannot be listed.
#[derive(Serialize)]
struct EnvironmentJson {
    environment: String,
    ephemeral: bool,
    protected: bool,
    /// Whether dr.toml declares it; any is where it declares none.
    declared: bool,
    program: Option<String>,
    cloud: Option<String>,
    resources: Option<usize>,
    /// In US dollars, by list prices.
    cost_per_hour: Option<f64>,
    /// When it was first applied.
    created: Option<String>,
    last_apply: Option<String>,
    last_apply_by: Option<String>,
    /// When the environment expires.
    expires: Option<String>,
    expired: bool,
    note: Option<String>,
}

/// Lists them.
pub(crate) fn list(global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::of_project(global, ui)?;
    let now = clock::now()?;
    let mut all = inventory::environments(&session)?;
    for known in &mut all {
        // What is destroyed is not there. Where somebody works, something may come.
        known.programs.retain(|program| !program.is_empty() || program.note.is_some());
    }
    all.retain(|known| known.unreadable.is_some() || !known.programs.is_empty());
    if ui.json {
        let shapes: Vec<EnvironmentJson> = all.iter().flat_map(|known| shapes(&session, known, now)).collect();
        return ui.result(&json::text(&shapes)).map(|()| Exit::Done);
    }
    if all.is_empty() {
        ui.tell(&format!("There are no environments in {}\n", session.states.place()));
        return Ok(Exit::Done);
    }
    let titles = [
        "environment",
        "sort",
        "program",
        "resources",
        "an hour",
        "age",
        "expires",
        "last apply",
        "by",
        "cloud",
        "note",
    ];
    let columns = titles.map(|title| Column { title, is_quiet: title == "cloud" });
    let rows: Vec<Vec<String>> = all.iter().flat_map(|known| rows(&session, known, now)).collect();
    ui.result(&table(&columns, &rows))?;
    if all.iter().flat_map(|known| &known.programs).any(|program| program.cost.monthly.0 > 0) {
        ui.tell(&format!("\nCosts are list prices of {PRICES_AS_OF}, without use\n"));
    }
    Ok(Exit::Done)
}

/// The programs of an environment; nothing in place of a program where they cannot be listed.
fn programs(known: &KnownEnvironment) -> Vec<Option<&KnownProgram>> {
    if known.programs.is_empty() { vec![None] } else { known.programs.iter().map(Some).collect() }
}

fn shapes(session: &Session<'_>, known: &KnownEnvironment, now: u64) -> Vec<EnvironmentJson> {
    let expiry = known.expiry();
    let shape = |program: Option<&KnownProgram>| {
        let lifetime = program.and_then(|program| program.lifetime.as_ref());
        EnvironmentJson {
            environment: known.name.clone(),
            ephemeral: known.rules.ephemeral,
            protected: known.rules.protected.is_some(),
            declared: environments::is_declared(&session.project.config, &known.name),
            program: program.map(|program| program.name.to_string()),
            cloud: program.and_then(|program| program.identity.as_ref()).map(ToString::to_string),
            resources: program.and_then(|program| program.resources),
            cost_per_hour: program.and_then(|p| p.resources.map(|_| p.cost.hourly().0 as f64 / 1_000.0)),
            created: lifetime.map(|lifetime| clock::exact(lifetime.created)),
            last_apply: lifetime.map(|lifetime| clock::exact(lifetime.applied)),
            last_apply_by: lifetime.map(|lifetime| lifetime.by.to_string()),
            expires: expiry.map(clock::exact),
            expired: expiry.is_some_and(|expiry| expiry <= now),
            note: program.map_or(&known.unreadable, |program| &program.note).clone(),
        }
    };
    programs(known).into_iter().map(shape).collect()
}

fn rows(session: &Session<'_>, known: &KnownEnvironment, now: u64) -> Vec<Vec<String>> {
    let expires = match known.expiry() {
        Some(expiry) if expiry <= now => format!("expired {} ago", clock::rough(now - expiry)),
        Some(expiry) => format!("in {}", clock::rough(expiry - now)),
        None if known.rules.ttl.length.is_some() && known.rules.protected.is_some() => "never".into(),
        None => String::new(),
    };
    let row = |program: Option<&KnownProgram>| {
        let lifetime = program.and_then(|program| program.lifetime.as_ref());
        let resources = match program {
            None => "?".into(),
            Some(program) => match program.resources {
                None => "?".into(),
                Some(0) if program.identity.is_none() => "none".into(),
                Some(number) => number.to_string(),
            },
        };
        let cost = program.map(|program| program.cost.hourly()).filter(|cost| cost.0 > 0);
        let note = program.map_or(&known.unreadable, |program| &program.note);
        vec![
            known.name.clone(),
            sort(session, known),
            program.map(|program| program.name.to_string()).unwrap_or_default(),
            resources,
            // Most environments cost less than a cent.
            cost.map(|cost| if cost.0 < 100 { format!("${}.{:03}", cost.0 / 1_000, cost.0) } else { cost.to_string() })
                .unwrap_or_default(),
            lifetime.map(|lifetime| clock::rough(now.saturating_sub(lifetime.created))).unwrap_or_default(),
            expires.clone(),
            lifetime.map(|lifetime| clock::minute(lifetime.applied)).unwrap_or_default(),
            lifetime.map(|lifetime| safe(&lifetime.by).into_owned()).unwrap_or_default(),
            program.and_then(|program| program.identity.as_ref()).map(ToString::to_string).unwrap_or_default(),
            note.as_deref().map(|note| safe(note).into_owned()).unwrap_or_default(),
        ]
    };
    programs(known).into_iter().map(row).collect()
}

/// Of which sort an environment is; nothing for one that is neither ephemeral nor protected.
fn sort(session: &Session<'_>, known: &KnownEnvironment) -> String {
    let is_declared = environments::is_declared(&session.project.config, &known.name);
    let words = [
        (known.rules.ephemeral, "ephemeral"),
        (known.rules.protected.is_some(), "protected"),
        (!is_declared, "not declared"),
        (!known.is_in_place, "kept elsewhere"),
    ];
    words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
}
