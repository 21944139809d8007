//! The claim on a state: whether it is still ours, asked before anything is changed in the cloud.

use std::sync::Arc;
use std::time::Duration;

use crate::clock;
use crate::error::StoreError;
use crate::lease::{Tenure, TenureVerdict};
use crate::shared;

/// How long to wait for a sign of life that is in doubt.
const PATIENCE: Duration = Duration::from_secs(60);

/// What holds a stack's state, without holding it open.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// None on a disk: the system's lock ends with the process.
    pub(crate) tenure: Option<Arc<Tenure>>,
    pub(crate) stack: String,
}

impl Claim {
    /// Makes sure that nobody has taken the stack over. Where that is in doubt, the next sign of life decides.
    ///
    /// # Errors
    /// When somebody has, or nobody answers.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let Some(tenure) = &self.tenure else { return Ok(()) };
        let verdict = match tenure.judge(clock::now()) {
            TenureVerdict::Doubtful => {
                let tenure = tenure.clone();
                let waited = tokio::task::spawn_blocking(move || tenure.wait(PATIENCE)).await;
                waited.map_err(|_| StoreError::Stopped)?
            }
            known => known,
        };
        match verdict {
            TenureVerdict::Held => Ok(()),
            TenureVerdict::Lost(by) => Err(shared::taken_over(&self.stack, by)),
            TenureVerdict::Doubtful => Err(StoreError::Doubtful { stack: self.stack.clone() }),
        }
    }
}
