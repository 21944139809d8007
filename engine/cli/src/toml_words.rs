//! The words in which mistakes in `dr.toml` are told: those of the reader of TOML are not those of people who write it.

/// How the reader's message begins, what is wrong, and what to do.
const SYNTAX: &[(&str, &str, &str)] = &[
    ("string values must be quoted", "a text stands in quotes", "write it as `key = \"text\"`"),
    ("unclosed table", "the name of this table is not closed", "write `]` at its end"),
    ("unclosed array table", "the name of this table is not closed", "write `]]` at its end"),
    ("unclosed inline table", "this table is not closed", "write `}` at its end, in the same line"),
    ("unclosed array", "this list is not closed", "write `]` at its end"),
    ("key with no value", "this key has no value", "write it as `key = value`, with `=` between them"),
    ("missing value", "this key has no value", "write a value after `=`"),
    ("missing assignment", "`=` is missing between a key and its value", "write it as `key = value`"),
    ("missing comma between", "`,` is missing between two items", "write `,` after the first one"),
    ("missing key", "a value stands here without its key", "write it as `key = value`"),
    ("missing opening quote", "this text has a quotation mark at its end alone", "write `\"` before it, too"),
    ("duplicate key", "this key comes twice", "keep one of them"),
    ("invalid basic string", "this text is not closed", "write `\"` at its end"),
    ("invalid literal string", "this text is not closed", "write `'` at its end"),
    ("invalid multi-line", "this text is not closed", "write the three quotation marks at its end"),
    (
        "invalid unquoted key",
        "this key holds a character that stands in quotes alone",
        "write the key in quotes: `\"pr-*\"`",
    ),
    ("unquoted keys cannot be empty", "a key is empty", "write it as `key = value`"),
    ("extra", "a mark is too many here", "take it away"),
    (
        "unexpected",
        "this does not belong here",
        "a line holds `key = value`, the name of a table in `[..]`, or a comment after `#`",
    ),
    ("invalid comment", "this comment holds a control character", "take it away"),
    (
        "missing escaped value",
        "`\\` in a text stands for nothing here",
        "write `\\\\` for a backslash, or put the text into single quotes",
    ),
    ("cannot recurse", "this is nested too deeply", "use tables of their own: `[environments.prod]`"),
    ("recursion limit", "this is nested too deeply", "use tables of their own: `[environments.prod]`"),
];

/// What a message of the reader means, with what to do about it.
pub(crate) fn in_words(message: &str) -> (String, Option<&'static str>) {
    if let Some((_, what, help)) = SYNTAX.iter().find(|(begins, ..)| message.starts_with(begins)) {
        return ((*what).to_owned(), Some(help));
    }
    let rest = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    let Some((found, expected)) = rest.and_then(|rest| rest.split_once(", expected ")) else {
        return (message.to_owned(), None);
    };
    let found = match found.split_once(' ').unwrap_or((found, "")) {
        ("integer", number) => format!("the number {}", number.trim_matches('`')),
        ("floating", number) => format!("the number {}", number.trim_start_matches("point ").trim_matches('`')),
        ("boolean", value) => value.to_owned(),
        ("string", text) => format!("the text {text}"),
        ("map", _) => "a table".into(),
        ("sequence", _) => "a list".into(),
        _ => found.to_owned(),
    };
    let (expected, help) = match expected {
        "a string" => ("text", Some("put it in quotes")),
        "a boolean" => ("`true` or `false`", Some("write it without quotes")),
        "a sequence" => ("a list", Some("put it in brackets")),
        "a map" => ("a table", None),
        number if number.starts_with("a nonzero") => {
            ("a whole number from 1 on", Some("write a number without quotes, such as `8`"))
        }
        number if ["u16", "u32", "u64", "usize"].contains(&number) => {
            ("a whole number from 0 on", Some("write a number without quotes, such as `8`"))
        }
        other => (other, None),
    };
    (format!("{found} stands here, where {expected} belongs"), help)
}
