//! Policies: documents of IAM, and single statements of them.
//!
//! From "Grammar of the IAM JSON policy language" and the quotas of IAM and of the services, as read in November 2026.

use super::arn;
use super::document::{Passage, Reading};
use super::flaw::{Flaw, shown};
use super::form::{PolicyUse, Principal, arns};
use super::services;
use crate::schema::closest;

const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];
const TOP: &[&str] = &["Version", "Id", "Statement"];
const OF_STATEMENT: &[&str] =
    &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const PRINCIPALS: &[&str] = &["AWS", "Service", "Federated", "CanonicalUser"];
/// The domains of services that are principals.
const SERVICE_ENDS: &[&str] = &[".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal", ".amazonaws.eu"];
const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
];

/// What is wrong with a policy of this use.
pub(super) fn flaws(whole: &Passage<'_>, of: &PolicyUse) -> Vec<Flaw> {
    let mut found = Vec::new();
    let Some(entries) = whole.entries() else {
        if !matches!(whole.seen(), Reading::Unknown | Reading::Null | Reading::Text(_)) {
            found.push(whole.flaw(format!("must be a map with `Version` and `Statement`, not {whole}")));
        }
        return found;
    };
    if of.statement {
        statement(whole, &entries, of, &mut found);
        return found;
    }
    unknown_keys(&entries, TOP, "a policy", &mut found);
    if let Some(version) = whole.get("Version")
        && let Some(text) = version.text()
        && !VERSIONS.contains(&text)
    {
        found.push(
            version
                .flaw(format!("must be \"{}\", not {version}", VERSIONS[0]))
                .help("it is the version of the language, and stays as it is when the policy changes"),
        );
    }
    match whole.get("Statement") {
        None => found.push(whole.flaw("needs `Statement`: a list of what is allowed and denied")),
        Some(all) => {
            let items = all.items();
            if items.is_empty() {
                found.push(all.flaw("is empty: a policy has at least one statement"));
            }
            for item in items {
                match item.seen() {
                    Reading::Map(entries) => statement(&item, &entries, of, &mut found),
                    Reading::Unknown => {}
                    _ => found.push(item.flaw(format!("must be a statement, a map, not {item}"))),
                }
            }
            if of.principal == Principal::Refused {
                repeated(&all.items(), &mut found);
            }
        }
    }
    if let Some(json) = whole.json() {
        // IAM does not count spaces and line breaks between the parts, and there are none.
        let size = json.chars().count();
        if size > of.most {
            let what = format!("has {size} characters; {} takes {}", of.what, of.most);
            found.push(
                whole.flaw(what).help("join statements that differ by their resources or actions alone, or use `*`"),
            );
        }
    }
    found
}

fn unknown_keys(entries: &[(&str, Passage<'_>)], known: &[&str], what: &str, found: &mut Vec<Flaw>) {
    for (key, part) in entries.iter().filter(|(key, _)| !known.contains(key)) {
        let flaw = part.flaw_of_key(format!("is nothing that {what} has"));
        found.push(match closest(key, known.iter().copied()) {
            Some(near) => flaw.help(format!("did you mean `{near}`?")),
            None => flaw.help(format!("it has {}", listed(known))),
        });
    }
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn statement(whole: &Passage<'_>, entries: &[(&str, Passage<'_>)], of: &PolicyUse, found: &mut Vec<Flaw>) {
    if entries.iter().any(|(key, _)| *key == "Statement") {
        let flaw = whole.flaw("is a whole policy where a statement belongs");
        found.push(flaw.help("give the policy itself, or the statements that are in it"));
        return;
    }
    unknown_keys(entries, OF_STATEMENT, "a statement", found);
    match whole.get("Effect") {
        None => found.push(whole.flaw("needs `Effect`: \"Allow\" or \"Deny\"")),
        Some(effect) => {
            let is_right = effect.text().is_some_and(|text| matches!(text, "Allow" | "Deny"));
            if !is_right && !matches!(effect.seen(), Reading::Unknown) {
                let flaw = effect.flaw(format!("must be \"Allow\" or \"Deny\", not {effect}"));
                found.push(match effect.text().and_then(|text| closest(text, ["Allow", "Deny"])) {
                    Some(near) => flaw.help(format!("did you mean \"{near}\"?")),
                    None => flaw,
                });
            }
        }
    }
    one_of(whole, "Action", "NotAction", true, found);
    for key in ["Action", "NotAction"] {
        whole.get(key).iter().for_each(|part| actions(part, of, found));
    }
    match of.resource {
        Some(needed) => one_of(whole, "Resource", "NotResource", needed, found),
        None => refused(whole, &["Resource", "NotResource"], "a trust policy: it is about the role that has it", found),
    }
    for key in ["Resource", "NotResource"] {
        whole.get(key).filter(|_| of.resource.is_some()).iter().for_each(|part| resources(part, of, found));
    }
    match of.principal {
        Principal::Refused => {
            refused(whole, &["Principal", "NotPrincipal"], "a policy of an identity: it is about who has it", found);
        }
        Principal::Needed => one_of(whole, "Principal", "NotPrincipal", true, found),
        Principal::Open => one_of(whole, "Principal", "NotPrincipal", false, found),
    }
    for key in ["Principal", "NotPrincipal"] {
        whole.get(key).filter(|_| of.principal != Principal::Refused).iter().for_each(|part| principals(part, found));
    }
    whole.get("Condition").iter().for_each(|part| conditions(part, found));
    if of.principal == Principal::Refused
        && let Some(sid) = whole.get("Sid")
        && let Some(text) = sid.text()
        && let Some(bad) = text.chars().find(|c| !c.is_ascii_alphanumeric())
    {
        found.push(
            sid.flaw(format!("is {}, which holds {}", shown(text), shown(&bad.to_string())))
                .help("IAM takes letters and digits"),
        );
    }
}

/// A flaw where both of two keys are there, or neither.
fn one_of(whole: &Passage<'_>, key: &str, other: &str, needed: bool, found: &mut Vec<Flaw>) {
    match (whole.get(key), whole.get(other)) {
        (Some(_), Some(second)) => found.push(second.flaw_of_key(format!("cannot stand beside `{key}`"))),
        (None, None) if needed => {
            let flaw = whole.flaw(format!("needs `{key}` or `{other}`"));
            found.push(match key {
                "Principal" => flaw.help("say whom it is about: `allow(actions, resources, #{ Principal: #{ Service: \"sns.amazonaws.com\" } })`"),
                key => flaw.help(format!("add `{key}: ..` to the statement")),
            });
        }
        _ => {}
    }
}

fn refused(whole: &Passage<'_>, keys: &[&str], what: &str, found: &mut Vec<Flaw>) {
    for part in keys.iter().filter_map(|key| whole.get(key)) {
        found.push(part.flaw_of_key(format!("does not belong into {what}")).help("leave it out"));
    }
}

/// A flaw where two statements have one id.
fn repeated(statements: &[Passage<'_>], found: &mut Vec<Flaw>) {
    let mut seen: Vec<&str> = Vec::new();
    for sid in statements.iter().filter_map(|statement| statement.get("Sid")) {
        let Some(text) = sid.text().filter(|text| !text.is_empty()) else { continue };
        if seen.contains(&text) {
            found.push(
                sid.flaw(format!("is {} a second time", shown(text)))
                    .help("each statement has an id of its own, or none"),
            );
        }
        seen.push(text);
    }
}

/// The texts of a part that is one or a list of them; whatever else is there is said.
fn texts<'a>(part: &Passage<'a>, what: &str, found: &mut Vec<Flaw>) -> Vec<(Passage<'a>, &'a str)> {
    let mut all = Vec::new();
    for item in part.items() {
        match item.seen() {
            Reading::Text(text) => all.push((item, text)),
            Reading::Unknown => {}
            _ => found.push(item.flaw(format!("must be {what}, not {item}"))),
        }
    }
    all
}

fn actions(part: &Passage<'_>, of: &PolicyUse, found: &mut Vec<Flaw>) {
    for (item, text) in texts(part, "an action such as \"s3:GetObject\"", found) {
        if text == "*" {
            continue;
        }
        let Some((service, verb)) = text.split_once(':') else {
            let flaw = item.flaw(format!("is {}, which names no service", shown(text)));
            found.push(flaw.help("write the service and what is done: `s3:GetObject`, `s3:*`"));
            continue;
        };
        if let Err(near) = services::check(service) {
            let flaw = item.flaw(format!("is {}, and there is no service {}", shown(text), shown(service)));
            found.push(match near {
                Some(near) => flaw.help(format!("did you mean `{near}:{verb}`?")),
                None => flaw.help("the service comes first, as in `s3:GetObject`"),
            });
            continue;
        }
        let is_verb = |c: char| c.is_ascii_alphanumeric() || matches!(c, '*' | '?');
        if verb.is_empty() || !verb.chars().all(is_verb) {
            found.push(item.flaw(format!("is {}, and {} is nothing that can be done", shown(text), shown(verb))));
            continue;
        }
        if !of.service.is_empty() && !service.eq_ignore_ascii_case(of.service) {
            let flaw = item.flaw(format!("is {}; {} speaks of `{}:` alone", shown(text), of.what, of.service));
            found.push(flaw.help("what others may do stands in a policy of its own"));
        }
    }
}

fn resources(part: &Passage<'_>, of: &PolicyUse, found: &mut Vec<Flaw>) {
    for (item, text) in texts(part, "an ARN or \"*\"", found) {
        let relative = of.service == "execute-api" && text.starts_with("execute-api:/");
        if relative || text.starts_with('*') || text.starts_with("${") {
            continue;
        }
        // `arn:aws:s3:*` stands for all that comes.
        let cut = text.split(':').count() < 6 && text.starts_with("arn:") && text.ends_with('*');
        if cut {
            continue;
        }
        if let Some(flaw) = arn::flaw(text, &arns::RESOURCES) {
            found.push(Flaw { help: flaw.help, ..item.flaw(flaw.what) });
        }
    }
}

fn principals(part: &Passage<'_>, found: &mut Vec<Flaw>) {
    let entries = match part.seen() {
        Reading::Map(entries) => entries,
        Reading::Text("*") | Reading::Unknown => return,
        _ => {
            let flaw = part.flaw(format!("must be \"*\" or a map, not {part}"));
            let help = match part.text() {
                Some(text) if text.ends_with(".amazonaws.com") => format!("write `#{{ Service: \"{text}\" }}`"),
                Some(text) if text.starts_with("arn:") => "write `#{ AWS: \"arn:..\" }`".to_owned(),
                _ => format!("its keys are {}", listed(PRINCIPALS)),
            };
            found.push(flaw.help(help));
            return;
        }
    };
    unknown_keys(&entries, PRINCIPALS, "a principal", found);
    for (key, part) in &entries {
        for (item, text) in texts(part, "text", found) {
            let flaw = match *key {
                "AWS" => account(&item, text),
                "Service" => service(&item, text),
                _ => None,
            };
            found.extend(flaw);
        }
    }
}

/// What is wrong with an account, role or user.
fn account(item: &Passage<'_>, text: &str) -> Option<Flaw> {
    let is_number = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    // The ids of what was deleted stand there too, once IAM has written them.
    let is_id = text.starts_with('A') && text.len() >= 16 && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if text == "*" || is_number || is_id {
        return None;
    }
    if text.ends_with(".amazonaws.com") {
        let flaw = item.flaw(format!("is {}, which is a service", shown(text)));
        return Some(flaw.help(format!("write `Service: \"{text}\"` instead of `AWS`")));
    }
    let flaw = arn::flaw(text, &arns::IDENTITY)?;
    Some(Flaw { help: flaw.help, ..item.flaw(flaw.what) })
}

/// What is wrong with the name of a service.
fn service(item: &Passage<'_>, text: &str) -> Option<Flaw> {
    if SERVICE_ENDS.iter().any(|end| text.strip_suffix(end).is_some_and(|name| !name.is_empty())) {
        return None;
    }
    let flaw = item.flaw(format!("is {}, which is no service", shown(text)));
    let first = text.split('.').next().unwrap_or_default();
    let is_word = !first.is_empty() && first.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    match is_word {
        true => Some(flaw.help(format!("did you mean `{first}.amazonaws.com`?"))),
        false => Some(flaw.help("it looks like `lambda.amazonaws.com`")),
    }
}

fn conditions(part: &Passage<'_>, found: &mut Vec<Flaw>) {
    let entries = match part.seen() {
        Reading::Map(entries) => entries,
        Reading::Unknown => return,
        _ => {
            let flaw = part.flaw(format!("must be a map, not {part}"));
            found.push(flaw.help("write `#{ StringEquals: #{ \"aws:SourceAccount\": \"123456789012\" } }`"));
            return;
        }
    };
    for (operator, part) in entries {
        if let Err(near) = operator_of(operator) {
            let flaw = part.flaw_of_key("is no operator of conditions".to_owned());
            found.push(match near {
                Some(near) => flaw.help(format!("did you mean `{near}`?")),
                None => flaw.help("`StringEquals`, `StringLike`, `ArnLike`, `IpAddress` and `Bool` are some"),
            });
            continue;
        }
        match part.seen() {
            Reading::Map(keys) => keys.iter().for_each(|(key, part)| found.extend(condition_key(key, part))),
            Reading::Unknown => {}
            _ => found.push(part.flaw(format!("must be a map from keys to values, not {part}"))),
        }
    }
}

/// Whether this is an operator, with `IfExists` behind it and a quantifier before it.
fn operator_of(text: &str) -> Result<(), Option<String>> {
    let (quantifier, rest) = match text.split_once(':') {
        Some((quantifier, rest)) => (Some(quantifier), rest),
        None => (None, text),
    };
    let bare = rest.strip_suffix("IfExists").filter(|bare| *bare != "Null").unwrap_or(rest);
    let quantifiers = ["ForAnyValue", "ForAllValues"];
    let near_quantifier = quantifier.map(|q| (quantifiers.contains(&q), closest(q, quantifiers)));
    let known = OPERATORS.iter().any(|operator| operator.eq_ignore_ascii_case(bare));
    if known && near_quantifier.is_none_or(|(known, _)| known) {
        return Ok(());
    }
    let near = if known { Some(bare) } else { closest(bare, OPERATORS.iter().copied()) };
    Err(near.and_then(|near| {
        let ending = if bare.len() < rest.len() { "IfExists" } else { "" };
        match near_quantifier {
            None => Some(format!("{near}{ending}")),
            Some((_, before)) => before.map(|before| format!("{before}:{near}{ending}")),
        }
    }))
}

/// Keys of conditions that every service knows.
const GLOBAL_KEYS: &[&str] = &[
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:FederatedProvider",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:PrincipalType",
    "aws:Referer",
    "aws:referer",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:ResourceOrgPaths",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIdentity",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:TagKeys",
    "aws:TokenIssueTime",
    "aws:UserAgent",
    "aws:ViaAWSService",
    "aws:VpcSourceIp",
    "aws:userid",
    "aws:username",
];

fn condition_key(key: &str, part: &Passage<'_>) -> Option<Flaw> {
    if !key.contains(':') {
        let flaw = part.flaw_of_key("is no key of a condition: it names no service");
        return Some(match closest(&format!("aws:{key}"), GLOBAL_KEYS.iter().copied()) {
            Some(near) => flaw.help(format!("did you mean `{near}`?")),
            None => flaw.help("write the service first, as in `aws:SourceArn`"),
        });
    }
    // New ones come up: only what is nearly one that is known is refused.
    let is_plain = key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) && !key.contains('/');
    if !is_plain || GLOBAL_KEYS.iter().any(|known| known.eq_ignore_ascii_case(key)) {
        return None;
    }
    let near = GLOBAL_KEYS
        .iter()
        .find(|known| strsim::damerau_levenshtein(&known.to_lowercase(), &key.to_lowercase()) <= 2)?;
    Some(part.flaw_of_key("is no key that every service knows").help(format!("did you mean `{near}`?")))
}
