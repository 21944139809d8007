//! `ec2.security_group_rule`: lifecycle. The id is the rule's id.
//!
//! EC2 writes a protocol's number as its name, addresses as those of their network, and ports that mean nothing as -1;
//! what says the same as what was given stays as it was given.

use aws_sdk_ec2::types::{
    IpPermission, IpRange, Ipv6Range, PrefixListId, ResourceType, SecurityGroupRule as Found, SecurityGroupRuleRequest,
    SecurityGroupRuleUpdate, UserIdGroupPair,
};
use dr_core::cloud::{CloudError, ErrorClass, Intent};
use dr_kinds::ec2::{SecurityGroupRule, SecurityGroupRuleOut};

use super::network::as_given;
use super::tagging::{filter, made_by, retag, tagged};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, asked_for};
use crate::tags;

const INGRESS: &str = "ec2:AuthorizeSecurityGroupIngress";
const EGRESS: &str = "ec2:AuthorizeSecurityGroupEgress";

impl Lifecycle for SecurityGroupRule {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let rules = cx.ec2().describe_security_group_rules().filters(filter("group-id", &args.security_group_id));
        let rules = rules.filters(made_by(intent)).into_paginator().items().send().try_collect();
        let rules = cx.call("ec2:DescribeSecurityGroupRules", rules).await.found()?.unwrap_or_default();
        let ours = rules.into_iter().find(|rule| tags::ours(rule.tags(), intent));
        Ok(ours.and_then(|rule| rule.security_group_rule_id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let tagged = tagged(ResourceType::SecurityGroupRule, &args.tags, intent);
        let group = &args.security_group_id;
        let (call, rules) = if is_egress(args) {
            let rule = cx.ec2().authorize_security_group_egress().group_id(group).tag_specifications(tagged);
            let rule = rule.ip_permissions(permission(cx, args)?);
            (EGRESS, cx.call(EGRESS, rule.send()).await?.security_group_rules)
        } else {
            let rule = cx.ec2().authorize_security_group_ingress().group_id(group).tag_specifications(tagged);
            let rule = rule.ip_permissions(permission(cx, args)?);
            (INGRESS, cx.call(INGRESS, rule.send()).await?.security_group_rules)
        };
        let id = rules.unwrap_or_default().into_iter().find_map(|rule| rule.security_group_rule_id);
        id.ok_or_else(|| cx.incomplete(call, "rule"))
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, SecurityGroupRuleOut)>> {
        let rules = cx.ec2().describe_security_group_rules().security_group_rule_ids(id).send();
        let rules = cx.call("ec2:DescribeSecurityGroupRules", rules).await.found()?;
        let rule =
            rules.and_then(|reply| asked_for(id, reply.security_group_rules, |one| one.security_group_rule_id()));
        let Some(rule) = rule else { return Ok(None) };
        let arn = rule.security_group_rule_arn.clone();
        let arn = arn.unwrap_or_else(|| cx.arn("ec2", &format!("security-group-rule/{id}")));
        Ok(Some((seen(rule, last), SecurityGroupRuleOut { arn })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if old.description != new.description {
            let rule = SecurityGroupRuleRequest::builder().ip_protocol(&new.ip_protocol);
            let rule = rule.from_port(port(new.from_port).unwrap_or(-1)).to_port(port(new.to_port).unwrap_or(-1));
            let rule = rule.set_cidr_ipv4(new.cidr_ipv4.clone()).set_cidr_ipv6(new.cidr_ipv6.clone());
            let rule = rule.set_prefix_list_id(new.prefix_list_id.clone());
            let rule = rule.set_referenced_group_id(new.referenced_security_group_id.clone());
            let rule = rule.description(new.description.clone().unwrap_or_default());
            let rule = SecurityGroupRuleUpdate::builder().security_group_rule_id(id).security_group_rule(rule.build());
            let rule = cx.ec2().modify_security_group_rules().security_group_rules(rule.build());
            let rule = rule.group_id(&new.security_group_id);
            cx.call("ec2:ModifySecurityGroupRules", rule.send()).await?;
        }
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        revoke(cx, &last.security_group_id, is_egress(last), vec![id.to_owned()]).await
    }
}

/// Revokes rules of a group, all of the same direction. Gone already is success.
pub(super) async fn revoke(cx: &Cx<'_>, group: &str, egress: bool, rules: Vec<String>) -> Result<()> {
    if egress {
        let rules = cx.ec2().revoke_security_group_egress().group_id(group).set_security_group_rule_ids(Some(rules));
        cx.call("ec2:RevokeSecurityGroupEgress", rules.send()).await.found().map(drop)
    } else {
        let rules = cx.ec2().revoke_security_group_ingress().group_id(group).set_security_group_rule_ids(Some(rules));
        cx.call("ec2:RevokeSecurityGroupIngress", rules.send()).await.found().map(drop)
    }
}

fn is_egress(rule: &SecurityGroupRule) -> bool {
    rule.r#type == "egress"
}

/// The rule as EC2 takes it.
fn permission(cx: &Cx<'_>, args: &SecurityGroupRule) -> Result<IpPermission> {
    let rule = IpPermission::builder().ip_protocol(&args.ip_protocol);
    let rule = rule.set_from_port(port(args.from_port)).set_to_port(port(args.to_port));
    let what = args.description.clone();
    let others = (&args.cidr_ipv4, &args.cidr_ipv6, &args.prefix_list_id, &args.referenced_security_group_id);
    let rule = match others {
        (Some(v4), None, None, None) => rule.ip_ranges(IpRange::builder().cidr_ip(v4).set_description(what).build()),
        (None, Some(v6), None, None) => {
            rule.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(v6).set_description(what).build())
        }
        (None, None, Some(list), None) => {
            rule.prefix_list_ids(PrefixListId::builder().prefix_list_id(list).set_description(what).build())
        }
        (None, None, None, Some(group)) => {
            rule.user_id_group_pairs(UserIdGroupPair::builder().group_id(group).set_description(what).build())
        }
        _ => {
            let why = format!(
                "{}: a rule has exactly one other side; give one of `cidr_ipv4`, `cidr_ipv6`, `prefix_list_id` and \
                 `referenced_security_group_id`",
                cx.address()
            );
            let call = if is_egress(args) { EGRESS } else { INGRESS };
            return Err(CloudError::new(ErrorClass::Invalid, call, "BadArguments", why));
        }
    };
    Ok(rule.build())
}

/// A port; the schema keeps it far below what 32 bits hold.
fn port(port: Option<i64>) -> Option<i32> {
    port.and_then(|port| i32::try_from(port).ok())
}

/// The rule as it is, in the words that it was given in where those say the same.
fn seen(rule: Found, last: &SecurityGroupRule) -> SecurityGroupRule {
    let reported = rule.ip_protocol.unwrap_or_default();
    let ip_protocol = if named(&last.ip_protocol) == reported { last.ip_protocol.clone() } else { reported };
    let has_ports = ["tcp", "udp", "icmp", "icmpv6"].contains(&named(&ip_protocol));
    let port = |reported: Option<i32>, last: Option<i64>| match reported {
        Some(port) if has_ports && (port != -1 || last.is_some()) => Some(i64::from(port)),
        _ if has_ports => None,
        _ => last,
    };
    let addresses = |reported: Option<String>, last: &Option<String>| match (reported, last) {
        (Some(reported), Some(last)) => Some(as_given(last, &reported)),
        (reported, _) => reported,
    };
    SecurityGroupRule {
        tags: tags::user(rule.tags.as_deref().unwrap_or_default()),
        security_group_id: rule.group_id.unwrap_or_else(|| last.security_group_id.clone()),
        r#type: if rule.is_egress.unwrap_or_default() { "egress" } else { "ingress" }.to_owned(),
        from_port: port(rule.from_port, last.from_port),
        to_port: port(rule.to_port, last.to_port),
        ip_protocol,
        cidr_ipv4: addresses(rule.cidr_ipv4, &last.cidr_ipv4),
        cidr_ipv6: addresses(rule.cidr_ipv6, &last.cidr_ipv6),
        prefix_list_id: rule.prefix_list_id,
        referenced_security_group_id: rule.referenced_group_info.and_then(|group| group.group_id),
        description: rule.description.filter(|text| !text.is_empty()),
    }
}

/// A protocol as EC2 writes it.
fn named(protocol: &str) -> &str {
    match protocol {
        "1" => "icmp",
        "6" => "tcp",
        "17" => "udp",
        "58" => "icmpv6",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dr_core::convert::Block as _;
    use dr_core::value::Value;

    fn rule(json: &str) -> SecurityGroupRule {
        let text = format!(r#"{{"security_group_id": "sg-1", "type": "ingress", {json}}}"#);
        SecurityGroupRule::from_map(Value::from_json(&text).unwrap().as_map().unwrap()).unwrap()
    }

    fn found(protocol: &str, ports: (i32, i32)) -> aws_sdk_ec2::types::builders::SecurityGroupRuleBuilder {
        let found = Found::builder().group_id("sg-1").is_egress(false).ip_protocol(protocol);
        found.from_port(ports.0).to_port(ports.1)
    }

    #[test]
    fn what_says_the_same_is_no_difference() {
        let cases = [
            (
                r#""ip_protocol": "6", "from_port": 1, "to_port": 2, "cidr_ipv4": "10.1.2.3/16""#,
                found("tcp", (1, 2)).cidr_ipv4("10.1.0.0/16"),
            ),
            (r#""ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0""#, found("-1", (-1, -1)).cidr_ipv4("0.0.0.0/0")),
            (
                r#""ip_protocol": "-1", "from_port": 0, "to_port": 0, "cidr_ipv6": "2001:DB8::1/32""#,
                found("-1", (-1, -1)).cidr_ipv6("2001:db8::/32"),
            ),
            (r#""ip_protocol": "icmpv6", "cidr_ipv6": "::/0""#, found("icmpv6", (-1, -1)).cidr_ipv6("::/0")),
            (
                r#""ip_protocol": "icmp", "from_port": -1, "to_port": -1, "prefix_list_id": "pl-1""#,
                found("icmp", (-1, -1)).prefix_list_id("pl-1").description(""),
            ),
        ];
        for (given, found) in cases {
            assert_eq!(seen(found.build(), &rule(given)), rule(given));
        }
    }

    #[test]
    fn what_says_something_else_is_a_difference() {
        let last = rule(r#""ip_protocol": "tcp", "from_port": 1, "to_port": 2, "cidr_ipv4": "10.1.0.0/16""#);
        let live = seen(found("udp", (3, 4)).cidr_ipv4("10.2.0.0/16").description("d").build(), &last);
        let expected = rule(
            r#""ip_protocol": "udp", "from_port": 3, "to_port": 4, "cidr_ipv4": "10.2.0.0/16", "description": "d""#,
        );
        assert_eq!(live, expected);
    }
}
