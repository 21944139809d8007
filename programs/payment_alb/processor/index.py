"""Takes payments behind a load balancer, in whichever region it is asked.

* `POST /payments` takes a payment once in both regions together: `payments/taking.py` says how. Asking again with the
  same id and the same contents is the same payment; with other contents it is a conflict. A region that does not write
  answers 503 with `Retry-After`.
* `GET /health` says whether requests can be led here: `payments/standing.py` says when.
* `{"action": "reconcile"}`, invoked by an operator and not over the load balancer: `payments/reconcile.py`.

What cannot be taken is told to the alert topic, unless it is only that another region writes.
"""

import json
import os

from botocore.exceptions import BotoCoreError, ClientError

from payments import asked, receipts, standing
from payments.cloud import client, region, remembered
from payments.ledger import Unavailable
from payments.metrics import count
from payments.reconcile import reconcile
from payments.taking import Conflict, take

ALERT_PAUSE = 60  # Seconds after an alert in which what cannot be written is not told again.
REASONS = {200: "OK", 201: "Created", 400: "Bad Request", 404: "Not Found", 409: "Conflict", 503: "Service Unavailable"}


def handler(event, context):
    """The entry point: a request of a load balancer, and its answer."""
    if "requestContext" not in event and event.get("action") == "reconcile":
        return reconcile(event, context.get_remaining_time_in_millis)
    request = (event.get("httpMethod"), event.get("path", "").rstrip("/"))
    try:
        if request == ("GET", "/health"):
            return answer(*standing.health({"bucket": receipts.can_be_written}, environment=os.environ["ENVIRONMENT"]))
        if request == ("POST", "/payments"):
            return pay(event)
    except asked.Invalid as error:
        return answer(400, {"error": "invalid", "message": str(error)})
    except Conflict as error:
        count("PaymentsRefused")
        return answer(409, {"error": "conflict", "message": str(error)})
    except Unavailable as error:
        return unavailable(request, error)
    except Exception as error:
        alert(request, error)
        raise
    return answer(404, {"error": "missing", "message": "there is nothing here but GET /health and POST /payments"})


def pay(event):
    """Takes a payment, once."""
    payment, is_new = take(asked.payment_of(event))
    if is_new:
        count("PaymentsAccepted", Currency=payment.currency)
    return answer(201 if is_new else 200, receipts.answered(payment))


def unavailable(request, error):
    """The answer while nothing can be written."""
    body, seconds = standing.refusal()
    count("PaymentsUnavailable", Reason=body["error"])
    if body["error"] != "standby":
        remembered("alert", ALERT_PAUSE, lambda: alert(request, error))
    return answer(503, body, {"retry-after": str(seconds)})


def alert(request, error):
    """Tells the alert topic, which must not hide the error that is told."""
    message = {"request": " ".join(map(str, request)), "region": region(), "error": f"{type(error).__name__}: {error}"}
    try:
        client("sns").publish(
            TopicArn=os.environ["ALERT_TOPIC_ARN"], Subject="A payment failed", Message=json.dumps(message)
        )
    except (ClientError, BotoCoreError) as failed:
        print(json.dumps({"alert_failed": str(failed), **message}))


def answer(status, body, headers=None):
    """An answer with a JSON body."""
    return {
        "statusCode": status,
        "statusDescription": f"{status} {REASONS[status]}",
        "isBase64Encoded": False,
        "headers": {"content-type": "application/json", **(headers or {})},
        "body": json.dumps(body),
    }
