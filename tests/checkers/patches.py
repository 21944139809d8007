"""What our patches change in moto, tried one by one.

    {"endpoints": {…}}  →  {"dynamodb: replicas exist": true, …}

Each probe says whether the server behaves as AWS does. All of them hold with the patches and none without: a patch that
a new moto has made unnecessary shows itself by a probe that holds without it. The server must be empty.
"""

import io
import json
import zipfile

import common
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

EAST, WEST = "us-east-1", "us-west-2"
ROLE = f"arn:aws:iam::{common.ACCOUNT}:role/any"
PROBES = []


def probe(what):
    """Decorator: registers a probe under what it finds out. It returns whether that holds."""

    def register(function):
        PROBES.append((what, function))
        return function

    return register


def refused(code, call, **fields):
    """Whether a call is refused with this code."""
    try:
        call(**fields)
    except ClientError as error:
        return error.response["Error"]["Code"] == code
    return False


def table(cloud, name):
    """A table with a stream; its client."""
    client = cloud.client("dynamodb", EAST)
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return client


@probe("dynamodb: replicas exist, share items, and go")
def _(cloud):
    client, west = table(cloud, "shared"), cloud.client("dynamodb", WEST)
    client.update_table(TableName="shared", ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
    replicas = client.describe_table(TableName="shared")["Table"].get("Replicas", [])
    client.put_item(TableName="shared", Item={"id": {"S": "one"}})
    there = west.get_item(TableName="shared", Key={"id": {"S": "one"}}).get("Item")
    client.update_table(TableName="shared", ReplicaUpdates=[{"Delete": {"RegionName": WEST}}])
    return [r["RegionName"] for r in replicas] == [WEST] and there and not west.list_tables()["TableNames"]


@probe("dynamodb: the source of a replica cannot be deleted")
def _(cloud):
    client = table(cloud, "source")
    client.update_table(TableName="source", ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
    return refused("ValidationException", client.delete_table, TableName="source")


@probe("dynamodb: a stream can be switched off")
def _(cloud):
    client = table(cloud, "quiet")
    client.update_table(TableName="quiet", StreamSpecification={"StreamEnabled": False})
    client.put_item(TableName="quiet", Item={"id": {"S": "one"}})
    return True


@probe("dynamodb: a change of encryption reads back")
def _(cloud):
    client = table(cloud, "sealed")
    client.update_table(TableName="sealed", SSESpecification={"Enabled": True, "SSEType": "KMS"})
    return client.describe_table(TableName="sealed")["Table"].get("SSEDescription", {}).get("Status") == "ENABLED"


@probe("kms: a primary stays the primary after its replica was read")
def _(cloud):
    key = cloud.client("kms", EAST).create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    cloud.client("kms", EAST).replicate_key(KeyId=key, ReplicaRegion=WEST)
    found = [cloud.client("kms", region).describe_key(KeyId=key)["KeyMetadata"] for region in (WEST, EAST)]
    return [key["MultiRegionConfiguration"]["MultiRegionKeyType"] for key in found] == ["REPLICA", "PRIMARY"]


@probe("kms: a deletion is scheduled once")
def _(cloud):
    client = cloud.client("kms", EAST)
    key = client.create_key()["KeyMetadata"]["KeyId"]
    client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    return refused("KMSInvalidStateException", client.schedule_key_deletion, KeyId=key, PendingWindowInDays=7)


@probe("kms: a replica has what it was given")
def _(cloud):
    key = cloud.client("kms", EAST).create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    tag = {"TagKey": "a", "TagValue": "1"}
    cloud.client("kms", EAST).replicate_key(KeyId=key, ReplicaRegion=WEST, Description="twin", Tags=[tag])
    west = cloud.client("kms", WEST)
    described = west.describe_key(KeyId=key)["KeyMetadata"]["Description"]
    return described == "twin" and west.list_resource_tags(KeyId=key)["Tags"] == [tag]


@probe("kms: a region has one replica of a key")
def _(cloud):
    key = cloud.client("kms", EAST).create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    cloud.client("kms", EAST).replicate_key(KeyId=key, ReplicaRegion=WEST)
    again = cloud.client("kms", EAST).replicate_key
    return refused("AlreadyExistsException", again, KeyId=key, ReplicaRegion=WEST)


@probe("kms: a key waits for its replicas")
def _(cloud):
    client = cloud.client("kms", EAST)
    key = client.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    client.replicate_key(KeyId=key, ReplicaRegion=WEST)
    answer = client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    return answer.get("KeyState") == "PendingReplicaDeletion"


@probe("logs: a key can be associated")
def _(cloud):
    client, key = cloud.client("logs", EAST), f"arn:aws:kms:{EAST}:{common.ACCOUNT}:key/any"
    client.create_log_group(logGroupName="sealed")
    client.associate_kms_key(logGroupName="sealed", kmsKeyId=key)
    return client.describe_log_groups(logGroupNamePrefix="sealed")["logGroups"][0].get("kmsKeyId") == key


def function(cloud, name, **more):
    """A function with settings; its client."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return {}\n")
    trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}
    iam = cloud.client("iam", EAST)
    try:
        iam.create_role(RoleName="any", AssumeRolePolicyDocument=json.dumps(trust))
    except iam.exceptions.EntityAlreadyExistsException:
        pass
    client = cloud.client("lambda", EAST)
    code = {"ZipFile": package.getvalue()}
    client.create_function(FunctionName=name, Runtime="python3.11", Role=ROLE, Handler="index.handler", Code=code, **more)
    return client


@probe("lambda: dead-letter, logging and tracing settings read back")
def _(cloud):
    target = f"arn:aws:sqs:{EAST}:{common.ACCOUNT}:any"
    client = function(cloud, "told", DeadLetterConfig={"TargetArn": target}, LoggingConfig={"LogFormat": "JSON"})
    client.update_function_configuration(FunctionName="told", TracingConfig={"Mode": "Active"})
    found = client.get_function_configuration(FunctionName="told")
    return (
        found.get("DeadLetterConfig", {}).get("TargetArn") == target
        and found.get("LoggingConfig", {}).get("LogFormat") == "JSON"
        and found["TracingConfig"]["Mode"] == "Active"
    )


@probe("lambda: reserved variables are refused")
def _(cloud):
    try:
        function(cloud, "greedy", Environment={"Variables": {"AWS_REGION": "here"}})
    except ClientError as error:
        return error.response["Error"]["Code"] == "InvalidParameterValueException"
    return False


@probe("lambda: instances can be provisioned")
def _(cloud):
    client = function(cloud, "warm", Publish=True)
    client.put_provisioned_concurrency_config(
        FunctionName="warm", Qualifier="1", ProvisionedConcurrentExecutions=2
    )
    found = client.get_provisioned_concurrency_config(FunctionName="warm", Qualifier="1")
    client.delete_provisioned_concurrency_config(FunctionName="warm", Qualifier="1")
    gone = client.get_provisioned_concurrency_config
    code = "ProvisionedConcurrencyConfigNotFoundException"
    return found["Status"] == "READY" and refused(code, gone, FunctionName="warm", Qualifier="1")


@probe("secretsmanager: a rotation reads back, schedules too")
def _(cloud):
    may = {"Action": "lambda:InvokeFunction", "Principal": "secretsmanager.amazonaws.com", "StatementId": "may"}
    functions = function(cloud, "renews")
    functions.add_permission(FunctionName="renews", **may)
    client = cloud.client("secretsmanager", EAST)
    client.create_secret(Name="renewed", SecretString="one")
    rules = {"ScheduleExpression": "rate(10 days)", "Duration": "3h"}
    arn = functions.get_function(FunctionName="renews")["Configuration"]["FunctionArn"]
    client.rotate_secret(SecretId="renewed", RotationLambdaARN=arn, RotationRules=rules, RotateImmediately=False)
    found = client.describe_secret(SecretId="renewed")
    return found["RotationEnabled"] and found["RotationRules"] == rules


@probe("secretsmanager: only a function that allows it renews a secret")
def _(cloud):
    arn = function(cloud, "refuses").get_function(FunctionName="refuses")["Configuration"]["FunctionArn"]
    client = cloud.client("secretsmanager", EAST)
    client.create_secret(Name="not-renewed", SecretString="one")
    fields = {"SecretId": "not-renewed", "RotationRules": {"AutomaticallyAfterDays": 10}, "RotateImmediately": False}
    return refused("AccessDeniedException", client.rotate_secret, RotationLambdaARN=arn, **fields)


@probe("events: a bus can be changed")
def _(cloud):
    client = cloud.client("events", EAST)
    client.create_event_bus(Name="changed")
    client.update_event_bus(Name="changed", Description="other", LogConfig={"Level": "ERROR"})
    found = client.describe_event_bus(Name="changed")
    return found["Description"] == "other" and found["LogConfig"] == {"Level": "ERROR"}


@probe("events: rules of one name on two buses have tags of their own")
def _(cloud):
    client = cloud.client("events", EAST)
    arns = []
    for bus in ("left", "right"):
        client.create_event_bus(Name=bus)
        fields = {"EventBusName": bus, "EventPattern": "{\"source\":[\"a\"]}"}
        arns.append(client.put_rule(Name="same", Tags=[{"Key": "bus", "Value": bus}], **fields)["RuleArn"])
    found = [client.list_tags_for_resource(ResourceARN=arn)["Tags"][0]["Value"] for arn in arns]
    return found == ["left", "right"]


@probe("events: a bus with rules cannot be deleted")
def _(cloud):
    client = cloud.client("events", EAST)
    client.create_event_bus(Name="ruled")
    client.put_rule(Name="any", EventBusName="ruled", EventPattern="{\"source\":[\"a\"]}")
    return refused("ValidationException", client.delete_event_bus, Name="ruled")


@probe("s3: a policy that asks for TLS does not lock everybody out")
def _(cloud):
    client = cloud.client("s3", EAST)
    client.create_bucket(Bucket="tls-only")
    arns = ["arn:aws:s3:::tls-only", "arn:aws:s3:::tls-only/*"]
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": arns, "Condition": condition}
    client.put_bucket_policy(Bucket="tls-only", Policy=json.dumps({"Statement": [deny]}))
    client.put_object(Bucket="tls-only", Key="one", Body=b"1")
    listed = client.list_object_versions(Bucket="tls-only")["Versions"]
    client.delete_object(Bucket="tls-only", Key="one", VersionId=listed[0]["VersionId"])
    return True


@probe("s3: a bucket is encrypted from the start")
def _(cloud):
    client = cloud.client("s3", EAST)
    client.create_bucket(Bucket="plain")
    rules = client.get_bucket_encryption(Bucket="plain")["ServerSideEncryptionConfiguration"]["Rules"]
    return rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


@probe("s3: replication reads back with its delete markers")
def _(cloud):
    client = cloud.client("s3", EAST)
    for bucket in ("from-here", "to-there"):
        client.create_bucket(Bucket=bucket)
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "ID": "all",
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": "in/"},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "Destination": {"Bucket": "arn:aws:s3:::to-there"},
    }
    client.put_bucket_replication(Bucket="from-here", ReplicationConfiguration={"Role": ROLE, "Rules": [rule]})
    found = client.get_bucket_replication(Bucket="from-here")["ReplicationConfiguration"]["Rules"][0]
    return found["DeleteMarkerReplication"] == {"Status": "Enabled"} and found["Filter"] == {"Prefix": "in/"}


def network(cloud):
    """A VPC with a subnet; the client and both ids."""
    client = cloud.client("ec2", EAST)
    vpc = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone=f"{EAST}a")["Subnet"]["SubnetId"]
    return client, vpc, subnet


def attached(client, vpc):
    """An internet gateway of a VPC."""
    gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    client.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    return gateway


def nat(client, subnet, **more):
    """A NAT gateway, in a VPC with an internet gateway, and its address."""
    attached(client, client.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"])
    address = client.allocate_address(Domain="vpc")["AllocationId"]
    gateway = client.create_nat_gateway(SubnetId=subnet, AllocationId=address, **more)["NatGateway"]
    return gateway["NatGatewayId"], address


@probe("ec2: a client token makes one NAT gateway")
def _(cloud):
    client, _vpc, subnet = network(cloud)
    first, address = nat(client, subnet, ClientToken="once")
    again = client.create_nat_gateway(SubnetId=subnet, AllocationId=address, ClientToken="once")
    return again["NatGateway"]["NatGatewayId"] == first


@probe("ec2: a NAT gateway takes its interface along")
def _(cloud):
    client, vpc, subnet = network(cloud)
    gateway, _address = nat(client, subnet)
    client.delete_nat_gateway(NatGatewayId=gateway)
    here = [{"Name": "vpc-id", "Values": [vpc]}]
    return not client.describe_network_interfaces(Filters=here)["NetworkInterfaces"]


@probe("ec2: a VPC with an internet gateway cannot be deleted")
def _(cloud):
    client, vpc, subnet = network(cloud)
    client.delete_subnet(SubnetId=subnet)
    attached(client, vpc)
    return refused("DependencyViolation", client.delete_vpc, VpcId=vpc)


@probe("ec2: a NAT gateway is found by its tags")
def _(cloud):
    client, _vpc, subnet = network(cloud)
    nat(client, subnet, TagSpecifications=[{"ResourceType": "natgateway", "Tags": [{"Key": "a", "Value": "one"}]}])
    of = lambda value: client.describe_nat_gateways(Filters=[{"Name": "tag:a", "Values": [value]}])["NatGateways"]
    return len(of("one")) == 1 and not of("another")


@probe("ec2: a NAT gateway whose address is in use leaves no interface behind")
def _(cloud):
    client, vpc, subnet = network(cloud)
    _gateway, address = nat(client, subnet)
    count = lambda: len(client.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkInterfaces"])
    before = count()
    return refused("Resource.AlreadyAssociated", client.create_nat_gateway, SubnetId=subnet, AllocationId=address) and count() == before


@probe("ec2: a public NAT gateway fails where there is no internet gateway")
def _(cloud):
    client, _vpc, subnet = network(cloud)
    address = client.allocate_address(Domain="vpc")["AllocationId"]
    gateway = client.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    found = client.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"][0]
    return (found["State"], found.get("FailureCode")) == ("failed", "Gateway.NotAttached")


@probe("ec2: an address says where it is from")
def _(cloud):
    client = cloud.client("ec2", EAST)
    address = client.allocate_address(Domain="vpc")["AllocationId"]
    found = client.describe_addresses(AllocationIds=[address])["Addresses"][0]
    return (found.get("NetworkBorderGroup"), found.get("PublicIpv4Pool")) == (EAST, "amazon")


@probe("ec2: names of a subnet can be translated")
def _(cloud):
    client, _vpc, subnet = network(cloud)
    client.modify_subnet_attribute(SubnetId=subnet, EnableDns64={"Value": True})
    return client.describe_subnets(SubnetIds=[subnet])["Subnets"][0].get("EnableDns64") is True


@probe("ec2: a VPC has one internet gateway")
def _(cloud):
    client, vpc, _subnet = network(cloud)
    attached(client, vpc)
    second = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    return refused("InvalidParameterValue", client.attach_internet_gateway, InternetGatewayId=second, VpcId=vpc)


def routes(cloud):
    """A VPC with a route table; the client and both ids."""
    client, vpc, _subnet = network(cloud)
    return client, vpc, client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]


@probe("ec2: a client token makes one route table")
def _(cloud):
    client, vpc, _table = routes(cloud)
    first, second = (client.create_route_table(VpcId=vpc, ClientToken="once")["RouteTable"] for _ in range(2))
    return first["RouteTableId"] == second["RouteTableId"]


@probe("ec2: a route table is found by the gateway that it is associated with, once")
def _(cloud):
    client, vpc, table = routes(cloud)
    gateway = attached(client, vpc)
    first, second = (client.associate_route_table(RouteTableId=table, GatewayId=gateway)["AssociationId"] for _ in range(2))
    of = [{"Name": "association.gateway-id", "Values": [gateway]}]
    found = client.describe_route_tables(Filters=of)["RouteTables"]
    return first == second and [t["RouteTableId"] for t in found] == [table]


@probe("ec2: a subnet has one route table")
def _(cloud):
    client, vpc, subnet = network(cloud)
    first, second = (client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    client.associate_route_table(RouteTableId=first, SubnetId=subnet)
    return refused("Resource.AlreadyAssociated", client.associate_route_table, RouteTableId=second, SubnetId=subnet)


@probe("ec2: IPv6 addresses have one route in a table")
def _(cloud):
    client, vpc, table = routes(cloud)
    everywhere = {"RouteTableId": table, "DestinationIpv6CidrBlock": "::/0", "GatewayId": attached(client, vpc)}
    client.create_route(**everywhere)
    return refused("RouteAlreadyExists", client.create_route, **everywhere)


@probe("ec2: a route leads to gateways of its own VPC alone")
def _(cloud):
    client, _vpc, table = routes(cloud)
    elsewhere = attached(client, client.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"])
    everywhere = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    return refused("InvalidParameterValue", client.create_route, GatewayId=elsewhere, **everywhere)


@probe("ec2: no route leads to a NAT gateway that is gone")
def _(cloud):
    client, vpc, subnet = network(cloud)
    table = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    gateway, _address = nat(client, subnet)
    client.delete_nat_gateway(NatGatewayId=gateway)
    everywhere = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    return refused("InvalidNatGatewayID.NotFound", client.create_route, NatGatewayId=gateway, **everywhere)


@probe("ec2: a subnet with a NAT gateway cannot be deleted")
def _(cloud):
    client, _vpc, subnet = network(cloud)
    nat(client, subnet)
    return refused("DependencyViolation", client.delete_subnet, SubnetId=subnet)


@probe("ec2: the address of a NAT gateway cannot be released")
def _(cloud):
    client, _vpc, subnet = network(cloud)
    _gateway, address = nat(client, subnet)
    return refused("InvalidIPAddress.InUse", client.release_address, AllocationId=address)


@probe("ec2: a security group that another names cannot be deleted")
def _(cloud):
    client, vpc, _subnet = network(cloud)
    named, naming = (client.create_security_group(GroupName=n, Description=n, VpcId=vpc)["GroupId"] for n in ("a", "b"))
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": named}]}
    client.authorize_security_group_ingress(GroupId=naming, IpPermissions=[rule])
    return refused("DependencyViolation", client.delete_security_group, GroupId=named)


@probe("ec2: a rule that names a security group keeps its description")
def _(cloud):
    client, vpc, _subnet = network(cloud)
    group = client.create_security_group(GroupName="told", Description="told", VpcId=vpc)["GroupId"]
    pair = {"GroupId": group, "Description": "itself"}
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [pair]}
    client.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    rules = client.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    return [rule.get("Description") for rule in rules if not rule["IsEgress"]] == ["itself"]


@probe("ec2: each side of a peering has its own tags")
def _(cloud):
    client, vpc, _subnet = network(cloud)
    west = cloud.client("ec2", WEST)
    peer = west.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    asked = client.create_vpc_peering_connection(
        VpcId=vpc,
        PeerVpcId=peer,
        PeerRegion=WEST,
        TagSpecifications=[{"ResourceType": "vpc-peering-connection", "Tags": [{"Key": "side", "Value": "east"}]}],
    )
    ids = [asked["VpcPeeringConnection"]["VpcPeeringConnectionId"]]
    west.accept_vpc_peering_connection(VpcPeeringConnectionId=ids[0])
    west.create_tags(Resources=ids, Tags=[{"Key": "side", "Value": "west"}])
    seen = [c.describe_vpc_peering_connections(VpcPeeringConnectionIds=ids) for c in (client, west)]
    tags = [side["VpcPeeringConnections"][0].get("Tags") for side in seen]
    return tags == [[{"Key": "side", "Value": "east"}], [{"Key": "side", "Value": "west"}]]


@probe("iam: a policy with two versions cannot be deleted")
def _(cloud):
    client = cloud.client("iam", EAST)
    rows = [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]
    document = json.dumps({"Version": "2012-10-17", "Statement": rows})
    arn = client.create_policy(PolicyName="twice", PolicyDocument=document)["Policy"]["Arn"]
    client.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
    return refused("DeleteConflict", client.delete_policy, PolicyArn=arn)


def subnet_group(cloud, region, name):
    """A DB subnet group of two subnets; the client for databases there."""
    ec2, rds = cloud.client("ec2", region), cloud.client("rds", region)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"{region}{zone}")["Subnet"]["SubnetId"]
        for i, zone in enumerate("ab")
    ]
    rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription=name, SubnetIds=subnets)
    return rds, subnets


def clusters(cloud, name):
    """A global cluster over two regions; the clients of both."""
    east, west = cloud.client("rds", EAST), cloud.client("rds", WEST)
    engine = {"Engine": "aurora-postgresql", "EngineVersion": "15.4"}
    east.create_global_cluster(GlobalClusterIdentifier=name, **engine)
    shared = {"GlobalClusterIdentifier": name, **engine}
    user = {"MasterUsername": "someone", "MasterUserPassword": "something-long"}
    east.create_db_cluster(DBClusterIdentifier=f"{name}-east", **user, **shared)
    west.create_db_cluster(DBClusterIdentifier=f"{name}-west", **shared)
    return east, west


@probe("rds: a global cluster is taken apart across regions")
def _(cloud):
    east, west = clusters(cloud, "world")
    for client, region in ((west, WEST), (east, EAST)):
        member = f"world-{region.split('-')[1]}"
        arn = client.describe_db_clusters(DBClusterIdentifier=member)["DBClusters"][0]["DBClusterArn"]
        client.remove_from_global_cluster(GlobalClusterIdentifier="world", DbClusterIdentifier=arn)
        client.delete_db_cluster(DBClusterIdentifier=member, SkipFinalSnapshot=True)
    east.delete_global_cluster(GlobalClusterIdentifier="world")
    return refused("GlobalClusterNotFoundFault", east.describe_global_clusters, GlobalClusterIdentifier="world")


@probe("rds: a global cluster switches its writer")
def _(cloud):
    east, west = clusters(cloud, "switched")
    target = west.describe_db_clusters(DBClusterIdentifier="switched-west")["DBClusters"][0]["DBClusterArn"]
    east.switchover_global_cluster(GlobalClusterIdentifier="switched", TargetDbClusterIdentifier=target)
    found = east.describe_global_clusters(GlobalClusterIdentifier="switched")["GlobalClusters"][0]
    return [m["DBClusterArn"] for m in found["GlobalClusterMembers"] if m["IsWriter"]] == [target]


@probe("rds: a global cluster has the version of its writer")
def _(cloud):
    east, _west = clusters(cloud, "newer")
    east.modify_db_cluster(DBClusterIdentifier="newer-east", EngineVersion="15.5", ApplyImmediately=True)
    found = east.describe_global_clusters(GlobalClusterIdentifier="newer")["GlobalClusters"]
    return [cluster["EngineVersion"] for cluster in found] == ["15.5"]


@probe("rds: a member of a global cluster cannot be deleted")
def _(cloud):
    _east, west = clusters(cloud, "bound")
    fields = {"DBClusterIdentifier": "bound-west", "SkipFinalSnapshot": True}
    return refused("InvalidDBClusterStateFault", west.delete_db_cluster, **fields)


@probe("rds: a cluster is deleted only with a word on the final snapshot")
def _(cloud):
    client = cloud.client("rds", EAST)
    user = {"MasterUsername": "someone", "MasterUserPassword": "something-long"}
    client.create_db_cluster(DBClusterIdentifier="unsaid", Engine="aurora-postgresql", **user)
    return refused("InvalidParameterCombination", client.delete_db_cluster, DBClusterIdentifier="unsaid")


@probe("rds: a subnet group survives a change")
def _(cloud):
    client, subnets = subnet_group(cloud, EAST, "changed")
    client.modify_db_subnet_group(DBSubnetGroupName="changed", SubnetIds=subnets[:1])
    return client.describe_db_subnet_groups(DBSubnetGroupName="changed")["DBSubnetGroups"]


@probe("rds: a subnet group in use cannot be deleted")
def _(cloud):
    client, _subnets = subnet_group(cloud, EAST, "used")
    user = {"MasterUsername": "someone", "MasterUserPassword": "something-long", "DBSubnetGroupName": "used"}
    client.create_db_cluster(DBClusterIdentifier="user", Engine="aurora-postgresql", **user)
    return refused("InvalidDBSubnetGroupStateFault", client.delete_db_subnet_group, DBSubnetGroupName="used")


@probe("rds: a global cluster keeps its tags")
def _(cloud):
    client = cloud.client("rds", EAST)
    fields = {"GlobalClusterIdentifier": "tagged", "Engine": "aurora-postgresql"}
    arn = client.create_global_cluster(Tags=[{"Key": "a", "Value": "1"}], **fields)["GlobalCluster"]["GlobalClusterArn"]
    client.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "b", "Value": "2"}])
    found = client.describe_global_clusters(GlobalClusterIdentifier="tagged")["GlobalClusters"][0]
    return [tag["Key"] for tag in found.get("TagList", [])] == ["a", "b"]


def cluster(cloud, name):
    """A cluster by itself; its client."""
    client = cloud.client("rds", EAST)
    user = {"MasterUsername": "someone", "MasterUserPassword": "something-long"}
    client.create_db_cluster(DBClusterIdentifier=name, Engine="aurora-postgresql", **user)
    return client


@probe("rds: log-in with IAM and exported logs read back as they were changed")
def _(cloud):
    client = cluster(cloud, "logged")
    logs = {"EnableLogTypes": ["postgresql", "instance"]}
    change = {"DBClusterIdentifier": "logged", "ApplyImmediately": True}
    client.modify_db_cluster(EnableIAMDatabaseAuthentication=True, CloudwatchLogsExportConfiguration=logs, **change)
    client.modify_db_cluster(CloudwatchLogsExportConfiguration={"DisableLogTypes": ["instance"]}, **change)
    found = client.describe_db_clusters(DBClusterIdentifier="logged")["DBClusters"][0]
    return found["IAMDatabaseAuthenticationEnabled"] and found["EnabledCloudwatchLogsExports"] == ["postgresql"]


@probe("rds: the endpoint for statements is switched on")
def _(cloud):
    client = cluster(cloud, "stated")
    found = client.describe_db_clusters(DBClusterIdentifier="stated")["DBClusters"][0]
    client.enable_http_endpoint(ResourceArn=found["DBClusterArn"])
    return client.describe_db_clusters(DBClusterIdentifier="stated")["DBClusters"][0]["HttpEndpointEnabled"]


@probe("rds: an instance says that it records its load")
def _(cloud):
    client = cluster(cloud, "watched")
    fields = {"DBInstanceIdentifier": "watcher", "DBInstanceClass": "db.r6g.large", "Engine": "aurora-postgresql"}
    client.create_db_instance(DBClusterIdentifier="watched", EnablePerformanceInsights=True, **fields)
    found = client.describe_db_instances(DBInstanceIdentifier="watcher")["DBInstances"][0]
    return found.get("PerformanceInsightsEnabled")


@probe("rds: a cluster takes its automated snapshots along")
def _(cloud):
    client = cluster(cloud, "backed")
    client.delete_db_cluster(DBClusterIdentifier="backed", SkipFinalSnapshot=True, DeleteAutomatedBackups=True)
    left = client.describe_db_cluster_snapshots()["DBClusterSnapshots"]
    return not any(snapshot["DBClusterIdentifier"] == "backed" for snapshot in left)


@probe("rds: parameters are reset")
def _(cloud):
    client, name = cloud.client("rds", EAST), {"DBClusterParameterGroupName": "reset"}
    client.create_db_cluster_parameter_group(DBParameterGroupFamily="aurora-postgresql15", Description="any", **name)
    parameter = {"ParameterName": "log_statement", "ApplyMethod": "immediate"}
    client.modify_db_cluster_parameter_group(Parameters=[{**parameter, "ParameterValue": "ddl"}], **name)
    client.reset_db_cluster_parameter_group(Parameters=[parameter], **name)
    return not client.describe_db_cluster_parameters(**name)["Parameters"]


@probe("rds: the versions of an engine are listed")
def _(cloud):
    listed = cloud.client("rds", EAST).describe_db_engine_versions(Engine="aurora-postgresql")["DBEngineVersions"]
    return {version["DBParameterGroupFamily"] for version in listed} > {"aurora-postgresql15"}


@probe("elbv2: a protected load balancer cannot be deleted")
def _(cloud):
    ec2, vpc, one = network(cloud)
    two = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.2.0/24", AvailabilityZone=f"{EAST}b")["Subnet"]["SubnetId"]
    client = cloud.client("elbv2", EAST)
    arn = client.create_load_balancer(Name="kept", Subnets=[one, two])["LoadBalancers"][0]["LoadBalancerArn"]
    protected = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    client.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protected)
    return refused("OperationNotPermitted", client.delete_load_balancer, LoadBalancerArn=arn)


def zone(cloud, name, *changes):
    """A zone with these changes made one by one; the client and the zone's id."""
    client = cloud.client("route53", EAST)
    zone_id = client.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]
    for action, record_set in changes:
        change(client, zone_id, action, record_set)
    return client, zone_id


def change(client, zone_id, action, record_set):
    """Changes one record set of a zone."""
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record_set}]}
    client.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch=batch)


def weighted(name, value="192.0.2.1"):
    """A record set that is told from others of its name by its identifier."""
    values = {"TTL": 60, "ResourceRecords": [{"Value": value}]}
    return {"Name": name, "Type": "A", "SetIdentifier": "one", "Weight": 1, **values}


@probe("route53: a record set is deleted alone")
def _(cloud):
    both = [weighted("a.alone.dr-probe.com"), weighted("b.alone.dr-probe.com")]
    client, zone_id = zone(cloud, "alone.dr-probe.com", *(("CREATE", each) for each in both))
    change(client, zone_id, "DELETE", both[0])
    left = client.list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    return [each["Name"] for each in left if each["Type"] == "A"] == ["b.alone.dr-probe.com."]


@probe("route53: a record set that was deleted is created again")
def _(cloud):
    first, second = weighted("a.again.dr-probe.com"), {**weighted("b.again.dr-probe.com"), "SetIdentifier": "two"}
    changes = (("CREATE", second), ("CREATE", first), ("DELETE", first))
    client, zone_id = zone(cloud, "again.dr-probe.com", *changes)
    change(client, zone_id, "CREATE", first)
    return True


@probe("route53: a record set that is there is not created")
def _(cloud):
    first, second = (weighted("a.twice.dr-probe.com", value) for value in ("192.0.2.1", "192.0.2.2"))
    client, zone_id = zone(cloud, "twice.dr-probe.com", ("CREATE", first))
    fields = {"client": client, "zone_id": zone_id, "action": "CREATE", "record_set": second}
    return refused("InvalidChangeBatch", change, **fields)


@probe("route53: a record set that is not there is not deleted")
def _(cloud):
    client, zone_id = zone(cloud, "never.dr-probe.com")
    fields = {"client": client, "zone_id": zone_id, "action": "DELETE", "record_set": weighted("a.never.dr-probe.com")}
    return refused("InvalidChangeBatch", change, **fields)


@probe("elbv2: what is no target can be deregistered")
def _(cloud):
    _ec2, vpc, _subnet = network(cloud)
    client = cloud.client("elbv2", EAST)
    group = {"Name": "nothing", "TargetType": "ip", "Protocol": "HTTP", "Port": 80, "VpcId": vpc}
    arn = client.create_target_group(**group)["TargetGroups"][0]["TargetGroupArn"]
    client.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": "10.0.1.9"}])
    return True


def rest_api(cloud, name, **more):
    """A REST API with a method that answers by itself; its client, and where the method is."""
    client = cloud.client("apigateway", EAST)
    api = client.create_rest_api(name=name, **more)
    where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")
    client.put_integration(**where, type="MOCK", requestTemplates={"application/json": "{}"})
    return client, where


def patch(**paths):
    """Operations that replace what is at paths."""
    return [{"op": "replace", "path": f"/{path}", "value": value} for path, value in paths.items()]


@probe("apigateway: a REST API can be changed and tagged")
def _(cloud):
    client, where = rest_api(cloud, "changed", binaryMediaTypes=["image/png"], tags={"a": "1"})
    api = where["restApiId"]
    client.update_rest_api(restApiId=api, patchOperations=patch(minimumCompressionSize="10"))
    client.tag_resource(resourceArn=f"arn:aws:apigateway:{EAST}::/restapis/{api}", tags={"b": "2"})
    api = client.get_rest_api(restApiId=api)
    kept = api["binaryMediaTypes"] == ["image/png"]
    return kept and api["minimumCompressionSize"] == 10 and api["tags"] == {"a": "1", "b": "2"}


@probe("apigateway: methods and integrations can be changed")
def _(cloud):
    client, where = rest_api(cloud, "turned")
    client.update_method(**where, patchOperations=patch(apiKeyRequired="true"))
    add = {"op": "add", "path": "/requestTemplates/text~1plain", "value": "x"}
    client.update_integration(**where, patchOperations=[add])
    templates = client.get_integration(**where)["requestTemplates"]
    return client.get_method(**where)["apiKeyRequired"] and templates == {"application/json": "{}", "text/plain": "x"}


def stage(cloud, name):
    """A stage with a deployment; its client and where it is."""
    client, where = rest_api(cloud, name)
    api = where["restApiId"]
    deployment = client.create_deployment(restApiId=api)["id"]
    client.create_stage(restApiId=api, stageName="prod", deploymentId=deployment)
    return client, {"restApiId": api, "stageName": "prod"}, {"restApiId": api, "deploymentId": deployment}


@probe("apigateway: settings of methods are taken away again")
def _(cloud):
    client, where, _ = stage(cloud, "set")
    client.update_stage(**where, patchOperations=patch(**{"*/*/metrics/enabled": "true"}))
    settings = client.get_stage(**where)["methodSettings"]["*/*"]
    client.update_stage(**where, patchOperations=[{"op": "remove", "path": "/*/*"}])
    return not settings["cacheDataEncrypted"] and not client.get_stage(**where)["methodSettings"]


@probe("apigateway: a deployment can be described anew, and is not found once it is gone")
def _(cloud):
    client, where = rest_api(cloud, "described")
    where = {"restApiId": where["restApiId"]}
    where["deploymentId"] = client.create_deployment(**where)["id"]
    client.update_deployment(**where, patchOperations=patch(description="x"))
    described = client.get_deployment(**where)["description"] == "x"
    client.delete_deployment(**where)
    return described and refused("NotFoundException", client.get_deployment, **where)


@probe("apigateway: a deployment that a stage shows cannot be deleted")
def _(cloud):
    client, _, deployment = stage(cloud, "shown")
    return refused("BadRequestException", client.delete_deployment, **deployment)


@probe("apigateway: paths, methods and domain names are there once")
def _(cloud):
    client, where = rest_api(cloud, "once")
    child = {"restApiId": where["restApiId"], "parentId": where["resourceId"], "pathPart": "child"}
    client.create_resource(**child)
    client.create_domain_name(domainName="once.dr-lab.net")
    return (
        refused("ConflictException", client.create_resource, **child)
        and refused("ConflictException", client.put_method, **where, authorizationType="NONE")
        and refused("BadRequestException", client.create_domain_name, domainName="once.dr-lab.net")
    )


@probe("apigateway: a domain name can be changed, and has no mapping at first")
def _(cloud):
    client, name = cloud.client("apigateway", EAST), {"domainName": "turned.dr-lab.net"}
    client.create_domain_name(**name, regionalCertificateArn="arn:aws:acm:a")
    client.update_domain_name(**name, patchOperations=patch(regionalCertificateArn="arn:aws:acm:b"))
    turned = client.get_domain_name(**name)["regionalCertificateArn"] == "arn:aws:acm:b"
    return turned and refused("NotFoundException", client.get_base_path_mapping, **name, basePath="(none)")


def http_api(cloud, name):
    """An HTTP API with a stage; its client and where the stage is."""
    client = cloud.client("apigatewayv2", EAST)
    where = {"ApiId": client.create_api(Name=name, ProtocolType="HTTP")["ApiId"], "StageName": "$default"}
    client.create_stage(**where, StageVariables={"a": "1", "b": "2"}, RouteSettings={"$default": {}}, Tags={"a": "1"})
    return client, where


@probe("apigatewayv2: a stage can be changed and tagged")
def _(cloud):
    client, where = http_api(cloud, "changed")
    client.update_stage(**where, Description="x", StageVariables={"a": "3", "b": ""})
    client.delete_route_settings(**where, RouteKey="$default")
    arn = f"arn:aws:apigateway:{EAST}::/apis/{where['ApiId']}/stages/$default"
    client.tag_resource(ResourceArn=arn, Tags={"b": "2"})
    stage = client.get_stage(**where)
    changed = stage["Description"] == "x" and stage["StageVariables"] == {"a": "3"} and not stage["RouteSettings"]
    return changed and stage["Tags"] == {"a": "1", "b": "2"}


@probe("apigatewayv2: domain names and mappings can be changed")
def _(cloud):
    client, where = http_api(cloud, "named")
    name, configuration = {"DomainName": "http.dr-lab.net"}, {"EndpointType": "REGIONAL"}
    client.create_domain_name(**name, DomainNameConfigurations=[{**configuration, "CertificateArn": "arn:aws:acm:a"}])
    mapping = client.create_api_mapping(**name, ApiId=where["ApiId"], Stage="$default")["ApiMappingId"]
    client.update_api_mapping(**name, ApiId=where["ApiId"], ApiMappingId=mapping, ApiMappingKey="v2")
    client.update_domain_name(**name, DomainNameConfigurations=[{**configuration, "CertificateArn": "arn:aws:acm:b"}])
    found = client.get_domain_name(**name)["DomainNameConfigurations"][0]
    turned = found["CertificateArn"] == "arn:aws:acm:b" and found["HostedZoneId"] and found["ApiGatewayDomainName"]
    return turned and client.get_api_mapping(**name, ApiMappingId=mapping)["ApiMappingKey"] == "v2"


@probe("apigatewayv2: route keys and stages are there once")
def _(cloud):
    client, where = http_api(cloud, "once")
    route = {"ApiId": where["ApiId"], "RouteKey": "GET /once"}
    client.create_route(**route)
    again = refused("ConflictException", client.create_route, **route)
    return again and refused("ConflictException", client.create_stage, **where)


@probe("apigatewayv2: an integration of a route cannot be deleted")
def _(cloud):
    client, where = http_api(cloud, "held")
    api = {"ApiId": where["ApiId"]}
    it = {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "GET", "IntegrationUri": "https://example.com"}
    integration = client.create_integration(**api, **it, PayloadFormatVersion="1.0")["IntegrationId"]
    client.create_route(**api, RouteKey="GET /held", Target=f"integrations/{integration}")
    return refused("ConflictException", client.delete_integration, **api, IntegrationId=integration)


def main(arguments):
    """Runs every probe; one that fails altogether does not hold."""
    cloud = common.Cloud(arguments["endpoints"], attempts=1)
    found = {}
    for what, function_ in PROBES:
        try:
            found[what] = bool(function_(cloud))
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            found[what] = False
            if arguments.get("explain"):
                found[what] = str(error)
    return found


if __name__ == "__main__":
    common.answer(main)
