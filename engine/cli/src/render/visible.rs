//! What would act on a terminal instead of being seen there, as escapes.
//!
//! Control characters move the cursor, colour, and ring; format characters turn the direction of reading around or take
//! no room at all, so that a text reads as something else than it is. Whatever comes from outside (a script, a state, a
//! service, a file's name, an option) may hold them. [`safe`] is for a text from outside that is put between texts of
//! ours; [`on_terminal`] and [`in_json`] are for everything, once, where it is written.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character is not seen as what it is. The newline and the space are.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c,
            // Soft hyphen, Arabic letter mark, Mongolian vowel separator.
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            // Without width; marks of direction.
            | '\u{200b}'..='\u{200f}'
            // Line and paragraph separators; embeddings and overrides.
            | '\u{2028}'..='\u{202e}'
            // Invisible operators; isolates; deprecated format characters.
            | '\u{2060}'..='\u{206f}'
            // Byte order mark, annotations, tags.
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A text from outside, with everything hidden shown as an escape: `\u{202e}`.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden)
}

/// A line of a script, as it is quoted. Tabs stay: they indent.
pub(crate) fn quoted(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_hidden(c) && c != '\t')
}

fn escaped(text: &str, is_bad: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_bad) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().fold(String::new(), |mut out, c| {
        if is_bad(c) {
            out.extend(c.escape_default())
        } else {
            out.push(c)
        }
        out
    }))
}

/// A rendered text as it may reach a terminal: only our colours have an effect.
pub(crate) fn on_terminal(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| is_hidden(c) && c != '\t') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = colour(rest).unwrap_or(c.len_utf8());
        let (part, after) = rest.split_at(length);
        match part {
            _ if length > 1 && c == '\u{1b}' => out.push_str(part),
            "\t" => out.push('\t'),
            _ => out.push_str(&safe(part)),
        }
        rest = after;
    }
    Cow::Owned(out)
}

/// The length of the escape sequence for a colour or weight that a text begins with.
fn colour(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("\u{1b}[")?;
    let end = inside.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    inside[end..].starts_with('m').then_some(2 + end + 1)
}

/// JSON with everything hidden as an escape of JSON's: it can only stand inside of texts there.
pub(crate) fn in_json(json: &str) -> Cow<'_, str> {
    if !json.contains(is_hidden) {
        return Cow::Borrowed(json);
    }
    Cow::Owned(json.chars().fold(String::new(), |mut out, c| {
        if is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing into a text does not fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
        out
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_shown_not_obeyed() {
        assert_eq!(safe("a\u{1b}[31mb\r\nc\u{202e}d\u{85}"), "a\\u{1b}[31mb\\r\nc\\u{202e}d\\u{85}");
        assert_eq!(safe("é → ±"), "é → ±");
        assert_eq!(quoted("\ta\u{200b}"), "\ta\\u{200b}");
    }

    #[test]
    fn of_what_is_written_only_colours_act() {
        let text = "\u{1b}[1m\u{1b}[38;5;9mx\u{1b}[0m\tä\n";
        assert_eq!(on_terminal(text), text);
        for (text, shown) in [
            ("\u{1b}[2Jx", "\\u{1b}[2Jx"),
            ("\u{1b}]0;t\u{7}", "\\u{1b}]0;t\\u{7}"),
            ("\u{1b}[31", "\\u{1b}[31"),
            ("\u{1b}", "\\u{1b}"),
            ("\u{9b}31m\u{2066}", "\\u{9b}31m\\u{2066}"),
        ] {
            assert_eq!(on_terminal(text), shown, "{text:?}");
        }
    }

    #[test]
    fn json_stays_json() {
        let text = "a\u{1b}\u{202e}\u{e0001}\\\u{feff}é";
        let json = serde_json::to_string(text).unwrap();
        let shown = in_json(&json);
        assert!(!shown.contains(is_hidden), "{shown}");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
    }
}
