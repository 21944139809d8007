//! The embedded cloud: what scripts are tried and rehearsed against. Nothing leaves the machine.
//!
//! It knows no kind by name. Everything it does follows from the facts in the registry: what ids and attributes look
//! like, which names are the only ones and where, what refers to what and blocks its deletion, what goes along with
//! what, and how long things take. A new kind is rehearsable the moment its schema is written.
//!
//! What it promises:
//!
//! - **Nothing answered is lost.** A change is one line of a log (see `log.rs`), which is written before the call
//!   returns. Calls that come together write theirs together.
//! - **Many environments, one cloud.** Any number of handles and processes share a directory. Each change is made
//!   under a file lock, after reading what the others wrote.
//! - **The same run, the same ids.** Ids and attributes are derived from the account and the operation, faults from a
//!   seed and the call. Neither depends on the order in which calls arrive.
//! - **Time is tokio's.** With tokio's clock paused, waits are exact. Durations are the kinds' own, divided by the
//!   chosen speed, and count from the moment of the call.
//! - **Secrets stay out.** Sensitive and write-only arguments are kept as salted hashes; sensitive attributes are
//!   derived anew. What a script puts into an ordinary argument is kept as it is, in a file that only its owner reads.
//! - **Regions go off and come back**, at any moment. Members of a group have roles that change; copies are behind, health
//!   checks notice, answers are kept. What requests and writes come to meanwhile is measured, not asserted.
//!
//! The rooms: `serve.rs` is the outside of a call (latency, faults, counting), `act.rs` and `batch.rs` its effect, `check.rs` and `judge.rs` what it
//! is refused for, `inner.rs` memory and log, `group.rs` what is written together, `state.rs` what is there with its indexes, `refer.rs` who refers to whom,
//! `make.rs` and `template.rs` how ids and attributes are made, `seal.rs` what becomes of secrets, `log.rs` what is on
//! disk, `remains.rs` what is left of what is deleted, `remnant.rs` what is kept of that, `search.rs` what is found of it,
//! `role.rs` and `switch.rs` who of a group writes, `outages.rs` and `places.rs` which region is off, `data_plane/` what requests and writes
//! come to, `tamper.rs` what tests and users do behind the engine's back.

mod act;
mod batch;
mod call;
mod check;
mod data_plane;
mod draw;
mod error;
mod existing;
mod fault;
mod group;
mod inner;
mod judge;
mod log;
mod make;
mod options;
mod outages;
mod places;
mod refer;
mod remains;
mod remnant;
mod role;
mod rules;
mod seal;
mod search;
mod serve;
mod state;
mod switch;
mod tamper;
mod template;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dr_core::registry::Registry;
use dr_core::value::Str;

pub use data_plane::load::{Measured, MeasuredStore, StoreBalance};
pub use error::SandboxError;
pub use fault::Faults;
pub use options::{SandboxOptions, Speed, SpeedError};
pub use remains::Remains;
pub use tamper::{Phase, PlantedThing, ShownResource};

use crate::group::ChangeQueue;
use crate::inner::Core;

/// A handle on an embedded cloud. Handles on the same directory, in this or another process, see the same resources.
#[derive(Debug)]
pub struct Sandbox {
    account: Str,
    core: Mutex<Core>,
    queue: ChangeQueue,
}

impl Sandbox {
    /// Opens the cloud kept in this directory, and makes the directory if there is none.
    ///
    /// # Errors
    /// When a kind's facts contradict each other, when the directory or its log cannot be read or written, when the
    /// log is damaged elsewhere than in a torn last line, or when it belongs to another account.
    pub fn open(dir: &Path, registry: Arc<Registry>, options: SandboxOptions) -> Result<Sandbox, SandboxError> {
        Sandbox::new(Some(dir), registry, options)
    }

    /// A cloud of its own that is gone with the handle.
    ///
    /// # Errors
    /// When a kind's facts contradict each other.
    pub fn in_memory(registry: Arc<Registry>, options: SandboxOptions) -> Result<Sandbox, SandboxError> {
        Sandbox::new(None, registry, options)
    }

    fn new(dir: Option<&Path>, registry: Arc<Registry>, options: SandboxOptions) -> Result<Sandbox, SandboxError> {
        let account = options.account.clone();
        Ok(Sandbox { account, core: Mutex::new(Core::new(dir, registry, options)?), queue: ChangeQueue::default() })
    }

    /// How often each call was made through this handle, by kind and operation: `sqs.queue create`.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.core().calls.iter().map(|((kind, op), count)| (format!("{kind} {op}"), *count)).collect()
    }

    /// What is left of everything that was deleted through this handle.
    pub fn remains(&self) -> Vec<Remains> {
        self.core().left.clone()
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        // A panic cannot leave half a change behind: memory is rebuilt from the log then.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
