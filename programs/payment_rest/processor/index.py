"""Takes payments over a REST API.

* `GET /payment` is what health checks ask: 200 with the region and its role while the table can be used, 503 otherwise.
  Whether the login of the database can be read is told and does not decide: payments are in the table.
* `POST /payment` validates a payment and records it once in its region. The same payment again is the same request;
  another one under its id is a conflict. While the table does not answer it is 503, to be asked again with the same id.

The database is not written: Aurora PostgreSQL 14.6, which it is to have, has no Data API. docs/payments.md says what this
means for the same id in two regions at a time.

Every payment is counted in CloudWatch through a line of the log (embedded metric format), by region and outcome.
"""

import json
import os
import re
import time
from datetime import datetime, timezone
from decimal import Decimal

from botocore.exceptions import BotoCoreError, ClientError

from payments import cloud, money
from payments.asked import Invalid, body_of

FIELDS = {"transaction_id", "amount", "currency", "account", "reference"}
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
RETRY_AFTER = 5  # Seconds.
SECRET_AGE = 60  # Seconds that the secret is not asked for again.


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
        payment = validated(event)
        stored, is_new = record(payment)
    except Invalid as error:
        return counted("invalid", started, answer(400, {"error": "invalid", "message": str(error)}))
    except Conflict as error:
        return counted("conflict", started, answer(409, {"error": "conflict", "message": str(error)}))
    except (ClientError, BotoCoreError) as error:
        print(json.dumps({"unavailable": str(error)}))
        body = {"error": "unavailable", "message": "whether it was recorded is not known: ask again with the same id"}
        return counted("unavailable", started, answer(503, body, {"retry-after": str(RETRY_AFTER)}))
    return counted("accepted" if is_new else "repeated", started, answer(201 if is_new else 200, stored))


def health():
    """Whether this region can take payments."""
    found = {"table": told(_ask_table), "secret": told(_ask_secret)}
    well = found["table"] == "ok"
    body = {"status": "healthy" if well else "unhealthy", "region": _region(), "role": os.environ["DR_ROLE"], **found}
    return answer(200 if well else 503, body)


def told(ask):
    """How a part is."""
    try:
        ask()
    except (ClientError, BotoCoreError) as error:
        print(json.dumps({"health": str(error)}))
        return "failed"
    return "ok"


def validated(event):
    """The payment that a request asks for."""
    given = body_of(event)
    unknown = sorted(set(given) - FIELDS)
    if unknown:
        raise Invalid(f"there is no field {unknown[0][:64]!r}")
    for name in ("transaction_id", "account"):
        if not isinstance(given.get(name), str) or not ID.fullmatch(given[name]):
            raise Invalid(f"`{name}` must be 1 to 64 letters, digits, `-` and `_`")
    try:
        units = money.smallest_units(given.get("amount"), given.get("currency"))
    except money.Wrong as error:
        raise Invalid(str(error)) from None
    reference = given.get("reference", "")
    if not isinstance(reference, str) or len(reference) > 140 or not all(c.isprintable() for c in reference):
        raise Invalid("`reference` must be printable text of at most 140 characters")
    return {
        "transaction_id": given["transaction_id"],
        "amount": Decimal(money.text(units, given["currency"])),
        "currency": given["currency"],
        "account": given["account"],
        "reference": reference,
    }


def record(payment):
    """Stores a payment once; the stored one, and whether it is new."""
    item = {
        **payment,
        "status": "accepted",
        "region": _region(),
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


def answer(status, body, headers=None):
    """A response for API Gateway; amounts are shown with the decimals of their currency."""
    if isinstance(body.get("amount"), Decimal):
        places = money.DECIMALS[body["currency"]]
        body = {**body, "amount": f"{body['amount']:.{places}f}"}
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": "no-store", **(headers or {})},
        "body": json.dumps(body),
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
        "Region": _region(),
        "Outcome": outcome,
        "Payments": 1,
        "Duration": round((time.monotonic() - started) * 1000, 3),
    }))
    return response


def _region():
    return os.environ["DEPLOY_REGION"]


def _ask_table():
    _table(cloud.HASTY).get_item(Key={"transaction_id": "health"})


def _ask_secret():
    def ask():
        return cloud.client("secretsmanager", cloud.HASTY).describe_secret(SecretId=os.environ["DB_SECRET_ARN"])["ARN"]

    cloud.remembered("secret", SECRET_AGE, ask)


def _table(config=cloud.PATIENT):
    return cloud.table(os.environ["TABLE_NAME"], config)
