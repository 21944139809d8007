//! Beside the state: what carries the tags of an environment and is not recorded, asked where a call has failed because
//! something is there.

use dr_core::address::Address;
use dr_core::cloud::{Sought, TaggedResource};
use dr_core::compare::same_key;
use dr_core::plan::holders;
use dr_core::record::{Record, Snapshot};
use dr_core::region::place;
use dr_core::value::{Map, Str, Value};

use crate::candidate::{Candidate, Sighting};
use crate::engine::{Broken, Engine, Job};
use crate::look::Interrupted;
use crate::stack::Stack;
use crate::step::observed;
use crate::sweep::sweep;

impl Engine<'_> {
    /// What carries the tags of the environment, or of one of its programs, where a job works. Where that cannot be asked,
    /// nothing is known of.
    async fn tagged_beside(&self, job: &Job<'_>, program: Option<&str>) -> Result<Vec<TaggedResource>, Broken> {
        let Some(place) = place(job.target.kind, job.target.region) else { return Ok(Vec::new()) };
        let sought = Sought { environment: &self.store.stack().environment, program };
        match sweep(self, sought, &[place.into()].into()).await {
            Ok(swept) => Ok(swept.found),
            Err(Interrupted) => Err(Broken::Interrupted),
        }
    }

    /// The program of this environment whose resource has the name that a creation asked for.
    pub(crate) async fn namesake(&self, job: &Job<'_>, args: &Map<Value>) -> Result<Option<Str>, Broken> {
        let (kind, region) = (job.target.kind, job.target.region);
        for found in self.tagged_beside(job, None).await? {
            let Ok(candidate) = Candidate::of(&found, self.registry) else { continue };
            if candidate.kind.name != kind.name {
                continue;
            }
            let seen = match self.see(candidate).await {
                Ok(Ok(Some(seen))) => seen,
                Ok(_) => continue,
                Err(Interrupted) => return Err(Broken::Interrupted),
            };
            let other = (&seen.live.args, seen.candidate.region.as_deref());
            if same_key(kind, (args, region), other) {
                return Ok(found.program);
            }
        }
        Ok(None)
    }

    /// What the stack has, its state does not know, and refers to this, each with its id.
    pub(crate) async fn unrecorded_holders(
        &self,
        job: &Job<'_>,
        record: &Record,
    ) -> Result<Vec<(Address, Str)>, Broken> {
        let Stack { program, .. } = self.store.stack();
        let snapshot = self.store.snapshot()?;
        let is_recorded = |one: &Candidate| {
            let is =
                |r: &&std::sync::Arc<Record>| *r.kind == *one.kind.name && r.region == one.region && r.id == one.id;
            snapshot.records.values().chain(&snapshot.deposed).any(|r| is(&r))
        };
        let tagged = self.tagged_beside(job, Some(program)).await?;
        let candidates = tagged.iter().filter_map(|found| Candidate::of(found, self.registry).ok());
        let mut seen = Snapshot::default();
        seen.records.insert(record.address.clone(), record.clone().into());
        for candidate in candidates.filter(|one| !is_recorded(one)) {
            match self.see(candidate).await {
                Ok(Ok(Some(Sighting { candidate: Candidate { kind, region, address, id, .. }, live, .. }))) => {
                    let op = format!("beside:{address}:{id}").into();
                    let (args, outputs, needs) = (Map::new(), Map::new(), Vec::new());
                    let kind_name = kind.name.into();
                    let bare =
                        Record { op, kind: kind_name, address, region, id, args, outputs, needs, ..record.clone() };
                    seen.deposed.push(observed(kind, bare, live).into());
                }
                Ok(_) => {}
                Err(Interrupted) => return Err(Broken::Interrupted),
            }
        }
        let by = holders(&seen, self.registry, record);
        let named = seen.deposed.iter().filter(|one| by.contains(&one.address));
        Ok(named.map(|one| (one.address.clone(), one.id.clone())).collect())
    }
}
