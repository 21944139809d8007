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
//! request, parameter, fault, source, file    what goes in and out; errors and texts: they know no evaluation
//! unknown, coerce                            what scripts hold for what does not exist; script values and expressions
//! budget, measure, words, session, natives,  the evaluation on this thread: what it may use, how it reads, what it has
//!   environment, signatures                  found, can call and sees
//! attributes, numbers, operators, functions, what programs call, natives of Rhai
//!   lists, policy, params, component, options, promise, constructors,
//!   stack_output
//! rewrite/, scopes, brackets, explain,       from a text to a tree that runs; from Rhai's errors to diagnostics
//!   syntax, grammar, compile
//! modules, engine, docs                      imports; the closed set of all that programs can call
//! running                                    opens a thread with a large stack, and watches time and memory there
//! subject, team                              the checks of a team: what they see; what they find
//! host                                       evaluates programs
//! verdicts, testing                          `dr test`
//! ```
//!
//! Invariants: one evaluation per thread; `session::with` never calls back into Rhai; nothing that a program writes
//! reaches a panic.

mod attributes;
mod brackets;
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
mod file;
mod functions;
mod grammar;
#[cfg(test)]
mod holes;
mod host;
mod lists;
mod measure;
mod modules;
mod natives;
mod numbers;
mod operators;
mod options;
mod parameter;
mod params;
mod policy;
mod promise;
mod request;
mod rewrite;
mod running;
mod scopes;
#[cfg(test)]
mod secrets;
mod session;
mod signatures;
mod source;
mod stack_output;
mod subject;
mod syntax;
mod team;
mod testing;
mod unknown;
mod verdicts;
mod words;

pub use file::{FileError, read_script};
pub use host::Host;
pub use parameter::{ParamType, Parameter};
pub use request::{
    ConfiguredSetting, Environment, Evaluated, FunctionDoc, Limits, ModuleDoc, Request, Root, ScriptFailure, Setting,
    SettingFile, SettingSource, SettingVariable, SourceTexts, TestReport,
};
pub use team::{CheckScript, TeamCheck, TeamChecks};
