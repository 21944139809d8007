//! `kms.key`: lifecycle. The id is the key's id, without region and account.
//!
//! `CreateKey` takes no token and a key has no name: after a crash it is looked for by its `dr:op` tag. A key whose
//! deletion is scheduled counts as gone, and is never revived.

use std::collections::BTreeMap;

use aws_sdk_kms::types::{KeySpec, KeyUsageType};
use aws_sdk_resourcegroupstagging::types::TagFilter;
use dr_core::cloud::{ErrorClass, Intent, tag};
use dr_core::convert::PolicyDocument;
use dr_kinds::kms::{Key, KeyOut};

use super::keys::{alive, enable, key_id, policy, put_policy, schedule, set_description};
use super::tagging::{list_tags, retag};
use crate::connect::{Cx, MayBeGone as _, small};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

impl Lifecycle for Key {
    async fn find(cx: &Cx<'_>, _args: &Self, intent: &Intent) -> Result<Option<String>> {
        for id in candidates(cx, intent).await? {
            if alive(cx, &id).await?.is_some() {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let key = cx.kms().create_key().description(&args.description).multi_region(args.multi_region);
        let key = key.key_usage(KeyUsageType::from(args.key_usage.as_str()));
        let key = key.key_spec(KeySpec::from(args.key_spec.as_str()));
        let key = key.set_policy(args.policy.as_ref().map(PolicyDocument::text));
        let key = key.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        let reply = cx.call("kms:CreateKey", key.send()).await?;
        let key = reply.key_metadata.ok_or_else(|| cx.incomplete("kms:CreateKey", "key"))?;
        Ok(key.key_id)
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        let new = Key { enabled: true, enable_key_rotation: false, rotation_period_in_days: None, ..args.clone() };
        switch(cx, id, &new, args).await
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, KeyOut)>> {
        let Some(key) = alive(cx, id).await? else { return Ok(None) };
        let Some(policy) = policy(cx, id).await? else { return Ok(None) };
        let Some(tagged) = list_tags(cx, id).await.found()? else { return Ok(None) };
        let (mut rotates, mut period) = (false, None);
        // Only symmetric keys can rotate; KMS refuses the question for others.
        if key.key_spec == Some(KeySpec::SymmetricDefault) {
            let status = cx.kms().get_key_rotation_status().key_id(id).send();
            let Some(status) = cx.call("kms:GetKeyRotationStatus", status).await.found()? else { return Ok(None) };
            (rotates, period) = (status.key_rotation_enabled, status.rotation_period_in_days.map(i64::from));
        }
        let live = Key {
            description: key.description.unwrap_or_default(),
            policy: Some(policy),
            enable_key_rotation: rotates,
            // There is none while the key does not rotate.
            rotation_period_in_days: period.or(last.rotation_period_in_days),
            key_usage: key.key_usage.map_or_else(|| last.key_usage.clone(), |usage| usage.as_str().to_owned()),
            key_spec: key.key_spec.map_or_else(|| last.key_spec.clone(), |spec| spec.as_str().to_owned()),
            multi_region: key.multi_region.unwrap_or_default(),
            enabled: key.enabled,
            tags: tags::user(&*tagged),
            ..last.clone()
        };
        let arn = key.arn.unwrap_or_else(|| cx.arn("kms", &format!("key/{id}")));
        Ok(Some((live, KeyOut { arn, key_id: key.key_id })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if old.description != new.description {
            set_description(cx, id, &new.description).await?;
        }
        if let Some(policy) = new.policy.as_ref().filter(|policy| Some(*policy) != old.policy.as_ref()) {
            put_policy(cx, id, policy).await?;
        }
        switch(cx, id, old, new).await?;
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        schedule(cx, id, last.deletion_window_in_days).await
    }
}

/// The ids of the keys that this operation made, scheduled for deletion or not.
///
/// The tagging service answers at once for all keys that it knows, but gets to know a key a little after it was made;
/// KMS itself must be asked key by key, and allows few such calls a second. So only the keys are asked of which the
/// tagging service does not say that they are another operation's.
async fn candidates(cx: &Cx<'_>, intent: &Intent) -> Result<Vec<String>> {
    let pages = cx.tagging().get_resources().resource_type_filters("kms:key");
    let pages = pages.tag_filters(TagFilter::builder().key(tag::OPERATION).build()).into_paginator().items().send();
    let known = cx.call("tag:GetResources", pages.try_collect()).await?;
    let known: BTreeMap<&str, bool> =
        known.iter().filter_map(|key| Some((key_id(key.resource_arn()?), tags::ours(key.tags(), intent)))).collect();
    let ours: Vec<String> = known.iter().filter(|(_, ours)| **ours).map(|(id, _)| id.to_string()).collect();
    if !ours.is_empty() {
        return Ok(ours);
    }
    let all = cx.call("kms:ListKeys", cx.kms().list_keys().into_paginator().items().send().try_collect()).await?;
    let (mut ours, mut answered, mut denied) = (Vec::new(), false, None);
    for id in all.into_iter().filter_map(|key| key.key_id).filter(|id| !known.contains_key(id.as_str())) {
        match list_tags(cx, &id).await.found() {
            Ok(tagged) => {
                answered = true;
                if tagged.is_some_and(|tagged| tags::ours(&*tagged, intent)) {
                    ours.push(id);
                }
            }
            // A key can keep its tags to others. If all do, it is the caller who may not ask.
            Err(error) if error.class == ErrorClass::Denied => denied = Some(error),
            Err(error) => return Err(error),
        }
    }
    match denied {
        Some(error) if !answered => Err(error),
        _ => Ok(ours),
    }
}

/// Turns the key's switches. The rotation of a key can only be changed while the key is enabled.
async fn switch(cx: &Cx<'_>, id: &str, old: &Key, new: &Key) -> Result<()> {
    let rotation =
        |key: &Key| (key.enable_key_rotation, key.enable_key_rotation.then_some(key.rotation_period_in_days));
    let rotate = rotation(old) != rotation(new);
    if (rotate || new.enabled) && !(old.enabled && new.enabled) {
        enable(cx, id, true).await?;
    }
    if rotate && new.enable_key_rotation {
        let key = cx.kms().enable_key_rotation().key_id(id);
        let key = key.set_rotation_period_in_days(new.rotation_period_in_days.map(small));
        cx.call("kms:EnableKeyRotation", key.send()).await?;
    } else if rotate {
        cx.call("kms:DisableKeyRotation", cx.kms().disable_key_rotation().key_id(id).send()).await?;
    }
    if !new.enabled && (old.enabled || rotate) {
        enable(cx, id, false).await?;
    }
    Ok(())
}
