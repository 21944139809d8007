//! Tests of programs: `fn test_*()` in `*_test.rhai`, on planned graphs.
//!
//! Each test runs in an evaluation of its own. `plan` evaluates a program in yet another one and gives its graph;
//! attributes that the cloud would compute are mocked, or stand in as `<address.attribute>`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use dr_core::address::Address;
use dr_core::diagnostic::{Diagnostic, Severity};
use dr_core::expr::{AttrRef, Expr};
use dr_core::graph::{Graph, Node};
use dr_core::schema::{Type, closest};
use dr_core::value::{Float, Map, Value, quoted};
use rhai::{Array, CallFnOptions, Dynamic, Engine, FnPtr, ImmutableString, NativeCallContext, Position, Scope};

use crate::coerce::{article, expr_of, from_value, show};
use crate::compile::{compile, parse};
use crate::fault::{Res, ScriptFault};
use crate::host::Host;
use crate::natives::natives;
use crate::request::{Environment, Request, ScriptFailure, Setting, SourceTexts, TestReport};
use crate::running::on_thread;
use crate::session::{self, Evaluation, Purpose};
use crate::source::Unit;
use crate::unknown::refuse;
use crate::verdicts::verdicts;
use crate::{engine, explain, operators, syntax};

/// How a test finds the text of a program: from the name that it plans to the source name and the text.
type Programs = Arc<dyn Fn(&str) -> Option<(String, String)> + Send + Sync>;

/// What a test works with.
struct Bench {
    host: Host,
    programs: Programs,
    sources: Mutex<SourceTexts>,
    mocks: Mutex<BTreeMap<String, Mock>>,
    last: Mutex<Option<TestPlan>>,
}

thread_local! {
    /// What the test of this thread's evaluation works with.
    static BENCH: RefCell<Option<Arc<Bench>>> = const { RefCell::new(None) };
}

/// What a kind's attributes are in a test.
#[derive(Clone)]
enum Mock {
    Values(Map<Value>),
    Function(FnPtr),
}

/// A planned program.
#[derive(Clone)]
struct TestPlan(Arc<Graph>);

/// A test function.
struct Test {
    name: String,
    position: Position,
}

impl Host {
    /// Runs the `test_*` functions of a file of tests, in their order. `programs` finds the text of a program by the
    /// name that a test plans: what messages call its file, and its text.
    ///
    /// # Errors
    /// When the file itself cannot be parsed.
    pub fn test<P>(&self, source_name: &str, text: &str, programs: &P) -> Result<Vec<TestReport>, ScriptFailure>
    where
        P: Fn(&str) -> Option<(String, String)> + Clone + Send + Sync + 'static,
    {
        let mut engine = engine::build(self.registry(), self.limits());
        register(&mut engine);
        let natives = Arc::new(natives(&engine));
        let programs: Programs = Arc::new(programs.clone());
        let (tests, _) = on_thread(self.limits(), self.session(), || list(&engine, source_name, text))?;
        let tests = tests?;
        let one = |test| {
            let mut session = self.session();
            session.natives = natives.clone();
            run(self, &engine, session, source_name, text, &programs, test)
        };
        tests.iter().map(one).collect()
    }
}

/// The tests of a file, in their order.
fn list(engine: &Engine, source: &str, text: &str) -> Result<Vec<Test>, ScriptFailure> {
    let ast = parse(engine, text).map_err(|error| {
        let unit = Unit::new(source, text);
        let mut sources = SourceTexts::default();
        sources.insert(source, unit.text.clone());
        let diagnostic = syntax::parse_error(&error, &unit);
        ScriptFailure { diagnostics: vec![diagnostic], printed: Vec::new(), sources }
    })?;
    let mut tests: Vec<Test> = ast
        .iter_fn_def()
        .filter(|f| f.name.starts_with("test_") && f.params.is_empty())
        .map(|f| Test { name: f.name.to_string(), position: f.body.start_position() })
        .collect();
    tests.sort_by_key(|t| t.position);
    Ok(tests)
}

/// Runs one test.
fn run(
    host: &Host,
    engine: &Engine,
    mut session: Evaluation,
    source: &str,
    text: &str,
    programs: &Programs,
    test: &Test,
) -> Result<TestReport, ScriptFailure> {
    let bench = Arc::new(Bench {
        host: host.clone(),
        programs: programs.clone(),
        sources: Mutex::default(),
        mocks: Mutex::default(),
        last: Mutex::default(),
    });
    session.mode = Purpose::Tests;
    let (diagnostics, state) = on_thread(host.limits(), session, || {
        BENCH.set(Some(bench.clone()));
        match call(engine, source, text, &test.name) {
            Ok(()) => Vec::new(),
            Err(error) => explain::explain(&error),
        }
    })?;
    let mut sources = locked(&bench.sources).clone();
    sources.extend(state.sources());
    let span = state.units.first().and_then(|unit| unit.span(test.position));
    Ok(TestReport { name: test.name.clone(), span, diagnostics, printed: state.printed, sources })
}

fn call(engine: &Engine, source: &str, text: &str, name: &str) -> Res<()> {
    let (unit, ast) = compile(engine, source, text)?;
    let _entered = session::enter(unit, "".into(), Position::NONE);
    // The top level runs first: it imports modules and sets constants.
    let options = CallFnOptions::new();
    let result = engine.call_fn_with_options::<Dynamic>(options, &mut Scope::new(), &ast, name, ());
    if let Err(error) = &result {
        session::note_failure(error);
    }
    result.map(|_| ())
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn bench() -> Result<Arc<Bench>, ScriptFault> {
    BENCH.with_borrow(Clone::clone).ok_or_else(|| ScriptFault::new("this is for tests only"))
}

fn plan(program: &str, params: rhai::Map) -> Res<TestPlan> {
    let bench = bench()?;
    let Some((source_name, text)) = (bench.programs)(program) else {
        return Err(ScriptFault::new(format!("there is no program `{program}`")).into());
    };
    let mut settings = BTreeMap::new();
    for (name, value) in params {
        match expr_of(&value)? {
            Expr::Known(value) => settings.insert(name.to_string(), Setting::Value(value)),
            other => return Err(refuse("plan with", &other).into()),
        };
    }
    let environment =
        Environment { suffix: "test".into(), name: "test".into(), ephemeral: true, ..Environment::default() };
    let request = Request { program: program.to_owned(), source_name, text, environment, settings };
    match bench.host.evaluate(&request) {
        Ok(evaluated) => {
            locked(&bench.sources).extend(evaluated.sources);
            let plan = TestPlan(Arc::new(evaluated.graph));
            *locked(&bench.last) = Some(plan.clone());
            Ok(plan)
        }
        Err(failure) => {
            locked(&bench.sources).extend(failure.sources);
            let fault = ScriptFault::of(failure.diagnostics);
            Err(fault.unwrap_or_else(|| ScriptFault::new("the program cannot be planned")).into())
        }
    }
}

/// Plans what a function declares, as a program of its own in a test's environment.
fn declare(ctx: &NativeCallContext, options: rhai::Map, body: &FnPtr) -> Res<TestPlan> {
    let bench = bench()?;
    let mut ephemeral = true;
    for (name, value) in options {
        match (name.as_str(), value.as_bool()) {
            ("ephemeral", Ok(given)) => ephemeral = given,
            ("ephemeral", Err(_)) => return Err(ScriptFault::new("`ephemeral` must be true or false").into()),
            (odd, _) => {
                let fault = ScriptFault::new(format!("there is no option `{odd}`"));
                return Err(fault.near(odd, ["ephemeral"]).into());
            }
        }
    }
    let environment = Environment { suffix: "test".into(), name: "test".into(), ephemeral, ..Environment::default() };
    let before = session::with(|s| (std::mem::take(&mut s.mode), std::mem::replace(&mut s.environment, environment)));
    let result = body.call_raw(ctx, None, []);
    let declared = session::with(|s| {
        (s.mode, s.environment) = before;
        bench.host.declared("declared", ephemeral, s, Vec::new())
    });
    let _ = result?;
    match declared {
        Ok(graph) => {
            let plan = TestPlan(Arc::new(graph));
            *locked(&bench.last) = Some(plan.clone());
            Ok(plan)
        }
        Err(found) => {
            let fault = ScriptFault::of(found);
            Err(fault.unwrap_or_else(|| ScriptFault::new("what is declared cannot be planned")).into())
        }
    }
}

/// What the checks of the team find in a plan.
fn findings(plan: &TestPlan) -> Res<Array> {
    let bench = bench()?;
    let Some(team) = bench.host.team() else {
        return Err(ScriptFault::new("there are no checks here")
            .help("put them into `checks/*.rhai`, and their tests beside them")
            .into());
    };
    verdicts(team, bench.host.registry(), &plan.0)
}

/// The plan that free functions look at.
fn last() -> Result<TestPlan, ScriptFault> {
    let plan = locked(&bench()?.last).clone();
    plan.ok_or_else(|| {
        ScriptFault::new("nothing is planned yet").help("plan a program first: `plan(\"name\", #{ .. })`")
    })
}

fn resource(ctx: &NativeCallContext, plan: &TestPlan, address: &str) -> Res<rhai::Map> {
    let Some((_, node)) = plan.0.nodes.iter().find(|(a, _)| a.as_str() == address) else {
        let fault = ScriptFault::new(format!("the plan has no `{address}`"));
        return Err(fault.near(address, plan.0.nodes.keys().map(Address::as_str)).into());
    };
    let mut map = rhai::Map::new();
    map.insert("address".into(), node.address.as_str().into());
    map.insert("kind".into(), node.kind.name.into());
    map.insert("region".into(), node.region.as_deref().map_or(Dynamic::UNIT, Into::into));
    map.insert(
        "depends_on".into(),
        Dynamic::from_array(node.needs().iter().map(|n| n.address.as_str().into()).collect()),
    );
    for (name, value) in &node.args {
        map.insert((&**name).into(), resolve(ctx, &plan.0, value)?);
    }
    Ok(map)
}

fn resources(plan: &TestPlan, kind: Option<&str>) -> Res<Array> {
    if let Some(kind) = kind
        && bench()?.host.registry().get(kind).is_none()
    {
        let fault = ScriptFault::new(format!("there is no kind `{kind}`"));
        return Err(match bench()?.host.registry().closest(kind) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault,
        }
        .into());
    }
    let wanted = |node: &&Node| kind.is_none_or(|kind| node.kind.name == kind);
    Ok(plan.0.nodes.values().filter(wanted).map(|n| n.address.as_str().into()).collect())
}

fn output(ctx: &NativeCallContext, plan: &TestPlan, name: &str) -> Res<Dynamic> {
    match plan.0.outputs.get(name) {
        Some(output) => resolve(ctx, &plan.0, &output.value),
        None => {
            let fault = ScriptFault::new(format!("the plan has no output `{name}`"));
            Err(fault.near(name, plan.0.outputs.keys().map(|k| &**k)).into())
        }
    }
}

fn notes(plan: &TestPlan) -> Array {
    let shown = |d: &Diagnostic| match d.severity {
        Severity::Info => d.message.clone(),
        _ => format!("warning: {}", d.message),
    };
    plan.0.notes.iter().map(|n| shown(n).into()).collect()
}

/// A value of the graph with mocks for what is not known.
fn resolve(ctx: &NativeCallContext, graph: &Graph, value: &Expr) -> Res<Dynamic> {
    let mocks = locked(&bench()?.mocks).clone();
    let mut failed = None;
    let reduced = value.reduce(&mut |reference| match mocked(ctx, graph, &mocks, reference) {
        Ok(value) => Some(value),
        Err(error) => {
            failed.get_or_insert(error);
            None
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    match reduced {
        Ok(Expr::Known(value)) => Ok(from_value(value.revealed())),
        Ok(other) => Err(ScriptFault::new(format!("`{other}` has no value")).into()),
        Err(error) => {
            let fault = ScriptFault::new(error.to_string());
            Err(fault.help("give the attribute a value that fits: `mock(\"service.kind\", #{ arn: \"..\" })`").into())
        }
    }
}

fn mocked(ctx: &NativeCallContext, graph: &Graph, mocks: &BTreeMap<String, Mock>, reference: &AttrRef) -> Res<Value> {
    let address = &reference.address;
    let values = match mocks.get(address.kind()) {
        None => Map::new(),
        Some(Mock::Values(values)) => values.clone(),
        Some(Mock::Function(function)) => {
            let of = rhai::Map::from([
                ("name".into(), address.name().into()),
                ("address".into(), address.as_str().into()),
                ("kind".into(), address.kind().into()),
            ]);
            known_map(&function.call_raw(ctx, None, [Dynamic::from_map(of)])?)?
        }
    };
    if let Some(value) = values.get(&reference.attr) {
        return Ok(value.clone());
    }
    let ty = graph.nodes.get(address).and_then(|node| node.kind.attribute(&reference.attr));
    Ok(stand_in(&format!("<{address}.{}>", reference.attr), ty.unwrap_or(Type::Str)))
}

/// A value of a type for what nothing is known of.
fn stand_in(text: &str, ty: Type) -> Value {
    match ty {
        Type::Bool => Value::Bool(false),
        Type::Int => Value::Int(0),
        Type::Float => Value::Float(Float(0.0)),
        Type::List(inner) => Value::List(vec![stand_in(text, *inner)]),
        Type::Map(_) => Value::Map(Map::new()),
        Type::Object(fields) => Value::Map(fields.iter().map(|f| (f.name.into(), stand_in(text, f.ty))).collect()),
        Type::Any | Type::Str | Type::Json | Type::Policy => Value::str(text),
    }
}

fn known_map(value: &Dynamic) -> Result<Map<Value>, ScriptFault> {
    match expr_of(value)? {
        Expr::Known(Value::Map(map)) => Ok(map),
        other => Err(ScriptFault::new(format!("a mock must be a map of known values, not {other}"))),
    }
}

fn mock(kind: &str, mock: Dynamic) -> Res<()> {
    let bench = bench()?;
    let Some(found) = bench.host.registry().get(kind) else {
        let fault = ScriptFault::new(format!("there is no kind `{kind}`"));
        return Err(match bench.host.registry().closest(kind) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault,
        }
        .into());
    };
    let mock = match mock.try_cast_result::<FnPtr>() {
        Ok(function) => Mock::Function(function),
        Err(value) => {
            let values = known_map(&value)?;
            if let Some(odd) = values.keys().find(|k| found.attribute(k).is_none()) {
                let fault = ScriptFault::new(format!("`{kind}` has no attribute `{odd}`"));
                return Err(match closest(odd, found.attributes()) {
                    Some(near) => fault.help(format!("did you mean `{near}`?")),
                    None => fault,
                }
                .into());
            }
            Mock::Values(values)
        }
    };
    locked(&bench.mocks).insert(kind.to_owned(), mock);
    Ok(())
}

/// The messages of the error that a function ends with.
fn fails(ctx: &NativeCallContext, function: &FnPtr) -> Res<String> {
    match function.call_raw(ctx, None, []) {
        Ok(_) => Err(ScriptFault::new("this was expected to fail").into()),
        Err(error) if error.is_system_exception() => Err(error),
        Err(error) => {
            let messages: Vec<String> = explain::explain(&error).into_iter().map(|d| d.message).collect();
            session::with(Evaluation::forget_failure);
            Ok(messages.join("\n"))
        }
    }
}

fn shown(value: &Dynamic) -> String {
    match value.as_immutable_string_ref() {
        Ok(text) => quoted(&text),
        Err(_) => show(value).unwrap_or_else(|_| article(value).to_owned()),
    }
}

fn register(engine: &mut Engine) {
    engine.register_type_with_name::<TestPlan>("Plan");
    engine.register_fn("plan", |program: ImmutableString| plan(&program, rhai::Map::new()));
    engine.register_fn("plan", |program: ImmutableString, params: rhai::Map| plan(&program, params));
    engine.register_fn("declare", |ctx: NativeCallContext, body: FnPtr| declare(&ctx, rhai::Map::new(), &body));
    engine.register_fn("declare", |ctx: NativeCallContext, options: rhai::Map, body: FnPtr| {
        declare(&ctx, options, &body)
    });
    engine.register_fn("findings", |plan: TestPlan| findings(&plan));
    engine.register_fn("findings", || findings(&last()?));
    engine.register_fn("resource", |ctx: NativeCallContext, plan: TestPlan, address: ImmutableString| {
        resource(&ctx, &plan, &address)
    });
    engine
        .register_fn("resource", |ctx: NativeCallContext, address: ImmutableString| resource(&ctx, &last()?, &address));
    engine.register_fn("resources", |plan: TestPlan| resources(&plan, None));
    engine.register_fn("resources", |plan: TestPlan, kind: ImmutableString| resources(&plan, Some(&kind)));
    engine.register_fn("resources", || resources(&last()?, None));
    engine.register_fn("resources", |kind: ImmutableString| resources(&last()?, Some(&kind)));
    engine.register_fn("output", |ctx: NativeCallContext, plan: TestPlan, name: ImmutableString| {
        output(&ctx, &plan, &name)
    });
    engine.register_fn("output", |ctx: NativeCallContext, name: ImmutableString| output(&ctx, &last()?, &name));
    engine.register_fn("notes", |plan: TestPlan| notes(&plan));
    engine.register_fn("notes", || -> Res<Array> { Ok(notes(&last()?)) });
    engine.register_fn("mock", |kind: ImmutableString, values: Dynamic| mock(&kind, values));
    engine.register_fn("assert", |truth: bool| -> Res<()> {
        if truth { Ok(()) } else { Err(ScriptFault::new("this does not hold").into()) }
    });
    engine.register_fn("assert", |truth: bool, message: ImmutableString| -> Res<()> {
        if truth { Ok(()) } else { Err(ScriptFault::new(format!("this does not hold: {message}")).into()) }
    });
    engine.register_fn("assert_eq", |left: Dynamic, right: Dynamic| -> Res<()> {
        if operators::equal(&left, &right)? {
            return Ok(());
        }
        let fault = ScriptFault::new("these are not equal");
        Err(fault.help(format!("left:  {}", shown(&left))).help(format!("right: {}", shown(&right))).into())
    });
    engine.register_fn("fails", |ctx: NativeCallContext, function: FnPtr| fails(&ctx, &function));
}
