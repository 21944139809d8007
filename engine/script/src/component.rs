//! Components, outputs, notes and options: how programs and modules are put together.

use std::sync::Arc;

use dr_core::address::{Address, check_name};
use dr_core::diagnostic::{Diagnostic, Frame, Severity, Span};
use dr_core::expr::Expr;
use dr_core::graph;
use dr_core::money::Dollars;
use dr_core::region;
use dr_core::schema::Kind;
use dr_core::text::shortened;
use dr_core::value::{Map, Str, Value};
use rhai::{Dynamic, Engine, FnPtr, ImmutableString, NativeCallContext};

use crate::coerce::{article, each, to_expr};
use crate::fault::{Res, ScriptFault};
use crate::session::{self, ComponentScope, Purpose};
use crate::unknown::OutputValue;

/// How much of a name messages show.
const SHOWN: usize = 60;

/// What a component can be given.
const OPTIONS: &[&str] = &["region", "tags", "moved_from"];

/// `required()` in the options of a module's function.
#[derive(Debug, Clone)]
struct Required;

/// Leaves a component when dropped.
struct Inside;

impl Drop for Inside {
    fn drop(&mut self) {
        session::with(|s| s.surroundings.pop());
    }
}

fn component(ctx: &NativeCallContext, name: &Dynamic, options: rhai::Map, body: &FnPtr) -> Res<Dynamic> {
    let call = ctx.call_position();
    let name =
        known_text("the name of a component", name).map_err(|f| f.at(session::with(|s| s.argument(call, 0)), ""))?;
    if let Err(why) = check_name(&name) {
        let fault = cannot_name("a component", &name, &why);
        return Err(fault.at(session::with(|s| s.argument(call, 0)), "").into());
    }
    let outer = session::with(|s| s.around());
    let mut around = ComponentScope {
        path: inside(&outer.path, &name),
        former: outer.former.iter().map(|former| inside(former, &name)).collect(),
        ..outer.clone()
    };
    for (key, value) in options {
        let place = |on_key| session::with(|s| s.key(call, &key, on_key));
        match key.as_str() {
            _ if value.is_unit() => {}
            "region" => {
                let region = known_region("the region of a component", &value).map_err(|f| f.at(place(false), ""))?;
                around.region = Some(region.as_str().into());
            }
            "tags" => around.tags = Some(tags(&around, value).map_err(|f| f.at(place(false), ""))?),
            "moved_from" => {
                let paths = each(&value).iter().map(former_path).collect::<Result<Vec<String>, _>>();
                let paths = paths.map_err(|f| f.at(place(false), ""))?;
                let along = paths.iter().flat_map(|path| along(&outer, path)).collect::<Vec<_>>();
                around.former.splice(0..0, paths.into_iter().chain(along));
            }
            other => {
                let fault = ScriptFault::new(format!("a component has no option `{other}`"));
                return Err(fault.near(other, OPTIONS.iter().copied()).at(place(true), "").into());
            }
        }
    }
    session::with(|s| {
        if let Some(place) = s.span(call) {
            s.components.entry(around.path.as_str().into()).or_insert(place);
        }
        s.surroundings.push(around);
    });
    let _inside = Inside;
    body.call_raw(ctx, None, [])
}

/// A name in the program that nothing can have, with one like it.
pub(crate) fn cannot_name(what: &str, name: &str, why: &impl std::fmt::Display) -> ScriptFault {
    if name.is_empty() {
        return ScriptFault::new(format!("the name of {what} is empty")).help("write one, such as \"orders\"");
    }
    let fault = ScriptFault::new(format!("`{}` cannot name {what}: {why}", shortened(name, SHOWN)));
    let is_fine = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let like: String = name.chars().map(|c| if is_fine(&c) { c } else { '-' }).collect();
    let like = like.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    match check_name(&like) {
        _ if name.contains("${") => fault.help(format!("a value is put into a text in back-ticks: `` `{name}` ``")),
        Ok(()) => fault.help(format!("write \"{like}\"")),
        Err(_) => fault.help("write a name of letters and digits, such as \"orders\""),
    }
}

/// The path of what is called so inside a component.
fn inside(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

/// A path that a component had before; the empty one is outside of all components.
fn former_path(value: &Dynamic) -> Result<String, ScriptFault> {
    let path = known_text("the option `moved_from` of a component", value)?;
    match path.split('/').try_for_each(check_name) {
        _ if path.is_empty() => Ok(path),
        Ok(()) => Ok(path),
        Err(_) if Address::parse(&path).is_ok() => {
            Err(ScriptFault::new(format!("`{path}` is the address of a resource"))
                .help("name the component that it was in; a single resource takes `moved_from` too"))
        }
        Err(why) => Err(ScriptFault::new(format!("`{path}` is not the path of a component: {why}"))
            .help("write the names of the components from the outside in: `moved_from: \"primary/network\"`")),
    }
}

/// What was at a path inside a component before the component itself was moved.
fn along(around: &ComponentScope, path: &str) -> Vec<String> {
    let rest = path.strip_prefix(around.path.as_str()).and_then(|rest| rest.strip_prefix('/'));
    let rest = rest.filter(|_| !around.path.is_empty());
    rest.map(|rest| around.former.iter().map(|former| inside(former, rest)).collect()).unwrap_or_default()
}

/// The addresses that a resource had before if its components were where they say they were. `own` are those that it
/// names itself.
pub(crate) fn former_addresses(around: &ComponentScope, kind: &Kind, name: &str, own: &[Address]) -> Vec<Address> {
    let own = own.iter().flat_map(|from| along(around, from.as_str()));
    let all = own.chain(around.former.iter().map(|path| inside(path, &format!("{}:{name}", kind.name))));
    all.filter_map(|text| Address::parse(&text).ok()).collect()
}

/// The tags of a component: its own over those around it.
fn tags(around: &ComponentScope, value: Dynamic) -> Result<Arc<Map<Expr>>, ScriptFault> {
    let mut tags: Map<Expr> = around.tags.as_deref().cloned().unwrap_or_default();
    let own = match to_expr(&value).map_err(crate::coerce::Bad::fault)? {
        Expr::Known(Value::Map(map)) => map.into_iter().map(|(k, v)| (k, Expr::Known(v))).collect(),
        Expr::Map(map) => map,
        other => return Err(ScriptFault::new(format!("the tags of a component must be a map, not {other}"))),
    };
    for (key, value) in own {
        match &value {
            Expr::Known(Value::Str(_) | Value::Null | Value::Secret(_)) => {}
            Expr::Known(other) => {
                return Err(ScriptFault::new(format!("the tag `{key}` must be a string, not {}", other.article()))
                    .help("put it in quotes"));
            }
            _ => {}
        }
        tags.insert(key, value);
    }
    Ok(Arc::new(tags))
}

/// A text that must be known now.
pub(crate) fn known_text(what: &str, value: &Dynamic) -> Result<String, ScriptFault> {
    if let Some(output) = value.read_lock::<OutputValue>() {
        return Err(output.refuse(&format!("use for {what}")));
    }
    match value.as_immutable_string_ref() {
        Ok(text) => Ok(text.to_string()),
        Err(_) => Err(ScriptFault::new(format!("{what} must be a string, not {}", article(value)))),
    }
}

/// A region that is given as an option.
///
/// # Errors
/// When it is not known, or there is none of the name.
pub(crate) fn known_region(what: &str, value: &Dynamic) -> Result<String, ScriptFault> {
    let region = known_text(what, value)?;
    region::check_name(&region).map_err(|error| ScriptFault::new(error.to_string()).help(error.help()))?;
    Ok(region)
}

fn output(ctx: &NativeCallContext, name: ImmutableString, value: Dynamic) -> Res<()> {
    let call = ctx.call_position();
    session::with(|s| {
        let place = s.argument(call, 0);
        if s.mode.only_looks().is_some() || s.in_module_head() {
            return Err(ScriptFault::new("outputs are declared by programs").at(place, ""));
        }
        if name.is_empty() {
            return Err(ScriptFault::new("the name of an output is empty").at(place, ""));
        }
        if name.chars().any(char::is_control) {
            return Err(ScriptFault::new(format!("{:?} cannot name an output", name.as_str()))
                .help("leave out line breaks and other control characters")
                .at(place, ""));
        }
        let expr = to_expr(&value).map_err(|bad| {
            let at = s.argument(call, 1);
            let path = bad.path.iter().map(|p| format!(".{p}")).collect::<String>();
            let mut fault = bad.fault;
            fault.first.message = format!("output `{name}{path}`: {}", fault.first.message);
            fault.at(at, "")
        })?;
        let key: Str = name.as_str().into();
        if let Some(first) = s.outputs.get(&key) {
            let (again, led) = (s.trace(s.depth()), s.calls_of_outputs.get(&key));
            let first = (&first.span, led.map_or(&[][..], Vec::as_slice));
            let problem = twice(format!("the output `{name}` is declared twice"), first, (&place, &again));
            s.problem(problem);
            return Ok(());
        }
        let calls = s.trace(s.depth());
        s.calls_of_outputs.insert(key.clone(), calls);
        s.outputs.insert(key, graph::Output { value: expr, span: place });
        Ok(())
    })
    .map_err(Into::into)
}

/// Something that is declared twice: by two lines, by two calls that lead to one line, or by one call again and again.
/// Each is its place with the calls that led there, outermost first.
pub(crate) fn twice(message: String, first: (&Option<Span>, &[Frame]), again: (&Option<Span>, &[Frame])) -> Diagnostic {
    let diagnostic = Diagnostic::error(message);
    if first.0 != again.0 {
        return diagnostic
            .at(again.0.clone(), "declared again here")
            .also(first.0.clone(), "first declared here")
            .help("give it another name, or put it into a component of its own");
    }
    let place = again.0;
    let parting = first.1.iter().zip(again.1).find(|(first, again)| first.span != again.span);
    match parting {
        Some((first, again)) => diagnostic
            .at(again.span.clone(), "declared again by this call")
            .also(first.span.clone(), "first declared by this call")
            .also(place.clone(), "declared here")
            .help("make the name a parameter, or give each call a component of its own: `component(\"one\", || ..)`"),
        None => diagnostic
            .at(again.0.clone(), "declared by this call more than once")
            .help("what differs belongs into the name, such as the variable of the loop: `` `queue-${name}` ``"),
    }
}

fn note(ctx: &NativeCallContext, severity: Severity, text: ImmutableString) -> Res<()> {
    let call = ctx.call_position();
    session::with(|s| {
        if s.mode == Purpose::Checks {
            let fault = ScriptFault::new("a check says what it finds by `finding`");
            return Err(fault.help("write `finding(resource, #{ message: \"..\" })`").into());
        }
        let note = Diagnostic { severity, ..Diagnostic::error(text.as_str()) }.at(s.span(call), "");
        s.notes.push(note);
        Ok(())
    })
}

/// What everything may cost in a month, in US dollars; a plan over it is warned of, or refused.
fn monthly_budget(ctx: &NativeCallContext, dollars: &Dynamic, refuses: bool) -> Res<()> {
    let call = ctx.call_position();
    session::with(|s| {
        let place = s.argument(call, 0);
        let amount = dollars.as_int().map(|n| n as f64).or_else(|_| dollars.as_float());
        let mills = amount.ok().filter(|amount| (0.0..1e12).contains(amount)).map(|amount| (amount * 1000.0).round());
        let Some(mills) = mills else {
            return Err(ScriptFault::new("a budget is a number of US dollars in a month, such as `250`").at(place, ""));
        };
        if s.mode == Purpose::Tests || s.in_module_head() {
            return Err(ScriptFault::new("a budget is set by a program").at(place, ""));
        }
        if s.budget.is_some() {
            return Err(ScriptFault::new("the budget is set twice").at(place, ""));
        }
        s.budget = Some(graph::MonthlyBudget { monthly: Dollars(mills as i64), refuses, span: place });
        Ok(())
    })
    .map_err(Into::into)
}

/// Options of a module's function: what was given over the defaults, and nothing that is not in them.
fn opts(ctx: &NativeCallContext, given: rhai::Map, spec: rhai::Map) -> Res<rhai::Map> {
    let caller = |fault: ScriptFault, key: &str| {
        let place = session::with(|s| s.callers_key(key));
        match place {
            Some((span, depth)) => ScriptFault { depth: Some(depth), ..fault.at(Some(span), "") },
            None => fault,
        }
    };
    for key in given.keys() {
        if !spec.contains_key(key) {
            let near = dr_core::schema::closest(key, spec.keys().map(|k| k.as_str()));
            let fault = ScriptFault::new(format!("there is no option `{key}`")).help(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    let all: Vec<String> = spec.keys().map(|k| format!("`{k}`")).collect();
                    format!("options are {}", all.join(", "))
                }
            });
            return Err(caller(fault, key).raise(ctx.call_position()));
        }
    }
    let mut result = rhai::Map::new();
    for (key, default) in &spec {
        let value = match given.get(key) {
            Some(value) if !value.is_unit() => value.clone(),
            _ if default.is::<Required>() => {
                return Err(missing_option(key, &spec).raise(ctx.call_position()));
            }
            _ => default.clone(),
        };
        result.insert(key.clone(), value);
    }
    Ok(result)
}

/// Shown at the call of the function that asks for the option.
fn missing_option(key: &str, spec: &rhai::Map) -> ScriptFault {
    let asked = |default: &Dynamic| if default.is::<Required>() { " (required)" } else { "" };
    let all: Vec<String> = spec.iter().map(|(name, default)| format!("`{name}`{}", asked(default))).collect();
    let fault = ScriptFault::new(format!("the option `{key}` must be given"));
    let fault = fault.help(format!("add `{key}: ..` to the options; there are {}", all.join(", ")));
    match session::with(|s| s.callers_place()) {
        Some((span, depth)) => ScriptFault { depth: Some(depth), ..fault.at(Some(span), "") },
        None => fault,
    }
}

/// The region that resources declared here live in.
fn region() -> Res<Dynamic> {
    match session::with(|s| s.around()).region {
        Some(region) => Ok(region.to_string().into()),
        None => Err(ScriptFault::new("there is no region here")
            .help("call this inside a component that has one: `component(\"primary\", #{ region: .. }, || ..)`")
            .into()),
    }
}

pub(crate) fn register(engine: &mut Engine) {
    engine.register_fn("region", region);
    engine.register_fn("component", |ctx: NativeCallContext, name: Dynamic, body: FnPtr| {
        component(&ctx, &name, rhai::Map::new(), &body)
    });
    engine.register_fn("component", |ctx: NativeCallContext, name: Dynamic, options: rhai::Map, body: FnPtr| {
        component(&ctx, &name, options, &body)
    });
    engine.register_fn("output", |ctx: NativeCallContext, name: ImmutableString, value: Dynamic| {
        output(&ctx, name, value)
    });
    engine.register_fn("monthly_budget", |ctx: NativeCallContext, dollars: Dynamic| {
        monthly_budget(&ctx, &dollars, false)
    });
    engine.register_fn("monthly_budget", |ctx: NativeCallContext, dollars: Dynamic, options: rhai::Map| {
        let refuses = match options.iter().next() {
            Some((key, value)) if options.len() == 1 && key == "refuse" => value.as_bool().ok(),
            None => Some(false),
            Some(_) => None,
        };
        let refuses = refuses.ok_or_else(|| ScriptFault::new("the only option of a budget is `refuse: true`"))?;
        monthly_budget(&ctx, &dollars, refuses)
    });
    engine.register_fn("note", |ctx: NativeCallContext, text: ImmutableString| note(&ctx, Severity::Info, text));
    engine.register_fn("warn", |ctx: NativeCallContext, text: ImmutableString| note(&ctx, Severity::Warning, text));
    engine.register_type_with_name::<Required>("Required");
    engine.register_fn("required", || Required);
    engine.register_fn("opts", |ctx: NativeCallContext, given: rhai::Map, spec: rhai::Map| opts(&ctx, given, spec));
}
