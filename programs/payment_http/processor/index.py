"""Takes payments behind an HTTP API, in whichever region it is asked.

* `POST /payment` takes a payment once. Asking again with the same session and the same contents is the same payment;
  with other contents it is a conflict. It is kept in the session table, which both regions write to, and its receipt in
  the bucket.
* `GET /health` says whether this region can take payments: whether the table answers and the login of the database can
  be read. How the database is, is told and does not decide: a payment does not wait for it.
"""

import base64
import json
import os
import time
from datetime import datetime, timezone
from decimal import Decimal
from functools import cache

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

KEPT = 30 * 24 * 3600  # Seconds that a session is kept.
SECRET_AGE = 300  # Seconds that the secret is not read again; it may change.
STATUS_AGE = 60  # Seconds that the state of the database is not asked for again.


class Invalid(Exception):
    """The request is not one that this function takes."""


class Conflict(Exception):
    """Another payment has this session."""


def handler(event, _context):
    """The entry point: a request of an HTTP API (version 2.0), and its answer."""
    route = event.get("routeKey")
    try:
        if route == "GET /health":
            return health()
        if route == "POST /payment":
            return pay(event)
    except Invalid as error:
        return answer(400, {"error": "invalid", "message": str(error)})
    except Conflict as error:
        return answer(409, {"error": "conflict", "message": str(error)})
    return answer(404, {"error": "missing", "message": f"there is no {route}"})


def pay(event):
    """Takes a payment, once."""
    payment = payment_of(event)
    stored = {
        **payment,
        "region": region(),
        "created_at": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "expires_at": int(time.time()) + KEPT,
    }
    status = 201
    try:
        table().put_item(Item=stored, ConditionExpression="attribute_not_exists(session_id)")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        stored = table().get_item(Key={"session_id": payment["session_id"]}, ConsistentRead=True)["Item"]
        if {key: stored.get(key) for key in payment} != payment:
            raise Conflict(f"session {payment['session_id']} has another payment") from None
        status = 200
    # Also when it was there already: the first attempt may have ended before its receipt.
    receipt = plain(stored)
    client("s3").put_object(
        Bucket=os.environ["BUCKET"],
        Key=f"receipts/{stored['session_id']}.json",
        Body=json.dumps(receipt, sort_keys=True).encode(),
        ContentType="application/json",
    )
    if status == 201:
        count("PaymentsAccepted", currency=stored["currency"])
    return answer(status, receipt)


def payment_of(event):
    """The payment that a request describes; amounts are decimal, never binary, numbers."""
    body = event.get("body") or ""
    try:
        if event.get("isBase64Encoded"):
            body = base64.b64decode(body, validate=True)
        asked = json.loads(body, parse_float=Decimal)
    except ValueError:
        raise Invalid("the body must be JSON") from None
    if not isinstance(asked, dict):
        raise Invalid("the body must be a JSON object")
    try:
        amount = Decimal(str(asked.get("amount")))
    except ArithmeticError:
        raise Invalid("`amount` must be a number") from None
    if not amount.is_finite() or not 0 < amount < 10**12 or amount != round(amount, 2):
        raise Invalid("`amount` must be between 0.01 and 999999999999.99, with at most two decimals")
    currency = text(asked, "currency")
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise Invalid("`currency` must be a code of three capital letters")
    return {"session_id": text(asked, "session_id"), "amount": round(amount, 2), "currency": currency}


def text(asked, key):
    """A required text of a request."""
    value = asked.get(key)
    if not isinstance(value, str) or not 1 <= len(value) <= 128 or not value.isprintable() or "/" in value:
        raise Invalid(f"`{key}` must be a text of 1 to 128 printable characters without `/`")
    return value


def health():
    """Whether this region can take payments, and how its parts are."""
    parts = {"sessions": sessions, "login": lambda: login()["username"] and "ok", "database": database}
    found = {}
    for name, ask in parts.items():
        try:
            found[name] = ask()
        except (ClientError, BotoCoreError, KeyError, ValueError) as error:
            found[name] = f"failed: {type(error).__name__}"
            print(json.dumps({"health": name, "error": str(error)}))
    well = not any(found[name].startswith("failed") for name in ("sessions", "login"))
    body = {"healthy": well, "region": region(), "role": os.environ["DR_ROLE"], **found}
    return answer(200 if well else 503, body)


def sessions():
    """Reads from the session table; that there is no such session is an answer too."""
    table().get_item(Key={"session_id": "health"})
    return "ok"


_read = {}  # What was read and when, by its name.


def remembered(name, age, read):
    """What `read` answers, or answered less than `age` seconds ago."""
    at, value = _read.get(name, (None, None))
    if at is None or time.monotonic() - at >= age:
        at, value = time.monotonic(), read()
        _read[name] = (at, value)
    return value


def login():
    """What it takes to log in to the database: kept in the memory of this process, nowhere else."""

    def read():
        held = client("secretsmanager").get_secret_value(SecretId=os.environ["DB_SECRET_ARN"])
        return json.loads(held["SecretString"])

    return remembered("login", SECRET_AGE, read)


def database():
    """The state of this region's cluster, which its endpoint begins with the name of."""

    def read():
        name = os.environ["DB_ENDPOINT"].split(".")[0]
        return client("rds").describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]["Status"]

    return remembered("database", STATUS_AGE, read)


def count(metric, **dimensions):
    """Counts one in a metric, by writing it to the log in the form that CloudWatch looks for."""
    dimensions = {"Region": region(), **dimensions}
    print(
        json.dumps({
            "_aws": {
                "Timestamp": int(time.time() * 1000),
                "CloudWatchMetrics": [{
                    "Namespace": "Payment/Business",
                    "Dimensions": [list(dimensions)],
                    "Metrics": [{"Name": metric, "Unit": "Count"}],
                }],
            },
            metric: 1,
            **dimensions,
        })
    )


def answer(status, body):
    """An answer with a JSON body."""
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}


def plain(item):
    """An item as JSON can hold it; amounts stay exact as text, and when it expires is nobody's business."""
    kept = {key: value for key, value in item.items() if key != "expires_at"}
    return {key: f"{value:.2f}" if isinstance(value, Decimal) else value for key, value in kept.items()}


def region():
    """The region that this runs in."""
    return os.environ["AWS_REGION"]


@cache
def client(service):
    """A client that gives up while somebody is still waiting for an answer."""
    return boto3.client(service, config=Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2}))


@cache
def table():
    """The session table."""
    return boto3.resource("dynamodb").Table(os.environ["SESSION_TABLE"])
