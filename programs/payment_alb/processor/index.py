"""Takes payments behind a load balancer, in whichever region it is asked.

* `POST /payments` takes a payment once. Asking again with the same id and the same contents is the same payment; with
  other contents it is a conflict. It is written to the region's bucket, whose contents are copied to the other region.
* `GET /health` says whether this region can take payments: whether the bucket answers and the login of the database can
  be read. How the database is, is told and does not decide: a payment does not wait for it.

What cannot be written is told to the alert topic and raised, so that the caller sees it and the error alarm counts it.
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

SECRET_AGE = 300  # Seconds that the secret is not read again; it is renewed now and then.
STATUS_AGE = 60  # Seconds that the state of the database is not asked for again.
REASONS = {200: "OK", 201: "Created", 400: "Bad Request", 404: "Not Found", 409: "Conflict", 503: "Service Unavailable"}


class Invalid(Exception):
    """The request is not one that this function takes."""


class Conflict(Exception):
    """Another payment has this id."""


def handler(event, _context):
    """The entry point: a request of a load balancer, and its answer."""
    asked = (event.get("httpMethod"), event.get("path", "").rstrip("/"))
    try:
        if asked == ("GET", "/health"):
            return health()
        if asked == ("POST", "/payments"):
            return pay(event)
    except Invalid as error:
        return answer(400, {"error": "invalid", "message": str(error)})
    except Conflict as error:
        count("PaymentsRefused")
        return answer(409, {"error": "conflict", "message": str(error)})
    except Exception as error:
        alert(asked, error)
        raise
    return answer(404, {"error": "missing", "message": "there is nothing here but GET /health and POST /payments"})


def pay(event):
    """Takes a payment, once: the first who writes its object is the one who took it."""
    payment = payment_of(event)
    taken = {**payment, "region": region(), "created_at": datetime.now(timezone.utc).isoformat(timespec="milliseconds")}
    place = {"Bucket": os.environ["LOG_BUCKET"], "Key": f"payments/{payment['payment_id']}.json"}
    body = json.dumps(taken, sort_keys=True).encode()
    try:
        client("s3").put_object(**place, Body=body, ContentType="application/json", IfNoneMatch="*")
    except ClientError as error:
        # Somebody else was first, or is just about to be.
        if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise
        present = json.loads(client("s3").get_object(**place)["Body"].read())
        if {key: present.get(key) for key in payment} != payment:
            raise Conflict(f"payment {payment['payment_id']} exists with other contents") from None
        return answer(200, present)
    count("PaymentsAccepted", Currency=payment["currency"])
    return answer(201, taken)


def payment_of(event):
    """The payment that a request describes; amounts are kept as decimal text, never as binary numbers."""
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
    return {"payment_id": text(asked, "payment_id"), "amount": f"{amount:.2f}", "currency": currency}


def text(asked, key):
    """A required text of a request."""
    value = asked.get(key)
    if not isinstance(value, str) or not 1 <= len(value) <= 128 or not value.isprintable() or "/" in value:
        raise Invalid(f"`{key}` must be a text of 1 to 128 printable characters without `/`")
    return value


def health():
    """Whether this region can take payments, and how its parts are."""
    parts = {"bucket": bucket, "login": lambda: login()["username"] and "ok", "database": database}
    found = {}
    for name, ask in parts.items():
        try:
            found[name] = ask()
        except (ClientError, BotoCoreError, KeyError, ValueError) as error:
            found[name] = f"failed: {type(error).__name__}"
            print(json.dumps({"health": name, "error": str(error)}))
    well = not any(found[name].startswith("failed") for name in ("bucket", "login"))
    body = {"healthy": well, "region": region(), "environment": os.environ["ENVIRONMENT"], **found}
    return answer(200 if well else 503, body)


def bucket():
    """Whether the bucket answers."""
    client("s3").head_bucket(Bucket=os.environ["LOG_BUCKET"])
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
        name = os.environ["DB_CLUSTER_ENDPOINT"].split(".")[0]
        return client("rds").describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]["Status"]

    return remembered("database", STATUS_AGE, read)


def alert(asked, error):
    """Tells the alert topic, which must not hide the error that is told."""
    message = {"request": " ".join(map(str, asked)), "region": region(), "error": f"{type(error).__name__}: {error}"}
    try:
        client("sns").publish(
            TopicArn=os.environ["ALERT_TOPIC_ARN"], Subject="A payment failed", Message=json.dumps(message)
        )
    except (ClientError, BotoCoreError) as failed:
        print(json.dumps({"alert_failed": str(failed), **message}))


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
    return {
        "statusCode": status,
        "statusDescription": f"{status} {REASONS[status]}",
        "isBase64Encoded": False,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
    }


def region():
    """The region that this runs in."""
    return os.environ["AWS_REGION"]


@cache
def client(service):
    """A client that gives up while somebody is still waiting for an answer."""
    return boto3.client(service, config=Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2}))
