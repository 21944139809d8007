//! `secretsmanager.existing_secret`: look-up.

use dr_kinds::secretsmanager::{ExistingSecret, ExistingSecretOut};

use super::described::describe;
use crate::connect::Cx;
use crate::lifecycle::{LookUp, Result, the_one};

impl LookUp for ExistingSecret {
    async fn look_up(cx: &Cx<'_>, args: &Self) -> Result<ExistingSecretOut> {
        // An ARN is asked for by the same word; what was asked for is a name.
        let secret = describe(cx, &args.name).await?.filter(|secret| secret.name() == Some(&args.name));
        let secret = the_one(cx, "secretsmanager:DescribeSecret", args, secret.into_iter().collect(), |_| "")?;
        Ok(ExistingSecretOut {
            arn: secret.arn.unwrap_or_default(),
            description: secret.description.unwrap_or_default(),
        })
    }
}
