//! How many elastic addresses the account takes in a region, and has.

use aws_sdk_ec2::types::AccountAttribute;
use dr_core::online::{Objection, Quota, Wishes};

use crate::connect::Cx;
use crate::lifecycle::Result;

/// What EC2 calls the quota.
const ADDRESSES: &str = "vpc-max-elastic-ips";

/// Whether the addresses of a plan are more than the account takes. Nothing is said where EC2 does not tell the quota.
pub(super) async fn of_addresses(cx: &Cx<'_>, wishes: &Wishes) -> Result<Vec<Objection>> {
    // The SDK has no name for the attribute, and the service gives all of them when none is asked for.
    let attributes = cx.call("ec2:DescribeAccountAttributes", cx.ec2().describe_account_attributes().send()).await?;
    let named = |attribute: &AccountAttribute| attribute.attribute_name() == Some(ADDRESSES);
    let quota = attributes.account_attributes().iter().find(|attribute| named(attribute));
    let value = quota.and_then(|quota| quota.attribute_values().first()?.attribute_value()?.parse().ok());
    let Some(most) = value else { return Ok(Vec::new()) };
    let addresses = cx.call("ec2:DescribeAddresses", cx.ec2().describe_addresses().send()).await?;
    let used = addresses.addresses().iter().filter(|address| address.allocation_id().is_some()).count();
    Ok(wishes.beyond(Quota { most, used }, "elastic addresses").into_iter().collect())
}
