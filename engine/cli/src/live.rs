//! The live view of a run: what is going on, on stderr.
//!
//! On a terminal: a line per region with its counts and, below it, a line per running resource with its time. Anywhere
//! else: plain lines. Both leave a line behind for each resource that is done, so that the end reads the same.
//!
//! Lines are gathered while the run is at work, and written together when it waits for something: at most a moment
//! later, and at the latest when the view is dropped.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use dr_core::address::Address;
use dr_core::plan::{Action, Plan};
use dr_run::{Observer, Progress, StepPhase, What};
use indicatif::{ProgressBar, ProgressStyle};

use crate::render::{CHANGED, GONE, NEW, QUIET, STRONG, duration, paint, safe, shorten};
use crate::ui::Ui;

/// Running resources that have a line of their own; more are only counted.
const LINES: usize = 16;
/// How often times are drawn anew.
const TICK: Duration = Duration::from_millis(200);
/// Where nobody watches, a step that typically takes longer than this is announced when it starts.
const LONG: Duration = Duration::from_secs(20);
/// Retries with shorter pauses are nobody's concern.
const WORTH_TELLING: Duration = Duration::from_secs(2);

/// What is said of a replacement that turned out not to be one.
const KEPT: &str = "kept: it turned out to have the right name already";

/// Watches one run.
#[derive(Debug)]
pub(crate) struct LiveView<'a> {
    ui: &'a Ui,
    watched: bool,
    /// Region and typical time of each step.
    steps: Vec<(String, Duration)>,
    state: Mutex<LiveState>,
}

#[derive(Debug, Default)]
struct LiveState {
    regions: BTreeMap<String, RegionCounts>,
    running: BTreeMap<(Option<usize>, Address), RunningLine>,
    /// Steps that turned out to leave what is there.
    kept: BTreeSet<Option<usize>>,
    /// Lines that are not written yet.
    lines: String,
}

#[derive(Debug)]
struct RegionCounts {
    total: usize,
    done: usize,
    failed: usize,
    running: usize,
    bar: ProgressBar,
}

#[derive(Debug)]
struct RunningLine {
    since: Instant,
    bar: Option<ProgressBar>,
}

impl<'a> LiveView<'a> {
    /// A view of a plan's run; without a plan, of an earlier run's rest.
    pub(crate) fn new(ui: &'a Ui, plan: Option<&Plan>) -> LiveView<'a> {
        let watched = ui.is_watched();
        let mut state = LiveState::default();
        let mut steps = Vec::new();
        for step in plan.map_or(&[][..], |p| &p.steps) {
            let region = step.region.as_deref().unwrap_or("global").to_owned();
            let entry = state.regions.entry(region.clone()).or_insert_with(|| RegionCounts {
                total: 0,
                done: 0,
                failed: 0,
                running: 0,
                bar: ProgressBar::hidden(),
            });
            entry.total += 1;
            steps.push((region, Duration::from_millis(step.typical_ms)));
        }
        if watched {
            for (name, region) in &mut state.regions {
                region.bar = ui.bars().add(ProgressBar::no_length().with_style(style("{msg}")));
                region.show(name);
            }
        }
        LiveView { ui, watched, steps, state: Mutex::new(state) }
    }

    /// Writes lines, and draws times anew, until dropped. Select it beside the run, so that it is polled after it.
    pub(crate) async fn tick(&self) -> std::convert::Infallible {
        let mut interval = tokio::time::interval(TICK);
        std::future::poll_fn(|context| {
            self.write();
            while self.watched && interval.poll_tick(context).is_ready() {
                for running in self.state().running.values() {
                    running.bar.iter().for_each(ProgressBar::tick);
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Adds a line.
    fn line(&self, line: &str) {
        let mut state = self.state();
        state.lines.push_str("  ");
        state.lines.push_str(line);
        state.lines.push('\n');
    }

    /// Writes the lines that were gathered.
    fn write(&self) {
        let lines = std::mem::take(&mut self.state().lines);
        if !lines.is_empty() {
            self.ui.tell(&lines);
        }
    }

    /// Writes what is left, and takes the bars away.
    pub(crate) fn end(&self) {
        self.write();
        let mut state = self.state();
        for running in std::mem::take(&mut state.running).into_values() {
            running.bar.iter().for_each(ProgressBar::finish_and_clear);
        }
        for region in state.regions.values() {
            region.bar.finish_and_clear();
        }
    }

    fn state(&self) -> MutexGuard<'_, LiveState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn started(&self, event: &Progress<'_>) {
        let (region, typical) = self.step(event);
        let mut state = self.state();
        let LiveState { regions, running, .. } = &mut *state;
        let mut bar = None;
        if let Some(region) = regions.get_mut(region) {
            region.running += 1;
            if self.watched && running.len() < LINES {
                let line = ProgressBar::no_length().with_style(style("    {msg}  {elapsed}"));
                line.set_message(format!("{} {}", doing(event.action), event.address));
                bar = Some(self.ui.bars().insert_after(&region.bar, line));
            }
        }
        show(regions, region);
        running.insert((event.step, event.address.clone()), RunningLine { since: Instant::now(), bar });
        drop(state);
        if !self.watched && typical > LONG {
            let about = duration::about(typical);
            let text = format!("… {}  {}, typically {about}", event.address, doing(event.action));
            self.line(&paint(QUIET, text));
        }
    }

    /// A resource leaves the running ones. Gives how long it took.
    fn ended(&self, event: &Progress<'_>) -> Duration {
        let (region, _) = self.step(event);
        let mut state = self.state();
        let LiveState { regions, running, .. } = &mut *state;
        let was = running.remove(&(event.step, event.address.clone()));
        if let Some(region) = regions.get_mut(region) {
            region.running -= usize::from(was.is_some()).min(region.running);
            match event.what {
                What::Done => region.done += 1,
                What::Failed(_) => region.failed += 1,
                _ => {}
            }
        }
        show(regions, region);
        was.map_or(Duration::ZERO, |r| {
            r.bar.iter().for_each(ProgressBar::finish_and_clear);
            r.since.elapsed()
        })
    }

    fn phase(&self, event: &Progress<'_>, text: &str) {
        let state = self.state();
        let bar = state.running.get(&(event.step, event.address.clone())).and_then(|r| r.bar.as_ref());
        if let Some(bar) = bar {
            bar.set_message(format!("{} {}  {text}", doing(event.action), event.address));
        }
    }

    fn step(&self, event: &Progress<'_>) -> (&str, Duration) {
        let known = event.step.and_then(|i| self.steps.get(i));
        known.map_or(("", Duration::ZERO), |(region, typical)| (region, *typical))
    }
}

impl Drop for LiveView<'_> {
    fn drop(&mut self) {
        self.write();
    }
}

impl Observer for LiveView<'_> {
    fn on(&self, event: &Progress<'_>) {
        let name = event.address;
        match event.what {
            What::Started => self.started(event),
            What::Phase(StepPhase::Settling) => {
                let what = if event.action == Action::Delete { "gone" } else { "ready" };
                self.phase(event, &paint(QUIET, format!("waiting until it is {what}")));
            }
            What::Phase(StepPhase::Finding) => self.phase(event, &paint(QUIET, "looking for what was made")),
            What::Phase(_) | What::Waiting(_) => {}
            What::Overdue { waited, typical, limit } => {
                let what = if event.action == Action::Delete { "gone" } else { "ready" };
                let [waited, typical, limit] = [waited, typical, limit].map(duration::about);
                let text = format!(
                    "{name}  is not {what} after {waited}; {typical} is usual, and after {limit} it is given up"
                );
                self.line(&format!("{} {text}", paint(CHANGED, "…")));
            }
            What::Held { by, error } => {
                let by: Vec<&str> = by.iter().map(Address::as_str).collect();
                let holder = if by.is_empty() { "something outside the state".to_owned() } else { by.join(", ") };
                let text = format!("{name}  is still used by {holder}: {}", safe(&error.to_string()));
                self.line(&format!("{} {text}", paint(CHANGED, "↻")));
            }
            What::Unseen(error) => {
                let text =
                    format!("{name}  its deletion was taken, and it cannot be looked at: {}", safe(&error.to_string()));
                self.line(&format!("{} {text}", paint(CHANGED, "↻")));
            }
            What::Kept => {
                self.state().kept.insert(event.step);
            }
            What::Retrying { error, failed, delay } => {
                self.phase(event, &paint(CHANGED, format!("{}, again in {}", error.code, duration::exact(delay))));
                if !self.watched && delay >= WORTH_TELLING {
                    let again = duration::exact(delay);
                    let text = format!("{name}  {}; call {failed} failed, again in {again}", safe(&error.to_string()));
                    self.line(&format!("{} {text}", paint(CHANGED, "↻")));
                }
            }
            What::Done => {
                let took = self.ended(event);
                if self.state().kept.remove(&event.step) {
                    // The other half of the replacement has nothing to tell.
                    if event.action == Action::Create {
                        self.line(&format!("{} {name}  {}", paint(QUIET, "="), paint(QUIET, KEPT)));
                    }
                    return;
                }
                let (mark, style, done) = match event.action {
                    Action::Create => ("+", NEW, "created"),
                    Action::Update => ("~", CHANGED, "changed"),
                    Action::Delete => ("-", GONE, "deleted"),
                    Action::Read => ("?", QUIET, "looked up"),
                    Action::Import => ("=", NEW, "taken over"),
                    Action::Record => ("·", QUIET, "recorded"),
                    Action::Forget => ("×", GONE, "forgotten"),
                };
                let took = duration::exact(took);
                self.line(&format!("{} {name}  {}", paint(style, mark), paint(QUIET, format!("{done} in {took}"))));
            }
            What::Failed(why) => {
                let took = duration::exact(self.ended(event));
                let why = safe(why);
                let text = format!("{name}  failed after {took}: {}", shorten(&why, 80));
                self.line(&format!("{} {text}", paint(GONE, "✗")));
            }
            What::Skipped => {
                self.ended(event);
                let text = format!("{name}  skipped: what it depends on failed");
                self.line(&format!("{} {text}", paint(QUIET, "∅")));
            }
            What::Deferred(place) => {
                self.ended(event);
                let text = format!("{name}  deferred: {place} does not answer");
                self.line(&format!("{} {text}", paint(QUIET, "◌")));
            }
            What::Interrupted => {
                self.ended(event);
                let text = format!("{name}  stopped; the next run goes on with it");
                self.line(&format!("{} {text}", paint(QUIET, "◌")));
            }
        }
    }
}

impl RegionCounts {
    fn show(&self, name: &str) {
        let mut text = format!("{}  {} of {} done", paint(STRONG, name), self.done, self.total);
        if self.running > 0 {
            text.push_str(&format!(" · {} running", self.running));
        }
        if self.failed > 0 {
            text.push_str(&format!(" · {}", paint(GONE, format!("{} failed", self.failed))));
        }
        self.bar.set_message(text);
    }
}

fn show(regions: &BTreeMap<String, RegionCounts>, name: &str) {
    if let Some(region) = regions.get(name) {
        region.show(name);
    }
}

/// What is being done, as a word.
fn doing(action: Action) -> &'static str {
    match action {
        Action::Create => "creating",
        Action::Update => "changing",
        Action::Delete => "deleting",
        Action::Read => "looking up",
        Action::Import => "taking over",
        Action::Record => "recording",
        Action::Forget => "forgetting",
    }
}

/// What was to be done, as a verb.
pub(crate) fn infinitive(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "change",
        Action::Delete => "delete",
        Action::Read => "look up",
        Action::Import => "take over",
        Action::Record => "record",
        Action::Forget => "forget",
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are constants of this file; the fallback is indicatif's own.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
