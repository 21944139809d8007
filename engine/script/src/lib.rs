//! The language: evaluates a program into a [`dr_core::graph::Graph`].
//!
//! This is the only crate that knows Rhai. What it adds to Rhai is small to say: resources come from a registry,
//! values that are not known before apply flow through the program as expressions, and every mistake is shown at its
//! line and key. What it takes away is everything that would make a program depend on its surroundings: no files, no
//! clock, no randomness, no environment, no evaluation of text.
//!
//! The way of a program through the rooms:
//!
//! ```text
//! host ─ opens a thread with a large stack and a watch on time and memory (budget), and there:
//!   compile ─ parses (words: keywords become names where they can), checks names, and rewrites the tree (rewrite/)
//!   engine  ─ the closed set of what programs can call: operators, functions, lists, policy,
//!             constructors (from the registry), params, component, modules (imports)
//!   session ─ what the evaluation has found so far; it belongs to the thread, so natives reach it without locks
//!   explain ─ turns Rhai's errors into diagnostics
//! ```
//!
//! Invariants: one evaluation per thread; `session::with` never calls back into Rhai; nothing that a program writes
//! reaches a panic.

mod budget;
mod coerce;
mod compile;
mod component;
mod constructors;
mod docs;
mod engine;
mod explain;
mod fault;
mod functions;
#[cfg(test)]
mod holes;
mod host;
mod lists;
mod modules;
mod operators;
mod options;
mod params;
mod policy;
mod request;
mod rewrite;
mod session;
mod source;
mod testing;
mod unknown;
mod words;

pub use host::Host;
pub use params::{ParamType, Parameter};
pub use request::{
    Environment, Evaluated, Failure, FunctionDoc, Limits, ModuleDoc, Request, Root, Setting, Sources, TestReport,
};
