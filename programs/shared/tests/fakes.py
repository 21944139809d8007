"""AWS as far as payments see it: a ledger in two regions, of which one writes and the other follows late, and buckets of
which one is copied to the other, late.

Each region has what it has; `Aws.client` gives the one of the region that `AWS_REGION` names at the moment of the call.
"""

import bisect
import io
import json
import os
from collections import Counter
from types import SimpleNamespace
from unittest import mock

import boto3
from botocore.exceptions import ClientError, EndpointConnectionError
from payments import ledger

ACCOUNT = "123456789012"


def refused(code, call):
    """An error of AWS."""
    return ClientError({"Error": {"Code": code, "Message": code}}, call)


class Database:
    """A cluster, asked through the Data API, which knows the statements of the ledger by heart."""

    def __init__(self):
        self.rows, self.refunds = {}, {}
        self.follows = self.is_gone = self.secret_is_gone = False
        self.written = []  # What a follower has still to be told, in order.
        self.after = lambda: None  # Called when something was written, before it is answered: it may raise.

    def execute_statement(self, resourceArn, secretArn, database, sql, parameters):
        region = os.environ["AWS_REGION"]
        assert f":rds:{region}:{ACCOUNT}:cluster:" in resourceArn and f":{region}:" in secretArn, (resourceArn, secretArn)
        assert database == "payments"
        if self.is_gone:
            raise EndpointConnectionError(endpoint_url="https://rds-data")
        if self.follows:
            raise refused("DatabaseNotFoundException", "ExecuteStatement")
        if self.secret_is_gone:
            raise refused("BadRequestException", "ExecuteStatement")
        given = {row["name"]: next(iter(row["value"].values())) for row in parameters}
        return self.statements()[sql](**given)

    def statements(self):
        return {
            ledger.PING: lambda: {"records": [[{"longValue": 0}]]},
            ledger.ADD: self.add,
            ledger.FIND: lambda id: self.answer([self.rows[id]] if id in self.rows else []),
            ledger.SINCE: self.since,
            ledger.REFUND: self.refund,
        }

    def add(self, id, **more):
        if id in self.rows:
            return {"numberOfRecordsUpdated": 0}
        self.write("rows", id, ledger.Payment(id, **more))
        return {"numberOfRecordsUpdated": 1}

    def refund(self, id, region, taken_ms, **more):
        key = (id, region, taken_ms)
        if key in self.refunds:
            return {"numberOfRecordsUpdated": 0}
        self.write("refunds", key, ledger.Payment(id, region=region, taken_ms=taken_ms, **more))
        return {"numberOfRecordsUpdated": 1}

    def since(self, since_ms, after, most):
        found = [row for id, row in sorted(self.rows.items()) if id > after and row.taken_ms >= since_ms]
        return self.answer(found[:most])

    def write(self, table, key, value):
        getattr(self, table)[key] = value
        self.written.append((table, key, value))
        self.after()

    def answer(self, rows):
        kinds = {int: "longValue", str: "stringValue"}
        return {"records": [[{kinds[type(value)]: value} for value in vars(row).values()] for row in rows]}

    def tell(self, follower, how_many):
        """Copies the oldest of what was written to a follower."""
        for table, key, value in self.written[:how_many]:
            getattr(follower, table)[key] = value
        del self.written[:how_many]

    def begin_anew(self, writer):
        """What a cluster is after it has been made a follower of another one: a copy."""
        self.rows, self.refunds, self.written, self.follows = dict(writer.rows), dict(writer.refunds), [], True


class Bucket:
    """A bucket, asked as S3."""

    def __init__(self):
        self.objects, self.written, self.is_gone = {}, [], False
        self.names = []  # Of the objects, in order.
        self.after = lambda: None

    def put(self, key, body):
        if key not in self.objects:
            bisect.insort(self.names, key)
        self.objects[key] = body

    def head_bucket(self, Bucket):
        if self.is_gone:
            raise refused("NoSuchBucket", "HeadBucket")

    def put_object(self, Bucket, Key, Body, ContentType, IfNoneMatch):
        if self.is_gone:
            raise refused("NoSuchBucket", "PutObject")
        if Key in self.objects:
            raise refused("PreconditionFailed", "PutObject")
        self.put(Key, Body)
        self.written.append(Key)
        self.after()

    def get_object(self, Bucket, Key):
        return {"Body": io.BytesIO(self.objects[Key])}

    def list_objects_v2(self, Bucket, Prefix, Delimiter=None, StartAfter="", MaxKeys=1000):
        if Delimiter:
            parts = {key[: key.index(Delimiter, len(Prefix)) + 1] for key in self.names if key.startswith(Prefix)}
            return {"CommonPrefixes": [{"Prefix": part} for part in sorted(parts)]}
        begin = max(bisect.bisect_right(self.names, StartAfter), bisect.bisect_left(self.names, Prefix))
        return {"Contents": [{"Key": key} for key in self.names[begin : begin + MaxKeys] if key.startswith(Prefix)]}

    def tell(self, copy, how_many):
        """Copies the oldest of what was written to another bucket."""
        for key in self.written[:how_many]:
            copy.put(key, self.objects[key])
        del self.written[:how_many]


class Sessions:
    """A region's replica of the session table; writes reach the other one late, and the last one counts."""

    def __init__(self):
        self.items, self.written, self.is_gone = {}, [], False

    def get_item(self, Key, ConsistentRead=False):
        if self.is_gone:
            raise refused("ResourceNotFoundException", "GetItem")
        item = self.items.get(Key["session_id"])
        return {"Item": item} if item else {}

    def put_item(self, Item):
        if self.is_gone:
            raise refused("ResourceNotFoundException", "PutItem")
        self.items[Item["session_id"]] = Item
        self.written.append(Item)

    def tell(self, other, how_many):
        """Copies the oldest of what was written to the other replica."""
        for item in self.written[:how_many]:
            other.items[item["session_id"]] = item
        del self.written[:how_many]


class Rds:
    """What RDS says of the global cluster."""

    def __init__(self, aws):
        self.aws, self.is_gone = aws, False

    def describe_global_clusters(self, GlobalClusterIdentifier):
        assert GlobalClusterIdentifier == "payment-global-test"
        if self.is_gone:
            raise EndpointConnectionError(endpoint_url="https://rds")
        members = [
            {"DBClusterArn": f"arn:aws:rds:{region}:{ACCOUNT}:cluster:{self.aws.cluster(region)}", "IsWriter": not there.follows}
            for region, there in self.aws.databases.items()
        ]
        return {"GlobalClusters": [{"GlobalClusterMembers": members}]}


class Aws:
    """Two regions; the first one writes."""

    def __init__(self, first, second):
        self.first, self.second = first, second
        self.databases = {first: Database(), second: Database()}
        self.databases[second].follows = True
        self.buckets = {first: Bucket(), second: Bucket()}
        self.sessions = {first: Sessions(), second: Sessions()}
        self.rds, self.sns = Rds(self), mock.Mock()

    def cluster(self, region):
        return f"payment-aurora-{'primary' if region == self.first else 'secondary'}-test"

    def environment(self, region):
        """The variables of a function in a region, of either program."""
        endpoint = f"{self.cluster(region)}.cluster-abc.{region}.rds.amazonaws.com"
        return {
            "AWS_REGION": region,
            "DB_SECRET_ARN": f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:payment-db-app-test-AbCdEf",
            "DB_CLUSTER_ENDPOINT": endpoint,
            "DB_ENDPOINT": endpoint,
            "GLOBAL_CLUSTER_ID": "payment-global-test",
            "LOG_BUCKET": f"payments-{region}",
            "BUCKET": f"payments-{region}",
            "SESSION_TABLE": "payment-sessions-test",
            "ALERT_TOPIC_ARN": f"arn:aws:sns:{region}:{ACCOUNT}:payment-alerts",
            "ENVIRONMENT": "test",
            "DR_ROLE": "primary" if region == self.first else "secondary",
        }

    def client(self, service, config=None):
        """What `boto3.client` gives."""
        each = {"rds-data": self.databases, "s3": self.buckets, "dynamodb": self.sessions}
        return Regional(each[service]) if service in each else {"rds": self.rds, "sns": self.sns}[service]

    def resource(self, service, config=None):
        """What `boto3.resource` gives."""
        return SimpleNamespace(Table=lambda name: self.client(service))

    def stand_in(self, test):
        """Stands in for AWS for the length of a test."""
        for name, fake in (("client", self.client), ("resource", self.resource)):
            patch = mock.patch.object(boto3, name, fake)
            patch.start()
            test.addCleanup(patch.stop)


class Regional:
    """A client of the region that the environment names when it is used."""

    def __init__(self, each):
        self.each = each

    def __getattr__(self, name):
        return getattr(self.each[os.environ["AWS_REGION"]], name)


class Context:
    """What Lambda says of an invocation: the milliseconds that are left, one stretch after another."""

    def __init__(self, *left):
        self.left = list(left)

    def get_remaining_time_in_millis(self):
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


def metrics(said):
    """How often each metric was counted in what was printed."""
    counted = Counter()
    for line in map(json.loads, said.splitlines()):
        for metric in line.get("_aws", {}).get("CloudWatchMetrics", []):
            for name in metric["Dimensions"][0]:
                assert name in line, (name, line)
            counted[metric["Metrics"][0]["Name"]] += line[metric["Metrics"][0]["Name"]]
    return counted
