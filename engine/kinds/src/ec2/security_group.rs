//! `ec2.security_group`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A group of rules about which traffic reaches and leaves what is in it.
///
/// A new group allows nothing: the rule that AWS adds, by which everything may leave, is taken away with the creation,
/// and only rules that are declared with `ec2.security_group_rule` hold. A group cannot be deleted while the rule of
/// another one names it or a network interface is in it; rules that are in the way are revoked, interfaces are waited
/// for.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "ec2.security_group",
    outputs = SecurityGroupOut,
    id = "sg-{hex:17}",
    unique = "region: vpc_id, name",
    create = "2s",
    update = "1s",
    delete = "2s"
)]
pub struct SecurityGroup {
    /// Group name, the only one in its VPC, whatever its case; not `sg-` and something. Defaults to the resource name
    /// with the suffix.
    #[arg(replace, name(max = 255, chars = "A-Za-z0-9._:/()#,@+=&;{}!$* -"))]
    pub name: String,
    /// What the group is for.
    #[arg(replace, length = 1..=255, pattern = r"[A-Za-z0-9. _:/()#,@\[\]+=&;{}!$*-]*")]
    pub description: String,
    /// The VPC that it is for.
    #[arg(replace, refers("ec2.vpc.id"))]
    pub vpc_id: String,
    /// Whether rules that stand in the way of a deletion are revoked: its own, and those of other groups of the
    /// environment that name it.
    #[arg(
        write_only,
        default = true,
        refuse("D17", only = true, why = "two groups whose rules name each other could never be deleted")
    )]
    pub revoke_rules_on_delete: bool,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a security group.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct SecurityGroupOut {
    /// ARN.
    #[out(like = "arn:aws:ec2:{region}:{account}:security-group/{id}")]
    pub arn: String,
    /// Number of the account that it belongs to.
    #[out(like = "{account}")]
    pub owner_id: String,
}
