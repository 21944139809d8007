//! Traces: what of a resource is there for a while after its deletion, as facts of its kind.

use std::time::Duration;

use crate::value::{Map, Value};

/// That a deleted resource holds on to what it used: the service is slow to take its network interfaces away, and refuses
/// to delete what they are in until then.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Holding {
    /// The arguments whose references are held, when they are given.
    pub by: &'static [&'static str],
    /// How long it typically takes after the resource is gone.
    pub typical: Duration,
    /// How long it takes at worst.
    pub worst: Duration,
}

impl Holding {
    /// Whether a resource with these arguments holds anything.
    pub fn is_of(&self, args: &Map<Value>) -> bool {
        self.by.iter().any(|name| match args.get(*name) {
            None | Some(Value::Null) => false,
            Some(Value::List(items)) => !items.is_empty(),
            Some(_) => true,
        })
    }
}

/// What a deletion leaves behind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Residue {
    /// What a person calls one of it: `key pending deletion`.
    pub one: &'static str,
    /// What a person calls several.
    pub many: &'static str,
    /// For how long.
    pub lasts: Duration,
    /// The argument that must be true for it, or that says for how many days instead. Empty: there is none.
    pub by: &'static str,
}

impl Residue {
    /// So many of it: `2 keys pending deletion`.
    pub fn counted(&self, number: usize) -> String {
        format!("{number} {}", if number == 1 { self.one } else { self.many })
    }

    /// For how long a resource with these arguments leaves it; `None` when it leaves none.
    pub fn of(&self, args: &Map<Value>) -> Option<Duration> {
        match (self.by, args.get(self.by)) {
            ("", _) => Some(self.lasts),
            (_, Some(Value::Bool(is_left))) => is_left.then_some(self.lasts),
            (_, Some(Value::Int(days))) => Some(Duration::from_secs(u64::try_from(*days).unwrap_or(0) * 24 * 60 * 60)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Str;

    #[test]
    fn what_is_left_depends_on_the_arguments() {
        let day = Duration::from_secs(24 * 60 * 60);
        let residue = |by| Residue { one: "thing", many: "things", lasts: day, by };
        let with = |value: Value| Map::from([(Str::from("a"), value)]);
        assert_eq!(residue("").of(&Map::new()), Some(day));
        assert_eq!(residue("a").of(&with(Value::Bool(true))), Some(day));
        assert_eq!(residue("a").of(&with(Value::Bool(false))), None);
        assert_eq!(residue("a").of(&with(Value::Int(30))), Some(day * 30));
        assert_eq!(residue("a").of(&Map::new()), None);
        assert_eq!((residue("").counted(1), residue("").counted(2)), ("1 thing".into(), "2 things".into()));
        let holding = Holding { by: &["a"], typical: day, worst: day };
        assert!(holding.is_of(&with(Value::Map(Map::new()))) && holding.is_of(&with(Value::List(vec![Value::Null]))));
        for nothing in [Value::Null, Value::List(Vec::new())] {
            assert!(!holding.is_of(&with(nothing)));
        }
        assert!(!holding.is_of(&Map::new()));
    }
}
