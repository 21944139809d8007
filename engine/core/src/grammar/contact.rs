//! Where people and programs are reached: e-mail addresses, web addresses, telephone numbers.

use super::flaw::{Flaw, at, shown};

/// What is wrong with an e-mail address.
pub(super) fn email(text: &str) -> Option<Flaw> {
    let no =
        |why: String| Some(Flaw::new(format!("is no e-mail address: {why}")).help("write it as `name@domain.org`"));
    if let Some(gap) = text.find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';')) {
        return no(format!("{} holds a character that none has, {}", shown(text), at(text, &text[gap..])));
    }
    let Some((name, domain)) = text.rsplit_once('@') else {
        return no(format!("{} has no `@`", shown(text)));
    };
    if name.is_empty() || name.contains('@') {
        return no(format!("what is before the `@` of {} is no name", shown(text)));
    }
    match domain_fault(domain) {
        Some(why) => no(format!("its domain {} {why}, {}", shown(domain), at(text, domain))),
        None => None,
    }
}

/// What is wrong with a web address of this scheme, `http` or `https`.
pub(super) fn url(text: &str, scheme: &str) -> Option<Flaw> {
    let no = |why: String| Flaw::new(format!("is no {scheme} address: {why}"));
    let Some((found, rest)) = text.split_once("://") else {
        return Some(
            no(format!("{} does not begin with `{scheme}://`", shown(text))).help(format!("write `{scheme}://{text}`")),
        );
    };
    if !found.eq_ignore_ascii_case(scheme) {
        let flaw = no(format!("it begins with {}, not with `{scheme}://`", shown(&format!("{found}://"))));
        return Some(flaw.help(format!("write `{scheme}://{rest}`, or choose the protocol `{found}`")));
    }
    if let Some(gap) = text.find(|c: char| c.is_whitespace() || c.is_control()) {
        return Some(no(format!("{} holds a space, {}", shown(text), at(text, &text[gap..]))));
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    host.is_empty().then(|| no(format!("{} names no host", shown(text))))
}

/// What is wrong with a telephone number in the international form.
pub(super) fn phone(text: &str) -> Option<Flaw> {
    const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_right =
        text.strip_prefix('+') == Some(&digits) && DIGITS.contains(&digits.len()) && !digits.starts_with('0');
    if is_right {
        return None;
    }
    let flaw = Flaw::new(format!("is {}, which is no telephone number in the international form", shown(text)));
    Some(flaw.help("write `+`, the country's number and the rest, digits only: `+15551234567`"))
}

/// What is wrong with a domain.
fn domain_fault(domain: &str) -> Option<&'static str> {
    let labels: Vec<&str> = domain.split('.').collect();
    if labels.len() < 2 {
        return Some("has no dot");
    }
    if labels.iter().any(|label| label.is_empty()) {
        return Some("has two dots side by side, or one at an end");
    }
    let right = |label: &&str| !label.starts_with('-') && !label.ends_with('-') && label.len() <= 63;
    (!labels.iter().all(right))
        .then_some("has a part that begins or ends with a hyphen, or is longer than 63 characters")
}
