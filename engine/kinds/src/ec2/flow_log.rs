//! `ec2.flow_log`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A log of the traffic of a VPC or a subnet, to a log group, a bucket or a delivery stream.
///
/// It is of exactly one of `vpc_id` and `subnet_id`, and the only one of them with its destination. A log group needs a
/// role that may write to it; a bucket needs none.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "ec2.flow_log",
    outputs = FlowLogOut,
    id = "fl-{hex:17}",
    unique = "region: vpc_id, subnet_id, log_group_name, log_destination",
    create = "3s",
    update = "1s",
    delete = "2s"
)]
pub struct FlowLog {
    /// The VPC, all of whose traffic is logged.
    #[arg(replace, refers("ec2.vpc.id"))]
    pub vpc_id: Option<String>,
    /// The subnet whose traffic is logged.
    #[arg(replace, refers("ec2.subnet.id"))]
    pub subnet_id: Option<String>,
    /// Which traffic: what was let through, what was not, or all of it.
    #[arg(replace, default = "ALL", one_of("ACCEPT", "REJECT", "ALL"))]
    pub traffic_type: String,
    /// Kind of destination.
    #[arg(replace, default = "cloud-watch-logs", one_of("cloud-watch-logs", "s3", "kinesis-data-firehose"))]
    pub log_destination_type: String,
    /// Name of the log group; or give its ARN as `log_destination`.
    #[arg(replace, refers("logs.log_group.name"))]
    pub log_group_name: Option<String>,
    /// ARN of the log group, of the bucket (also with a folder) or of the delivery stream.
    #[arg(replace, refers("*"), grammar(Arn(&arns::ANY)))]
    pub log_destination: Option<String>,
    /// ARN of the role that writes to the log group.
    #[arg(replace, refers("iam.role.arn"), grammar(Arn(&arns::ROLE)))]
    pub deliver_logs_permission_arn: Option<String>,
    /// Fields of an entry, in their order, e.g. `${srcaddr} ${dstaddr} ${bytes}`; AWS's choice when left out.
    #[arg(replace, computed)]
    pub log_format: Option<String>,
    /// Seconds of traffic that one entry sums up at most.
    #[arg(replace, default = 600, one_of_int(60, 600))]
    pub max_aggregation_interval: i64,
    /// Form of the files in a bucket.
    #[arg(replace)]
    pub destination_options: Option<FlowLogDestinationOptions>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Form of the files in a bucket.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct FlowLogDestinationOptions {
    /// Format of a file.
    #[arg(default = "plain-text", one_of("plain-text", "parquet"))]
    pub file_format: String,
    /// Whether folders are named so that Hive reads them as partitions.
    #[arg(default = false)]
    pub hive_compatible_partitions: bool,
    /// Whether there is a folder for each hour instead of each day.
    #[arg(default = false)]
    pub per_hour_partition: bool,
}

/// Computed attributes of a flow log.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct FlowLogOut {
    /// ARN.
    #[out(like = "arn:aws:ec2:{region}:{account}:vpc-flow-log/{id}")]
    pub arn: String,
}
