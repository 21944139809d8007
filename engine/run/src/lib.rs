//! Running: everything between a plan and the clouds that takes time, writes or waits.
//!
//! A command [`resume`](resume())s what an earlier run left open, makes a [`plan`](plan()), and [`apply`](apply())s it.
//! All of it goes through an [`Engine`], which holds the few things that every
//! call needs: the [`Store`], a [`Cloud`](dr_core::cloud::Cloud), call slots, an observer and a way to stop.
//!
//! Invariants: before a call that changes something, its intent is on disk, and so is everything that was done before;
//! an id goes to disk the moment it is known; a create call is never repeated under another token; waiting holds no call slot; all waiting goes through
//! tokio's clock, so that tests can steer it.

mod adopt;
mod apply;
mod away;
mod beside;
mod cancel;
mod candidate;
mod certify;
mod change;
mod claim;
mod clock;
mod contents;
mod counted;
mod create;
mod credible;
mod database;
mod delete;
mod discover;
mod drive;
mod engine;
mod entry;
mod error;
mod failover;
mod gate;
mod gather;
mod holder;
mod import;
mod inputs;
mod keep;
mod key;
mod lanes;
mod layout;
mod lease;
mod log;
mod look;
mod lost;
mod medium;
mod mend;
mod observe;
mod online;
mod owner;
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
mod rekey;
mod relocate;
mod repair;
mod report;
mod restore;
mod resume;
mod retry;
mod router;
mod row_edit;
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
mod supervise;
mod sweep;
mod tagged;
mod unknown;
mod unread;
mod update;
mod verify;
mod view;
mod wait;
mod work;

pub use adopt::adopt;
pub use apply::{ApplyError, apply};
pub use cancel::Cancel;
pub use certify::{CertifyWanted, Searches, TAGGED, certify, stays};
pub use change::{RefusedChange, StateChange};
pub use discover::{Discovery, discover};
pub use engine::{CallKind, Calls, Engine, Retries};
pub use error::StoreError;
pub use failover::{
    FailedStep, FailoverReport, FailoverWatch, begin_failover, fail_over, measure_losses, silent_regions, vitals_now,
    writes_now,
};
pub use gate::{Gate, SLOTS, Slot};
pub use layout::{environments, exists, programs};
pub use look::Interrupted;
pub use lost::LostSecret;
pub use mend::Mended;
pub use observe::{Observer, Progress, Silent, StepPhase, What};
pub use ownership::{ForeignIf, ForeignResource, foreign};
pub use pipeline::plan;
pub use places::Places;
pub use plan_file::PlanFileError;
pub use portable::{PortableState, UnfitState};
pub use prepare::{Prepared, Wanted, prepare};
pub use queue::Receipt;
pub use rekey::Rekeyed;
pub use repair::Repaired;
pub use report::{LeftOpen, Report, StepFailure};
pub use restore::{record, record_outputs};
pub use resume::{Outcome, Resumed, Resumption, as_far_as_known, resume};
pub use retry::Retry;
pub use router::Router;
pub use rows::RowError;
pub use seal::{KeySource, SealError, Sealer, make_key_file};
pub use service::{ConnectLog, SharedPlace, SharedSettings};
pub use stack::Stack;
pub use stale::{Stale, UnfitPlan, check_answers, check_fresh, check_kept};
pub use states::States;
pub use store::Store;
pub use sweep::{Swept, everywhere, sweep};
pub use tagged::{ExistingResource, FoundByTag, find_by_tag};
pub use unread::Unread;
pub use verify::{StateDamage, Verified};
