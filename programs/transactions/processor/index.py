"""Records payment transactions.

A request is a map with an `action`:

* `record`: stores a transaction once. Asking again with the same id and the same contents is the same request; with
  other contents it is a conflict. A document that comes along is kept in the bucket, and is one of the contents.
* `get`: answers with the stored transaction.

What cannot be stored is told to the alert topic and raised, so that the caller sees it and the error alarm counts it.
"""

import hashlib
import json
import os
from datetime import datetime, timezone
from decimal import Decimal

import boto3
from botocore.exceptions import ClientError

STATUSES = ("pending", "settled", "refused")


class Invalid(Exception):
    """The request is not one that this function takes."""


class Conflict(Exception):
    """Another transaction has this id."""


def handler(event, _context):
    """The entry point: one request in, one answer out."""
    try:
        action = event.get("action")
        if action == "record":
            return record(event)
        if action == "get":
            return get(event)
        raise Invalid(f"`action` must be `record` or `get`, not {action!r}")
    except (Invalid, Conflict) as error:
        return {"ok": False, "error": type(error).__name__.lower(), "message": str(error)}
    except Exception as error:
        alert(event, error)
        raise


def record(event):
    """Stores a transaction, once."""
    item = transaction(event)
    document = event.get("document")
    if document is not None:
        # Its contents are in its name: the document of another request of this id is never written over.
        body = json.dumps(document, sort_keys=True).encode()
        item["document"] = f"transactions/{item['id']}/{hashlib.sha256(body).hexdigest()}.json"
        _bucket().put_object(Key=item["document"], Body=body)
    stored = {**item, "created_at": datetime.now(timezone.utc).isoformat(timespec="milliseconds")}
    try:
        _table().put_item(Item=stored, ConditionExpression="attribute_not_exists(id)")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        present = _table().get_item(Key={"id": item["id"]}, ConsistentRead=True)["Item"]
        if {k: v for k, v in present.items() if k != "created_at"} != item:
            raise Conflict(f"transaction {item['id']} exists with other contents") from None
        stored = present
    return {"ok": True, "transaction": plain(stored)}


def get(event):
    """Answers with a stored transaction."""
    item = _table().get_item(Key={"id": text(event, "id")}, ConsistentRead=True).get("Item")
    if item is None:
        return {"ok": False, "error": "missing", "message": "there is no such transaction"}
    return {"ok": True, "transaction": plain(item)}


def transaction(event):
    """The transaction that a request describes; amounts are decimal, never binary, numbers."""
    status = event.get("status", "pending")
    if status not in STATUSES:
        raise Invalid(f"`status` must be one of {', '.join(STATUSES)}")
    try:
        amount = Decimal(str(event["amount"]))
    except (KeyError, ArithmeticError):
        raise Invalid("`amount` must be a number") from None
    if not amount.is_finite() or not 0 < amount < 10**12 or amount != round(amount, 2):
        raise Invalid("`amount` must be between 0.01 and 999999999999.99, with at most two decimals")
    currency = text(event, "currency")
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise Invalid("`currency` must be a code of three capital letters")
    return {"id": text(event, "id"), "status": status, "amount": round(amount, 2), "currency": currency}


def text(event, key):
    """A required text of a request."""
    value = event.get(key)
    if not isinstance(value, str) or not value or len(value) > 128:
        raise Invalid(f"`{key}` must be a text of 1 to 128 characters")
    return value


def plain(item):
    """An item as JSON can hold it; amounts stay exact as text."""
    return {key: f"{value:.2f}" if isinstance(value, Decimal) else value for key, value in item.items()}


def alert(event, error):
    """Tells the alert topic, which must not hide the error that is told."""
    message = {"action": event.get("action"), "id": event.get("id"), "error": f"{type(error).__name__}: {error}"}
    try:
        boto3.client("sns").publish(
            TopicArn=os.environ["SNS_TOPIC_ARN"], Subject="A transaction failed", Message=json.dumps(message)
        )
    except ClientError as failed:
        print(json.dumps({"alert_failed": str(failed), **message}))


def _table():
    return boto3.resource("dynamodb").Table(os.environ["DYNAMODB_TABLE_NAME"])


def _bucket():
    return boto3.resource("s3").Bucket(os.environ["S3_BUCKET_NAME"])
