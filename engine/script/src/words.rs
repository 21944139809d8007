//! Tokens: keywords become names where they cannot be keywords, and numbers that have no place are refused.
//!
//! Rhai reserves many words that it does not use, and refuses keywords as keys and properties. Here
//! `#{ default: 1, in: 2 }` and `x.private` are written without quotes. The mapper sees one token at a time, in order,
//! and remembers what came before.

use std::cell::{Cell, RefCell};

use dr_core::number;
use rhai::{LexError, Position, Token};

use crate::source::Unit;
use crate::{budget, measure};

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
    /// The text that is parsed.
    static TEXT: RefCell<Option<Unit>> = const { RefCell::new(None) };
}

/// Starts with a text.
pub(crate) fn begin(text: &str) {
    PREVIOUS.set(Previous::Statement);
    measure::begin();
    TEXT.set(Some(Unit::new("", text)));
}

/// Maps one token. A token that stands for an error ends the parsing.
pub(crate) fn map(token: Token, position: Position) -> Token {
    if let Some(fault) = budget::spent() {
        return Token::LexError(Box::new(LexError::Runtime(fault.first.message)));
    }
    if let Some(wrong) = measure::count(&token).or_else(|| wrong_number(&token, position)) {
        return Token::LexError(Box::new(LexError::Runtime(wrong)));
    }
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

/// What is wrong with a number as it is written. Rhai makes a float of an integer that is too large, and a negative
/// integer of hexadecimal digits that are too many.
fn wrong_number(token: &Token, position: Position) -> Option<String> {
    match token {
        Token::FloatConstant(constant) => match number::parse(&constant.1.replace('_', "")) {
            // Who writes a number by hand may write more digits than are kept.
            Ok(_) => None,
            Err(_) if constant.0.is_finite() && constant.1.contains(['.', 'e', 'E']) => None,
            Err(wrong) => Some(wrong),
        },
        Token::IntegerConstant(negative) if *negative < 0 => TEXT.with_borrow(|unit| {
            let text = unit.as_ref().and_then(|unit| unit.rest(position))?;
            let digits: String = text.chars().take_while(char::is_ascii_alphanumeric).collect();
            (!text.starts_with('-')).then(|| format!("the integer {digits} is beyond the range of integers (64 bits)"))
        }),
        _ => None,
    }
}
