"""How a region stands: whether it writes, follows, or fails to write.

Every region but one follows: its cluster reads what the other one writes, and takes no payments until it is promoted.
That is no failure. A region that follows is healthy, since requests must be led there before or while it is promoted;
one that is to write and cannot is not. When RDS does not say which of both it is, it is what it was: no region changes its
role without RDS. When it never said, the region is asked to write.
"""

import json
import os
import time

from botocore.exceptions import BotoCoreError, ClientError

from payments import ledger
from payments.cloud import HASTY, client, last, region, remembered

FOLLOWS_AGE = 10  # Seconds that it is not asked again which region writes.
WRITES_AGE = 5  # Seconds that the database is not tried again.
RETRY_AFTER = {"standby": 30, "unavailable": 5}  # Seconds.


def follows():
    """Whether another region writes, by what RDS says or has said last; nothing when it never said."""

    def read():
        try:
            id = os.environ["GLOBAL_CLUSTER_ID"]
            found = client("rds", HASTY).describe_global_clusters(GlobalClusterIdentifier=id)["GlobalClusters"][0]
        except (ClientError, BotoCoreError, LookupError) as error:
            print(json.dumps({"standing": "not known", "error": str(error)}))
            return last("follows")
        roles = {member["DBClusterArn"]: member["IsWriter"] for member in found["GlobalClusterMembers"]}
        # Whoever has left the global cluster writes by itself.
        return not roles.get(ledger.cluster(), True)

    return remembered("follows", FOLLOWS_AGE, read)


def standing():
    """`writes`, `follows` or `fails`."""
    if follows():
        return "follows"
    try:
        return "writes" if remembered("writes", WRITES_AGE, ledger.can_write) else "fails"
    except ledger.Unavailable as error:
        print(json.dumps({"standing": "fails", "error": str(error)}))
        return "fails"


def health(parts, **more):
    """The status and the body that a health check is answered with. Each of `parts`, by its name, raises when it fails."""
    stands = standing()
    found = {}
    for name, look in parts.items():
        try:
            look()
            found[name] = "ok"
        except (ClientError, BotoCoreError) as error:
            found[name] = "failed"
            print(json.dumps({"health": name, "error": str(error)}))
    well = stands != "fails" and "failed" not in found.values()
    return (200 if well else 503), {"healthy": well, "region": region(), "standing": stands, **found, **more}


def refusal():
    """Why no payment is taken now: `error` and `message` of an answer, and after how many seconds to ask again."""
    error = "standby" if follows() else "unavailable"
    messages = {
        "standby": "another region takes payments; this one does once it is promoted",
        "unavailable": "whether the payment was taken is not known: ask again with the same id",
    }
    return {"error": error, "message": messages[error]}, RETRY_AFTER[error]


def now_ms():
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
