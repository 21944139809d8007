//! `kms.replica_key`: lifecycle. The id is the key's id, without region and account; the region is the replica's.
//!
//! A replica is made through the first key, in that key's region, and has its id. One whose deletion is scheduled counts
//! as gone, but keeps its place for days: it has the very material that a new one would have, so it is kept instead.

use aws_sdk_kms::types::KeyState;
use dr_core::cloud::{ErrorClass, Intent, Settled};
use dr_core::convert::{PolicyDocument, Tags};
use dr_kinds::kms::{ReplicaKey, ReplicaKeyOut};

use super::keys::{alive, describe, enable, is_going, key_id, policy, put_policy, schedule, set_description};
use super::tagging::{list_tags, retag};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags::{self, Reported as _};

impl Lifecycle for ReplicaKey {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let id = key_id(&args.primary_key_arn);
        if alive(cx, id).await?.is_none() {
            return Ok(None);
        }
        let tagged = list_tags(cx, id).await.found()?;
        Ok(tagged.filter(|tagged| tags::ours(&**tagged, intent)).map(|_| id.to_owned()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let id = key_id(&args.primary_key_arn);
        let given = tags::given(&args.tags, intent);
        let region = args.primary_key_arn.split(':').nth(3).unwrap_or_default();
        let key = cx.at(region).kms().replicate_key().key_id(id).replica_region(cx.region());
        let key = key.description(&args.description).set_policy(args.policy.as_ref().map(PolicyDocument::text));
        match cx.call("kms:ReplicateKey", key.set_tags(Some(tags::list(given.clone()))).send()).await {
            Err(error) if error.class == ErrorClass::Exists => {
                if !describe(&cx.looking(), id).await?.is_some_and(|key| is_going(&key)) {
                    return Err(error);
                }
                keep(cx, id, args, &given).await?;
            }
            reply => drop(reply?),
        }
        Ok(id.to_owned())
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        if args.enabled { Ok(()) } else { enable(cx, id, false).await }
    }

    async fn settle(cx: &Cx<'_>, id: &str, _args: &Self) -> Result<Settled> {
        // One that tells no state is ready.
        let making = describe(cx, id).await?.is_none_or(|key| {
            matches!(key.key_state, Some(KeyState::Creating | KeyState::Updating))
        });
        Ok(if making { Settled::Wait(None) } else { Settled::Ready })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, ReplicaKeyOut)>> {
        let Some(key) = alive(cx, id).await? else { return Ok(None) };
        let Some(policy) = policy(cx, id).await? else { return Ok(None) };
        let Some(tagged) = list_tags(cx, id).await.found()? else { return Ok(None) };
        let live = ReplicaKey {
            description: key.description.unwrap_or_default(),
            policy: Some(policy),
            enabled: key.enabled,
            tags: tags::user(&*tagged),
            ..last.clone()
        };
        let arn = key.arn.unwrap_or_else(|| cx.arn("kms", &format!("key/{id}")));
        Ok(Some((live, ReplicaKeyOut { arn, key_id: key.key_id })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if old.description != new.description {
            set_description(cx, id, &new.description).await?;
        }
        if let Some(policy) = new.policy.as_ref().filter(|policy| Some(*policy) != old.policy.as_ref()) {
            put_policy(cx, id, policy).await?;
        }
        if old.enabled != new.enabled {
            enable(cx, id, new.enabled).await?;
        }
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        schedule(cx, id, last.deletion_window_in_days).await
    }
}

/// Keeps a replica whose deletion is scheduled, as what is to be made.
async fn keep(cx: &Cx<'_>, id: &str, args: &ReplicaKey, given: &Tags) -> Result<()> {
    cx.call("kms:CancelKeyDeletion", cx.kms().cancel_key_deletion().key_id(id).send()).await?;
    enable(cx, id, true).await?;
    set_description(cx, id, &args.description).await?;
    if let Some(policy) = &args.policy {
        put_policy(cx, id, policy).await?;
    }
    let tagged = list_tags(cx, id).await?;
    retag(cx, id, &tagged.tags(), given).await
}
