//! Places: where a script gives the arguments of a resource, as a step keeps them for what is found out while applying.

use serde::{Deserialize, Serialize};

use crate::diagnostic::Span;
use crate::expr::Expr;
use crate::graph::Site;
use crate::plan::Step;
use crate::value::{Map, Str, intern};

/// Where a script gives an argument, in the file that declares the resource: the path, and of its value the line, the
/// column and the length, as in [`Span`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyPlace(pub Str, pub u32, pub u32, pub u32);

impl Step {
    /// The place of an argument's value; where the script does not give it by itself, that of the innermost key around
    /// it, else of the resource.
    pub fn place(&self, path: &[Str]) -> Option<Span> {
        let span = self.span.as_ref()?;
        let key = (1..=path.len()).rev().find_map(|length| {
            let joined = path[..length].join(".");
            self.keys.iter().find(|key| *key.0 == *joined)
        });
        Some(match key {
            Some(&KeyPlace(_, line, column, length)) => Span { line, column, length, ..span.clone() },
            None => span.clone(),
        })
    }
}

/// Where a script gives arguments: of each that it writes by itself, and of what is inside of those not known yet.
pub(super) fn key_places(site: &Site, args: &Map<Expr>) -> Vec<KeyPlace> {
    let Some(whole) = &site.span else { return Vec::new() };
    let is_kept = |path: &str| match path.split_once('.') {
        None => args.contains_key(path),
        Some((first, _)) => args.get(first).is_some_and(|value| value.known().is_none()),
    };
    let kept = site.keys.iter().filter(|(path, (_, value))| value.source == whole.source && is_kept(path));
    kept.map(|(path, (_, value))| KeyPlace(intern(path), value.line, value.column, value.length)).collect()
}
