//! `lambda.function`: facts.

use std::collections::BTreeMap;

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A function.
///
/// Its code is one of: `package` (an `archive.zip` made here), `s3_bucket` and `s3_key`, or `image_uri`. Its log group
/// is `/aws/lambda/` and its name; without a `logs.log_group` of that name Lambda makes one that is never deleted.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "lambda.function",
    outputs = LambdaFunctionOut,
    id = "{function_name}",
    unique = "region: function_name",
    create = "10s",
    update = "8s",
    delete = "5s",
    pace = "1s",
    holds("vpc_config", "20m", "45m")
)]
pub struct LambdaFunction {
    /// Function name. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 64, chars = "A-Za-z0-9_-"))]
    pub function_name: String,
    /// ARN of the role that the function runs as.
    #[arg(
        guards,
        refers("iam.role.arn"),
        length = 1..=10_000,
        grammar(Arn(&arns::ROLE))
    )]
    pub role: String,
    /// Whether the code is an archive or a container image.
    #[arg(replace, default = "Zip", one_of("Zip", "Image"))]
    pub package_type: String,
    /// Address of the archive's content: the `package` of an `archive.zip`.
    #[arg(refers("archive.zip.package"), pattern = "sha256:[0-9a-f]{64}")]
    pub package: Option<String>,
    /// Bucket, of the function's region, that holds the archive. Lambda copies it.
    #[arg(
        write_only,
        refers("s3.bucket.bucket", loose),
        length = 3..=63,
        pattern = "[0-9A-Za-z._-]*[0-9A-Za-z_-]"
    )]
    pub s3_bucket: Option<String>,
    /// Key of the archive in the bucket.
    #[arg(write_only, length = 1..=1_024)]
    pub s3_key: Option<String>,
    /// Version of the archive in the bucket; give it, so that new code is noticed.
    #[arg(write_only, length = 1..=1_024)]
    pub s3_object_version: Option<String>,
    /// Container image in ECR, of the function's region.
    pub image_uri: Option<String>,
    /// Runtime of an archive, e.g. `python3.12`.
    pub runtime: Option<String>,
    /// Where an archive starts: `file.function`.
    #[arg(length = 1..=128, pattern = "[^\\s]+")]
    pub handler: Option<String>,
    /// What the function is for.
    #[arg(default = "", length = 0..=256)]
    pub description: String,
    /// Memory in MiB; the share of processor follows it.
    #[arg(default = 128, range = 128..=10_240)]
    pub memory_size: i64,
    /// Seconds that one invocation may take.
    #[arg(default = 3, range = 1..=900)]
    pub timeout: i64,
    /// Size of `/tmp` in MiB.
    #[arg(default = 512, range = 512..=10_240)]
    pub ephemeral_storage_size: i64,
    /// Instruction set: `["x86_64"]` or `["arm64"]`.
    #[arg(computed, like = "x86_64", length = 1..=1)]
    pub architectures: Vec<String>,
    /// Environment variables.
    #[arg(default = {})]
    pub environment: BTreeMap<String, String>,
    /// Key that encrypts the environment variables; a key of Lambda's when left out.
    #[arg(guards, refers("kms.key.arn"), length = 1..=10_000, grammar(Arn(&arns::KEY)))]
    pub kms_key_arn: Option<String>,
    /// ARNs of layer versions, the later over the earlier.
    #[arg(default = [], length = 0..=5, grammar(Arn(&arns::LAYER)))]
    pub layers: Vec<String>,
    /// The network that the function's calls leave from; the internet when left out.
    #[arg(guards, note(
        "D19",
        absent,
        why = "once deleted, the function still holds its subnets and security groups for 20 to 45 minutes"
    ))]
    pub vpc_config: Option<FunctionVpcConfig>,
    /// ARN of the queue or topic that takes asynchronous events that failed.
    #[arg(refers("*"), length = 1..=10_000, grammar(Arn(&arns::QUEUE_OR_TOPIC)))]
    pub dead_letter_target_arn: Option<String>,
    /// Whether invocations are traced with X-Ray, or only those whose caller asks for it.
    #[arg(default = "PassThrough", one_of("Active", "PassThrough"))]
    pub tracing_mode: String,
    /// Invocations at once that are reserved for the function, which cannot have more; 0 stops it. Shared with all
    /// others when left out.
    #[arg(range = 0..=2_147_483_647)]
    pub reserved_concurrent_executions: Option<i64>,
    /// Whether a change of code or settings is published as a version.
    #[arg(write_only, default = false)]
    pub publish: bool,
    /// How and where the function logs, when not as text to the group of its name.
    pub logging_config: Option<FunctionLoggingConfig>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// The network that a function's calls leave from.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct FunctionVpcConfig {
    /// Subnets, of several zones where one may fail. Nothing in them reaches the internet without a NAT gateway.
    #[arg(unordered, length = 1..=16, refers("ec2.subnet.id"))]
    pub subnet_ids: Vec<String>,
    /// Security groups.
    #[arg(unordered, length = 1..=5, refers("ec2.security_group.id"))]
    pub security_group_ids: Vec<String>,
    /// Whether IPv6 may be used in subnets that have it.
    #[arg(default = false)]
    pub ipv6_allowed_for_dual_stack: bool,
}

/// How and where a function logs.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct FunctionLoggingConfig {
    /// Form of a log entry.
    #[arg(default = "Text", one_of("Text", "JSON"))]
    pub log_format: String,
    /// Name of the log group; the group of the function's name when left out.
    #[arg(refers("logs.log_group.name"), length = 1..=512, pattern = "[A-Za-z0-9_./#-]+")]
    pub log_group: Option<String>,
    /// Least level of the function's own entries, in JSON.
    #[arg(one_of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"))]
    pub application_log_level: Option<String>,
    /// Least level of Lambda's entries, in JSON.
    #[arg(one_of("DEBUG", "INFO", "WARN"))]
    pub system_log_level: Option<String>,
}

/// Computed attributes of a function.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct LambdaFunctionOut {
    /// ARN without version.
    #[out(like = "arn:aws:lambda:{region}:{account}:function:{function_name}")]
    pub arn: String,
    /// ARN that API Gateway calls the function by.
    #[out(like = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations")]
    pub invoke_arn: String,
    /// ARN with version.
    #[out(volatile, like = "{arn}:{version}")]
    pub qualified_arn: String,
    /// The version that was published last, or `$LATEST`.
    #[out(volatile, like = "1")]
    pub version: String,
    /// SHA-256 of the code, in base64.
    #[out(volatile, like = "{alnum:43}=")]
    pub code_sha256: String,
    /// Size of the code in bytes.
    #[out(volatile, like = "1024")]
    pub source_code_size: i64,
    /// When code or settings last changed.
    #[out(volatile, like = "2026-01-01T00:00:00.000+0000")]
    pub last_modified: String,
}
