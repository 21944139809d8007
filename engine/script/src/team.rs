//! The checks of a team: scripts that look at what is planned and say what they find.
//!
//! `check(#{ name: "..", .. }, |resource| ..)` declares one. Its function is called for each resource; what it says by
//! `finding(..)` counts as what the engine's own checks find. The scripts run twice: when they are loaded, to learn which
//! checks there are, and when something is planned, to look. A function that meets a value which is not known says with
//! that that it cannot tell, and the next resource is looked at; any other error is a mistake in the check.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::checks::{self, Finding, Findings, Planned, TeamRules};
use dr_core::diagnostic::{Diagnostic, Severity, Span};
use dr_core::registry::Registry;
use rhai::{Array, Dynamic, Engine, FnPtr, ImmutableString, NativeCallContext};

use crate::coerce::{article, show};
use crate::component::known_text;
use crate::fault::{Res, ScriptFault, is_about_unknown};
use crate::natives::{Natives, natives};
use crate::request::{Environment, Limits, Root, ScriptFailure};
use crate::running::{evaluate, on_thread};
use crate::session::{self, Evaluation, Purpose};
use crate::subject::{self, CheckedHandle, CheckedResource};
use crate::unknown::OutputValue;
use crate::{budget, engine, explain};

/// A script that declares checks.
#[derive(Debug, Clone)]
pub struct CheckScript {
    /// What messages call its file, e.g. `checks/tags.rhai`.
    pub source_name: String,
    /// Its text.
    pub text: String,
}

/// A check, as its script declares it.
#[derive(Debug, Clone)]
pub struct TeamCheck {
    /// Its name: `cost-centre-tag`.
    pub name: String,
    /// What a finding does in environments that stay.
    pub severity: Severity,
    /// What a finding does in ephemeral environments, where that differs.
    pub ephemeral: Option<Severity>,
    /// What it asks, as what follows "asks that".
    pub asks: String,
    /// Why.
    pub why: String,
    /// What to do about a finding.
    pub mend: String,
    /// The kinds that it looks at; all where it names none.
    pub kinds: Vec<&'static str>,
    /// Where it is declared.
    pub span: Option<Span>,
}

/// The checks of a team, ready to look.
pub struct TeamChecks {
    engine: Engine,
    natives: Arc<Natives>,
    registry: Arc<Registry>,
    roots: Arc<[Root]>,
    limits: Limits,
    scripts: Vec<CheckScript>,
    declared: Vec<TeamCheck>,
}

/// One thing that a check found, as the check says it.
#[derive(Debug, Clone)]
pub(crate) struct TeamFinding {
    /// The check's name.
    pub(crate) check: String,
    /// The resource.
    pub(crate) address: Address,
    /// The path of the argument; empty for the resource as a whole.
    pub(crate) key: String,
    pub(crate) message: String,
    pub(crate) help: String,
    /// Whether the check could not tell, because of something that is not known.
    pub(crate) is_open: bool,
}

/// What the checks found, and what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Each finding, with how it counts.
    pub(crate) found: Vec<(TeamFinding, Diagnostic)>,
    pub(crate) mistakes: Vec<Diagnostic>,
    pub(crate) printed: Vec<String>,
}

/// What the scripts of this thread have to look at, and what they have said so far.
#[derive(Default)]
struct TeamLook {
    /// Everything that is planned; nothing while the scripts are only loaded.
    subjects: Option<Arc<[Arc<CheckedResource>]>>,
    by_address: BTreeMap<Address, usize>,
    /// The check whose function is running, and the resource that it was called for.
    at_work: Option<(TeamCheck, Address)>,
    declared: Vec<TeamCheck>,
    found: Vec<TeamFinding>,
    mistakes: Vec<Diagnostic>,
}

thread_local! {
    static LOOK: RefCell<TeamLook> = RefCell::default();
}

/// Reads or changes what this thread looks at. The closure must not call into Rhai.
fn with<R>(f: impl FnOnce(&mut TeamLook) -> R) -> R {
    LOOK.with_borrow_mut(f)
}

impl std::fmt::Debug for TeamChecks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TeamChecks").field("declared", &self.declared).finish_non_exhaustive()
    }
}

impl TeamChecks {
    /// Loads the checks that scripts declare. They import modules from these roots, first to last.
    ///
    /// # Errors
    /// Every mistake in the scripts, each at its place.
    pub fn load(
        registry: Arc<Registry>,
        roots: Vec<Root>,
        limits: Limits,
        environment: &Environment,
        scripts: Vec<CheckScript>,
    ) -> Result<TeamChecks, ScriptFailure> {
        let mut engine = engine::build(&registry, &limits);
        register(&mut engine);
        let natives = Arc::new(natives(&engine));
        let roots = roots.into();
        let mut team = TeamChecks { engine, natives, registry, roots, limits, scripts, declared: Vec::new() };
        let (looked, state) = team.run(environment, TeamLook::default())?;
        if !looked.mistakes.is_empty() {
            let sources = state.sources();
            return Err(ScriptFailure { diagnostics: looked.mistakes, printed: state.printed, sources });
        }
        team.declared = looked.declared;
        Ok(team)
    }

    /// The checks, in the order of their scripts.
    pub fn list(&self) -> &[TeamCheck] {
        &self.declared
    }

    /// The check of a name.
    pub fn find(&self, name: &str) -> Option<&TeamCheck> {
        self.declared.iter().find(|check| check.name == name)
    }

    /// Asks every check about what is planned.
    pub(crate) fn looked(&self, planned: &Planned<'_>) -> Looked {
        if self.declared.is_empty() {
            return Looked::default();
        }
        let subjects: Arc<[Arc<CheckedResource>]> = subject::all(planned.all()).into();
        let by_address = subjects.iter().zip(0..).map(|(subject, number)| (subject.address.clone(), number)).collect();
        let (suffix, ephemeral) = (planned.suffix.to_owned(), planned.ephemeral);
        let environment = Environment { name: suffix.clone(), suffix, ephemeral, ..Environment::default() };
        match self.run(&environment, TeamLook { subjects: Some(subjects), by_address, ..TeamLook::default() }) {
            Ok((look, state)) => {
                let found = look.found.into_iter().flat_map(|found| self.counted(planned, found)).collect();
                Looked { found, mistakes: look.mistakes, printed: state.printed }
            }
            Err(failure) => Looked { mistakes: failure.diagnostics, ..Looked::default() },
        }
    }

    /// A finding as it counts for its resource; nothing where an exception leaves nothing to say.
    fn counted(&self, planned: &Planned<'_>, found: TeamFinding) -> Option<(TeamFinding, Diagnostic)> {
        let (check, resource) = (self.find(&found.check)?, planned.get(&found.address)?);
        let mut findings = Findings::of(&check.name, check.severity_in(planned.ephemeral));
        let finding = Finding::new(&found.key, &found.message).help(&found.help);
        findings.add(resource, if found.is_open { finding.note() } else { finding });
        Some((found, findings.into_list().pop()?))
    }

    /// Runs every script, on one thread. What stops one does not stop the next, unless the limits are reached.
    fn run(&self, environment: &Environment, look: TeamLook) -> Result<(TeamLook, Evaluation), ScriptFailure> {
        let TeamChecks { registry, roots, limits, natives, .. } = self;
        let mut session = Evaluation::new(registry.clone(), roots.clone(), natives.clone());
        session.mode = Purpose::Checks;
        session.environment = environment.clone();
        let (look, mut state) = on_thread(limits, session, || {
            LOOK.set(look);
            for script in &self.scripts {
                if let Err(error) = evaluate(&self.engine, &script.source_name, &script.text) {
                    let said = explained(&error);
                    with(|look| look.mistakes.extend(said));
                }
                if budget::spent().is_some() {
                    break;
                }
            }
            LOOK.take()
        })?;
        let mut look = look;
        look.mistakes.append(&mut state.problems);
        Ok((look, state))
    }
}

impl TeamRules for TeamChecks {
    fn look(&self, planned: &Planned<'_>) -> Vec<Diagnostic> {
        let Looked { found, mistakes, printed } = self.looked(planned);
        let printed =
            printed.into_iter().map(|line| Diagnostic { severity: Severity::Info, ..Diagnostic::error(line) });
        mistakes.into_iter().chain(printed).chain(found.into_iter().map(|(_, counted)| counted)).collect()
    }
}

impl TeamCheck {
    /// What a finding does in an environment.
    pub fn severity_in(&self, ephemeral: bool) -> Severity {
        self.ephemeral.filter(|_| ephemeral).unwrap_or(self.severity)
    }

    /// Reads what a script says about a check.
    fn read(spec: &rhai::Map) -> Result<TeamCheck, (ScriptFault, &str)> {
        const KEYS: &[&str] = &["name", "asks", "why", "mend", "severity", "ephemeral", "kinds"];
        if let Some(odd) = spec.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let fault = ScriptFault::new(format!("a check has nothing that is called `{odd}`"));
            return Err((fault.near(odd, KEYS.iter().copied()), odd));
        }
        let text = |key: &'static str| {
            let missing = || (ScriptFault::new(format!("a check needs `{key}`")), "");
            let given = spec.get(key).filter(|value| !value.is_unit()).ok_or_else(missing)?;
            let text = known_text(&format!("`{key}` of a check"), given).map_err(|fault| (fault, key))?;
            if text.trim().is_empty() {
                return Err((ScriptFault::new(format!("`{key}` of a check is empty")), key));
            }
            Ok(text)
        };
        let severity = |key: &'static str| match spec.get(key).filter(|value| !value.is_unit()) {
            None => Ok(None),
            Some(given) => severity(key, given).map(Some).map_err(|fault| (fault, key)),
        };
        let name = text("name")?;
        check_name(&name).map_err(|fault| (fault, "name"))?;
        let kinds = match spec.get("kinds").filter(|value| !value.is_unit()) {
            None => Vec::new(),
            Some(given) => kinds(given).map_err(|fault| (fault, "kinds"))?,
        };
        Ok(TeamCheck {
            name,
            severity: severity("severity")?.unwrap_or(Severity::Error),
            ephemeral: severity("ephemeral")?,
            asks: text("asks")?,
            why: text("why")?,
            mend: text("mend")?,
            kinds,
            span: None,
        })
    }
}

/// An error with what was found besides; the evaluation goes on.
fn explained(error: &rhai::EvalAltResult) -> Vec<Diagnostic> {
    let said = explain::explain(error);
    session::with(Evaluation::forget_failure);
    said
}

fn severity(key: &str, given: &Dynamic) -> Result<Severity, ScriptFault> {
    const ALL: [(&str, Severity); 3] =
        [("error", Severity::Error), ("warning", Severity::Warning), ("note", Severity::Info)];
    let text = known_text(&format!("`{key}` of a check"), given)?;
    let found = ALL.iter().find(|(name, _)| *name == text).map(|(_, severity)| *severity);
    found.ok_or_else(|| {
        ScriptFault::new(format!("`{key}` of a check must be \"error\", \"warning\" or \"note\", not \"{text}\""))
            .near(&text, ALL.iter().map(|(name, _)| *name))
    })
}

/// A name is words with hyphens between them, and none of the engine's own.
fn check_name(name: &str) -> Result<(), ScriptFault> {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.split('-').all(is_word) {
        let fault = ScriptFault::new(format!("`{name}` cannot name a check"));
        return Err(fault.help("a name is lower-case words with hyphens between them: `cost-centre-tag`"));
    }
    match checks::find(name) {
        Some(own) => {
            let fault = ScriptFault::new(format!("`{name}` is the check {} of dr itself", own.id));
            Err(fault.help("give it another name"))
        }
        None => Ok(()),
    }
}

fn kinds(given: &Dynamic) -> Result<Vec<&'static str>, ScriptFault> {
    let list = given.as_array_ref().map_err(|_| {
        ScriptFault::new(format!("`kinds` of a check must be a list, not {}", article(given)))
            .help("name kinds: `kinds: [\"s3.bucket\"]`")
    })?;
    list.iter().map(|item| kind(&known_text("a kind that a check looks at", item)?)).collect()
}

/// The name of a kind that there is.
fn kind(name: &str) -> Result<&'static str, ScriptFault> {
    let registry = session::with(|s| s.registry.clone());
    let found = registry.as_ref().and_then(|registry| registry.get(name));
    found.map(|kind| kind.name).ok_or_else(|| {
        let fault = ScriptFault::new(format!("there is no kind `{name}`"));
        match registry.and_then(|registry| registry.closest(name)) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault,
        }
    })
}

/// `check(#{ .. }, |resource| ..)`
fn check(ctx: &NativeCallContext, spec: &rhai::Map, function: &FnPtr) -> Res<()> {
    let call = ctx.call_position();
    let place = |key: &str| session::with(|s| if key.is_empty() { s.span(call) } else { s.key(call, key, false) });
    if with(|look| look.at_work.is_some()) {
        return Err(ScriptFault::new("a check cannot declare another one").at(place(""), "").into());
    }
    let read = TeamCheck::read(spec).map_err(|(fault, key)| fault.at(place(key), ""))?;
    let check = TeamCheck { span: place(""), ..read };
    let first = with(|look| look.declared.iter().find(|other| other.name == check.name).cloned());
    if let Some(first) = first {
        let mut fault = ScriptFault::new(format!("the check `{}` is declared twice", check.name));
        fault = fault.at(place("name"), "declared again here");
        *fault.first = fault.first.also(first.span, "first declared here");
        return Err(fault.into());
    }
    with(|look| look.declared.push(check.clone()));
    let Some(subjects) = with(|look| look.subjects.clone()) else { return Ok(()) };
    let wanted = |subject: &&Arc<CheckedResource>| check.kinds.is_empty() || check.kinds.contains(&subject.kind.name);
    for subject in subjects.iter().filter(wanted) {
        with(|look| look.at_work = Some((check.clone(), subject.address.clone())));
        let answer = function.call_raw(ctx, None, [Dynamic::from(CheckedHandle(subject.clone()))]);
        with(|look| look.at_work = None);
        match answer {
            Ok(_) => {}
            Err(error) if error.is_system_exception() => return Err(error),
            Err(error) => {
                let said = explained(&error);
                if let Some(open) = said.iter().find(|d| is_about_unknown(d)) {
                    let cannot = cannot_tell(&check, &subject.address, open);
                    with(|look| look.found.push(cannot));
                    continue;
                }
                // Once is enough: it would be said for every other resource too.
                let looked_at = format!("while the check `{}` looked at `{}`", check.name, subject.address);
                with(|look| look.mistakes.extend(said.into_iter().map(|d| d.help(looked_at.clone()))));
                break;
            }
        }
    }
    Ok(())
}

/// That a check could not decide by what is known.
fn cannot_tell(check: &TeamCheck, address: &Address, open: &Diagnostic) -> TeamFinding {
    let place = open.labels.iter().find(|label| label.primary).map(|label| format!(" ({})", label.span));
    TeamFinding {
        check: check.name.clone(),
        address: address.clone(),
        key: String::new(),
        message: format!("the check `{}` cannot tell about `{address}` yet: {}", check.name, open.message),
        help: format!(
            "the next plan after an apply asks again{}; a check can ask before: `is_known(value)`",
            place.unwrap_or_default()
        ),
        is_open: true,
    }
}

/// `finding(resource, ..)`
fn finding(ctx: &NativeCallContext, subject: &CheckedHandle, said: rhai::Map) -> Res<()> {
    const KEYS: &[&str] = &["key", "message", "help"];
    let call = ctx.call_position();
    let place = |key: &str, on_key| session::with(|s| s.key(call, key, on_key));
    let Some((check, _)) = with(|look| look.at_work.clone()) else {
        return Err(ScriptFault::new("only the function of a check says what it finds")
            .help("write `check(#{ .. }, |resource| { .. finding(resource, #{ .. }) })`")
            .into());
    };
    let (mut key, mut message, mut help) = (String::new(), None, None);
    for (name, value) in said.into_iter().filter(|(_, value)| !value.is_unit()) {
        match name.as_str() {
            "key" => {
                key = known_text("the key of a finding", &value).map_err(|fault| fault.at(place("key", false), ""))?;
                let first = key.split('.').next().unwrap_or_default();
                if subject.0.kind.arg(first).is_none() {
                    let fault = ScriptFault::new(format!("`{}` has no argument `{first}`", subject.0.kind.name));
                    let fault = fault.near(first, subject.0.kind.args.iter().map(|field| field.name));
                    return Err(fault.at(place("key", false), "").into());
                }
            }
            "message" => message = Some(show(&value)?),
            "help" => help = Some(show(&value)?),
            odd => {
                let fault = ScriptFault::new(format!("a finding has nothing that is called `{odd}`"));
                return Err(fault.near(odd, KEYS.iter().copied()).at(place(odd, true), "").into());
            }
        }
    }
    let Some(message) = message else {
        return Err(ScriptFault::new("a finding needs a `message`").into());
    };
    let found = TeamFinding {
        check: check.name,
        address: subject.0.address.clone(),
        key,
        message,
        help: help.unwrap_or(check.mend),
        is_open: false,
    };
    with(|look| look.found.push(found));
    Ok(())
}

/// Everything that is planned, while a check looks.
fn planned() -> Result<Arc<[Arc<CheckedResource>]>, ScriptFault> {
    with(|look| look.subjects.clone().filter(|_| look.at_work.is_some())).ok_or_else(|| {
        ScriptFault::new("only the function of a check sees what is planned")
            .help("write `check(#{ .. }, |resource| { .. })`")
    })
}

fn resources(of: Option<&str>) -> Res<Array> {
    let all = planned()?;
    let of = of.map(kind).transpose()?;
    let wanted = all.iter().filter(|subject| of.is_none_or(|kind| subject.kind.name == kind));
    Ok(wanted.map(|subject| Dynamic::from(CheckedHandle(subject.clone()))).collect())
}

/// The resource at an address; nothing where there is none.
fn resource(address: &str) -> Res<Dynamic> {
    let all = planned()?;
    let number = Address::parse(address).ok().and_then(|address| with(|look| look.by_address.get(&address).copied()));
    let found = number.and_then(|number| all.get(number));
    Ok(found.map_or(Dynamic::UNIT, |subject| Dynamic::from(CheckedHandle(subject.clone()))))
}

fn register(engine: &mut Engine) {
    subject::register(engine);
    engine
        .register_fn("check", |ctx: NativeCallContext, spec: rhai::Map, function: FnPtr| check(&ctx, &spec, &function));
    engine.register_fn("finding", |ctx: NativeCallContext, subject: CheckedHandle, said: rhai::Map| {
        finding(&ctx, &subject, said)
    });
    engine.register_fn("finding", |ctx: NativeCallContext, subject: CheckedHandle, message: ImmutableString| {
        finding(&ctx, &subject, rhai::Map::from([("message".into(), message.into())]))
    });
    engine.register_fn("resources", || resources(None));
    engine.register_fn("resources", |kind: ImmutableString| resources(Some(&kind)));
    engine.register_fn("resource", |address: ImmutableString| resource(&address));
    engine.register_fn("is_known", |value: Dynamic| !value.is::<OutputValue>());
}
