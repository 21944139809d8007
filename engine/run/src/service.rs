//! The service that keeps shared states: one thread that talks to it, and calls that are made until they are answered.
//!
//! The thread has a runtime of its own, so that signs of life are given on time whatever the engine does, and so that a
//! state can be opened, written and closed from anywhere. Whoever calls waits on its own thread.
//!
//! A call that changes something has a condition, and is never simply repeated: after a reply was lost, what stands there
//! now says whether it had its effect.

use std::fmt;
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use dr_core::cloud::{BoxFuture, CloudError, CloudResult, ErrorClass};
use dr_core::state_log::{LeaseRow, StateLog};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use crate::error::StoreError;

/// How long to wait before a call is made again, for the first time.
const FIRST_PAUSE: Duration = Duration::from_millis(25);
/// The longest such wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Reaches the service; called on the thread that makes the calls.
pub type ConnectLog = Arc<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn StateLog>, CloudError>> + Send + Sync>;

/// How a shared state is reached, and who asks for it.
#[derive(Clone)]
pub struct SharedSettings {
    /// Reaches the service.
    pub connect: ConnectLog,
    /// What it is called in messages: "the table `x` in us-east-1".
    pub place: String,
    /// Who writes, in words.
    pub owner: String,
    /// How long whoever writes may give no sign of life before others may take over.
    pub silence: Duration,
    /// How long a call is tried.
    pub patience: Duration,
    /// Told what is waited for.
    pub notice: Arc<dyn Fn(&str) + Send + Sync>,
}

impl fmt::Debug for SharedSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedSettings({}, as {})", self.place, self.owner)
    }
}

/// A service that keeps shared states. Clones share the connection.
#[derive(Debug, Clone)]
pub struct SharedPlace {
    pub(crate) settings: Arc<SharedSettings>,
    thread: Arc<OnceLock<LogThread>>,
}

impl SharedPlace {
    /// A service that is reached when it is first needed.
    pub fn new(settings: SharedSettings) -> SharedPlace {
        SharedPlace { settings: Arc::new(settings), thread: Arc::default() }
    }

    /// What it is called in messages: "the table `x` in us-east-1".
    pub fn place(&self) -> &str {
        &self.settings.place
    }

    /// Does something with the log and waits for it.
    ///
    /// # Errors
    /// Its own; and when the service cannot be reached.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(Arc<dyn StateLog>) -> BoxFuture<'static, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let thread = match self.thread.get() {
            Some(thread) => thread,
            None => {
                let started = LogThread::start(self.settings.connect.clone());
                let started = started.map_err(|error| {
                    let why = format!("no thread can be started: {error}");
                    self.failed(CloudError::new(ErrorClass::Transient, "state", "NoThread", why))
                })?;
                // Of two that were started at once, one is used and the other ends.
                self.thread.get_or_init(|| started)
            }
        };
        let (answer, answered) = mpsc::sync_channel(1);
        let place = self.clone();
        let job: LogJob = Box::new(move |log| {
            Box::pin(async move {
                let result = match log {
                    Ok(log) => work(log).await,
                    Err(error) => Err(place.failed(error)),
                };
                // Whoever does not wait any more does not need to know.
                let _ = answer.send(result);
            })
        });
        let sent = thread.jobs.send(job);
        sent.ok().and_then(|()| answered.recv().ok()).unwrap_or(Err(StoreError::Stopped))
    }

    /// That a call to the service failed.
    pub(crate) fn failed(&self, source: CloudError) -> StoreError {
        StoreError::Shared { place: self.settings.place.clone(), source }
    }
}

type LogJob = Box<dyn FnOnce(Result<Arc<dyn StateLog>, CloudError>) -> BoxFuture<'static, ()> + Send>;

/// The thread that makes the calls. It ends with the last handle.
#[derive(Debug)]
struct LogThread {
    jobs: UnboundedSender<LogJob>,
}

impl LogThread {
    fn start(connect: ConnectLog) -> std::io::Result<LogThread> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (jobs, mut waiting) = unbounded_channel::<LogJob>();
        let work = async move {
            let mut log = None;
            while let Some(job) = waiting.recv().await {
                let connected = match &log {
                    Some(log) => Ok(Arc::clone(log)),
                    None => connect().await,
                };
                log = connected.as_ref().ok().cloned();
                tokio::spawn(job(connected));
            }
        };
        std::thread::Builder::new().name("dr-state".into()).spawn(move || runtime.block_on(work))?;
        Ok(LogThread { jobs })
    }
}

/// Whether a failed call may go well the next time.
fn may_pass(error: &CloudError) -> bool {
    let class = matches!(
        error.class,
        ErrorClass::Throttled | ErrorClass::Transient | ErrorClass::NotYetConsistent | ErrorClass::Conflict
    );
    class || error.maybe_done
}

/// How often, and for how long, a call is made again.
struct Patience {
    until: Instant,
    pause: Duration,
}

impl Patience {
    fn new(patience: Duration) -> Patience {
        Patience { until: Instant::now() + patience, pause: FIRST_PAUSE.min(patience / 16) }
    }

    /// Waits before a call is made again.
    ///
    /// # Errors
    /// The failure itself, when it is not to be made again.
    async fn back_off(&mut self, error: CloudError) -> Result<(), CloudError> {
        if !may_pass(&error) || Instant::now() >= self.until {
            return Err(error);
        }
        tokio::time::sleep(error.retry_after.unwrap_or(self.pause).min(LONGEST_PAUSE)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}

/// Makes a call that may be repeated without harm, until it is answered.
///
/// # Errors
/// When it is refused, or not answered for too long.
pub(crate) async fn insist<'c, T>(
    patience: Duration,
    mut make: impl FnMut() -> CloudResult<'c, T>,
) -> Result<T, CloudError> {
    let mut patience = Patience::new(patience);
    loop {
        match make().await {
            Ok(answer) => return Ok(answer),
            Err(error) => patience.back_off(error).await?,
        }
    }
}

/// Claims a position for an entry. Tells whether the entry is there; if not, somebody else's is.
///
/// # Errors
/// When it cannot be found out. The entry may be there.
pub(crate) async fn append(
    log: &dyn StateLog,
    patience: Duration,
    stack: &str,
    position: u64,
    bytes: &[u8],
) -> Result<bool, CloudError> {
    let mut waits = Patience::new(patience);
    loop {
        let failed = match log.append(stack, position, bytes).await {
            Ok(true) => return Ok(true),
            Ok(false) => None,
            Err(error) if error.maybe_done => Some(error),
            Err(error) => {
                waits.back_off(error).await?;
                continue;
            }
        };
        // An entry names its writer: what is the same is ours, written by a call whose reply was lost.
        if let Some(found) = insist(patience, || log.entry(stack, position)).await? {
            return Ok(found == bytes);
        }
        if let Some(error) = failed {
            waits.back_off(error).await?;
        }
    }
}

/// Writes a lease that was as given. Tells whether it is there; if not, how the lease is.
///
/// # Errors
/// When it cannot be found out. It may be there.
pub(crate) async fn swap_lease(
    log: &dyn StateLog,
    patience: Duration,
    stack: &str,
    was: Option<&LeaseRow>,
    becomes: &LeaseRow,
) -> Result<Result<(), Option<LeaseRow>>, CloudError> {
    let mut waits = Patience::new(patience);
    loop {
        let failed = match log.swap_lease(stack, was, becomes).await {
            Ok(true) => return Ok(Ok(())),
            Ok(false) => None,
            Err(error) if error.maybe_done => Some(error),
            Err(error) => {
                waits.back_off(error).await?;
                continue;
            }
        };
        let found = insist(patience, || log.lease(stack)).await?;
        if found.as_ref() == Some(becomes) {
            return Ok(Ok(()));
        }
        match failed {
            Some(error) if found.as_ref() == was => waits.back_off(error).await?,
            _ => return Ok(Err(found)),
        }
    }
}
