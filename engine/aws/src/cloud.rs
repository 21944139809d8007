//! The cloud `aws`: hands each of the engine's calls over to the kind that it is about.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Arc;

use aws_types::SdkConfig;
use dr_core::cloud::{
    BatchChange, BatchItem, Cloud, CloudError, CloudResult, ErrorClass, Identity, Intent, Live, Owner, RequestWatch,
    RoleChange, Settled, Sought, TaggedResource, Target, Vitals,
};
use dr_core::leftover::{PlaceSearch, Trail};
use dr_core::online::{Objection, Wishes};
use dr_core::region::GLOBAL;
use dr_core::schema::Place;
use dr_core::value::{Map, Str, Value};

use crate::connect::{CallPhase, Connection, Cx, Packages, load};
use crate::lifecycle::{Erased, ErasedLookUp};
use crate::services::SERVICES;
use crate::{leftovers, owner, regions, residue, sweep};

/// The cloud `aws`.
pub struct Aws {
    connection: Connection,
    identity: Identity,
    kinds: BTreeMap<&'static str, &'static dyn Erased>,
    look_ups: BTreeMap<&'static str, &'static dyn ErasedLookUp>,
}

impl Aws {
    /// Connects with the standard credential chain, configuration files and `AWS_…` variables, `AWS_ENDPOINT_URL`
    /// among them, and asks who the caller is.
    ///
    /// # Errors
    /// When there are no credentials, or AWS does not take them or cannot be reached.
    pub async fn connect(packages: Packages) -> Result<Aws, CloudError> {
        Aws::with_config(load().await, packages).await
    }

    /// Like [`Aws::connect`], with a configuration of one's own. Its retries and time-outs are replaced.
    ///
    /// # Errors
    /// When AWS does not take the credentials or cannot be reached.
    pub async fn with_config(config: SdkConfig, packages: Packages) -> Result<Aws, CloudError> {
        let endpoint = config.endpoint_url().map(Str::from);
        let classes = SERVICES.iter().map(|service| (service.calls, service.errors)).collect();
        let connection = Connection::new(config, classes, packages).await?;
        let identity = Identity { cloud: "aws".into(), account: (&*connection.account.number).into(), endpoint };
        Ok(Aws {
            connection,
            identity,
            kinds: SERVICES.iter().flat_map(|s| s.kinds).map(|kind| (kind.kind().name, *kind)).collect(),
            look_ups: SERVICES.iter().flat_map(|s| s.look_ups).map(|l| (l.kind().name, *l)).collect(),
        })
    }

    /// How often each call was made since [`Aws::connect`], e.g. `sqs:CreateQueue`. Pages of one list count once.
    pub fn calls(&self) -> BTreeMap<&'static str, u64> {
        self.connection.calls()
    }

    /// For tests of what is no kind's.
    #[cfg(test)]
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    fn cx<'a>(&'a self, at: Target<'a>, phase: CallPhase) -> Result<Cx<'a>, CloudError> {
        let region = match (at.kind.place, at.region) {
            (Place::Global, _) => self.connection.account.global_region(),
            (_, Some(region)) => region,
            (_, None) => {
                let why = format!("{} has no region; give it one, or its component", at.address);
                return Err(CloudError::new(ErrorClass::Invalid, at.kind.name, "NoRegion", why));
            }
        };
        Ok(Cx::new(&self.connection, region, at, phase))
    }

    fn kind<'a>(&'a self, at: Target<'a>, phase: CallPhase) -> Result<(&'static dyn Erased, Cx<'a>), CloudError> {
        let kind = self.kinds.get(at.kind.name).copied().ok_or_else(|| unknown(at))?;
        Ok((kind, self.cx(at, phase)?))
    }
}

fn unknown(at: Target<'_>) -> CloudError {
    let why =
        format!("this build of `dr` does not know how AWS does {}; it was built without its service", at.kind.name);
    CloudError::new(ErrorClass::Invalid, at.kind.name, "UnknownKind", why)
}

/// Hands a call over to the kind, or fails at once.
macro_rules! dispatch {
    ($self:ident, $at:ident, $phase:ident, $function:ident($($arg:expr),*)) => {
        match $self.kind($at, CallPhase::$phase) {
            Ok((kind, cx)) => kind.$function(cx, $($arg),*),
            Err(error) => Box::pin(ready(Err(error))),
        }
    };
}

impl Cloud for Aws {
    fn identify(&self) -> CloudResult<'_, Identity> {
        Box::pin(ready(Ok(self.identity.clone())))
    }

    fn find<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Option<Str>> {
        dispatch!(self, at, Look, find(args, intent))
    }

    fn create<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Str> {
        dispatch!(self, at, Make, create(args, intent))
    }

    fn configure<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        args: &'a Map<Value>,
        intent: &'a Intent,
    ) -> CloudResult<'a, bool> {
        dispatch!(self, at, Make, configure(id, args, intent))
    }

    fn settle<'a>(&'a self, at: Target<'a>, id: &'a str, args: &'a Map<Value>) -> CloudResult<'a, Settled> {
        dispatch!(self, at, Make, settle(id, args))
    }

    fn read<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Option<Live>> {
        dispatch!(self, at, Look, read(id, last))
    }

    fn owner<'a>(&'a self, at: Target<'a>, id: &'a str, live: &'a Live) -> CloudResult<'a, Option<Owner>> {
        match self.cx(at, CallPhase::Look) {
            Ok(cx) => Box::pin(async move { owner::of(&self.connection, cx.region(), at.kind, id, live).await }),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    fn claim<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        args: &'a Map<Value>,
        intent: &'a Intent,
    ) -> CloudResult<'a, ()> {
        match (at.kind.tags(), self.kind(at, CallPhase::Make)) {
            (None, _) => Box::pin(ready(Ok(()))),
            (_, Err(error)) => Box::pin(ready(Err(error))),
            (Some(field), Ok((kind, cx))) => Box::pin(async move {
                let marked = owner::marked(field, args, intent);
                kind.update(cx, id, args, &marked).await
            }),
        }
    }

    fn update<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        old: &'a Map<Value>,
        new: &'a Map<Value>,
    ) -> CloudResult<'a, ()> {
        dispatch!(self, at, Make, update(id, old, new))
    }

    fn delete<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, ()> {
        dispatch!(self, at, Look, delete(id, last))
    }

    fn deleted<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Settled> {
        dispatch!(self, at, Look, deleted(id, last))
    }

    fn batch<'a>(&'a self, items: &'a [BatchItem<'a>]) -> CloudResult<'a, Vec<Str>> {
        let only_deletes = items.iter().all(|item| matches!(item.change, BatchChange::Delete { .. }));
        let phase = if only_deletes { CallPhase::Look } else { CallPhase::Make };
        let Some(first) = items.first() else { return Box::pin(ready(Ok(Vec::new()))) };
        let each = items.iter().map(|item| Ok((self.cx(item.at, phase)?, item.change))).collect();
        let each: Result<Vec<_>, CloudError> = each;
        match self.kind(first.at, phase).and_then(|(kind, _)| Ok((kind, each?))) {
            Ok((kind, items)) => kind.batch(items),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    fn switch<'a>(&'a self, at: Target<'a>, id: &'a str, change: &'a RoleChange<'a>) -> CloudResult<'a, ()> {
        // The region that is left need not answer, nor that of global services.
        match self.kind(at, CallPhase::Make) {
            Ok((kind, cx)) => kind.switch(cx.at(change.via), id, change),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    fn vitals<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Vitals> {
        dispatch!(self, at, Look, vitals(id, last))
    }

    fn objections<'a>(&'a self, at: Target<'a>, wishes: &'a Wishes) -> CloudResult<'a, Vec<Objection>> {
        dispatch!(self, at, Ask, objections(wishes))
    }

    fn look_up<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>) -> CloudResult<'a, Map<Value>> {
        let ready_to_ask = self
            .look_ups
            .get(at.kind.name)
            .copied()
            .ok_or_else(|| unknown(at))
            .and_then(|look_up| Ok((look_up, self.cx(at, CallPhase::Look)?)));
        match ready_to_ask {
            Ok((look_up, cx)) => look_up.look_up(cx, args),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    fn watched_by(&self, watch: Arc<dyn RequestWatch>) {
        self.connection.watched_by(watch);
    }

    fn reach<'a>(&'a self, place: &'a str) -> CloudResult<'a, ()> {
        Box::pin(self.connection.reach(place))
    }

    fn sweep<'a>(&'a self, sought: Sought<'a>, place: &'a str) -> CloudResult<'a, Vec<TaggedResource>> {
        Box::pin(async move {
            let region = if place == GLOBAL { self.connection.account.global_region() } else { place };
            let found = sweep::sweep(&self.connection, &self.kinds, sought, place).await?;
            residue::still_there(&self.connection, &self.kinds, region, found).await
        })
    }

    fn tagged<'a>(&'a self, tag: (&'a str, &'a str), place: &'a str) -> CloudResult<'a, Vec<TaggedResource>> {
        Box::pin(sweep::tagged(&self.connection, &self.kinds, tag, place))
    }

    fn leftovers<'a>(&'a self, trail: &'a Trail<'a>, place: &'a str) -> CloudResult<'a, PlaceSearch> {
        Box::pin(async move { Ok(leftovers::search(&self.connection, trail, place).await) })
    }

    fn regions(&self) -> CloudResult<'_, Vec<Str>> {
        Box::pin(regions::of_account(&self.connection))
    }
}
