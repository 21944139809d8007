//! The service of a shared state, in memory. It can be told to lie: to throttle, to lose replies before and after their
//! effect; and a machine's way to it can be cut.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dr_core::cloud::{CloudError, CloudResult, ErrorClass};
use dr_core::state_log::{LeaseRow, LogSnapshot, StateLog};
use dr_core::value::Str;
use dr_run::{KeySource, SharedPlace, SharedSettings, States};

/// How long whoever writes may be silent, in tests.
pub const SILENCE: Duration = Duration::from_millis(60);

#[derive(Debug, Default, Clone)]
pub struct MemoryStack {
    pub entries: BTreeMap<u64, Vec<u8>>,
    pub snapshot: Option<LogSnapshot>,
    pub lease: Option<LeaseRow>,
    pub retired: Vec<(u64, u64)>,
}

type Hook = Box<dyn Fn() + Send + Sync>;

/// What a service keeps.
#[derive(Default)]
pub struct MemoryLog {
    pub stacks: Mutex<BTreeMap<String, MemoryStack>>,
    /// Called after each entry.
    pub hook: Mutex<Option<Hook>>,
    /// What decides about the next lie; zero for a service that never lies.
    lies: AtomicU64,
}

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Well,
    Throttled,
    LostBefore,
    LostAfter,
}

impl MemoryLog {
    /// A service that lies in two calls of five; which ones, the seed decides.
    pub fn lying(seed: u64) -> MemoryLog {
        MemoryLog { lies: AtomicU64::new(seed * 2 + 1), ..MemoryLog::default() }
    }

    /// The same as it is now, by itself.
    pub fn copy(&self) -> Arc<MemoryLog> {
        Arc::new(MemoryLog { stacks: Mutex::new(self.stacks.lock().unwrap().clone()), ..MemoryLog::default() })
    }

    fn fate(&self) -> Fate {
        if self.lies.load(Ordering::Relaxed) == 0 {
            return Fate::Well;
        }
        let next = |n: u64| n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) | 1;
        let before = self.lies.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| Some(next(n))).unwrap();
        match (before >> 33) % 15 {
            0 | 1 => Fate::Throttled,
            2 | 3 => Fate::LostBefore,
            4 | 5 => Fate::LostAfter,
            _ => Fate::Well,
        }
    }

    fn with<T>(&self, stack: &str, effect: impl FnOnce(&mut MemoryStack) -> T) -> Result<T, CloudError> {
        let error = |class, maybe_done| CloudError { maybe_done, ..CloudError::new(class, "memory", "Lie", "a lie") };
        let fate = self.fate();
        match fate {
            Fate::Throttled => return Err(error(ErrorClass::Throttled, false)),
            Fate::LostBefore => return Err(error(ErrorClass::Transient, true)),
            Fate::Well | Fate::LostAfter => {}
        }
        let result = effect(self.stacks.lock().unwrap().entry(stack.to_owned()).or_default());
        match fate {
            Fate::LostAfter => Err(error(ErrorClass::Transient, true)),
            _ => Ok(result),
        }
    }
}

/// A machine's way to the service.
pub struct Way {
    log: Arc<MemoryLog>,
    cut: Arc<AtomicBool>,
}

impl Way {
    /// Does something as soon as the way is open.
    fn go<'a, T: Send + 'a>(
        &'a self,
        effect: impl FnOnce(&MemoryLog) -> Result<T, CloudError> + Send + 'a,
    ) -> CloudResult<'a, T> {
        Box::pin(async move {
            while self.cut.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            effect(&self.log)
        })
    }
}

impl StateLog for Way {
    fn append<'a>(&'a self, stack: &'a str, position: u64, bytes: &'a [u8]) -> CloudResult<'a, bool> {
        self.go(move |log| {
            let written = log.with(stack, |stack| {
                let is_free = !stack.entries.contains_key(&position);
                if is_free {
                    stack.entries.insert(position, bytes.to_vec());
                }
                is_free
            });
            if let Some(hook) = &*log.hook.lock().unwrap() {
                hook();
            }
            written
        })
    }
    fn entry<'a>(&'a self, stack: &'a str, position: u64) -> CloudResult<'a, Option<Vec<u8>>> {
        self.go(move |log| log.with(stack, |stack| stack.entries.get(&position).cloned()))
    }
    fn entries<'a>(&'a self, stack: &'a str, from: u64) -> CloudResult<'a, Vec<(u64, Vec<u8>)>> {
        self.go(move |log| log.with(stack, |stack| stack.entries.range(from..).map(|(p, b)| (*p, b.clone())).collect()))
    }
    fn snapshot<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Option<LogSnapshot>> {
        self.go(move |log| log.with(stack, |stack| stack.snapshot.clone()))
    }
    fn write_snapshot<'a>(&'a self, stack: &'a str, snapshot: &'a LogSnapshot) -> CloudResult<'a, ()> {
        self.go(move |log| {
            log.with(stack, |stack| {
                if stack.snapshot.as_ref().is_none_or(|before| before.position < snapshot.position) {
                    stack.snapshot = Some(snapshot.clone());
                }
            })
        })
    }
    fn retire<'a>(&'a self, stack: &'a str, from: u64, to: u64) -> CloudResult<'a, ()> {
        self.go(move |log| log.with(stack, |stack| stack.retired.push((from, to))))
    }
    fn lease<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Option<LeaseRow>> {
        self.go(move |log| log.with(stack, |stack| stack.lease.clone()))
    }
    fn swap_lease<'a>(
        &'a self,
        stack: &'a str,
        was: Option<&'a LeaseRow>,
        becomes: &'a LeaseRow,
    ) -> CloudResult<'a, bool> {
        self.go(move |log| {
            log.with(stack, |stack| {
                let fits = stack.lease.as_ref() == was;
                if fits {
                    stack.lease = Some(becomes.clone());
                }
                fits
            })
        })
    }
    fn stacks(&self) -> CloudResult<'_, Vec<Str>> {
        self.go(|log| Ok(log.stacks.lock().unwrap().keys().map(|stack| stack.as_str().into()).collect()))
    }
}

/// A machine that uses the service, with a folder of its own.
pub struct Machine {
    pub states: States,
    /// Cuts its way to the service: what it asks then is asked when the way is open again.
    pub cut: Arc<AtomicBool>,
    /// What it was told to wait for.
    pub told: Arc<Mutex<Vec<String>>>,
}

impl Machine {
    pub fn new(log: &Arc<MemoryLog>, name: &str, folder: &std::path::Path) -> Machine {
        let (cut, told): (Arc<AtomicBool>, Arc<Mutex<Vec<String>>>) = Default::default();
        let (way, notes, log) = (cut.clone(), told.clone(), log.clone());
        let settings = SharedSettings {
            connect: Arc::new(move || {
                let log: Arc<dyn StateLog> = Arc::new(Way { log: log.clone(), cut: way.clone() });
                Box::pin(std::future::ready(Ok(log)))
            }),
            place: "the memory".into(),
            owner: name.to_owned(),
            silence: SILENCE,
            patience: Duration::from_secs(60),
            notice: Arc::new(move |text| notes.lock().unwrap().push(text.to_owned())),
        };
        let shared = Some(SharedPlace::new(settings));
        Machine { states: States { folder: folder.to_owned(), keys: KeySource::StateDirectory, shared }, cut, told }
    }
}
