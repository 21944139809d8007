//! A sequence: a first program and what happens then. Printed as a script and a list that a person can follow by hand.

use std::fmt;

use proptest::prelude::*;

use crate::edits::{Edit, edit};
use crate::faults::{Moment, fault};
use crate::mistakes::{Mistake, mistake};
use crate::process::{How, Upset};
use crate::program::Program;
use crate::sow::{self, Seed, seed};

/// What happens.
#[derive(Debug, Clone)]
pub enum Event {
    /// The program is edited and applied.
    Edit { edits: Vec<Edit>, how: How, upset: Upset },
    /// It is applied as it is.
    Apply { how: How, upset: Upset },
    /// The program is edited, planned, and the plan is kept; and applied at once, or not.
    Keep { edits: Vec<Edit>, then: Option<Upset> },
    /// The plan that was kept is applied.
    ApplyKept { upset: Upset },
    /// Everything is destroyed.
    Destroy { how: How, upset: Upset },
    /// A region stops answering, or answers again.
    Region(usize),
    /// Somebody else does something.
    Outside(Outside),
    /// The program takes over something that is there.
    Import { kind: u8, region: usize, size: u8 },
    /// A program is planned that must be refused.
    Mistake(Mistake),
}

/// What somebody else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// Deletes something that nothing refers to.
    Delete(u8),
    /// Changes something.
    Resize(u8),
    /// Switches a role, as a failover does.
    Switch(u8),
    /// Takes a name that the program will want.
    Squat(u8),
}

/// A first program, and what happens then.
#[derive(Clone)]
pub struct Sequence {
    seeds: Vec<Seed>,
    /// What disturbs the first apply.
    pub first: Upset,
    pub events: Vec<Event>,
}

impl Sequence {
    pub fn program(&self) -> Program {
        sow::program(&self.seeds)
    }
}

fn upset() -> impl Strategy<Value = Upset> {
    prop_oneof![
        6 => Just(Upset::None),
        2 => (1..60usize, prop::bool::ANY).prop_map(|(at, before)| {
            Upset::AtCall(at, if before { Moment::Before } else { Moment::After })
        }),
        2 => (1..120usize).prop_map(Upset::AtEvent),
        1 => (1..80usize).prop_map(Upset::Stop),
        2 => fault().prop_map(Upset::Fault),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let edits = || prop::collection::vec(edit(), 1..4);
    let how = || {
        let only = prop::option::weighted(0.07, 0..2usize);
        (prop::bool::weighted(0.85), only).prop_map(|(look, only)| How { refresh: look, only })
    };
    prop_oneof![
        10 => (edits(), how(), upset()).prop_map(|(edits, how, upset)| Event::Edit { edits, how, upset }),
        3 => (how(), upset()).prop_map(|(how, upset)| Event::Apply { how, upset }),
        3 => (edits(), prop::option::of(upset())).prop_map(|(edits, then)| Event::Keep { edits, then }),
        1 => upset().prop_map(|upset| Event::ApplyKept { upset }),
        2 => (how(), upset()).prop_map(|(how, upset)| Event::Destroy { how, upset }),
        2 => (0..2usize).prop_map(Event::Region),
        2 => prop_oneof![
            any::<u8>().prop_map(Outside::Delete),
            any::<u8>().prop_map(Outside::Resize),
            any::<u8>().prop_map(Outside::Switch),
            any::<u8>().prop_map(Outside::Squat),
        ].prop_map(Event::Outside),
        1 => (any::<u8>(), 0..2usize, 0..3u8).prop_map(|(kind, region, size)| Event::Import { kind, region, size }),
        1 => mistake().prop_map(Event::Mistake),
    ]
}

pub fn sequence() -> impl Strategy<Value = Sequence> {
    let first = prop_oneof![4 => Just(Upset::None), 1 => upset()];
    (prop::collection::vec(seed(), 5..=12), first, prop::collection::vec(event(), 2..=6))
        .prop_map(|(seeds, first, events)| Sequence { seeds, first, events })
}

impl fmt::Debug for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut program = self.program();
        writeln!(f, "\n// The program at first:")?;
        for line in program.script() {
            writeln!(f, "{line}")?;
        }
        writeln!(f, "// It is applied; upset: {:?}. Then:", self.first)?;
        for (number, event) in self.events.iter().enumerate() {
            let number = number + 1;
            let (edits, words) = match event {
                Event::Edit { edits, how, upset } => {
                    (edits.as_slice(), format!("edited and applied; {how:?}, upset: {upset:?}"))
                }
                Event::Keep { edits, then } => {
                    (edits.as_slice(), format!("edited and planned; the plan is kept; applied at once: {then:?}"))
                }
                other => (&[][..], format!("{other:?}")),
            };
            writeln!(f, "// {number}. {words}")?;
            let before = program.clone();
            edits.iter().for_each(|edit| edit.apply(&mut program));
            for line in program.changes(&before) {
                writeln!(f, "{line}")?;
            }
        }
        writeln!(f, "// At the end all regions answer, and it is applied until nothing is left to do, and destroyed.")
    }
}
