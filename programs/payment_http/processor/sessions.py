"""Sessions: which payment each was for, in a table that both regions write to and that is copied within a second."""

import os
import time

from botocore.exceptions import BotoCoreError, ClientError

from payments.cloud import HASTY, PATIENT, table
from payments.ledger import Payment, Unavailable

KEPT = 30 * 24 * 3600  # Seconds that a session is kept.


def find(id):
    """The payment that a session is known to have been for, or nothing."""
    try:
        item = _table().get_item(Key={"session_id": id}, ConsistentRead=True).get("Item")
    except (ClientError, BotoCoreError) as error:
        raise Unavailable(f"the session was not read: {error}") from error
    if item is None:
        return None
    return Payment(id, int(item["units"]), item["currency"], item["region"], int(item["taken_ms"]))


def keep(payment):
    """Keeps which payment a session was for."""
    item = {key: value for key, value in vars(payment).items() if key != "id"}
    item |= {"session_id": payment.id, "expires_at": int(time.time()) + KEPT}
    try:
        _table().put_item(Item=item)
    except (ClientError, BotoCoreError) as error:
        raise Unavailable(f"the session was not kept: {error}") from error


def can_be_read():
    """Whether the table answers; an error when it does not."""
    _table(HASTY).get_item(Key={"session_id": "health"})


def _table(config=PATIENT):
    return table(os.environ["SESSION_TABLE"], config)
