//! Where each kind is shown in the console of AWS.
//!
//! The console's addresses are not documented; these are those that it shows itself. What has no page of its own has that of
//! what it belongs to. In a row, `{x}` is an attribute of the resource, `{x/}` what is behind the last `/` of it, and `{x%}`
//! the attribute encoded twice, as some pages want it. `{region}` is the resource's region.

/// Where the pages of global services are.
const GLOBAL: &str = "us-east-1";

/// The page of a kind, below the console's host; none where no cloud has it.
pub fn page_of(kind: &str) -> Option<&'static str> {
    PAGES.iter().find(|(name, _)| *name == kind).map(|(_, page)| *page)
}

/// The address of a resource's page. None where its kind has none, or an attribute is not known that the page is named by.
pub fn address(kind: &str, region: Option<&str>, attribute: impl Fn(&str) -> Option<String>) -> Option<String> {
    let region = region.unwrap_or(GLOBAL);
    let mut out = String::from("https://");
    out.push_str(&host(region));
    let mut rest = page_of(kind)?;
    while let Some((text, (hole, after))) = rest.split_once('{').and_then(|(text, r)| Some((text, r.split_once('}')?)))
    {
        out.push_str(text);
        let (name, way) = match hole.strip_suffix(['/', '%']) {
            Some(name) => (name, hole.chars().last()),
            None => (hole, None),
        };
        let value = if name == "region" { region.to_owned() } else { attribute(name).filter(|v| !v.is_empty())? };
        out.push_str(&match way {
            Some('/') => encoded(value.rsplit('/').next().unwrap_or(&value)),
            Some('%') => encoded(&encoded(&value)),
            _ => encoded(&value),
        });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// The console's host for a region.
fn host(region: &str) -> String {
    if region.starts_with("cn-") {
        format!("{region}.console.amazonaws.cn")
    } else if region.starts_with("us-gov-") {
        format!("{region}.console.amazonaws-us-gov.com")
    } else {
        format!("{region}.console.aws.amazon.com")
    }
}

/// A text as a part of an address takes it.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

/// The page of every kind that is in AWS, sorted.
#[rustfmt::skip]
const PAGES: &[(&str, &str)] = &[
    ("acm.certificate", "/acm/home?region={region}#/certificates/{id/}"),
    ("acm.certificate_validation", "/acm/home?region={region}#/certificates/{certificate_arn/}"),
    ("apigateway.deployment", "/apigateway/main/apis/{rest_api_id}/stages?api={rest_api_id}&region={region}"),
    ("apigateway.domain_name", "/apigateway/main/publish/domain-names?domain={domain_name}&region={region}"),
    ("apigateway.integration", "/apigateway/main/apis/{rest_api_id}/resources?api={rest_api_id}&region={region}"),
    ("apigateway.mapping", "/apigateway/main/publish/domain-names?domain={domain_name}&region={region}"),
    ("apigateway.method", "/apigateway/main/apis/{rest_api_id}/resources?api={rest_api_id}&region={region}"),
    ("apigateway.resource", "/apigateway/main/apis/{rest_api_id}/resources?api={rest_api_id}&region={region}"),
    ("apigateway.rest_api", "/apigateway/main/apis/{id}/resources?api={id}&region={region}"),
    ("apigateway.stage", "/apigateway/main/apis/{rest_api_id}/stages?api={rest_api_id}&region={region}"),
    ("apigatewayv2.api", "/apigateway/main/develop/routes?api={id}&region={region}"),
    ("apigatewayv2.domain_name", "/apigateway/main/publish/domain-names?domain={domain_name}&region={region}"),
    ("apigatewayv2.integration", "/apigateway/main/develop/integrations?api={api_id}&region={region}"),
    ("apigatewayv2.mapping", "/apigateway/main/publish/domain-names?domain={domain_name}&region={region}"),
    ("apigatewayv2.route", "/apigateway/main/develop/routes?api={api_id}&region={region}"),
    ("apigatewayv2.stage", "/apigateway/main/deploy/stages?api={api_id}&region={region}"),
    ("cloudwatch.composite_alarm", "/cloudwatch/home?region={region}#alarmsV2:alarm/{alarm_name}"),
    ("cloudwatch.dashboard", "/cloudwatch/home?region={region}#dashboards/dashboard/{dashboard_name}"),
    ("cloudwatch.metric_alarm", "/cloudwatch/home?region={region}#alarmsV2:alarm/{alarm_name}"),
    ("dynamodb.table", "/dynamodbv2/home?region={region}#table?name={name}"),
    ("dynamodb.table_replica", "/dynamodbv2/home?region={region}#table?name={table_name}"),
    ("ec2.eip", "/ec2/home?region={region}#ElasticIpDetails:AllocationId={id}"),
    ("ec2.flow_log", "/vpcconsole/home?region={region}#VpcDetails:VpcId={vpc_id}"),
    ("ec2.internet_gateway", "/vpcconsole/home?region={region}#InternetGateway:internetGatewayId={id}"),
    ("ec2.nat_gateway", "/vpcconsole/home?region={region}#NatGatewayDetails:natGatewayId={id}"),
    ("ec2.route", "/vpcconsole/home?region={region}#RouteTableDetails:RouteTableId={route_table_id}"),
    ("ec2.route_table", "/vpcconsole/home?region={region}#RouteTableDetails:RouteTableId={id}"),
    ("ec2.route_table_association", "/vpcconsole/home?region={region}#RouteTableDetails:RouteTableId={route_table_id}"),
    ("ec2.security_group", "/ec2/home?region={region}#SecurityGroup:groupId={id}"),
    ("ec2.security_group_rule", "/ec2/home?region={region}#SecurityGroup:groupId={security_group_id}"),
    ("ec2.subnet", "/vpcconsole/home?region={region}#SubnetDetails:subnetId={id}"),
    ("ec2.vpc", "/vpcconsole/home?region={region}#VpcDetails:VpcId={id}"),
    ("ec2.vpc_endpoint", "/vpcconsole/home?region={region}#EndpointDetails:vpcEndpointId={id}"),
    ("ec2.vpc_peering", "/vpcconsole/home?region={region}#PeeringConnectionDetails:vpcPeeringConnectionId={id}"),
    ("ec2.vpc_peering_accepter", "/vpcconsole/home?region={region}#PeeringConnectionDetails:vpcPeeringConnectionId={id}"),
    ("elbv2.listener", "/ec2/home?region={region}#ELBListenerV2:listenerArn={id}"),
    ("elbv2.load_balancer", "/ec2/home?region={region}#LoadBalancer:loadBalancerArn={id}"),
    ("elbv2.target_attachment", "/ec2/home?region={region}#TargetGroup:targetGroupArn={target_group_arn}"),
    ("elbv2.target_group", "/ec2/home?region={region}#TargetGroup:targetGroupArn={id}"),
    ("events.bus", "/events/home?region={region}#/eventbus/{name}"),
    ("events.bus_policy", "/events/home?region={region}#/eventbus/{event_bus_name}"),
    ("events.rule", "/events/home?region={region}#/eventbus/{event_bus_name}/rules/{name}"),
    ("events.target", "/events/home?region={region}#/eventbus/{event_bus_name}/rules/{rule}"),
    ("iam.policy", "/iam/home?region={region}#/policies/details/{id}"),
    ("iam.role", "/iam/home?region={region}#/roles/details/{name}"),
    ("iam.role_policy", "/iam/home?region={region}#/roles/details/{role}"),
    ("iam.role_policy_attachment", "/iam/home?region={region}#/roles/details/{role}"),
    ("kms.alias", "/kms/home?region={region}#/kms/keys/{target_key_arn/}"),
    ("kms.key", "/kms/home?region={region}#/kms/keys/{id}"),
    ("kms.replica_key", "/kms/home?region={region}#/kms/keys/{id}"),
    ("lambda.alias", "/lambda/home?region={region}#/functions/{function_name}/aliases/{name}"),
    ("lambda.concurrency", "/lambda/home?region={region}#/functions/{function_name}"),
    ("lambda.event_source_mapping", "/lambda/home?region={region}#/functions/{function_name}"),
    ("lambda.function", "/lambda/home?region={region}#/functions/{function_name}"),
    ("lambda.permission", "/lambda/home?region={region}#/functions/{function_name}"),
    ("logs.log_group", "/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{name%}"),
    ("rds.cluster", "/rds/home?region={region}#database:id={id};is-cluster=true"),
    ("rds.cluster_instance", "/rds/home?region={region}#database:id={id};is-cluster=false"),
    ("rds.cluster_parameter_group", "/rds/home?region={region}#parameter-groups:"),
    ("rds.global_cluster", "/rds/home?region={region}#databases:"),
    ("rds.subnet_group", "/rds/home?region={region}#db-subnet-group:id={id}"),
    ("route53.health_check", "/route53/healthchecks/home?region={region}#/details/{id}"),
    ("route53.record", "/route53/v2/hostedzones?region={region}#ListRecordSets/{zone_id}"),
    ("route53.zone", "/route53/v2/hostedzones?region={region}#ListRecordSets/{id}"),
    ("s3.bucket", "/s3/buckets/{bucket}?region={region}"),
    ("s3.bucket_policy", "/s3/buckets/{bucket}?region={region}&tab=permissions"),
    ("s3.bucket_replication", "/s3/buckets/{bucket}?region={region}&tab=management"),
    ("secretsmanager.replica", "/secretsmanager/secret?name={secret_id}&region={region}"),
    ("secretsmanager.rotation", "/secretsmanager/secret?name={secret_id}&region={region}"),
    ("secretsmanager.secret", "/secretsmanager/secret?name={name}&region={region}"),
    ("secretsmanager.secret_version", "/secretsmanager/secret?name={secret_id}&region={region}"),
    ("sns.subscription", "/sns/v3/home?region={region}#/subscription/{id}"),
    ("sns.topic", "/sns/v3/home?region={region}#/topic/{id}"),
    ("sns.topic_policy", "/sns/v3/home?region={region}#/topic/{topic_arn}"),
    ("sqs.queue", "/sqs/v3/home?region={region}#/queues/{id}"),
    ("sqs.queue_policy", "/sqs/v3/home?region={region}#/queues/{queue_url}"),
    ("ssm.parameter", "/systems-manager/parameters/{name%}/description?region={region}"),
    ("stepfunctions.state_machine", "/states/home?region={region}#/statemachines/view/{id}"),
];

#[cfg(test)]
mod tests {
    use dr_core::schema::Place;

    use super::*;

    #[test]
    fn every_kind_that_is_in_aws_has_a_page_that_it_can_name() {
        let registry = crate::registry();
        let wanted: Vec<&str> =
            registry.iter().filter(|kind| !kind.lookup && kind.place != Place::Local).map(|kind| kind.name).collect();
        assert_eq!(PAGES.iter().map(|(name, _)| *name).collect::<Vec<_>>(), wanted);
        for (name, page) in PAGES {
            let kind = registry.get(name).unwrap();
            let holes = page.split('{').skip(1).map(|rest| rest.split_once('}').unwrap().0);
            for hole in holes.map(|hole| hole.trim_end_matches(['/', '%'])) {
                assert!(kind.attribute(hole).is_some(), "{name}: there is no `{hole}`");
            }
            assert!(page.contains("region={region}"), "{name}");
        }
    }

    #[test]
    fn a_page_is_named_by_attributes_as_the_console_writes_them() {
        let of = |kind, region, values: &'static [(&str, &str)]| {
            address(kind, region, |name| {
                values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        for (kind, region, values, wanted) in [
            (
                "ec2.vpc",
                Some("eu-west-1"),
                &[("id", "vpc-1")][..],
                Some(
                    "https://eu-west-1.console.aws.amazon.com/vpcconsole/home?region=eu-west-1#VpcDetails:VpcId=vpc-1",
                ),
            ),
            (
                "iam.role",
                None,
                &[("name", "a b")],
                Some("https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/roles/details/a%20b"),
            ),
            (
                "acm.certificate",
                Some("us-west-2"),
                &[("id", "arn:aws:acm:us-west-2:1:certificate/c-1")],
                Some("https://us-west-2.console.aws.amazon.com/acm/home?region=us-west-2#/certificates/c-1"),
            ),
            (
                "logs.log_group",
                Some("us-gov-west-1"),
                &[("name", "/aws/x")],
                Some(
                    "https://us-gov-west-1.console.amazonaws-us-gov.com/cloudwatch/home?region=us-gov-west-1\
                     #logsV2:log-groups/log-group/%252Faws%252Fx",
                ),
            ),
            (
                "s3.bucket",
                Some("cn-north-1"),
                &[("bucket", "b")],
                Some("https://cn-north-1.console.amazonaws.cn/s3/buckets/b?region=cn-north-1"),
            ),
            ("ec2.flow_log", Some("us-east-1"), &[("subnet_id", "s")], None),
            ("ec2.flow_log", Some("us-east-1"), &[("vpc_id", "")], None),
            ("random.id", None, &[("id", "x")], None),
        ] {
            assert_eq!(of(kind, region, values).as_deref(), wanted, "{kind}");
        }
    }
}
