//! C81: records that say what their type takes.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a record lies in its zone and has values of its type, or an alias",
    why: "Route 53 refuses a change batch with a value that is not of the record's type, a CNAME at the top of a zone, a record \
          outside of its zone, and a time to live beside an alias.",
    mend: "Give `ttl` and `records`, or `alias`; use an alias at the top of a zone.",
    source: "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html",
    ..Check::each("C81", "record-values", &["route53.record"], look)
};

fn look(record: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let sort = record.text("type").unwrap_or_default();
    let has_values = record.count("records") > 0 || record.value("records").is_none() && record.is_given("records");
    match (record.is_given("alias"), has_values) {
        (true, true) => {
            let message = format!("`{}` is an alias and has values of its own", record.address);
            found.add(record, Finding::new("records", message).help("leave out `records`, or `alias`"));
        }
        (false, false) => {
            let message = format!("`{}` has neither values nor an alias", record.address);
            found.add(record, Finding::new("", message).help("give `records` with `ttl`, or `alias`"));
        }
        (true, false) if record.is_given("ttl") => {
            let message = format!("`{}` is an alias, which has the time to live of its target", record.address);
            found.add(record, Finding::new("ttl", message).help("leave `ttl` out"));
        }
        (false, true) if record.is_absent("ttl") => {
            let message = format!("`{}` has values and no time to live", record.address);
            found.add(record, Finding::new("", message).help("give `ttl`, in seconds"));
        }
        _ => {}
    }
    for path in record.each("records") {
        let Some(text) = record.text(&path) else { continue };
        if let Some(wanted) = unfit(sort, text) {
            let message = format!("\"{text}\" of `{}` is no value of type {sort}", record.address);
            found.add(record, Finding::new(&path, message).help(format!("a value of type {sort} is {wanted}")));
        }
    }
    if sort == "CNAME" && record.count("records") > 1 {
        let message = format!("`{}` is a CNAME with {} values; it has one", record.address, record.count("records"));
        found.add(record, Finding::new("records", message).help("leave all but one out"));
    }
    inside(record, planned, found);
}

/// How a value of a type looks, when this one is none.
fn unfit(sort: &str, text: &str) -> Option<&'static str> {
    let numbers = |count: usize| {
        let parts: Vec<&str> = text.split_whitespace().collect();
        parts.len() == count + 1 && parts[..count].iter().all(|part| part.parse::<u16>().is_ok())
    };
    let is_name = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '/' || c == ':');
    let (fits, wanted) = match sort {
        "A" => (text.parse::<Ipv4Addr>().is_ok(), "an IPv4 address, e.g. `192.0.2.1`"),
        "AAAA" => (text.parse::<Ipv6Addr>().is_ok(), "an IPv6 address, e.g. `2001:db8::1`"),
        "CNAME" | "NS" | "PTR" => (is_name, "a domain name, without a scheme or a port"),
        "MX" => (numbers(1), "a priority and a name, e.g. `10 mail.example.net`"),
        "SRV" => (numbers(3), "a priority, a weight, a port and a name"),
        _ => (true, ""),
    };
    (!fits).then_some(wanted)
}

fn inside(record: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let Some(zone) = planned.target(record, "zone_id") else { return };
    let (Some(name), Some(of)) = (record.text("name"), zone.text("name")) else { return };
    let [name, of] = [name, of].map(|name| name.trim_end_matches('.').to_lowercase());
    let is_top = name == of;
    if !is_top && !name.ends_with(&format!(".{of}")) {
        let message = format!("`{}` is called {name}, which is not in the zone {of}", record.address);
        let finding = Finding::new("name", message).also(zone, "name", "the zone");
        found.add(record, finding.help(format!("end the name with `.{of}`, or choose another zone")));
    }
    if is_top && record.text("type") == Some("CNAME") {
        let message = format!("`{}` is a CNAME at the top of the zone {of}, which has other records", record.address);
        found.add(record, Finding::new("type", message).help("use a record of type A with an `alias`"));
    }
}
