"""The ledger: payments in the Aurora database, through the RDS Data API.

Only the region that writes has an answer, so an id exists once in all regions together. A row is never changed or
deleted: the user that this logs in as may not. The tables are made by `rotation/schema.py`.
"""

import os
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from payments.cloud import HASTY, PATIENT, client, region

PING = "SELECT CAST(pg_is_in_recovery() AS int)"
ADD = """
    INSERT INTO ledger.payments (payment_id, amount_minor, currency, region, taken_at)
    VALUES (:id, :units, :currency, :region, to_timestamp(:taken_ms / 1000.0))
    ON CONFLICT (payment_id) DO NOTHING"""
FIND = """
    SELECT payment_id, amount_minor, currency, region, CAST(extract(epoch FROM taken_at) * 1000 AS bigint)
    FROM ledger.payments WHERE payment_id = :id"""
SINCE = """
    SELECT payment_id, amount_minor, currency, region, CAST(extract(epoch FROM taken_at) * 1000 AS bigint)
    FROM ledger.payments WHERE taken_at >= to_timestamp(:since_ms / 1000.0) AND payment_id > :after
    ORDER BY payment_id LIMIT :most"""
REFUND = """
    INSERT INTO ledger.refunds (payment_id, amount_minor, currency, region, taken_at)
    VALUES (:id, :units, :currency, :region, to_timestamp(:taken_ms / 1000.0))
    ON CONFLICT (payment_id, region, taken_at) DO NOTHING"""


class Unavailable(Exception):
    """The ledger does not answer: whether what was asked for was done is not known, and asking again does no harm."""


@dataclass(frozen=True)
class Payment:
    """A payment as it was taken, once, by one region. Two that differ only in where or when are one id taken twice."""

    id: str
    units: int  # of the currency's smallest unit
    currency: str
    region: str
    taken_ms: int  # since 1970

    def asks_for_the_same_as(self, other):
        """Whether both are answers to the same request."""
        return (self.id, self.units, self.currency) == (other.id, other.units, other.currency)


def add(payment):
    """Takes a payment unless its id is there; the one that is there then, and whether it is this one."""
    if _run(ADD, vars(payment))["numberOfRecordsUpdated"] == 1:
        return payment, True
    return find(payment.id), False


def find(id):
    """The payment of an id, or nothing."""
    rows = _run(FIND, {"id": id})["records"]
    return _payment(rows[0]) if rows else None


def since(ms, after, most):
    """Payments that were taken from a moment on: those whose ids come after `after`, by their ids, `most` of them."""
    return [_payment(row) for row in _run(SINCE, {"since_ms": ms, "after": after, "most": most})["records"]]


def refund(payment):
    """Marks a payment that was taken although its id was taken elsewhere; whether it was not marked before."""
    return _run(REFUND, vars(payment))["numberOfRecordsUpdated"] == 1


def can_write():
    """Whether the ledger answers, and may be written."""
    rows = _run(PING, {}, HASTY)["records"]
    return rows[0][0]["longValue"] == 0


def cluster():
    """The ARN of this region's cluster: its name is the first part of its endpoint, and the secret is in its account."""
    _, partition, _, _, account, *_ = os.environ["DB_SECRET_ARN"].split(":")
    endpoint = os.environ.get("DB_CLUSTER_ENDPOINT") or os.environ["DB_ENDPOINT"]
    return f"arn:{partition}:rds:{region()}:{account}:cluster:{endpoint.split('.')[0]}"


def _run(sql, parameters, config=PATIENT):
    try:
        return client("rds-data", config).execute_statement(
            resourceArn=cluster(),
            secretArn=os.environ["DB_SECRET_ARN"],
            database="payments",
            sql=sql,
            parameters=[{"name": name, "value": _value(value)} for name, value in parameters.items()],
        )
    except (ClientError, BotoCoreError) as error:
        raise Unavailable(f"{type(error).__name__}: {error}") from error


def _value(value):
    return {"longValue": value} if isinstance(value, int) else {"stringValue": value}


def _payment(row):
    id, units, currency, where, taken_ms = (next(iter(field.values())) for field in row)
    return Payment(id, units, currency, where, taken_ms)
