//! Addresses: the name of a resource inside its environment.
//!
//! An address is `component/path/kind:name`, e.g. `primary/network/ec2.vpc:main`. It is what state is keyed by, what
//! plans print and what `depends_on` and `moved_from` take, so its text is stable and its order is the order of plans.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::value::Str;

/// The address of a resource. Cheap to clone; ordered by its text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(Arc<str>);

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an address: {why}; an address reads `component/service.kind:name`")]
pub struct AddressError {
    text: String,
    why: &'static str,
}

impl Address {
    /// Joins a component path (may be empty), a kind and a name.
    ///
    /// # Errors
    /// When the name or a part of the path is empty or holds a character that addresses use themselves.
    pub fn new(path: &str, kind: &str, name: &str) -> Result<Address, AddressError> {
        let text = if path.is_empty() { format!("{kind}:{name}") } else { format!("{path}/{kind}:{name}") };
        Address::parse(&text)
    }

    /// Reads an address from its text.
    ///
    /// # Errors
    /// When the text does not have the form `component/service.kind:name`.
    pub fn parse(text: &str) -> Result<Address, AddressError> {
        let bad = |why| AddressError { text: text.to_owned(), why };
        let (left, name) = text.rsplit_once(':').ok_or_else(|| bad("there is no `:` before the name"))?;
        let (path, kind) = left.rsplit_once('/').unwrap_or(("", left));
        check_name(name).map_err(bad)?;
        if !path.is_empty() {
            path.split('/').try_for_each(check_name).map_err(bad)?;
        }
        let is_word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        match kind.split_once('.') {
            // What stands before the last colon and is no kind is the start of a name with a colon in it.
            _ if kind.contains(':') => Err(bad(CHARACTERS)),
            Some((service, short)) if is_word(service) && is_word(short) => Ok(Address(text.into())),
            _ => Err(bad("the kind has no service")),
        }
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text as shared string.
    pub fn text(&self) -> Str {
        self.0.clone()
    }

    /// The component path without the kind and the name; empty at the top level.
    pub fn path(&self) -> &str {
        self.split().0
    }

    /// The name of the kind, e.g. `ec2.vpc`.
    pub fn kind(&self) -> &str {
        self.split().1
    }

    /// The local name.
    pub fn name(&self) -> &str {
        self.split().2
    }

    fn split(&self) -> (&str, &str, &str) {
        let (left, name) = self.0.rsplit_once(':').unwrap_or(("", &self.0));
        let (path, kind) = left.rsplit_once('/').unwrap_or(("", left));
        (path, kind, name)
    }
}

const CHARACTERS: &str = "a name may hold letters, digits, `-`, `_` and `.` only";

/// Checks the name of a resource or component.
///
/// # Errors
/// Says what is wrong, for a message such as "the name `a/b` …".
pub fn check_name(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("a name is empty");
    }
    if name.len() > 128 {
        return Err("a name is longer than 128 characters");
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
        return Err(CHARACTERS);
    }
    if name.chars().all(|c| c == '.') {
        return Err("a name is made of dots alone");
    }
    Ok(())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl TryFrom<String> for Address {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Address::parse(&text)
    }
}
impl From<Address> for String {
    fn from(address: Address) -> String {
        address.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found() {
        let a = Address::new("primary/network", "ec2.vpc", "main").unwrap();
        assert_eq!((a.path(), a.kind(), a.name()), ("primary/network", "ec2.vpc", "main"));
        let b = Address::parse("sqs.queue:q").unwrap();
        assert_eq!((b.path(), b.kind(), b.name()), ("", "sqs.queue", "q"));
    }

    #[test]
    fn malformed_addresses_are_refused() {
        for text in [
            "",
            "queue",
            "sqs.queue:",
            "queue:q",
            "a//sqs.queue:q",
            "sqs.queue:a b",
            ".x:q",
            "sqs.queue:a:b",
            "../sqs.queue:a",
            "a/./sqs.queue:b",
            "sqs.queue:...",
            "s qs.queue:q",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
