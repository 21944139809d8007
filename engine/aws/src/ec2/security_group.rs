//! `ec2.security_group`: lifecycle. The id is the group's id.
//!
//! AWS gives a new group a rule by which everything may leave, in a VPC with IPv6 addresses one more; both are revoked
//! at once. A group cannot be deleted while rules of other groups name it. Those of the same environment are gone by
//! then unless somebody else added them: only when the deletion is refused are such rules looked for and revoked.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, IpPermission, IpRange, Ipv6Range, ResourceType, SecurityGroup as Found};
use dr_core::cloud::{ErrorClass, Intent, tag};
use dr_kinds::ec2::{SecurityGroup, SecurityGroupOut};

use super::security_group_rule::revoke;
use super::{filter, made_by, named_blockers, retag, tagged};
use crate::cx::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags::{self, Reported as _};

impl Lifecycle for SecurityGroup {
    async fn find(cx: &Cx<'_>, _args: &Self, intent: &Intent) -> Result<Option<String>> {
        let groups = cx.ec2().describe_security_groups().filters(made_by(intent));
        let groups = groups.into_paginator().items().send().try_collect();
        let groups = cx.call("ec2:DescribeSecurityGroups", groups).await?;
        Ok(groups.into_iter().find(|group| tags::ours(group.tags(), intent)).and_then(|group| group.group_id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let group = cx.ec2().create_security_group().vpc_id(&args.vpc_id).group_name(&args.name);
        let group = group.description(&args.description);
        let group = group.tag_specifications(tagged(ResourceType::SecurityGroup, &args.tags, intent));
        let reply = cx.call("ec2:CreateSecurityGroup", group.send()).await?;
        reply.group_id.ok_or_else(|| cx.incomplete("ec2:CreateSecurityGroup", "id"))
    }

    async fn configure(cx: &Cx<'_>, id: &str, _args: &Self, _intent: &Intent) -> Result<()> {
        let all = || IpPermission::builder().ip_protocol("-1");
        let given = [
            all().ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build()),
            all().ipv6_ranges(Ipv6Range::builder().cidr_ipv6("::/0").build()),
        ];
        for rule in given {
            let rule = cx.ec2().revoke_security_group_egress().group_id(id).ip_permissions(rule.build());
            cx.call("ec2:RevokeSecurityGroupEgress", rule.send()).await.found()?;
        }
        Ok(())
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, SecurityGroupOut)>> {
        let groups = cx.ec2().describe_security_groups().group_ids(id).send();
        let groups = cx.call("ec2:DescribeSecurityGroups", groups).await.found()?;
        let group = groups.and_then(|reply| reply.security_groups).and_then(|groups| groups.into_iter().next());
        let Some(group) = group else { return Ok(None) };
        let live = SecurityGroup {
            tags: tags::user(group.tags()),
            name: group.group_name.unwrap_or_default(),
            description: group.description.unwrap_or_default(),
            vpc_id: group.vpc_id.unwrap_or_default(),
            ..last.clone()
        };
        let arn = group.security_group_arn.unwrap_or_else(|| cx.arn("ec2", &format!("security-group/{id}")));
        let owner_id = group.owner_id.unwrap_or_else(|| cx.account().to_owned());
        Ok(Some((live, SecurityGroupOut { arn, owner_id })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        let mut answer = remove(cx, id).await;
        let blocked = |answer: &Result<()>| answer.as_ref().is_err_and(|error| error.class == ErrorClass::Conflict);
        if blocked(&answer) && last.revoke_rules_on_delete && revoke_rules(cx, id, &last.vpc_id).await? {
            answer = remove(cx, id).await;
        }
        named_blockers(cx, answer, filter("group-id", id)).await
    }
}

async fn remove(cx: &Cx<'_>, id: &str) -> Result<()> {
    let group = cx.ec2().delete_security_group().group_id(id).send();
    cx.call("ec2:DeleteSecurityGroup", group).await.found().map(drop)
}

/// Revokes the rules of a group, and those of other groups of its environment that name it. Returns whether there were
/// any.
async fn revoke_rules(cx: &Cx<'_>, id: &str, vpc: &str) -> Result<bool> {
    let groups = cx.ec2().describe_security_groups().filters(filter("vpc-id", vpc));
    let groups = groups.into_paginator().items().send().try_collect();
    let groups: Vec<Found> = cx.call("ec2:DescribeSecurityGroups", groups).await?;
    let marks = |group: &Found| {
        let tags = group.tags().tags();
        [tag::PROGRAM, tag::ENVIRONMENT].map(|key| tags.get(key).cloned())
    };
    let own = groups.iter().find(|group| group.group_id() == Some(id)).map(marks).unwrap_or_default();
    let may = |group: &&Found| {
        group.group_id() == Some(id) || (own.iter().all(Option::is_some) && marks(group) == own && names(group, id))
    };
    let groups: Vec<String> = groups.iter().filter(may).filter_map(|group| group.group_id.clone()).collect();
    if groups.is_empty() {
        return Ok(false);
    }
    let of = Filter::builder().name("group-id").set_values(Some(groups)).build();
    let rules = cx.ec2().describe_security_group_rules().filters(of).into_paginator().items().send().try_collect();
    let mut revoked: BTreeMap<(String, bool), Vec<String>> = BTreeMap::new();
    for rule in cx.call("ec2:DescribeSecurityGroupRules", rules).await? {
        let names = rule.referenced_group_info().is_some_and(|group| group.group_id() == Some(id));
        if let (Some(group), Some(rule_id)) = (rule.group_id, rule.security_group_rule_id)
            && (group == id || names)
        {
            revoked.entry((group, rule.is_egress.unwrap_or_default())).or_default().push(rule_id);
        }
    }
    let any = !revoked.is_empty();
    for ((group, egress), rules) in revoked {
        revoke(cx, &group, egress, rules).await?;
    }
    Ok(any)
}

/// Whether a rule of a group names another group.
fn names(group: &Found, other: &str) -> bool {
    let rules = group.ip_permissions().iter().chain(group.ip_permissions_egress());
    rules.flat_map(|rule| rule.user_id_group_pairs()).any(|pair| pair.group_id() == Some(other))
}
