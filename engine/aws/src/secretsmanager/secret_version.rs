//! `secretsmanager.secret_version`: lifecycle. The id is the secret's ARN: it stands for the version that carries the
//! labels, whichever that is.
//!
//! The token of a write becomes the id of the version. For the first it is the operation; for later ones, which follow
//! from the version that they replace, the number after its own. So a write that is repeated makes no second version. A
//! version cannot be deleted: it goes with the secret, and until then keeps the label that readers ask for.

use dr_core::cloud::{ErrorClass, Intent, Settled};
use dr_kinds::secretsmanager::{SecretVersion, SecretVersionOut};

use super::described::describe;
use super::versions::{CURRENT, following, token, version};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};

/// How many versions a secret has at most, about.
const VERSIONS: usize = 100;

impl Lifecycle for SecretVersion {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let versions = describe(cx, &args.secret_id).await?.and_then(|secret| secret.version_ids_to_stages);
        // Where nobody knows the operation, it is whatever bears the label.
        let is_labelled = |stages: &Vec<String>| stages.iter().any(|stage| stage == label(args));
        let ours = versions.is_some_and(|versions| match intent.knows_operation() {
            true => versions.contains_key(&token(intent)),
            false => versions.values().any(is_labelled),
        });
        Ok(ours.then(|| args.secret_id.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        put(cx, args, token(intent)).await?;
        Ok(args.secret_id.clone())
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, SecretVersionOut)>> {
        let Some(secret) = describe(cx, id).await? else { return Ok(None) };
        let Some((version_id, version_stages)) = version(&secret, label(last)) else { return Ok(None) };
        let live = SecretVersion { version_stages, ..last.clone() };
        Ok(Some((live, SecretVersionOut { version_id, arn: id.to_owned() })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        let now = cx.secretsmanager().get_secret_value().secret_id(id).version_stage(label(old)).send();
        let now = cx.call("secretsmanager:GetSecretValue", now).await?;
        let labelled = new.version_stages.iter().all(|stage| now.version_stages().contains(stage));
        if labelled && now.secret_string() == Some(&new.secret_string.0) {
            return Ok(());
        }
        let mut token = following(now.version_id().unwrap_or_default());
        for _ in 0..VERSIONS {
            match put(cx, new, token.clone()).await {
                // A version of this id has another value: labels have been moved back since.
                Err(error) if error.class == ErrorClass::Exists => token = following(&token),
                other => return other,
            }
        }
        Err(cx.not_ours("secretsmanager:PutSecretValue", &token))
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        let Some(secret) = describe(cx, id).await? else { return Ok(()) };
        let Some((version, stages)) = version(&secret, label(last)) else { return Ok(()) };
        for stage in stages.iter().filter(|stage| *stage != CURRENT) {
            let stage = cx.secretsmanager().update_secret_version_stage().secret_id(id).version_stage(stage);
            let stage = stage.remove_from_version_id(&version).send();
            cx.call("secretsmanager:UpdateSecretVersionStage", stage).await.found()?;
        }
        Ok(())
    }

    async fn deleted(_cx: &Cx<'_>, _id: &str, _last: &Self) -> Result<Settled> {
        Ok(Settled::Ready)
    }
}

/// The label that tells the version from others.
fn label(args: &SecretVersion) -> &str {
    args.version_stages.first().map_or(CURRENT, String::as_str)
}

async fn put(cx: &Cx<'_>, args: &SecretVersion, token: String) -> Result<()> {
    let value = cx.secretsmanager().put_secret_value().secret_id(&args.secret_id).client_request_token(token);
    let value = value.secret_string(&args.secret_string.0);
    let value = value.set_version_stages((!args.version_stages.is_empty()).then(|| args.version_stages.clone()));
    cx.call("secretsmanager:PutSecretValue", value.send()).await.map(drop)
}
