//! Rendering: data in, text out.
//!
//! Everything here is a pure function to a `String` that always carries its colours; whether they reach the terminal
//! is decided once, where the text is written (`ui.rs`). Widths are in characters. No text of a script, a state file or
//! a service reaches the terminal unescaped: what a control character would do there, [`safe`] shows instead, and
//! `ui.rs` lets nothing through but our colours.

pub(crate) mod certificate;
pub(crate) mod change;
pub(crate) mod checks;
pub(crate) mod contract;
pub(crate) mod cost;
pub(crate) mod data;
pub(crate) mod deferred;
pub(crate) mod diagnostic;
pub(crate) mod drift;
pub(crate) mod drilled;
pub(crate) mod duration;
pub(crate) mod failover;
pub(crate) mod flat;
pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod outputs;
#[cfg(test)]
mod pages;
pub(crate) mod parameters;
pub(crate) mod picture;
pub(crate) mod plan;
pub(crate) mod rebuilt;
pub(crate) mod record;
pub(crate) mod recovery;
pub(crate) mod reference;
pub(crate) mod rehearsal;
pub(crate) mod starting_program;
pub(crate) mod table;
pub(crate) mod visible;

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};

pub(crate) use visible::safe;

/// What comes into being.
pub(crate) const NEW: Style = AnsiColor::Green.on_default();
/// What changes in place.
pub(crate) const CHANGED: Style = AnsiColor::Yellow.on_default();
/// What is replaced.
pub(crate) const REPLACED: Style = AnsiColor::Magenta.on_default();
/// What goes, and what failed.
pub(crate) const GONE: Style = AnsiColor::Red.on_default();
/// What only explains.
pub(crate) const QUIET: Style = Style::new().dimmed();
/// Headings.
pub(crate) const STRONG: Style = Style::new().bold();

/// A text in a style.
pub(crate) fn paint(style: Style, text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    if text.is_empty() { String::new() } else { format!("{style}{text}{style:#}") }
}

/// A text padded with spaces to a width; longer ones stay as they are.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.chars().count());
    format!("{text}{}", " ".repeat(missing))
}

/// `1 resource`, `2 resources`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Cuts a text to a width, marking the cut.
pub(crate) fn shorten(text: &str, width: usize) -> Cow<'_, str> {
    if text.chars().count() <= width {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().take(width.saturating_sub(1)).chain(['…']).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_counts_characters() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöüß", 3), "äö…");
    }
}
