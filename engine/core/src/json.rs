//! JSON text: values from it and values as it, with nothing lost on the way.
//!
//! What a value cannot hold exactly is refused with its place: integers beyond 64 bits, decimal numbers with more digits
//! than are kept, keys that come twice.

use std::io;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::number;
use crate::value::Value;

/// Why a text cannot be read as JSON, with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct JsonError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl JsonError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self.message.as_str() {
            "trailing comma" => "take the comma before the closing bracket away",
            "key must be a string" => "each key stands in double quotes: {\"key\": 1}",
            "the text ends too early" => "a bracket or a quotation mark is opened and not closed",
            "trailing characters" => "take away what follows the document",
            message if message.starts_with("the key") => "keep one of them",
            _ => "a map is no text: `to_json(#{ .. })` writes JSON that is always right",
        }
    }
}

impl Value {
    /// Reads JSON text.
    ///
    /// # Errors
    /// When the text is not JSON, or a value cannot hold what it says.
    pub fn from_json(text: &str) -> Result<Value, JsonError> {
        let inexact = inexact(text);
        match (serde_json::from_str(text), inexact) {
            (Ok(value), None) => Ok(value),
            (Ok(_), Some(error)) => Err(error),
            // What comes first is told. The reader names no number that is out of its range.
            (Err(error), inexact) => {
                let error = explained(text, &error);
                Err(inexact.filter(|i| (i.line, i.column) <= (error.line, error.column)).unwrap_or(error))
            }
        }
    }

    /// Compact JSON **including secrets**. For cloud calls and computations; never for output.
    pub fn to_json(&self) -> String {
        // Nothing in a value fails to serialise.
        serde_json::to_string(&InClear(self)).unwrap_or_default()
    }

    /// The same, unless it is longer than so many bytes: then it is not made.
    pub fn to_json_within(&self, most: usize) -> Option<String> {
        let mut out = Within { bytes: Vec::new(), most };
        serde_json::to_writer(&mut out, &InClear(self)).ok()?;
        String::from_utf8(out.bytes).ok()
    }

    /// The text form used when a value is put into a string. Lists and maps become JSON. **Includes secrets.**
    pub fn to_text(&self) -> String {
        match self.reveal() {
            Value::Str(s) => s.to_string(),
            Value::Null => String::new(),
            other => other.to_json(),
        }
    }
}

/// A value that is serialised with its secrets.
struct InClear<'a>(&'a Value);

impl Serialize for InClear<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::List(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(&InClear(item))?;
                }
                seq.end()
            }
            Value::Map(map) => {
                let mut out = serializer.serialize_map(Some(map.len()))?;
                for (key, value) in map {
                    out.serialize_entry(&**key, &InClear(value))?;
                }
                out.end()
            }
            Value::Secret(inner) => InClear(inner).serialize(serializer),
            plain => plain.serialize(serializer),
        }
    }
}

/// Takes bytes until there are too many.
struct Within {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Within {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The first number in a text that no value holds exactly.
fn inexact(text: &str) -> Option<JsonError> {
    let bytes = text.as_bytes();
    let (mut at, mut in_text) = (0, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if in_text => at += 1,
            b'"' => in_text = !in_text,
            b'-' | b'0'..=b'9' if !in_text => {
                let is_part = |b: &&u8| matches!(b, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
                let end = at + bytes[at..].iter().take_while(is_part).count();
                if let Err(message) = number::parse(&text[at..end]) {
                    return Some(placed(text, at, message));
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// An error at a byte of a text.
fn placed(text: &str, at: usize, message: String) -> JsonError {
    let before = &text[..at];
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    JsonError { line, column: before[start..].chars().count() + 1, message }
}

/// The reader's error in our words.
fn explained(text: &str, error: &serde_json::Error) -> JsonError {
    let said = error.to_string();
    // The place is told by itself.
    let said = said.rsplit_once(" at line ").map_or(said.as_str(), |(said, _)| said);
    let message = match said {
        _ if error.is_eof() => "the text ends too early".to_owned(),
        "recursion limit exceeded" => "lists and maps are nested too deeply".to_owned(),
        _ if said.contains("hex escape") || said.contains("surrogate") => {
            "this escape stands for no character".to_owned()
        }
        _ if said.starts_with("control character") => {
            "a text holds a line break or another control character".to_owned()
        }
        _ => said.to_owned(),
    };
    // Its columns count bytes.
    let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or("");
    let byte = error.column().saturating_sub(1).min(line.len());
    let column = line.char_indices().take_while(|(at, _)| *at < byte).count() + 1;
    JsonError { line: error.line().max(1), column, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Float, Map};

    #[test]
    fn what_is_read_and_written_is_the_same() {
        for text in [
            r#"{"a":[1,2.5,null,true],"b":{"c":"x\ny"}}"#,
            "[9223372036854775807,-9223372036854775808,1e+300,5e-324,0.1,-0.0]",
            r#"{"":"","a b":"é😀\u0000\"\\"}"#,
        ] {
            assert_eq!(Value::from_json(text).unwrap().to_json(), text);
        }
    }

    #[test]
    fn what_no_value_holds_is_refused_at_its_place() {
        for (text, error) in [
            (r#"{"a": 9223372036854775808}"#, "line 1, column 7: the integer 9223372036854775808 is beyond the range"),
            ("[1,\n  12345678901234567890]", "line 2, column 3: the integer 12345678901234567890 is beyond the range"),
            (
                r#"["é", -9223372036854775809]"#,
                "line 1, column 7: the integer -9223372036854775809 is beyond the range",
            ),
            ("[1e400]", "line 1, column 2: the number 1e400 is too large"),
            ("[-1e400]", "line 1, column 2: the number -1e400 is too large"),
            ("[1e-400]", "line 1, column 2: the number 1e-400 is too small"),
            ("[0.1234567890123456789]", "line 1, column 2: the number 0.1234567890123456789 has more digits"),
            (r#"["1e400", "\"", 1e400]"#, "line 1, column 17: the number 1e400"),
            (r#"{"a":1,"a":2}"#, "line 1, column 10: the key `a` comes twice"),
            (r#"{"a":{"b":1,"c":2,"b":3}}"#, "the key `b` comes twice"),
            (r#""\ud800""#, "line 1, column 8: this escape stands for no character"),
            (r#""\ud800\u0041""#, "this escape stands for no character"),
            (r#""\udc00""#, "this escape stands for no character"),
            ("\"a\nb\"", "a text holds a line break or another control character"),
            ("[1,", "line 1, column 3: the text ends too early"),
            ("", "line 1, column 1: the text ends too early"),
            ("[1] x", "line 1, column 5: trailing characters"),
            ("[01]", "line 1, column 3: invalid number"),
            ("[NaN]", "line 1, column 2: expected value"),
            ("\u{feff}[]", "line 1, column 1: expected value"),
            (&"[".repeat(5_000), "lists and maps are nested too deeply"),
        ] {
            let found = Value::from_json(text).unwrap_err().to_string();
            assert!(found.contains(error), "{text}: {found}");
        }
    }

    #[test]
    fn json_that_would_be_too_long_is_not_made() {
        let value = Value::List(vec![Value::str("x".repeat(1_000)); 1_000]);
        let length = value.to_json().len();
        assert_eq!(value.to_json_within(length).map(|text| text.len()), Some(length));
        assert_eq!(value.to_json_within(length - 1), None);
    }

    #[test]
    fn secrets_are_written_and_numbers_stay_numbers() {
        let value = Value::Map(Map::from([
            ("password".into(), Value::str("hunter2").secret()),
            ("list".into(), Value::List(vec![Value::Float(Float(1.0)).secret()])),
        ]));
        assert_eq!(value.to_json(), r#"{"list":[1.0],"password":"hunter2"}"#);
    }
}
