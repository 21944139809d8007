//! Recovery: how soon the secondary region does the work of the primary one when that is lost, and how much is missing
//! there.
//!
//! It is computed from the planned graph alone. Eight rooms, none of which knows a later one:
//!
//! ```text
//! figure   seconds, usually and at most
//! report   what is computed, part by part, and its sums
//! detect   how soon a failure is noticed, and who decides what is done
//! traffic  how soon requests go to the other region
//! stores   how soon each store takes writes there, and how much it lacks
//! compute  the regions, and all of it together
//! wiring   which way requests and writes go, for whoever lets time pass over it
//! parity   the differences between the resources of the two regions
//! ```
//!
//! What each service takes is said where it is used. Where AWS names no figure, the ones here come from what operators
//! report, and say so.

mod compute;
mod detect;
pub mod figure;
mod parity;
pub mod report;
mod stores;
mod traffic;
mod wiring;

pub use compute::recovery;
pub use figure::{Figure, seconds};
pub use parity::{Disparity, MaybeTwin, Parity, parity};
pub use report::{Recovery, RecoveryPart};
pub use stores::{REBUILD, role_change};
pub use wiring::{HealthWatch, NameAnswer, NameWiring, StoreFlow, StoreWiring, Wiring, wiring};
