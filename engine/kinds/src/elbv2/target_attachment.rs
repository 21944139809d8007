//! `elbv2.target_attachment`: facts.

use dr_macros::Kind;

/// That something is a target of a target group.
///
/// A function must let the service invoke it first: `lambda.permission` for `elasticloadbalancing.amazonaws.com`, with
/// the target group as source; name it in `depends_on`.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(name = "elbv2.target_attachment", repeats = true, id = "{target_group_arn}/{target_id}/{port}", create = "2s", delete = "2s")]
pub struct TargetAttachment {
    /// The target group.
    #[arg(replace, refers("elbv2.target_group.arn"), grammar(Arn(&arns::TARGET_GROUP)))]
    pub target_group_arn: String,
    /// The target: id of an instance, address, or ARN of a function or an application load balancer.
    #[arg(replace, refers("*"))]
    pub target_id: String,
    /// Port of the target; the group's when left out.
    #[arg(replace, range = 1..=65_535)]
    pub port: Option<i64>,
}
