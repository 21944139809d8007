//! `ec2.security_group_rule`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A rule of a security group: what may come in, or go out.
///
/// The other side is exactly one of `cidr_ipv4`, `cidr_ipv6`, `prefix_list_id` and `referenced_security_group_id`.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "ec2.security_group_rule",
    repeats = true,
    outputs = SecurityGroupRuleOut,
    id = "sgr-{hex:17}",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct SecurityGroupRule {
    /// The group that it is a rule of.
    #[arg(replace, refers("ec2.security_group.id"))]
    pub security_group_id: String,
    /// Whether it is about what comes in (`ingress`) or what goes out (`egress`).
    #[arg(replace, one_of("ingress", "egress"))]
    pub r#type: String,
    /// Protocol: `tcp`, `udp`, `icmp`, `icmpv6`, a protocol's number, or `-1` for all.
    #[arg(guards, replace, pattern = "-1|tcp|udp|icmp|icmpv6|[0-9]{1,3}")]
    pub ip_protocol: String,
    /// First port; for ICMP the type, with -1 for all. Means nothing for protocols without ports.
    #[arg(guards, replace, range = -1..=65_535)]
    pub from_port: Option<i64>,
    /// Last port; for ICMP the code, with -1 for all. Means nothing for protocols without ports.
    #[arg(guards, replace, range = -1..=65_535)]
    pub to_port: Option<i64>,
    /// The other side as IPv4 addresses, e.g. `10.0.0.0/16`.
    #[arg(guards, replace, grammar(Cidr(0, 32)))]
    pub cidr_ipv4: Option<String>,
    /// The other side as IPv6 addresses, e.g. `::/0`.
    #[arg(guards, replace, ignore_case, grammar(Cidr6))]
    pub cidr_ipv6: Option<String>,
    /// The other side as a list of addresses that AWS keeps, such as the `prefix_list_id` of a gateway endpoint.
    #[arg(guards, replace, pattern = "pl-[0-9a-f]+")]
    pub prefix_list_id: Option<String>,
    /// The other side as what is in this security group, of the same VPC or of a peered one in the same region.
    #[arg(guards, replace, refers("ec2.security_group.id"))]
    pub referenced_security_group_id: Option<String>,
    /// What the rule is for.
    #[arg(length = 1..=255, pattern = r"[A-Za-z0-9. _:/()#,@\[\]+=&;{}!$*-]*")]
    pub description: Option<String>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a rule.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct SecurityGroupRuleOut {
    /// ARN.
    #[out(like = "arn:aws:ec2:{region}:{account}:security-group-rule/{id}")]
    pub arn: String,
}
