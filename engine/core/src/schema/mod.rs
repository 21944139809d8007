//! Schemas: what a kind takes and gives, as data.
//!
//! A kind's structs (in `engine/kinds`) are turned into these tables by the derives of `engine/macros`. The script
//! host, the planner, the sandbox, the reference and the checks all read the same tables; nothing about an argument is
//! said twice. Everything here is `const`, so that a registry costs nothing at start.
//!
//! `kind` is what a resource type is and takes, `field` one argument or attribute of it with its type; `bounds` what
//! its values may be, `names` what a resource is called and how others refer to it, `contents` what is lost with it.
//! `near` finds what a mistyped name was meant to be, `patterns` says in words what regular expressions ask for.

mod bounds;
mod contents;
mod field;
mod kind;
mod names;
mod near;
mod patterns;

pub use bounds::{Allowed, Condition, Excluded, Exclusion, Lit, OneWay, Rule};
pub use contents::{KindContents, Loss};
pub use field::{Field, Presence, Type};
pub use kind::{BUILT_IN, Elsewhere, Kind, Place, Scope};
pub use names::{NameEnding, NameRule, Reference};
pub use near::closest;
pub use patterns::in_words;
