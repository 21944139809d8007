//! Actions: the verbs that services have in policies, as far as they are known here (`actions.txt`, with its date).

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::schema::closest;

/// What is known of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownVerb {
    /// There is one, or the pattern stands for some.
    Known,
    /// The service has none, as of the list.
    Unknown {
        /// The nearest, without its service.
        near: Option<&'static str>,
    },
    /// Nothing is known of the service, or this is no action.
    Unlisted,
}

static LIST: &str = include_str!("actions.txt");

/// The verbs by service.
fn services() -> &'static BTreeMap<&'static str, Vec<&'static str>> {
    static SERVICES: OnceLock<BTreeMap<&str, Vec<&str>>> = OnceLock::new();
    SERVICES.get_or_init(|| {
        let mut services: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut verbs = None;
        for line in LIST.lines().filter(|line| !line.starts_with('#')) {
            match line.strip_suffix(':') {
                Some(service) => verbs = Some(services.entry(service).or_default()),
                None => verbs.iter_mut().for_each(|verbs| verbs.extend(line.split_ascii_whitespace())),
            }
        }
        services
    })
}

/// Looks up `service:Verb`. `fits` tells whether a pattern of policies is for a text.
pub fn look_up(action: &str, fits: impl Fn(&str, &str) -> bool) -> KnownVerb {
    let Some((service, verb)) = action.split_once(':') else { return KnownVerb::Unlisted };
    let Some(verbs) = services().get(&*service.to_ascii_lowercase()) else { return KnownVerb::Unlisted };
    if verbs.iter().any(|known| fits(verb, known)) {
        return KnownVerb::Known;
    }
    let is_pattern = verb.contains(['*', '?']);
    let lower: Vec<String> = verbs.iter().map(|known| known.to_ascii_lowercase()).collect();
    let near = closest(&verb.to_ascii_lowercase(), lower.iter().map(String::as_str)).filter(|_| !is_pattern);
    let near = near.and_then(|near| verbs.iter().find(|known| known.eq_ignore_ascii_case(near)));
    KnownVerb::Unknown { near: near.copied() }
}

#[cfg(test)]
mod tests {
    use super::{KnownVerb, look_up, services};

    #[test]
    fn verbs_are_known_whatever_their_case() {
        let fits = |pattern: &str, text: &str| pattern.eq_ignore_ascii_case(text) || pattern == "*";
        for (action, expected) in [
            ("sqs:SendMessage", KnownVerb::Known),
            ("SQS:sendmessage", KnownVerb::Known),
            ("s3:*", KnownVerb::Known),
            ("sqs:SendMesage", KnownVerb::Unknown { near: Some("SendMessage") }),
            ("s3:GetObjectt", KnownVerb::Unknown { near: Some("GetObject") }),
            ("kms:Frobnicate", KnownVerb::Unknown { near: None }),
            ("braket:Anything", KnownVerb::Unlisted),
            ("*", KnownVerb::Unlisted),
        ] {
            assert_eq!(look_up(action, fits), expected, "{action}");
        }
    }

    #[test]
    fn the_list_has_no_service_without_verbs_and_no_verb_twice() {
        assert!(services().len() > 20);
        for (service, verbs) in services() {
            let mut lower: Vec<String> = verbs.iter().map(|verb| verb.to_ascii_lowercase()).collect();
            lower.sort();
            let count = lower.len();
            lower.dedup();
            assert!(count > 2 && lower.len() == count, "{service}");
        }
    }
}
