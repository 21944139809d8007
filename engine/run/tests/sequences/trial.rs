//! A trial: one sequence, carried out on a state and a cloud of its own, and checked after every event.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dr_core::plan::Action;
use dr_core::record::Snapshot;
use dr_core::value::{Str, Value};
use dr_run::StepFailure;

use crate::check;
use crate::cloud::StrictCloud;
use crate::common::all_bytes;
use crate::process::{End, How, Process, Task, Upset};
use crate::program::{Given, Program, REGIONS};
use crate::refusal::{Refusal, agree, can_be_taken_over};
use crate::sequence::{Event, Sequence};
use crate::sow::text;
use crate::story::{steps, words};
use crate::tally::Tally;
use crate::things::Thing;

/// How many applies may be needed at the end, the one that finds nothing to do counted too.
const ROUNDS: usize = 3;
/// How much of what the cloud was asked is told when something is wrong.
const LOG: usize = 40;

/// A plan that was kept.
struct Kept {
    file: PathBuf,
    /// What it was made of.
    program: Program,
    /// What must not be deleted when it is applied.
    guarded: BTreeMap<Str, &'static str>,
}

/// What a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Apply,
    Destroy,
    Kept,
}

pub struct Trial {
    dir: tempfile::TempDir,
    pub cloud: StrictCloud,
    pub program: Program,
    /// The last program that was applied to its end, and those after it that were not: what they moved has its new
    /// address.
    reached: Vec<Program>,
    pub process: Option<Process>,
    kept: Option<Kept>,
    /// What belongs to somebody else, as it was.
    pub foreign: BTreeMap<Str, Thing>,
    /// Whether somebody else changed something since it was last looked at.
    pub disturbed: bool,
    /// Whether everything is as the program says.
    pub settled: bool,
    pub tally: Tally,
    story: Vec<String>,
}

/// Carries out a sequence and counts what happened.
///
/// # Errors
/// What is wrong, and the way there.
pub fn carry_out(sequence: &Sequence, place: &Path) -> Result<Tally, String> {
    let mut trial = Trial {
        dir: tempfile::tempdir_in(place).map_err(|e| e.to_string())?,
        cloud: StrictCloud::default(),
        program: sequence.program(),
        reached: Vec::new(),
        process: None,
        kept: None,
        foreign: BTreeMap::new(),
        disturbed: false,
        settled: false,
        tally: Tally::default(),
        story: Vec::new(),
    };
    match trial.whole(sequence) {
        Ok(()) => Ok(trial.tally),
        Err(wrong) => {
            let inside = trial.cloud.inside();
            let log = &inside.log[inside.log.len().saturating_sub(LOG)..];
            Err(format!("{wrong}\n\nwhat happened:\n{}\n\nthe last calls:\n{}", trial.story.join("\n"), log.join("\n")))
        }
    }
}

impl Trial {
    fn whole(&mut self, sequence: &Sequence) -> Result<(), String> {
        self.command(Command::Apply, How::USUAL, &sequence.first)?;
        for event in &sequence.events {
            self.event(event)?;
        }
        self.converge()?;
        self.destroy()
    }

    fn event(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::Edit { edits, how, upset } => {
                edits.iter().for_each(|edit| edit.apply(&mut self.program));
                self.settled = false;
                self.command(Command::Apply, *how, upset)
            }
            Event::Apply { how, upset } => self.command(Command::Apply, *how, upset),
            Event::Keep { edits, then } => {
                edits.iter().for_each(|edit| edit.apply(&mut self.program));
                self.settled = false;
                self.keep()?;
                then.as_ref().map_or(Ok(()), |upset| self.apply_kept(upset))
            }
            Event::ApplyKept { upset } => self.apply_kept(upset),
            Event::Destroy { how, upset } => self.command(Command::Destroy, *how, upset),
            Event::Region(number) => {
                let region = Str::from(REGIONS[*number]);
                let mut inside = self.cloud.inside();
                if !inside.off.remove(&region) {
                    inside.off.insert(region);
                }
                Ok(())
            }
            Event::Outside(outside) => {
                self.outside(*outside);
                Ok(())
            }
            Event::Import { kind, region, size } => self.import(*kind, *region, *size),
            Event::Mistake(mistake) => self.mistake(mistake),
        }
    }

    fn apply_kept(&mut self, upset: &Upset) -> Result<(), String> {
        if self.kept.is_none() {
            return Ok(());
        }
        self.command(Command::Kept, How::USUAL, upset)
    }

    pub fn tell(&mut self, what: impl Into<String>) {
        self.story.push(what.into());
    }

    pub fn process(&mut self) -> &Process {
        if self.process.is_none() {
            self.tally.count("processes");
        }
        let dir = self.dir.path().to_owned();
        self.process.get_or_insert_with(|| Process::start(&dir))
    }

    /// Whether nothing is in the way of a command, except that a region does not answer or is left out.
    fn is_calm(&self, how: How, upset: &Upset) -> bool {
        // What somebody else did in a region that is away nobody sees.
        let sees_all = how.refresh && how.only.is_none() && self.cloud.inside().off.is_empty();
        upset.passes() && self.squatters().is_empty() && (sees_all || !self.disturbed)
    }

    /// Whether nothing at all is in its way.
    pub fn is_quiet(&self, how: How, upset: &Upset) -> bool {
        self.is_calm(how, upset) && self.cloud.inside().off.is_empty() && how.only.is_none()
    }

    /// Runs a command, and checks everything afterwards.
    pub fn command(&mut self, command: Command, how: How, upset: &Upset) -> Result<(), String> {
        if command == Command::Destroy {
            self.process = None;
        }
        let snapshot = self.process().snapshot();
        let (calm, quiet) = (self.is_calm(how, upset), self.is_quiet(how, upset));
        self.cloud.begin();
        let kept = self.kept.take();
        self.cloud.inside().guarded = match &kept {
            Some(kept) if command == Command::Kept => kept.guarded.clone(),
            _ => self.guarded(&snapshot, command),
        };
        self.tell(format!("{command:?}, {how:?}, upset: {upset:?}"));
        let graph = self.program.graph();
        let task = match (command, &kept) {
            (Command::Apply, _) => Task::Apply(&graph),
            (Command::Destroy, _) => Task::Destroy,
            (Command::Kept, Some(kept)) => Task::Stored(&kept.file),
            (Command::Kept, None) => return Ok(()),
        };
        self.process();
        let Some(process) = &self.process else { return Ok(()) };
        let end = process.run(&self.cloud, task, how, upset);
        let applied = match (command, &kept) {
            (Command::Apply, _) => Some(self.program.clone()),
            (Command::Kept, Some(kept)) => Some(kept.program.clone()),
            _ => None,
        };
        self.kept = kept.filter(|_| command != Command::Kept);
        self.settled = false;
        self.tell(format!("  {}", words(&end)));
        if matches!(end, End::Died) {
            self.process = None;
            self.reached.extend(applied.clone());
            self.secrets()?;
        }
        self.count(command, how, upset, &end);
        self.check()?;
        match end {
            End::Applied(plan, report, before) => {
                if report.is_complete() && applied.is_some() {
                    self.reached.clear();
                }
                self.reached.extend(applied);
                wrong_if_any(check::reasons(&plan, &before))?;
                // What nobody could know before is found out while applying: the next plan knows it.
                if !report.failed.is_empty() && report.failed.iter().all(is_found_out_late) {
                    self.tally.count("found out late");
                    return Ok(());
                }
                // Whoever looked knows which regions are away, and does without them.
                if calm && how.refresh && command != Command::Kept && !report.failed.is_empty() {
                    return Err(format!("only a region was away, and something failed: {:?}", report.failed));
                }
                if !quiet {
                    return Ok(());
                }
                if !report.is_complete() && command != Command::Kept {
                    return Err(format!(
                        "nothing was in the way, and it is not done: {:?} {:?}",
                        report.failed, report.output_errors
                    ));
                }
                match command {
                    Command::Apply => self.done(),
                    Command::Destroy => self.nothing_left(),
                    Command::Kept => Ok(()),
                }
            }
            End::Refused(plan) => {
                // What an earlier command had begun is known by now.
                let snapshot = self.process().known();
                let reasons = agree(&plan, &self.program, &snapshot, &self.cloud)?;
                reasons.iter().for_each(|reason| self.tally.count(format!("refused {reason:?}")));
                if command == Command::Destroy && quiet && reasons.iter().any(|r| *r != Refusal::Protected) {
                    return Err(format!("a destroy is refused: {:?}", plan.diagnostics));
                }
                Ok(())
            }
            End::Died | End::Stale | End::Begun | End::Stopped => Ok(()),
        }
    }

    fn check(&mut self) -> Result<(), String> {
        self.process();
        let Some(process) = &self.process else { return Ok(()) };
        let mut inside = self.cloud.inside();
        wrong_if_any(check::state(process, &inside, &self.foreign))?;
        // What was taken over is ours from then on.
        for record in process.snapshot().records.values() {
            if self.foreign.remove(&record.id).is_none() {
                continue;
            }
            self.tally.count("taken over");
            if let Some(thing) = inside.things.get_mut(&record.id) {
                thing.op = Some(record.op.clone());
            }
        }
        Ok(())
    }

    /// Everything is as the program says, and the next plan has nothing to do.
    fn done(&mut self) -> Result<(), String> {
        self.disturbed = false;
        let (graph, snapshot) = (self.program.graph(), self.process().snapshot());
        wrong_if_any(check::promised(&graph, &snapshot, &self.cloud.inside()))?;
        self.cloud.begin();
        let Some(process) = &self.process else { return Ok(()) };
        let plan = process.plan(&self.cloud, Some(&graph), true);
        if plan.is_refused() || !plan.steps.is_empty() || !plan.is_empty() {
            return Err(format!("it was applied, and the next plan is not empty: {}", steps(&plan)));
        }
        self.settled = true;
        self.tally.count("settled");
        Ok(())
    }

    /// After a destroy, nothing of it is anywhere.
    fn nothing_left(&mut self) -> Result<(), String> {
        let snapshot = self.process().snapshot();
        let open = self.process().store().open_operations().map_err(|e| e.to_string())?;
        let left: Vec<Str> =
            self.cloud.inside().things.iter().filter(|(_, t)| t.op.is_some()).map(|(id, _)| id.clone()).collect();
        if !snapshot.is_empty() || !open.is_empty() || !left.is_empty() || snapshot.program.is_some() {
            return Err(format!("it was destroyed, and something is left: {left:?} {:?}", snapshot.records.keys()));
        }
        self.disturbed = false;
        self.forget_imports();
        Ok(())
    }

    /// What is not there any more cannot be taken over.
    fn forget_imports(&mut self) {
        let inside = self.cloud.inside();
        for slot in &mut self.program.slots {
            if !can_be_taken_over(slot, &inside) {
                slot.import = None;
            }
        }
    }

    /// What a command must not delete: what is protected, and what belongs to somebody else.
    fn guarded(&self, snapshot: &Snapshot, command: Command) -> BTreeMap<Str, &'static str> {
        let taken: BTreeSet<&Str> = self.program.slots.iter().filter_map(|slot| slot.import.as_ref()).collect();
        let recorded: BTreeSet<&Str> = snapshot.records.values().map(|r| &r.id).collect();
        let others = self.foreign.keys().filter(|id| !taken.contains(id) && !recorded.contains(id));
        let mut guarded: BTreeMap<Str, _> = others.map(|id| (id.clone(), "somebody else's")).collect();
        for record in snapshot.records.values().filter(|r| r.protect) {
            let declared = self
                .program
                .declared()
                .find(|(_, slot)| slot.address() == record.address || slot.moved_from.contains(&record.address));
            if command == Command::Destroy || declared.is_none_or(|(_, slot)| slot.protect) {
                guarded.insert(record.id.clone(), "protected");
            }
        }
        guarded
    }

    fn keep(&mut self) -> Result<(), String> {
        let (graph, snapshot) = (self.program.graph(), self.process().known());
        self.cloud.begin();
        let file = self.dir.path().join("kept.plan");
        let Some(process) = &self.process else { return Ok(()) };
        let plan = process.plan(&self.cloud, Some(&graph), true);
        if plan.is_refused() {
            self.tell(format!("Keep: refused: {}", steps(&plan)));
            return agree(&plan, &self.program, &snapshot, &self.cloud).map(drop);
        }
        process.keep(&file, &plan);
        self.tell(format!("Keep: {}", steps(&plan)));
        self.tally.count("kept");
        let guarded = self.guarded(&snapshot, Command::Apply);
        self.kept = Some(Kept { file, program: self.program.clone(), guarded });
        Ok(())
    }

    /// With everything in order, the program is applied until nothing is left to do.
    fn converge(&mut self) -> Result<(), String> {
        self.tidy();
        for round in 1..=ROUNDS {
            let refused = self.tally.all("refused ");
            self.command(Command::Apply, How::USUAL, &Upset::None)?;
            if self.settled {
                self.tally.most("most applies at the end", round);
                return Ok(());
            }
            if self.tally.all("refused ") > refused {
                self.tally.count("destroyed to go on");
                // What is protected is given free by the program that it was made by.
                let made_by = self.made_by();
                let wanted = std::mem::replace(&mut self.program, made_by);
                self.tidy();
                self.command(Command::Apply, How::USUAL, &Upset::None)?;
                self.program = wanted;
                self.command(Command::Destroy, How::USUAL, &Upset::None)?;
            }
        }
        Err(format!("it does not converge within {ROUNDS} applies"))
    }

    /// The program that declares everything protected where it is. What was applied can be applied again; what was only
    /// begun may have been refused. What it moved has moved, and what others had before may belong to somebody else now.
    fn made_by(&mut self) -> Program {
        let snapshot = self.process().snapshot();
        let knows = |program: &&Program| {
            let mut protected = snapshot.records.values().filter(|record| record.protect);
            protected.all(|record| program.declared().any(|(_, slot)| slot.address() == record.address))
        };
        let mut program = self.reached.iter().find(knows).cloned().unwrap_or_default();
        program.slots.iter_mut().for_each(|slot| slot.moved_from.clear());
        program
    }

    /// What a person puts in order: regions, names that others have, what a failover switched, what is protected.
    fn tidy(&mut self) {
        self.cloud.begin();
        let squatters = self.squatters();
        let mut inside = self.cloud.inside();
        inside.off.clear();
        for id in squatters {
            inside.things.remove(&id);
            self.foreign.remove(&id);
        }
        let switched = inside.things.values().filter(|thing| thing.args.get("role") == Some(&Value::str("other")));
        let names: BTreeSet<String> = switched.filter_map(|t| Some(t.args.get("name")?.to_text())).collect();
        for slot in &mut self.program.slots {
            slot.protect = false;
            if slot.text("name").is_some_and(|name| names.contains(name)) && slot.args.contains_key("role") {
                slot.args.insert("role", text("other"));
            }
        }
        drop(inside);
        self.forget_imports();
        self.declare_imports();
    }

    /// What is to be taken over is declared as it is, where it cannot be changed.
    fn declare_imports(&mut self) {
        let snapshot = self.process().snapshot();
        let inside = self.cloud.inside();
        for slot in &mut self.program.slots {
            let Some(id) = slot.import.clone() else { continue };
            let Some(thing) = inside.things.get(&id) else { continue };
            if snapshot.records.values().any(|record| record.id == id) {
                continue;
            }
            for field in slot.kind.args.iter().filter(|field| field.replace) {
                match thing.args.get(field.name) {
                    Some(value) if slot.args.contains_key(field.name) => {
                        slot.args.insert(field.name, Given::Plain(value.clone()));
                    }
                    _ => drop(slot.args.remove(field.name)),
                }
            }
        }
    }

    fn destroy(&mut self) -> Result<(), String> {
        self.secrets()?;
        self.command(Command::Destroy, How::USUAL, &Upset::None)?;
        self.nothing_left()
    }

    /// No secret is in clear in the state.
    fn secrets(&mut self) -> Result<(), String> {
        let secrets = self.cloud.inside().secrets.clone();
        if secrets.is_empty() {
            return Ok(());
        }
        let bytes = all_bytes(self.dir.path());
        let text = String::from_utf8_lossy(&bytes);
        self.tally.count("secrets looked for");
        match secrets.iter().find(|secret| text.contains(secret.as_str())) {
            Some(_) => Err("a secret is in clear in the state".into()),
            None => Ok(()),
        }
    }

    fn count(&mut self, command: Command, how: How, upset: &Upset, end: &End) {
        self.tally.count("commands");
        self.tally.count(format!("command {command:?}"));
        self.tally.count(format!("end {}", end.name()));
        match (upset, end) {
            (Upset::None, _) | (_, End::Stale | End::Begun) => {}
            (Upset::AtCall(..) | Upset::AtEvent(_), End::Died) => self.tally.count(format!("died {command:?}")),
            (Upset::AtCall(..) | Upset::AtEvent(_), _) => {}
            (Upset::Fault(fault), _) => self.tally.count(format!("fault {:?}", fault.trouble)),
            (Upset::Stop(_), _) => self.tally.count("stop"),
        }
        if !self.cloud.inside().off.is_empty() {
            self.tally.count("region off");
        }
        if how.only.is_some() {
            self.tally.count("region left out");
        }
        let End::Applied(plan, report, _) = end else { return };
        self.tally.0.entry("moves".into()).and_modify(|n| *n += plan.moves.len()).or_insert(plan.moves.len());
        if !plan.deferred.is_empty() {
            self.tally.count("deferred");
        }
        for &step in &report.done {
            let step = &plan.steps[step];
            let half = if step.replacement.is_some() { " of a replacement" } else { "" };
            self.tally.count(format!("step {:?}{half}", step.action));
            if step.action == Action::Create && step.replacement.is_none() && step.prior.is_some() {
                self.tally.count("step Create again");
            }
            if step.implied_by.is_some() {
                self.tally.count("step implied");
            }
            if step.batch.is_some() {
                self.tally.count("step in a batch");
            }
        }
    }
}

/// Whether a name turned out to be the old one, of something that must be made anew for another reason too.
fn is_found_out_late(failure: &StepFailure) -> bool {
    failure.error.starts_with("its name turns out to be the one it has")
}

fn wrong_if_any(wrongs: Vec<String>) -> Result<(), String> {
    if wrongs.is_empty() { Ok(()) } else { Err(wrongs.join("\n")) }
}
