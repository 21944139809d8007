//! C04: what a table must be to have replicas.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a table with replicas is paid by the request, has a stream of both images, and each replica has a free place",
    why: "DynamoDB replicates by the table's stream, refuses a replica of a table whose writes are provisioned and do not \
          scale, and needs the table's name to be free in the replica's region.",
    mend: "Leave `billing_mode` out, set `stream_enabled: true`, and put each replica into another region than the table's.",
    source: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_reqs_bestpractices.html",
    ..Check::all("C04", "global-table", &["dynamodb.table_replica"], look)
};

fn look(planned: &Planned<'_>, found: &mut Findings) {
    for table in planned.of("dynamodb.table") {
        let is_of = |replica: &&Resource<'_>| table_of(replica, planned).is_some_and(|of| of.address == table.address);
        let replicas: Vec<_> = planned.of("dynamodb.table_replica").filter(is_of).collect();
        if let Some(first) = replicas.first() {
            is_fit(table, first, found);
        }
        for replica in replicas {
            has_a_place(replica, table, planned, found);
        }
    }
}

/// The table that a replica is made from. By name alone it is the one of the region that the replica says.
pub(super) fn table_of<'p, 'a>(replica: &Resource<'_>, planned: &'p Planned<'a>) -> Option<&'p Resource<'a>> {
    let named = || {
        let (name, region) = (replica.text("table_name")?, replica.text("source_region")?);
        planned.of("dynamodb.table").find(|table| table.text("name") == Some(name) && table.region == Some(region))
    };
    let is_named = replica.reads("table_name").is_empty() || replica.refers().is_some();
    named().filter(|_| is_named).or_else(|| planned.target(replica, "table_name"))
}

fn is_fit(table: &Resource<'_>, replica: &Resource<'_>, found: &mut Findings) {
    let mut add = |path: &str, message: String, label: &str, help: &str| {
        let finding = Finding::new(path, message).label(label).help(help);
        found.add(table, finding.also(replica, "", "the replica"));
    };
    if table.text("billing_mode") == Some("PROVISIONED") {
        let message =
            format!("the writes of `{}` are provisioned and do not scale, and it has a replica", table.address);
        let help = "leave `billing_mode` and the capacities out: a table that is paid by the request scales by itself";
        add("billing_mode", message, "provisioned", help);
    }
    if table.is_false("stream_enabled") {
        let message = format!("`{}` has no stream, and it has a replica, which is fed by one", table.address);
        add("stream_enabled", message, "no stream", "set `stream_enabled: true`");
    } else if let Some(view) = table.text("stream_view_type").filter(|view| *view != "NEW_AND_OLD_IMAGES") {
        let message = format!("the stream of `{}` shows {view}; its replica needs both images", table.address);
        add("stream_view_type", message, view, "set it to `NEW_AND_OLD_IMAGES`, or leave it out");
    }
}

fn has_a_place(replica: &Resource<'_>, table: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let (Some(region), Some(own)) = (replica.region, table.region) else { return };
    if region == own {
        let message = format!("`{}` is in {region}, where its table `{}` is itself", replica.address, table.address);
        let finding = Finding::new("region", message).label(format!("in {region}"));
        found.add(replica, finding.help("put it into a component of another region, or give it a `region`"));
        return;
    }
    if let Some(source) = replica.text("source_region").filter(|source| *source != own) {
        let message =
            format!("`{}` is made from the table of {source}, but `{}` is in {own}", replica.address, table.address);
        let finding = Finding::new("source_region", message).label(source);
        found.add(replica, finding.help("take the table's `region`").also(table, "", "the table"));
    }
    let name = table.text("name");
    let in_the_way =
        planned.of("dynamodb.table").find(|other| other.region == Some(region) && other.text("name") == name);
    if let Some(other) = in_the_way.filter(|_| name.is_some()) {
        let message = format!("`{}` has no place: `{}` has its name in {region}", replica.address, other.address);
        found
            .add(replica, Finding::new("", message).help("give that table another name").also(other, "", "this table"));
    }
}
