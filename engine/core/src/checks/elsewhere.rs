//! Checks of AWS's rules that are data at the fields of kinds, or part of the planner: here is what is said about them.

use super::check::Check;
use crate::diagnostic::Severity;

/// The checks that others make.
pub(super) const CHECKS: &[Check] = &[
    Check {
        asks: "a zone is of a domain that somebody can have",
        why: "Route 53 refuses zones of example.com, example.net and example.org, and of everything below them.",
        mend: "Give a domain of your own, as a parameter.",
        source: "https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html",
        ..Check::elsewhere("C02", "reserved-domains", &["route53.zone.name"])
    },
    Check {
        asks: "no two resources of a program are called the same where a name is the only one of its account or region",
        why: "The second creation is refused. What is global, such as a role, is so in both regions.",
        mend: "Put the region or the component into the name of one of them.",
        source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
        ..Check::elsewhere("C33", "same-names", &[])
    },
    Check {
        asks: "a name has the characters and the length that the service takes, with the suffix of the environment",
        why: "The creation is refused, or the name comes back changed.",
        mend: "Leave the name out, or write it as the message says.",
        source: "https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/supported-resources.html",
        ..Check::elsewhere("C35", "form-of-names", &[])
    },
    Check {
        severity: Some(Severity::Warning),
        asks: "a recovery takes no longer, and loses no more, than the program's `recovery` promises",
        why: "A promise that the topology cannot keep is found out on the day that a region is lost.",
        mend: "Do what `dr plan --recovery` names as the slowest part, say that the loss of a store is tolerated, or promise \
               what is computed.",
        source: "https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/disaster-recovery-workloads-on-aws.html",
        ..Check::elsewhere("C36", "kept-promises", &[])
    },
];
