"""Makes ledger and receipts agree again, after a failover that lost the last writes or after a failback.

* A receipt whose payment the ledger lacks: the payment was answered for and is put back.
* A receipt whose id the ledger has from another region or moment: the id was taken twice. The one in the ledger stands,
  the other is marked for a refund.
* A payment without a receipt in this region's bucket: the receipt is written. Receipts are copied one way only.

It runs in the region that writes, as often as one likes: the second time finds nothing. It is invoked with
`{"action": "reconcile", "since": "2026-11-30"}`, and again with what its answer has as `next` while that is not null.
"""

from datetime import datetime, timezone

from payments import ledger, receipts, standing
from payments.metrics import count

PAGE = 200
RESERVE_MS = 5_000  # Milliseconds that are kept to answer in.


class WrongRequest(Exception):
    """The request to reconcile says something that cannot be."""


def reconcile(event, remaining_ms):
    """One stretch of it: what was done, and where the next stretch begins."""
    day = event.get("since")
    try:
        since_ms = int(datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=timezone.utc).timestamp() * 1000)
    except (TypeError, ValueError):
        raise WrongRequest("`since` must be a day in UTC, such as 2026-11-30") from None
    if standing.follows():
        raise WrongRequest("another region writes: reconcile there")
    stages = [*receipts.regions(), ""]  # The ledger itself comes last.
    stage, after = event.get("stage", stages[0]), event.get("after", "")
    if stage not in stages or not isinstance(after, str):
        raise WrongRequest("`stage` and `after` must be those of an earlier answer's `next`")
    done = {"put_back": 0, "to_refund": 0, "receipts_written": 0}
    for stage in stages[stages.index(stage):]:
        while page := receipts.names(stage, day, after, PAGE) if stage else ledger.since(since_ms, after, PAGE):
            for item in page:
                if remaining_ms() < RESERVE_MS:
                    return _told(done, {**event, "stage": stage, "after": after})
                _compare(receipts.read(item), done) if stage else _complete(item, done)
                after = item if stage else item.id
        after = ""
    return _told(done, None)


def _compare(receipt, done):
    present, is_new = ledger.add(receipt)
    if is_new:
        done["put_back"] += 1
    elif present != receipt and ledger.refund(receipt):
        done["to_refund"] += 1


def _complete(payment, done):
    if receipts.write(payment):
        done["receipts_written"] += 1


def _told(done, following):
    for metric, found in (("PaymentsPutBack", "put_back"), ("PaymentsToRefund", "to_refund")):
        if done[found]:
            count(metric, done[found])
    return {"ok": True, **done, "next": following}
