//! What error codes of Certificate Manager mean.

use crate::connect::errors::{CONFLICT, ErrorRule, INVALID};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("ConflictException", "", CONFLICT),
    ("LimitExceededException", "", INVALID),
    ("RequestInProgressException", "", CONFLICT),
];

#[cfg(test)]
mod tests {
    use dr_core::cloud::ErrorClass::Conflict;

    use crate::connect::errors::CallPhase::Look;
    use crate::connect::errors::assert_classes;

    #[test]
    fn codes_mean_what_the_service_means() {
        assert_classes(
            super::ERRORS,
            &[("acm:DeleteCertificate", Look, 400, "ResourceInUseException", "is in use", Conflict)],
        );
    }
}
