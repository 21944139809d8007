//! Running: everything between a plan and the clouds that takes time, writes or waits.
//!
//! A command [`resume`](resume())s what an earlier run left open, makes a [`plan`](plan()), and [`apply`](apply())s it.
//! All of it goes through an [`Engine`], which holds the few things that every
//! call needs: the [`Store`], a [`Cloud`](dr_core::cloud::Cloud), call slots, an observer and a way to stop.
//!
//! Invariants: before a call that changes something, its intent is on disk, and so is everything that was done before;
//! an id goes to disk the moment it is known; a create call is never repeated under another token; waiting holds no call slot; all waiting goes through
//! tokio's clock, so that tests can steer it.

mod apply;
mod away;
mod cancel;
mod change;
mod clock;
mod contents;
mod create;
mod database;
mod delete;
mod drive;
mod engine;
mod entry;
mod error;
mod gate;
mod gather;
mod holder;
mod import;
mod inputs;
mod keep;
mod lanes;
mod layout;
mod lease;
mod log;
mod look;
mod medium;
mod mend;
mod observe;
mod online;
mod ownership;
mod perform;
mod pipeline;
mod places;
pub mod plan_file;
mod portable;
mod prepare;
mod private;
mod process;
mod queue;
mod relocate;
mod repair;
mod report;
mod resume;
mod retry;
mod router;
mod rows;
mod salvage;
pub mod seal;
mod service;
mod shared;
mod stack;
mod stale;
mod states;
mod step;
pub mod store;
mod sweep;
mod unknown;
mod unread;
mod update;
mod verify;
mod view;
mod wait;
mod work;

pub use apply::{ApplyError, apply};
pub use cancel::Cancel;
pub use change::{RefusedChange, StateChange};
pub use engine::{CallKind, Calls, Engine};
pub use error::StoreError;
pub use gate::{Gate, SLOTS, Slot};
pub use layout::{environments, exists, programs};
pub use look::Interrupted;
pub use mend::Mended;
pub use observe::{Observer, Progress, Silent, StepPhase, What};
pub use ownership::{ForeignResource, foreign};
pub use pipeline::plan;
pub use places::Places;
pub use plan_file::PlanFileError;
pub use portable::{PortableState, UnfitState};
pub use prepare::{Prepared, Wanted, prepare};
pub use queue::Receipt;
pub use repair::Repaired;
pub use report::{LeftOpen, Report, StepFailure};
pub use resume::{Outcome, Resumed, Resumption, as_far_as_known, resume};
pub use retry::Retry;
pub use router::Router;
pub use rows::RowError;
pub use seal::{KeySource, SealError, Sealer};
pub use service::{ConnectLog, SharedPlace, SharedSettings};
pub use stack::Stack;
pub use stale::{Stale, UnfitPlan, check_fresh, check_kept};
pub use states::States;
pub use store::Store;
pub use sweep::{Swept, sweep};
pub use unread::Unread;
pub use verify::{StateDamage, Verified};
