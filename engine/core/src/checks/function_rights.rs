//! C63: what a function's role must allow for the function to be made.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use super::policies::{Rights, rights_of};
use crate::diagnostic::Severity;

/// For a function in a network.
const INTERFACES: &[&str] =
    &["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"];
/// To read a queue.
const QUEUE: &[&str] = &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
/// To read the stream of a table.
const STREAM: &[&str] =
    &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];

pub(super) const CHECK: Check = Check {
    severity: Some(Severity::Warning),
    asks: "the role of a function allows what Lambda does for it: make network interfaces, read its queue, send what failed",
    why: "Lambda refuses a function in a network, with a dead-letter queue, or one that reads a queue or stream, when its role \
          does not allow the calls that Lambda then makes.",
    mend: "Add a statement to the role's policy, or attach the policy of AWS's that the message names.",
    source: "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
    ..Check::all("C63", "function-rights", &["lambda.function.role", "lambda.event_source_mapping"], look)
};

fn look(planned: &Planned<'_>, found: &mut Findings) {
    for function in planned.of("lambda.function") {
        let Some(role) = planned.target(function, "role") else { continue };
        let rights = rights_of(planned, role);
        if function.is_given("vpc_config") {
            let help = "attach `arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole` to the role";
            lacks(function, "vpc_config", role, &rights, INTERFACES, help, found);
        }
        let letters = planned.target(function, "dead_letter_target_arn").map(|target| target.kind.name);
        let sends: &[&str] = match letters {
            Some("sqs.queue") => &["sqs:SendMessage"],
            Some("sns.topic") => &["sns:Publish"],
            _ => &[],
        };
        let help = "allow it for the dead-letter queue or topic";
        lacks(function, "dead_letter_target_arn", role, &rights, sends, help, found);
    }
    for mapping in planned.of("lambda.event_source_mapping") {
        let function = planned.target(mapping, "function_name");
        let Some(role) = function.and_then(|function| planned.target(function, "role")) else { continue };
        let path = "event_source_arn";
        let reads = match planned.target(mapping, path).map(|source| source.kind.name) {
            Some("sqs.queue") => QUEUE,
            Some("dynamodb.table" | "dynamodb.table_replica") => STREAM,
            _ => continue,
        };
        let rights = rights_of(planned, role);
        lacks(mapping, path, role, &rights, reads, "allow it to the function's role, for what is read", found);
    }
}

fn lacks(
    resource: &Resource<'_>,
    path: &str,
    role: &Resource<'_>,
    rights: &Rights<'_, '_>,
    actions: &[&str],
    help: &str,
    found: &mut Findings,
) {
    let lacking = rights.lack(actions);
    if lacking.is_empty() {
        return;
    }
    let list = lacking.iter().map(|action| format!("`{action}`")).collect::<Vec<_>>().join(", ");
    let message = format!("`{}` needs a role that allows {list}, and `{}` does not", resource.address, role.address);
    found.add(resource, Finding::new(path, message).label("needs it").also(role, "", "the role").help(help));
}
