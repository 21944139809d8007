//! Sends recorded calls again, straight to the servers and as fast as they answer, to learn what of a run's time was
//! theirs.
//!
//! Calls start in the order in which they were recorded, so many at a time. A server that hands out random ids gives
//! others to a replay, so calls that name an id may be refused there; [`Replay::unlike`] says how many answers had another
//! status than at first, so that nobody takes refusals for work.

use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt};

use crate::call::Recorded;
use crate::wire::{Routes, client, forward};
use crate::{Error, Wire};

/// What a replay took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    /// From the first call to the last answer.
    pub took: Duration,
    /// How many calls were sent.
    pub calls: usize,
    /// How many were answered with another status than when they were recorded.
    pub unlike: usize,
}

/// Replays `recorded` against `routes`, at most `at_a_time` calls under way. Empty the servers first.
///
/// # Errors
/// When a server does not answer, or no runtime can be started.
pub fn replay(routes: &Routes, recorded: &[Recorded], at_a_time: usize) -> Result<Replay, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::io("start a runtime for a replay"))?;
    runtime.block_on(async {
        let client = client();
        let started = Instant::now();
        let answers = futures::stream::iter(recorded).map(|once| async {
            let endpoint = routes.endpoint(&once.call.service);
            forward(&client, endpoint, &once.parts, once.body.clone())
                .await
                .map(|answer| usize::from(answer.status().as_u16() != once.status))
                .map_err(|source| Error::NoAnswer { call: once.call.clone(), source })
        });
        let unlike = answers.buffer_unordered(at_a_time.max(1)).try_fold(0, |sum, one| async move { Ok(sum + one) });
        let unlike = unlike.await?;
        Ok(Replay { took: started.elapsed(), calls: recorded.len(), unlike })
    })
}

impl Wire {
    /// [`replay`] against the servers of this wire.
    ///
    /// # Errors
    /// As [`replay`].
    pub fn replay(&self, recorded: &[Recorded], at_a_time: usize) -> Result<Replay, Error> {
        replay(self.routes(), recorded, at_a_time)
    }
}
