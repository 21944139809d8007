//! The identity of a plan: a hash of what it will do, and of what it was made from.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::plan::Plan;
use crate::value::Str;

/// The hash of everything in a plan but its identity, its diagnostics and its estimates. Of what it was made from, it
/// covers the position, and id and operation of each record that a step changes; of a secret, only that it is one.
pub(super) fn of(plan: &Plan) -> Str {
    let mut hasher = Hasher(Sha256::new());
    hasher.add(&(plan.format, &plan.program, &plan.environment, &plan.identity, plan.position, plan.destroy));
    hasher.add(&plan.moves);
    for step in plan.steps.iter().chain(plan.deferred.iter().map(|d| &d.step)) {
        let prior = step.prior.as_ref().map(|p| (&p.address, &p.id, &p.op));
        hasher.add(&(&step.address, &step.kind, &step.region, step.action, &step.reasons, &step.changes, prior));
        hasher.add(&(&step.args, &step.known, &step.needs, &step.given, step.protect, &step.allow, &step.after));
        hasher.add(&(step.replacement, &step.implied_by, &step.lifts, step.batch));
    }
    plan.deferred.iter().for_each(|d| hasher.add(&(&d.why, &d.place)));
    hasher.add(&(plan.ephemeral, &plan.namesakes));
    hasher.add(&(&plan.outputs, &plan.answers, plan.unchanged, &plan.at_risk));
    hex::encode(&hasher.0.finalize()[..16]).into()
}

struct Hasher(Sha256);

impl Hasher {
    fn add(&mut self, part: &impl Serialize) {
        // Writing plain data into a hash cannot fail; were it to, the identity would only cover less.
        let _ = serde_json::to_writer(&mut *self, part);
    }
}

impl std::io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
