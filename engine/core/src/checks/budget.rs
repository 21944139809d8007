//! C37: what an environment costs against what the program says it may.

use super::check::Check;
use super::costs::cost;
use super::findings::Findings;
use super::planned::Planned;
use super::prices;
use crate::diagnostic::{Diagnostic, Severity};

pub(super) const CHECK: Check = Check {
    severity: Some(Severity::Warning),
    asks: "what is there costs no more in a month than the program's `monthly_budget`",
    why: "Gateways, endpoints and databases cost by the hour, whether somebody uses them or not.",
    mend: "Share NAT gateways, take fewer zones or smaller instances, or raise the budget.",
    source: "https://aws.amazon.com/pricing/",
    ..Check::all("C37", "monthly-budget", &[], look)
};

fn look(planned: &Planned<'_>, found: &mut Findings) {
    let Some(budget) = &planned.budget else { return };
    let costs = cost(planned.all());
    if costs.monthly <= budget.monthly {
        return;
    }
    let dearest: Vec<String> =
        costs.items.iter().take(3).map(|item| format!("{} {} {}", item.count, item.what, item.monthly)).collect();
    let message = format!("this costs about {} a month; the budget is {}", costs.monthly, budget.monthly);
    let severity = if budget.refuses { Severity::Error } else { Severity::Warning };
    let help = format!("the dearest: {} (list prices of {}, without use)", dearest.join(", "), prices::AS_OF);
    let finding = Diagnostic { severity, ..Diagnostic::error(message) };
    found.add_to_program(finding.at(budget.span.clone(), "this budget").help(help));
}
