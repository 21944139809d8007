//! What error codes of SNS mean.

use crate::connect::errors::{CONFLICT, EXISTS, ErrorRule, NOT_YET};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("ConcurrentAccess", "", CONFLICT),
    ("ConcurrentAccessException", "", CONFLICT),
    ("InvalidParameter", "already exists", EXISTS),
    ("InvalidParameter", "principal", NOT_YET),
    ("KMSAccessDenied", "", NOT_YET),
    ("KMSNotFound", "", NOT_YET),
    ("StaleTag", "", CONFLICT),
];

#[cfg(test)]
mod tests {
    #[test]
    fn no_rule_is_hidden() {
        crate::connect::errors::assert_classes(super::ERRORS, &[]);
    }
}
