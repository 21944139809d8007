//! What tests share that reach beyond one crate: emulators of AWS, a wire to them, and checkers that are not ours.
//!
//! * [`Emulator`] is one server process (moto or LocalStack), started for a test and ended with it.
//! * [`Wire`] stands between `dr` and the emulators: it routes by service, counts and records every call, and can throttle,
//!   fail, delay or lose them, or lose a whole region. Recorded calls can be replayed ([`replay`]).
//! * [`TestCloud`] is all of it together, with the environment that points an AWS client at it.
//! * [`boto`] asks the emulators through `boto3`, so that what our engine believes is checked by code that is not ours.
//!
//! Nothing is skipped here: a test that finds no interpreter fails, and says to start it through `tests/run`.

mod boto;
mod call;
mod cloud;
mod emulator;
mod fault;
mod permit;
mod replay;
mod wire;

pub use boto::{Endpoints, boto};
pub use call::{Recorded, WireCall};
pub use cloud::TestCloud;
pub use emulator::{Emulator, Mode, Violations};
pub use fault::{FaultRule, WireFault};
pub use permit::{NeededAction, allows};
pub use replay::{Replay, replay};
pub use wire::{Routes, Wire};

use std::fmt;
use std::path::{Path, PathBuf};

/// The account that both emulators speak of. LocalStack reads it from the access key, so the access key is this number.
pub const ACCOUNT: &str = "123456789012";

/// Why a helper could not do its work. All of these mean that a test cannot go on.
#[derive(thiserror::Error)]
pub enum Error {
    /// The test was started without what `tests/run` prepares.
    #[error("there is no {what} ({place}): run tests/run")]
    NotPrepared {
        /// What is missing.
        what: &'static str,
        /// Where it was looked for: a variable or a path.
        place: &'static str,
    },
    /// A process that should have served ended or said something else.
    #[error("{name} did not answer as agreed: {what}; its messages are in {}", log.display())]
    Server {
        /// Which server.
        name: &'static str,
        /// What it did instead.
        what: String,
        /// Where its standard error went.
        log: PathBuf,
    },
    /// A checker script failed, which is not the same as a checker that finds something.
    #[error("the checker {script} failed: {what}")]
    Checker {
        /// The script under `tests/checkers/`.
        script: String,
        /// Its standard error, or what was wrong with its answer.
        what: String,
    },
    /// The operating system refused something.
    #[error("cannot {doing}")]
    Io {
        /// What was tried.
        doing: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// A replayed call got no answer.
    #[error("no answer to a replayed {call}")]
    NoAnswer {
        /// Which call.
        call: WireCall,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What a test that unwraps shows: the text for people, with its causes.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl Error {
    /// Wraps an error of the operating system with what was being done.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }
}

/// The root of the repository.
pub fn repository() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// The `dr` binary that `tests/run` built, beside the test that is running.
///
/// # Errors
/// When there is none.
pub fn dr() -> Result<PathBuf, Error> {
    let test = std::env::current_exe().map_err(Error::io("find the running test"))?;
    let built = test.ancestors().nth(2).map(|profile| profile.join("dr")).filter(|binary| binary.exists());
    built.ok_or(Error::NotPrepared { what: "`dr` to test", place: "beside the tests under target/" })
}
