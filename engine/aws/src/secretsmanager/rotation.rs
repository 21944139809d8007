//! `secretsmanager.rotation`: lifecycle. The id is the secret's ARN.
//!
//! `RotateSecret` writes over the rotation of a secret, whoever set it: it is asked for first, and is this operation's if
//! it is as it was to be. Its token becomes the id of the version that the renewal makes: of the first it is the
//! operation, of later ones the number after that of the version in use.

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::RotationRulesType;
use dr_core::cloud::Intent;
use dr_kinds::secretsmanager::{Rotation, RotationOut, RotationRules};

use super::described::describe;
use super::versions::{CURRENT, following, token, version};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, found_as_given, is_as_given, is_free};

const CALL: &str = "secretsmanager:RotateSecret";

impl Lifecycle for Rotation {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, args.secret_id.clone(), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        if is_free(cx, CALL, &args.secret_id, args).await? {
            rotate(cx, args, token(intent)).await?;
        }
        Ok(args.secret_id.clone())
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, RotationOut)>> {
        let live = describe(cx, id).await?.and_then(|secret| described(&secret, last));
        Ok(live.map(|live| (live, RotationOut { arn: id.to_owned() })))
    }

    async fn update(cx: &Cx<'_>, id: &str, _old: &Self, new: &Self) -> Result<()> {
        let secret = describe(cx, id).await?;
        // A renewal that was asked for already is not asked for again.
        if secret.as_ref().and_then(|secret| described(secret, new)).is_some_and(|live| is_as_given(&live, new)) {
            return Ok(());
        }
        let current = secret.and_then(|secret| version(&secret, CURRENT)).map(|(version, _)| version);
        rotate(cx, new, following(&current.unwrap_or_default())).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let secret = cx.secretsmanager().cancel_rotate_secret().secret_id(id).send();
        cx.call("secretsmanager:CancelRotateSecret", secret).await.found().map(drop)
    }
}

/// The rotation that a secret has, if any; the rest as in `last`.
fn described(secret: &DescribeSecretOutput, last: &Rotation) -> Option<Rotation> {
    let rules = secret.rotation_rules().filter(|_| secret.rotation_enabled == Some(true))?;
    Some(Rotation {
        rotation_lambda_arn: secret.rotation_lambda_arn()?.to_owned(),
        rotation_rules: RotationRules {
            // Of a schedule, Secrets Manager works the days out.
            automatically_after_days: rules.automatically_after_days.filter(|_| rules.schedule_expression.is_none()),
            schedule_expression: rules.schedule_expression.clone(),
            duration: rules.duration.clone(),
        },
        ..last.clone()
    })
}

async fn rotate(cx: &Cx<'_>, args: &Rotation, token: String) -> Result<()> {
    let rules = RotationRulesType::builder().set_automatically_after_days(args.rotation_rules.automatically_after_days);
    let rules = rules.set_schedule_expression(args.rotation_rules.schedule_expression.clone());
    let rules = rules.set_duration(args.rotation_rules.duration.clone()).build();
    let secret = cx.secretsmanager().rotate_secret().secret_id(&args.secret_id).client_request_token(token);
    let secret = secret.rotation_lambda_arn(&args.rotation_lambda_arn).rotation_rules(rules);
    cx.call(CALL, secret.rotate_immediately(args.rotate_immediately).send()).await.map(drop)
}
