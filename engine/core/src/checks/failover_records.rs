//! C12: sets of failover records that can fail over.

use std::collections::BTreeMap;

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{AtPath, Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a failover set has one primary that is watched and one secondary, each with a set identifier of its own",
    why: "Without a health check, or an alias that looks at its target, the primary counts as healthy for ever: traffic never \
          moves. With a time to live over a minute, clients go on asking the side that is down.",
    mend: "Declare both records, give the primary a `health_check_id`, and set `ttl` to 60 or less.",
    source: "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-types.html",
    ..Check::all("C12", "failover-records", &["route53.record.failover"], look)
};

/// Seconds that a record that can fail over may be kept.
const LONGEST: i64 = 60;

fn look(planned: &Planned<'_>, found: &mut Findings) {
    let mut sets: BTreeMap<(String, String, &str), Vec<&Resource<'_>>> = BTreeMap::new();
    for record in planned.of("route53.record").filter(|record| record.text("failover").is_some()) {
        let zone = match planned.target(record, "zone_id") {
            Some(zone) => zone.address.to_string(),
            None => shown(record, "zone_id"),
        };
        let name = shown(record, "name").trim_end_matches('.').to_lowercase();
        sets.entry((zone, name, record.text("type").unwrap_or_default())).or_default().push(record);
    }
    for set in sets.values() {
        one_of_each(set, found);
        for record in set {
            watched(record, found);
        }
    }
}

/// What stands at a path, as a text that is the same for the same thing.
fn shown(record: &Resource<'_>, path: &str) -> String {
    match record.at(path) {
        AtPath::Known(value) => value.to_text(),
        AtPath::Open(open) => open.to_string(),
        AtPath::Absent => String::new(),
    }
}

fn one_of_each(set: &[&Resource<'_>], found: &mut Findings) {
    let Some(first) = set.first() else { return };
    for (role, other) in [("PRIMARY", "SECONDARY"), ("SECONDARY", "PRIMARY")] {
        if !set.iter().any(|record| record.text("failover") == Some(role)) {
            let message = format!("the failover set of `{}` has no {}", first.address, role.to_lowercase());
            let help = format!("declare a record of the same name and type with `failover: \"{role}\"`");
            found.add(
                first,
                // The other record may come later.
                Finding::new("failover", message).label(format!("only a {}", other.to_lowercase())).help(help).taken(),
            );
        }
    }
    for (number, record) in set.iter().enumerate() {
        match record.at("set_identifier") {
            AtPath::Absent => {}
            AtPath::Known(value) if value.as_str() == Some("") => {
                let message = format!("`{}` has no set identifier", record.address);
                found.add(record, Finding::new("failover", message).help("give `set_identifier`, e.g. \"primary\""));
            }
            AtPath::Known(value) => {
                let same = |other: &&&Resource<'_>| other.value("set_identifier") == Some(value.reveal());
                if let Some(other) = set[..number].iter().find(same) {
                    let message = format!("`{}` and `{}` have one set identifier", other.address, record.address);
                    let finding = Finding::new("set_identifier", message).also(other, "set_identifier", "the same");
                    found.add(record, finding.help("give each an identifier of its own"));
                }
            }
            AtPath::Open(_) => {}
        }
    }
}

fn watched(record: &Resource<'_>, found: &mut Findings) {
    let by_alias = !record.is_false("alias.evaluate_target_health") && record.is_given("alias");
    let has_check = record.is_given("health_check_id");
    if record.text("failover") == Some("PRIMARY") && !has_check && !by_alias {
        let message = format!("nothing watches the primary `{}`: it is never left", record.address);
        let help = "give `health_check_id`, or an `alias` with `evaluate_target_health: true`";
        found.add(record, Finding::new("failover", message).help(help).taken());
    }
    if let Some(ttl) = record.int("ttl").filter(|ttl| *ttl > LONGEST) {
        let message = format!("`{}` may be kept for {ttl} s, in which clients ask a side that is down", record.address);
        found.add(record, Finding::new("ttl", message).warning().help(format!("set `ttl` to {LONGEST} or less")));
    }
}
