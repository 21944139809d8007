//! Failover: what is done so that the other region takes over, and how far that has come.
//!
//! All of it is made of records, so that it can be done without the program and without the region that is lost:
//!
//! ```text
//! plan    a recovery plan: its steps, what each needs, how long each takes
//! drill   what a state keeps of drills
//! state   what a state keeps: the active side, a failover that was begun, what was computed and wished
//! look    the records of a state, and who refers to whom
//! derive  the recovery plan of a state
//! lacks   what a region would need to do the work, and has not got
//! led     where requests go first
//! refuse  what a recovery plan needs and is not there
//! ```

pub mod derive;
pub mod drill;
pub mod lacks;
pub mod led;
mod look;
pub mod plan;
pub mod refuse;
pub mod state;
