//! ARNs: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.

use super::flaw::{Flaw, at, shown};
use super::form::Arn;
use crate::naming;
use crate::region;
use crate::schema::closest;

/// The partitions of AWS; from botocore's list of endpoints, November 2026.
const PARTITIONS: &[&str] =
    &["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];
/// Digits of an account's number.
const ACCOUNT: usize = 12;

/// What is wrong with an ARN of such a thing.
pub(super) fn flaw(text: &str, of: &Arn) -> Option<Flaw> {
    let no = |why: String| Flaw::new(format!("is not the ARN of {}: {why}", of.what));
    let looks = || format!("it looks like `{}`", of.example);
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, place, account, resource] = parts[..] else {
        let why = match parts[0] {
            "arn" => format!("{} has {} parts between its colons, not six", shown(text), parts.len()),
            _ => format!("{} does not begin with `arn:`", shown(text)),
        };
        return Some(no(why).help(looks()));
    };
    if arn != "arn" {
        return Some(no(format!("{} does not begin with `arn:`", shown(text))).help(looks()));
    }
    let any = |part: &str| of.wild && part.contains(['*', '?', '$']);
    if !PARTITIONS.contains(&partition) && !any(partition) {
        let near = closest(partition, PARTITIONS.iter().copied()).unwrap_or("aws");
        let flaw = no(format!("there is no partition {}, {}", shown(partition), at(text, partition)));
        return Some(flaw.help(format!("did you mean `{near}`?")));
    }
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    if !any(service) && (service.is_empty() || !service.chars().all(word)) {
        return Some(no(format!("{} is no service, {}", shown(service), at(text, service))).help(looks()));
    }
    if let Some(flaw) = other_thing(text, service, resource, of) {
        return Some(flaw);
    }
    if !place.is_empty()
        && !any(place)
        && let Err(unknown) = region::check_name(place)
    {
        return Some(no(format!("{unknown}, {}", at(text, place))).help(unknown.help()));
    }
    let is_number = account.len() == ACCOUNT && account.bytes().all(|b| b.is_ascii_digit());
    // Some ARNs have a word there: that of a managed policy has `aws`.
    if account.starts_with(|c: char| c.is_ascii_digit()) && !any(account) && !is_number {
        let flaw = no(format!("{} is no account, {}", shown(account), at(text, account)));
        return Some(flaw.help(format!("the number of an account has {ACCOUNT} digits")));
    }
    resource.is_empty().then(|| no("it ends where the resource is to be named".to_owned()).help(looks()))
}

/// A flaw: the ARN of another sort of resource.
fn other_thing(text: &str, service: &str, resource: &str, of: &Arn) -> Option<Flaw> {
    let fits = |wanted: &&str| {
        let (wanted_service, start) = wanted.split_once(':').unwrap_or((wanted, ""));
        let whole = match start {
            "@" => !resource.contains([':', '/']),
            start => resource.starts_with(start),
        };
        wanted_service == service && whole
    };
    if of.of.is_empty() || of.of.iter().any(fits) {
        return None;
    }
    let same = of.of.iter().any(|wanted| wanted.split(':').next() == Some(service));
    let why = match same {
        true => format!("the resource {} is of another kind, {}", shown(resource), at(text, resource)),
        false => format!("it is of the service {}, {}", shown(service), at(text, service)),
    };
    let flaw = Flaw::new(format!("is not the ARN of {}: {why}", of.what));
    Some(flaw.help(format!("it looks like `{}`", of.example)))
}

/// What is wrong with a name of these characters, or the ARN.
pub(super) fn flaw_of_name(text: &str, of: &Arn, chars: &str) -> Option<Flaw> {
    if text.starts_with("arn:") {
        return flaw(text, of);
    }
    let bad = text.chars().find(|c| !naming::allows(chars, *c));
    if bad.is_none() && !text.is_empty() {
        return None;
    }
    let why = bad
        .map_or_else(|| "it is empty".to_owned(), |bad| format!("{} holds {}", shown(text), shown(&bad.to_string())));
    let flaw = Flaw::new(format!("is neither the name nor the ARN of {}: {why}", of.what));
    Some(flaw.help(format!("a name is made of {chars}, and the ARN looks like `{}`", of.example)))
}
