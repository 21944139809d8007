//! What arguments read from other resources: what they refer to may stand there, and what cannot is told with what can.

use std::sync::Arc;

use dr_core::address::Address;
use dr_core::expr::Expr;
use dr_core::graph::{Graph, Node, Options, Site};
use dr_core::reference;
use dr_core::schema::{Field, Kind, Type};
use dr_core::value::Map;

use super::registry;

/// What is said when an argument reads an attribute of a resource `other`.
fn said(kind: &'static Kind, field: &'static Field, value: Expr) -> Vec<String> {
    let address = Address::parse(&format!("{}:it", kind.name)).unwrap();
    let node = Node {
        address: address.clone(),
        kind,
        region: None,
        args: Map::from([(field.name.into(), value)]),
        options: Options::default(),
        site: Arc::new(Site::default()),
    };
    let graph = Graph { nodes: [(address, node)].into(), ..Graph::default() };
    let found = reference::check(&graph, &registry());
    found.into_iter().map(|d| format!("{}; {}", d.message, d.help.join("; "))).collect()
}

fn read(kind: &str, attr: &str) -> Expr {
    Expr::attr(&Address::parse(&format!("{kind}:other")).unwrap(), attr)
}

/// The value of an argument that holds another one at the place of a field inside.
fn around(field: &'static Field, wanted: &Field, value: &Expr) -> Option<Expr> {
    let inner = match field.ty.block() {
        _ if std::ptr::eq(field, wanted) => value.clone(),
        Some(fields) => {
            let (name, inner) = fields.iter().find_map(|f| Some((f.name, around(f, wanted, value)?)))?;
            Expr::map([(name.into(), inner)].into())
        }
        None => return None,
    };
    Some(match field.ty {
        Type::List(_) => Expr::list(vec![inner]),
        Type::Map(_) => Expr::map([("key".into(), inner)].into()),
        _ => inner,
    })
}

fn each_inside(field: &'static Field, visit: &mut dyn FnMut(&'static Field)) {
    visit(field);
    field.ty.block().into_iter().flatten().for_each(|inner| each_inside(inner, visit));
}

#[test]
fn every_argument_takes_what_it_refers_to() {
    let mut tried = 0;
    for kind in registry().iter() {
        for field in kind.args {
            each_inside(field, &mut |inner| {
                let Some(refers) = inner.refers.filter(|refers| refers.to != "*") else { return };
                let value = around(field, inner, &read(refers.kind(), refers.attr())).unwrap();
                assert_eq!(said(kind, field, value), [""; 0], "{}.{}: {}", kind.name, inner.name, refers.to);
                tried += 1;
            });
        }
    }
    assert!(tried > 80, "only {tried} references are tried");
}

#[test]
fn what_cannot_stand_there_is_told_with_what_can() {
    for (argument, kind, attr, parts) in [
        (
            "lambda.function.role",
            "s3.bucket",
            "arn",
            &[
                "must be the ARN of an IAM role",
                "the `arn` of `s3.bucket:other` is not",
                "give the `arn` of a resource of the kind `iam.role`",
            ][..],
        ),
        ("lambda.function.role", "iam.role", "name", &["`role.arn`"]),
        ("lambda.function.role", "iam.role", "unique_id", &["`role.arn`"]),
        ("iam.role_policy.role", "iam.role", "arn", &["the `name` of a resource", "`role.name`"]),
        ("kms.alias.target_key_id", "kms.key", "arn", &["`key.key_id`"]),
        ("lambda.function.kms_key_arn", "kms.key", "key_id", &["the ARN of a KMS key", "`key.arn`"]),
        ("ec2.subnet.vpc_id", "ec2.subnet", "id", &["`id` of a resource of the kind `ec2.vpc`"]),
        ("ec2.subnet.vpc_id", "ec2.vpc", "arn", &["`vpc.id`"]),
        ("sqs.queue_policy.queue_url", "sqs.queue", "arn", &["`queue.url`"]),
        ("sqs.queue.kms_master_key_id", "sns.topic", "arn", &["the id, ARN or alias of a KMS key"]),
        ("lambda.event_source_mapping.event_source_arn", "sqs.queue", "url", &["the ARN of a resource", "`queue.arn`"]),
        ("lambda.permission.function_name", "lambda.function", "arn", &["`function.function_name`"]),
        ("rds.cluster.global_cluster_identifier", "rds.global_cluster", "arn", &["global_cluster."]),
        (
            "cloudwatch.metric_alarm.alarm_actions",
            "sns.topic",
            "arn",
            &["must be a list", "is a string", "`[topic.arn]`"],
        ),
        (
            "ec2.subnet.vpc_id",
            "ec2.vpc_endpoint",
            "network_interface_ids",
            &["must be a string", "is a list", "`vpc_endpoint.network_interface_ids[0]`"],
        ),
        ("lambda.function.memory_size", "sqs.queue", "arn", &["must be an integer"]),
        ("lambda.function.handler", "lambda.function", "source_code_size", &["must be a string", "put it into a text"]),
    ] {
        let (of, name) = argument.rsplit_once('.').unwrap();
        let of = registry().get(of).unwrap();
        let said = said(of, of.arg(name).unwrap(), read(kind, attr));
        assert_eq!(said.len(), 1, "{argument} reads {kind}.{attr}: {said:?}");
        for part in parts {
            assert!(said[0].contains(part), "{argument} reads {kind}.{attr}: `{part}` is not in: {}", said[0]);
        }
    }
}

#[test]
fn what_can_be_several_things_is_not_judged() {
    for (argument, kind, attr) in [
        ("sqs.queue.kms_master_key_id", "kms.key", "key_id"),
        ("sqs.queue.kms_master_key_id", "kms.key", "arn"),
        ("sqs.queue.kms_master_key_id", "kms.alias", "name"),
        ("sqs.queue.kms_master_key_id", "kms.replica_key", "arn"),
        ("events.rule.event_bus_name", "events.bus", "arn"),
        ("events.rule.event_bus_name", "events.bus", "name"),
        ("secretsmanager.rotation.secret_id", "secretsmanager.secret", "name"),
        ("lambda.alias.function_name", "lambda.permission", "function_name"),
        ("ec2.route.vpc_peering_connection_id", "ec2.vpc_peering_accepter", "id"),
        ("ec2.route_table.vpc_id", "ec2.subnet", "vpc_id"),
        ("elbv2.target_attachment.target_id", "lambda.function", "arn"),
        ("elbv2.target_attachment.target_id", "sqs.queue", "url"),
        ("lambda.function.role", "lambda.function", "role"),
        ("ssm.parameter.value", "sqs.queue", "url"),
        ("rds.cluster.engine_version", "rds.engine_version", "engine_version"),
    ] {
        let (of, name) = argument.rsplit_once('.').unwrap();
        let of = registry().get(of).unwrap();
        assert_eq!(said(of, of.arg(name).unwrap(), read(kind, attr)), [""; 0], "{argument} reads {kind}.{attr}");
    }
}
