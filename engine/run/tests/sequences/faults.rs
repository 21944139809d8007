//! Faults: what goes wrong in the cloud while a command runs, and when.

use dr_core::cloud::{CloudError, ErrorClass};
use proptest::prelude::*;
use proptest::sample::select;

/// At which moment of a call the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before it has its effect.
    Before,
    /// After its effect, before the reply.
    After,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// There are too many calls, a few times.
    Throttled,
    /// A few calls fail on the way.
    Flaky,
    /// Replies are lost; the calls have their effect.
    Lost,
    /// From then on all of these calls fail on the way.
    Down,
    /// One call is refused for good.
    Refused,
    /// What is made never becomes ready.
    Broken,
}

impl Trouble {
    /// Whether the run gets over it by itself.
    pub fn passes(self) -> bool {
        matches!(self, Trouble::Throttled | Trouble::Flaky | Trouble::Lost)
    }
}

/// A fault: what happens to which calls.
#[derive(Debug, Clone)]
pub struct Fault {
    pub trouble: Trouble,
    /// The call.
    pub call: &'static str,
    /// How many of these calls go well before.
    pub after: u8,
    /// How many more times it happens.
    left: u8,
}

/// What becomes of a call.
pub enum Verdict {
    /// It is made.
    Go,
    /// It fails.
    Fail(CloudError),
    /// It is made, and fails on the way back.
    Lose(CloudError),
    /// It is made, and what it makes is broken.
    Break,
}

/// How many calls a trouble that passes is good for.
const FEW: u8 = 2;

pub fn fault() -> impl Strategy<Value = Fault> {
    use Trouble::*;
    let calls = vec!["create", "update", "delete", "configure", "settle", "read", "deleted", "find"];
    (select(vec![Throttled, Flaky, Lost, Down, Refused, Broken]), select(calls), 0..6u8).prop_map(
        |(trouble, call, after)| {
            let call = match (trouble, call) {
                (Broken, _) => "create",
                // Nobody is refused to look.
                (Refused, "settle" | "read" | "deleted" | "find" | "configure") => "update",
                (_, call) => call,
            };
            let left = match trouble {
                Throttled | Flaky | Lost => FEW,
                Refused | Broken => 1,
                Down => u8::MAX,
            };
            Fault { trouble, call, after, left }
        },
    )
}

impl Fault {
    /// What becomes of a call.
    pub fn judge(&mut self, call: &str) -> Verdict {
        if call != self.call || self.left == 0 {
            return Verdict::Go;
        }
        if self.after > 0 {
            self.after -= 1;
            return Verdict::Go;
        }
        if self.trouble != Trouble::Down {
            self.left -= 1;
        }
        let error = |class, code: &str| CloudError::new(class, "t:Call", code, "it is a test");
        let transient = || error(ErrorClass::Transient, "Timeout");
        match self.trouble {
            Trouble::Throttled => Verdict::Fail(error(ErrorClass::Throttled, "TooMany")),
            Trouble::Flaky | Trouble::Down => Verdict::Fail(transient()),
            Trouble::Lost => Verdict::Lose(CloudError { maybe_done: true, ..transient() }),
            Trouble::Refused => Verdict::Fail(error(ErrorClass::Invalid, "Refused")),
            Trouble::Broken => Verdict::Break,
        }
    }
}
