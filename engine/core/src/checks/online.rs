//! The checks that the cloud itself answers, before anything is made ([`crate::online`]).

use super::check::Check;

/// These checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        asks: "the account's quotas leave room for what the plan makes",
        why: "A creation over a quota fails in the middle of an apply, when the rest is made already.",
        mend: "Ask AWS for a higher quota, delete what nobody needs, or use fewer.",
        source: "https://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html",
        ..Check::elsewhere(
            "O01",
            "quota-left",
            &[
                "ec2.eip",
                "elbv2.load_balancer",
                "lambda.function.reserved_concurrent_executions",
                "rds.cluster",
                "rds.cluster_instance",
                "route53.zone",
                "route53.health_check",
            ],
        )
    },
    Check {
        asks: "versions and classes of databases are on offer in their region",
        why: "RDS stops to offer old versions, and not every class is there in every region; a creation then fails.",
        mend: "Choose one that the message names, or look it up with `rds.engine_version`.",
        source: "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeOrderableDBInstanceOptions.html",
        ..Check::elsewhere(
            "O02",
            "version-on-offer",
            &["rds.cluster.engine_version", "rds.cluster_instance.instance_class"],
        )
    },
    Check {
        asks: "nobody else has the name of a bucket",
        why: "Names of buckets are the only ones of their kind among all accounts.",
        mend: "Choose another name, or leave `name` out.",
        source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html",
        ..Check::elsewhere("O03", "bucket-name-free", &["s3.bucket.bucket"])
    },
];
