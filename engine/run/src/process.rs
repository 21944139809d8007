//! Processes: telling whether somebody who left a note is still at work.
//!
//! A number alone does not do: it is given to another process sooner or later. So a note also says when its process
//! was started, in clock ticks since the machine was (field 22 of `/proc/PID/stat`).

use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};

/// A process that may be over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProcessId {
    pub(crate) pid: u32,
    /// When it was started, where the system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) start: Option<u64>,
}

impl ProcessId {
    /// This one.
    pub(crate) fn own() -> ProcessId {
        let pid = std::process::id();
        ProcessId { pid, start: start_of(pid) }
    }

    /// Whether it is still there.
    pub(crate) fn is_alive(self) -> bool {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        // A process of another user may not be sent a signal, but is there.
        let there = pid.is_some_and(|pid| !matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH)));
        there && (self.start.is_none() || self.start == start_of(self.pid))
    }

    /// Its place in the name of a file that it writes.
    pub(crate) fn in_name(self) -> String {
        format!("{}-{}", self.pid, self.start.unwrap_or_default())
    }

    /// The one that wrote a file whose name has this part.
    pub(crate) fn from_name(part: &str) -> Option<ProcessId> {
        let (pid, start) = part.split_once('-')?;
        let start: u64 = start.parse().ok()?;
        Some(ProcessId { pid: pid.parse().ok()?, start: Some(start).filter(|start| *start > 0) })
    }
}

/// When a process was started; `None` when it is over, even if nobody has asked yet how it ended.
fn start_of(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything, spaces and parentheses included. What follows begins with field 3.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    fields.nth(18)?.parse().ok().filter(|_| !matches!(state, "Z" | "X"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_living_are_told_from_the_dead_and_from_their_heirs() {
        let own = ProcessId::own();
        assert!(own.is_alive());
        assert_eq!(ProcessId::from_name(&own.in_name()), Some(own));
        let mut child = std::process::Command::new("sleep").arg("100").spawn().unwrap();
        let gone = ProcessId { pid: child.id(), start: start_of(child.id()) };
        assert!(gone.is_alive());
        child.kill().unwrap();
        // It is over before anybody asks how it ended, and stays so.
        while gone.is_alive() {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(!gone.is_alive());
        for pid in [0, u32::MAX] {
            assert!(!ProcessId { pid, start: None }.is_alive(), "{pid}");
        }
        if let Some(start) = own.start {
            assert!(!ProcessId { start: Some(start + 1), ..own }.is_alive(), "its number was given to another");
        }
        for part in ["", "1", "x-1", "1-", "-1-1"] {
            assert_eq!(ProcessId::from_name(part), None, "{part}");
        }
    }
}
