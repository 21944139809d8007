//! C75: references of a resource lead to its own region.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use crate::schema::{Field, Kind, Place};
use crate::walk::{Spot, Tree, walk};

pub(super) const CHECK: Check = Check {
    asks: "what a regional resource refers to is in the same region, unless it is for two regions",
    why: "A service looks for keys, certificates, subnets, topics and functions in its own region. What is elsewhere is not \
          found, after everything before it was made.",
    mend: "Refer to the resource of the same region: declare one there, a replica of the key for instance.",
    source: "https://docs.aws.amazon.com/general/latest/gr/rande.html",
    ..Check::each("C75", "same-region", &[], look)
};

/// The services whose resources are found in their own region alone.
const SERVICES: &[&str] = &[
    "acm",
    "apigateway",
    "apigatewayv2",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "elbv2",
    "events",
    "kms",
    "lambda",
    "logs",
    "rds",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "stepfunctions",
];

/// Arguments that are meant for another region.
const ACROSS: &[&str] = &[
    "kms.replica_key.primary_key_arn",
    "dynamodb.table_replica.table_name",
    "ec2.vpc_peering.peer_vpc_id",
    "ec2.vpc_peering_accepter.vpc_peering_connection_id",
    "ec2.route.vpc_peering_connection_id",
    "s3.bucket_replication.rules.destination.bucket",
    "s3.bucket_replication.rules.destination.replica_kms_key_id",
    "secretsmanager.replica.secret_id",
    "events.target.arn",
    "rds.cluster.replication_source_identifier",
    "sns.subscription.topic_arn",
    "sns.subscription.endpoint",
    "lambda.permission.source_arn",
    "sns.topic_policy.arn",
];

fn look(resource: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let is_found_there = |kind: &Kind| kind.place == Place::Regional && SERVICES.contains(&kind.service());
    if !is_found_there(resource.kind) {
        return;
    }
    if let Some(refers) = resource.refers() {
        let strict = refers.iter().map(|(path, _)| path).filter(|path| resource.field(path).is_some_and(is_strict));
        strict.for_each(|path| compare(resource, path, planned, found));
        return;
    }
    for field in resource.kind.args.iter().filter(|field| field.holds(is_strict)) {
        visit(resource, field, planned, found);
    }
}

fn is_strict(field: &Field) -> bool {
    field.refers.is_some_and(|refers| refers.to != "*")
}

fn visit(resource: &Resource<'_>, field: &Field, planned: &Planned<'_>, found: &mut Findings) {
    let Some(declared) = resource.declared_at(field.name) else { return };
    walk(&Spot::of(field), Tree::from(declared), &mut |spot, tree| {
        if !matches!(tree, Tree::Open(_)) {
            return false;
        }
        let owner = spot.field.or_else(|| spot.around().and_then(|around| around.field));
        if tree.is_leaf(spot.ty) && owner.is_some_and(is_strict) {
            let path: Vec<String> = spot.path().iter().map(|part| part.to_string()).collect();
            compare(resource, &path.join("."), planned, found);
        }
        true
    });
}

/// Looks at the regions of a resource and of what it refers to at a path.
fn compare(resource: &Resource<'_>, path: &str, planned: &Planned<'_>, found: &mut Findings) {
    let plain: Vec<&str> = path.split('.').filter(|part| part.parse::<usize>().is_err()).collect();
    let name = format!("{}.{}", resource.kind.name, plain.join("."));
    if ACROSS.contains(&name.as_str()) {
        return;
    }
    let target = planned.target(resource, path).filter(|target| target.kind.place == Place::Regional);
    let Some((target, here)) = target.zip(resource.region) else { return };
    if let Some(there) = target.region.filter(|there| *there != here) {
        let message =
            format!("`{}` is in {here} and refers to `{}`, which is in {there}", resource.address, target.address);
        let finding = Finding::new(path, message).also(target, "", format!("in {there}"));
        found.add(resource, finding.help(format!("refer to a `{}` of {here}", target.kind.name)));
    }
}
