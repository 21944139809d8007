//! One property, before and after.
//!
//! A block or map is taken apart first, so that only what differs in it is shown: `tags.Team  → "pay"`.
//! Short values stand side by side: `256 → 512`. Documents and long or many-lined texts become a line diff with some
//! context. What is not known before apply is shown as the expression it comes from: `${kms.key:main.arn}`.

use std::collections::BTreeSet;

use dr_core::expr::Expr;
use dr_core::plan::PropertyChange;
use dr_core::schema::Type;
use dr_core::value::{Str, Value};
use similar::{ChangeTag, TextDiff};

use super::{GONE, NEW, QUIET, paint, safe};

/// How many unchanged lines a diff shows around what changed.
const CONTEXT: usize = 2;

/// A difference, ready to be placed.
#[derive(Debug, PartialEq)]
pub(crate) enum Shown {
    /// Fits beside its name.
    Inline(String),
    /// One line, but too long to stand there.
    Long(String),
    /// Needs lines of its own.
    Block(Vec<String>),
}

/// A property, or a part of one, that differs.
#[derive(Debug, PartialEq)]
pub(crate) struct Part {
    /// Its path: `tags.Team`.
    pub path: String,
    before: Option<Value>,
    after: Option<Value>,
    ty: Option<Type>,
}

/// Takes a change apart as far as both sides are blocks or maps. `ty` is the property's type, if its kind is known.
pub(crate) fn parts(change: &PropertyChange, ty: Option<Type>) -> Vec<Part> {
    fn push(part: Part, out: &mut Vec<Part>) {
        let inner = |key: &str| part.ty.and_then(|ty| ty.entry(key));
        let (Some(Type::Map(_) | Type::Object(_)), Some(Value::Map(before)), Some(Value::Map(after))) =
            (part.ty, &part.before, &part.after)
        else {
            out.push(part);
            return;
        };
        let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        for key in keys.into_iter().filter(|k| before.get(*k) != after.get(*k)) {
            let path = format!("{}.{}", part.path, safe(key));
            push(Part { path, before: before.get(key).cloned(), after: after.get(key).cloned(), ty: inner(key) }, out);
        }
    }
    let mut out = Vec::new();
    let (before, after) = (change.before.clone(), change.after.as_ref().map(shape));
    push(Part { path: change.path.to_string(), before, after, ty }, &mut out);
    out
}

impl Part {
    /// Shows the difference. `room` is the width beside its name.
    pub(crate) fn show(&self, room: usize) -> Shown {
        difference(self.before.as_ref(), self.after.as_ref(), self.ty, room)
    }
}

/// Shows a difference. `ty` is the value's type, if it is known; `room` the width beside its name.
pub(crate) fn difference(before: Option<&Value>, after: Option<&Value>, ty: Option<Type>, room: usize) -> Shown {
    let secret = before.is_some_and(Value::has_secret) || after.is_some_and(Value::has_secret);
    let (old, new) = (before.map(show), after.map(show));
    let inline = match (&old, &new) {
        (None, None) => String::new(),
        (Some(old), Some(new)) if old == new && secret => format!("{new} changes"),
        (Some(old), Some(new)) => format!("{old} → {new}"),
        (None, Some(new)) => format!("→ {new}"),
        (Some(old), None) => format!("{old} → (none)"),
    };
    let many_lines = |v: Option<&Value>| matches!(v, Some(Value::Str(s)) if s.trim_end().contains('\n'));
    let fits = inline.chars().count() <= room && !many_lines(before) && !many_lines(after);
    if fits {
        return Shown::Inline(inline);
    }
    let old = before.map(|v| lines(v, ty)).unwrap_or_default();
    let new = after.map(|v| lines(v, ty)).unwrap_or_default();
    if old == new {
        return Shown::Inline(if secret {
            "a sensitive part changes".into()
        } else {
            "the same, written differently".into()
        });
    }
    if old.lines().count() <= 1 && new.lines().count() <= 1 {
        return Shown::Long(inline);
    }
    Shown::Block(diff(&old, &new))
}

/// A value as plans write it. `Display` of a value escapes and redacts; references lose their quotes.
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::Str(s) if is_reference(s) => safe(s).into_owned(),
        other => other.to_string(),
    }
}

/// Whether a text is one reference and nothing else.
fn is_reference(text: &str) -> bool {
    text.starts_with("${") && text.ends_with('}') && text.matches("${").count() == 1
}

/// The expression as a value in which each part that is not known is the text of where it comes from.
pub(crate) fn shape(expr: &Expr) -> Value {
    match expr {
        Expr::Known(value) => value.clone(),
        Expr::List(items) => Value::List(items.iter().map(shape).collect()),
        Expr::Map(entries) => Value::Map(entries.iter().map(|(k, v)| (k.clone(), shape(v))).collect()),
        other => {
            let text = other.to_string();
            // A text with unknown parts is displayed in quotes, which showing it as text would double.
            let bare = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(&text);
            Value::Str(Str::from(bare))
        }
    }
}

/// The value over as many lines as it is best read on.
fn lines(value: &Value, ty: Option<Type>) -> String {
    let document = match (ty, value) {
        (Some(Type::Json | Type::Policy), Value::Str(text)) => Value::from_json(text).ok(),
        _ => None,
    };
    let mut text = match document.as_ref().unwrap_or(value) {
        Value::Str(s) => safe(s).into_owned(),
        // Serialising redacts secrets.
        other @ (Value::List(_) | Value::Map(_)) => serde_json::to_string_pretty(other).unwrap_or_default(),
        other => other.to_string(),
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn diff(old: &str, new: &str) -> Vec<String> {
    let diff = TextDiff::from_lines(old, new);
    let mut out = Vec::new();
    for (i, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if i > 0 {
            out.push(paint(QUIET, "⋮"));
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let text = change.value().trim_end_matches('\n');
            out.push(match change.tag() {
                ChangeTag::Delete => paint(GONE, format!("- {text}")),
                ChangeTag::Insert => paint(NEW, format!("+ {text}")),
                ChangeTag::Equal => paint(QUIET, format!("  {text}")),
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use dr_core::address::Address;
    use dr_core::value::Map;

    fn plain(shown: Shown) -> String {
        let text = match shown {
            Shown::Inline(text) | Shown::Long(text) => text,
            Shown::Block(lines) => lines.join("\n"),
        };
        anstream::adapter::strip_str(&text).to_string()
    }
    fn arn() -> Expr {
        Expr::attr(&Address::parse("kms.key:main").unwrap(), "arn")
    }

    #[test]
    fn short_values_stand_side_by_side() {
        let show =
            |b: Option<Value>, a: Option<Expr>| plain(difference(b.as_ref(), a.as_ref().map(shape).as_ref(), None, 60));
        assert_eq!(show(Some(Value::Int(256)), Some(Value::Int(512).into())), "256 → 512");
        assert_eq!(show(None, Some(Expr::str("x"))), "→ \"x\"");
        assert_eq!(show(Some(Value::str("x")), None), "\"x\" → (none)");
        assert_eq!(show(Some(Value::str("x")), Some(arn())), "\"x\" → ${kms.key:main.arn}");
        let text = Expr::concat(vec![Expr::str("a-"), arn()]).unwrap();
        assert_eq!(show(None, Some(text)), "→ \"a-${kms.key:main.arn}\"");
    }

    #[test]
    fn blocks_and_maps_are_taken_apart() {
        let change = |before: &str, after: &str| PropertyChange {
            path: "tags".into(),
            before: Some(Value::from_json(before).unwrap()),
            after: Some(Value::from_json(after).unwrap().into()),
            forces: false,
            drift: false,
        };
        let tags = change(r#"{"a":"1","b":"2","c":"3"}"#, r#"{"a":"1","b":"4","d":"5"}"#);
        let shown = |ty| -> Vec<String> {
            parts(&tags, Some(ty)).iter().map(|p| format!("{} {}", p.path, plain(p.show(60)))).collect()
        };
        let apart = ["tags.b \"2\" → \"4\"", "tags.c \"3\" → (none)", "tags.d → \"5\""];
        assert_eq!(shown(Type::Map(&Type::Str)), apart);
        assert_eq!(shown(Type::Json).len(), 1);
    }

    #[test]
    fn documents_become_a_line_diff() {
        let old = Value::from_json(r#"{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}"#).unwrap();
        let new = Value::str(r#"{"a":1,"b":2,"c":3,"d":4,"e":7,"f":6}"#);
        let text = plain(difference(Some(&old), Some(&new), Some(Type::Json), 20));
        assert_eq!(text, "    \"c\": 3,\n    \"d\": 4,\n-   \"e\": 5,\n+   \"e\": 7,\n    \"f\": 6\n  }");
    }

    #[test]
    fn texts_of_many_lines_become_a_line_diff_even_when_short() {
        let text = plain(difference(Some(&Value::str("a\nb\n")), Some(&Value::str("a\nc\n")), Some(Type::Str), 60));
        assert_eq!(text, "  a\n- b\n+ c");
    }

    #[test]
    fn secrets_are_not_shown_in_any_form() {
        let secret = |s: &str| Value::str(s).secret();
        let text = plain(difference(Some(&secret("old")), Some(&secret("new")), None, 60));
        assert_eq!(text, "(sensitive) changes");
        let map = |s: &str| Value::Map(Map::from([("password".into(), secret(s)), ("user".into(), Value::str("u"))]));
        let text = plain(difference(Some(&map("old")), Some(&map("new")), Some(Type::Json), 3));
        assert_eq!(text, "a sensitive part changes");
    }
}
