//! What error codes of Systems Manager mean.

use crate::connect::errors::{ABSENT, CONFLICT, EXISTS, ErrorRule, NOT_YET};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("InvalidKeyId", "", NOT_YET),
    ("InvalidResourceId", "", ABSENT),
    ("ParameterAlreadyExists", "", EXISTS),
    ("ParameterNotFound", "", ABSENT),
    ("TooManyUpdates", "", CONFLICT),
];

#[cfg(test)]
mod tests {
    use dr_core::cloud::ErrorClass::Gone;

    use crate::connect::errors::CallPhase::Look;
    use crate::connect::errors::assert_classes;

    #[test]
    fn codes_mean_what_the_service_means() {
        assert_classes(super::ERRORS, &[("ssm:ListTagsForResource", Look, 400, "InvalidResourceId", "", Gone)]);
    }
}
