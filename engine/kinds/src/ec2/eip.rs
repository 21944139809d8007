//! `ec2.eip`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A public IPv4 address that stays the same.
///
/// The id is its allocation id. It is paid for whether it is used or not.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "ec2.eip",
    outputs = EipOut,
    id = "eipalloc-{hex:17}",
    create = "1s",
    update = "1s",
    delete = "5s"
)]
pub struct Eip {
    /// The zones from which the address is announced. Unless given, those of the region.
    #[arg(replace, computed, like = "{region}")]
    pub network_border_group: Option<String>,
    /// The pool that the address is taken from. Unless given, Amazon's.
    #[arg(replace, computed, like = "amazon")]
    pub public_ipv4_pool: Option<String>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of an address.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct EipOut {
    /// The same as the id.
    #[out(like = "{id}")]
    pub allocation_id: String,
    /// The address.
    #[out(like = "203.0.113.1{digits:1}")]
    pub public_ip: String,
}
