//! A certificate, for people at a terminal, as Markdown and as JSON.

use std::collections::BTreeMap;

use dr_core::leftover::{Leftover, LeftoverDeparture, LeftoverSign};
use dr_core::value::Str;
use serde::Serialize;

use super::json::FORMAT;
use super::{GONE, NEW, count, paint, safe};
use crate::certificate::{CertificateVerdict, DestroyCertificate};
use crate::clock;

const DAY: u64 = 24 * 60 * 60;

/// The shape of a certificate.
#[derive(Debug, Serialize)]
pub(crate) struct CertificateJson<'a> {
    format: u32,
    environment: &'a str,
    program: Option<&'a str>,
    cloud: &'a str,
    at: String,
    looks: u32,
    verdict: &'static str,
    places: BTreeMap<&'a str, PlaceJson<'a>>,
    left_out: &'a [Str],
}

/// What was looked for and found in a place.
#[derive(Debug, Serialize)]
struct PlaceJson<'a> {
    looked_for: &'a [Str],
    found: Vec<LeftoverJson<'a>>,
    unseen: Vec<UnseenJson<'a>>,
}

#[derive(Debug, Serialize)]
struct LeftoverJson<'a> {
    what: &'a str,
    region: Option<&'a str>,
    id: &'a str,
    address: Option<&'a str>,
    told_by: LeftoverSign,
    goes_by_itself: bool,
    goes_at: Option<String>,
    goes_within_seconds: Option<u64>,
    cost_per_month: Option<f64>,
}

#[derive(Debug, Serialize)]
struct UnseenJson<'a> {
    what: &'a str,
    why: &'a str,
}

/// The shape of it.
pub(crate) fn shape(certificate: &DestroyCertificate) -> CertificateJson<'_> {
    let places = certificate.searches.iter().map(|(place, search)| {
        let unseen = search.unseen.iter().map(|part| UnseenJson { what: &part.what, why: &part.why });
        let found = search.found.iter().map(leftover).collect();
        (&**place, PlaceJson { looked_for: &search.looked, found, unseen: unseen.collect() })
    });
    CertificateJson {
        format: FORMAT,
        environment: &certificate.environment,
        program: certificate.program.as_deref(),
        cloud: &certificate.cloud,
        at: clock::exact(certificate.at),
        looks: certificate.looks,
        verdict: match certificate.verdict() {
            CertificateVerdict::Clean => "nothing_is_left",
            CertificateVerdict::Fading => "what_is_left_goes_by_itself",
            CertificateVerdict::Unsure => "not_all_could_be_looked_at",
            CertificateVerdict::Left => "something_is_left",
        },
        places: places.collect(),
        left_out: &certificate.left_out,
    }
}

fn leftover(one: &Leftover) -> LeftoverJson<'_> {
    LeftoverJson {
        what: &one.what,
        region: one.region.as_deref(),
        id: &one.id,
        address: one.address.as_deref(),
        told_by: one.sign,
        goes_by_itself: one.departure != LeftoverDeparture::Stays,
        goes_at: if let LeftoverDeparture::At(at) = one.departure { Some(clock::exact(at)) } else { None },
        goes_within_seconds: if let LeftoverDeparture::Within(time) = one.departure { Some(time) } else { None },
        cost_per_month: one.monthly.map(|monthly| monthly.0 as f64 / 1_000.0),
    }
}

/// What it says, in one line.
pub(crate) fn headline(certificate: &DestroyCertificate) -> String {
    let (staying, going) = (certificate.staying().count(), certificate.found().count());
    let early = if certificate.is_early { ", as far as services show it by now" } else { "" };
    match certificate.verdict() {
        CertificateVerdict::Clean => format!("Nothing is left{early}"),
        CertificateVerdict::Fading => {
            format!("Nothing is left but what goes by itself ({}){early}", count(going, "thing"))
        }
        CertificateVerdict::Unsure => "Nothing else is left where it could be looked for".to_owned(),
        CertificateVerdict::Left => {
            format!("{} left", if staying == 1 { "1 thing is".into() } else { format!("{staying} things are") })
        }
    }
}

/// All of it for people: what was found, and where nobody could look.
pub(crate) fn text(certificate: &DestroyCertificate) -> String {
    let style = if certificate.verdict() == CertificateVerdict::Left { GONE } else { NEW };
    let mut out = format!("{}\n", paint(style, headline(certificate)));
    for one in certificate.found() {
        let region = one.region.as_deref().unwrap_or("global");
        let address = one.address.as_deref().map(|a| format!("  of {}", safe(a))).unwrap_or_default();
        out.push_str(&format!("  {}  {region}  {}{address}  {}\n", safe(&one.what), safe(&one.id), goes(one)));
    }
    for (places, what, why) in unseen(certificate) {
        out.push_str(&format!("  {places} could not be asked for {what}: {}\n", safe(&why)));
    }
    out
}

/// Where nobody could look, for what and why: places of which the same is to be said, together.
fn unseen(certificate: &DestroyCertificate) -> Vec<(String, String, String)> {
    let mut by_reason: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for (place, search) in &certificate.searches {
        let mut whys: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for part in &search.unseen {
            whys.entry(&part.why).or_default().push(&part.what);
        }
        for (why, what) in whys {
            by_reason.entry((what.join(", "), why.to_owned())).or_default().push(place);
        }
    }
    by_reason.into_iter().map(|((what, why), places)| (places.join(", "), what, why)).collect()
}

/// Whether and when something goes.
fn goes(one: &Leftover) -> String {
    match one.departure {
        LeftoverDeparture::Stays => "stays until somebody deletes it".to_owned(),
        LeftoverDeparture::At(at) => match at.saturating_sub(clock::real()) {
            left if left > DAY => format!("goes by itself in {}", count(left.div_ceil(DAY) as usize, "day")),
            left => format!("goes by itself in {}", clock::rough(left)),
        },
        LeftoverDeparture::Within(time) => format!("goes by itself, as a rule within {}", clock::rough(time)),
    }
}

/// How something was told, in words.
fn told(sign: LeftoverSign) -> &'static str {
    match sign {
        LeftoverSign::Record => "recorded, and still there",
        LeftoverSign::Tags => "tags",
        LeftoverSign::Former => "name of what was deleted",
        LeftoverSign::Suffix => "suffix in its name",
    }
}

/// All of it as Markdown.
pub(crate) fn markdown(certificate: &DestroyCertificate) -> String {
    let cell = |text: &str| safe(text).replace('|', "\\|").replace(['<', '`'], " ");
    let program = certificate.program.as_deref().map(|program| format!("{program}/")).unwrap_or_default();
    let mut out = format!(
        "# Destroyed: {program}{}\n\n**{}.** Looked {} in {}, the last time {} (UTC).\n",
        certificate.environment,
        headline(certificate),
        if certificate.looks == 1 { "once".to_owned() } else { format!("{} times", certificate.looks) },
        cell(&certificate.cloud),
        clock::minute(certificate.at),
    );
    if certificate.found().next().is_some() {
        out.push_str("\n| what | where | id | left of | told by | goes | a month |\n|---|---|---|---|---|---|---|\n");
        for one in certificate.found() {
            out.push_str(&format!(
                "| {} | {} | `{}` | {} | {} | {} | {} |\n",
                cell(&one.what),
                one.region.as_deref().unwrap_or("global"),
                cell(&one.id),
                one.address.as_deref().map(cell).unwrap_or_default(),
                told(one.sign),
                goes(one),
                one.monthly.map_or_else(|| "not known".to_owned(), |monthly| monthly.to_string()),
            ));
        }
    }
    let unseen = unseen(certificate);
    if !unseen.is_empty() || !certificate.left_out.is_empty() {
        out.push_str("\n## Not looked at\n\n");
        for (places, what, why) in unseen {
            out.push_str(&format!("- {places}: {}: {}\n", cell(&what), cell(&why)));
        }
        for place in &certificate.left_out {
            out.push_str(&format!("- {place}: left out on purpose\n"));
        }
    }
    out.push_str("\n## Looked for\n\n");
    let mut alike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (place, search) in &certificate.searches {
        let looked: Vec<String> = search.looked.iter().map(|what| cell(what)).collect();
        alike.entry(looked.join("; ")).or_default().push(place);
    }
    for (looked, places) in alike {
        out.push_str(&format!("- {}: {looked}\n", places.join(", ")));
    }
    out
}

#[cfg(test)]
mod tests {
    use dr_core::leftover::{PlaceSearch, UnseenPart};
    use dr_run::Searches;

    use super::*;

    fn certificate() -> DestroyCertificate {
        let log = Leftover::new("log group", Some("r1"), "/aws/lambda/a|b-pr-1", (LeftoverSign::Suffix, None));
        let key =
            Leftover::new("key pending deletion", Some("r1"), "k", (LeftoverSign::Tags, Some(&"kms.key:k".into())));
        let hidden = |why: &str| UnseenPart { what: "keys".into(), why: why.into(), may_pass: false };
        let search = |found: &[&Leftover], unseen: &[UnseenPart]| PlaceSearch {
            looked: vec!["log groups".into(), "keys".into()],
            found: found.iter().map(|one| (*one).clone()).collect(),
            unseen: unseen.to_vec(),
        };
        DestroyCertificate {
            environment: "pr-1".into(),
            program: Some("shop".into()),
            cloud: "sandbox account 1".into(),
            at: 0,
            looks: 2,
            searches: Searches::from([
                ("r1".into(), search(&[&log, &key.going(LeftoverDeparture::Within(60))], &[])),
                ("r2".into(), search(&[], &[hidden("denied")])),
                ("r3".into(), search(&[], &[hidden("denied")])),
            ]),
            ..DestroyCertificate::default()
        }
    }

    #[test]
    fn a_certificate_says_what_was_found_where_and_what_was_not_looked_at() {
        let text = text(&certificate());
        for words in [
            "1 thing is left",
            "log group  r1  /aws/lambda/a|b-pr-1  stays until somebody deletes it",
            "key pending deletion  r1  k  of kms.key:k  goes by itself, as a rule within 1m",
            "r2, r3 could not be asked for keys: denied",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let page = markdown(&certificate());
        for words in [
            "# Destroyed: shop/pr-1",
            "**1 thing is left.** Looked 2 times in sandbox account 1",
            "| log group | r1 | `/aws/lambda/a\\|b-pr-1` |",
            "- r2, r3: keys: denied",
            "- r1, r2, r3: log groups; keys",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        let json = serde_json::to_value(shape(&certificate())).unwrap();
        assert_eq!(json["verdict"], "something_is_left");
        assert_eq!(json["places"]["r1"]["found"][1]["goes_within_seconds"], 60);
        assert_eq!(json["places"]["r2"]["unseen"][0]["why"], "denied");
    }
}
