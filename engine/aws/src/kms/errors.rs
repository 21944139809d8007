//! What error codes of KMS mean.

use crate::connect::errors::{CONFLICT, ErrorRule, GONE, TRANSIENT};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("DependencyTimeoutException", "", TRANSIENT),
    ("KMSInternalException", "", TRANSIENT),
    ("KMSInvalidStateException", "pending deletion", GONE),
    ("KMSInvalidStateException", "pending replica deletion", GONE),
    ("KMSInvalidStateException", "", CONFLICT),
];

#[cfg(test)]
mod tests {
    #[test]
    fn no_rule_is_hidden() {
        crate::connect::errors::assert_classes(super::ERRORS, &[]);
    }
}
