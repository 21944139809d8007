//! Mistakes: programs that a plan must refuse, and what it must say.

use dr_core::address::Address;
use dr_core::record::Snapshot;
use dr_core::schema::Place;
use dr_core::value::Value;
use proptest::prelude::*;
use proptest::sample::select;

use crate::program::{Given, Program, Slot};

/// What is wrong with a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// Two resources say that they were the same one.
    TwoClaims,
    /// Two resources have exchanged their addresses.
    Circle,
    /// It says that it was one that is still declared.
    StillDeclared,
    /// It takes over what is recorded already.
    ImportRecorded,
    /// Two take over the same.
    ImportTwice,
    /// It takes over what belongs to another environment.
    ImportForeign,
    /// Two have the same name.
    SameName,
    /// Something protected is left out.
    Unprotected,
    /// A version goes back.
    Backwards,
}

/// A mistake, about some slot.
#[derive(Debug, Clone)]
pub struct Mistake {
    wrong: Wrong,
    slot: u8,
    other: u8,
}

pub fn mistake() -> impl Strategy<Value = Mistake> {
    use Wrong::*;
    let all = vec![
        TwoClaims,
        Circle,
        StillDeclared,
        ImportRecorded,
        ImportTwice,
        ImportForeign,
        SameName,
        Unprotected,
        Backwards,
    ];
    (select(all), any::<u8>(), any::<u8>()).prop_map(|(wrong, slot, other)| Mistake { wrong, slot, other })
}

impl Mistake {
    /// Whether what is to be taken over belongs to another environment.
    pub fn is_about_another(&self) -> bool {
        self.wrong == Wrong::ImportForeign
    }

    /// The program with the mistake in it, and some words of what must be said. None where it would be no mistake.
    pub fn make(
        &self,
        program: &Program,
        state: &Snapshot,
        foreign: Option<(&'static dr_core::schema::Kind, dr_core::value::Str)>,
    ) -> Option<(Program, &'static str)> {
        let recorded = |slot: &Slot| state.records.get(&slot.address());
        let fits = |slot: &Slot| match self.wrong {
            Wrong::Unprotected => recorded(slot).is_some_and(|record| record.protect),
            Wrong::Backwards => slot.kind.name == "t.base" && !slot.ignored.contains("version"),
            Wrong::SameName => slot.text("name").is_some() && matches!(slot.kind.name, "t.store" | "t.base" | "t.role"),
            _ => true,
        };
        let all: Vec<usize> =
            program.declared().filter(|(_, s)| recorded(s).is_some() && fits(s)).map(|(i, _)| i).collect();
        let here = *all.get(usize::from(self.slot) % all.len().max(1))?;
        let same_kind =
            |other: &usize| *other != here && program.slots[*other].kind.name == program.slots[here].kind.name;
        let others: Vec<usize> = all.iter().copied().filter(same_kind).collect();
        let other = others.get(usize::from(self.other) % others.len().max(1)).copied();
        let mut wrong = program.clone();
        let address = program.slots[here].address();
        let extra = |wrong: &mut Program, from: &[Address]| {
            let called = wrong.fresh("extra");
            let mut slot = Slot::new(program.slots[here].kind, called);
            slot.region = program.slots[here].region;
            slot.moved_from = from.to_vec();
            wrong.slots.push(slot);
            wrong.slots.len() - 1
        };
        let said = match self.wrong {
            Wrong::TwoClaims => {
                wrong.slots[here].called = wrong.fresh("claim");
                wrong.slots[here].moved_from = vec![address.clone()];
                extra(&mut wrong, &[address]);
                "both say that they were"
            }
            Wrong::StillDeclared => {
                // Whoever has moved on may be followed.
                wrong.slots[here].moved_from.clear();
                extra(&mut wrong, &[address]);
                "which is still declared"
            }
            Wrong::Circle => {
                let other = other?;
                let (one, two) = (program.slots[here].clone(), program.slots[other].clone());
                wrong.slots[here].called.clone_from(&two.called);
                wrong.slots[other].called.clone_from(&one.called);
                wrong.slots[here].moved_from = vec![one.address()];
                wrong.slots[other].moved_from = vec![two.address()];
                "say that each was the other"
            }
            Wrong::ImportRecorded => {
                let record = recorded(&program.slots[here])?;
                if program.slots[here].kind.place == Place::Local
                    || record.region.as_deref() != program.slots[here].region()
                {
                    return None;
                }
                let number = extra(&mut wrong, &[]);
                wrong.slots[number].import = Some(record.id.clone());
                "is recorded already"
            }
            Wrong::ImportTwice | Wrong::ImportForeign => {
                let (kind, id) = foreign?;
                for _ in 0..if self.wrong == Wrong::ImportTwice { 2 } else { 1 } {
                    let called = wrong.fresh("extra");
                    let mut slot = Slot::new(kind, called);
                    slot.import = Some(id.clone());
                    wrong.slots.push(slot);
                }
                if self.wrong == Wrong::ImportTwice { "both take" } else { "belongs to the environment `pr-2`" }
            }
            Wrong::SameName => {
                let other = other.filter(|&other| program.slots[other].region() == program.slots[here].region())?;
                let name = program.slots[other].args.get("name")?.clone();
                if !matches!(name, Given::Plain(_)) {
                    return None;
                }
                wrong.slots[here].args.insert("name", name);
                "would both be called"
            }
            Wrong::Unprotected => {
                wrong.slots[here].present = false;
                "is protected"
            }
            Wrong::Backwards => {
                let recorded = recorded(&program.slots[here])?.args.get("version")?.as_str()?;
                if recorded <= "15" || program.slots[here].order.is_some() {
                    return None;
                }
                wrong.slots[here].args.insert("version", Given::Plain(Value::str("14.9")));
                "cannot go back"
            }
        };
        Some((wrong, said))
    }
}
