//! Measuring texts while they are parsed: what takes Rhai time with the square of its length is refused at once.
//!
//! Rhai compares each key of a map with all before it, and so with parameters and variables.

use std::cell::RefCell;

use rhai::Token;

/// The most entries of a map that is written out.
const ENTRIES: usize = 5_000;
/// The most arguments of a call, and parameters of a function.
const ARGUMENTS: usize = 256;
/// The most variables and constants of a script.
const VARIABLES: usize = 4_000;

#[derive(Default)]
struct TokenCounts {
    variables: usize,
    /// The brackets that are open: how many commas each may hold and holds.
    open: Vec<(usize, usize)>,
}

thread_local! {
    static COUNTS: RefCell<TokenCounts> = RefCell::default();
}

/// Starts with a text.
pub(crate) fn begin() {
    COUNTS.take();
}

/// TokenCounts a token; answers with what is too much.
pub(crate) fn count(token: &Token) -> Option<String> {
    COUNTS.with_borrow_mut(|counts| match token {
        Token::Let | Token::Const => {
            counts.variables += 1;
            let many = counts.variables > VARIABLES;
            many.then(|| format!("a script declares at most {VARIABLES} variables and constants"))
        }
        Token::MapStart => counts.enter(ENTRIES),
        Token::LeftParen => counts.enter(ARGUMENTS),
        Token::LeftBrace | Token::LeftBracket => counts.enter(usize::MAX),
        Token::RightBrace | Token::RightParen | Token::RightBracket => {
            counts.open.pop();
            None
        }
        Token::Comma => {
            let (most, commas) = counts.open.last_mut()?;
            *commas += 1;
            let many = *commas >= *most;
            many.then(|| match *most {
                ARGUMENTS => format!("a function takes at most {ARGUMENTS} arguments"),
                _ => format!("a map that is written out has at most {ENTRIES} entries; put the data into lists"),
            })
        }
        _ => None,
    })
}

impl TokenCounts {
    fn enter(&mut self, most: usize) -> Option<String> {
        self.open.push((most, 0));
        None
    }
}
