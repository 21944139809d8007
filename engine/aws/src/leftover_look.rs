//! Questions to services about leftovers: each service lists its own.

use dr_core::cloud::CloudResult;
use dr_core::leftover::{Leftover, Trail};

use crate::connect::Connection;

/// One question to a service about leftovers.
pub(crate) struct LeftoverLook {
    /// The leftovers that it asks for, in words.
    pub(crate) what: &'static str,
    /// Whether it belongs to no region.
    pub(crate) is_global: bool,
    /// Asks for it in a region.
    pub(crate) ask: for<'a> fn(&'a Connection, &'a str, &'a Trail<'a>) -> CloudResult<'a, Vec<Leftover>>,
}
