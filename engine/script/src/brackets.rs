//! Brackets: which bracket, text or comment of a script is not closed.
//!
//! The parser tells where it could not go on, which is often far from the bracket that is to blame. Brackets are paired
//! here by what they are; where that leaves a choice, the pair whose ends are not indented alike is to blame.

use rhai::Position;

/// What is wrong with the brackets of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Imbalance {
    /// Something is opened and not closed.
    Open {
        /// How it begins.
        opener: &'static str,
        /// Where.
        at: Position,
        /// The bracket that closes something else before, if one does.
        instead: Option<(char, Position)>,
    },
    /// A bracket closes what is not open.
    Extra {
        /// The bracket.
        closer: char,
        /// Where.
        at: Position,
    },
}

/// What closes something that is open.
pub(crate) fn closer(opener: &str) -> &'static str {
    match opener {
        "(" => ")",
        "[" => "]",
        "\"" => "\"",
        "'" => "'",
        "`" => "`",
        "/*" => "*/",
        _ => "}",
    }
}

/// A bracket that is open.
#[derive(Clone, Copy)]
struct Opened {
    opener: &'static str,
    at: usize,
}

/// A part of a text, as far as brackets go.
#[derive(Clone, Copy, PartialEq)]
enum TextPart {
    Space,
    Comment,
    Text,
    Open(&'static str),
    Close(char),
    Other,
}

/// A text that is gone through from its start.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    open: Vec<Opened>,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// The next part with where it begins; a text or comment that does not end is an error. None at the end.
    fn next(&mut self) -> Option<(TextPart, usize, Result<(), Opened>)> {
        let start = self.at;
        let first = self.rest().chars().next()?;
        let starts = |s: &str| self.rest().starts_with(s);
        let (part, ends) = if starts("//") {
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            (TextPart::Comment, Ok(()))
        } else if starts("/*") {
            (TextPart::Comment, self.comment())
        } else if first == '"' || first == '\'' {
            (TextPart::Text, self.quoted(first))
        } else if let Some(hashes) = raw(self.rest()) {
            (TextPart::Text, self.raw(hashes))
        } else if first == '`' {
            self.at += 1;
            self.template(Opened { opener: "`", at: start })
        } else if starts("#{") {
            self.at += 2;
            (TextPart::Open("#{"), Ok(()))
        } else {
            self.at += first.len_utf8();
            let part = match first {
                '(' => TextPart::Open("("),
                '[' => TextPart::Open("["),
                '{' => TextPart::Open("{"),
                '}' if self.open.last().is_some_and(|open| open.opener == "${") => {
                    // Back in the text around the value.
                    self.open.pop();
                    let around = self.open.pop().unwrap_or(Opened { opener: "`", at: start });
                    let (part, ends) = self.template(around);
                    return Some((part, start, ends));
                }
                ')' | ']' | '}' => TextPart::Close(first),
                c if c.is_whitespace() => TextPart::Space,
                _ => TextPart::Other,
            };
            (part, Ok(()))
        };
        Some((part, start, ends))
    }

    /// Skips a comment, which may hold others.
    fn comment(&mut self) -> Result<(), Opened> {
        let opened = Opened { opener: "/*", at: self.at };
        let mut depth = 0_usize;
        loop {
            if self.rest().starts_with("/*") {
                depth += 1;
                self.at += 2;
            } else if self.rest().starts_with("*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return Ok(());
                }
            } else {
                self.at += self.rest().chars().next().ok_or(opened)?.len_utf8();
            }
        }
    }

    /// Skips a text in quotes, which ends in its line.
    fn quoted(&mut self, quote: char) -> Result<(), Opened> {
        let opened = Opened { opener: if quote == '"' { "\"" } else { "'" }, at: self.at };
        let mut escaped = false;
        for (offset, c) in self.rest().char_indices().skip(1) {
            match c {
                // A line that ends with a backslash goes on in the next one.
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '\n' => {
                    self.at += offset;
                    return Err(opened);
                }
                c if c == quote => {
                    self.at += offset + 1;
                    return Ok(());
                }
                _ => {}
            }
        }
        self.at = self.text.len();
        Err(opened)
    }

    /// Skips a raw text: `#"..."#`, with as many marks at its end as at its start.
    fn raw(&mut self, hashes: usize) -> Result<(), Opened> {
        let opened = Opened { opener: "\"", at: self.at };
        let end = format!("\"{}", "#".repeat(hashes));
        let body = self.at + hashes + 1;
        let length = self.text.get(body..).and_then(|rest| rest.find(&end));
        self.at = length.map_or(self.text.len(), |length| body + length + end.len());
        length.map(|_| ()).ok_or(opened)
    }

    /// Goes on in a text in back-ticks, up to its end or to the next value in it.
    fn template(&mut self, opened: Opened) -> (TextPart, Result<(), Opened>) {
        loop {
            let rest = self.rest();
            if rest.starts_with("``") {
                self.at += 2;
            } else if rest.starts_with('`') {
                self.at += 1;
                return (TextPart::Text, Ok(()));
            } else if rest.starts_with("${") {
                self.open.push(opened);
                self.open.push(Opened { opener: "${", at: self.at });
                self.at += 2;
                return (TextPart::Text, Ok(()));
            } else {
                match rest.chars().next() {
                    Some(c) => self.at += c.len_utf8(),
                    None => return (TextPart::Text, Err(opened)),
                }
            }
        }
    }
}

/// What is not closed in a text, or closed too often; the first of it.
pub(crate) fn imbalance(text: &str) -> Option<Imbalance> {
    let mut scanner = Scanner { text, at: 0, open: Vec::new() };
    let mut suspect: Option<Opened> = None;
    let place = |at: usize| position(text, at);
    let open = |opened: Opened, instead: Option<(char, usize)>| Imbalance::Open {
        opener: opened.opener,
        at: place(opened.at),
        instead: instead.map(|(closer, at)| (closer, place(at))),
    };
    while let Some((part, at, ends)) = scanner.next() {
        if let Err(opened) = ends {
            return Some(open(opened, None));
        }
        match part {
            TextPart::Open(opener) => scanner.open.push(Opened { opener, at }),
            TextPart::Close(bracket) => match scanner.open.pop() {
                None => return Some(Imbalance::Extra { closer: bracket, at: place(at) }),
                Some(opened) if !closer(opened.opener).starts_with(bracket) => {
                    // An outer one that this closes tells that the inner one is open; else it is one too many.
                    let fits = scanner.open.iter().any(|outer| closer(outer.opener).starts_with(bracket));
                    return Some(match (suspect, fits) {
                        (Some(suspect), _) => open(suspect, Some((bracket, at))),
                        (None, true) => open(opened, Some((bracket, at))),
                        (None, false) => Imbalance::Extra { closer: bracket, at: place(at) },
                    });
                }
                Some(opened) => {
                    let begins = text[..at].rsplit('\n').next().is_some_and(|before| before.trim().is_empty());
                    if begins && suspect.is_none() && indent(text, opened.at) != indent(text, at) {
                        suspect = Some(opened);
                    }
                }
            },
            _ => {}
        }
    }
    let last = scanner.open.last().copied()?;
    // What was closed at the indentation of another one is more likely to blame, if it was opened later.
    Some(open(suspect.filter(|suspect| suspect.at > last.at).unwrap_or(last), None))
}

/// How many marks a raw text begins with, where one begins.
fn raw(text: &str) -> Option<usize> {
    let hashes = text.bytes().take_while(|byte| *byte == b'#').count();
    (hashes > 0 && text[hashes..].starts_with('"')).then_some(hashes)
}

/// How far the line of a place is indented.
fn indent(text: &str, at: usize) -> usize {
    let line = text.get(..at).map_or(0, |before| before.rfind('\n').map_or(0, |newline| newline + 1));
    text[line..].chars().take_while(|c| *c == ' ' || *c == '\t').count()
}

/// Where the last thing before a position ends: the position behind it. Space and comments do not count.
pub(crate) fn end_before(text: &str, before: Position) -> Option<Position> {
    let mut scanner = Scanner { text, at: 0, open: Vec::new() };
    let limit = offset(text, before)?;
    let mut end = None;
    while let Some((part, at, _)) = scanner.next() {
        if at >= limit {
            break;
        }
        match part {
            TextPart::Space | TextPart::Comment => {}
            TextPart::Open(opener) => {
                scanner.open.push(Opened { opener, at });
                end = Some(scanner.at);
            }
            TextPart::Close(_) => {
                scanner.open.pop();
                end = Some(scanner.at);
            }
            _ => end = Some(scanner.at),
        }
    }
    end.map(|end| position(text, end))
}

/// The byte at a position.
fn offset(text: &str, wanted: Position) -> Option<usize> {
    let (line, column) = crate::source::point(wanted);
    let mut start = 0;
    for _ in 1..line {
        start += text.get(start..)?.find('\n')? + 1;
    }
    let rest = text.get(start..)?;
    Some(rest.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(at, _)| start + at))
}

fn position(text: &str, at: usize) -> Position {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |start| start.chars().count()) + 1;
    let column = u16::try_from(column).unwrap_or(u16::MAX);
    u16::try_from(line).map_or(Position::NONE, |line| Position::new(line, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<(String, (usize, usize), Option<char>)> {
        imbalance(text).map(|found| match found {
            Imbalance::Open { opener, at, instead } => {
                (opener.into(), crate::source::point(at), instead.map(|(c, _)| c))
            }
            Imbalance::Extra { closer, at } => (format!("extra {closer}"), crate::source::point(at), None),
        })
    }

    #[test]
    fn what_is_not_closed_is_named_where_it_begins() {
        let open = |opener: &str, line, column| Some((opener.to_owned(), (line, column), None));
        for (text, expected) in [
            ("let a = [1, #{ b: (2) }];", None),
            ("f(`a ${g({ `b ${c}` })} d`); // (", None),
            ("/* ( /* { */ [ */ f(\"(\", '(', #\"(\"#, `(`)", None),
            ("f(||{\n    a(#{});\n", open("{", 1, 5)),
            ("let a = #{\n    b: 1;\n", open("#{", 1, 9)),
            ("let a = \"b;\nlet c = 1;", open("\"", 1, 9)),
            ("let a = `b ${c;\nlet d = 1;", open("${", 1, 12)),
            ("let a = `b ${c};\nlet d = 1;", open("`", 1, 9)),
            ("a /* b", open("/*", 1, 3)),
            ("let a = #\"b\";", open("\"", 1, 9)),
            ("f());", Some(("extra )".into(), (1, 4), None))),
            ("f(#{ a: 1 ));", Some(("#{".into(), (1, 3), Some(')')))),
            ("f(#{ a: [1 });", Some(("[".into(), (1, 9), Some('}')))),
            // The brace of the `if` takes the one of the function, whose indentation tells it.
            ("fn f() {\n    if a {\n        b();\n}\nfn g() {\n}\n", open("{", 2, 10)),
            ("f(|| {\n    if a {\n        b();\n});\n", Some(("{".into(), (2, 10), Some(')')))),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn the_end_of_what_stands_before_is_found() {
        for (text, before, end) in [
            ("let a = 1   // one\n\nlet b", (3, 1), Some((1, 10))),
            ("f(`a ${b}` c)", (1, 12), Some((1, 11))),
            ("x", (1, 1), None),
        ] {
            let found = end_before(text, Position::new(before.0, before.1)).map(crate::source::point);
            assert_eq!(found, end, "{text}");
        }
    }
}
