//! Selections: which resources somebody means who names them on a command line.

use std::fmt;

use crate::address::{Address, AddressError, check_name};
use crate::schema::closest;
use crate::value::Str;

/// An address, or a component with all that is in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selector {
    /// One resource: `primary/network/ec2.vpc:main`.
    Address(Address),
    /// The resources of a component, and of those inside it: `primary/network`.
    Component(Str),
}

impl Selector {
    /// Reads a selector. A component may end with `/`, as a shell completes it.
    ///
    /// # Errors
    /// When it is neither an address nor the path of a component.
    pub fn parse(text: &str) -> Result<Selector, AddressError> {
        let path = text.strip_suffix('/').unwrap_or(text);
        match path.contains(':') || path.split('/').any(|part| check_name(part).is_err()) {
            true => Address::parse(text).map(Selector::Address),
            false => Ok(Selector::Component(path.into())),
        }
    }

    /// Whether it means a resource.
    pub fn means(&self, address: &Address) -> bool {
        match self {
            Selector::Address(own) => own == address,
            Selector::Component(path) => is_inside(address.path(), path),
        }
    }

    /// What it may have been meant to be, among these addresses and their components.
    pub fn near<'a>(&self, all: impl IntoIterator<Item = &'a Address>) -> Option<&'a str> {
        let text = self.to_string();
        let all: Vec<&Address> = all.into_iter().collect();
        match self {
            Selector::Address(_) => closest(&text, all.iter().map(|address| address.as_str())),
            Selector::Component(_) => {
                let paths = all.iter().flat_map(|address| around(address.path()));
                closest(&text, paths).or_else(|| all.iter().find(|a| a.name() == text).map(|a| a.as_str()))
            }
        }
    }
}

/// What a plan is limited to by a person: what it aims at, and what it leaves out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aim {
    /// What is meant, with what that needs; everything where nothing is said.
    pub targets: Vec<Selector>,
    /// What is left out, with what needs it.
    pub exclude: Vec<Selector>,
}

impl Aim {
    /// No limit.
    pub fn everything() -> &'static Aim {
        static EVERYTHING: Aim = Aim { targets: Vec::new(), exclude: Vec::new() };
        &EVERYTHING
    }

    /// Whether it leaves nothing out.
    pub fn is_everything(&self) -> bool {
        self.targets.is_empty() && self.exclude.is_empty()
    }

    /// Whether a resource is left out, whatever needs it.
    pub fn excludes(&self, address: &Address) -> bool {
        self.exclude.iter().any(|selector| selector.means(address))
    }

    /// Whether a resource is not meant. It comes along where something that is meant needs it.
    pub fn misses(&self, address: &Address) -> bool {
        !self.targets.is_empty() && !self.targets.iter().any(|selector| selector.means(address))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Selector::Address(address) => f.write_str(address.as_str()),
            Selector::Component(path) => f.write_str(path),
        }
    }
}

/// Whether the component `inner` is `outer`, or is inside it.
fn is_inside(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path of a component, and those of the components around it.
fn around(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.map(|end| &path[..end]).filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn a_selector_means_one_address_or_what_is_in_a_component() {
        let all = ["a/b/x.y:n", "a/bc/x.y:n", "a/b/c/x.y:n", "x.y:n", "x.y:a"].map(address);
        for (text, means) in [
            ("a/b/x.y:n", vec![0]),
            ("x.y:n", vec![3]),
            ("a/b", vec![0, 2]),
            ("a/b/", vec![0, 2]),
            ("a", vec![0, 1, 2]),
            ("b", vec![]),
        ] {
            let selector = Selector::parse(text).unwrap();
            let found: Vec<usize> = (0..all.len()).filter(|i| selector.means(&all[*i])).collect();
            assert_eq!(found, means, "{text}");
        }
        for text in ["", "/", "a//b", "a/x.y:", "x:n", "a b"] {
            assert!(Selector::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_was_meant_is_found() {
        let all = ["primary/network/ec2.vpc:main", "standby/sqs.queue:orders"].map(address);
        for (text, near) in [
            ("primary/netwrk", Some("primary/network")),
            ("primry", Some("primary")),
            ("orders", Some("standby/sqs.queue:orders")),
            ("standby/sqs.queue:order", Some("standby/sqs.queue:orders")),
            ("elsewhere", None),
        ] {
            assert_eq!(Selector::parse(text).unwrap().near(&all), near, "{text}");
        }
    }
}
