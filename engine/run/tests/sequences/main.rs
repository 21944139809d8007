//! Sequences: whatever program, whatever state, whatever happens, the engine keeps its promises.
//!
//! A sequence is a program (stores, nodes, children, bases, entries, roles, passwords and look-ups over two regions and
//! none, with names, references, former addresses, ignored arguments and orders of replacement) that is applied, and
//! two to six events: it is edited and applied, with or without looking; the process dies at any call or write; somebody
//! asks to stop; calls fail, are lost or are refused; a region stops answering; somebody else deletes, changes, switches
//! or takes a name; something is taken over; a plan is kept and applied later; everything is destroyed. At the end
//! all is in order again: the program is applied until nothing is left to do, and destroyed.
//!
//! The cloud ([`cloud`]) refuses what a service refuses. After every event it must hold ([`check`]) that:
//!
//! - every plan is sound, and the state and its journal do not contradict themselves;
//! - what is in the state is what is alive in the cloud: nothing twice, nothing lost, nothing of somebody else's touched;
//! - nothing healthy is made anew without a forced change, and what is protected is still there;
//! - no secret is in clear in the state;
//! - where nothing was in the way, everything is as declared, and the next plan is empty.
//!
//! A plan may be refused where that can be true ([`refusal`]); most are not, and what really happened is counted, so
//! that a suite which tests nothing fails ([`tally`]).
//!
//! `DR_SEQUENCES` says how many sequences run: 2,000 unless it is given, 10,000 in `.ci/run`, which take about four minutes
//! on two cores without optimisation. `DR_SEQUENCES_SEED` says which: another seed draws others. A failure is shrunk and
//! printed as a script and a list of events. The kinds are those that plans are tried with.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod check;
mod cloud;
#[path = "../common/mod.rs"]
mod common;
mod edits;
mod faults;
#[path = "../../../core/tests/support/kinds.rs"]
mod kinds;
mod mistakes;
mod others;
mod process;
mod program;
mod refusal;
mod sequence;
mod sow;
mod story;
mod tally;
mod things;
mod trial;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::tally::Tally;

#[allow(clippy::disallowed_methods, reason = "a test has no command line of its own")]
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Where states are: in memory, where there is such a place.
fn place() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

/// What must have happened at least so often in a thousand sequences.
const LEAST: &[(&str, usize)] = &[
    ("died Apply", 80),
    ("died Destroy", 20),
    ("died Kept", 3),
    ("stop", 50),
    ("fault ", 200),
    ("region off", 100),
    ("region left out", 50),
    ("deferred", 50),
    ("kept", 100),
    ("end Stale", 5),
    ("moves", 100),
    ("taken over", 50),
    ("outside Delete", 20),
    ("outside Resize", 20),
    ("outside Switch", 10),
    ("outside Squat", 2),
    ("mistake ", 20),
    ("settled", 2_000),
    ("secrets looked for", 50),
    ("step Create of a replacement", 200),
    ("step in a batch", 50),
    ("step implied", 50),
    ("step Read", 20),
    ("step Update", 200),
];
/// The largest part of all plans that may be refused: a hundredth.
const REFUSED: usize = 8;

/// Runs a part of the sequences.
fn sequences(part: u64, parts: u64) {
    let (count, seed) = (setting("DR_SEQUENCES", 2_000), setting("DR_SEQUENCES_SEED", 1));
    let count = count.div_ceil(parts);
    let config = Config {
        cases: u32::try_from(count).unwrap(),
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&part.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let (total, place) = (Mutex::new(Tally::default()), place());
    let result = runner.run(&sequence::sequence(), |sequence| {
        let mut tally = trial::carry_out(&sequence, &place).map_err(TestCaseError::fail)?;
        tally.count("sequences");
        total.lock().unwrap().add(&tally);
        Ok(())
    });
    let total = total.into_inner().unwrap();
    match result {
        Ok(()) => {}
        Err(TestError::Fail(why, sequence)) => {
            let done = total.of("sequences");
            panic!("{sequence:?}\n\n{why}\n\n{done} sequences went well before it; seed {seed}, part {part}")
        }
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
    for (what, number) in &total.0 {
        println!("{number:>8} {what}");
    }
    if count < 500 {
        return; // Too few to say what must have happened.
    }
    for (what, least) in LEAST {
        let happened = total.all(what);
        assert!(happened * 1_000 >= least * total.of("sequences"), "only {happened} times: {what}");
    }
    let (refused, commands) = (total.of("end Refused"), total.of("commands"));
    assert!(refused * 100 <= commands * REFUSED, "{refused} of {commands} plans were refused");
}

#[test]
fn whatever_happens_the_promises_are_kept() {
    sequences(1, 2);
}

#[test]
fn whatever_else_happens_the_promises_are_kept() {
    sequences(2, 2);
}
