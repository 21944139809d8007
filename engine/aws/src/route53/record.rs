//! `route53.record`: lifecycle. The id is zone, name, type and set identifier, joined with slashes.
//!
//! A record is made with `CREATE`, which is refused when there is one: `UPSERT` would silently take over what somebody
//! else made. It is this operation's if it says what it was to say. Only its exact live value can be deleted, so it is
//! read before; whatever it says by then, it goes.
//!
//! Changes of one name go into one call (`batch.rs`): separately, Route 53 would refuse each of them for the other.

use aws_sdk_route53::types::ChangeAction;
use dr_core::cloud::Intent;
use dr_kinds::route53::{DnsRecord, DnsRecordOut};

use super::batch::batch;
use super::changes::change;
use super::names::plain;
use super::record_set::{id, live, record, set};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, TypedChange, found_as_given};

impl Lifecycle for DnsRecord {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, id(args), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        change(cx, &args.zone_id, ChangeAction::Create, vec![set(cx, args)?]).await?;
        Ok(id(args))
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, DnsRecordOut)>> {
        Ok(live(cx, last).await?.map(|live| (record(&live, last), DnsRecordOut { fqdn: plain(&last.name) })))
    }

    async fn update(cx: &Cx<'_>, _id: &str, _old: &Self, new: &Self) -> Result<()> {
        change(cx, &new.zone_id, ChangeAction::Upsert, vec![set(cx, new)?]).await
    }

    async fn batch(items: &[(Cx<'_>, TypedChange<'_, Self>)]) -> Result<Vec<String>> {
        batch(items).await
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let Some(live) = live(cx, last).await? else { return Ok(()) };
        change(cx, &last.zone_id, ChangeAction::Delete, vec![live]).await.found().map(drop)
    }
}
