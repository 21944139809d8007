"""Makes the resources of the program `transactions` with boto3, options off: the checker's own test.

    {"endpoints": {…}, "suffix": "hand", "omit": []}  →  {"made": 20, "calls_failed": []}

`omit` names settings to leave out, so that a test sees the checker find each: see `OMISSIBLE`. A call that fails ends the
script with a failing status, unless `keep_going` is true; then it is listed and the next one is tried.
"""

import io
import json
import zipfile

import common
from botocore.exceptions import BotoCoreError, ClientError

PRIMARY, SECONDARY = "us-east-1", "us-west-2"

OMISSIBLE = (
    "rotation",
    "replica",
    "recovery",
    "versioning",
    "tls_policy",
    "external_id",
    "variables",
    "retention",
    "log_key",
    "alarm_actions",
    "tags",
)


def make(arguments):
    """Makes everything, in an order in which it can be made."""
    omitted = set(arguments.get("omit", []))
    unknown = omitted - set(OMISSIBLE)
    if unknown:
        raise SystemExit(f"cannot omit {sorted(unknown)}: there are {OMISSIBLE}")
    suffix = arguments["suffix"]
    cloud = common.Cloud(arguments["endpoints"], attempts=5)
    failed = []
    made = 0

    def call(service, operation, region=PRIMARY, **fields):
        nonlocal made
        try:
            answer = getattr(cloud.client(service, region), operation)(**fields)
        except (ClientError, BotoCoreError) as error:
            if not arguments.get("keep_going"):
                raise
            failed.append(f"{operation}: {error}")
            return None
        made += 1
        return answer

    account = common.ACCOUNT
    root = f"arn:aws:iam::{account}:root"
    table_name, function_name = f"transactions-{suffix}", f"transaction-processor-{suffix}"
    bucket, topic_name = f"transaction-documents-{suffix}-{account}", f"transaction-alerts-{suffix}"
    group = f"/aws/lambda/{function_name}"
    alias = f"alias/transaction-encryption-{suffix}"
    table = f"arn:aws:dynamodb:{PRIMARY}:{account}:table/{table_name}"
    topic = f"arn:aws:sns:{PRIMARY}:{account}:{topic_name}"
    function = f"arn:aws:lambda:{PRIMARY}:{account}:function:{function_name}"
    lambda_role = f"transaction-lambda-role-{suffix}"

    def tags(address, region=PRIMARY):
        if "tags" in omitted:
            return {"Environment": suffix}
        return {
            "Environment": suffix,
            "Project": "transactions",
            "Program": "transactions",
            "Region": region,
            "DR-Role": "primary" if region == PRIMARY else "secondary",
            "ManagedBy": "dr",
            "dr:env": suffix,
            "dr:program": "transactions",
            "dr:address": address,
        }

    def pairs(found):
        return [{"Key": key, "Value": value} for key, value in found.items()]

    def document(*rows):
        return json.dumps({"Version": "2012-10-17", "Statement": rows})

    def allow(actions, resources, **more):
        return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}

    logs = allow(["kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*"], "*")
    logs["Principal"] = {"Service": f"logs.{PRIMARY}.amazonaws.com"}
    logs["Condition"] = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{PRIMARY}:{account}:*"}}
    policy = document(allow("kms:*", "*", Principal={"AWS": root}), logs)
    key_tags = [{"TagKey": key, "TagValue": value} for key, value in tags("kms.key:main").items()]
    metadata = call("kms", "create_key", Policy=policy, Tags=key_tags)["KeyMetadata"]
    key = metadata["Arn"]
    if "rotation" not in omitted:
        call("kms", "enable_key_rotation", KeyId=key)
    call("kms", "create_alias", AliasName=alias, TargetKeyId=metadata["KeyId"])

    call(
        "dynamodb",
        "create_table",
        TableName=table_name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("id", "status", "created_at")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "status-created_at-index",
                "KeySchema": [
                    {"AttributeName": "status", "KeyType": "HASH"},
                    {"AttributeName": "created_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        SSESpecification={"Enabled": True, "SSEType": "KMS"},
        Tags=pairs(tags("dynamodb.table:main")),
    )
    if "replica" not in omitted:
        create = [{"Create": {"RegionName": SECONDARY}}]
        call("dynamodb", "update_table", TableName=table_name, ReplicaUpdates=create)
        west = table.replace(PRIMARY, SECONDARY)
        west_tags = pairs(tags("dynamodb.table_replica:west", SECONDARY))
        call("dynamodb", "tag_resource", SECONDARY, ResourceArn=west, Tags=west_tags)
    if "recovery" not in omitted:
        on = {"PointInTimeRecoveryEnabled": True}
        for region in (PRIMARY, SECONDARY)[: 1 if "replica" in omitted else 2]:
            fields = {"TableName": table_name, "PointInTimeRecoverySpecification": on}
            call("dynamodb", "update_continuous_backups", region, **fields)

    call("s3", "create_bucket", Bucket=bucket)
    if "versioning" not in omitted:
        call("s3", "put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    encryption = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    call("s3", "put_bucket_encryption", Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [encryption]})
    flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    block = dict.fromkeys(flags, True)
    call("s3", "put_public_access_block", Bucket=bucket, PublicAccessBlockConfiguration=block)
    if "tls_policy" not in omitted:
        both = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        condition = {"Bool": {"aws:SecureTransport": "false"}}
        deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": both, "Condition": condition}
        call("s3", "put_bucket_policy", Bucket=bucket, Policy=document(deny))
    call("s3", "put_bucket_tagging", Bucket=bucket, Tagging={"TagSet": pairs(tags("s3.bucket:documents"))})

    def role(name, trust, *rows):
        fields = {"RoleName": name, "AssumeRolePolicyDocument": document(trust), "Tags": pairs(tags(f"iam.role:{name}"))}
        call("iam", "create_role", **fields)
        call("iam", "put_role_policy", RoleName=name, PolicyName="main", PolicyDocument=document(*rows))

    items = [f"dynamodb:{action}" for action in ("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem")]
    role(
        lambda_role,
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}},
        allow(items, [table, f"{table}/index/*"]),
        allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{bucket}/*"),
        allow("sns:Publish", topic),
        allow(["kms:Decrypt", "kms:GenerateDataKey"], key),
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"arn:aws:logs:{PRIMARY}:{account}:log-group:{group}:*"),
    )
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": root}}
    if "external_id" not in omitted:
        trust["Condition"] = {"StringEquals": {"sts:ExternalId": f"transactions-{suffix}"}}
    role(
        f"transaction-cross-region-role-{suffix}",
        trust,
        allow(items, [table, table.replace(PRIMARY, SECONDARY)]),
        allow("lambda:InvokeFunction", function),
    )

    log_key = {} if "log_key" in omitted else {"kmsKeyId": key}
    call("logs", "create_log_group", logGroupName=group, tags=tags("logs.group:main"), **log_key)
    if "retention" not in omitted:
        call("logs", "put_retention_policy", logGroupName=group, retentionInDays=30)
    call(
        "sns",
        "create_topic",
        Name=topic_name,
        Attributes={"KmsMasterKeyId": key},
        Tags=pairs(tags("sns.topic:alerts")),
    )

    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return {'statusCode': 200}\n" + "# \n" * 64)
    variables = {"DYNAMODB_TABLE_NAME": table_name, "S3_BUCKET_NAME": bucket, "SNS_TOPIC_ARN": topic}
    if "variables" in omitted:
        del variables["S3_BUCKET_NAME"]
    call(
        "lambda",
        "create_function",
        FunctionName=function_name,
        Runtime="python3.11",
        Role=f"arn:aws:iam::{account}:role/{lambda_role}",
        Handler="index.handler",
        Code={"ZipFile": package.getvalue()},
        MemorySize=256,
        Timeout=30,
        Environment={"Variables": variables},
        Tags=tags("lambda.function:processor"),
    )

    table, function = {"TableName": table_name}, {"FunctionName": function_name}
    copies = {**table, "ReceivingRegion": SECONDARY}
    dead_letters = {"QueueName": f"transaction-dlq-{suffix}"}
    waiting = "ApproximateNumberOfMessagesVisible"
    at_least, above = "GreaterThanOrEqualToThreshold", "GreaterThanThreshold"
    for name, namespace, metric, statistic, threshold, period, periods, comparison, dimensions in (
        ("dynamodb-throttle", "AWS/DynamoDB", "WriteThrottleEvents", "Sum", 1, 300, 1, at_least, table),
        ("dynamodb-read-throttle", "AWS/DynamoDB", "ReadThrottleEvents", "Sum", 1, 300, 1, at_least, table),
        ("dynamodb-replication", "AWS/DynamoDB", "ReplicationLatency", "Average", 1000, 300, 2, above, copies),
        ("lambda-errors", "AWS/Lambda", "Errors", "Sum", 5, 300, 1, at_least, function),
        ("lambda-throttles", "AWS/Lambda", "Throttles", "Sum", 1, 300, 1, at_least, function),
        ("dlq", "AWS/SQS", waiting, "Maximum", 1, 60, 1, at_least, dead_letters),
    ):
        actions = {} if "alarm_actions" in omitted else {"AlarmActions": [topic], "OKActions": [topic]}
        call(
            "cloudwatch",
            "put_metric_alarm",
            AlarmName=f"transaction-{name}-{suffix}",
            Namespace=namespace,
            MetricName=metric,
            Statistic=statistic,
            Period=period,
            EvaluationPeriods=periods,
            Threshold=threshold,
            ComparisonOperator=comparison,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            Tags=pairs(tags(f"cloudwatch.alarm:{name}")),
            **actions,
        )
    return {"made": made, "calls_failed": failed}


if __name__ == "__main__":
    common.answer(make)
