"""Taking a payment, exactly once in all regions together.

1. The ledger takes the id, in the one region that writes; it answers to nobody else.
2. The receipt is written. A caller is answered only then: what was answered for is found again after any failover.

Either may be done twice without harm, so whoever got no answer asks again with the same id, in whichever region.
"""

from payments import ledger, receipts
from payments.cloud import region
from payments.ledger import Payment
from payments.standing import now_ms


class Conflict(Exception):
    """Another payment has this id."""


def take(asked, known=None):
    """The payment that was taken for a request, and whether it is new.

    `known` is the payment that this id is known to have been taken for, if the ledger may have lost it.
    """
    wanted = Payment(asked["id"], asked["units"], asked["currency"], region(), now_ms())
    if known is not None and not known.asks_for_the_same_as(wanted):
        raise Conflict(f"the id {wanted.id} has another payment")
    taken, is_new = ledger.add(known or wanted)
    if not taken.asks_for_the_same_as(wanted):
        raise Conflict(f"the id {wanted.id} has another payment")
    receipts.write(taken)
    return taken, is_new and known is None
