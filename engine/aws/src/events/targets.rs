//! Targets of rules, and where goes what could not be delivered.

use aws_sdk_eventbridge::types::{DeadLetterConfig, Target as Described};

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;

/// A queue for what could not be delivered, or none.
pub(super) fn dead_letter(arn: Option<&str>) -> Option<DeadLetterConfig> {
    arn.map(|arn| DeadLetterConfig::builder().arn(arn).build())
}

/// All targets of a rule, or `None` if there is no such rule.
pub(super) async fn targets(cx: &Cx<'_>, bus: &str, rule: &str) -> Result<Option<Vec<Described>>> {
    let (mut targets, mut next) = (Vec::new(), None);
    loop {
        let page = cx.events().list_targets_by_rule().event_bus_name(bus).rule(rule).set_next_token(next).send();
        let Some(page) = cx.call("events:ListTargetsByRule", page).await.found()? else { return Ok(None) };
        targets.extend(page.targets.unwrap_or_default());
        next = page.next_token;
        if next.is_none() {
            return Ok(Some(targets));
        }
    }
}

/// Removes targets of a rule. That the rule is gone is success.
pub(super) async fn remove_targets(cx: &Cx<'_>, bus: &str, rule: &str, ids: Vec<String>) -> Result<()> {
    const CALL: &str = "events:RemoveTargets";
    let targets = cx.events().remove_targets().event_bus_name(bus).rule(rule).set_ids(Some(ids)).send();
    let Some(reply) = cx.call(CALL, targets).await.found()? else { return Ok(()) };
    match reply.failed_entries().first() {
        Some(entry) => {
            let (code, message) = (entry.error_code().unwrap_or_default(), entry.error_message().unwrap_or_default());
            Err(cx.refused(CALL, code, message)).found().map(drop::<Option<()>>)
        }
        None if reply.failed_entry_count > 0 => Err(cx.incomplete(CALL, "reason why targets were not removed")),
        None => Ok(()),
    }
}
