//! Solving: what an unknown attribute must be for an expression to have come to a value.
//!
//! Only what can be read off is: the attribute itself, a text around it, items and entries of lists and maps. What went
//! through a function is gone.

use crate::expr::{AttrRef, Expr};
use crate::value::{Map, Str, Value};

/// The attributes that an expression and the value it came to tell.
pub fn solve(expr: &Expr, value: &Value) -> Vec<(AttrRef, Value)> {
    let mut found = Vec::new();
    read_off(expr, value.reveal(), &mut found);
    found
}

fn read_off(expr: &Expr, value: &Value, found: &mut Vec<(AttrRef, Value)>) {
    match (expr, value) {
        (Expr::Attr(reference), value) if !value.is_null() => found.push((reference.clone(), value.clone())),
        (Expr::Concat(parts), Value::Str(text)) => {
            if let Some((open, rest)) = only_open(parts, text) {
                read_off(open, &Value::str(rest), found);
            }
        }
        (Expr::List(exprs), Value::List(values)) if exprs.len() == values.len() => {
            exprs.iter().zip(values).for_each(|(expr, value)| read_off(expr, value.reveal(), found));
        }
        (Expr::Map(exprs), Value::Map(values)) => read_entries(exprs, values, found),
        _ => {}
    }
}

fn read_entries(exprs: &Map<Expr>, values: &Map<Value>, found: &mut Vec<(AttrRef, Value)>) {
    for (name, expr) in exprs {
        if let Some(value) = values.get(name) {
            read_off(expr, value.reveal(), found);
        }
    }
}

/// The only part of a text that is not known, and what stands there.
fn only_open<'e, 't>(parts: &'e [Expr], text: &'t Str) -> Option<(&'e Expr, &'t str)> {
    let mut open = parts.iter().enumerate().filter(|(_, part)| part.known().is_none());
    let (Some((at, part)), None) = (open.next(), open.next()) else { return None };
    let known = |parts: &[Expr]| -> Option<String> {
        parts.iter().map(|part| Some(part.known()?.reveal().as_str()?.to_owned())).collect()
    };
    let (before, after) = (known(&parts[..at])?, known(&parts[at + 1..])?);
    Some((part, text.strip_prefix(&*before)?.strip_suffix(&*after)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::function::Function;

    fn hex() -> Expr {
        Expr::attr(&Address::parse("random.id:r").unwrap(), "hex")
    }
    fn told(expr: &Expr, value: &Value) -> Vec<String> {
        solve(expr, value).into_iter().map(|(of, value)| format!("{}.{} {value}", of.address, of.attr)).collect()
    }

    #[test]
    fn what_can_be_read_off_is() {
        let name = Expr::concat(vec![Expr::str("logs-"), hex(), Expr::str("-x")]).unwrap();
        assert_eq!(told(&hex(), &Value::str("ab")), ["random.id:r.hex \"ab\""]);
        assert_eq!(told(&name, &Value::str("logs-ab-x")), ["random.id:r.hex \"ab\""]);
        let deep = Expr::map(Map::from([("k".into(), Expr::list(vec![Expr::str("a"), name.clone()]))]));
        let value = Value::Map(Map::from([("k".into(), Value::List(vec![Value::str("a"), Value::str("logs-c-x")]))]));
        assert_eq!(told(&deep, &value), ["random.id:r.hex \"c\""]);
    }

    #[test]
    fn what_does_not_fit_or_went_through_a_function_tells_nothing() {
        let name = Expr::concat(vec![Expr::str("logs-"), hex()]).unwrap();
        let twice = Expr::concat(vec![hex(), Expr::str("-"), hex()]).unwrap();
        let hashed = Expr::call(Function::Sha256, vec![hex()]).unwrap();
        for expr in [name, twice, hashed, Expr::str("a-b")] {
            assert_eq!(told(&expr, &Value::str("a-b")), [] as [String; 0], "{expr}");
        }
        assert_eq!(told(&hex(), &Value::Null), [] as [String; 0]);
    }
}
