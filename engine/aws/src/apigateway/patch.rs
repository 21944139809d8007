//! PATCH operations: from what a resource is to what it shall be.

use std::collections::BTreeMap;

use aws_sdk_apigateway::types::{Op, PatchOperation};

/// A list of operations that grows with each difference.
#[derive(Debug, Default)]
pub(super) struct Patch(Vec<PatchOperation>);

impl Patch {
    /// A value that is always there.
    pub(super) fn value<T: PartialEq + ToString>(&mut self, path: &str, old: &T, new: &T) {
        if old != new {
            self.replace(path, Some(new.to_string()));
        }
    }

    /// Text that may be absent: then it is set to nothing.
    pub(super) fn text(&mut self, path: &str, old: Option<&str>, new: Option<&str>) {
        if old != new {
            self.replace(path, Some(new.unwrap_or_default().to_owned()));
        }
    }

    /// A value that may be absent, and cannot be empty.
    pub(super) fn optional<T: PartialEq + ToString>(&mut self, path: &str, old: Option<T>, new: Option<T>) {
        if old != new {
            self.replace(path, new.map(|new| new.to_string()));
        }
    }

    /// The entries of a map below a path.
    pub(super) fn entries<V: PartialEq + ToString>(
        &mut self,
        path: &str,
        old: &BTreeMap<String, V>,
        new: &BTreeMap<String, V>,
    ) {
        for key in old.keys().filter(|key| !new.contains_key(*key)) {
            self.push(Op::Remove, format!("{path}/{}", escaped(key)), None);
        }
        for (key, value) in new {
            let op = match old.get(key) {
                Some(old) if old == value => continue,
                Some(_) => Op::Replace,
                None => Op::Add,
            };
            self.push(op, format!("{path}/{}", escaped(key)), Some(value.to_string()));
        }
    }

    /// The members of a set, each of which is a path of its own.
    pub(super) fn members(&mut self, path: &str, old: &[String], new: &[String]) {
        let each = |op: Op, of: &[String], but: &[String]| {
            let changed = of.iter().filter(|member| !but.contains(member));
            changed.map(|member| (op.clone(), format!("{path}/{}", escaped(member)))).collect::<Vec<_>>()
        };
        for (op, path) in each(Op::Remove, old, new).into_iter().chain(each(Op::Add, new, old)) {
            self.push(op, path, None);
        }
    }

    /// The members of a set that are values of one path.
    pub(super) fn values(&mut self, path: &str, old: &[String], new: &[String]) {
        // What is needed is there before what is not goes: some sets must not be empty.
        for member in new.iter().filter(|member| !old.contains(member)) {
            self.push(Op::Add, path.to_owned(), Some(member.clone()));
        }
        for member in old.iter().filter(|member| !new.contains(member)) {
            self.push(Op::Remove, path.to_owned(), Some(member.clone()));
        }
    }

    /// Sets a value, whatever it is.
    pub(super) fn replace(&mut self, path: &str, value: Option<String>) {
        self.push(Op::Replace, path.to_owned(), value);
    }

    /// Takes away what is at a path.
    pub(super) fn remove(&mut self, path: &str) {
        self.push(Op::Remove, path.to_owned(), None);
    }

    fn push(&mut self, op: Op, path: String, value: Option<String>) {
        self.0.push(PatchOperation::builder().op(op).path(path).set_value(value).build());
    }

    /// The operations; `None` where there is nothing to do, so that no empty call is made.
    pub(super) fn operations(self) -> Option<Vec<PatchOperation>> {
        (!self.0.is_empty()).then_some(self.0)
    }
}

/// A key as a part of a path.
pub(super) fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A part of a path as a key.
pub(super) fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}
