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


def nat(client, subnet, **more):
    """A NAT gateway and its address."""
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
    gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    client.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    return refused("DependencyViolation", client.delete_vpc, VpcId=vpc)


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


@probe("elbv2: a protected load balancer cannot be deleted")
def _(cloud):
    ec2, vpc, one = network(cloud)
    two = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.2.0/24", AvailabilityZone=f"{EAST}b")["Subnet"]["SubnetId"]
    client = cloud.client("elbv2", EAST)
    arn = client.create_load_balancer(Name="kept", Subnets=[one, two])["LoadBalancers"][0]["LoadBalancerArn"]
    protected = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    client.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protected)
    return refused("OperationNotPermitted", client.delete_load_balancer, LoadBalancerArn=arn)


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
