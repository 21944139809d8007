"""What a request asks for: nothing that it may hold can do more than get it refused."""

import base64
import json
from decimal import Decimal

from payments import money

LARGEST = 16 * 1024  # Characters of a body.
LONGEST = 128  # Characters of an id.


class Invalid(Exception):
    """The request is not one that can be done; the message says why."""


def body_of(event):
    """The JSON object that the body of a request is."""
    body = event.get("body") or ""
    if len(body) > LARGEST:
        raise Invalid(f"the body must have at most {LARGEST} characters")
    try:
        if event.get("isBase64Encoded"):
            body = base64.b64decode(body, validate=True).decode()
        read = json.loads(body, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_once)
    except RecursionError:
        raise Invalid("the body is nested too deeply") from None
    except ValueError:
        raise Invalid("the body must be JSON") from None
    if not isinstance(read, dict):
        raise Invalid("the body must be a JSON object")
    return read


def payment_of(event, id="payment_id"):
    """The payment that a request describes: its id, its amount in smallest units, its currency."""
    body = body_of(event)
    strangers = sorted(set(body) - {id, "amount", "currency"})
    if strangers:
        raise Invalid(f"there is no field {strangers[0][:LONGEST]!r}: a payment has `{id}`, `amount` and `currency`")
    try:
        units = money.smallest_units(body.get("amount"), body.get("currency"))
    except money.Wrong as error:
        raise Invalid(str(error)) from None
    return {"id": _id(body, id), "units": units, "currency": body["currency"]}


def _id(body, key):
    value = body.get(key)
    # Printable ASCII without `/` and `\`: it becomes a part of the name of an object.
    good = isinstance(value, str) and 1 <= len(value) <= LONGEST and value.isascii() and value.isprintable()
    if not good or set(value) & set("/\\") or value.strip(". ") == "":
        raise Invalid(f"`{key}` must be a text of 1 to {LONGEST} printable ASCII characters without `/` and `\\`")
    return value


def _no_number(constant):
    raise ValueError(f"{constant} is no number")


def _once(pairs):
    read = dict(pairs)
    if len(read) != len(pairs):
        raise Invalid("the body must name each field once")
    return read
