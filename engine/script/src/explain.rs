//! Explaining: Rhai's errors as diagnostics.

use dr_core::diagnostic::Diagnostic;
use dr_core::schema::closest;
use rhai::{EvalAltResult, LexError, ParseErrorType};

use crate::coerce::show;
use crate::environment::{ENVIRONMENT, GLOBALS};
use crate::fault::{ScriptFault, UNKNOWN_HELP};
use crate::session;

/// What is wrong with a text that cannot be parsed.
pub(crate) fn parse_error(error: &ParseErrorType) -> Diagnostic {
    match error {
        ParseErrorType::Reserved(word) => match word.as_str() {
            "try" | "catch" => Diagnostic::error(format!("`{word}` is not part of this language"))
                .help("an error ends the program; decide beforehand, for example with `map.key ?? default`"),
            word => Diagnostic::error(format!("`{word}` is a reserved word"))
                .help(format!("as a key write it in quotes: \"{word}\"")),
        },
        ParseErrorType::VariableUndefined(name) => {
            let known = session::with(|s| s.names.iter().cloned().collect::<Vec<_>>());
            let near = closest(name, GLOBALS.iter().copied().chain(known.iter().map(String::as_str)));
            let diagnostic = Diagnostic::error(format!("there is no variable `{name}`"));
            match near {
                Some(near) if GLOBALS.contains(&near) => diagnostic.help(format!("did you mean `{near}`?")),
                _ => diagnostic.help("functions see their parameters only; constants are read with `global::NAME`"),
            }
        }
        ParseErrorType::ModuleUndefined(name) => Diagnostic::error(format!("there is no module `{name}`"))
            .help(format!("import it first: `import \"{name}\" as {name};`")),
        ParseErrorType::BadInput(LexError::UnexpectedInput(text)) => {
            Diagnostic::error(format!("`{text}` is not expected here"))
        }
        ParseErrorType::ExprTooDeep => Diagnostic::error("this is nested too deeply or too long")
            .help("put parts of it into variables or functions of their own"),
        ParseErrorType::DuplicatedProperty(key) => Diagnostic::error(format!("the key `{key}` comes twice")),
        ParseErrorType::FnDuplicatedParam(_, name) => Diagnostic::error(format!("the parameter `{name}` comes twice")),
        other => {
            let text = plain(&other.to_string());
            let text = text.strip_prefix("Expecting ").map(|rest| format!("expected {rest}")).unwrap_or(text);
            match text.strip_prefix("reserved keyword '").and_then(|t| t.strip_suffix("' is disabled")) {
                Some(word) => Diagnostic::error(format!("`{word}` is not part of this language")),
                None => Diagnostic::error(text),
            }
        }
    }
}

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
            ScriptFault::new(format!("there is no item {index} in a list of {size}"))
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
            let diagnostic = parse_error(kind);
            ScriptFault { first: Box::new(diagnostic), rest: Vec::new(), depth: None }
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

/// A function that exists, but not for these values.
fn not_found(signature: &str) -> ScriptFault {
    let name = signature.split([' ', '(']).next().unwrap_or(signature);
    if name.starts_with("anon$") {
        return ScriptFault::new("this function is called with the wrong number of arguments");
    }
    let types: Vec<String> = signature
        .split_once('(')
        .map(|(_, types)| types.trim_end_matches(')'))
        .filter(|types| !types.is_empty())
        .map(|types| types.split(", ").map(type_phrase).collect())
        .unwrap_or_default();
    let name = plain(name);
    let fault = match types.as_slice() {
        [] => ScriptFault::new(format!("`{name}` cannot be called without arguments")),
        types => ScriptFault::new(format!("`{name}` cannot be called with {}", types.join(" and "))),
    };
    if signature.contains("Output") { fault.help(UNKNOWN_HELP) } else { fault }
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
    ScriptFault::new(format!("{} has no property `{name}`", type_phrase(of)))
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

/// Without what only the engine needs: `net@3::f` reads `net::f`.
fn plain(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '@' && chars.peek().is_some_and(char::is_ascii_digit) {
            while chars.peek().is_some_and(char::is_ascii_digit) {
                chars.next();
            }
        } else {
            result.push(c);
        }
    }
    result.strip_prefix("Syntax error: ").map(str::to_owned).unwrap_or(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_marks_are_taken_off() {
        assert_eq!(plain("Syntax error: no net@3::f, but a@b"), "no net::f, but a@b");
    }
}
