//! The recovery that is computed for a plan: one line under it, all of it, and its shape as JSON.

use dr_core::recovery::{Figure, Recovery, RecoveryPart, seconds};
use serde::Serialize;

/// What is computed, with the sums.
#[derive(Debug, Serialize)]
pub(crate) struct RecoveryJson<'a> {
    #[serde(flatten)]
    recovery: &'a Recovery,
    time: Figure,
    loss: Figure,
}

/// The shape of it.
pub(crate) fn shape(recovery: &Recovery) -> RecoveryJson<'_> {
    RecoveryJson { recovery, time: recovery.time(), loss: recovery.loss() }
}

/// One line: who takes over, how soon, and what may be missing.
pub(crate) fn line(recovery: Option<&Recovery>) -> String {
    let Some(recovery) = recovery else { return String::new() };
    let takes_over = match (recovery.lacks.first(), recovery.time()) {
        (Some(lack), _) => lack.clone(),
        (None, Figure { most: Some(0), .. }) => format!("{} takes over at once", recovery.secondary),
        (None, Figure { most: Some(most), .. }) => {
            format!("{} takes over within {}{}", recovery.secondary, seconds(most), by(recovery.slowest()))
        }
        (None, _) => format!("nothing says how soon {} takes over{}", recovery.secondary, by(recovery.slowest())),
    };
    let requests =
        recovery.traffic.as_ref().filter(|_| recovery.lacks.is_empty()).and_then(|traffic| traffic.time.most);
    let requests = requests.map(|most| format!(", requests reach it within {}", seconds(most))).unwrap_or_default();
    let missing = match recovery.loss() {
        _ if recovery.stores.is_empty() => String::new(),
        Figure { most: Some(0), .. } => "; nothing is missing there".to_owned(),
        Figure { most: Some(most), .. } => {
            format!("; the last {} may be missing{}", seconds(most), by(recovery.loosest()))
        }
        _ => format!("; nothing bounds what is missing{}", by(recovery.loosest())),
    };
    format!("recovery: {takes_over}{requests}{missing}")
}

fn by(part: Option<&RecoveryPart>) -> String {
    part.map(|part| format!(" ({})", part.address)).unwrap_or_default()
}

/// Everything that is computed, in lines.
pub(crate) fn all(recovery: Option<&Recovery>) -> String {
    let Some(recovery) = recovery else { return "Everything is in one region: nothing takes over.\n".to_owned() };
    let Recovery { primary, secondary, .. } = recovery;
    let mut out = format!("When {primary} is lost, {secondary} takes over:\n");
    if recovery.traffic.is_none() {
        out.push_str("  no name leads to either region: who calls has to turn there\n");
    }
    for lack in &recovery.lacks {
        out.push_str(&format!("  {lack}\n"));
    }
    for part in recovery.traffic.iter().chain(&recovery.stores) {
        let works = match part.time {
            Figure::UNBOUNDED => "nothing says when it works there".to_owned(),
            Figure::ZERO => "works there at once".to_owned(),
            time => format!("works there after {time}"),
        };
        out.push_str(&format!("  {}\n    {works}: {}\n", part.address, part.how));
        match part.loss {
            None | Some(Figure::ZERO) => {}
            Some(Figure::UNBOUNDED) => out.push_str("    nothing of it is there\n"),
            Some(loss) => out.push_str(&format!("    lacks the last {loss}\n")),
        }
        if let Some(shorten) = &part.shorten {
            out.push_str(&format!("    to shorten it: {shorten}\n"));
        }
    }
    out
}
