//! The data at risk, as people read it before the rest of a plan.
//!
//! One line per resource: what goes, what is lost, what is kept.

use dr_core::plan::{AtRisk, Threat};

use super::{GONE, QUIET, REPLACED, pad, paint};

/// The option that agrees to a loss.
pub(crate) const OPTION: &str = "--allow-data-loss";

/// The paragraph; empty when nothing is at risk. `needed` are the options by which somebody must agree to it.
pub(crate) fn list(at_risk: &[AtRisk], needed: &[String]) -> String {
    if at_risk.is_empty() {
        return String::new();
    }
    let width = at_risk.iter().map(|one| one.address.as_str().chars().count()).max().unwrap_or(0);
    let asked = match needed {
        [] => String::new(),
        needed => paint(QUIET, format!("  only with {}", needed.join(" and "))),
    };
    let mut out = format!("{}{asked}\n", paint(GONE, "data at risk"));
    for AtRisk { address, threat, lost, kept, .. } in at_risk {
        let (mark, style, stays) = match threat {
            Threat::Deleted => ("-", GONE, String::new()),
            Threat::Replaced => ("±", REPLACED, String::new()),
            Threat::KeyGoes { key } => ("!", GONE, format!("stays, but its key {key} goes; ")),
        };
        let mark = paint(style, mark);
        out.push_str(&format!("  {mark} {}  {stays}lost: {lost}; kept: {kept}\n", pad(address.as_str(), width)));
    }
    out
}
