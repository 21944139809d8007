//! Traffic: the time until DNS failover records lead requests to the secondary region.

use super::detect;
use super::figure::{Figure, seconds};
use super::report::RecoveryPart;
use crate::checks::{Planned, Resource};

/// Seconds that the answer of an alias is kept: that of a load balancer or of the domain name of an API.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html>
const ALIAS: u32 = 60;

/// How soon requests follow. Of several names the slowest counts; none where no name fails over.
pub(super) fn look(planned: &Planned<'_>) -> Option<RecoveryPart> {
    let parts = planned.of("route53.record").filter(|record| record.text("failover") == Some("PRIMARY"));
    let parts = parts.map(|record| part(planned, record));
    parts.reduce(|slowest, part| if part.time.exceeds(slowest.time) { part } else { slowest })
}

fn part(planned: &Planned<'_>, record: &Resource<'_>) -> RecoveryPart {
    let kept = flip(record.int("ttl"), record.is_given("alias"));
    let check = planned.target(record, "health_check_id");
    let (detected, how) = match check {
        Some(check) => {
            let detected = detect::health_check(planned, check);
            (detected, format!("the health check fails after {detected}; answers are kept for {}", seconds(kept)))
        }
        None if record.is_true("alias.evaluate_target_health") => {
            // The load balancer itself says when it has no healthy target.
            let detected = detect::probe(detect::TARGET_INTERVAL, detect::TARGET_FAILURES);
            (detected, format!("its target turns unhealthy after {detected}; answers are kept for {}", seconds(kept)))
        }
        None => (Figure::UNBOUNDED, "no health check says that its endpoint fails".to_owned()),
    };
    let shorten = match (check, detected.most) {
        (None, None) => Some("give the record a health check".to_owned()),
        (Some(check), Some(most)) if most > kept && check.int("request_interval") != Some(10) => {
            Some("ask every 10 seconds: `request_interval: 10` of the health check".to_owned())
        }
        (_, Some(most)) if kept > most && !record.is_given("alias") => {
            Some("keep answers for a shorter time: `ttl` of the records".to_owned())
        }
        _ => None,
    };
    let time = detected.then(Figure::of(kept, kept));
    RecoveryPart { address: record.address.clone(), how, time, loss: None, shorten }
}

/// Seconds that an answer is kept.
pub(super) fn flip(ttl: Option<i64>, is_alias: bool) -> u32 {
    let ttl = ttl.and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or_default();
    ttl.max(if is_alias { ALIAS } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::flip;

    #[test]
    fn an_answer_is_kept_as_long_as_its_record_says() {
        for (ttl, is_alias, kept) in
            [(Some(60), false, 60), (Some(0), false, 0), (None, true, 60), (None, false, 0), (Some(-1), true, 60)]
        {
            assert_eq!(flip(ttl, is_alias), kept, "{ttl:?} {is_alias}");
        }
    }
}
