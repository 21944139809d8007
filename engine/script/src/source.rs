//! Sources: the texts being evaluated, and spans in them.
//!
//! Rhai's positions are points. A span needs a length, which is found in the text: the token that starts there.

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_core::diagnostic::Span;
use dr_core::value::Str;
use rhai::Position;

/// Where the parts of a call are: its arguments, and the keys of the map literals among them.
#[derive(Debug, Default)]
pub(crate) struct CallSite {
    /// Where each argument starts.
    pub(crate) args: Vec<Position>,
    /// Each key by its path from its argument inwards: the key and its value.
    pub(crate) keys: Vec<(Vec<Str>, Position, Position)>,
}

/// A function that a text declares.
#[derive(Debug)]
pub(crate) struct FunctionHead {
    /// Its name.
    pub(crate) name: String,
    /// The names of its parameters.
    pub(crate) params: Vec<String>,
    /// Whether it is not seen outside of its text.
    pub(crate) is_private: bool,
}

/// A text that is being evaluated.
#[derive(Debug)]
pub(crate) struct Unit {
    /// The name that spans use.
    pub(crate) name: Str,
    /// The text.
    pub(crate) text: Arc<str>,
    /// Byte offsets of the lines.
    lines: Vec<usize>,
    /// The calls, by their position.
    pub(crate) calls: BTreeMap<(usize, usize), Arc<CallSite>>,
    /// The functions that it declares, without closures.
    pub(crate) functions: Vec<FunctionHead>,
    /// What it imports: its names for modules, and theirs.
    pub(crate) imports: BTreeMap<String, String>,
}

/// A position as a key of a map.
pub(crate) fn point(position: Position) -> (usize, usize) {
    (position.line().unwrap_or(0), position.position().unwrap_or(0))
}

impl Unit {
    pub(crate) fn new(name: &str, text: &str) -> Unit {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let (calls, imports) = (BTreeMap::new(), BTreeMap::new());
        Unit { name: name.into(), text: text.into(), lines, calls, functions: Vec::new(), imports }
    }

    /// The rest of the line from a position on.
    pub(crate) fn rest(&self, position: Position) -> Option<&str> {
        let start = *self.lines.get(position.line()? - 1)?;
        let text = self.text[start..].lines().next().unwrap_or("");
        let column = position.position().unwrap_or(1).max(1);
        Some(text.char_indices().nth(column - 1).map_or("", |(at, _)| &text[at..]))
    }

    /// The line of a position up to it.
    pub(crate) fn before(&self, position: Position) -> &str {
        let line = position.line().and_then(|line| self.lines.get(line - 1)).map_or("", |start| &self.text[*start..]);
        let column = position.position().unwrap_or(1).max(1);
        line.char_indices().nth(column - 1).map_or(line, |(at, _)| &line[..at])
    }

    /// The token that starts at a position; `None` when there is no position.
    pub(crate) fn span(&self, position: Position) -> Option<Span> {
        let line = position.line()?;
        let mut rest = self.rest(position)?;
        let mut column = position.position().unwrap_or(1).max(1);
        // The position of a property access is its dot: what is meant is the property.
        for dot in ["?.", "."] {
            if rest.starts_with(dot) && !rest.starts_with("..") {
                rest = &rest[dot.len()..];
                column += dot.len();
                break;
            }
        }
        let length = token_length(rest).max(1);
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Some(Span {
            source: self.name.clone(),
            line: small(line),
            column: small(column),
            length: small(length),
            former: false,
        })
    }
}

/// How many characters the first token of a line has.
fn token_length(rest: &str) -> usize {
    let mut chars = rest.chars();
    match chars.next() {
        None => 0,
        Some(quote @ ('"' | '`')) => {
            let (mut length, mut escaped) = (1, false);
            for c in chars {
                length += 1;
                match c {
                    _ if escaped => escaped = false,
                    '\\' if quote == '"' => escaped = true,
                    c if c == quote => break,
                    _ => {}
                }
            }
            length
        }
        Some('#') if rest.starts_with("#{") => 2,
        Some(c) if is_word(c) => rest.chars().take_while(|c| is_word(*c)).count(),
        Some(_) => rest.chars().take_while(|c| "=!<>&|+-*/%?:.".contains(*c)).count(),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_cover_tokens() {
        let unit = Unit::new("x.rhai", "let a = 1;\n  vpc.arn + \"a\\\"b\" == `ä${x}` ?? #{}\r\n");
        for (line, column, expected) in [
            (1, 5, (1, 5, 1)),
            (2, 3, (2, 3, 3)),
            (2, 6, (2, 7, 3)),
            (2, 13, (2, 13, 6)),
            (2, 20, (2, 20, 2)),
            (2, 23, (2, 23, 7)),
            (2, 34, (2, 34, 2)),
        ] {
            let span = unit.span(Position::new(line, column)).unwrap();
            assert_eq!((span.line, span.column, span.length), expected, "{line}:{column}");
        }
        assert_eq!(unit.span(Position::NONE), None);
        assert_eq!(unit.span(Position::new(90, 1)), None);
    }
}
