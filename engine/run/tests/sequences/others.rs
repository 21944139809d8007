//! What somebody else does, what is taken over from others, and programs with mistakes.

use dr_core::cloud::Target;
use dr_core::value::{Map, Str, Value};

use crate::kinds::{NODE, ROLE, STORE};
use crate::mistakes::Mistake;
use crate::process::{How, Upset};
use crate::program::{ENVIRONMENT, Given, REGIONS, Slot};
use crate::sequence::Outside;
use crate::sow::{number, text};
use crate::story::steps;
use crate::things::{Thing, by_key};
use crate::trial::{Command, Trial};

impl Trial {
    pub fn outside(&mut self, outside: Outside) {
        self.cloud.begin();
        let found = match outside {
            Outside::Squat(number) => self.squat(number),
            _ => self.tamper(outside),
        };
        if let Some(id) = found {
            self.disturbed = true;
            self.settled = false;
            self.tally.count(format!("outside {}", format!("{outside:?}").split('(').next().unwrap_or_default()));
            self.tell(format!("{outside:?}: {id}"));
        }
    }

    /// Somebody else deletes or changes something of ours.
    fn tamper(&mut self, outside: Outside) -> Option<Str> {
        let begun = self.process().store().open_operations().unwrap_or_default();
        let mut inside = self.cloud.inside();
        let nth = |all: Vec<Str>, number: u8| (!all.is_empty()).then(|| all[usize::from(number) % all.len()].clone());
        let ours = |fits: &dyn Fn(&Thing) -> bool| -> Vec<Str> {
            inside.things.iter().filter(|(_, t)| t.op.is_some() && fits(t)).map(|(id, _)| id.clone()).collect()
        };
        match outside {
            Outside::Delete(number) => {
                let free = ours(&|_| true).into_iter().filter(|id| inside.users(id).is_empty()).collect();
                let found = nth(free, number);
                if let Some(id) = &found {
                    inside.take_away(id);
                    inside.vanished.insert(id.clone());
                }
                found
            }
            Outside::Resize(number) => {
                // Of what a creation began and is known by its key alone, nobody can tell whose it is once it was changed.
                let known =
                    |thing: &Thing| !by_key(thing.kind) || thing.op.as_ref().is_none_or(|op| !begun.contains_key(op));
                let found = nth(ours(&|thing| thing.args.contains_key("size") && known(thing)), number);
                if let Some(thing) = found.as_ref().and_then(|id| inside.things.get_mut(id)) {
                    thing.args.insert("size".into(), Value::Int(9));
                    thing.revision += 1;
                }
                found
            }
            Outside::Switch(number) => {
                let is_switched = |thing: &Thing| thing.kind.name == "t.store" && thing.args.contains_key("role");
                let found = nth(ours(&is_switched), number);
                if let Some(thing) = found.as_ref().and_then(|id| inside.things.get_mut(id)) {
                    thing.args.insert("role".into(), Value::str("other"));
                }
                found
            }
            Outside::Squat(_) => None,
        }
    }

    /// Somebody else takes a name that the program will want.
    fn squat(&mut self, number: u8) -> Option<Str> {
        let named = |(_, slot): &(usize, &Slot)| matches!(slot.kind.name, "t.store" | "t.base" | "t.role");
        let all: Vec<&Slot> = self.program.declared().filter(named).map(|(_, slot)| slot).collect();
        let slot = all.get(usize::from(number) % all.len().max(1))?;
        let (address, name) = (slot.address(), slot.text("name")?);
        let args = Map::from([("name".into(), Value::str(name))]);
        let id =
            self.cloud.found(Target { kind: slot.kind, region: slot.region(), address: &address }, &args, false)?;
        self.note_foreign(&id);
        Some(id)
    }

    /// What belongs to somebody else and has a name that the program wants.
    pub fn squatters(&self) -> Vec<Str> {
        let wants = |id: &Str, thing: &Thing| {
            self.program.declared().any(|(_, slot)| {
                slot.kind.name == thing.kind.name
                    && slot.import.as_ref() != Some(id)
                    && slot.text("name").is_some_and(|name| thing.args.get("name") == Some(&Value::str(name)))
            })
        };
        self.foreign.iter().filter(|(id, thing)| wants(id, thing)).map(|(id, _)| id.clone()).collect()
    }

    fn note_foreign(&mut self, id: &Str) {
        let thing = self.cloud.inside().things.get(id).cloned();
        self.foreign.extend(thing.map(|thing| (id.clone(), thing)));
    }

    /// Something is there and is taken over.
    pub fn import(&mut self, kind: u8, region: usize, size: u8) -> Result<(), String> {
        self.cloud.begin();
        let kind = [&STORE, &NODE, &ROLE][usize::from(kind) % 3];
        let called = self.program.fresh("taken");
        let mut slot = Slot::new(kind, called.clone());
        slot.region = region;
        match kind.name {
            "t.node" => slot.args.insert("image", text("1")),
            _ => slot.args.insert("name", text(format!("{called}-{ENVIRONMENT}"))),
        };
        let given = |(name, given): (&&str, &Given)| match given {
            Given::Plain(value) => Some(((*name).into(), value.clone())),
            _ => None,
        };
        let mut args: Map<Value> = slot.args.iter().filter_map(given).collect();
        args.insert("size".into(), Value::Int(1));
        let address = slot.address();
        let Some(id) = self.cloud.found(Target { kind, region: slot.region(), address: &address }, &args, false) else {
            return Err("the name of what is to be taken over is in use".into());
        };
        self.note_foreign(&id);
        slot.args.insert("size", number(size));
        slot.import = Some(id);
        self.program.slots.push(slot);
        self.settled = false;
        self.command(Command::Apply, How::USUAL, &Upset::None)
    }

    /// A program with a mistake is refused, and what is wrong is said.
    pub fn mistake(&mut self, mistake: &Mistake) -> Result<(), String> {
        if !self.settled || !self.is_quiet(How::USUAL, &Upset::None) {
            return Ok(());
        }
        self.cloud.begin();
        let called = self.program.fresh("other");
        let address = Slot::new(&STORE, called.clone()).address();
        let args = Map::from([("name".into(), Value::str(&called))]);
        let id = self.cloud.found(
            Target { kind: &STORE, region: Some(REGIONS[0]), address: &address },
            &args,
            mistake.is_about_another(),
        );
        id.iter().for_each(|id| self.note_foreign(id));
        let snapshot = self.process().snapshot();
        let Some((wrong, said)) = mistake.make(&self.program, &snapshot, id.map(|id| (&STORE, id))) else {
            return Ok(());
        };
        let Some(process) = &self.process else { return Ok(()) };
        let plan = process.plan(&self.cloud, Some(&wrong.graph()), true);
        self.tally.count(
            format!("{mistake:?}").split(',').next().unwrap_or_default().replace("Mistake { wrong: ", "mistake "),
        );
        if plan.diagnostics.iter().any(|d| d.is_error() && d.message.contains(said)) {
            return Ok(());
        }
        let lines = wrong.changes(&self.program).join("\n");
        Err(format!("it must be refused ({said}), and is not: {mistake:?}\n{lines}\n{}", steps(&plan)))
    }
}
