"""The processor, with AWS as `shared/tests/fakes.py` has it and with parts of it gone. What it has in common with that of
`payment_alb` is tried there."""

import base64
import contextlib
import importlib.util
import io
import json
import os
import sys
import unittest
from pathlib import Path
from unittest import mock

PROGRAM = Path(__file__).parent.parent
sys.path[:0] = [str(PROGRAM.parent / "shared"), str(PROGRAM.parent / "shared" / "tests"), str(PROGRAM / "processor")]
from fakes import Aws, Context, metrics  # noqa: E402
from payments import cloud  # noqa: E402

SPEC = importlib.util.spec_from_file_location("http_processor", PROGRAM / "processor" / "index.py")
index = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(index)

EAST, WEST = "us-east-1", "us-east-2"
PAYMENT = {"session_id": "s-1", "amount": "12.30", "currency": "EUR"}


class Processor(unittest.TestCase):
    def setUp(self):
        self.aws, self.said = Aws(EAST, WEST), io.StringIO()
        self.aws.stand_in(self)
        patch = mock.patch.dict(os.environ)
        patch.start()
        self.addCleanup(patch.stop)
        self.go(EAST)

    def go(self, region):
        """The function of a region, just started."""
        os.environ.update(self.aws.environment(region))
        cloud.forget()

    def ask(self, route, body=None, **more):
        with contextlib.redirect_stdout(self.said):
            self.answer = index.handler({"routeKey": route, "body": body, "requestContext": {}, **more}, None)
        return self.answer["statusCode"], json.loads(self.answer["body"])

    def pay(self, **changes):
        return self.ask("POST /payment", json.dumps({**PAYMENT, **changes}))

    def reconcile(self):
        with contextlib.redirect_stdout(self.said):
            return index.handler({"action": "reconcile", "since": "2026-11-01"}, Context(30_000))

    def promote(self):
        """The second region takes over; what had not reached it is lost there."""
        self.aws.databases[WEST].follows = False
        self.go(WEST)

    def test_a_payment_is_taken_once(self):
        status, first = self.pay()
        self.assertEqual((status, first["amount"], first["region"]), (201, "12.30", EAST))
        self.assertEqual(self.pay(), (200, first))
        (row,) = self.aws.databases[EAST].rows.values()
        self.assertEqual((row.id, row.units, row.currency), ("s-1", 1230, "EUR"))
        self.assertEqual(list(self.aws.buckets[EAST].objects), [f"payments/{EAST}/{first['taken_at'][:10]}/s-1.json"])
        self.assertEqual(metrics(self.said.getvalue()), {"PaymentsAccepted": 1})

    def test_a_session_expires_and_is_kept_once(self):
        self.pay()
        self.pay()
        (item,) = self.aws.sessions[EAST].written
        self.assertGreater(item["expires_at"], cloud.time.time() + 29 * 24 * 3600)

    def test_another_payment_of_the_same_session_is_a_conflict(self):
        self.pay()
        for changes in ({"amount": "1"}, {"currency": "USD"}):
            self.assertEqual(self.pay(**changes)[0], 409)
        self.assertEqual(metrics(self.said.getvalue())["PaymentsRefused"], 2)

    def test_a_payment_that_the_ledger_has_lost_is_known_by_its_session(self):
        _, first = self.pay()
        self.aws.sessions[EAST].tell(self.aws.sessions[WEST], 9)
        self.promote()
        self.assertEqual(self.pay(amount="99")[0], 409)
        self.assertEqual(self.pay(), (200, first))
        self.assertEqual([row.region for row in self.aws.databases[WEST].rows.values()], [EAST])
        self.aws.buckets[EAST].tell(self.aws.buckets[WEST], 9)
        wanted = {"ok": True, "put_back": 0, "to_refund": 0, "receipts_written": 0, "next": None}
        self.assertEqual(self.reconcile(), wanted)

    def test_a_payment_that_neither_knows_is_taken_and_the_other_given_back(self):
        self.pay()
        self.promote()
        self.assertEqual(self.pay()[0], 201)
        self.aws.buckets[EAST].tell(self.aws.buckets[WEST], 9)
        self.assertEqual(self.reconcile()["to_refund"], 1)
        (refund,) = self.aws.databases[WEST].refunds.values()
        self.assertEqual((refund.id, refund.region), ("s-1", EAST))

    def test_bad_requests_are_refused_and_nothing_is_written(self):
        for body in ("[" * 100_000, "", None, "7", json.dumps({**PAYMENT, "session_id": "a/b"}), '{"payment_id": "p"}'):
            status, said = self.ask("POST /payment", body)
            self.assertEqual((status, said["error"]), (400, "invalid"))
        body = base64.b64encode(b'{"session_id": "s-2", "amount": 0.10, "currency": "USD"}').decode()
        self.assertEqual(self.ask("POST /payment", body, isBase64Encoded=True)[0], 201)
        self.assertEqual(len(self.aws.databases[EAST].rows), 1)

    def test_a_region_that_follows_is_well_and_takes_nothing(self):
        self.go(WEST)
        status, said = self.ask("GET /health")
        self.assertEqual((status, said["standing"], said["role"]), (200, "follows", "secondary"))
        status, said = self.pay()
        self.assertEqual((status, said["error"], self.answer["headers"]["retry-after"]), (503, "standby", "30"))
        self.assertEqual(self.aws.sessions[WEST].written, [])

    def test_what_it_needs_to_write_decides_about_health_and_payments(self):
        parts = [(self.aws.databases, "is_gone"), (self.aws.databases, "secret_is_gone")]
        for each, gone in [*parts, (self.aws.buckets, "is_gone"), (self.aws.sessions, "is_gone")]:
            with self.subTest(type(each[EAST]).__name__ + " " + gone):
                self.go(EAST)
                self.assertEqual(self.ask("GET /health")[0], 200)
                self.go(EAST)
                setattr(each[EAST], gone, True)
                self.assertEqual(self.ask("GET /health")[0], 503)
                status, said = self.pay()
                self.assertEqual((status, said["error"], self.answer["headers"]["retry-after"]), (503, "unavailable", "5"))
                setattr(each[EAST], gone, False)
        self.assertIn(self.pay()[0], (200, 201))
        self.assertEqual((len(self.aws.databases[EAST].rows), len(self.aws.buckets[EAST].objects)), (1, 1))

    def test_health_tells_nothing_but_how_it_stands(self):
        wanted = {"healthy": True, "region": EAST, "standing": "writes", "bucket": "ok", "sessions": "ok", "role": "primary"}
        self.assertEqual(self.ask("GET /health"), (200, wanted))

    def test_other_routes_are_missing(self):
        self.assertEqual(self.ask("GET /other")[0], 404)


if __name__ == "__main__":
    unittest.main()
