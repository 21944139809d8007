//! Errors of local kinds, in the words of clouds.

use dr_core::cloud::{CloudError, ErrorClass};
use dr_core::schema::Kind;

/// Something on this machine did not work.
pub(crate) fn failed(call: &str, message: &str) -> CloudError {
    CloudError::new(ErrorClass::Invalid, &format!("local:{call}"), "Failed", message)
}

/// What is asked for cannot be.
pub(crate) fn refused(message: &str) -> CloudError {
    CloudError::new(ErrorClass::Invalid, "local:Create", "InvalidArgument", message)
}

/// A kind that nothing here makes.
pub(crate) fn unknown(kind: &Kind) -> CloudError {
    let message = format!("`{}` is no local kind of this version of dr", kind.name);
    CloudError::new(ErrorClass::Invalid, "local:Create", "UnknownKind", message)
}
