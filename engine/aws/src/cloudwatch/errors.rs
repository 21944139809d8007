//! What error codes of CloudWatch mean.

use crate::connect::errors::{ABSENT, ErrorRule, INVALID};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("DashboardNotFoundError", "", ABSENT),
    ("InvalidParameterValue", "does not exist", ABSENT),
    ("LimitExceededFault", "", INVALID),
];

#[cfg(test)]
mod tests {
    use dr_core::cloud::ErrorClass::Gone;

    use crate::connect::errors::CallPhase::Look;
    use crate::connect::errors::assert_classes;

    #[test]
    fn codes_mean_what_the_service_means() {
        assert_classes(super::ERRORS, &[("cloudwatch:GetDashboard", Look, 404, "DashboardNotFoundError", "", Gone)]);
    }
}
