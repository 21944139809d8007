//! The budget of an evaluation: steps, time and memory.
//!
//! Steps are counted on the evaluating thread, once per statement, expression and call (Rhai's own count forgets
//! closures that natives call). Time and memory are watched from the thread that waits for it, so that a step costs no
//! system call; the watch raises a flag, which the next step sees.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rhai::Dynamic;

use crate::fault::ScriptFault;
use crate::request::Limits;

const GO: u8 = 0;
const TOO_LONG: u8 = 1;
const TOO_LARGE: u8 = 2;
/// How often the watch looks.
const PACE: Duration = Duration::from_millis(2);

/// Raised by the watch, seen by the evaluation.
#[derive(Clone, Default)]
pub(crate) struct Flag(Arc<AtomicU8>);

thread_local! {
    static STEPS: Cell<u64> = const { Cell::new(0) };
    static LIMITS: Cell<(u64, Duration, u64)> = const { Cell::new((u64::MAX, Duration::MAX, u64::MAX)) };
    static FLAG: std::cell::RefCell<Flag> = std::cell::RefCell::default();
}

/// Starts the budget of the evaluation on this thread.
pub(crate) fn begin(limits: &Limits, flag: Flag) {
    STEPS.set(0);
    LIMITS.set((limits.steps, limits.time, limits.memory));
    FLAG.replace(flag);
}

/// Takes one step; answers with what stops the program when a limit is reached.
pub(crate) fn step() -> Option<Dynamic> {
    STEPS.set(STEPS.get() + 1);
    spent().map(Dynamic::from)
}

/// What stops the program, when a limit is reached. Parsing takes no steps, but time and memory.
pub(crate) fn spent() -> Option<ScriptFault> {
    let (most, time, memory) = LIMITS.get();
    Some(match FLAG.with_borrow(|flag| flag.0.load(Ordering::Relaxed)) {
        GO if STEPS.get() <= most => return None,
        GO => ScriptFault::new(format!("the program takes more than {most} steps"))
            .help("is there a loop that never ends?"),
        TOO_LONG => ScriptFault::new(format!("the program runs for more than {time:?}"))
            .help("is there a loop that never ends?"),
        _ => ScriptFault::new(format!("the program needs more than {} MiB of memory", memory >> 20))
            .help("is there a list, map or text that grows without end?"),
    })
}

/// Watches an evaluation until it says that it is done.
pub(crate) fn watch(limits: &Limits, flag: &Flag, done: &Receiver<()>) {
    let (start, before) = (Instant::now(), resident());
    while let Err(RecvTimeoutError::Timeout) = done.recv_timeout(PACE) {
        if start.elapsed() > limits.time {
            flag.0.store(TOO_LONG, Ordering::Relaxed);
        }
        if let (Some(before), Some(now)) = (before, resident())
            && now.saturating_sub(before) > limits.memory
        {
            flag.0.store(TOO_LARGE, Ordering::Relaxed);
        }
    }
}

/// The memory of this process in bytes, where the system says it.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes << 10)
}
