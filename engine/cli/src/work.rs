//! Work on a stack: its state, its cloud, and what is done with them.
//!
//! One of these lives as long as a command. Its future runs beside the signals: the first Ctrl-C asks the engine to
//! finish what is in flight, the second drops everything; both leave the journal able to tell what happened.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use dr_core::checks::TeamRules;
use dr_core::cloud::{Cloud, Identity, Sought};
use dr_core::diagnostic::Diagnostic;
use dr_core::graph::Graph;
use dr_core::leftover::UnseenPart;
use dr_core::plan::{Goal, Plan};
use dr_core::record::{Record, Snapshot};
use dr_core::region::GLOBAL;
use dr_core::selection::Aim;
use dr_core::value::Str;
use dr_local::LocalCloud;
use dr_run::{
    Calls, Cancel, CertifyWanted, Engine, ForeignIf, ForeignResource, Gate, LeftOpen, Observer, Outcome, Places,
    Prepared, Report, Resumption, Router, Silent, Stack, StateChange, Store, Swept,
};

use crate::certificate::DestroyCertificate;
use crate::chronicle;
use crate::clock;
use crate::cloud::Reached;
use crate::exit::{CommandFailure, Exit};
use crate::live::LiveView;
use crate::render::{count, deferred, duration, failover, safe};
use crate::session::{OpenState, Session};
use crate::shared;
use crate::ui::Ui;

/// Regions that programs usually are in, whatever the account lists.
const USUAL: [&str; 3] = ["us-east-1", "us-east-2", "us-west-2"];

/// A command's hold on a stack.
pub(crate) struct Work<'a> {
    session: &'a Session<'a>,
    stack: Stack,
    /// The cloud and account.
    pub identity: Identity,
    reached: Reached,
    local: LocalCloud,
    gate: Gate,
    calls: Calls,
    /// Which regions answer, and which the user leaves out.
    places: Places,
    /// What an earlier run began, where it could not be found out what became of it.
    unresolved: Vec<dr_run::StepFailure>,
    /// What an earlier run began in regions that are away.
    left_open: Vec<LeftOpen>,
    /// What was found in the cloud and is not recorded: it is said with the plan.
    found: Vec<Diagnostic>,
    /// How to stop.
    pub cancel: Cancel,
}

/// What a plan is to be made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WantedPlan<'a> {
    /// Apply or destroy.
    pub goal: Goal,
    /// What is declared.
    pub graph: &'a Graph,
    /// Whether to look how resources are now.
    pub refresh: bool,
    /// Whether protection from deletion may be switched off where it stands in the way.
    pub lift: bool,
    /// What a person limits it to.
    pub aim: &'a Aim,
}

impl<'a> Work<'a> {
    /// Opens the cloud for looking; what changes something opens it for real. `folder` is the program's.
    ///
    /// # Errors
    /// When the cloud cannot be reached.
    pub(crate) async fn open(
        session: &'a Session<'a>,
        stack: Stack,
        folder: &Path,
        parallel: Option<usize>,
    ) -> Result<Work<'a>, CommandFailure> {
        let (reached, identity) = session.cloud(true).await?;
        let local = session.local(&stack, folder, &session.state_dir);
        let gate = Gate::new(parallel.or(session.project.config.parallel.map(NonZeroUsize::get)));
        let (calls, places, cancel) = (Calls::new(), Places::default(), Cancel::new());
        Ok(Work {
            session,
            stack,
            identity,
            reached,
            local,
            gate,
            calls,
            places,
            unresolved: Vec::new(),
            left_open: Vec::new(),
            found: Vec::new(),
            cancel,
        })
    }

    /// Leaves everything out but these places, if any are given.
    pub(crate) fn limit_to(&mut self, only: Option<BTreeSet<Str>>) {
        self.places = Places::new(only);
    }

    /// Makes sure that what is made in the cloud stays.
    ///
    /// # Errors
    /// When the cloud cannot be reached.
    pub(crate) async fn for_real(&mut self) -> Result<(), CommandFailure> {
        if self.reached.passing {
            (self.reached, _) = self.session.cloud(false).await?;
        }
        Ok(())
    }

    /// Makes the plan.
    ///
    /// # Errors
    /// When it is interrupted, or state cannot be read, or belongs to another cloud.
    pub(crate) async fn plan(&self, held: Option<&OpenState>, wanted: WantedPlan<'_>) -> Result<Plan, CommandFailure> {
        if let Some(held) = held {
            held.store.check_binding(&self.identity)?;
        }
        let empty = Snapshot::default();
        let snapshot = held.map_or(&empty, |h| &h.snapshot);
        // Preparing takes an engine, and an engine takes a state.
        let nothing = Store::nothing(&self.stack);
        let store = held.map_or(&nothing, |h| &h.store);
        let router = Router::new(&self.local, &*self.reached.cloud);
        let engine = self.engine(store, &router, &Silent);
        let WantedPlan { goal, graph, refresh, lift, aim } = wanted;
        let program = &self.stack.program;
        let identity = &self.identity;
        let team = self.session.team_for(goal)?;
        let team = team.as_deref().map(|team| team as &dyn TeamRules);
        let wanted = dr_run::Wanted { goal, program, graph, snapshot, identity, refresh, aim, lift, team };
        let mut plan = dr_run::plan(&engine, &wanted).await?;
        plan.diagnostics.extend(self.found.iter().cloned());
        if goal == Goal::Apply {
            let command = |words: &[&str]| self.session.command(words);
            plan.diagnostics.extend(failover::standing(snapshot, &self.session.registry, program, command));
        }
        for help in plan.diagnostics.iter_mut().flat_map(|d| &mut d.help) {
            *help = self.session.completed(program, help);
        }
        plan.diagnostics.sort_by_key(|d| Reverse(d.severity));
        Ok(plan)
    }

    /// Calls a function with what looks for a plan and changes nothing.
    ///
    /// # Errors
    /// Its own, and when the state belongs to another cloud.
    pub(crate) async fn with_plan_engine<T>(
        &self,
        held: Option<&OpenState>,
        graph: &Graph,
        then: impl AsyncFnOnce(&Engine<'_>, &dr_run::Wanted<'_>) -> Result<T, CommandFailure>,
    ) -> Result<T, CommandFailure> {
        if let Some(held) = held {
            held.store.check_binding(&self.identity)?;
        }
        let (empty, nothing) = (Snapshot::default(), Store::nothing(&self.stack));
        let snapshot = held.map_or(&empty, |h| &h.snapshot);
        let router = Router::new(&self.local, &*self.reached.cloud);
        let engine = self.engine(held.map_or(&nothing, |h| &h.store), &router, &Silent);
        let (program, identity) = (&self.stack.program, &self.identity);
        let (goal, refresh, lift, team) = (Goal::Apply, false, false, None);
        let wanted =
            dr_run::Wanted { goal, program, graph, snapshot, identity, refresh, aim: Aim::everything(), lift, team };
        then(&engine, &wanted).await
    }

    /// All places that the account has.
    ///
    /// # Errors
    /// When the cloud does not say which, or it is interrupted.
    pub(crate) async fn everywhere(&self) -> Result<BTreeSet<Str>, CommandFailure> {
        let nothing = Store::nothing(&self.stack);
        let engine = self.engine(&nothing, &*self.reached.cloud, &Silent);
        let asked = dr_run::everywhere(&engine).await?;
        asked.map_err(|why| {
            CommandFailure::new(format!("the cloud does not say which regions there are: {}", safe(&why)))
        })
    }

    /// Notes what is to be said with the plan.
    pub(crate) fn tell_of(&mut self, found: Vec<Diagnostic>) {
        self.found = found;
    }

    /// How many resources of the cloud were found.
    pub(crate) fn number_of(&self, found: &dr_run::Discovery) -> usize {
        found.number(&self.session.registry)
    }

    /// Those of these places that the user does not leave out.
    pub(crate) fn asked(&self, places: &BTreeSet<Str>) -> BTreeSet<Str> {
        places.iter().filter(|place| !self.places.is_left_out(place)).cloned().collect()
    }

    /// Looks how everything is that is recorded, as far as it is known what was begun.
    ///
    /// # Errors
    /// When it is interrupted, or the state belongs to another cloud.
    pub(crate) async fn look_now(&self, held: &mut OpenState) -> Result<Prepared, CommandFailure> {
        held.store.check_binding(&self.identity)?;
        let open = held.store.open_operations()?;
        held.snapshot = dr_run::as_far_as_known(&held.snapshot, open.into_values());
        let router = Router::new(&self.local, &*self.reached.cloud);
        let engine = self.engine(&held.store, &router, &Silent);
        let (graph, program, identity) = (Graph::default(), &self.stack.program, &self.identity);
        let wanted = dr_run::Wanted {
            goal: Goal::Destroy,
            program,
            graph: &graph,
            snapshot: &held.snapshot,
            identity,
            refresh: true,
            aim: Aim::everything(),
            lift: false,
            team: None,
        };
        Ok(dr_run::prepare(&engine, &wanted).await?)
    }

    /// Checks that other stacks give what they gave when a plan was made.
    ///
    /// # Errors
    /// Names what differs.
    pub(crate) async fn check_answers(&self, plan: &Plan) -> Result<(), CommandFailure> {
        Ok(dr_run::check_answers(plan, &self.local).await?)
    }

    /// Finds out what became of what an earlier run left open. What cannot be found out stays open, and the plan leaves
    /// it alone. Returns how many operations were closed.
    ///
    /// # Errors
    /// When state cannot be read or written, or it is interrupted.
    pub(crate) async fn resume(&mut self, held: &mut OpenState, goal: Goal) -> Result<usize, CommandFailure> {
        let open = held.store.open_operations()?.len();
        if open == 0 {
            return Ok(0);
        }
        self.for_real().await?;
        let ui = self.session.ui;
        ui.tell(&format!("An earlier run left {} open; finding out what became of it\n", count(open, "operation")));
        let live = LiveView::new(ui, None);
        let router = Router::new(&self.local, &*self.reached.cloud);
        let engine = self.engine(&held.store, &router, &live);
        let resumed = tokio::select! {
            biased;
            resumed = dr_run::resume(&engine, &self.identity, goal) => resumed,
            never = live.tick() => match never {},
        };
        live.end();
        let Resumption { resumed, failed, away, remaining } = resumed?;
        for one in &resumed {
            ui.tell(&format!("  {}  {}\n", one.address, outcome(&one.outcome)));
        }
        for one in &failed {
            ui.tell(&format!("  {}  cannot be looked for, and is left alone: {}\n", one.address, safe(&one.error)));
        }
        for (place, there) in by_place(&away) {
            let why = deferred::state(self.places.away(place));
            let number = count(there, "operation");
            ui.tell(&format!("  {place} {why}: {number} there {} open\n", if there == 1 { "stays" } else { "stay" }));
        }
        ui.tell("\n");
        if !remaining.is_empty() {
            return Err(CommandFailure::new("stopped on request; the next run goes on with it").exit(Exit::Interrupted));
        }
        (self.unresolved, self.left_open) = (failed, away);
        held.snapshot = held.store.snapshot()?;
        Ok(resumed.len())
    }

    /// Applies a plan.
    ///
    /// # Errors
    /// When it is not for this state, or state cannot be written. Failures of steps are in the report.
    pub(crate) async fn apply(&mut self, held: OpenState, plan: &Plan) -> Result<Report, CommandFailure> {
        self.for_real().await?;
        let is_run = !plan.steps.is_empty();
        if is_run {
            // It is written with the first thing that is waited for.
            let run = Box::new(chronicle::begun(self.session, plan)?);
            drop(held.store.submit(StateChange::RunBegan(run)));
        }
        if !plan.destroy {
            held.store.note_apply(clock::now()?, shared::who().into()).await?;
        }
        self.local
            .tidy(&held.snapshot)
            .map_err(|e| CommandFailure::new("cannot put the packages in order").because(&e))?;
        let live = LiveView::new(self.session.ui, Some(plan));
        let router = Router::new(&self.local, &*self.reached.cloud);
        let engine = self.engine(&held.store, &router, &live);
        let report = tokio::select! {
            biased;
            report = dr_run::apply(&engine, plan, held.snapshot) => report,
            never = live.tick() => match never {},
        };
        live.end();
        let mut report = report?;
        report.failed.splice(0..0, self.unresolved.iter().cloned());
        report.left_open.clone_from(&self.left_open);
        if is_run {
            // A run without an end is told as one; what was done is in the report whatever becomes of this.
            let _ = held.store.commit(StateChange::RunEnded(chronicle::ended(plan, &report))).await;
        }
        Ok(report)
    }

    /// Which of the resources that a plan deletes are foreign.
    ///
    /// # Errors
    /// When it is interrupted.
    pub(crate) async fn foreign(
        &self,
        held: Option<&OpenState>,
        plan: &Plan,
        foreign_if: ForeignIf,
    ) -> Result<Vec<ForeignResource>, CommandFailure> {
        let Some(held) = held else { return Ok(Vec::new()) };
        let router = Router::new(&self.local, &*self.reached.cloud);
        Ok(dr_run::foreign(&self.engine(&held.store, &router, &Silent), plan, foreign_if).await?)
    }

    /// Looks in every place of the account, and in these, for what is left of an environment or one of its programs.
    /// Services may show late what they make, so it is looked twice unless `is_early`. Places that the user leaves out are
    /// not asked.
    ///
    /// # Errors
    /// When it is interrupted.
    pub(crate) async fn certify(
        &self,
        store: Option<&Store>,
        (program, records): (Option<&str>, &[Arc<Record>]),
        used: &BTreeSet<Str>,
        is_early: bool,
    ) -> Result<DestroyCertificate, CommandFailure> {
        let (session, ui) = (self.session, self.session.ui);
        let nothing = Store::nothing(&self.stack);
        let engine = self.engine(store.unwrap_or(&nothing), &*self.reached.cloud, &Silent);
        let (everywhere, unlisted) = match dr_run::everywhere(&engine).await? {
            Ok(places) => (places, None),
            Err(why) => (BTreeSet::from([Str::from(GLOBAL)]), Some(why)),
        };
        let is_left_out = |place: &Str| self.places.is_left_out(place);
        let all = everywhere.into_iter().chain(USUAL.map(Str::from)).chain(used.iter().cloned());
        let (left_out, places): (BTreeSet<Str>, BTreeSet<Str>) = all.partition(is_left_out);
        let others = session.namesakes();
        let sought = Sought { environment: &session.suffix, program };
        let wanted = CertifyWanted { sought, records, others: &others, places: &places };
        let lag = session.lag(&self.identity);
        let mut searches = dr_run::certify(&engine, wanted).await?;
        let mut looks = 1;
        if !lag.is_zero() && !is_early {
            let time = duration::about(lag);
            ui.tell(&format!(
                "Looking again in {time}: services show late what they make (`--no-wait` leaves that out)\n"
            ));
            tokio::select! {
                () = tokio::time::sleep(lag) => {}
                () = self.cancel.requested() => return Err(dr_run::Interrupted.into()),
            }
            searches = dr_run::certify(&engine, wanted).await?;
            looks = 2;
        }
        if let Some(why) = unlisted {
            let part = UnseenPart { what: "the regions of the account".into(), why, may_pass: false };
            searches.entry(GLOBAL.into()).or_default().unseen.push(part);
        }
        Ok(DestroyCertificate {
            environment: session.suffix.clone(),
            program: program.map(str::to_owned),
            cloud: self.identity.to_string(),
            at: clock::now()?,
            looks,
            is_early: is_early && !lag.is_zero(),
            left_out: left_out.into_iter().collect(),
            searches,
        })
    }

    /// What in these places carries such tags.
    ///
    /// # Errors
    /// When it is interrupted.
    pub(crate) async fn sweep_for(&self, sought: Sought<'_>, places: &BTreeSet<Str>) -> Result<Swept, CommandFailure> {
        let nothing = Store::nothing(&self.stack);
        let engine = self.engine(&nothing, &*self.reached.cloud, &Silent);
        Ok(dr_run::sweep(&engine, sought, places).await?)
    }

    /// Asks a question, unless somebody stops the command meanwhile.
    ///
    /// # Errors
    /// When nobody can be asked, or it is interrupted.
    pub(crate) async fn ask(&self, question: &'static str) -> Result<bool, CommandFailure> {
        let ui = self.session.ui;
        ui.question(question)?;
        tokio::select! {
            answer = tokio::task::spawn_blocking(Ui::answer) => {
                answer.map_err(|e| CommandFailure::new("cannot read the answer").because(&e))?
            }
            () = self.cancel.requested() => {
                ui.tell("\n");
                Err(CommandFailure::new("stopped on request; nothing was changed").exit(Exit::Interrupted))
            }
        }
    }

    /// Calls a function with what makes calls on a stack: for real, where it `changes` something.
    ///
    /// # Errors
    /// Its own; and when the cloud cannot be opened for real, or the state belongs to another one.
    pub(crate) async fn with_engine<T>(
        &mut self,
        held: &OpenState,
        changes: bool,
        then: impl AsyncFnOnce(&Engine<'_>) -> Result<T, CommandFailure>,
    ) -> Result<T, CommandFailure> {
        held.store.check_binding(&self.identity)?;
        if changes {
            self.for_real().await?;
        }
        let router = Router::new(&self.local, &*self.reached.cloud);
        then(&self.engine(&held.store, &router, &Silent)).await
    }

    fn engine<'e>(&'e self, store: &'e Store, router: &'e dyn Cloud, observer: &'e dyn Observer) -> Engine<'e> {
        Engine {
            store,
            cloud: router,
            registry: &self.session.registry,
            gate: &self.gate,
            observer,
            cancel: &self.cancel,
            calls: &self.calls,
            places: &self.places,
            patience: self.session.patience(),
        }
    }
}

/// How many operations stay open in each place.
fn by_place(away: &[LeftOpen]) -> BTreeMap<&str, usize> {
    away.iter().fold(BTreeMap::new(), |mut places, one| {
        *places.entry(&*one.place).or_default() += 1;
        places
    })
}

/// What became of an operation, in words.
fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Created => "had been created".into(),
        Outcome::Begun(why) => format!("had been created and is not finished: {}", safe(why)),
        Outcome::Failed(why) => format!("had been created and will never be ready: {}", safe(why)),
        Outcome::NeverCreated => "had not been created".into(),
        Outcome::Recorded => "is recorded as it is".into(),
        Outcome::Unread(why) => format!("is recorded as it was before, because it cannot be read: {}", safe(why)),
        Outcome::Missing => "is not there any more".into(),
        Outcome::Deleted => "is deleted".into(),
        Outcome::Going => "is being deleted".into(),
        Outcome::StillThere => "is still there".into(),
    }
}

/// Failed steps as diagnostics, each at the line that gives the argument or declares the resource.
pub(crate) fn failures(failed: &[dr_run::StepFailure]) -> Vec<Diagnostic> {
    failed
        .iter()
        .map(|f| {
            let verb = crate::live::infinitive(f.action);
            let times = if f.attempts > 1 { format!(" (after {} calls)", f.attempts) } else { String::new() };
            let d = Diagnostic::error(format!("cannot {verb} `{}`: {}{times}", f.address, f.error));
            let label = if f.of_argument { format!("of `{}`", f.address) } else { "declared here".to_owned() };
            let d = Diagnostic { code: f.check.clone(), ..d.at(f.span.clone(), label) };
            match &f.help {
                Some(help) => d.help(help.clone()),
                None => d,
            }
        })
        .collect()
}
