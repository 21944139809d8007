//! Keys of KMS, where a service takes their id, their ARN or an alias.

use super::arn;
use super::flaw::{Flaw, shown};
use super::form::arns;

/// What is wrong with what names a key.
pub(super) fn flaw(text: &str) -> Option<Flaw> {
    if text.starts_with("arn:") {
        return arn::flaw(text, &arns::KEY);
    }
    if text.strip_prefix("alias/").is_some_and(|name| !name.is_empty()) || is_id(text) {
        return None;
    }
    let flaw = Flaw::new(format!("is {}, which is neither the id nor the ARN of a KMS key, nor an alias", shown(text)));
    Some(flaw.help("give the `arn` of a `kms.key`, or an alias such as `alias/orders`"))
}

/// Whether this is a UUID, or the id of a key with replicas: `mrk-` and 32 digits.
fn is_id(text: &str) -> bool {
    let hex = |part: &str, length: usize| part.len() == length && part.bytes().all(|b| b.is_ascii_hexdigit());
    match text.strip_prefix("mrk-") {
        Some(digits) => hex(digits, 32),
        None => {
            let parts: Vec<&str> = text.split('-').collect();
            parts.len() == 5 && parts.iter().zip([8, 4, 4, 4, 12]).all(|(part, length)| hex(part, length))
        }
    }
}
