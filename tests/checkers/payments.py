"""Rows that the checkers of payment programs have in common: what is asked of a network, a database, a bucket, an alarm."""

import json

from common import ACCOUNT

FLAGS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
ALARM = "[Namespace, MetricName, Statistic, Threshold, Period, EvaluationPeriods, ComparisonOperator]"


def tagged(name):
    """The filter for what is called so."""
    return {"Filters": [{"Name": "tag:Name", "Values": [name]}]}


def inside(vpc):
    """The filter for what is in a VPC."""
    return {"Filters": [{"Name": "vpc-id", "Values": [vpc or "none"]}]}


def network(rows, place, vpc, cidr, cidrs):
    """A VPC with its subnets and its way to the internet."""
    of_vpc = {"VpcIds": [vpc]} if vpc else {"Filters": [{"Name": "vpc-id", "Values": ["none"]}]}
    yield ("ec2", place, "describe_vpcs", of_vpc, "Vpcs[].CidrBlock", [cidr])
    for flag in ("enableDnsSupport", "enableDnsHostnames") if vpc else ():
        path = f"{flag[0].upper()}{flag[1:]}.Value"
        yield ("ec2", place, "describe_vpc_attribute", {"VpcId": vpc, "Attribute": flag}, path, True)
    yield ("ec2", place, "describe_subnets", inside(vpc), "sort(Subnets[].CidrBlock)", sorted(cidrs))
    attached = {"Filters": [{"Name": "attachment.vpc-id", "Values": [vpc or "none"]}]}
    yield ("ec2", place, "describe_internet_gateways", attached, "length(InternetGateways)", 1)
    public = [table for table in tables(rows, place, vpc) if way_out(table).startswith("igw-")]
    rows.equal(f"public tables in {place}", len(public), 1)


def tables(rows, place, vpc):
    """The route tables of a VPC that subnets are associated with."""
    found = rows.part("ec2", place, "describe_route_tables", inside(vpc), "RouteTables") or []
    return [table for table in found if any(row.get("SubnetId") for row in table["Associations"])]


def way_out(table):
    """Where a table sends what it has no other route for; nothing when it sends it nowhere."""
    for route in table["Routes"]:
        if route.get("DestinationCidrBlock") == "0.0.0.0/0":
            return route.get("NatGatewayId") or route.get("GatewayId") or ""
    return ""


def group_id(rows, place, vpc, name):
    """The id of a security group."""
    return rows.part("ec2", place, "describe_security_groups", inside(vpc), f"SecurityGroups[?GroupName=='{name}'].GroupId | [0]")


def group(place, vpc, name, ingress, egress):
    """A security group with its rules: protocol, port, range and group of the other side."""
    of_group = f"SecurityGroups[?GroupName=='{name}'] | [0]"
    for direction, wanted in (("IpPermissions", ingress), ("IpPermissionsEgress", egress)):
        # One permission may hold several ranges and groups.
        ranges = f"{of_group}.{direction}[].[IpProtocol, FromPort, IpRanges[].CidrIp, UserIdGroupPairs[].GroupId]"
        ports = {}
        for protocol, port, range, other in wanted:
            sides = ports.setdefault((protocol, port), ([], []))
            sides[0].extend([range] if range else [])
            sides[1].extend([other] if other else [])
        merged = [[protocol, port, *map(sorted, sides)] for (protocol, port), sides in ports.items()]
        yield ("ec2", place, "describe_security_groups", inside(vpc), ranges, merged)


def endpoints(place, vpc, services):
    """The endpoints of a VPC and their sorts."""
    found = "sort_by(VpcEndpoints, &ServiceName)[].[ServiceName, VpcEndpointType]"
    kind = {"s3": "Gateway"}
    wanted = [[f"com.amazonaws.{place}.{service}", kind.get(service, "Interface")] for service in sorted(services)]
    yield ("ec2", place, "describe_vpc_endpoints", inside(vpc), found, wanted)
    own_names = "length(VpcEndpoints[?VpcEndpointType=='Interface' && PrivateDnsEnabled])"
    yield ("ec2", place, "describe_vpc_endpoints", inside(vpc), own_names, len(services) - 1)


def key_arn(rows, place, alias):
    """The ARN of the key behind an alias."""
    return rows.part("kms", place, "describe_key", {"KeyId": alias}, "KeyMetadata.Arn")


def key(rows, place, alias):
    """A key of one's own, which is renewed."""
    asked = {"KeyId": alias}
    yield ("kms", place, "describe_key", asked, "KeyMetadata.[KeyManager, KeyState]", ["CUSTOMER", "Enabled"])
    id = rows.part("kms", place, "describe_key", asked, "KeyMetadata.KeyId")
    if id:
        yield ("kms", place, "get_key_rotation_status", {"KeyId": id}, "KeyRotationEnabled", True)


def database(rows, first, second, s, secret, version):
    """A global database with its clusters, instances and secret."""
    everything = f"GlobalClusters[?GlobalClusterIdentifier=='payment-global-{s}'] | [0]"
    found = rows.part("rds", first, "describe_global_clusters", {}, f"{everything}.GlobalClusterMembers[].[DBClusterArn, IsWriter]")
    roles = sorted([arn.split(":")[3], writes] for arn, writes in found or [])
    rows.equal("members of the global cluster", roles, sorted([[first, True], [second, False]]))
    settings = f"{everything}.[Engine, StorageEncrypted, DeletionProtection]"
    yield ("rds", first, "describe_global_clusters", {}, settings, ["aurora-postgresql", True, False])
    for place, role in ((first, "primary"), (second, "secondary")):
        name = f"payment-aurora-{role}-{s}"
        cluster = {"DBClusterIdentifier": name}
        settings = "DBClusters[0].[Engine, EngineVersion, StorageEncrypted, BackupRetentionPeriod, DeletionProtection, Port]"
        wanted = ["aurora-postgresql", version, True, 1, False, 5432]
        yield ("rds", place, "describe_db_clusters", cluster, settings, wanted)
        members = f"DBInstances[?DBClusterIdentifier=='{name}'].[DBInstanceClass, PubliclyAccessible]"
        yield ("rds", place, "describe_db_instances", {}, members, [["db.r6g.large", False]])
        yield ("rds", place, "describe_db_clusters", cluster, "DBClusters[0].HttpEndpointEnabled", True)
    first_user = "DBClusters[0].[DatabaseName, MasterUsername]"
    primary = {"DBClusterIdentifier": f"payment-aurora-primary-{s}"}
    yield ("rds", first, "describe_db_clusters", primary, first_user, ["payments", "payadmin"])
    asked = {"SecretId": f"{secret}-{s}"}
    yield ("secretsmanager", first, "describe_secret", asked, "ReplicationStatus[].Region", [second])
    held = json.loads(rows.part("secretsmanager", first, "get_secret_value", asked, "SecretString") or "{}")
    rows.equal("fields of the secret", sorted(held), ["dbname", "engine", "host", "password", "port", "username"])
    login = [held.get(field) for field in ("engine", "port", "dbname", "username")]
    rows.equal("login in the secret", login, ["postgres", 5432, "payments", "payadmin"])
    password = held.get("password", "")
    rows.true("the password is short", len(password) >= 32)
    rows.true("the password has characters that databases or URLs refuse", not set(password) & set('/"@ :?#[]%&+'))
    endpoint = rows.part("rds", first, "describe_db_clusters", primary, "DBClusters[0].Endpoint")
    rows.equal("host in the secret", held.get("host"), endpoint)
    asked = {"SecretId": f"payment-db-app-{s}"}
    yield ("secretsmanager", first, "describe_secret", asked, "ReplicationStatus[].Region", [second])
    held = json.loads(rows.part("secretsmanager", first, "get_secret_value", asked, "SecretString") or "{}")
    login = [held.get(field) for field in ("engine", "host", "port", "dbname", "username")]
    rows.equal("login in the other secret", login, ["postgres", endpoint, 5432, "payments", "payments_app"])


def rotation(rows, place, s, master, subnets, days):
    """The passwords of both users are renewed by a function, again and again."""
    name = f"payment-rotation-{s}"
    yield from function(rows, place, name, "python3.12", 256, 300, subnets, 30, "PassThrough")
    arns = []
    for held in (master, "payment-db-app"):
        secret = {"SecretId": f"{held}-{s}"}
        settings = "[RotationEnabled, RotationRules.AutomaticallyAfterDays]"
        yield ("secretsmanager", place, "describe_secret", secret, settings, [True, days])
        renews = f"ends_with(RotationLambdaARN, ':function:{name}')"
        yield ("secretsmanager", place, "describe_secret", secret, renews, True)
        arns.append(rows.part("secretsmanager", place, "describe_secret", secret, "ARN") or "none")
    variables = rows.part("lambda", place, "get_function", {"FunctionName": name}, "Configuration.Environment.Variables") or {}
    rows.equal(f"{name}: MASTER_SECRET_ARN", variables.get("MASTER_SECRET_ARN"), arns[0])
    invokers(rows, place, name, [("secretsmanager.amazonaws.com", arn) for arn in arns])


def bucket(place, name, key):
    """A bucket that keeps versions, encrypted with a key of one's own, closed to the public, over TLS only."""
    asked = {"Bucket": name}
    yield ("s3", place, "get_bucket_versioning", asked, "Status", "Enabled")
    by_default = "ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.[SSEAlgorithm, KMSMasterKeyID]"
    yield ("s3", place, "get_bucket_encryption", asked, by_default, ["aws:kms", key])
    yield from closed(place, name)
    old = "Rules[?Status=='Enabled'].NoncurrentVersionExpiration.NoncurrentDays"
    yield ("s3", place, "get_bucket_lifecycle_configuration", asked, old, [365])


def closed(place, name):
    """A bucket that is closed to the public and answers over TLS only."""
    asked = {"Bucket": name}
    block = f"PublicAccessBlockConfiguration.[{', '.join(FLAGS)}]"
    yield ("s3", place, "get_public_access_block", asked, block, [True] * 4)
    yield ("s3", place, "get_bucket_policy", asked, "contains(Policy, 'aws:SecureTransport')", True)


def replication(rows, place, source, copy, alias, second, time_control):
    """Everything that is written to a bucket is copied to another, deletions included."""
    asked = {"Bucket": source}
    rule = "ReplicationConfiguration.Rules[0]"
    yield ("s3", place, "get_bucket_replication", asked, "length(ReplicationConfiguration.Rules)", 1)
    minutes = [15, "Enabled", 15] if time_control else [None, None, None]
    target = f"{rule}.Destination.[Bucket, ReplicationTime.Time.Minutes, Metrics.Status, Metrics.EventThreshold.Minutes]"
    yield ("s3", place, "get_bucket_replication", asked, target, [f"arn:aws:s3:::{copy}", *minutes])
    key = f"{rule}.Destination.EncryptionConfiguration.ReplicaKmsKeyID"
    yield ("s3", place, "get_bucket_replication", asked, key, key_arn(rows, second, alias))
    encrypted = f"{rule}.SourceSelectionCriteria.SseKmsEncryptedObjects.Status"
    yield ("s3", place, "get_bucket_replication", asked, encrypted, "Enabled")
    yield ("s3", place, "get_bucket_replication", asked, f"{rule}.[Status, DeleteMarkerReplication.Status]", ["Enabled"] * 2)


def function(rows, place, name, runtime, memory, timeout, subnets, days, tracing):
    """A function in a network, with its log group."""
    asked = {"FunctionName": name}
    basics = "Configuration.[Runtime, Handler, MemorySize, Timeout, State, length(VpcConfig.SubnetIds)]"
    wanted = [runtime, "index.handler", memory, timeout, "Active", subnets]
    yield ("lambda", place, "get_function", asked, basics, wanted)
    yield ("lambda", place, "get_function", asked, "Configuration.TracingConfig.Mode", tracing)
    yield ("lambda", place, "get_function", asked, "Configuration.CodeSize > `1000`", True)
    group = f"/aws/lambda/{name}"
    groups = {"logGroupNamePrefix": group}
    kept = "logGroups[].[logGroupName, retentionInDays, kmsKeyId != `null`]"
    yield ("logs", place, "describe_log_groups", groups, kept, [[group, days, True]])
    role = (rows.part("lambda", place, "get_function", asked, "Configuration.Role") or "none").rsplit("/", 1)[-1]
    attached = {"RoleName": role}
    managed = "contains(AttachedPolicies[].PolicyName, 'AWSLambdaVPCAccessExecutionRole')"
    yield ("iam", place, "list_attached_role_policies", attached, managed, True)


def rights(rows, place, function):
    """The statements of a function's own policies."""
    role = rows.part("lambda", place, "get_function", {"FunctionName": function}, "Configuration.Role") or "none"
    name = {"RoleName": role.rsplit("/", 1)[-1]}
    found = []
    for policy in rows.part("iam", place, "list_role_policies", name, "PolicyNames") or []:
        document = rows.part("iam", place, "get_role_policy", {**name, "PolicyName": policy}, "PolicyDocument")
        document = json.loads(document) if isinstance(document, str) else document
        found += document["Statement"]
    return found


def invokers(rows, place, name, wanted):
    """Who may invoke a function, and for what: services, and how the ARN of what they act for ends."""
    policy = rows.part("lambda", place, "get_policy", {"FunctionName": name}, "Policy") or '{"Statement": []}'
    found = sorted(json.loads(policy)["Statement"], key=lambda row: row["Condition"]["ArnLike"]["AWS:SourceArn"])
    wanted = sorted(wanted, key=lambda row: row[1])
    rows.equal(f"who may invoke {name}", [row["Principal"]["Service"] for row in found], [service for service, _ in wanted])
    for row, (_, end) in zip(found, wanted, strict=False):
        source = row["Condition"]["ArnLike"]["AWS:SourceArn"]
        rows.true(f"{name} may be invoked for {source}, wanted …{end}", source.endswith(end))


def topic(place, name, email):
    """A topic, and who is told."""
    topics = f"length(Topics[?ends_with(TopicArn, ':{name}')])"
    yield ("sns", place, "list_topics", {}, topics, 1)
    told = f"Subscriptions[?ends_with(TopicArn, ':{name}')].[Protocol, Endpoint]"
    yield ("sns", place, "list_subscriptions", {}, told, [["email", email]] if email else [])


def alarms(wanted):
    """Alarms: region, name, topic, and the settings of `ALARM`."""
    for place, name, topic, settings in wanted:
        asked = {"AlarmNames": [name]}
        yield ("cloudwatch", place, "describe_alarms", asked, f"MetricAlarms[0].{ALARM}", settings)
        for actions in ("AlarmActions", "OKActions"):
            arn = f"arn:aws:sns:{place}:{ACCOUNT}:{topic}"
            yield ("cloudwatch", place, "describe_alarms", asked, f"MetricAlarms[0].{actions}", [arn])


def names(rows, domain, wanted):
    """The zone of a domain, and the two records of its name `api`; no zone without a domain."""
    zones = rows.part("route53", "us-east-1", "list_hosted_zones", {}, "HostedZones[].[Name, Id]")
    rows.equal("zones", [name for name, _ in zones or []], [f"{domain}."] if domain else [])
    for _, zone in zones or []:
        told = "[Failover, AliasTarget.EvaluateTargetHealth, HealthCheckId != `null`]"
        path = f"sort_by(ResourceRecordSets[?Failover && Type=='A' && Name=='api.{domain}.'], &Failover)[].{told}"
        yield ("route53", "us-east-1", "list_resource_record_sets", {"HostedZoneId": zone}, path, wanted)
