//! The state of one evaluation.
//!
//! An evaluation has a thread of its own (see `host`), so its state belongs to the thread: natives reach it without
//! locks and without passing it through Rhai. `with` must never call back into Rhai.
//!
//! The call stack is kept here, by the hooks that `rewrite` puts into the tree: Rhai's own sources are wrong for
//! closures that cross modules, and its positions are those of the callee.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::diagnostic::{self, Diagnostic, Span};
use dr_core::expr::Expr;
use dr_core::graph::{self, Node, Site};
use dr_core::registry::Registry;
use dr_core::value::{Map, Str};
use rhai::{EvalAltResult, ImmutableString, Module, Position, Shared};

use crate::natives::Natives;
use crate::parameter::Parameter;
use crate::request::{Environment, Root, Setting, SourceTexts};
use crate::source::{CallSite, Unit, point};

/// After so many mistakes the evaluation stops; the rest is mostly their echo.
pub(crate) const ENOUGH: usize = 50;

/// What the evaluation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Purpose {
    /// The program's graph.
    #[default]
    Program,
    /// Only its parameters: it ends when they are declared.
    Parameters,
    /// Tests of programs: nothing can be declared.
    Tests,
    /// The checks of a team: they look at what a program declares.
    Checks,
}

/// What a component gives to everything inside.
#[derive(Debug, Clone, Default)]
pub(crate) struct ComponentScope {
    /// Path of names, joined with `/`.
    pub(crate) path: String,
    /// The region of regional resources that name none.
    pub(crate) region: Option<Str>,
    /// Tags under the resource's own.
    pub(crate) tags: Option<Arc<Map<Expr>>>,
    /// Paths it may have had before.
    pub(crate) former: Vec<String>,
}

/// A running function, closure or top level.
#[derive(Debug, Clone)]
struct CallFrame {
    unit: usize,
    function: ImmutableString,
    at: Position,
}

/// Everything that one evaluation knows.
#[derive(Default)]
pub(crate) struct Evaluation {
    pub(crate) registry: Option<Arc<Registry>>,
    pub(crate) roots: Arc<[Root]>,
    pub(crate) natives: Arc<Natives>,
    pub(crate) mode: Purpose,
    /// The name of the program.
    pub(crate) program: String,
    pub(crate) environment: Environment,
    pub(crate) settings: BTreeMap<String, Setting>,
    /// The names of the team's own checks.
    pub(crate) team: Arc<[Str]>,

    pub(crate) units: Vec<Unit>,
    /// Every key of every map literal, for "did you mean".
    pub(crate) names: BTreeSet<String>,
    frames: Vec<CallFrame>,
    /// The stack and position of the error that is on its way. Rhai changes positions on the way.
    failed: Option<(Vec<CallFrame>, Position)>,
    sites: BTreeMap<Vec<(usize, usize, usize)>, Arc<Site>>,

    /// Modules that are imported already, by the names that they were imported by, and by their real files.
    pub(crate) modules: BTreeMap<String, Shared<Module>>,
    pub(crate) files: BTreeMap<PathBuf, Shared<Module>>,
    /// Modules whose top level is running, outermost first: their real files, and what messages call them.
    pub(crate) loading: Vec<(PathBuf, String)>,

    pub(crate) surroundings: Vec<ComponentScope>,
    /// Where each component is declared, by its path.
    pub(crate) components: BTreeMap<Str, Span>,
    pub(crate) nodes: BTreeMap<Address, Arc<Node>>,
    pub(crate) outputs: Map<graph::Output>,
    /// The calls that led to each output, outermost first.
    pub(crate) calls_of_outputs: BTreeMap<Str, Vec<diagnostic::Frame>>,
    pub(crate) notes: Vec<Diagnostic>,
    /// What everything may cost.
    pub(crate) budget: Option<graph::MonthlyBudget>,
    pub(crate) promise: Option<graph::RecoveryPromise>,
    /// What is probably a mistake, in the texts that were compiled.
    pub(crate) doubts: Vec<Diagnostic>,
    /// Mistakes that did not stop the evaluation.
    pub(crate) problems: Vec<Diagnostic>,
    pub(crate) printed: Vec<String>,
    pub(crate) parameters: Option<Vec<Parameter>>,
}

thread_local! {
    static SESSION: RefCell<Evaluation> = RefCell::default();
}

/// Reads or changes the state of this thread's evaluation. The closure must not call into Rhai.
pub(crate) fn with<R>(f: impl FnOnce(&mut Evaluation) -> R) -> R {
    SESSION.with_borrow_mut(f)
}

/// Leaves a function when dropped.
pub(crate) struct Entered(());

impl Drop for Entered {
    fn drop(&mut self) {
        with(|s| s.frames.pop());
    }
}

/// Enters a function, closure or top level.
pub(crate) fn enter(unit: usize, function: ImmutableString, at: Position) -> Entered {
    with(|s| s.frames.push(CallFrame { unit, function, at }));
    Entered(())
}

/// Says where the innermost function is; answers with where it was.
pub(crate) fn swap_position(at: Position) -> Position {
    with(|s| match s.frames.last_mut() {
        Some(frame) => std::mem::replace(&mut frame.at, at),
        None => at,
    })
}

/// The unit of the innermost function, when it is another one than this.
pub(crate) fn crosses_into(unit: usize) -> bool {
    with(|s| s.frames.last().is_none_or(|f| f.unit != unit))
}

/// Notes the stack of an error, the first time it is seen.
pub(crate) fn note_failure(error: &EvalAltResult) {
    // These are how Rhai returns and breaks.
    let control = matches!(error, EvalAltResult::Return(..) | EvalAltResult::LoopBreak(..) | EvalAltResult::Exit(..));
    with(|s| {
        if !control && s.failed.is_none() {
            s.failed = Some((s.frames.clone(), error.position()));
        }
    });
}

impl Purpose {
    /// Who runs, where it declares nothing itself.
    pub(crate) fn only_looks(self) -> Option<&'static str> {
        match self {
            Purpose::Program | Purpose::Parameters => None,
            Purpose::Tests => Some("tests"),
            Purpose::Checks => Some("checks"),
        }
    }
}

impl Evaluation {
    /// The state that every evaluation starts with.
    pub(crate) fn new(registry: Arc<Registry>, roots: Arc<[Root]>, natives: Arc<Natives>) -> Evaluation {
        Evaluation { registry: Some(registry), roots, natives, ..Evaluation::default() }
    }

    /// A span in the innermost function's source.
    pub(crate) fn span(&self, position: Position) -> Option<Span> {
        self.units.get(self.frames.last()?.unit)?.span(position)
    }

    /// How many functions are running.
    pub(crate) fn depth(&self) -> usize {
        self.frames.len()
    }

    /// Whether the innermost code is a module's top level.
    pub(crate) fn in_module_head(&self) -> bool {
        !self.loading.is_empty()
    }

    /// The calls that led to the function at this depth, outermost first.
    pub(crate) fn trace(&self, depth: usize) -> Vec<diagnostic::Frame> {
        trace(&self.units, &self.frames, depth)
    }

    /// The call at a position of the innermost function.
    pub(crate) fn call_site(&self, position: Position) -> Option<Arc<CallSite>> {
        self.units.get(self.frames.last()?.unit)?.calls.get(&point(position)).cloned()
    }

    /// The place of an argument of a call in the innermost function.
    pub(crate) fn argument(&self, call: Position, index: usize) -> Option<Span> {
        let at = self.call_site(call).and_then(|site| site.args.get(index).copied());
        self.span(at.unwrap_or(call))
    }

    /// The place of a key (or its value) given to the call at a position; the call itself when it cannot be found.
    pub(crate) fn key(&self, call: Position, key: &str, on_key: bool) -> Option<Span> {
        let site = self.call_site(call);
        let found = site.as_ref().and_then(|site| find_key(site, key));
        self.span(found.map_or(call, |(k, v)| if on_key { k } else { v }))
    }

    /// The place of a key that the caller of the innermost function wrote, and the depth of that place.
    pub(crate) fn callers_key(&self, key: &str) -> Option<(Span, usize)> {
        let depth = self.frames.len().checked_sub(1)?;
        let frame = self.frames.get(depth.checked_sub(1)?)?;
        let unit = self.units.get(frame.unit)?;
        let site = unit.calls.get(&point(frame.at))?;
        let (at, _) = find_key(site, key)?;
        Some((unit.span(at)?, depth))
    }

    /// The call that the innermost function was called by, and the depth of that place.
    pub(crate) fn callers_place(&self) -> Option<(Span, usize)> {
        let depth = self.frames.len().checked_sub(1)?;
        let frame = self.frames.get(depth.checked_sub(1)?)?;
        Some((self.units.get(frame.unit)?.span(frame.at)?, depth))
    }

    /// The place of a call with its keys and the calls that led there; shared by all that is declared there.
    pub(crate) fn site(&mut self, call: Position) -> Arc<Site> {
        let Some((top, outer)) = self.frames.split_last() else { return Arc::default() };
        let mut key: Vec<(usize, usize, usize)> = Vec::with_capacity(self.frames.len());
        for (unit, at) in outer.iter().map(|f| (f.unit, f.at)).chain([(top.unit, call)]) {
            let (line, column) = point(at);
            key.push((unit, line, column));
        }
        if let Some(site) = self.sites.get(&key) {
            return site.clone();
        }
        let mut site = Site { span: self.span(call), trace: self.trace(self.depth()), ..Site::default() };
        if let (Some(keys), Some(unit)) = (self.call_site(call), self.units.get(top.unit)) {
            for (path, key, value) in &keys.keys {
                if let (Some(key), Some(value)) = (unit.span(*key), unit.span(*value)) {
                    site.keys.insert(path.join("."), (key, value));
                }
            }
        }
        let site = Arc::new(site);
        self.sites.insert(key, site.clone());
        site
    }

    /// Whether a text stands at a place, as the program has it: in quotes, and with nothing put into it.
    pub(crate) fn is_text(&self, at: &Span) -> bool {
        let unit = self.units.iter().find(|unit| *unit.name == *at.source);
        let index = |number: u32| usize::try_from(number).ok()?.checked_sub(1);
        let rest = unit.and_then(|unit| {
            let line = unit.text.lines().nth(index(at.line)?)?;
            Some(line.chars().skip(index(at.column)?).collect::<String>())
        });
        rest.is_some_and(|rest| rest.starts_with('"') || (rest.starts_with('`') && !rest.contains("${")))
    }

    /// A line and column inside of a text that the program has in back-ticks, as a place in the program. In quotes,
    /// nothing tells how what is written and what it says correspond.
    pub(crate) fn inside_text(&self, text: &Span, (line, column): (usize, usize)) -> Option<Span> {
        let unit = self.units.iter().find(|unit| *unit.name == *text.source)?;
        let index = |number: u32| usize::try_from(number).ok()?.checked_sub(1);
        let first = unit.text.lines().nth(index(text.line)?)?;
        let written: String = first.chars().skip(index(text.column)?).collect();
        let begins = written.strip_prefix('`')?;
        // A line break right behind the back-tick does not count.
        let skipped = usize::from(begins.is_empty());
        let column = if line + skipped == 1 { index(text.column)? + 1 + column } else { column };
        let number = |n: usize| u32::try_from(n).ok();
        let line = index(text.line)? + line + skipped;
        Some(Span { line: number(line)?, column: number(column)?, length: 1, ..text.clone() })
    }

    /// Adds a mistake that does not stop the evaluation, with the calls that led to the innermost function.
    pub(crate) fn problem(&mut self, mut problem: Diagnostic) {
        problem.trace = self.trace(self.depth());
        self.problems.push(problem);
    }

    /// Completes the place and trace of an error that stopped the evaluation.
    pub(crate) fn locate(&self, diagnostic: &mut Diagnostic, position: Position, depth: Option<usize>) {
        let (frames, position) = match &self.failed {
            Some((frames, at)) => (frames, *at),
            None => (&self.frames, position),
        };
        if !diagnostic.labels.iter().any(|l| l.primary)
            && let Some(top) = frames.last()
            && let Some(unit) = self.units.get(top.unit)
        {
            let at = if position.is_none() { top.at } else { position };
            *diagnostic = diagnostic.clone().at(unit.span(at), "");
        }
        if diagnostic.trace.is_empty() {
            diagnostic.trace = trace(&self.units, frames, depth.unwrap_or(frames.len()));
        }
    }

    /// The text whose code stopped the evaluation.
    pub(crate) fn stopped_in(&self) -> Option<&Unit> {
        let frames = self.failed.as_ref().map_or(&self.frames, |(frames, _)| frames);
        self.units.get(frames.last()?.unit)
    }

    /// The text of a module, by the name that it is imported by.
    pub(crate) fn text_of_module(&self, name: &str) -> Option<&Unit> {
        let source = self.modules.get(name)?.id()?.to_owned();
        self.units.iter().find(|unit| *unit.name == *source)
    }

    /// Forgets an error that was expected.
    pub(crate) fn forget_failure(&mut self) {
        self.failed = None;
    }

    /// What resources declared here inherit.
    pub(crate) fn around(&self) -> ComponentScope {
        self.surroundings.last().cloned().unwrap_or_default()
    }

    /// The texts of all units.
    pub(crate) fn sources(&self) -> SourceTexts {
        let mut sources = SourceTexts::default();
        for unit in &self.units {
            sources.insert(&unit.name, unit.text.clone());
        }
        sources
    }
}

fn find_key(site: &CallSite, key: &str) -> Option<(Position, Position)> {
    // The last one counts, as in `DEFAULTS + #{ .. }`.
    site.keys.iter().rev().find(|(path, ..)| path.len() == 1 && &*path[0] == key).map(|(_, k, v)| (*k, *v))
}

fn trace(units: &[Unit], frames: &[CallFrame], depth: usize) -> Vec<diagnostic::Frame> {
    let callers = depth.saturating_sub(1).min(frames.len());
    frames[..callers]
        .iter()
        .filter_map(|frame| {
            let function = match frame.function.as_str() {
                closure if closure.starts_with("anon$") => "closure",
                name => name,
            };
            Some(diagnostic::Frame { span: units.get(frame.unit)?.span(frame.at)?, function: function.into() })
        })
        .collect()
}
