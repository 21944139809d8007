//! Words: keywords become names where they cannot be keywords.
//!
//! Rhai reserves many words that it does not use, and refuses keywords as keys and properties. Here
//! `#{ default: 1, in: 2 }` and `x.private` are written without quotes. The mapper sees one token at a time, in order,
//! and remembers what came before.

use std::cell::Cell;

use rhai::Token;

/// Reserved by Rhai, used by nothing.
const FREE: &[&str] = &[
    "async",
    "await",
    "case",
    "default",
    "go",
    "goto",
    "is",
    "match",
    "module",
    "new",
    "nil",
    "null",
    "package",
    "protected",
    "public",
    "shared",
    "spawn",
    "static",
    "super",
    "sync",
    "thread",
    "use",
    "var",
    "void",
    "with",
    "yield",
];

#[derive(Clone, Copy, PartialEq)]
enum Previous {
    Statement,
    MapStart,
    Comma,
    Period,
    Other,
}

thread_local! {
    static PREVIOUS: Cell<Previous> = const { Cell::new(Previous::Statement) };
}

/// Forgets what came before; called before each text is parsed.
pub(crate) fn reset() {
    PREVIOUS.set(Previous::Statement);
}

/// Maps one token.
pub(crate) fn map(token: Token) -> Token {
    let previous = PREVIOUS.get();
    let is_key = matches!(previous, Previous::MapStart | Previous::Period);
    let token = match token {
        Token::Reserved(word)
            if FREE.contains(&word.as_str())
                || is_key && rhai::is_valid_identifier(&word) && !["call", "curry"].contains(&word.as_str()) =>
        {
            Token::Identifier(word)
        }
        // A keyword only at the start of a statement.
        Token::Private if previous != Previous::Statement => name(&token),
        token if token.is_literal() && rhai::is_valid_identifier(token.literal_syntax()) => match previous {
            Previous::MapStart | Previous::Period => name(&token),
            Previous::Comma if never_starts_a_value(&token) => name(&token),
            _ => token,
        },
        token => token,
    };
    PREVIOUS.set(match token {
        Token::MapStart => Previous::MapStart,
        Token::Comma => Previous::Comma,
        Token::Period | Token::Elvis => Previous::Period,
        Token::SemiColon | Token::RightBrace | Token::LeftBrace => Previous::Statement,
        Token::Comment(..) => previous,
        _ => Previous::Other,
    });
    token
}

/// Keywords that can only be a key after a comma.
fn never_starts_a_value(token: &Token) -> bool {
    matches!(
        token,
        Token::In
            | Token::As
            | Token::Import
            | Token::Export
            | Token::Const
            | Token::Let
            | Token::Else
            | Token::Catch
            | Token::Until
            | Token::Return
            | Token::Break
            | Token::Continue
            | Token::Throw
    )
}

fn name(token: &Token) -> Token {
    Token::Identifier(Box::new(token.literal_syntax().into()))
}
