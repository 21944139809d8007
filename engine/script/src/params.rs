//! `program`, `param`, `required_param`, `secret_param`: what a program can be told from outside, declared once.
//!
//! `let p = program(#{ count: param("How many", 3), … })` gives a map of the values. A setting that no parameter takes
//! is an error, and so is one of the wrong type or outside the parameter's conditions. Text from the command line is
//! converted by the parameter's type.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use dr_core::diagnostic::{Diagnostic, Span};
use dr_core::limits::Weight;
use dr_core::number;
use dr_core::schema::closest;
use dr_core::text::shortened;
use dr_core::value::{REDACTED, Value, quoted};
use rhai::{Dynamic, Engine, ImmutableString, Map, NativeCallContext};

use crate::coerce::{expr_of, from_value};
use crate::fault::{Res, ScriptFault};
use crate::parameter::{ParamType, Parameter, TYPES};
use crate::request::{Setting, SettingFile, SettingSource, SettingVariable};
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
    /// Whether it is also one that stands nowhere in clear: neither on a command line nor in the configuration.
    confided: bool,
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
        phrases.extend(self.sensitive.then(|| if self.confided { "secret" } else { "sensitive" }.to_owned()));
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

/// A secret that comes from a variable or a file.
fn secret(doc: ImmutableString, conditions: Map) -> Res<Spec> {
    if conditions.contains_key("sensitive") {
        return Err(ScriptFault::new("a secret parameter is always sensitive").help("leave `sensitive` out").into());
    }
    let conditions = Conditions { sensitive: true, confided: true, ..Conditions::read(conditions)? };
    Ok(Spec { doc: doc.to_string(), ty: ParamType::String, default: None, conditions })
}

/// What a setting gives for a parameter, and what to say of where it comes from.
struct Given<'a> {
    value: GivenValue<'a>,
    /// Nothing where the place says it.
    origin: Option<String>,
    /// Where it stands in the project's configuration.
    place: Option<&'a Span>,
}

/// A text is converted by the parameter's type.
#[derive(Clone, Copy)]
enum GivenValue<'a> {
    Text(&'a str),
    Value(&'a Value),
    /// Nothing: the file cannot be read, and why.
    Unreadable(&'a str),
}

impl<'a> GivenValue<'a> {
    /// What a file gives, and how that is said.
    fn of_file(file: &'a SettingFile) -> (GivenValue<'a>, String) {
        let value = file.text.as_deref().map_or_else(|why| GivenValue::Unreadable(why), GivenValue::Text);
        (value, format!("it was given by the file `{}`", file.name))
    }
}

impl<'a> Given<'a> {
    /// What a setting gives; nothing where it names a variable that is not set.
    fn of(name: &str, spec: &Spec, setting: &'a Setting) -> Option<Given<'a>> {
        Some(match setting {
            Setting::Text(text) => {
                let given = if spec.conditions.sensitive { "..".to_owned() } else { shortened(text, SHOWN) };
                let origin = format!("it was given as `--set {name}={given}`");
                Given { value: GivenValue::Text(text), origin: Some(origin), place: None }
            }
            Setting::Value(value) => {
                let origin = Some("it was given by the test".to_owned());
                Given { value: GivenValue::Value(value), origin, place: None }
            }
            Setting::File(file) => {
                let (value, origin) = GivenValue::of_file(file);
                Given { value, origin: Some(origin), place: None }
            }
            Setting::Configured(configured) => {
                let place = &configured.place;
                let source = configured.source.as_ref().filter(|_| spec.ty != ParamType::Map);
                let (value, origin) = match source {
                    None => (GivenValue::Value(&configured.value), None),
                    Some(SettingSource::File(file)) => {
                        let (value, origin) = GivenValue::of_file(file);
                        (value, Some(origin))
                    }
                    Some(SettingSource::Variable(SettingVariable { name, text: Some(text), .. })) => {
                        (GivenValue::Text(text), Some(format!("it was given by the variable `{name}`")))
                    }
                    Some(SettingSource::Variable(SettingVariable { name, default, .. })) => (
                        GivenValue::Value(default.as_ref()?),
                        Some(format!("the variable `{name}` is not set, and this is the default")),
                    ),
                };
                Given { value, origin, place: Some(place) }
            }
        })
    }
}

/// The value of a parameter, or what is wrong with the setting.
fn value(name: &str, spec: &Spec, setting: Option<&Setting>) -> Result<Option<Value>, ScriptFault> {
    let given = setting.and_then(|setting| Given::of(name, spec, setting));
    let given = match (&given, &spec.default) {
        (Some(given), _) => given,
        (None, None) => return Ok(None),
        (None, Some(default)) => {
            &Given { value: GivenValue::Value(default), origin: Some("this is its default".to_owned()), place: None }
        }
    };
    let hidden = spec.conditions.sensitive;
    let brief = |value: &Value| if hidden { REDACTED.to_owned() } else { shortened(value, SHOWN) };
    let refuse = |what: &str, shown: &str, why: Option<String>| {
        let fault = ScriptFault::new(format!("parameter `{name}` must be {what}, not {shown}"));
        // With its line, a secret would be quoted.
        let (shown, named) = if hidden { (None, given.place) } else { (given.place, None) };
        let named = named.map(|place| format!("it is set at {place}"));
        let example = (given.place.is_some() && !hidden).then_some(spec.default.as_ref()).flatten();
        let example = example.map(|default| format!("its default is {}", shortened(default, SHOWN)));
        let help = why.into_iter().chain(given.origin.clone()).chain(named).chain(example);
        help.fold(fault.at(shown.cloned(), ""), ScriptFault::help)
    };
    if spec.conditions.confided
        && let Some(fault) = setting.and_then(|setting| in_clear(name, setting, given.value))
    {
        return Err(fault);
    }
    let (value, shown) = match given.value {
        GivenValue::Unreadable(why) => {
            let file = given.origin.as_deref().unwrap_or_default();
            let fault = ScriptFault::new(format!("the parameter `{name}` cannot be read: {why}")).help(file);
            return Err(fault.at(given.place.cloned(), ""));
        }
        GivenValue::Text(text) => {
            let shown = brief(&Value::str(text));
            match spec.ty.parse(text) {
                Ok(value) => (value, shown),
                // What cannot be read may be quoted by whoever reads it.
                Err(why) => return Err(refuse(spec.ty.article(), &shown, why.filter(|_| !hidden))),
            }
        }
        GivenValue::Value(given_value) => match spec.ty.accept(given_value.clone()) {
            Ok(value) => (value, brief(given_value)),
            Err(why) => {
                let table = given_value.reveal();
                let is_table = given.place.is_some() && matches!(table, Value::Map(map) if map.contains_key("env"));
                let form =
                    "to take it from a variable, write `{ env = \"NAME\" }`, with nothing but a `default` beside it";
                let why = why.or_else(|| is_table.then(|| form.to_owned()));
                return Err(refuse(spec.ty.article(), &brief(given_value), why));
            }
        },
    };
    value.weigh(&mut Weight::default())?;
    if spec.conditions.confided && value.as_str().is_some_and(str::is_empty) {
        return Err(refuse("a secret", "empty", None));
    }
    // The default `()` stands for "not given", which fulfils everything.
    match spec.conditions.violated(&value).filter(|_| !value.is_null()) {
        Some(what) => Err(refuse(&what, &shown, None)),
        None if hidden && !value.is_null() => Ok(Some(value.secret())),
        None => Ok(Some(value)),
    }
}

/// That a secret stands where others can read it.
fn in_clear(name: &str, setting: &Setting, given: GivenValue<'_>) -> Option<ScriptFault> {
    let message = match (setting, given) {
        (Setting::Text(_), _) => format!("the parameter `{name}` is a secret, and others can read a command line"),
        (Setting::Configured(configured), GivenValue::Value(_)) => {
            // With its line, the secret would be quoted.
            format!("the parameter `{name}` is a secret, and it stands in clear at {}", configured.place)
        }
        _ => return None,
    };
    Some(ScriptFault::new(message).help(CONFIDE.replace("NAME", name)))
}

/// How a secret is given.
const CONFIDE: &str = "give it with `--set-file NAME=FILE`, or write `NAME = { env = \"VARIABLE\" }` or `NAME = { file = \"FILE\" }` \
     in dr.toml";

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
    if mode == Purpose::Checks {
        return Err(ScriptFault::new("checks have no parameters").into());
    }
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
                let first = *fault.first;
                problems.push(match first.labels.is_empty() {
                    true => first.at(place.clone(), ""),
                    false => first.also(place.clone(), "the parameter is declared here"),
                });
                continue;
            }
        };
        if found.is_none() && mode == Purpose::Program {
            let fault = ScriptFault::new(format!("the parameter `{name}` must be given: {}", spec.doc));
            let configured = match setting {
                Some(Setting::Configured(configured)) => Some((&configured.place, &configured.source)),
                _ => None,
            };
            let fault = match configured {
                Some((place, Some(SettingSource::Variable(variable)))) => {
                    fault.help(format!("{place} takes it from the variable `{}`, which is not set", variable.name))
                }
                _ if spec.conditions.confided => fault.help(CONFIDE.replace("NAME", name)),
                _ => fault.help(format!("for example `--set {name}=..`")),
            };
            problems.push(*fault.at(place, "").first);
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
    let names: Vec<&str> = specs.keys().map(|name| name.as_str()).collect();
    problems.extend(unknown_settings(&settings, &names, session::with(|s| s.span(call))));
    session::with(|s| s.parameters = Some(parameters));
    if let Some(fault) = ScriptFault::of(problems) {
        return Err(fault.into());
    }
    if mode == Purpose::Parameters {
        return Err(ScriptFault::new(STOP).into());
    }
    Ok(values)
}

/// Settings that no parameter takes. `declared` is where the parameters are, if there are any.
pub(crate) fn unknown_settings(
    settings: &BTreeMap<String, Setting>,
    names: &[&str],
    declared: Option<Span>,
) -> Vec<Diagnostic> {
    let unknown = settings.iter().filter(|(name, _)| !names.contains(&name.as_str()));
    let told = |(name, setting): (&String, &Setting)| {
        let found = Diagnostic::error(format!("the program has no parameter `{name}`"));
        let here = "the parameters are declared here";
        let found = match setting {
            Setting::Configured(configured) => found.at(configured.key.clone(), "").also(declared.clone(), here),
            Setting::Text(_) | Setting::File(_) | Setting::Value(_) => found.at(declared.clone(), here),
        };
        match closest(name, names.iter().copied()) {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None if names.is_empty() => found.help("it takes no parameters"),
            None => {
                let all: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                found.help(format!("it takes {}", all.join(", ")))
            }
        }
    };
    unknown.map(told).collect()
}

pub(crate) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Spec>("Parameter");
    engine.register_fn("param", |doc: ImmutableString, default: Dynamic| spec(doc, default, Map::new()));
    engine.register_fn("param", spec);
    engine.register_fn("required_param", |doc: ImmutableString, ty: ImmutableString| required(doc, ty, Map::new()));
    engine.register_fn("required_param", required);
    engine.register_fn("secret_param", |doc: ImmutableString| secret(doc, Map::new()));
    engine.register_fn("secret_param", secret);
    engine.register_fn("program", |ctx: NativeCallContext, specs: Map| program(&ctx, specs));
}
