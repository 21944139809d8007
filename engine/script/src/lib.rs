//! The language: evaluates a program into a [`dr_core::graph::Graph`].
//!
//! This is the only crate that knows Rhai. What it adds to Rhai is small to say: resources come from a registry,
//! values that are not known before apply flow through the program as expressions, and every mistake is shown at its
//! line and key. What it takes away is everything that would make a program depend on its surroundings: no files, no
//! clock, no randomness, no environment, no evaluation of text.
//!
//! The files in layers; a file imports from its own layer and from those above it here, never in a circle:
//!
//! ```text
//! request, parameter, fault, source, words   what goes in and out; errors, texts, tokens: they know no evaluation
//! unknown, coerce                            what scripts hold for what does not exist; script values and expressions
//! budget, session, natives, environment      the evaluation on this thread: what it may use, has found, can call, sees
//! attributes, operators, functions, lists,   what programs call, natives of Rhai
//!   policy, params, component, options, constructors
//! rewrite/, explain, grammar, compile        from a text to a tree that runs; from Rhai's errors to diagnostics
//! modules, engine, docs                      imports; the closed set of all that programs can call
//! host                                       opens a thread with a large stack, and watches time and memory there
//! testing                                    `dr test`
//! ```
//!
//! Invariants: one evaluation per thread; `session::with` never calls back into Rhai; nothing that a program writes
//! reaches a panic.

mod attributes;
mod budget;
mod coerce;
mod compile;
mod component;
mod constructors;
mod docs;
mod engine;
mod environment;
mod explain;
mod fault;
mod functions;
mod grammar;
#[cfg(test)]
mod holes;
mod host;
mod lists;
mod modules;
mod natives;
mod operators;
mod options;
mod parameter;
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
pub use parameter::{ParamType, Parameter};
pub use request::{
    Environment, Evaluated, FunctionDoc, Limits, ModuleDoc, Request, Root, ScriptFailure, Setting, SourceTexts,
    TestReport,
};
