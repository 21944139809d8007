//! D26: what a program writes into something that is not its own.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{AtPath, Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "policies, rotations and replicas are of something that the program makes itself",
    why: "Such a thing has one policy or rotation. Setting it overwrites what its owner has set there, and a destroy takes \
          it away and leaves the owner with none.",
    mend: "Declare what it is about in the same program, or take it over with `import_id`; or let its owner set it.",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html",
    ..Check::around(
        "D26",
        "writes-to-others",
        &[
            "s3.bucket_policy.bucket",
            "s3.bucket_replication.bucket",
            "sns.topic_policy.topic_arn",
            "sqs.queue_policy.queue_url",
            "secretsmanager.rotation.secret_id",
            "secretsmanager.replica.secret_id",
            "dynamodb.table_replica.table_name",
        ],
        look,
    )
};

fn look(resource: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let argument = CHECK.looks_at.iter().find_map(|path| path.strip_prefix(resource.kind.name)?.strip_prefix('.'));
    let Some(argument) = argument else { return };
    let target = planned.target(resource, argument);
    let whose = match (target, resource.at(argument)) {
        (Some(target), _) if target.kind.lookup => format!("`{}` only looks it up", target.address),
        (None, AtPath::Known(_)) if !is_named(resource, argument, planned) => {
            "nothing of this program has that name".to_owned()
        }
        _ => return,
    };
    let message =
        format!("`{argument}` of `{}` is something that this program does not make: {whose}", resource.address);
    found.add(resource, Finding::new(argument, message).label("somebody else's").help(CHECK.mend));
}

/// Whether something of this program has the value at an argument, in whichever region: a replica names a table of another
/// one.
fn is_named(resource: &Resource<'_>, argument: &str, planned: &Planned<'_>) -> bool {
    let (Some(refers), Some(text)) = (resource.field(argument).and_then(|field| field.refers), resource.text(argument))
    else {
        return false;
    };
    let attribute = refers.to.rsplit('.').next().unwrap_or_default();
    planned.of(refers.kind()).any(|other| [attribute, "name"].iter().any(|own| other.text(own) == Some(text)))
}
