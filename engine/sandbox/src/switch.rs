//! Switch: which member of a group takes the writes, and how another one comes to take them.
//!
//! The first member of a group writes. A change of roles takes its time; until it is over, nobody writes. A member that may
//! lack what another one took is made anew as a copy of that, once its region answers.

use std::borrow::Cow;
use std::time::Duration;

use dr_core::cloud::{CloudError, ErrorClass, Settled};
use dr_core::recovery::{Figure, REBUILD, role_change};
use dr_core::schema::Kind;
use dr_core::value::{Str, Value, intern};
use tokio::time::Instant;

use crate::call::Call;
use crate::draw::draw;
use crate::inner::{Core, ResourceKey, micros};
use crate::log::LogLine;
use crate::role::{RoleFields, RoleSwitch, role_fields};
use crate::state::{Data, Entry};

/// What is asked for by a change of roles.
pub(crate) struct RoleWish {
    pub(crate) member: &'static Kind,
    pub(crate) region: Option<Str>,
    pub(crate) id: Str,
    pub(crate) may_lose: bool,
}

impl Core {
    /// Gives a resource that is made, or that enters or leaves a group, its role. `before` is what it was.
    pub(crate) fn cast(&self, kind: &'static Kind, data: &mut Data, before: Option<&Data>) {
        let Some(fields) = role_fields(kind) else { return };
        let group = data.args.get(fields.group.name).and_then(Value::as_str);
        let was = before.map(|before| before.args.get(fields.group.name).and_then(Value::as_str));
        let kept = before.filter(|_| was == Some(group)).and_then(|before| before.outputs.get(fields.writes.name));
        let writes = match (kept, group) {
            (Some(kept), _) => kept.clone(),
            (None, None) => Value::Bool(true),
            (None, Some(group)) => {
                let mut others = self.members(kind, fields, group).filter(|other| other.data.op != data.op);
                Value::Bool(others.next().is_none())
            }
        };
        data.outputs.insert(intern(fields.writes.name), writes);
    }

    fn members<'a>(
        &'a self,
        kind: &'static Kind,
        fields: RoleFields,
        group: &'a str,
    ) -> impl Iterator<Item = &'a Entry> {
        let is_in = move |entry: &&Entry| {
            entry.kind.name == kind.name
                && !entry.is_deleting()
                && entry.data.args.get(fields.group.name).and_then(Value::as_str) == Some(group)
        };
        self.state.iter().filter(is_in)
    }

    /// Lets another member of a group take the writes.
    pub(crate) fn switch(&mut self, group: ResourceKey<'_>, wish: &RoleWish, start: Instant) -> Result<(), CloudError> {
        let now = self.now();
        // Each of the two has a call of its own.
        let call = Call { verb: if wish.may_lose { "Failover" } else { "Switchover" }, ..group.call };
        let described = self.entry(group)?.describe();
        let member = ResourceKey { kind: wish.member, region: wish.region.as_deref(), id: &wish.id, call };
        let chosen = self.entry(member)?;
        let fields = role_fields(wish.member)
            .filter(|fields| chosen.data.args.get(fields.group.name).and_then(Value::as_str) == Some(group.id));
        let Some(fields) = fields else {
            let message = format!("{} is no member of {described}", chosen.describe());
            return Err(call.fails(ErrorClass::Invalid, "NotAMember", message));
        };
        let says = |entry: &Entry| entry.data.outputs.get(fields.writes.name).and_then(Value::as_bool) == Some(true);
        if says(chosen) {
            return Ok(());
        }
        let to: Str = chosen.data.address.clone();
        let members: Vec<&Entry> = self.members(wish.member, fields, group.id).collect();
        // Whoever may lose what is missing asks nobody but the member itself.
        for one in members.iter().filter(|one| !wish.may_lose || one.data.address == to) {
            if let Some(region) = one.data.region.as_deref().filter(|region| self.outages.is_off(region, now)) {
                let message = format!("{} does not answer: {region} cannot be reached", one.describe());
                return Err(call.fails(ErrorClass::Invalid, "InvalidGlobalClusterState", message));
            }
            if let Settled::Wait(wait) = self.settled(one, now) {
                let message = format!("{} is not ready", one.describe());
                return Err(call.must_wait("InvalidClusterState", message, wait.unwrap_or_default()));
            }
        }
        let over_at =
            self.later(start, self.takes(role_change(wish.may_lose), &[group.id, &self.switches.len().to_string()]));
        let changed: Vec<Data> = members
            .into_iter()
            .map(|one| {
                let (mut data, is_chosen) = (one.data.clone(), one.data.address == to);
                data.is_stale = wish.may_lose && !is_chosen;
                data.ready_at = over_at;
                data.turns_at = if is_chosen { over_at } else { 0 };
                data.outputs.insert(intern(fields.writes.name), Value::Bool(is_chosen));
                data
            })
            .collect();
        let lines = changed
            .into_iter()
            .map(|data| LogLine::Put { kind: Cow::Borrowed(wish.member.name), resource: Cow::Owned(data) });
        self.commit(lines.collect()).map_err(|e| call.broke(&e))?;
        self.switches.push(RoleSwitch { at: now, over_at, to, loses: wish.may_lose });
        Ok(())
    }

    /// Whether a resource is ready. One that may lack what another one took is so only after it was made anew.
    pub(crate) fn settled(&self, entry: &Entry, now: u64) -> Settled {
        let data = &entry.data;
        let mut ready_at = data.ready_at;
        if data.is_stale {
            let back = data.region.as_deref().map(|region| self.outages.on_since(region, now)).unwrap_or_default();
            let takes = self.speed().scale(self.takes(REBUILD, &[&data.address, "rebuild"]));
            ready_at = ready_at.max(back.max(ready_at).saturating_add(micros(takes)));
        }
        match ready_at > now {
            true => Settled::Wait(Some(Duration::from_micros(ready_at - now))),
            false => Settled::Ready,
        }
    }

    /// How long something takes that has usual and longest times: between half of the usual one and the longest, as the
    /// seed decides; the usual one without a seed.
    pub(crate) fn takes(&self, figure: Figure, of: &[&str]) -> Duration {
        let usual = f64::from(figure.typical.or(figure.most).unwrap_or_default());
        let most = figure.most.map_or(usual, f64::from);
        let Some(seed) = self.options.seed else { return Duration::from_secs_f64(usual) };
        let seed = seed.to_le_bytes();
        let parts = std::iter::once(&seed[..]).chain(of.iter().flat_map(|part| [part.as_bytes(), &[0]]));
        let drawn = draw(parts);
        Duration::from_secs_f64(usual / 2.0 + drawn * (most - usual / 2.0))
    }
}
