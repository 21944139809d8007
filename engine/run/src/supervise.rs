//! Supervising: a run's view of the single requests that its calls are made of.
//!
//! A request that changes something is sent only while the state is ours: its call may have begun before somebody took the
//! state over. A request that the cloud makes again by itself counts like one that the engine makes again.

use std::sync::Arc;
use std::time::Duration;

use dr_core::cloud::{CloudError, CloudResult, ErrorClass, RequestWatch, Target};

use crate::claim::Claim;
use crate::engine::{Calls, Engine};
use crate::error::StoreError;
use crate::gate::Gate;

struct Supervisor {
    claim: Claim,
    gate: Gate,
    calls: Calls,
}

impl Engine<'_> {
    /// From now on the cloud asks and tells this run about its requests.
    pub(crate) fn supervise(&self) {
        let (claim, gate, calls) = (self.store.claim(), self.gate.clone(), self.calls.clone());
        self.cloud.watched_by(Arc::new(Supervisor { claim, gate, calls }));
    }
}

impl RequestWatch for Supervisor {
    fn may_change(&self) -> CloudResult<'_, ()> {
        Box::pin(async {
            let refused = |error: StoreError| {
                // Whoever makes the call again is told why, and by whom.
                CloudError::new(ErrorClass::Throttled, "state", "NotOurs", error.to_string())
            };
            self.claim.check().await.map_err(refused)
        })
    }

    fn can_be_taken_over(&self) -> bool {
        self.claim.tenure.is_some()
    }

    fn again(&self, at: Option<Target<'_>>, failure: ErrorClass, waited: Duration) {
        self.calls.again(failure, waited);
        if let Some(at) = at.filter(|_| failure == ErrorClass::Throttled) {
            self.gate.throttled(at.kind.service(), at.region);
        }
    }
}
