//! Policy documents as IAM gives them back.

use dr_core::convert::PolicyDocument;
use percent_encoding::percent_decode_str;

/// A policy document as IAM gives it back: percent-encoded.
pub(super) fn document(encoded: &str) -> PolicyDocument {
    PolicyDocument::parse(&percent_decode_str(encoded).decode_utf8_lossy())
}
