//! `ec2.availability_zones`: facts.

use dr_macros::{Block, Kind};

/// Looks up the availability zones of the region, without local and wavelength zones, in the order of their names.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(name = "ec2.availability_zones", outputs = AvailabilityZonesOut, lookup, id = "{region}")]
pub struct AvailabilityZones {
    /// The state they are in.
    #[arg(default = "available", one_of("available", "information", "impaired", "unavailable"))]
    pub state: String,
    /// Names of zones that are left out.
    #[arg(default = [], unordered)]
    pub exclude_names: Vec<String>,
}

/// Computed attributes of the zones.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct AvailabilityZonesOut {
    /// Their names, e.g. `us-east-1a`. The same name is another place in another account.
    #[out(like = "{region}a,{region}b,{region}c")]
    pub names: Vec<String>,
    /// Their ids, e.g. `use1-az1`, in the same order. The same id is the same place in every account.
    #[out(like = "{region}-az1,{region}-az2,{region}-az3")]
    pub zone_ids: Vec<String>,
}
