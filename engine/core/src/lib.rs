//! The pure heart of `dr`: no I/O, no clock, no randomness, no async runtime.
//!
//! A program becomes a [`graph::Graph`] of [`expr::Expr`]essions; compared with a [`record::Snapshot`] it gives a
//! [`plan::Plan`]; the [`schedule::Scheduler`] says what of it may run now. Everything here is a function of its
//! arguments, over ordered maps: the same input gives the same output, byte for byte.

pub mod address;
pub mod answer;
pub mod arn;
pub mod checks;
pub mod cidr;
pub mod cloud;
pub mod compare;
pub mod convert;
pub mod dag;
pub mod diagnostic;
pub mod drift;
pub mod existing;
pub mod expr;
pub mod failover;
pub mod fit;
pub mod former;
pub mod function;
pub mod grammar;
pub mod graph;
pub mod history;
pub mod integrity;
pub mod journal;
pub mod json;
pub mod leftover;
pub mod lifetime;
pub mod limits;
mod map;
pub mod money;
pub mod naming;
pub mod number;
pub mod online;
pub mod plan;
pub mod promise;
pub mod record;
pub mod recovery;
pub mod reference;
pub mod region;
pub mod registry;
pub mod resolve;
pub mod schedule;
pub mod schema;
pub mod secrecy;
pub mod selection;
pub mod solve;
pub mod sought;
pub mod stack_output;
pub mod state_log;
pub mod template;
pub mod text;
pub mod traces;
pub mod value;
pub mod walk;
pub mod world;
pub mod writers;
