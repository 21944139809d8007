"""Is the program `payment_http` there, as it was asked for?

    {"endpoints": {…}, "suffix": "pr-7", "primary_region": "us-east-1", "secondary_region": "us-east-2",
     "base_domain": "", "email": "", "rotation_days": 30, "health_interval": 30}  →  {"ok": true, "findings": []}
"""

import json

import common
import payments
from rows import Rows


def look(arguments):
    """Compares every setting of the program with what is there."""
    rows = Rows(arguments)
    suffix, domain, email = arguments["suffix"], arguments.get("base_domain", ""), arguments.get("email", "")
    first = arguments.get("primary_region", "us-east-1")
    second = arguments.get("secondary_region", "us-east-2")
    return rows.check([
        *region(rows, "primary", first, "10.0", suffix, email),
        *region(rows, "secondary", second, "10.1", suffix, email),
        *peering(rows, first, second, suffix),
        *payments.database(rows, first, second, suffix, "payment-db", "14.22"),
        *payments.rotation(rows, first, suffix, "payment-db", 3, arguments.get("rotation_days", 30)),
        *stores(rows, first, second, suffix),
        *watching(rows, first, second, suffix, arguments.get("health_interval", 30)),
        *names(rows, first, second, suffix, domain),
    ])


def region(rows, role, place, net, s, email):
    """What stands in each of the two regions."""
    vpc = rows.part("ec2", place, "describe_vpcs", payments.tagged(f"payment-vpc-{role}-{s}"), "Vpcs[0].VpcId")
    inside = payments.inside(vpc)
    cidrs = [f"{net}.{number}.0/24" for number in (1, 2, 3, 10, 11, 12)]
    yield from payments.network(rows, place, vpc, f"{net}.0.0/16", cidrs)
    for tier in ("public", "private"):
        each = f"Subnets[?Tags[?Key=='Name' && starts_with(Value, 'payment-vpc-{role}-{tier}-')]]"
        zones = rows.part("ec2", place, "describe_subnets", inside, f"{each}.AvailabilityZone") or []
        rows.equal(f"zones of {tier} subnets in {place}", len(set(zones)), 3)
    yield ("ec2", place, "describe_nat_gateways", inside, "NatGateways[?State!='deleted'].State", ["available"] * 3)
    yield ("ec2", place, "describe_addresses", {}, "length(Addresses[?AssociationId])", 3)
    tables = payments.tables(rows, place, vpc)
    private = [table for table in tables if "nat" in payments.way_out(table)]
    rows.equal(f"private tables in {place}", len(private), 3)
    rows.equal(f"NAT gateways in tables in {place}", len({payments.way_out(table) for table in private}), 3)
    yield from payments.group(place, vpc, f"payment-lambda-sg-{place}-{s}", [], [["-1", None, "0.0.0.0/0", None]])
    functions = payments.group_id(rows, place, vpc, f"payment-lambda-sg-{place}-{s}")
    peer = "10.1.0.0/16" if role == "primary" else "10.0.0.0/16"
    wanted = [["tcp", 5432, peer, None], ["tcp", 5432, None, functions]]
    yield from payments.group(place, vpc, f"payment-aurora-sg-{place}-{s}", wanted, [])
    yield from payments.key(rows, place, f"alias/payment-{place}-{s}")

    name = f"payment-processor-{place}-{s}"
    yield from payments.function(rows, place, name, "python3.12", 256, 30, 3, 14, "PassThrough")
    asked = {"FunctionName": name}
    variables = rows.part("lambda", place, "get_function", asked, "Configuration.Environment.Variables") or {}
    wanted = ["BUCKET", "DB_ENDPOINT", "DB_SECRET_ARN", "DR_ROLE", "GLOBAL_CLUSTER_ID", "SESSION_TABLE"]
    rows.equal(f"variables of {name}", sorted(variables), wanted)
    rows.equal(f"{name}: DR_ROLE", variables.get("DR_ROLE"), role)
    rows.equal(f"{name}: SESSION_TABLE", variables.get("SESSION_TABLE"), f"payment-sessions-{s}")
    rows.true(f"{name}: the secret is of another region", f":{place}:" in variables.get("DB_SECRET_ARN", ""))
    endpoint = variables.get("DB_ENDPOINT", "")
    rows.true(f"{name}: the database is another one", endpoint.startswith(f"payment-aurora-{role}-{s}."))

    api = rows.part("apigatewayv2", place, "get_apis", {}, f"Items[?Name=='payment-api-{place}-{s}'].ApiId | [0]") or "none"
    of_api = {"ApiId": api}
    yield ("apigatewayv2", place, "get_apis", {}, "Items[].ProtocolType", ["HTTP"])
    yield ("apigatewayv2", place, "get_stages", of_api, "Items[].[StageName, AutoDeploy]", [["$default", True]])
    yield ("apigatewayv2", place, "get_routes", of_api, "sort(Items[].RouteKey)", ["GET /health", "POST /payment"])
    signed = "sort_by(Items, &RouteKey)[].AuthorizationType"
    yield ("apigatewayv2", place, "get_routes", of_api, signed, ["NONE", "AWS_IAM"])
    limits = "Items[].DefaultRouteSettings.[ThrottlingRateLimit, ThrottlingBurstLimit]"
    yield ("apigatewayv2", place, "get_stages", of_api, limits, [[100.0, 200]])
    integration = "Items[].[IntegrationType, PayloadFormatVersion, IntegrationMethod]"
    yield ("apigatewayv2", place, "get_integrations", of_api, integration, [["AWS_PROXY", "2.0", "POST"]])
    calls = f"Items[].contains(IntegrationUri, 'function:{name}/invocations')"
    yield ("apigatewayv2", place, "get_integrations", of_api, calls, [True])
    payments.invokers(rows, place, name, [("apigateway.amazonaws.com", f":{api}/*/*")])
    yield from payments.topic(place, f"payment-alerts-{place}-{s}", email)


def peering(rows, first, second, s):
    """The connection of both networks, and the routes on both sides of it."""
    asked = payments.tagged(f"payment-peering-{s}")
    both = "VpcPeeringConnections[?Status.Code=='active'].[RequesterVpcInfo.[CidrBlock, Region], AccepterVpcInfo.[CidrBlock, Region]]"
    wanted = [[["10.0.0.0/16", first], ["10.1.0.0/16", second]]]
    yield ("ec2", first, "describe_vpc_peering_connections", asked, both, wanted)
    for place, role, other in ((first, "primary", "10.1.0.0/16"), (second, "secondary", "10.0.0.0/16")):
        vpc = rows.part("ec2", place, "describe_vpcs", payments.tagged(f"payment-vpc-{role}-{s}"), "Vpcs[0].VpcId")
        routed = [
            bool(route.get("VpcPeeringConnectionId")) and "nat" in payments.way_out(table)
            for table in payments.tables(rows, place, vpc)
            for route in table["Routes"]
            if route.get("DestinationCidrBlock") == other
        ]
        rows.equal(f"private tables with a route to {other} in {place}", routed, [True] * 3)


def stores(rows, first, second, s):
    """Sessions in both regions, and documents with their copies."""
    table = {"TableName": f"payment-sessions-{s}"}
    for place in (first, second):
        keys = [{"AttributeName": "session_id", "KeyType": "HASH"}]
        yield ("dynamodb", place, "describe_table", table, "Table.KeySchema", keys)
        yield ("dynamodb", place, "describe_table", table, "Table.BillingModeSummary.BillingMode", "PAY_PER_REQUEST")
        stream = "Table.StreamSpecification.[StreamEnabled, StreamViewType]"
        yield ("dynamodb", place, "describe_table", table, stream, [True, "NEW_AND_OLD_IMAGES"])
        recovery = "ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus"
        yield ("dynamodb", place, "describe_continuous_backups", table, recovery, "ENABLED")
    expiry = "TimeToLiveDescription.[TimeToLiveStatus, AttributeName]"
    yield ("dynamodb", first, "describe_time_to_live", table, expiry, ["ENABLED", "expires_at"])
    yield ("dynamodb", first, "describe_table", table, "Table.SSEDescription.SSEType", "KMS")
    key = rows.part("dynamodb", first, "describe_table", table, "Table.SSEDescription.KMSMasterKeyArn")
    rows.equal("key of the table", key, payments.key_arn(rows, first, f"alias/payment-{first}-{s}"))

    named = "Buckets[?starts_with(Name, 'payment-')].Name"
    buckets = sorted(rows.part("s3", first, "list_buckets", {}, named) or [], key=lambda name: "-replica-" in name)
    rows.equal("number of buckets", len(buckets), 2)
    if len(buckets) != 2:
        return
    source, copy = buckets
    id = source.rsplit("-", 1)[-1]
    rows.equal("names of buckets", buckets, [f"payment-{s}-{id}", f"payment-{s}-replica-{second}-{id}"])
    rows.equal(f"length of {id}", len(id), 8)
    for place, bucket in ((first, source), (second, copy)):
        yield from payments.bucket(place, bucket, payments.key_arn(rows, place, f"alias/payment-{place}-{s}"))
    yield from payments.replication(rows, first, source, copy, f"alias/payment-{second}-{s}", second, time_control=True)
    variables = "Configuration.Environment.Variables.BUCKET"
    for place, bucket in ((first, source), (second, copy)):
        yield ("lambda", place, "get_function", {"FunctionName": f"payment-processor-{place}-{s}"}, variables, bucket)
    lag = {"AlarmNames": [f"payment-s3-replication-{second}-{s}"]}
    dimensions = "sort_by(MetricAlarms[0].Dimensions, &Name)[].Value"
    yield ("cloudwatch", second, "describe_alarms", lag, dimensions, [copy, "payment-documents", source])


def watching(rows, first, second, s, interval):
    """Alarms and health checks."""
    more, as_much = "GreaterThanThreshold", "GreaterThanOrEqualToThreshold"
    alarms = [
        (place, f"payment-{name}-{place}-{s}", f"payment-alerts-{place}-{s}", wanted)
        for place in (first, second)
        for name, wanted in (
            ("lambda-errors", ["AWS/Lambda", "Errors", "Sum", 5.0, 300, 1, as_much]),
            ("api-5xx", ["AWS/ApiGateway", "5xx", "Sum", 5.0, 300, 1, as_much]),
        )
    ]
    health = ["AWS/Route53", "HealthCheckStatus", "Minimum", 1.0, 60, 2, "LessThanThreshold"]
    latency = ["AWS/DynamoDB", "ReplicationLatency", "Average", 60000.0, 300, 2, more]
    behind = ["AWS/RDS", "AuroraGlobalDBReplicationLag", "Maximum", 5000.0, 60, 3, more]
    copies = ["AWS/S3", "ReplicationLatency", "Maximum", 900.0, 300, 1, more]
    alarms += [
        ("us-east-1", f"payment-primary-health-{first}-{s}", f"payment-alerts-{first}-{s}", health),
        (first, f"payment-ddb-replication-{first}-{s}", f"payment-alerts-{first}-{s}", latency),
        (second, f"payment-aurora-lag-{second}-{s}", f"payment-alerts-{second}-{s}", behind),
        (second, f"payment-s3-replication-{second}-{s}", f"payment-alerts-{second}-{s}", copies),
    ]
    yield from payments.alarms(alarms)
    latency = {"AlarmNames": [f"payment-ddb-replication-{first}-{s}"]}
    wanted = [["ReceivingRegion", second], ["TableName", f"payment-sessions-{s}"]]
    dimensions = "sort_by(MetricAlarms[0].Dimensions, &Name)[].[Name, Value]"
    yield ("cloudwatch", first, "describe_alarms", latency, dimensions, wanted)
    api = "payment-api-{}-{}".format
    hosts = sorted(
        f"{id}.execute-api.{place}.amazonaws.com"
        for place in (first, second)
        for id in rows.part("apigatewayv2", place, "get_apis", {}, f"Items[?Name=='{api(place, s)}'].ApiId") or []
    )
    checks = "HealthChecks[].HealthCheckConfig"
    yield ("route53", "us-east-1", "list_health_checks", {}, f"sort({checks}.FullyQualifiedDomainName)", hosts)
    asked = "[Type, Port, ResourcePath, RequestInterval, FailureThreshold]"
    wanted = [["HTTPS", 443, "/health", interval, 3]] * 2
    yield ("route53", "us-east-1", "list_health_checks", {}, f"{checks}.{asked}", wanted)


def names(rows, first, second, s, domain):
    """Zone, records, certificates and domain names: all of them with a domain, none without."""
    own = f"payment-{s}.{domain}"
    wanted = [["PRIMARY", True, True], ["SECONDARY", True, False]]
    yield from payments.names(rows, own if domain else None, wanted)
    for place in (first, second) if domain else ():
        asked = {"DomainName": f"api.{own}"}
        yield ("acm", place, "list_certificates", {}, "CertificateSummaryList[].DomainName", [f"api.{own}"])
        settings = "DomainNameConfigurations[].[EndpointType, SecurityPolicy]"
        yield ("apigatewayv2", place, "get_domain_name", asked, settings, [["REGIONAL", "TLS_1_2"]])
        api = rows.part("apigatewayv2", place, "get_apis", {}, f"Items[?Name=='payment-api-{place}-{s}'].ApiId | [0]")
        yield ("apigatewayv2", place, "get_api_mappings", asked, "Items[].[ApiId, Stage]", [[api, "$default"]])
    if not domain:
        for place in (first, second):
            yield ("apigatewayv2", place, "get_domain_names", {}, "Items", [])
            yield ("acm", place, "list_certificates", {}, "CertificateSummaryList", [])


if __name__ == "__main__":
    common.answer(look)
