//! `secretsmanager.secret`: lifecycle. The id is the secret's ARN.
//!
//! A secret is deleted without a time to recover it, and only once Secrets Manager has removed its replicas. Those that
//! the program declares have gone by then; others would stand in the way.

use dr_core::cloud::{CloudError, ErrorClass, Intent, Settled};
use dr_core::convert::PolicyDocument;
use dr_kinds::secretsmanager::{Secret, SecretOut};

use super::described::{OWN_KEY, REMOVE, describe, key, leave};
use super::tagging::retag;
use super::versions::token;
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, gone};
use crate::tags;

impl Lifecycle for Secret {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let secret = describe(cx, &args.name).await?.filter(|secret| tags::ours(secret.tags(), intent));
        Ok(secret.and_then(|secret| secret.arn))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let secret = cx.secretsmanager().create_secret().name(&args.name).client_request_token(token(intent));
        let secret = secret.set_description(Some(args.description.clone()).filter(|text| !text.is_empty()));
        let secret = secret.set_kms_key_id(args.kms_key_id.clone());
        let secret = secret.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        let reply = cx.call("secretsmanager:CreateSecret", secret.send()).await?;
        reply.arn.ok_or_else(|| cx.incomplete("secretsmanager:CreateSecret", "ARN"))
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        match &args.policy {
            Some(policy) => put_policy(cx, id, policy).await,
            None => Ok(()),
        }
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, SecretOut)>> {
        let Some(secret) = describe(cx, id).await? else { return Ok(None) };
        // A copy in another region bears the tags of the secret, and is not it.
        if secret.primary_region().is_some_and(|primary| primary != cx.region()) {
            return Ok(None);
        }
        let policy = cx.secretsmanager().get_resource_policy().secret_id(id).send();
        let Some(policy) = cx.call("secretsmanager:GetResourcePolicy", policy).await.found()? else { return Ok(None) };
        let live = Secret {
            description: secret.description().unwrap_or_default().to_owned(),
            kms_key_id: key(secret.kms_key_id(), last.kms_key_id.as_deref()),
            policy: policy.resource_policy.filter(|text| !text.is_empty()).as_deref().map(PolicyDocument::parse),
            tags: tags::user(secret.tags()),
            ..last.clone()
        };
        Ok(Some((live, SecretOut { arn: id.to_owned() })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if (&old.description, &old.kms_key_id) != (&new.description, &new.kms_key_id) {
            let secret = cx.secretsmanager().update_secret().secret_id(id).description(&new.description);
            let key = (old.kms_key_id != new.kms_key_id).then(|| new.kms_key_id.as_deref().unwrap_or(OWN_KEY));
            cx.call("secretsmanager:UpdateSecret", secret.set_kms_key_id(key.map(str::to_owned)).send()).await?;
        }
        if old.policy != new.policy {
            match &new.policy {
                Some(policy) => put_policy(cx, id, policy).await?,
                None => {
                    let policy = cx.secretsmanager().delete_resource_policy().secret_id(id).send();
                    cx.call("secretsmanager:DeleteResourcePolicy", policy).await?;
                }
            }
        }
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        let Some(secret) = describe(cx, id).await? else { return Ok(()) };
        let regions: Vec<String> = secret.replication_status().iter().filter_map(|r| r.region.clone()).collect();
        if !regions.is_empty() && leave(cx, id, &regions).await? {
            let why = format!("{}: replicas of it are still being removed", cx.address());
            return Err(CloudError::new(ErrorClass::Conflict, REMOVE, "ReplicasGoing", why));
        }
        let secret = cx.secretsmanager().delete_secret().secret_id(id);
        let secret = match last.recovery_window_in_days {
            0 => secret.force_delete_without_recovery(true),
            days => secret.recovery_window_in_days(days),
        };
        cx.call("secretsmanager:DeleteSecret", secret.send()).await.found().map(drop)
    }

    async fn deleted(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<Settled> {
        Ok(gone(describe(cx, id).await?))
    }
}

async fn put_policy(cx: &Cx<'_>, id: &str, policy: &PolicyDocument) -> Result<()> {
    let policy = cx.secretsmanager().put_resource_policy().secret_id(id).resource_policy(policy.text());
    cx.call("secretsmanager:PutResourcePolicy", policy.send()).await.map(drop)
}
