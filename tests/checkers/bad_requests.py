"""Requests that break the rules which AWS publishes for them, past the checks of `boto3` itself.

    {"endpoints": {…}}  →  {"sent": ["sqs.CreateQueue: …", …], "sent_in_all": 17}

Each is answered somehow; what is told is what the check on the wire (`emulators/wire.py`) must have found, in the order
of the requests: at least one in each protocol, and at least one for each sort of rule. Between them are requests that
break nothing.
"""

import common
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

ROLE = "arn:aws:iam::123456789012:role/any"

# Service, operation, members, and what is found: the member, its value and the rule.
BAD = [
    # json
    ("sqs", "create_queue", {"QueueName": "good"}, []),
    ("sqs", "create_queue", {}, ["QueueName = None: is required"]),
    ("dynamodb", "describe_table", {"TableName": ""}, ["TableName = '': is 0 characters, at least 1 needed"]),
    (
        "kms",
        "create_key",
        {"KeyUsage": "DRINKING", "Tags": [{"TagKey": "a"}]},
        ["KeyUsage = 'DRINKING': is none of SIGN_VERIFY, ", "Tags[0].TagValue = None: is required"],
    ),
    # rest-json
    ("lambda", "get_function", {"FunctionName": "good"}, []),
    (
        "lambda",
        "create_function",
        {"FunctionName": "no good", "Role": ROLE, "Code": {}, "Timeout": 0},
        ["FunctionName = 'no good': does not match (arn:", "Timeout = 0: is 0, at least 1 needed"],
    ),
    # query
    ("iam", "get_role", {"RoleName": "good"}, []),
    ("iam", "get_role", {"RoleName": "no good"}, ["RoleName = 'no good': does not match [\\w+=,.@-]+"]),
    ("iam", "get_role", {"RoleName": "r" * 65}, [f"RoleName = '{'r' * 65}': is 65 characters, at most 64 allowed"]),
    # ec2
    ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16"}, []),
    ("ec2", "create_vpc", {"InstanceTenancy": "none"}, ["InstanceTenancy = 'none': is none of default, "]),
    ("ec2", "create_subnet", {"CidrBlock": "10.0.0.0/24"}, ["VpcId = None: is required"]),
    # rest-xml
    ("route53", "list_hosted_zones", {}, []),
    (
        "route53",
        "create_hosted_zone",
        {"Name": "example.com"},
        ["CallerReference = None: is required"],
    ),
    (
        "s3",
        "put_bucket_versioning",
        {"Bucket": "any", "VersioningConfiguration": {"Status": "Paused"}},
        ["VersioningConfiguration.Status = 'Paused': is none of Enabled, Suspended"],
    ),
    # CloudWatch, which the other server answers for
    ("cloudwatch", "describe_alarms", {}, []),
    (
        "cloudwatch",
        "put_metric_alarm",
        {"AlarmName": "any", "ComparisonOperator": "Near", "EvaluationPeriods": 1},
        ["ComparisonOperator = 'Near': is none of GreaterThanOrEqualToThreshold, "],
    ),
]


def main(arguments):
    cloud = common.Cloud(arguments["endpoints"], attempts=1)
    cloud.config = cloud.config.merge(Config(parameter_validation=False))
    sent = []
    for service, operation, members, found in BAD:
        client = cloud.client(service, "us-east-1")
        try:
            getattr(client, operation)(**members)
        except (ClientError, BotoCoreError):
            pass  # Some are refused; what counts is what was seen.
        name = client.meta.method_to_api_mapping[operation]
        sent += [f"{service}.{name}: {line}" for line in found]
    return {"sent": sent, "sent_in_all": len(BAD)}


if __name__ == "__main__":
    common.answer(main)
