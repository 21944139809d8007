//! C64: how a table is paid for, and what its stream shows.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a table and its indexes have a capacity where it is provisioned and only there, and a view only where there is a stream",
    why: "DynamoDB refuses a provisioned table or index without a capacity, a capacity where each request is paid, and the view \
          of a stream that is off.",
    mend: "Leave `billing_mode` and all capacities out, or give the table and each index both.",
    source: "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html",
    ..Check::each("C64", "table-capacity", &["dynamodb.table"], look)
};

fn look(table: &Resource<'_>, _: &Planned<'_>, found: &mut Findings) {
    let indexes = table.each("global_secondary_indexes");
    for place in std::iter::once(String::new()).chain(indexes) {
        for capacity in ["read_capacity", "write_capacity"] {
            let path = if place.is_empty() { capacity.to_owned() } else { format!("{place}.{capacity}") };
            let whose = if place.is_empty() { "" } else { "an index of " };
            match table.text("billing_mode") {
                Some("PROVISIONED") if table.is_absent(&path) => {
                    let message = format!("{whose}`{}` is provisioned and has no `{capacity}`", table.address);
                    let at = if place.is_empty() { "billing_mode" } else { &place };
                    found.add(table, Finding::new(at, message).help(format!("give `{capacity}`")));
                }
                Some("PAY_PER_REQUEST") if table.is_given(&path) => {
                    let message = format!("{whose}`{}` is paid by the request and has a `{capacity}`", table.address);
                    let help = format!("leave `{capacity}` out, or say `billing_mode: \"PROVISIONED\"` for the table");
                    found.add(table, Finding::new(&path, message).help(help));
                }
                _ => {}
            }
        }
    }
    let view = "stream_view_type";
    if table.is_false("stream_enabled") && table.is_given(view) && !table.is_left_to_service(view) {
        let message = format!("`{}` says what its stream shows, and has none", table.address);
        found.add(table, Finding::new(view, message).help("set `stream_enabled: true`, or leave it out"));
    }
}
