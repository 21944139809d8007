//! Syntax: what is wrong with a text that cannot be parsed, and how to mend it.

use dr_core::diagnostic::Diagnostic;
use rhai::{LexError, ParseError, ParseErrorType, Position};

use crate::brackets::{self, Imbalance, closer};
use crate::source::Unit;

/// What the parser said about a text, with its place.
pub(crate) fn parse_error(error: &ParseError, unit: &Unit) -> Diagnostic {
    let (kind, at) = (&*error.0, error.1);
    // What the parser stumbles over is mostly an echo of a bracket that is not closed.
    let is_settled = matches!(
        kind,
        ParseErrorType::Reserved(_) | ParseErrorType::ExprTooDeep | ParseErrorType::BadInput(LexError::Runtime(_))
    );
    if let Some(imbalance) = brackets::imbalance(&unit.text).filter(|_| !is_settled) {
        let noticed = at;
        return unbalanced(imbalance, unit, noticed);
    }
    if let ParseErrorType::MissingToken(token, what) = kind
        && let Some(found) = missing(token, what, unit, at)
    {
        return found;
    }
    let quoted = unit.rest(at).unwrap_or("");
    let diagnostic = match kind {
        ParseErrorType::BadInput(LexError::MalformedChar(text)) => {
            Diagnostic::error(format!("`'{text}'` is not a text: single quotes hold one character"))
                .help(format!("a text stands in double quotes: \"{text}\""))
        }
        ParseErrorType::BadInput(LexError::MalformedEscapeSequence(sequence)) => {
            Diagnostic::error(format!("`{sequence}` stands for nothing in a text in quotes"))
                .help("write `\\\\` for a backslash; a text in back-ticks is taken as it stands")
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(text)) => {
            Diagnostic::error(format!("`{text}` is not expected here")).help("take it away, or put it into a text")
        }
        ParseErrorType::ExprExpected(_) | ParseErrorType::UnexpectedEOF if quoted.is_empty() => {
            Diagnostic::error("the text ends where a value belongs").help("write the rest of this statement")
        }
        other => said(other),
    };
    diagnostic.at(unit.span(at), "")
}

/// What the parser said about a text that nobody has at hand.
pub(crate) fn said(error: &ParseErrorType) -> Diagnostic {
    match error {
        ParseErrorType::Reserved(word) => match word.as_str() {
            "try" | "catch" => Diagnostic::error(format!("`{word}` is not part of this language"))
                .help("an error ends the program; decide beforehand, for example with `map.key ?? default`"),
            word => Diagnostic::error(format!("`{word}` is a reserved word"))
                .help(format!("as a key write it in quotes: \"{word}\"")),
        },
        ParseErrorType::VariableUndefined(name) => Diagnostic::error(format!("there is no variable `{name}`"))
            .help("functions see their parameters only; constants are read with `global::NAME`"),
        ParseErrorType::ModuleUndefined(name) => Diagnostic::error(format!("there is no module `{name}`"))
            .help(format!("import it first: `import \"{name}\" as {name};`")),
        ParseErrorType::ExprTooDeep => Diagnostic::error("this is nested too deeply or too long")
            .help("put parts of it into variables or functions of their own"),
        ParseErrorType::DuplicatedProperty(key) => {
            Diagnostic::error(format!("the key `{key}` comes twice")).help("keep one of them")
        }
        ParseErrorType::FnDuplicatedParam(_, name) => {
            Diagnostic::error(format!("the parameter `{name}` comes twice")).help("give one of them another name")
        }
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

/// A comment that is not closed; the parser takes it to the end of the text without a word.
pub(crate) fn open_comment(unit: &Unit) -> Option<Diagnostic> {
    let found = brackets::imbalance(&unit.text)?;
    matches!(found, Imbalance::Open { opener: "/*", .. }).then(|| unbalanced(found, unit, Position::NONE))
}

/// A bracket, text or comment that is not closed, or closed too often. `noticed` is where the parser could not go on.
fn unbalanced(imbalance: Imbalance, unit: &Unit, noticed: Position) -> Diagnostic {
    match imbalance {
        Imbalance::Extra { closer, at } => Diagnostic::error(format!("`{closer}` closes nothing that is open"))
            .at(unit.span(at), "")
            .help(format!("take this `{closer}` away, or open what it is to close")),
        Imbalance::Open { opener, at, instead } => {
            let end = match closer(opener) {
                "`" => "the back-tick".to_owned(),
                closer => format!("`{closer}`"),
            };
            let opens = if opener == "`" { "the back-tick".to_owned() } else { format!("`{opener}`") };
            let what = match opener {
                "\"" | "`" => "this text",
                "'" => "this character",
                "/*" => "this comment",
                "${" => "this value in a text",
                "#{" => "this map",
                "[" => "this list",
                "(" => "this bracket",
                _ => "this block",
            };
            let diagnostic = Diagnostic::error(format!("{what} is not closed: {end} at its end is missing"));
            let diagnostic = diagnostic.at(unit.span(at), format!("{opens} opens it"));
            let diagnostic = match (instead, opener) {
                (Some((found, at)), _) => diagnostic.also(unit.span(at), format!("`{found}` comes before {end}")),
                (None, "#{" | "[" | "(" | "{" | "${") if noticed != at => {
                    diagnostic.also(unit.span(noticed), format!("{end} belongs here at the latest"))
                }
                _ => diagnostic,
            };
            match opener {
                "\"" => diagnostic.help(
                    "a text in quotes ends in its line: write the `\"` at its end, or look for one that is missing before it",
                ),
                "'" => diagnostic.help("a text stands in double quotes"),
                _ => diagnostic.help(format!("write {end} where it ends")),
            }
        }
    }
}

/// A mark that is missing between two things: said at the end of the first one.
fn missing(token: &str, what: &str, unit: &Unit, at: Position) -> Option<Diagnostic> {
    let what = plain(what);
    let next = unit.rest(at).unwrap_or("");
    let end = brackets::end_before(&unit.text, at)?;
    let is_adjacent = end == at;
    if next.starts_with(':') && !next.starts_with("::") && unit.before(end).contains('{') && token != "," {
        let name: String = word_before(unit, end);
        return Some(
            Diagnostic::error("`{` begins a block of statements here, not a map")
                .at(unit.span(at), "")
                .help(format!("a map begins with `#{{`: `#{{ {name}: .. }}`")),
        );
    }
    if is_adjacent && next.starts_with('"') && !word_before(unit, end).is_empty() {
        return Some(
            Diagnostic::error("a letter before a text means nothing here")
                .at(unit.span(at), "")
                .help("a text with values in it stands in back-ticks: `` `${name}-queue` ``"),
        );
    }
    let (message, help) = match token {
        ";" => ("`;` is missing at the end of this statement".to_owned(), "write `;` here".to_owned()),
        "," if is_adjacent
            && ends_in_quote(unit, end)
            && next.starts_with(|c: char| c.is_alphanumeric() || c == '_') =>
        {
            (
                "a text ends here, and something else follows it at once".to_owned(),
                "look for a `\"` that is missing or too many in this line; a `\"` inside of a text is written `\\\"`"
                    .to_owned(),
            )
        }
        "," => {
            let between = between(&what);
            (format!("`,` is missing between {between}"), "write `,` here".to_owned())
        }
        ":" if next.starts_with('=') => {
            let key = what.split('\'').nth(1).unwrap_or("key");
            (
                format!("the value of `{key}` follows a `:` in a map"),
                format!("write `{key}: ..` in place of `{key} = ..`"),
            )
        }
        "}" | ")" | "]" => {
            return Some(
                Diagnostic::error(format!("`,` or `{token}` belongs here"))
                    .at(unit.span(at), "this stands here instead")
                    .help(format!("write `,` before another item, and `{token}` behind the last one")),
            );
        }
        _ => return None,
    };
    let diagnostic = Diagnostic::error(message).at(unit.span(end), "").help(help);
    // What follows explains it where it stands elsewhere.
    Some(match end.line() == at.line() {
        true => diagnostic,
        false => diagnostic.also(unit.span(at), "before this"),
    })
}

/// Whether a text in quotes ends right before a position.
fn ends_in_quote(unit: &Unit, end: Position) -> bool {
    let column = end.position().unwrap_or(1);
    let before = end.line().and_then(|line| unit.text.lines().nth(line - 1)?.chars().nth(column.checked_sub(2)?));
    before == Some('"')
}

/// The word that ends at a position; empty where none does.
fn word_before(unit: &Unit, end: Position) -> String {
    let word: Vec<char> = unit.before(end).chars().rev().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    word.into_iter().rev().collect()
}

/// What a comma separates, in the words of this language.
fn between(what: &str) -> String {
    match what.split('\'').nth(1) {
        Some(name) if what.contains("arguments to function call") => format!("the arguments of `{name}`"),
        _ if what.contains("object map") => "the keys of this map".to_owned(),
        _ if what.contains("array") => "the items of this list".to_owned(),
        _ if what.contains("switch") => "the arms of this `switch`".to_owned(),
        _ if what.contains("param") => "the parameters of this function".to_owned(),
        _ => "these two".to_owned(),
    }
}

/// Without what only the engine needs: `net@3::f` reads `net::f`.
pub(crate) fn plain(text: &str) -> String {
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
