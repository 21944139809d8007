"""A failover of ten thousand payments: what was answered for is there once, whatever is lost on the way.

Clients ask until they are answered, again after lost answers, in whichever region they reach. The first region writes and
is lost: at first for the name, then altogether, while a few clients still reach it. The second one is promoted without the
last writes, and takes the same ids. Then the first one comes back and follows, both are reconciled, and it writes again.
"""

import contextlib
import importlib
import io
import json
import os
import random
import sys
import unittest
from pathlib import Path
from unittest import mock

PROGRAMS = Path(__file__).parent.parent.parent
sys.path[:0] = [str(PROGRAMS / "shared"), str(PROGRAMS / "payment_http" / "processor"), str(Path(__file__).parent)]

from fakes import Aws, Context  # noqa: E402
from payments import cloud, ledger, receipts, standing  # noqa: E402

FIRST, SECOND = "us-east-1", "us-west-2"
DAY = "2026-11-30"
BEGIN = 1_796_000_000_000  # Milliseconds since 1970; the day after that day begins soon.


def processor(program):
    """The function of a program; both have a file of the same name."""
    spec = importlib.util.spec_from_file_location(program, PROGRAMS / program / "processor" / "index.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Lost(Exception):
    """The function is ended before it answers."""


class Failover:
    """One failover, with the numbers of one seed."""

    def __init__(self, test, program, seed, payments):
        self.numbers, self.index, self.program = random.Random(seed), processor(program), program
        self.aws, self.now = Aws(FIRST, SECOND), BEGIN
        self.aws.stand_in(test)
        for patch in (mock.patch.object(standing.time, "time_ns", self.tick), mock.patch.dict(os.environ)):
            patch.start()
            test.addCleanup(patch.stop)
        self.open = [self.request(number) for number in range(payments)]
        self.answered = {}  # What was answered for, by id: the payments that callers were told.
        self.refused = set()  # Ids of which a caller was told that another payment has it.
        self.counts = dict.fromkeys((200, 201, 409, 503, "lost"), 0)
        for place in (*self.aws.databases.values(), *self.aws.buckets.values()):
            place.after = self.lose

    def tick(self):
        self.now += self.numbers.choice((0, 1, 5))
        return self.now * 1_000_000

    def lose(self):
        """Now and then a function ends right after it has written, in the ledger or in the bucket."""
        if self.losing and self.numbers.random() < 0.03:
            raise Lost

    def request(self, number):
        # A few ids are used for two payments that are not the same, which is the callers' mistake.
        id = f"p-{number if self.numbers.random() > 0.01 else self.numbers.randrange(number + 1)}"
        return id, self.numbers.choice((("12.30", "EUR"), ("7", "JPY"), ("1.005", "KWD")))

    def ask(self, region, request):
        """Asks once; whether that is the end of it."""
        id, (amount, currency) = request
        os.environ.update(self.aws.environment(region))
        cloud.forget()
        key = "payment_id" if self.program == "payment_alb" else "session_id"
        route = {"httpMethod": "POST", "path": "/payments", "routeKey": "POST /payment", "requestContext": {}}
        try:
            said = self.index.handler({**route, "body": json.dumps({key: id, "amount": amount, "currency": currency})}, None)
        except Lost:
            self.counts["lost"] += 1
            return False
        status, body = said["statusCode"], json.loads(said["body"])
        self.counts[status] += 1
        if status == 503:
            assert int(said["headers"]["retry-after"]) > 0 and body["error"] in ("standby", "unavailable"), said
            return False
        if status == 409:
            self.refused.add(id)
            return True
        assert (body["amount"], body["currency"], body[key]) == (amount, currency, id), body
        self.answered.setdefault(id, set()).add((body["region"], body["taken_at"]))
        return self.numbers.random() > 0.1  # Some answers are lost on their way.

    def traffic(self, until, reach):
        """Lets clients ask until so many requests are left open; `reach` says in which region each arrives."""
        while len(self.open) > until:
            at = self.numbers.randrange(len(self.open))
            if self.ask(reach(), self.open[at]):
                self.open[at] = self.open[-1]
                self.open.pop()
            self.copy(self.numbers.random())

    def copy(self, luck):
        """Replication is behind, by more or less."""
        first, second = FIRST, SECOND
        if not self.aws.databases[first].follows and self.aws.databases[second].follows and luck < 0.5:
            self.aws.databases[first].tell(self.aws.databases[second], self.numbers.randrange(4))
        if self.copying and luck < 0.1:
            self.aws.buckets[first].tell(self.aws.buckets[second], self.numbers.randrange(40))
        if self.copying and luck < 0.5:
            for one, other in ((first, second), (second, first)):
                self.aws.sessions[one].tell(self.aws.sessions[other], self.numbers.randrange(4))

    def reconcile(self, region):
        """What the operators do, stretch by stretch."""
        os.environ.update(self.aws.environment(region))
        cloud.forget()
        event, done = {"action": "reconcile", "since": DAY}, {"put_back": 0, "to_refund": 0, "receipts_written": 0}
        while event is not None:
            said = self.index.handler(event, Context(*[30_000] * self.numbers.randrange(100, 2000), 1_000, 30_000))
            done = {name: done[name] + said[name] for name in done}
            event = said["next"]
        return done

    def run(self):
        """Everything that happens; what both times of reconciling have done."""
        aws, whole = self.aws, len(self.open)
        first, second = aws.databases[FIRST], aws.databases[SECOND]
        self.copying = self.losing = True
        self.traffic(whole * 2 // 3, lambda: FIRST)
        # The name leads to the second region, which follows and says so, while a few still reach the first one.
        self.copying = False
        for _ in range(50):
            self.ask(self.numbers.choice((SECOND, SECOND, FIRST)), self.numbers.choice(self.open))
        assert self.counts[503] > 0
        # Promoted with the loss of what is not there yet. The first one does not know of it, and is still reached by some.
        second.follows = False
        self.traffic(whole // 2, lambda: self.numbers.choice((SECOND, SECOND, SECOND, FIRST)))
        first.is_gone = aws.buckets[FIRST].is_gone = aws.sessions[FIRST].is_gone = True
        self.traffic(whole // 4, lambda: self.numbers.choice((SECOND, SECOND, FIRST)))
        # It comes back and follows; what it had to copy is copied.
        first.is_gone = aws.buckets[FIRST].is_gone = aws.sessions[FIRST].is_gone = False
        first.begin_anew(second)
        aws.buckets[FIRST].tell(aws.buckets[SECOND], 1_000_000)
        self.copying = True
        self.losing = False
        back = self.reconcile(SECOND)
        assert self.reconcile(SECOND) == dict.fromkeys(back, 0), "twice"
        self.losing = True
        self.traffic(whole // 8, lambda: SECOND)
        # Back home without loss.
        second.tell(first, 1_000_000)
        first.begin_anew(second)
        first.follows, second.follows = False, True
        self.losing = False
        home = self.reconcile(FIRST)
        self.traffic(0, lambda: self.numbers.choice((FIRST, SECOND)))
        return back, home

    def judge(self, test):
        """No payment is lost, and none is double."""
        rows, refunds = self.aws.databases[FIRST].rows, self.aws.databases[FIRST].refunds
        # Everybody who was answered has a payment, with what was asked for.
        given_back = {(p.id, p.region, receipts.answered(p)["taken_at"]) for p in refunds.values()}
        for id, told in self.answered.items():
            row = rows[id]
            counts = (row.region, receipts.answered(row)["taken_at"])
            for region, moment in told:
                # What was answered for counts, or is given back: never both, never neither.
                test.assertNotEqual((region, moment) == counts, (id, region, moment) in given_back, (id, told, row))
        for (id, region, ms), refund in refunds.items():
            test.assertNotEqual((rows[id].region, rows[id].taken_ms), (region, ms), "given back although it counts")
            test.assertEqual((refund.id, refund.region, refund.taken_ms), (id, region, ms))
        asked = set(self.answered) | self.refused
        test.assertEqual(set(rows), asked, "somebody is still waiting, or pays for what nobody asked")
        # Receipts of the region that writes tell the whole story.
        receipt = {key: json.loads(body) for key, body in self.aws.buckets[FIRST].objects.items()}
        for row in rows.values():
            test.assertEqual(receipt[receipts.key(row)]["units"], row.units)


class Test(unittest.TestCase):
    def fail_over(self, program, seed, payments):
        failover = Failover(self, program, seed, payments)
        with contextlib.redirect_stdout(io.StringIO()):
            back, home = failover.run()
        failover.judge(self)
        self.doCleanups()
        return failover, back, home

    def test_ten_thousand_payments_over_a_failover_and_back(self):
        for program, payments in (("payment_alb", 10_000), ("payment_http", 3_000)):
            with self.subTest(program):
                failover, back, home = self.fail_over(program, 1, payments)
                # The worst did happen, or nothing was tried.
                self.assertGreater(back["put_back"], 0)
                self.assertGreater(back["to_refund"], 0)
                self.assertGreater(home["receipts_written"], payments // 10)
                self.assertTrue(all(count > 10 for count in failover.counts.values()), failover.counts)

    def test_many_small_ones(self):
        for program in ("payment_alb", "payment_http"):
            for seed in range(100, 115):
                with self.subTest(program=program, seed=seed):
                    self.fail_over(program, seed, 300)

    def test_the_moments_are_of_one_day(self):
        self.assertGreaterEqual(receipts.answered(ledger.Payment("p", 1, "EUR", FIRST, BEGIN))["taken_at"][:10], DAY)


if __name__ == "__main__":
    unittest.main()
