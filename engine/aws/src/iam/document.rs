//! Policy documents as IAM gives them back.

use dr_core::convert::Policy;
use percent_encoding::percent_decode_str;

/// A policy document as IAM gives it back: percent-encoded.
pub(super) fn document(encoded: &str) -> Policy {
    Policy::parse(&percent_decode_str(encoded).decode_utf8_lossy())
}
