//! What a service can be asked for of what is left.

use dr_core::cloud::CloudResult;
use dr_core::leftover::{Leftover, Trail};

use crate::connect::Connection;

/// One thing that a service is asked for.
pub(crate) struct LeftoverLook {
    /// What, in words.
    pub(crate) what: &'static str,
    /// Whether it belongs to no region.
    pub(crate) is_global: bool,
    /// Asks for it in a region.
    pub(crate) ask: for<'a> fn(&'a Connection, &'a str, &'a Trail<'a>) -> CloudResult<'a, Vec<Leftover>>,
}
