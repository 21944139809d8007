//! What error codes of CloudWatch Logs mean.

use crate::connect::errors::{ErrorRule, NOT_YET};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[("InvalidParameterException", "kms key", NOT_YET)];

#[cfg(test)]
mod tests {
    #[test]
    fn no_rule_is_hidden() {
        crate::connect::errors::assert_classes(super::ERRORS, &[]);
    }
}
