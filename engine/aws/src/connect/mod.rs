//! The connection to AWS: everything that a lifecycle stands on, and nothing of any service.
//!
//! From the bottom up:
//!
//! - [`errors`]: what error codes mean; the tables are given by the services;
//! - [`call`]: an SDK's error in the engine's words;
//! - [`again`]: which single requests are made again at once;
//! - [`clients`]: one SDK client per service and region, all over one connection pool;
//! - [`account`]: who the caller is, and what follows from that;
//! - [`connection`]: all of these together, and how often each call was made;
//! - [`cx`]: what a lifecycle may use.

mod account;
mod again;
mod call;
mod clients;
mod connection;
mod cx;
pub(crate) mod errors;

pub(crate) use call::MayBeGone;
#[cfg(feature = "dynamodb")]
pub(crate) use call::cloud_error;
pub(crate) use clients::load;
#[cfg(feature = "dynamodb")]
pub(crate) use clients::quick;
pub(crate) use connection::Connection;
pub use connection::Packages;
pub(crate) use cx::{Cx, small};
pub(crate) use errors::CallPhase;
