//! One command's surroundings: project, environment, state, cloud, language; and the way to a plan.
//!
//! Everything is opened as late as possible and as little as possible. A command that only looks makes no file: where
//! there is no state, it sees an empty one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use dr_core::address::Address;
use dr_core::checks::TeamRules;
use dr_core::cloud::Identity;
use dr_core::diagnostic::Diagnostic;
use dr_core::graph::Graph;
use dr_core::plan::{Goal, Input, Plan, propose};
use dr_core::record::Snapshot;
use dr_core::registry::Registry;
use dr_core::value::Str;
use dr_local::{DiskWorld, LocalCloud};
use dr_run::{KeySource, Mended, Stack, States, Store, StoreError};
use dr_script::{Environment, Evaluated, Host, Limits, Request, Root, Setting, SettingFile, TeamChecks, TestReport};
use tokio::runtime::Builder;

use crate::args::{Global, Planning, SetArgs};
use crate::cloud::{self, Reach, Reached};
use crate::config::{CloudName, Project};
use crate::elsewhere;
use crate::environments::{self, EnvironmentRules};
use crate::exit::{CommandFailure, Exit};
use crate::keyless;
use crate::load::{self, Program};
use crate::render::diagnostic::Sources;
use crate::render::{CHANGED, QUIET, STRONG, paint, safe};
use crate::shared;
use crate::signals::Signals;
use crate::stack_outputs::ProjectOutputs;
use crate::ui::Ui;

/// The folder of the team's own checks.
pub(crate) const CHECKS: &str = "checks";
/// How long services may take to show what they make by themselves: a log group that a function writes to once more.
const LAG: Duration = Duration::from_secs(2 * 60);
/// How long between two looks whether a stack is free.
const PAUSE: Duration = Duration::from_millis(100);

/// The plan of a program as if nothing were there, and what was found on the way.
pub(crate) struct Draft {
    /// The plan; `None` where the program cannot be evaluated.
    pub plan: Option<Plan>,
    /// How many resources the program declares.
    pub resources: usize,
    /// Everything that was found.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that it was found in.
    pub sources: Sources,
}

/// A stack's state, and what was recorded in it when it was opened.
pub(crate) struct OpenState {
    pub store: Store,
    pub snapshot: Snapshot,
}

/// The surroundings of a command.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    pub ui: &'a Ui,
    pub project: Arc<Project>,
    /// The environment's suffix.
    pub suffix: String,
    /// What counts for it.
    pub rules: EnvironmentRules,
    /// The folder of the state on this machine.
    pub state_dir: PathBuf,
    /// Where states are.
    pub states: States,
    /// The kinds.
    pub registry: Arc<Registry>,
    /// The team's own checks: loaded when they are first needed.
    team: OnceLock<Option<Arc<TeamChecks>>>,
    global: &'a Global,
}

impl<'a> Session<'a> {
    /// Finds the project and decides the environment, which must be declared where any are; opens nothing.
    ///
    /// # Errors
    /// When the configuration or a global option is wrong, or the environment is not declared.
    pub(crate) fn new(global: &'a Global, ui: &'a Ui) -> Result<Session<'a>, CommandFailure> {
        let session = Session::of_project(global, ui)?;
        let is_named = global.named(&session.project).is_some();
        environments::check_declared(&session.project.config, &session.suffix, is_named)?;
        Ok(session)
    }

    /// The same for what is about no environment of its own.
    ///
    /// # Errors
    /// When the configuration or a global option is wrong.
    pub(crate) fn of_project(global: &'a Global, ui: &'a Ui) -> Result<Session<'a>, CommandFailure> {
        let here =
            std::env::current_dir().map_err(|e| CommandFailure::new("there is no current folder").because(&e))?;
        let project = Project::find(&here)?;
        let suffix = global.suffix(&project)?;
        Session::in_project(global, ui, Arc::new(project), suffix)
    }

    /// The same for an environment that an argument names, whatever `--env` says. It need not be declared.
    ///
    /// # Errors
    /// When it cannot be an environment's name, or the configuration or a global option is wrong.
    pub(crate) fn of_environment(global: &'a Global, ui: &'a Ui, suffix: &str) -> Result<Session<'a>, CommandFailure> {
        let here = Session::of_project(global, ui)?;
        Session::in_project(global, ui, here.project, crate::args::check_suffix(suffix)?)
    }

    fn in_project(
        global: &'a Global,
        ui: &'a Ui,
        project: Arc<Project>,
        suffix: String,
    ) -> Result<Session<'a>, CommandFailure> {
        let rules = EnvironmentRules::of(&project.config, &suffix);
        let state_dir = global.state_dir(&project);
        let registry = Arc::new(dr_kinds::registry());
        let states = shared::states(&rules.state, &state_dir, global.keys(), ui)?;
        Ok(Session { ui, suffix, rules, state_dir, states, registry, team: OnceLock::new(), global, project })
    }

    /// Runs what waits and makes calls. Until it says what a signal stops, a signal ends the process.
    ///
    /// # Errors
    /// Its own; and when it was stopped at once.
    pub(crate) fn run<T: Send>(
        &self,
        work: impl AsyncFnOnce(&Signals) -> Result<T, CommandFailure> + Send,
    ) -> Result<T, CommandFailure> {
        // One thread: the engine is one task, and whom it wakes is then known without a call to the kernel.
        let runtime = Builder::new_current_thread().enable_all().start_paused(self.time_jumps()?).build();
        let runtime = runtime.map_err(|e| CommandFailure::new("cannot start").because(&e))?;
        let signals = Signals::default();
        let run = || {
            runtime.block_on(async {
                tokio::select! {
                    result = work(&signals) => result,
                    never = signals.watch(self.ui) => match never {},
                }
            })
        };
        // On a thread of its own: it takes over the memory that the evaluation of the program has left to the allocator.
        let result = std::thread::scope(|scope| scope.spawn(run).join());
        let result = result.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        // A question that nobody answered still waits for its line.
        runtime.shutdown_background();
        result
    }

    /// Whether time jumps over what is waited for. Where a region of a sandbox falls silent half-way and nothing else takes
    /// time, giving it up would take minutes.
    fn time_jumps(&self) -> Result<bool, CommandFailure> {
        let sandbox = self.global.sandbox(&self.project)?;
        let falls_silent = sandbox.regions_down.values().any(|changes| *changes > 0);
        let is_sandbox = self.cloud_name()? == CloudName::Sandbox;
        Ok(is_sandbox && falls_silent && sandbox.speed == dr_sandbox::Speed::Instant)
    }

    // State.

    /// Where the state's key comes from.
    pub(crate) fn keys(&self) -> KeySource {
        self.global.keys()
    }

    /// A program in this environment.
    pub(crate) fn stack(&self, program: &str) -> Stack {
        Stack::new(program, self.suffix.as_str())
    }

    /// The programs that have something in this environment, or whose state cannot be read.
    ///
    /// # Errors
    /// When the state folder cannot be read.
    pub(crate) fn programs(&self) -> Result<Vec<Str>, CommandFailure> {
        let mut programs = self.states.programs(&self.suffix)?;
        programs.retain(|program| match self.states.survey(&self.stack(program)) {
            // What is empty belongs to nobody.
            Ok(found) => found.is_some_and(|(snapshot, _)| snapshot.program.is_some()),
            Err(_) => true,
        });
        Ok(programs)
    }

    /// A stack's state with what is recorded in it; made when it is not there. Nobody else may change it until it is
    /// dropped.
    ///
    /// # Errors
    /// When it is locked, damaged or sealed with another key.
    pub(crate) fn hold(&self, stack: &Stack) -> Result<OpenState, CommandFailure> {
        let store = self.wait_for(&self.states, stack)?;
        self.opened(store)
    }

    /// Opens a state, and waits for whoever works on it as long as that is wanted.
    fn wait_for(&self, states: &States, stack: &Stack) -> Result<Store, StoreError> {
        let patience = Duration::from_secs(self.global.lock_timeout.unwrap_or(0).into());
        let begun = Instant::now();
        let mut is_told = false;
        loop {
            match states.open(stack) {
                Err(StoreError::Locked { holder, .. }) if begun.elapsed() < patience => {
                    if !std::mem::replace(&mut is_told, true) {
                        let seconds = patience.as_secs();
                        self.ui.tell(&format!("{holder} works on {stack}; waiting for {seconds} s at most\n"));
                    }
                    std::thread::park_timeout(PAUSE);
                }
                opened => return opened,
            }
        }
    }

    /// The same if there is a state, for what needs no secret: where the key is gone, secrets are not there.
    ///
    /// # Errors
    /// As [`Session::hold`], but for a key that is gone.
    pub(crate) fn hold_without_key_if_any(&self, stack: &Stack) -> Result<Option<OpenState>, CommandFailure> {
        if !self.states.exists(stack)? {
            return Ok(None);
        }
        let store = self.despite_lost_key(|states| self.wait_for(states, stack).map(Some))?;
        store.map(|store| self.opened(store)).transpose()
    }

    /// Opens a state, where its key is gone without it.
    fn despite_lost_key(
        &self,
        open: impl Fn(&States) -> Result<Option<Store>, StoreError>,
    ) -> Result<Option<Store>, StoreError> {
        let error = match open(&self.states) {
            Err(error) => error,
            opened => return opened,
        };
        let Some(states) = keyless::without_key(&self.states, &error) else { return Err(error) };
        let opened = open(&states)?;
        opened.iter().for_each(|store| keyless::warn(self.ui, store, &error));
        Ok(opened)
    }

    /// The same if there is a state.
    ///
    /// # Errors
    /// As [`Session::hold`].
    pub(crate) fn hold_if_any(&self, stack: &Stack) -> Result<Option<OpenState>, CommandFailure> {
        if self.states.exists(stack)? { self.hold(stack).map(Some) } else { Ok(None) }
    }

    /// A stack's state as it is now, if there is one. Whoever works on it goes on.
    ///
    /// # Errors
    /// When it is damaged, or a key is given that is not the one it was sealed with.
    pub(crate) fn look(&self, stack: &Stack) -> Result<Option<OpenState>, CommandFailure> {
        let store = self.despite_lost_key(|states| states.look(stack))?;
        store.map(|store| self.opened(store)).transpose()
    }

    /// Tells what was noticed about a state when it was opened.
    fn opened(&self, store: Store) -> Result<OpenState, CommandFailure> {
        let snapshot = store.snapshot()?;
        if let Some(worker) = store.in_use() {
            self.ui.tell(&format!("{worker} works on {}; this is how it is now\n", store.stack()));
        }
        let warn = |text: &str| self.ui.tell(&format!("{}: {}\n", paint(CHANGED, "warning"), safe(text)));
        for mended in store.mended() {
            match mended {
                Mended::Layout { .. } => self.ui.tell(&format!("{}\n", safe(&mended.to_string()))),
                damage => warn(&damage.to_string()),
            }
        }
        for finding in store.findings() {
            warn(&format!("{finding}; {}", finding.help));
        }
        if let Some(why) = store.unchecked() {
            warn(&format!(
                "an earlier command on `{}` was killed, and its state cannot be checked now ({why}); this is what its log says",
                store.stack()
            ));
        }
        Ok(OpenState { store, snapshot })
    }

    /// That nothing is there, in words. Where nothing ever was, the environments that there are: perhaps another one was
    /// meant.
    pub(crate) fn nothing_there(&self) -> String {
        let empty = format!("The environment {} is empty\n", self.suffix);
        match self.states.environments() {
            Ok(others) if !others.is_empty() && !others.contains(&self.suffix) => {
                format!("There is no environment {}; there are: {}\n", self.suffix, others.join(", "))
            }
            _ => empty,
        }
    }

    /// The regions of everything that is declared or recorded.
    pub(crate) fn regions(graph: &Graph, held: Option<&OpenState>) -> BTreeSet<Str> {
        let records = held.into_iter().flat_map(|h| h.snapshot.records.values().chain(&h.snapshot.deposed));
        records.filter_map(|record| record.region.clone()).chain(graph.regions()).collect()
    }

    /// The addresses of everything that is declared or recorded.
    pub(crate) fn addresses<'g>(
        graph: &'g Graph,
        held: Option<&'g OpenState>,
    ) -> impl Iterator<Item = &'g Address> + Clone {
        let records = held.into_iter().flat_map(|h| h.snapshot.records.values().chain(&h.snapshot.deposed));
        graph.nodes.keys().chain(records.map(|record| &record.address))
    }

    /// The command line of a command on this environment.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        self.global.command(words, &self.suffix)
    }

    /// A hint with the options that a `dr state rm` in it takes: whoever wrote it knew neither program nor environment.
    pub(crate) fn completed(&self, program: &str, hint: &str) -> String {
        let found = hint.split_once("`dr state rm ").and_then(|(before, rest)| Some((before, rest.split_once('`')?)));
        let Some((before, (address, after))) = found else { return hint.to_owned() };
        let command = self.command(&["state", "rm", address, "--program", program]);
        format!("{before}`{command}`{after}")
    }

    /// That nothing is recorded of what is meant, in words.
    pub(crate) fn nothing_recorded(&self, given: Option<&str>) -> Result<String, CommandFailure> {
        match given {
            Some(given) => self.nothing_of(&load::name_of(&self.project, given)?),
            None => Ok(self.nothing_there()),
        }
    }

    /// Makes sure that what is meant has a state, perhaps an emptied one.
    ///
    /// # Errors
    /// Says what there is instead.
    pub(crate) fn check_state(&self, given: Option<&str>) -> Result<(), CommandFailure> {
        let Some(given) = given else {
            if !self.states.programs(&self.suffix)?.is_empty() {
                return Ok(());
            }
            let others = self.states.environments()?;
            let failure = CommandFailure::new(self.nothing_there().trim_end()).hint(
                "`dr env list` lists the environments; `dr apply PROGRAM --env SUFFIX` makes what a program declares",
            );
            return Err(failure.near(&self.suffix, others.iter().map(String::as_str)));
        };
        let program = load::name_of(&self.project, given)?;
        if self.states.exists(&self.stack(&program))? {
            return Ok(());
        }
        let recorded = self.programs()?;
        if !load::is_there(&self.project, given) {
            return Err(load::unknown(&self.project, given, &recorded));
        }
        let failure =
            CommandFailure::new(format!("the program {program} has no state in the environment {}", self.suffix));
        Err(match recorded.is_empty() {
            true => failure,
            false => failure.hint(format!("the environment holds: {}", recorded.join(", "))),
        })
    }

    /// That a program has nothing here, in words. Where others have, perhaps another one was meant.
    pub(crate) fn nothing_of(&self, program: &str) -> Result<String, CommandFailure> {
        let others = self.programs()?;
        if others.is_empty() || others.iter().any(|other| **other == *program) {
            return Ok(self.nothing_there());
        }
        Ok(format!(
            "The program {program} has no state in the environment {}, which holds: {}\n",
            self.suffix,
            others.join(", ")
        ))
    }

    /// That a program has nothing recorded here, with the folder or place that was looked in and what finds it again.
    ///
    /// # Errors
    /// When the state folder cannot be read.
    pub(crate) fn unrecorded(&self, program: &str) -> Result<CommandFailure, CommandFailure> {
        let again = self.command(&["state", "rebuild", program]);
        let place = match &self.states.shared {
            None => format!("the folder {}", self.state_dir.display()),
            Some(shared) => shared.place().to_owned(),
        };
        Ok(CommandFailure::new(self.nothing_of(program)?.trim_end().to_owned())
            .hint(format!("looked in {place}; if its state is lost, `{again}` records what is in the cloud")))
    }

    /// The stack that is meant: the given program's, or that of the only program that has something in the
    /// environment. `None` when none has.
    ///
    /// # Errors
    /// When there are several.
    pub(crate) fn meant(&self, given: Option<&str>) -> Result<Option<Stack>, CommandFailure> {
        if let Some(given) = given {
            return Ok(Some(self.stack(&load::name_of(&self.project, given)?)));
        }
        let programs = match self.states.programs(&self.suffix)? {
            // Nobody else can be meant.
            only if only.len() < 2 => only,
            _ => self.programs()?,
        };
        match &programs[..] {
            [] => Ok(None),
            [only] => Ok(Some(self.stack(only))),
            several => Err(CommandFailure::new(format!("the environment `{}` holds several programs", self.suffix))
                .hint(format!("say which one with `--program`: {}", several.join(", ")))),
        }
    }

    /// What is recorded of the stack that is meant.
    ///
    /// # Errors
    /// As [`Session::look`] and [`Session::meant`].
    pub(crate) fn recorded(&self, given: Option<&str>) -> Result<Snapshot, CommandFailure> {
        let Some(stack) = self.meant(given)? else { return Ok(Snapshot::default()) };
        Ok(self.look(&stack)?.map(|state| state.snapshot).unwrap_or_default())
    }

    // Cloud.

    /// The local cloud of a program in this environment, with its packages in a folder of one's choice.
    pub(crate) fn local(&self, stack: &Stack, folder: &Path, packages: &Path) -> LocalCloud {
        let world = Arc::new(DiskWorld::new(folder));
        let outputs = ProjectOutputs {
            project: self.project.clone(),
            state_dir: self.state_dir.clone(),
            keys: self.keys(),
            ui: self.ui.clone(),
        };
        LocalCloud::new(world, packages, &stack.program, &stack.environment).with_outputs(Arc::new(outputs))
    }

    /// Opens the cloud. `only_looks` when the command changes nothing (yet).
    ///
    /// # Errors
    /// When it cannot be reached or does not say who it is.
    pub(crate) async fn cloud(&self, only_looks: bool) -> Result<(Reached, Identity), CommandFailure> {
        let sandbox = self.global.sandbox(&self.project)?;
        let name = self.cloud_name()?;
        let reach = Reach { name, state_dir: &self.state_dir, sandbox, only_looks };
        let reached = cloud::open(&reach, &self.registry).await?;
        let identity = reached.cloud.identify().await.map_err(|e| {
            CommandFailure::new("the cloud does not say which account this is")
                .because(&e)
                .hint("check the credentials: `aws sts get-caller-identity` should work")
        })?;
        if let Some(wrong) = self.rules.refuse_account(&self.suffix, &identity) {
            return Err(self.found(vec![wrong]).exit(Exit::Refused));
        }
        Ok((reached, identity))
    }

    fn cloud_name(&self) -> Result<CloudName, CommandFailure> {
        self.global.cloud(&self.project, self.rules.cloud.as_deref())
    }

    /// How long the cloud may take to show what was just made.
    pub(crate) fn patience(&self) -> Duration {
        match self.cloud_name() {
            Ok(CloudName::Aws) => Duration::from_secs(30),
            _ => Duration::ZERO,
        }
    }

    /// After how long services show everything that they make by themselves. An emulator makes it at once.
    pub(crate) fn lag(&self, identity: &Identity) -> Duration {
        match (self.cloud_name(), &identity.endpoint) {
            (Ok(CloudName::Aws), None) => LAG,
            (Ok(CloudName::Sandbox), _) => {
                self.global.sandbox(&self.project).map_or(Duration::ZERO, |sandbox| sandbox.speed.scale(LAG))
            }
            _ => Duration::ZERO,
        }
    }

    /// Suffixes of other environments that end as this one's does: those that are declared, and those that have state.
    pub(crate) fn namesakes(&self) -> Vec<String> {
        let declared = environments::namesakes(&self.project.config, &self.suffix);
        let end = format!("-{}", self.suffix);
        let known = self.states.environments().unwrap_or_default();
        let known = known.into_iter().filter(|other| other.ends_with(&end));
        declared.into_iter().chain(known).collect()
    }

    /// The first line of every command that talks to a cloud.
    pub(crate) fn header(&self, program: &str, identity: &Identity) -> String {
        let cloud = cloud::describe(identity);
        format!("{} · environment {} · {cloud}\n\n", paint(STRONG, program), paint(STRONG, &self.suffix))
    }

    // Language.

    /// Evaluates a program, and opens meanwhile the state, if there is one.
    ///
    /// # Errors
    /// What is wrong with the program; else as `open`, which is [`Session::hold_if_any`] or [`Session::look`].
    pub(crate) fn evaluate_and(
        &self,
        program: &Program,
        set: &SetArgs,
        open: fn(&Session<'a>, &Stack) -> Result<Option<OpenState>, CommandFailure>,
    ) -> Result<(Evaluated, Option<OpenState>), CommandFailure> {
        let stack = self.stack(&program.name);
        let (evaluated, held) = std::thread::scope(|threads| {
            let held = threads.spawn(|| open(self, &stack));
            (self.evaluate(program, set), held.join())
        });
        let held = held.map_err(|_| CommandFailure::new("the state could not be read"));
        Ok((evaluated?, held??))
    }

    /// Evaluates a program.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn evaluate(&self, program: &Program, set: &SetArgs) -> Result<Evaluated, CommandFailure> {
        let host = self.host(&program.folder).with_checks(self.team()?);
        let mut evaluated = host.evaluate(&self.request(program, set)).map_err(|f| self.script_failure(f))?;
        self.tell_printed(&evaluated.printed);
        self.look_elsewhere(&mut evaluated);
        Ok(evaluated)
    }

    /// What is declared where the environment may not be, is told with the plan and refuses it.
    fn look_elsewhere(&self, evaluated: &mut Evaluated) {
        let found = elsewhere::look(&evaluated.graph, &self.rules, &self.suffix);
        evaluated.graph.notes.extend(found);
    }

    /// The parameters of a program.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parameters(
        &self,
        program: &Program,
        set: &SetArgs,
    ) -> Result<Vec<dr_script::Parameter>, CommandFailure> {
        let host = self.host(&program.folder);
        host.parameters(&self.request(program, set)).map_err(|f| self.script_failure(f))
    }

    /// How many resources a program declares, and everything that is wrong with it; without state and cloud.
    ///
    /// # Errors
    /// When the team's own checks are wrong.
    pub(crate) fn check(
        &self,
        program: &Program,
        set: &SetArgs,
    ) -> Result<(usize, Vec<Diagnostic>, Sources), CommandFailure> {
        let Draft { resources, diagnostics, sources, .. } = self.draft(program, set)?;
        Ok((resources, diagnostics, sources))
    }

    /// The plan of a program as if nothing were there and nobody could be asked, and how many resources it declares.
    ///
    /// # Errors
    /// When the program cannot be run at all.
    pub(crate) fn draft(&self, program: &Program, set: &SetArgs) -> Result<Draft, CommandFailure> {
        let team = self.team()?;
        let host = self.host(&program.folder).with_checks(team.clone());
        Ok(match host.evaluate(&self.request(program, set)) {
            Err(f) => {
                self.tell_printed(&f.printed);
                let sources = self.project.sources(&f.diagnostics).with(&f.sources);
                Draft { plan: None, resources: 0, diagnostics: f.diagnostics, sources }
            }
            Ok(mut evaluated) => {
                self.tell_printed(&evaluated.printed);
                self.look_elsewhere(&mut evaluated);
                // Any account will do: no check depends on which it is.
                let identity = Identity { cloud: "none".into(), account: "000000000000".into(), endpoint: None };
                let name = Str::from(program.name.as_str());
                let plan = propose(&Input {
                    goal: Goal::Apply,
                    graph: &evaluated.graph,
                    snapshot: &Snapshot::default(),
                    refreshed: &Default::default(),
                    known: &Default::default(),
                    imports: &Default::default(),
                    away: &Default::default(),
                    aim: dr_core::selection::Aim::everything(),
                    lift: false,
                    registry: &self.registry,
                    environment: &self.suffix,
                    program: &name,
                    identity: &identity,
                    team: team.as_deref().map(|team| team as &dyn TeamRules),
                });
                let sources = self.project.sources(&[]).with(&evaluated.sources);
                let diagnostics = plan.diagnostics.clone();
                Draft { plan: Some(plan), resources: evaluated.graph.nodes.len(), diagnostics, sources }
            }
        })
    }

    /// Runs the tests of a file.
    ///
    /// # Errors
    /// When the file itself is wrong.
    pub(crate) fn test(&self, file: &Path, shown: &str, text: &str) -> Result<Vec<TestReport>, CommandFailure> {
        let folder = file.parent().unwrap_or(Path::new(".")).to_owned();
        // Tests beside checks are about those; all others see what plans are asked.
        let team = match folder.file_name().is_some_and(|name| name == CHECKS) {
            true => self.load_team(&folder)?,
            false => self.team()?,
        };
        let root = self.project.root.clone();
        let programs = move |name: &str| {
            let beside = folder.join(format!("{name}.{}", load::EXTENSION));
            let path = if beside.is_file() { beside } else { load::path_of(&root, name) };
            Some((load::shown(&root, &path), std::fs::read_to_string(path).ok()?))
        };
        let host = self.host(file.parent().unwrap_or(Path::new("."))).with_checks(team);
        host.test(shown, text, &programs).map_err(|f| self.script_failure(f))
    }

    /// The team's own checks, where it has any.
    ///
    /// # Errors
    /// When a script of them is wrong.
    pub(crate) fn team(&self) -> Result<Option<Arc<TeamChecks>>, CommandFailure> {
        if let Some(team) = self.team.get() {
            return Ok(team.clone());
        }
        let team = self.load_team(&self.project.root.join(CHECKS))?;
        Ok(self.team.get_or_init(|| team).clone())
    }

    /// The same, where a plan asks them: what is to go is not checked.
    ///
    /// # Errors
    /// As [`Session::team`].
    pub(crate) fn team_for(&self, goal: Goal) -> Result<Option<Arc<TeamChecks>>, CommandFailure> {
        if goal == Goal::Apply { self.team() } else { Ok(None) }
    }

    fn load_team(&self, folder: &Path) -> Result<Option<Arc<TeamChecks>>, CommandFailure> {
        let scripts = load::checks(&self.project.root, folder)?;
        if scripts.is_empty() {
            return Ok(None);
        }
        let (registry, roots) = (self.registry.clone(), self.roots(folder));
        let loaded = TeamChecks::load(registry, roots, Limits::default(), &self.environment(), scripts);
        loaded.map(|team| Some(Arc::new(team))).map_err(|f| self.script_failure(f))
    }

    fn host(&self, folder: &Path) -> Host {
        Host::new(self.registry.clone(), self.roots(folder), Limits::default())
    }

    /// Where a script in a folder imports modules from.
    fn roots(&self, folder: &Path) -> Vec<Root> {
        let own = Root { label: load::shown(&self.project.root, folder), path: folder.to_owned() };
        let stdlib = Root { label: "stdlib".into(), path: self.project.root.join("stdlib") };
        vec![own, stdlib]
    }

    fn environment(&self) -> Environment {
        Environment {
            suffix: self.suffix.clone(),
            name: self.suffix.clone(),
            ephemeral: self.is_ephemeral(),
            namesakes: environments::namesakes(&self.project.config, &self.suffix),
        }
    }

    /// Whether the environment comes and goes, as those of pull requests do.
    pub(crate) fn is_ephemeral(&self) -> bool {
        self.rules.ephemeral
    }

    /// Whether protection from deletion may be switched off where it stands in the way.
    pub(crate) fn lifts(&self, planning: &Planning) -> bool {
        planning.lift_protection || self.is_ephemeral()
    }

    fn request(&self, program: &Program, set: &SetArgs) -> Request {
        let configured = environments::settings(&self.project, &program.name, &self.suffix);
        let configured = configured.into_iter().map(|(name, given)| (name, Setting::Configured(Box::new(given))));
        let files = set.files.iter().map(|(name, file)| {
            (name.clone(), Setting::File(SettingFile { name: file.clone(), text: load::value(Path::new(file)) }))
        });
        let given = set.values.iter().map(|(name, text)| (name.clone(), Setting::Text(text.clone())));
        Request {
            program: program.name.clone(),
            source_name: program.source_name.clone(),
            text: program.text.clone(),
            environment: self.environment(),
            settings: configured.chain(files).chain(given).collect(),
        }
    }

    /// The folder of a script that a plan was made from; the project's where it is not there any more.
    pub(crate) fn folder_of(&self, script: &str) -> PathBuf {
        let path = self.project.root.join(script);
        match path.parent().filter(|_| path.is_file()) {
            Some(folder) => folder.to_owned(),
            None => self.project.root.clone(),
        }
    }

    fn script_failure(&self, failure: dr_script::ScriptFailure) -> CommandFailure {
        self.tell_printed(&failure.printed);
        let sources = self.project.sources(&failure.diagnostics).with(&failure.sources);
        CommandFailure::found(failure.diagnostics, sources)
    }

    fn found(&self, found: Vec<Diagnostic>) -> CommandFailure {
        let sources = self.project.sources(&found);
        CommandFailure::found(found, sources)
    }

    /// What a program printed, also when it failed afterwards.
    fn tell_printed(&self, lines: &[String]) {
        for line in lines {
            self.ui.tell(&format!("{}\n", paint(QUIET, safe(line))));
        }
    }
}
