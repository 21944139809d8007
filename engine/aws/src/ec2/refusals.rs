//! Refusals inside of replies.

use aws_sdk_ec2::types::UnsuccessfulItem;

use crate::connect::Cx;
use crate::lifecycle::Result;

/// What a reply that is about several items says of those that were refused.
pub(super) fn all_successful(cx: &Cx<'_>, call: &str, unsuccessful: &[UnsuccessfulItem]) -> Result<()> {
    match unsuccessful.iter().find_map(|item| item.error()) {
        Some(error) => Err(cx.refused(call, error.code().unwrap_or_default(), error.message().unwrap_or_default())),
        None => Ok(()),
    }
}
