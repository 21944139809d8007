"""Takes payments over a REST API.

* `GET /payment` is what health checks ask: 200 with the region and its role while the table can be used and the secret
  of the database is there, 503 otherwise.
* `POST /payment` validates a payment and records it once. The same payment again is the same request; another one under
  its id is a conflict.

Every payment is counted in CloudWatch through a line of the log (embedded metric format), by region and outcome.
"""

import json
import os
import re
import time
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation

import boto3
from botocore.exceptions import BotoCoreError, ClientError

CURRENCIES = {"EUR", "USD", "GBP", "CHF", "JPY", "CAD", "AUD"}
MOST = Decimal("1000000")
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Invalid(Exception):
    """The payment is not one that can be taken; the message says why."""


class Conflict(Exception):
    """Another payment has this id."""


def handler(event, _context):
    """The entry point: a request of API Gateway in, its response out."""
    method = event.get("httpMethod")
    if method == "GET":
        return health()
    if method != "POST":
        return answer(405, {"error": "method", "message": f"{method} is not taken here"})
    started = time.monotonic()
    try:
        payment = validated(event.get("body"))
        stored, is_new = record(payment)
    except Invalid as error:
        return counted("invalid", started, answer(400, {"error": "invalid", "message": str(error)}))
    except Conflict as error:
        return counted("conflict", started, answer(409, {"error": "conflict", "message": str(error)}))
    return counted("accepted" if is_new else "repeated", started, answer(201 if is_new else 200, stored))


def health():
    """Whether this region can take payments."""
    parts = {"table": _table_is_active, "secret": _secret_is_there}
    wrong = {}
    for name, works in parts.items():
        try:
            if not works():
                wrong[name] = "not usable"
        except (ClientError, BotoCoreError) as error:
            wrong[name] = type(error).__name__
    where = {"region": os.environ["DEPLOY_REGION"], "role": os.environ["DR_ROLE"]}
    if wrong:
        return answer(503, {"status": "unhealthy", **where, "wrong": wrong})
    return answer(200, {"status": "healthy", **where})


def validated(body):
    """The payment that a request asks for."""
    try:
        given = json.loads(body or "", parse_float=Decimal)
    except ValueError:
        raise Invalid("the body is not JSON") from None
    if not isinstance(given, dict):
        raise Invalid("the body must be an object")
    unknown = sorted(set(given) - {"transaction_id", "amount", "currency", "account", "reference"})
    if unknown:
        raise Invalid(f"unknown fields: {', '.join(unknown)}")
    for name in ("transaction_id", "account"):
        if not isinstance(given.get(name), str) or not ID.fullmatch(given[name]):
            raise Invalid(f"`{name}` must be 1 to 64 letters, digits, `-` and `_`")
    try:
        amount = Decimal(str(given.get("amount")))
    except InvalidOperation:
        raise Invalid("`amount` must be a number") from None
    if not amount.is_finite() or not 0 < amount <= MOST or amount != round(amount, 2):
        raise Invalid(f"`amount` must be more than 0, at most {MOST}, with at most two decimals")
    if not isinstance(given.get("currency"), str) or given["currency"] not in CURRENCIES:
        raise Invalid(f"`currency` must be one of {', '.join(sorted(CURRENCIES))}")
    reference = given.get("reference", "")
    if not isinstance(reference, str) or len(reference) > 140:
        raise Invalid("`reference` must be text of at most 140 characters")
    return {
        "transaction_id": given["transaction_id"],
        "amount": round(amount, 2),
        "currency": given["currency"],
        "account": given["account"],
        "reference": reference,
    }


def record(payment):
    """Stores a payment once; the stored one, and whether it is new."""
    item = {
        **payment,
        "status": "accepted",
        "region": os.environ["DEPLOY_REGION"],
        "created_at": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
    }
    try:
        _table().put_item(Item=item, ConditionExpression="attribute_not_exists(transaction_id)")
        return item, True
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
    key = {"transaction_id": payment["transaction_id"]}
    present = _table().get_item(Key=key, ConsistentRead=True)["Item"]
    if any(present.get(name) != value for name, value in payment.items()):
        raise Conflict(f"another payment has the id {payment['transaction_id']}")
    return present, False


def answer(status, body):
    """A response for API Gateway."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": json.dumps(body, default=lambda amount: f"{amount:.2f}"),
    }


def counted(outcome, started, response):
    """Counts a payment by its outcome; the response as it is."""
    print(json.dumps({
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [{
                "Namespace": "Payment/Business",
                "Dimensions": [["Region", "Outcome"]],
                "Metrics": [{"Name": "Payments", "Unit": "Count"}, {"Name": "Duration", "Unit": "Milliseconds"}],
            }],
        },
        "Region": os.environ["DEPLOY_REGION"],
        "Outcome": outcome,
        "Payments": 1,
        "Duration": round((time.monotonic() - started) * 1000, 3),
    }))
    return response


def _table_is_active():
    table = boto3.client("dynamodb").describe_table(TableName=os.environ["TABLE_NAME"])["Table"]
    return table["TableStatus"] in ("ACTIVE", "UPDATING")


def _secret_is_there():
    secret = boto3.client("secretsmanager").describe_secret(SecretId=os.environ["DB_SECRET_ARN"])
    return "DeletedDate" not in secret


def _table():
    return boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
