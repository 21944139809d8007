"""Takes payments behind an HTTP API, in whichever region it is asked.

* `POST /payment` takes the payment of a session once in both regions together: `payments/taking.py` says how. Asking
  again with the same session and the same contents is the same payment; with other contents it is a conflict. A region
  that does not write answers 503 with `Retry-After`.
* `GET /health` says whether requests can be led here: `payments/standing.py` says when.
* `{"action": "reconcile"}`, invoked by an operator and not over the API: `payments/reconcile.py`.

The session table, which both regions write to, is asked before the ledger: it knows payments that the ledger of a region
that has just been promoted may have lost.
"""

import json
import os

from payments import asked, receipts, standing
from payments.ledger import Unavailable
from payments.metrics import count
from payments.reconcile import reconcile
from payments.taking import Conflict, take

import sessions


def handler(event, context):
    """The entry point: a request of an HTTP API (version 2.0), and its answer."""
    if "requestContext" not in event and event.get("action") == "reconcile":
        return reconcile(event, context.get_remaining_time_in_millis)
    route = event.get("routeKey")
    try:
        if route == "GET /health":
            parts = {"bucket": receipts.can_be_written, "sessions": sessions.can_be_read}
            return answer(*standing.health(parts, role=os.environ["DR_ROLE"]))
        if route == "POST /payment":
            return pay(event)
    except asked.Invalid as error:
        return answer(400, {"error": "invalid", "message": str(error)})
    except Conflict as error:
        count("PaymentsRefused")
        return answer(409, {"error": "conflict", "message": str(error)})
    except Unavailable as error:
        print(json.dumps({"unavailable": str(error)}))
        body, seconds = standing.refusal()
        count("PaymentsUnavailable", Reason=body["error"])
        return answer(503, body, {"retry-after": str(seconds)})
    return answer(404, {"error": "missing", "message": f"there is no {route}"})


def pay(event):
    """Takes a payment, once."""
    wanted = asked.payment_of(event, "session_id")
    known = sessions.find(wanted["id"])
    payment, is_new = take(wanted, known)
    if payment != known:
        sessions.keep(payment)
    if is_new:
        count("PaymentsAccepted", Currency=payment.currency)
    return answer(201 if is_new else 200, receipts.answered(payment, "session_id"))


def answer(status, body, headers=None):
    """An answer with a JSON body."""
    headers = {"content-type": "application/json", **(headers or {})}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
