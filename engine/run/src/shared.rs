//! A shared state: held by whoever has its lease, and read by everybody.
//!
//! Whoever opens it takes the lease, reads the log to its end, and claims the next position with a word about who it is.
//! From then on the log cannot go on without it. Each group of rows claims the next positions. Whoever finds a position
//! taken was taken over: it writes nothing more, gives nothing back, and its engine makes no further call.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dr_core::cloud::CloudError;
use dr_core::state_log::{LeaseHolder, LeaseRow, StateLog};
use tokio::task::AbortHandle;

use crate::clock;
use crate::counted::MOST;
use crate::entry::{self, LogDamage, LogReplay, Moving, Opening, OwnedRows, WRITER, WriterMark};
use crate::error::StoreError;
use crate::lease::{LeaseVerdict, LeaseWatch, Tenure, beat, given_back, raised, taken};
use crate::rows::RowWrite;
use crate::seal::random;
use crate::service::{SharedPlace, append, insist, swap_lease};

/// A log is written anew as a snapshot when more entries than this follow the last one,
const MANY: u64 = 256;
/// or more bytes.
const LONG: usize = 4 << 20;

/// More positions than one region can write before another has heard of the first of them.
const LEAP: u64 = 1 << 20;

/// A shared state that is open for writing.
#[derive(Debug)]
pub(crate) struct SharedHold {
    place: SharedPlace,
    stack: String,
    mark: WriterMark,
    /// The last position.
    position: u64,
    tenure: Arc<Tenure>,
    beating: AbortHandle,
}

/// A shared state as somebody sees it who only looks.
#[derive(Debug)]
pub(crate) struct SharedView {
    pub(crate) replay: LogReplay,
    /// Who has the lease, in words.
    pub(crate) holder: Option<String>,
}

/// Reads the state of a stack.
///
/// # Errors
/// When the service cannot be reached, or the log is damaged.
pub(crate) fn view(place: &SharedPlace, stack: &str) -> Result<SharedView, StoreError> {
    let (own, stack) = (place.clone(), stack.to_owned());
    place.run(move |log| {
        Box::pin(async move {
            let replay = read(&own, &*log, &stack).await?;
            let row = insist(own.settings.patience, || log.lease(&stack)).await.map_err(|e| own.failed(e))?;
            let holder = row.and_then(|row| row.holder).map(|holder| holder.name.to_string());
            Ok(SharedView { replay, holder })
        })
    })
}

/// Reads a log that may be damaged, as far as it can be read: from its snapshot on, or, where that cannot be read, from
/// the oldest entry that is still there.
///
/// # Errors
/// When the service cannot be reached.
pub(crate) fn inspect(place: &SharedPlace, stack: &str) -> Result<(LogReplay, Vec<LogDamage>), StoreError> {
    let (own, stack) = (place.clone(), stack.to_owned());
    place.run(move |log| Box::pin(async move { read_damaged(&own, &*log, &stack).await }))
}

/// The stacks that a service knows.
///
/// # Errors
/// When the service cannot be reached.
pub(crate) fn stacks(place: &SharedPlace) -> Result<Vec<String>, StoreError> {
    let own = place.clone();
    place.run(move |log| {
        Box::pin(async move {
            let stacks = insist(own.settings.patience, || log.stacks()).await.map_err(|e| own.failed(e))?;
            Ok(stacks.iter().map(ToString::to_string).collect())
        })
    })
}

/// Who has the lease of a stack, in words.
///
/// # Errors
/// When the service cannot be reached.
pub(crate) fn holder(place: &SharedPlace, stack: &str) -> Result<Option<String>, StoreError> {
    let (own, stack) = (place.clone(), stack.to_owned());
    place.run(move |log| {
        Box::pin(async move {
            let row = insist(own.settings.patience, || log.lease(&stack)).await.map_err(|e| own.failed(e))?;
            Ok(row.and_then(|row| row.holder).map(|holder| holder.name.to_string()))
        })
    })
}

impl SharedHold {
    /// Takes the lease of a stack, and reads its state. `by_force` does not wait whether its holder is alive.
    ///
    /// # Errors
    /// When somebody has it who is alive, the service cannot be reached, or the log is damaged.
    pub(crate) fn take(
        place: &SharedPlace,
        stack: &str,
        by_force: bool,
    ) -> Result<(SharedHold, LogReplay), StoreError> {
        let (own, stack) = (place.clone(), stack.to_owned());
        let taking = if by_force { Taking::ByForce } else { Taking::Free };
        place.run(move |log| Box::pin(take(own, log, stack, taking)))
    }

    /// Takes the lease of a stack whose log is damaged, and reads what can be read.
    ///
    /// # Errors
    /// When somebody has it who is alive, or the service cannot be reached.
    pub(crate) fn take_damaged(
        place: &SharedPlace,
        stack: &str,
    ) -> Result<(SharedHold, LogReplay, Vec<LogDamage>), StoreError> {
        let (own, name) = (place.clone(), stack.to_owned());
        let (hold, replay) = place.run(move |log| Box::pin(take(own, log, name, Taking::Damaged)))?;
        let (_, damage) = inspect(place, stack)?;
        Ok((hold, replay, damage))
    }

    /// Lets these rows count instead of everything that was written so far, which stays in the log for a while.
    ///
    /// # Errors
    /// When the service cannot be reached.
    pub(crate) fn replace(&self, mut replay: LogReplay, rows: OwnedRows) -> Result<(), StoreError> {
        let (place, stack, writer) = (self.place.clone(), self.stack.clone(), self.mark.writer);
        (replay.rows, replay.epoch, replay.position) = (rows, self.mark.epoch, self.position);
        self.place.run(move |log| {
            Box::pin(async move {
                let snapshot = replay.snapshot(&stack, writer).map_err(|error| damage(&place, &stack, error))?;
                let written = insist(place.settings.patience, || log.write_snapshot(&stack, &snapshot)).await;
                written.map_err(|error| place.failed(error))
            })
        })
    }

    /// Whether the lease is still held.
    pub(crate) fn tenure(&self) -> &Arc<Tenure> {
        &self.tenure
    }

    /// Writes a group of rows.
    ///
    /// # Errors
    /// When somebody else has taken over, or the service cannot be reached.
    pub(crate) fn write(&mut self, rows: &[RowWrite]) -> Result<(), StoreError> {
        let entries = entry::group(&self.stack, self.position + 1, self.mark, rows);
        let entries = entries.map_err(|_| self.damage("a row is longer than 4 GB"))?;
        self.claim(entries)
    }

    /// Says that the state is elsewhere now.
    ///
    /// # Errors
    /// As [`SharedHold::write`].
    pub(crate) fn say_moved(&mut self, to: &str) -> Result<(), StoreError> {
        let moving = Moving { to: to.to_owned() };
        self.claim(vec![entry::moving(&self.stack, self.position + 1, self.mark, &moving)])
    }

    fn claim(&mut self, entries: Vec<Vec<u8>>) -> Result<(), StoreError> {
        if let Some(by) = self.tenure.lost() {
            return Err(taken_over(&self.stack, by));
        }
        let (place, stack, position) = (self.place.clone(), self.stack.clone(), self.position);
        let (tenure, count) = (self.tenure.clone(), entries.len() as u64);
        self.place.run(move |log| {
            Box::pin(async move {
                let patience = place.settings.patience;
                for (position, entry) in (position + 1..).zip(&entries) {
                    let claimed = append(&*log, patience, &stack, position, entry).await;
                    if !claimed.map_err(|error| place.failed(error))? {
                        let by = successor(&*log, patience, &stack, position).await;
                        tenure.lose(&by);
                        return Err(taken_over(&stack, by));
                    }
                }
                Ok(())
            })
        })?;
        self.position += count;
        self.tenure.reach(self.position);
        Ok(())
    }

    /// Gives the lease back, unless somebody else has it.
    pub(crate) fn give_back(&self) {
        self.beating.abort();
        if self.tenure.lost().is_some() {
            return;
        }
        let (place, stack, tenure) = (self.place.clone(), self.stack.clone(), self.tenure.clone());
        // What cannot be given back is taken over by whoever comes next.
        let _ = self.place.run(move |log| {
            Box::pin(async move {
                let patience = place.settings.patience;
                // A sign of life may have been under way.
                let row = insist(patience, || log.lease(&stack)).await.map_err(|e| place.failed(e))?;
                let Some(row) = row.filter(|row| is_holder(row, &tenure.row())) else { return Ok(()) };
                let given = swap_lease(&*log, patience, &stack, Some(&row), &given_back(&row)).await;
                given.map(drop).map_err(|error| place.failed(error))
            })
        });
    }

    /// Goes on at a position that nobody has reached. What another region wrote before it was lost, and did not pass on,
    /// stands before that position whenever it comes to light, and does not count.
    ///
    /// # Errors
    /// When the service cannot be reached, or the log is damaged.
    pub(crate) fn leap(place: &SharedPlace, stack: &str) -> Result<(), StoreError> {
        let (hold, mut replay) = SharedHold::take(place, stack, true)?;
        let (own, name, mark) = (place.clone(), stack.to_owned(), hold.mark);
        let leapt = place.run(move |log| {
            Box::pin(async move {
                replay.position += LEAP;
                let snapshot = replay.snapshot(&name, mark.writer).map_err(|error| damage(&own, &name, error))?;
                let written = insist(own.settings.patience, || log.write_snapshot(&name, &snapshot)).await;
                written.map_err(|error| own.failed(error))
            })
        });
        hold.give_back();
        leapt
    }

    /// That something is wrong with the log.
    pub(crate) fn damage(&self, why: impl ToString) -> StoreError {
        damage(&self.place, &self.stack, why)
    }
}

/// That something is wrong with the log of a stack.
pub(crate) fn damage(place: &SharedPlace, stack: &str, why: impl ToString) -> StoreError {
    let (stack, place) = (stack.to_owned(), place.settings.place.clone());
    StoreError::SharedDamage { stack, place, why: why.to_string() }
}

/// That somebody else has taken over.
pub(crate) fn taken_over(stack: &str, by: String) -> StoreError {
    StoreError::TakenOver { stack: stack.to_owned(), by }
}

fn name_of(row: Option<&LeaseRow>) -> String {
    row.and_then(|row| row.holder.as_ref()).map_or_else(|| "another command".into(), |holder| holder.name.to_string())
}

/// Who took over at a position, in words: the last who began to write since.
async fn successor(log: &dyn StateLog, patience: Duration, stack: &str, position: u64) -> String {
    let entries = insist(patience, || log.entries(stack, position)).await.unwrap_or_default();
    let mut opened = entries.iter().filter_map(|(position, bytes)| entry::opened(stack, *position, bytes));
    opened.next_back().map_or_else(|| name_of(None), |opening| opening.by)
}

/// Whether two leases have the same holder.
fn is_holder(row: &LeaseRow, own: &LeaseRow) -> bool {
    let writer = |row: &LeaseRow| row.holder.as_ref().map(|holder| holder.writer.clone());
    writer(row).is_some() && writer(row) == writer(own)
}

/// Reads snapshot and log.
async fn read(place: &SharedPlace, log: &dyn StateLog, stack: &str) -> Result<LogReplay, StoreError> {
    let patience = place.settings.patience;
    let failed = |error: CloudError| place.failed(error);
    let damaged = |why: LogDamage| damage(place, stack, why);
    let snapshot = insist(patience, || log.snapshot(stack)).await.map_err(failed)?;
    let mut replay = LogReplay::new(stack, snapshot.as_ref()).map_err(damaged)?;
    go_on(place, log, stack, &mut replay).await?;
    Ok(replay)
}

/// Reads what was written since.
async fn go_on(place: &SharedPlace, log: &dyn StateLog, stack: &str, replay: &mut LogReplay) -> Result<(), StoreError> {
    let from = replay.position + 1;
    let entries = insist(place.settings.patience, || log.entries(stack, from)).await.map_err(|e| place.failed(e))?;
    let mut taken = entries.iter().map(|(position, bytes)| replay.take(stack, *position, bytes));
    taken.try_for_each(|taken| taken).map_err(|why| damage(place, stack, why))
}

/// Reads snapshot and log, and goes on behind what is damaged. Tells what is.
async fn read_damaged(
    place: &SharedPlace,
    log: &dyn StateLog,
    stack: &str,
) -> Result<(LogReplay, Vec<LogDamage>), StoreError> {
    let patience = place.settings.patience;
    let snapshot = insist(patience, || log.snapshot(stack)).await.map_err(|e| place.failed(e))?;
    let (mut replay, mut found) = match LogReplay::new(stack, snapshot.as_ref()) {
        Ok(replay) => (replay, Vec::new()),
        Err(damage) => (LogReplay::default(), vec![damage]),
    };
    let from = replay.position + 1;
    let entries = insist(patience, || log.entries(stack, from)).await.map_err(|e| place.failed(e))?;
    // Entries before a snapshot expire.
    if let Some((first, _)) = entries.first().filter(|_| !found.is_empty()) {
        replay.position = first.saturating_sub(1);
    }
    found.extend(entries.iter().filter_map(|(position, bytes)| replay.take_or_skip(stack, *position, bytes)));
    replay.position = replay.position.max(snapshot.map_or(0, |snapshot| snapshot.position)).min(MOST);
    Ok((replay, found))
}

/// How a lease is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taking {
    /// When nobody has it who is alive.
    Free,
    /// Whoever has it.
    ByForce,
    /// As `Free`, although the log may be damaged.
    Damaged,
}

async fn take(
    place: SharedPlace,
    log: Arc<dyn StateLog>,
    stack: String,
    taking: Taking,
) -> Result<(SharedHold, LogReplay), StoreError> {
    let writer = random::<WRITER>()?;
    let by_force = taking == Taking::ByForce;
    let (row, sent, from) = take_lease(&place, &*log, &stack, hex::encode(writer), by_force).await?;
    let tenure = Arc::new(Tenure::new(row.clone(), sent));
    let beating = tokio::spawn(give_signs(place.clone(), log.clone(), stack.clone(), tenure.clone())).abort_handle();
    let mark = WriterMark { epoch: row.epoch, writer };
    let mut hold = SharedHold { place, stack, mark, position: 0, tenure, beating };
    match settle_in(&hold, &*log, from, taking).await {
        Ok(replay) => {
            hold.position = replay.position;
            hold.tenure.reach(replay.position);
            Ok((hold, replay))
        }
        Err(error) => {
            hold.beating.abort();
            Err(error)
        }
    }
}

/// Takes the lease. Says when it was asked for, and who had it and did not give it back.
async fn take_lease(
    place: &SharedPlace,
    log: &dyn StateLog,
    stack: &str,
    writer: String,
    by_force: bool,
) -> Result<(LeaseRow, Duration, Option<String>), StoreError> {
    let settings = &place.settings;
    let failed = |error: CloudError| place.failed(error);
    let own = LeaseHolder { writer: writer.into(), name: settings.owner.as_str().into(), silence: settings.silence };
    let locked = |holder: &LeaseHolder| StoreError::Locked { stack: stack.to_owned(), holder: holder.name.to_string() };
    let mut row = insist(settings.patience, || log.lease(stack)).await.map_err(failed)?;
    let mut watch = LeaseWatch::new(row.clone(), clock::now());
    let mut is_told = false;
    loop {
        let from = match watch.judge(row.as_ref(), clock::now()) {
            LeaseVerdict::Free => None,
            LeaseVerdict::Silent(holder) => Some(holder),
            LeaseVerdict::Wait(_) | LeaseVerdict::Alive(_) if by_force => {
                row.as_ref().and_then(|row| row.holder.clone())
            }
            LeaseVerdict::Alive(holder) => return Err(locked(&holder)),
            LeaseVerdict::Wait(pause) => {
                if let Some(holder) = row.as_ref().and_then(|row| row.holder.as_ref()).filter(|_| !is_told) {
                    is_told = true;
                    (settings.notice)(&format!(
                        "{} has not given back `{stack}`; looking for a sign of life, for {} at most",
                        holder.name,
                        seconds(holder.silence)
                    ));
                }
                tokio::time::sleep(pause).await;
                row = insist(settings.patience, || log.lease(stack)).await.map_err(failed)?;
                continue;
            }
        };
        let (wanted, sent) = (taken(row.as_ref(), own.clone()), clock::now());
        match swap_lease(log, settings.patience, stack, row.as_ref(), &wanted).await.map_err(failed)? {
            Ok(()) => return Ok((wanted, sent, from.map(|holder| holder.name.to_string()))),
            Err(found) => {
                // From whom it is taken by force may give a sign of life meanwhile.
                let is_same = row.as_ref().zip(found.as_ref()).is_some_and(|(row, found)| is_holder(found, row));
                match found.as_ref().and_then(|row| row.holder.as_ref()) {
                    // Somebody else was faster, and is alive.
                    Some(holder) if !(by_force && is_same) => return Err(locked(holder)),
                    _ => row = found,
                }
            }
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64().ceil())
}

/// Reads the log to its end and claims the next position. Whoever had the lease before may write until then.
async fn settle_in(
    hold: &SharedHold,
    log: &dyn StateLog,
    from: Option<String>,
    taking: Taking,
) -> Result<LogReplay, StoreError> {
    let SharedHold { place, stack, mark, tenure, .. } = hold;
    let patience = place.settings.patience;
    let read_it = async || match taking {
        Taking::Damaged => read_damaged(place, log, stack).await.map(|(replay, _)| replay),
        _ => read(place, log, stack).await,
    };
    let mut replay = read_it().await?;
    loop {
        if replay.epoch >= mark.epoch || tenure.lost().is_some() {
            let row = insist(patience, || log.lease(stack)).await.ok().flatten();
            return Err(StoreError::Locked { stack: stack.clone(), holder: name_of(row.as_ref()) });
        }
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let opening = Opening { by: place.settings.owner.clone(), at, from: from.clone() };
        let position = replay.position + 1;
        let bytes = entry::opening(stack, position, *mark, &opening);
        if append(log, patience, stack, position, &bytes).await.map_err(|error| place.failed(error))? {
            replay.take(stack, position, &bytes).map_err(|why| damage(place, stack, why))?;
            break;
        }
        match taking {
            Taking::Damaged => replay = read_it().await?,
            _ => go_on(place, log, stack, &mut replay).await?,
        }
    }
    if taking == Taking::Damaged {
        return Ok(replay);
    }
    if replay.position - replay.snapshot > MANY || replay.length > LONG {
        compact(hold, log, &mut replay).await?;
    }
    Ok(replay)
}

/// Writes a snapshot, and lets what is in it expire.
async fn compact(hold: &SharedHold, log: &dyn StateLog, replay: &mut LogReplay) -> Result<(), StoreError> {
    let SharedHold { place, stack, mark, .. } = hold;
    let patience = place.settings.patience;
    let snapshot = replay.snapshot(stack, mark.writer).map_err(|error| damage(place, stack, error))?;
    insist(patience, || log.write_snapshot(stack, &snapshot)).await.map_err(|error| place.failed(error))?;
    // What stays costs a little, and nobody reads it.
    let _ = insist(patience, || log.retire(stack, replay.snapshot + 1, snapshot.position)).await;
    (replay.snapshot, replay.length) = (snapshot.position, 0);
    Ok(())
}

/// Gives signs of life, until somebody else has the lease.
async fn give_signs(place: SharedPlace, log: Arc<dyn StateLog>, stack: String, tenure: Arc<Tenure>) {
    let pause = beat(place.settings.silence);
    loop {
        tokio::time::sleep(pause).await;
        let was = tenure.row();
        let (becomes, sent) = (raised(&was), clock::now());
        match swap_lease(&*log, pause, &stack, Some(&was), &becomes).await {
            Ok(Ok(())) => tenure.renew(becomes, sent),
            Ok(Err(found)) => {
                let by = match found.as_ref().and_then(|row| row.holder.as_ref()) {
                    Some(holder) => holder.name.to_string(),
                    // Whoever took over has given it back already.
                    None => successor(&*log, pause, &stack, tenure.position() + 1).await,
                };
                return tenure.lose(&by);
            }
            // It may have been heard; the next one finds out.
            Err(_) => match log.lease(&stack).await {
                Ok(Some(found)) if found == becomes => tenure.renew(becomes, sent),
                _ => {}
            },
        }
    }
}
