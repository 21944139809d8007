"""Receipts: what a region has answered for, in a bucket of that region, which is copied to the other one.

A payment is answered for only once its receipt is there. So a receipt is what a failover cannot take back: when the
database of another region takes over without the last payments, they are found by their receipts.

The name of a receipt says who took the payment and on which day: `payments/us-east-1/2026-11-30/p-1.json`. Receipts of
two regions never have the same name, even when both took the same id.
"""

import json
import os
from datetime import datetime, timezone

from botocore.exceptions import BotoCoreError, ClientError

from payments import money
from payments.cloud import HASTY, client
from payments.ledger import Payment, Unavailable


def write(payment):
    """Writes the receipt of a payment, once; whether it was not there before."""
    place = {"Bucket": _bucket(), "Key": key(payment)}
    body = json.dumps(shown(payment), sort_keys=True).encode()
    try:
        client("s3").put_object(**place, Body=body, ContentType="application/json", IfNoneMatch="*")
    except ClientError as error:
        # It is there already, or is being written at this moment by somebody who writes the same.
        if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise Unavailable(f"the receipt was not written: {error}") from error
        return False
    except BotoCoreError as error:
        raise Unavailable(f"the receipt was not written: {error}") from error
    return True


def regions():
    """The regions that have taken what there are receipts for."""
    found = client("s3").list_objects_v2(Bucket=_bucket(), Prefix="payments/", Delimiter="/")
    return sorted(prefix["Prefix"].split("/")[1] for prefix in found.get("CommonPrefixes", []))


def names(of, day, after, most):
    """The names of receipts for what a region took from a day on, those after `after`, in order; `most` of them."""
    first = after or f"payments/{of}/{day}"
    asked = {"Bucket": _bucket(), "Prefix": f"payments/{of}/", "StartAfter": first, "MaxKeys": most}
    return [found["Key"] for found in client("s3").list_objects_v2(**asked).get("Contents", [])]


def read(name):
    """The payment that a receipt is for."""
    found = json.loads(client("s3").get_object(Bucket=_bucket(), Key=name)["Body"].read())
    return Payment(found["id"], found["units"], found["currency"], found["region"], found["taken_ms"])


def can_be_written():
    """Whether the bucket answers; an error when it does not."""
    client("s3", HASTY).head_bucket(Bucket=_bucket())


def key(payment):
    """The name of the receipt of a payment."""
    return f"payments/{payment.region}/{_moment(payment)[:10]}/{payment.id}.json"


def shown(payment):
    """A payment as receipts hold it."""
    return {**vars(payment), "amount": money.text(payment.units, payment.currency), "taken_at": _moment(payment)}


def answered(payment, id="payment_id"):
    """A payment as callers see it."""
    return {
        id: payment.id,
        "amount": money.text(payment.units, payment.currency),
        "currency": payment.currency,
        "region": payment.region,
        "taken_at": _moment(payment),
    }


def _moment(payment):
    seconds, ms = divmod(payment.taken_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%S}.{ms:03}Z"


def _bucket():
    return os.environ.get("LOG_BUCKET") or os.environ["BUCKET"]
