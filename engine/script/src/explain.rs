//! Explaining: Rhai's errors as diagnostics.

use dr_core::diagnostic::Diagnostic;
use dr_core::schema::closest;
use rhai::EvalAltResult;

use crate::coerce::show;
use crate::environment::ENVIRONMENT;
use crate::fault::{ScriptFault, UNKNOWN_HELP};
use crate::session;
use crate::signatures;
use crate::source::{FunctionHead, Unit};
use crate::syntax::{plain, said};

/// An error that stopped the evaluation on this thread, with everything that was found besides.
pub(crate) fn explain(error: &EvalAltResult) -> Vec<Diagnostic> {
    let mut inner = error;
    while let EvalAltResult::ErrorInFunctionCall(_, _, next, _) | EvalAltResult::ErrorInModule(_, next, _) = inner {
        inner = next;
    }
    let fault = fault(inner);
    let mut first = *fault.first;
    session::with(|s| s.locate(&mut first, inner.position(), fault.depth));
    std::iter::once(first).chain(fault.rest).collect()
}

/// What an innermost error says.
fn fault(error: &EvalAltResult) -> ScriptFault {
    match error {
        EvalAltResult::ErrorRuntime(value, _) => match value.clone().try_cast::<ScriptFault>() {
            Some(fault) => fault,
            // What a program throws.
            None => ScriptFault::new(show(value).unwrap_or_else(|_| "an error".to_owned())),
        },
        EvalAltResult::ErrorTerminated(token, _) => {
            token.clone().try_cast::<ScriptFault>().unwrap_or_else(|| ScriptFault::new("the program was stopped"))
        }
        EvalAltResult::ErrorMismatchDataType(wanted, found, _) => mismatch(wanted, found),
        EvalAltResult::ErrorIndexingType(types, _) => {
            let (of, by) = types.split_once(" [").unwrap_or((types, ""));
            if by.starts_with("Output") {
                return ScriptFault::new("a value known only after apply cannot be a key or an index")
                    .help(UNKNOWN_HELP);
            }
            ScriptFault::new(format!(
                "cannot take a part of {} with {}",
                type_phrase(of),
                type_phrase(by.trim_end_matches(']'))
            ))
        }
        EvalAltResult::ErrorFor(_) => ScriptFault::new("cannot loop over this value")
            .help("loops go over lists and ranges that the program itself knows; the keys of a map are `map.keys()`"),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => not_found(signature),
        EvalAltResult::ErrorDotExpr(message, _) => property(message),
        EvalAltResult::ErrorPropertyNotFound(name, _) => {
            let names = session::with(|s| s.names.iter().filter(|n| *n != name).cloned().collect::<Vec<_>>());
            ScriptFault::new(format!("this map has no property `{name}`"))
                .near(name, names.iter().map(String::as_str).chain(ENVIRONMENT.iter().copied()))
                .help(format!("when it may be missing, write `.{name} ?? default`"))
        }
        EvalAltResult::ErrorStackOverflow(_) => ScriptFault::new("functions call each other too deeply")
            .help("is there a function that calls itself for ever?"),
        EvalAltResult::ErrorArrayBounds(size, index, _) => {
            let fault = ScriptFault::new(format!("there is no item {index} in a list of {size}"));
            fault.help(match size {
                0 => "the list is empty: ask `list.is_empty()` before".to_owned(),
                size => format!("the first one is `[0]`, the last one `[{}]` or `[-1]`", size - 1),
            })
        }
        EvalAltResult::ErrorStringBounds(size, index, _) => {
            ScriptFault::new(format!("there is no character {index} in a text of {size}"))
        }
        EvalAltResult::ErrorVariableNotFound(name, _) => {
            let name = plain(name);
            let fault = ScriptFault::new(format!("there is no variable `{name}`"));
            if name.contains("::") {
                fault.help("a module shows what it exports: `export const NAME = ..;`")
            } else {
                fault
            }
        }
        EvalAltResult::ErrorModuleNotFound(name, _) => {
            ScriptFault::new(format!("there is no module `{}`", plain(name)))
        }
        EvalAltResult::ErrorParsing(kind, _) => {
            ScriptFault { first: Box::new(said(kind)), rest: Vec::new(), depth: None }
        }
        EvalAltResult::ErrorDataRace(..) => ScriptFault::new("this variable is in use where it is wanted again")
            .help("a closure cannot call or change the variable that it is called through: use another variable"),
        EvalAltResult::ErrorAssignmentToConstant(name, _) => {
            ScriptFault::new(format!("`{name}` is a constant and cannot be changed"))
        }
        other => {
            let mut text = other.to_string();
            if let Some(at) = text.rfind(" (line ") {
                text.truncate(at);
            }
            ScriptFault::new(plain(&text))
        }
    }
}

fn mismatch(wanted: &str, found: &str) -> ScriptFault {
    let found = short(found);
    match (short(wanted), found) {
        ("bool", "Output") => ScriptFault::new("cannot branch on a value known only after apply").help(UNKNOWN_HELP),
        ("bool", "Resource") => ScriptFault::new("cannot branch on a resource").help("a resource is always there"),
        (_, "Output") => {
            ScriptFault::new("a value known only after apply cannot be a key or an index").help(UNKNOWN_HELP)
        }
        (wanted, found) => ScriptFault::new(format!("expected {}, found {}", type_phrase(wanted), type_phrase(found))),
    }
}

/// A function that is not there, or not for these values.
fn not_found(signature: &str) -> ScriptFault {
    let name = signature.split([' ', '(']).next().unwrap_or(signature);
    let types: Vec<String> = signature
        .split_once('(')
        .map(|(_, types)| types.trim_end_matches(')'))
        .filter(|types| !types.is_empty())
        .map(|types| types.split(", ").map(type_phrase).collect())
        .unwrap_or_default();
    if name.starts_with("anon$") {
        return ScriptFault::new("this function is called with the wrong number of arguments")
            .help(format!("it is called with {}: give it as many parameters", types.join(" and ")));
    }
    let fault = session::with(|s| match name.split_once("::") {
        None => called(&plain(name), &types, s.stopped_in(), None),
        Some((module, function)) => {
            let (alias, unit) = module.split_once('@').unwrap_or((module, ""));
            let from = unit.parse::<usize>().ok().and_then(|unit| s.units.get(unit));
            let imported = from.and_then(|unit| s.text_of_module(unit.imports.get(alias)?));
            called(function, &types, imported, Some(alias))
        }
    });
    if signature.contains("Output") { fault.help(UNKNOWN_HELP) } else { fault }
}

/// What is wrong with a call, where these are the functions of the text that it means.
fn called(name: &str, types: &[String], unit: Option<&Unit>, module: Option<&str>) -> ScriptFault {
    let shown = module.map_or(name.to_owned(), |module| format!("{module}::{name}"));
    let given = match types {
        [] => "without arguments".to_owned(),
        types => format!("with {}", types.join(" and ")),
    };
    let heads = unit.map_or(&[][..], |unit| &unit.functions);
    let visible = |head: &&FunctionHead| module.is_none() || !head.is_private;
    let same: Vec<&FunctionHead> = heads.iter().filter(|head| head.name == name).collect();
    if let (Some(module), Some((inner, _))) = (module, name.split_once("::")) {
        return ScriptFault::new(format!(
            "what a module imports is not seen from outside: there is no `{module}::{inner}`"
        ))
        .help(format!("import it here, too: `import \"{inner}\" as {inner};`"));
    }
    if let (Some(module), Some(unit), true) = (module, unit, same.is_empty()) {
        let fault = ScriptFault::new(format!("the module `{module}` has no function `{name}`"));
        let names = unit.functions.iter().filter(visible).map(|head| head.name.as_str());
        return match closest(name, names.clone()) {
            Some(near) => fault.help(format!("did you mean `{module}::{near}`?")),
            None => {
                let all: Vec<String> = names.map(|name| format!("`{name}`")).collect();
                fault.help(format!("its functions are {}", all.join(", ")))
            }
        };
    }
    if let [head] = same.as_slice()
        && !visible(head)
    {
        return ScriptFault::new(format!("`{shown}` is private: only its own module calls it"))
            .help(format!("take `private` away before `fn {name}`, or call another function of the module"));
    }
    if same.is_empty() {
        let fault = ScriptFault::new(format!("`{shown}` cannot be called {given}"));
        let signature = match module {
            // A service: the name of a module that nobody imports.
            Some(_) => Some(format!("{shown}(name, #{{ .. }})")),
            None => signatures::of(name).map(str::to_owned),
        };
        return match signature {
            Some(signature) => fault.help(format!("it is called so: `{}`", signature.replace(" or ", "` or `"))),
            None => fault,
        };
    }
    let written = |head: &&FunctionHead| format!("`{shown}({})`", head.params.join(", "));
    let numbers: Vec<String> = same.iter().map(|head| count(head.params.len())).collect();
    let signatures: Vec<String> = same.iter().map(written).collect();
    ScriptFault::new(format!("`{shown}` takes {}, not {}", numbers.join(" or "), types.len()))
        .help(format!("it is called so: {}", signatures.join(" or ")))
}

fn count(arguments: usize) -> String {
    match arguments {
        0 => "no argument".to_owned(),
        1 => "1 argument".to_owned(),
        many => format!("{many} arguments"),
    }
}

/// A property of something that has none, or that cannot be set.
fn property(message: &str) -> ScriptFault {
    let mut quoted = message.split('\'').skip(1).step_by(2);
    let (name, of) = (quoted.next().unwrap_or("?"), quoted.next().unwrap_or("this value"));
    if message.contains("writable") || message.contains("setter") {
        return ScriptFault::new(format!(
            "cannot assign to `{name}`: resources and their attributes cannot be changed"
        ))
        .help("give it as an argument where the resource is declared");
    }
    let fault = ScriptFault::new(format!("{} has no property `{name}`", type_phrase(of)));
    if short(of) != "()" {
        return fault;
    }
    fault.help(
        "nothing is what an `if` without `else` gives, and a block, closure or function whose last statement is no value: \
         let it end with the value, such as the resource",
    )
}

/// The name that a type is registered with. A mismatch gives its path in Rust instead.
fn short(ty: &str) -> &str {
    match ty.rsplit("::").next().unwrap_or(ty) {
        "OutputValue" => "Output",
        "ResourceHandle" => "Resource",
        "TestPlan" => "Plan",
        "CheckedHandle" => "Checked",
        name => name,
    }
}

/// Rhai's name of a type as a person calls it.
fn type_phrase(ty: &str) -> String {
    let known = match short(ty.split(" | ").next().unwrap_or(ty)) {
        "Output" => "a value known only after apply",
        "Resource" | "Checked" => "a resource",
        "&str" | "ImmutableString" | "String" | "string" => "a string",
        "i64" | "INT" => "an integer",
        "f64" | "FLOAT" => "a decimal number",
        "bool" => "a boolean",
        "array" | "Array" => "a list",
        "map" | "Map" => "a map",
        "Fn" | "FnPtr" => "a function",
        "char" => "a character",
        "()" => "nothing (`()`)",
        other => return format!("a value of type `{other}`"),
    };
    known.to_owned()
}
