//! `program`, `param`, `required_param`: what a program can be told from outside, declared once.
//!
//! `let p = program(#{ count: param("How many", 3), … })` gives a map of the values. A setting that no parameter takes
//! is an error, and so is one of the wrong type or outside the parameter's conditions. Text from the command line is
//! converted by the parameter's type.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use dr_core::diagnostic::Diagnostic;
use dr_core::limits::Weight;
use dr_core::number;
use dr_core::schema::closest;
use dr_core::text::shortened;
use dr_core::value::{REDACTED, Value, quoted};
use rhai::{Dynamic, Engine, ImmutableString, Map, NativeCallContext};

use crate::coerce::{expr_of, from_value};
use crate::fault::{Res, ScriptFault};
use crate::parameter::{ParamType, Parameter, TYPES};
use crate::request::Setting;
use crate::session::{self, Purpose};
use crate::unknown::refuse;

/// What a parameter's value must fulfil.
#[derive(Debug, Clone, Default)]
struct Conditions {
    one_of: Option<Vec<Value>>,
    pattern: Option<String>,
    min: Option<Value>,
    max: Option<Value>,
    /// Whether the value is a secret, however it is given.
    sensitive: bool,
}

/// The longest pattern, and the longest text that is compared with one, in bytes: matching takes time with both.
const PATTERN: usize = 1_000;
const MATCHED: usize = 1 << 16;
/// How much of a value messages show, in characters.
const SHOWN: usize = 200;

const CONDITIONS: &[&str] = &["one_of", "pattern", "min", "max", "sensitive"];

/// `param(..)` before it has a name.
#[derive(Debug, Clone)]
struct Spec {
    doc: String,
    ty: ParamType,
    default: Option<Value>,
    conditions: Conditions,
}

impl Conditions {
    fn read(given: Map) -> Result<Conditions, ScriptFault> {
        let mut conditions = Conditions::default();
        for (name, value) in given {
            let known = known(&value)?;
            let wrong = |wanted: &str| {
                ScriptFault::new(format!("the condition `{name}` must be {wanted}, not {}", known.article()))
            };
            let number = || match known {
                Value::Int(_) | Value::Float(_) => Ok(known.clone()),
                _ => Err(wrong("a number")),
            };
            match name.as_str() {
                "one_of" => conditions.one_of = Some(known.as_list().ok_or_else(|| wrong("a list"))?.to_vec()),
                "pattern" => {
                    let pattern = known.as_str().ok_or_else(|| wrong("a string"))?;
                    whole(pattern)?;
                    conditions.pattern = Some(pattern.to_owned());
                }
                "sensitive" => conditions.sensitive = known.as_bool().ok_or_else(|| wrong("true or false"))?,
                "min" => conditions.min = Some(number()?),
                "max" => conditions.max = Some(number()?),
                other => {
                    let fault = ScriptFault::new(format!("there is no condition `{other}`"));
                    return Err(fault.near(other, CONDITIONS.iter().copied()));
                }
            }
        }
        Ok(conditions)
    }

    /// Each condition, as the rest of "must be …".
    fn phrases(&self) -> Vec<String> {
        let mut phrases = Vec::new();
        phrases.extend(self.one_of.as_deref().map(one_of));
        phrases.extend(self.pattern.iter().map(|p| format!("of the form `{p}`")));
        phrases.extend(self.min.iter().map(|n| format!("at least {n}")));
        phrases.extend(self.max.iter().map(|n| format!("at most {n}")));
        phrases.extend(self.sensitive.then(|| "sensitive".to_owned()));
        phrases
    }

    /// What a value violates, as the rest of "must be …".
    fn violated(&self, value: &Value) -> Option<String> {
        let count = |n: usize| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
        let size = match value.reveal() {
            number @ (Value::Int(_) | Value::Float(_)) => Some(number.clone()),
            Value::Str(text) => Some(count(text.chars().count())),
            Value::List(items) => Some(count(items.len())),
            _ => None,
        };
        let of = if value.as_str().is_some() { " characters" } else { "" };
        if let Some(allowed) = &self.one_of
            && !allowed.contains(value.reveal())
        {
            return Some(one_of(allowed));
        }
        if let (Some(pattern), Some(text)) = (&self.pattern, value.as_str())
            && !(text.len() <= MATCHED && whole(pattern).is_ok_and(|regex| regex.is_match(text)))
        {
            return Some(format!("of the form `{pattern}`"));
        }
        let is = |limit: &Option<Value>, order: Ordering| {
            size.as_ref().zip(limit.as_ref()).is_some_and(|(size, limit)| number::compare(size, limit) == Some(order))
        };
        if let Some(min) = self.min.as_ref().filter(|_| is(&self.min, Ordering::Less)) {
            return Some(format!("at least {min}{of}"));
        }
        if let Some(max) = self.max.as_ref().filter(|_| is(&self.max, Ordering::Greater)) {
            return Some(format!("at most {max}{of}"));
        }
        None
    }
}

fn one_of(allowed: &[Value]) -> String {
    let list: Vec<String> = allowed.iter().take(SHOWN).map(|value| shortened(value, SHOWN)).collect();
    shortened(format_args!("one of {}", list.join(", ")), 5 * SHOWN)
}

fn whole(pattern: &str) -> Result<regex_lite::Regex, ScriptFault> {
    if pattern.len() > PATTERN {
        return Err(ScriptFault::new(format!("a pattern has at most {PATTERN} bytes")));
    }
    regex_lite::RegexBuilder::new(&format!("^(?:{pattern})$"))
        .size_limit(1 << 18)
        .build()
        .map_err(|e| ScriptFault::new(format!("`{pattern}` is not a regular expression: {e}")))
}

fn known(value: &Dynamic) -> Result<Value, ScriptFault> {
    match expr_of(value)? {
        dr_core::expr::Expr::Known(value) => Ok(value),
        other => Err(refuse("use for a parameter", &other)),
    }
}

fn spec(doc: ImmutableString, default: Dynamic, conditions: Map) -> Res<Spec> {
    let default = known(&default)?;
    let ty = ParamType::of(&default);
    Ok(Spec { doc: doc.to_string(), ty, default: Some(default), conditions: Conditions::read(conditions)? })
}

fn required(doc: ImmutableString, ty: ImmutableString, conditions: Map) -> Res<Spec> {
    let Some((_, ty, _)) = TYPES.iter().find(|t| t.0 == ty.as_str()) else {
        let fault = ScriptFault::new(format!("there is no parameter type {}", quoted(&ty)));
        return Err(fault
            .help(format!("types are {}", TYPES.iter().map(|t| t.0).collect::<Vec<_>>().join(", ")))
            .into());
    };
    Ok(Spec { doc: doc.to_string(), ty: *ty, default: None, conditions: Conditions::read(conditions)? })
}

/// The value of a parameter, or what is wrong with the setting.
fn value(name: &str, spec: &Spec, setting: Option<&Setting>) -> Result<Option<Value>, ScriptFault> {
    let refuse = |what: &str, shown: &str, why: Option<String>, origin: String| {
        let fault = ScriptFault::new(format!("parameter `{name}` must be {what}, not {shown}"));
        match why {
            Some(why) => fault.help(why).help(origin),
            None => fault.help(origin),
        }
    };
    let hidden = spec.conditions.sensitive;
    let brief = |value: &Value| if hidden { REDACTED.to_owned() } else { shortened(value, SHOWN) };
    let (value, shown, origin) = match setting {
        None => match &spec.default {
            Some(default) => (default.clone(), brief(default), "this is its default".to_owned()),
            None => return Ok(None),
        },
        Some(Setting::Text(text)) => {
            let given = if hidden { "..".to_owned() } else { shortened(text, SHOWN) };
            let origin = format!("it was given as `--set {name}={given}`");
            let shown = brief(&Value::str(text));
            match spec.ty.parse(text) {
                Ok(value) => (value, shown, origin),
                // What cannot be read may be quoted by whoever reads it.
                Err(why) => return Err(refuse(spec.ty.article(), &shown, why.filter(|_| !hidden), origin)),
            }
        }
        Some(Setting::Value(given)) => {
            let origin = "it was given in the project's configuration".to_owned();
            match spec.ty.accept(given.clone()) {
                Ok(value) => (value, brief(given), origin),
                Err(why) => return Err(refuse(spec.ty.article(), &brief(given), why, origin)),
            }
        }
    };
    value.weigh(&mut Weight::default())?;
    // The default `()` stands for "not given", which fulfils everything.
    match spec.conditions.violated(&value).filter(|_| !value.is_null()) {
        Some(what) => Err(refuse(&what, &shown, None, origin)),
        None if hidden && !value.is_null() => Ok(Some(value.secret())),
        None => Ok(Some(value)),
    }
}

/// Stops the evaluation where only the parameters were asked for; never shown.
pub(crate) const STOP: &str = "parameters are declared";

fn program(ctx: &NativeCallContext, specs: Map) -> Res<Map> {
    let call = ctx.call_position();
    let (settings, mode, declared) = session::with(|s| (s.settings.clone(), s.mode, s.parameters.is_some()));
    if declared {
        return Err(ScriptFault::new("`program` is called twice").help("declare all parameters in one place").into());
    }
    if session::with(|s| s.in_module_head() || s.depth() > 1) {
        let fault = ScriptFault::new("`program` belongs to the top level of the program");
        return Err(fault.help("modules take their options as arguments of functions: see `opts`").into());
    }
    let mut parameters = Vec::new();
    let mut values = Map::new();
    let mut problems: Vec<Diagnostic> = Vec::new();
    for (name, given) in &specs {
        let place = session::with(|s| s.key(call, name, true));
        let Some(spec) = given.read_lock::<Spec>().map(|s| s.clone()) else {
            let fault = ScriptFault::new(format!("`{name}` is not a parameter"));
            let fault = fault.help(format!("write `{name}: param(\"What it means\", default)`")).at(place, "");
            problems.push(*fault.first);
            continue;
        };
        let setting = settings.get(name.as_str());
        let found = match value(name, &spec, setting) {
            Ok(found) => found,
            Err(fault) => {
                problems.push(*fault.at(place.clone(), "").first);
                continue;
            }
        };
        if found.is_none() && mode == Purpose::Program {
            let fault = ScriptFault::new(format!("the parameter `{name}` must be given: {}", spec.doc));
            problems.push(*fault.help(format!("for example `--set {name}=..`")).at(place, "").first);
        }
        values.insert(name.clone(), found.clone().map_or(Dynamic::UNIT, from_value));
        parameters.push(Parameter {
            name: name.to_string(),
            doc: spec.doc.clone(),
            ty: spec.ty,
            required: spec.default.is_none(),
            default: spec.default.clone().map(|value| if spec.conditions.sensitive { value.secret() } else { value }),
            value: found,
            conditions: spec.conditions.phrases(),
        });
    }
    problems.extend(
        unknown_settings(&settings, |name| specs.contains_key(name), specs.keys().map(|k| k.as_str()))
            .into_iter()
            .map(|fault| *fault.at(session::with(|s| s.span(call)), "the parameters are declared here").first),
    );
    session::with(|s| s.parameters = Some(parameters));
    if let Some(fault) = ScriptFault::of(problems) {
        return Err(fault.into());
    }
    if mode == Purpose::Parameters {
        return Err(ScriptFault::new(STOP).into());
    }
    Ok(values)
}

/// Settings that no parameter takes.
pub(crate) fn unknown_settings<'a>(
    settings: &BTreeMap<String, Setting>,
    takes: impl Fn(&str) -> bool,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Vec<ScriptFault> {
    settings
        .keys()
        .filter(|name| !takes(name))
        .map(|name| {
            let fault = ScriptFault::new(format!("the program has no parameter `{name}`"));
            match closest(name, names.clone()) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => {
                    let all: Vec<String> = names.clone().map(|n| format!("`{n}`")).collect();
                    fault.help(if all.is_empty() {
                        "it takes no parameters".to_owned()
                    } else {
                        format!("it takes {}", all.join(", "))
                    })
                }
            }
        })
        .collect()
}

pub(crate) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Spec>("Parameter");
    engine.register_fn("param", |doc: ImmutableString, default: Dynamic| spec(doc, default, Map::new()));
    engine.register_fn("param", spec);
    engine.register_fn("required_param", |doc: ImmutableString, ty: ImmutableString| required(doc, ty, Map::new()));
    engine.register_fn("required_param", required);
    engine.register_fn("program", |ctx: NativeCallContext, specs: Map| program(&ctx, specs));
}
