//! Faults: what goes wrong, how often, and decided by what.
//!
//! Whether a call fails is a function of the seed, the call, the address and how often this handle has made that call
//! for that address. It does not depend on what happens at the same time, so a run that failed can be run again.

use std::collections::BTreeMap;

use dr_core::value::Str;

use crate::draw::draw;

/// How often things go wrong, each as a rate between 0 (never) and 1 (always). Applying needs rates below 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Faults {
    /// What decides which calls are hit.
    pub seed: u64,
    /// A call is refused because there were too many.
    pub throttled: f64,
    /// A call fails before it has any effect, and says so.
    pub transient: f64,
    /// A call that changes something never arrives; the caller cannot tell.
    pub lost_request: f64,
    /// A call that changes something has its effect, but its reply is lost.
    pub lost_reply: f64,
    /// Something that is ready says that it is not yet.
    pub slow: f64,
    /// Something made a moment ago is not visible to a read, nor to a call that refers to it. Only the first three
    /// calls of each sort about a resource are hit.
    pub stale: f64,
}

/// What may happen to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Throttled,
    Transient,
    LostRequest,
    LostReply,
    Slow,
    Stale,
}

/// How many calls of one sort about one resource see it as too young.
const YOUNG: u64 = 3;

impl Faults {
    /// Nothing goes wrong; to be filled in.
    pub fn none(seed: u64) -> Faults {
        Faults { seed, throttled: 0.0, transient: 0.0, lost_request: 0.0, lost_reply: 0.0, slow: 0.0, stale: 0.0 }
    }

    /// A bad day: each of them hits one call in twenty.
    pub fn bad_day(seed: u64) -> Faults {
        let rate = 0.05;
        Faults { seed, throttled: rate, transient: rate, lost_request: rate, lost_reply: rate, slow: rate, stale: rate }
    }

    /// What happens to the `attempt`th call (from 0) of this sort for this address.
    fn decide(&self, op: &str, address: &str, attempt: u64) -> Option<Fault> {
        let (seed, attempt_bytes) = (self.seed.to_le_bytes(), attempt.to_le_bytes());
        let parts: [&[u8]; 5] = [&seed, &attempt_bytes, op.as_bytes(), &[0], address.as_bytes()];
        let mut drawn = draw(parts);
        let rates = [
            (Fault::Throttled, self.throttled),
            (Fault::Transient, self.transient),
            (Fault::LostRequest, self.lost_request),
            (Fault::LostReply, self.lost_reply),
            (Fault::Slow, self.slow),
            (Fault::Stale, if attempt < YOUNG { self.stale } else { 0.0 }),
        ];
        rates.into_iter().find_map(|(fault, rate)| {
            drawn -= rate;
            (drawn < 0.0).then_some(fault)
        })
    }
}

/// The faults of one handle, with its count of attempts.
#[derive(Debug)]
pub(crate) struct Dice {
    faults: Faults,
    attempts: BTreeMap<(&'static str, Str), u64>,
}

impl Dice {
    pub(crate) fn new(faults: Faults) -> Dice {
        Dice { faults, attempts: BTreeMap::new() }
    }

    /// What happens to this call; counts it.
    pub(crate) fn throw(&mut self, op: &'static str, address: Str) -> Option<Fault> {
        let attempts = self.attempts.entry((op, address.clone())).or_default();
        let attempt = *attempts;
        *attempts += 1;
        self.faults.decide(op, &address, attempt)
    }

    /// Whether this handle made what goes by an address.
    pub(crate) fn made(&self, address: &str) -> bool {
        self.attempts.contains_key(&("create", Str::from(address)))
    }
}
