//! What a plan costs: one line under the plan, and its shape as JSON.

use dr_core::checks::PRICES_AS_OF;
use dr_core::money::Dollars;
use dr_core::plan::PlanCost;
use serde::Serialize;

/// What everything will cost, in US dollars.
#[derive(Debug, Serialize)]
pub(crate) struct CostJson<'a> {
    monthly: f64,
    hourly: f64,
    monthly_before: f64,
    items: Vec<CostItemJson<'a>>,
    unpriced: &'a [String],
    prices_as_of: &'a str,
}

/// What is paid for.
#[derive(Debug, Serialize)]
struct CostItemJson<'a> {
    what: &'a str,
    count: i64,
    monthly: f64,
}

/// One line: what everything will cost, and what the plan adds to that. Empty when nothing costs anything.
pub(crate) fn line(cost: &PlanCost) -> String {
    let monthly = cost.after.monthly;
    if monthly == Dollars::default() && cost.before == Dollars::default() {
        return String::new();
    }
    let change = match monthly - cost.before {
        Dollars(0) => String::new(),
        more if more > Dollars::default() => format!("; this plan adds {more}"),
        less => format!("; this plan saves {}", Dollars(-less.0)),
    };
    let unpriced = match cost.after.unpriced.is_empty() {
        true => String::new(),
        false => format!(", without {}", cost.after.unpriced.join(", ")),
    };
    // Less than a cent is nothing to tell by the hour.
    let hourly = Some(cost.after.hourly()).filter(|hourly| *hourly >= Dollars(10));
    let hourly = hourly.map(|hourly| format!(", {hourly} an hour")).unwrap_or_default();
    format!("cost: about {monthly} a month{hourly}{change} (list prices of {PRICES_AS_OF}, without use{unpriced})")
}

/// The shape of it.
pub(crate) fn shape(cost: &PlanCost) -> CostJson<'_> {
    let dollars = |amount: Dollars| amount.0 as f64 / 1000.0;
    CostJson {
        monthly: dollars(cost.after.monthly),
        hourly: dollars(cost.after.hourly()),
        monthly_before: dollars(cost.before),
        items: cost
            .after
            .items
            .iter()
            .map(|item| CostItemJson { what: &item.what, count: item.count, monthly: dollars(item.monthly) })
            .collect(),
        unpriced: &cost.after.unpriced,
        prices_as_of: PRICES_AS_OF,
    }
}
