//! AWS Secrets Manager.

crate::lifecycle::service! {
    secretsmanager { secret::Secret, secret_version::SecretVersion }
}

crate::tags::tag_type!(optional aws_sdk_secretsmanager::types::Tag);

#[cfg(test)]
mod tests;

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use dr_core::cloud::Intent;

use crate::cx::{Cx, MayBeGone as _};
use crate::lifecycle::Result;

/// The secret of this ARN or name, or `None`. One whose deletion is scheduled counts as gone.
async fn describe(cx: &Cx<'_>, secret: &str) -> Result<Option<DescribeSecretOutput>> {
    let secret = cx.secretsmanager().describe_secret().secret_id(secret).send();
    let reply = cx.call("secretsmanager:DescribeSecret", secret).await.found()?;
    Ok(reply.filter(|secret| secret.deleted_date.is_none()))
}

/// The operation's id as a token, which Secrets Manager wants to be of 32 characters or more.
fn token(intent: &Intent) -> String {
    format!("{:0>32}", &*intent.op)
}
