//! `ec2.security_group`: lifecycle. The id is the group's id.
//!
//! AWS gives a new group a rule by which everything may leave, in a VPC with IPv6 addresses one more; both are revoked
//! at once. A group cannot be deleted while rules of other groups name it. Those of the same environment are gone by
//! then unless somebody else added them: only when the deletion is refused are such rules looked for and revoked.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, IpPermission, IpRange, Ipv6Range, ResourceType, SecurityGroup as Found};
use dr_core::cloud::{ErrorClass, Intent, tag};
use dr_kinds::ec2::{SecurityGroup, SecurityGroupOut};

use super::blockers::named_blockers;
use super::security_group_rule::revoke;
use super::tagging::{filter, made_by, retag, tagged};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, asked_for};
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
        let group = groups.and_then(|reply| asked_for(id, reply.security_groups, |one| one.group_id()));
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
        named_blockers(cx, answer, ("group-id", id)).await
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{Reply, Subject, Wire};
    use dr_core::cloud::Cloud as _;

    const GROUP: &str = r#"{"name":"g","description":"d","vpc_id":"vpc-1","revoke_rules_on_delete":true}"#;
    const IN_USE: Reply = Reply::Http(
        400,
        &[],
        "<Response><Errors><Error><Code>DependencyViolation</Code><Message>resource sg-1 has a dependent object.\
         </Message></Error></Errors><RequestID>r</RequestID></Response>",
    );

    /// A group of an environment, with a rule that names another group.
    fn group(id: &str, environment: &str, named: &str) -> String {
        format!(
            "<item><groupId>{id}</groupId><ipPermissions><item><groups><item><groupId>{named}</groupId></item></groups>\
             </item></ipPermissions><tagSet><item><key>dr:program</key><value>p</value></item><item><key>dr:env</key>\
             <value>{environment}</value></item></tagSet></item>"
        )
    }

    #[tokio::test]
    async fn only_rules_of_its_environment_that_name_a_group_are_revoked_and_only_when_they_block() {
        let groups =
            [("sg-1", "pr-1", "sg-9"), ("sg-2", "pr-1", "sg-1"), ("sg-3", "pr-1", "sg-2"), ("sg-4", "pr-2", "sg-1")];
        let groups = groups.map(|(id, environment, named)| group(id, environment, named)).concat();
        let groups = format!("<securityGroupInfo>{groups}</securityGroupInfo>");
        let rules = "<securityGroupRuleSet>\
            <item><securityGroupRuleId>sgr-1</securityGroupRuleId><groupId>sg-1</groupId><isEgress>true</isEgress></item>\
            <item><securityGroupRuleId>sgr-2</securityGroupRuleId><groupId>sg-2</groupId><isEgress>false</isEgress>\
            <referencedGroupInfo><groupId>sg-1</groupId></referencedGroupInfo></item>\
            <item><securityGroupRuleId>sgr-3</securityGroupRuleId><groupId>sg-2</groupId><isEgress>false</isEgress>\
            <cidrIpv4>10.0.0.0/8</cidrIpv4></item></securityGroupRuleSet>";
        let subject = Subject::new("ec2.security_group", GROUP);

        let (aws, wire) = Wire::cloud(&[Reply::ec2("DeleteSecurityGroup", "")]).await;
        aws.delete(subject.at(), "sg-1", &subject.args).await.unwrap();
        assert_eq!(wire.requests().len(), 1);

        let replies = [
            IN_USE,
            Reply::ec2("DescribeSecurityGroups", &groups),
            Reply::ec2("DescribeSecurityGroupRules", rules),
            Reply::ec2("RevokeSecurityGroupEgress", ""),
            Reply::ec2("RevokeSecurityGroupIngress", ""),
            Reply::ec2("DeleteSecurityGroup", ""),
        ];
        let (aws, wire) = Wire::cloud(&replies).await;
        aws.delete(subject.at(), "sg-1", &subject.args).await.unwrap();
        let requests = wire.requests();
        assert!(requests[2].ends_with("Filter.1.Value.1=sg-1&Filter.1.Value.2=sg-2"), "{}", requests[2]);
        let revoked = |of: &str| requests.iter().filter(|request| request.contains(of)).count();
        assert_eq!((revoked("Action=RevokeSecurityGroupEgress"), revoked("Action=RevokeSecurityGroupIngress")), (1, 1));
        assert_eq!([revoked("sgr-1"), revoked("sgr-2"), revoked("sgr-3")], [1, 1, 0]);
    }

    #[tokio::test]
    async fn what_is_still_in_a_group_is_named() {
        let nothing = Reply::ec2("DescribeSecurityGroups", "");
        let interface = "<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId>\
            <description>VPC Endpoint Interface vpce-1</description></item></networkInterfaceSet>";
        let (aws, _) = Wire::cloud(&[IN_USE, nothing, Reply::ec2("DescribeNetworkInterfaces", interface)]).await;
        let group = Subject::new("ec2.security_group", GROUP);
        let error = aws.delete(group.at(), "sg-1", &group.args).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Conflict);
        assert!(error.message.contains("eni-1 (VPC Endpoint Interface vpce-1)"), "{error}");
    }
}
