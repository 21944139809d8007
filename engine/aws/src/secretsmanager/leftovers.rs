//! Leftovers of Secrets Manager: secrets that wait for their deletion.

use std::time::Duration;

use dr_core::leftover::{Leftover, LeftoverDeparture, Trail};
use dr_core::money::Dollars;

use crate::connect::{CallPhase, Connection};
use crate::leftover_look::LeftoverLook;
use crate::lifecycle::Result;

/// The longest time for which a deleted secret can be recovered.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What this service is asked for.
pub(crate) const LEFTOVERS: &[LeftoverLook] = &[LeftoverLook {
    what: "secrets pending deletion",
    is_global: false,
    ask: |connection, region, trail| Box::pin(secrets(connection, region, trail)),
}];

/// Nothing is paid for a secret while it waits.
/// Source: <https://aws.amazon.com/secrets-manager/pricing/>
async fn secrets(connection: &Connection, region: &str, trail: &Trail<'_>) -> Result<Vec<Leftover>> {
    let pages = connection.clients.secretsmanager(region).list_secrets().include_planned_deletion(true);
    let pages = pages.into_paginator().send();
    let pages = connection.call("secretsmanager:ListSecrets", CallPhase::Look, pages.try_collect()).await?;
    let all = pages.iter().flat_map(|page| page.secret_list());
    let found = all.filter(|secret| secret.deleted_date().is_some()).filter_map(|secret| {
        let name = secret.name()?;
        let left = Leftover::new("secret pending deletion", Some(region), name, trail.of_name(Some(region), name)?);
        Some(Leftover { monthly: Some(Dollars(0)), ..left.going(LeftoverDeparture::within(LONGEST)) })
    });
    Ok(found.collect())
}
