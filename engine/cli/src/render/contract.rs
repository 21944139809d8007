//! The contract of a plan as people read it: one line under the plan, or everything, wave by wave.

use dr_core::plan::{Contract, ContractRow, LeftBehind};

use super::{GONE, NEW, QUIET, STRONG, count, duration, pad, paint};

/// One line: whether everything can go, how long that takes, and what is left. Empty when nothing is there.
pub(crate) fn line(contract: &Contract) -> String {
    let answer = match contract {
        Contract { blockers: 0, stuck, .. } if !stuck.is_empty() => {
            let names: Vec<&str> = stuck.iter().map(|address| address.as_str()).collect();
            paint(GONE, format!("no: these deletions wait for each other: {}", names.join(", ")))
        }
        Contract { blockers, .. } if *blockers > 0 => paint(GONE, format!("no: {} above", count(*blockers, "finding"))),
        Contract { departures, .. } if departures.is_empty() => return String::new(),
        Contract { allowed, .. } if *allowed > 0 => {
            let are = if *allowed == 1 { "is" } else { "are" };
            let said = format!("not completely: {} above {are} allowed", count(*allowed, "finding"));
            format!("{}{}", paint(GONE, said), how(contract))
        }
        _ => format!("{}{}", paint(NEW, "yes"), how(contract)),
    };
    format!("destroyable: {answer}")
}

/// What is left for a while: `2 keys pending deletion for 7 days`. Empty when nothing is.
pub(crate) fn leaves(contract: &Contract) -> String {
    let said = |left: &LeftBehind| format!("{} for {}", left.what.counted(left.of.len()), duration::whole(left.lasts));
    contract.leaves.iter().map(said).collect::<Vec<_>>().join(", ")
}

fn how(contract: &Contract) -> String {
    let leaves = leaves(contract);
    let left = match leaves.is_empty() {
        true => "leaves nothing".to_owned(),
        false => format!("leaves {}", leaves),
    };
    format!(", about {}, {left}", duration::about(contract.estimate()))
}

/// Everything: who goes when, and what is left.
pub(crate) fn all(contract: &Contract) -> String {
    let mut out = String::new();
    let width = contract.departures.iter().map(|d| d.address.as_str().chars().count()).max().unwrap_or(0).min(72);
    for wave in contract.departures.chunk_by(|a, b| a.wave == b.wave) {
        let Some(first) = wave.first() else { continue };
        let from = wave.iter().map(|d| d.start_ms).min().unwrap_or(0);
        let from = duration::exact(std::time::Duration::from_millis(from));
        out.push_str(&format!(
            "{} {}\n",
            paint(STRONG, format!("wave {}", first.wave)),
            paint(QUIET, format!("from {from}"))
        ));
        for departure in wave {
            out.push_str(&format!("  {}  {}\n", pad(departure.address.as_str(), width), said(departure)));
        }
    }
    if !contract.leaves.is_empty() {
        out.push_str(&format!("{}\n", paint(STRONG, "left")));
        for left in &contract.leaves {
            let of: Vec<&str> = left.of.iter().map(|address| address.as_str()).collect();
            let what = format!("{} for {}", left.what.counted(left.of.len()), duration::whole(left.lasts));
            out.push_str(&format!("  {what}  {}\n", paint(QUIET, of.join(", "))));
        }
    }
    out
}

fn said(departure: &ContractRow) -> String {
    let takes = match &departure.along {
        Some(parent) => format!("goes with {parent}"),
        None => {
            let exact = |ms| duration::exact(std::time::Duration::from_millis(ms));
            format!("at {}, takes {}", exact(departure.start_ms), exact(departure.takes_ms))
        }
    };
    let holds = departure.holds.map(|holds| {
        let (typical, worst) = (duration::whole(holds.typical), duration::whole(holds.worst));
        format!(", then holds what it used: {typical}, at worst {worst}")
    });
    paint(QUIET, format!("{takes}{}", holds.unwrap_or_default()))
}
