"""The processor, with AWS as `shared/tests/fakes.py` has it and with parts of it gone."""

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
sys.path[:0] = [str(PROGRAM.parent / "shared"), str(PROGRAM.parent / "shared" / "tests")]
from botocore.exceptions import BotoCoreError  # noqa: E402
from fakes import Aws, Context, metrics, refused  # noqa: E402
from payments import cloud  # noqa: E402

SPEC = importlib.util.spec_from_file_location("processor", PROGRAM / "processor" / "index.py")
index = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(index)

EAST, WEST = "us-east-1", "us-west-2"
PAYMENT = {"payment_id": "p-1", "amount": "12.30", "currency": "EUR"}


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

    def ask(self, method, path, body=None, **more):
        event = {"httpMethod": method, "path": path, "body": body, "requestContext": {"elb": {}}, **more}
        with contextlib.redirect_stdout(self.said):
            self.answer = index.handler(event, None)
        self.assertTrue(self.answer["statusDescription"].startswith(f"{self.answer['statusCode']} "))
        return self.answer["statusCode"], json.loads(self.answer["body"])

    def pay(self, **changes):
        return self.ask("POST", "/payments", json.dumps({**PAYMENT, **changes}))

    def reconcile(self, **more):
        with contextlib.redirect_stdout(self.said):
            return index.handler({"action": "reconcile", "since": "2026-11-01", **more}, Context(30_000))

    def rows(self, region=EAST):
        return self.aws.databases[region].rows

    def receipts(self, region=EAST):
        return {key: json.loads(body) for key, body in self.aws.buckets[region].objects.items()}

    def promote(self):
        """The second region takes over; what had not reached it is lost there."""
        self.aws.databases[WEST].follows = False
        self.go(WEST)

    def test_a_payment_is_taken_once(self):
        status, first = self.pay()
        self.assertEqual((status, first["amount"], first["region"]), (201, "12.30", EAST))
        self.assertEqual(self.pay(), (200, first))
        self.assertEqual(self.pay(amount=12.3), (200, first))
        self.assertEqual([(row.id, row.units, row.currency) for row in self.rows().values()], [("p-1", 1230, "EUR")])
        (key,), (receipt,) = self.receipts().keys(), self.receipts().values()
        self.assertEqual(key, f"payments/{EAST}/{first['taken_at'][:10]}/p-1.json")
        self.assertEqual((receipt["units"], receipt["taken_at"]), (1230, first["taken_at"]))
        self.assertEqual(metrics(self.said.getvalue()), {"PaymentsAccepted": 1})

    def test_another_payment_of_the_same_id_is_a_conflict(self):
        self.pay()
        for changes in ({"amount": "1"}, {"currency": "USD"}, {"amount": 1230, "currency": "JPY"}):
            self.assertEqual(self.pay(**changes)[0], 409)
        self.assertEqual(len(self.receipts()), 1)
        self.assertEqual(metrics(self.said.getvalue()), {"PaymentsAccepted": 1, "PaymentsRefused": 3})

    def test_bodies_may_come_in_base64(self):
        body = base64.b64encode(b'{"payment_id": "p-2", "amount": 0.10, "currency": "USD"}').decode()
        status, taken = self.ask("POST", "/payments", body, isBase64Encoded=True)
        self.assertEqual((status, taken["amount"]), (201, "0.10"))

    def test_bad_requests_are_refused_and_nothing_is_written(self):
        for body in ("[" * 100_000, "", None, "7", '{"payment_id": "p-1"}', json.dumps({**PAYMENT, "currency": "ZZZ"})):
            status, said = self.ask("POST", "/payments", body)
            self.assertEqual((status, said["error"]), (400, "invalid"))
        self.assertEqual((self.rows(), self.receipts()), ({}, {}))
        self.aws.sns.publish.assert_not_called()

    def test_a_region_that_follows_takes_nothing_and_says_when_to_ask_again(self):
        self.go(WEST)
        status, said = self.pay()
        self.assertEqual((status, said["error"], self.answer["headers"]["retry-after"]), (503, "standby", "30"))
        self.aws.sns.publish.assert_not_called()
        self.assertEqual(self.receipts(WEST), {})
        self.assertEqual(metrics(self.said.getvalue()), {"PaymentsUnavailable": 1})

    def test_a_region_that_follows_is_one_that_requests_can_be_led_to(self):
        self.go(WEST)
        self.aws.databases[WEST].secret_is_gone = True
        status, said = self.ask("GET", "/health")
        self.assertEqual((status, said["standing"], said["region"]), (200, "follows", WEST))

    def test_a_region_that_writes_says_so(self):
        status, said = self.ask("GET", "/health")
        wanted = {"healthy": True, "region": EAST, "standing": "writes", "bucket": "ok", "environment": "test"}
        self.assertEqual((status, said), (200, wanted))

    def test_what_it_needs_to_write_decides_about_health_and_payments(self):
        for gone in ("is_gone", "secret_is_gone"):
            with self.subTest(gone):
                self.go(EAST)
                setattr(self.aws.databases[EAST], gone, True)
                status, said = self.ask("GET", "/health")
                self.assertEqual((status, said["standing"]), (503, "fails"))
                status, said = self.pay()
                self.assertEqual((status, said["error"], self.answer["headers"]["retry-after"]), (503, "unavailable", "5"))
                self.assertEqual(self.pay()[0], 503)  # It is told once a minute.
                setattr(self.aws.databases[EAST], gone, False)
        self.assertEqual(self.aws.sns.publish.call_count, 2)
        self.assertEqual(self.pay()[0], 201)

    def test_without_its_bucket_a_region_is_not_healthy_and_answers_for_nothing(self):
        self.aws.buckets[EAST].is_gone = True
        self.assertEqual(self.ask("GET", "/health")[0], 503)
        self.assertEqual(self.pay()[0], 503)
        self.aws.buckets[EAST].is_gone = False
        # It is in the ledger since the first time; now it is answered for.
        self.assertEqual(self.pay()[0], 200)
        self.assertEqual(len(self.receipts()), 1)

    def test_a_region_of_which_it_is_not_known_whether_it_writes_is_tried(self):
        self.aws.rds.is_gone = True
        self.assertEqual(self.ask("GET", "/health")[0], 200)
        self.assertEqual(self.pay()[0], 201)
        self.go(WEST)
        self.assertEqual(self.ask("GET", "/health")[0], 503)
        self.assertEqual(self.pay()[1]["error"], "unavailable")

    def test_while_rds_says_nothing_a_region_is_what_it_was(self):
        for region, stands in ((WEST, "follows"), (EAST, "writes")):
            self.go(region)
            self.assertEqual(self.ask("GET", "/health")[1]["standing"], stands)
            self.aws.rds.is_gone = True
            later = cloud.time.monotonic() + 3600
            with mock.patch.object(cloud.time, "monotonic", return_value=later):
                self.assertEqual(self.ask("GET", "/health")[1]["standing"], stands)
            self.aws.rds.is_gone = False

    def test_who_has_left_the_global_cluster_writes_by_itself(self):
        self.aws.databases.pop(EAST)
        self.aws.databases[WEST].follows = False
        self.go(WEST)
        self.aws.rds.describe_global_clusters = lambda **_: {"GlobalClusters": [{"GlobalClusterMembers": []}]}
        self.assertEqual(self.ask("GET", "/health")[1]["standing"], "writes")

    def test_a_promotion_is_noticed_by_itself(self):
        self.go(WEST)
        self.assertEqual(self.pay()[0], 503)
        self.aws.databases[WEST].follows = False
        self.assertEqual(self.pay()[0], 201)
        later = cloud.time.monotonic() + 11
        with mock.patch.object(cloud.time, "monotonic", return_value=later):
            self.assertEqual(self.ask("GET", "/health")[1]["standing"], "writes")

    def test_the_same_id_in_two_regions_is_one_payment_while_one_of_them_writes(self):
        _, first = self.pay()
        self.go(WEST)
        self.assertEqual(self.pay()[0], 503)
        self.aws.databases[EAST].tell(self.aws.databases[WEST], 9)
        self.promote()
        self.assertEqual(self.pay(), (200, first))
        self.assertEqual(self.pay(amount="99")[0], 409)

    def test_what_a_failover_has_lost_is_put_back(self):
        _, first = self.pay()
        self.promote()
        self.aws.buckets[EAST].tell(self.aws.buckets[WEST], 9)
        wanted = {"ok": True, "put_back": 1, "to_refund": 0, "receipts_written": 0, "next": None}
        self.assertEqual(self.reconcile(), wanted)
        self.assertEqual(self.pay(), (200, first))
        self.assertEqual(metrics(self.said.getvalue())["PaymentsPutBack"], 1)
        self.assertEqual(self.reconcile(), {**wanted, "put_back": 0})

    def test_an_id_that_both_regions_took_counts_once_and_is_given_back_once(self):
        for changes in ({}, {"amount": "99"}):
            with self.subTest(changes):
                self.setUp()
                self.pay()
                self.promote()
                # The first region's receipt is on its way, and the caller asks here.
                self.assertEqual(self.pay(**changes)[0], 201)
                self.aws.buckets[EAST].tell(self.aws.buckets[WEST], 9)
                self.assertEqual(self.reconcile()["to_refund"], 1)
                self.assertEqual(self.reconcile()["to_refund"], 0)
                (refund,) = self.aws.databases[WEST].refunds.values()
                self.assertEqual((refund.id, refund.units, refund.region), ("p-1", 1230, EAST))
                self.assertEqual([row.region for row in self.rows(WEST).values()], [WEST])

    def test_receipts_are_completed_where_they_are_not_copied_to(self):
        self.promote()
        for number in range(500):
            self.pay(payment_id=f"p-{number:03}")
        self.aws.databases[EAST].begin_anew(self.aws.databases[WEST])
        self.aws.databases[EAST].follows, self.aws.databases[WEST].follows = False, True
        self.go(EAST)
        self.assertEqual(self.reconcile()["receipts_written"], 500)
        self.assertEqual(self.receipts(EAST), self.receipts(WEST))

    def test_a_function_that_runs_out_of_time_goes_on_where_it_was(self):
        for number in range(450):
            self.pay(payment_id=f"p-{number:03}")
        self.aws.databases[WEST].follows = False
        self.aws.buckets[EAST].tell(self.aws.buckets[WEST], 999)
        self.go(WEST)
        event, done, stretches = {"action": "reconcile", "since": "2026-11-01"}, 0, 0
        while event is not None:
            with contextlib.redirect_stdout(self.said):
                said = index.handler(event, Context(*[30_000] * 100, 1_000))
            event, done, stretches = said["next"], done + said["put_back"], stretches + 1
        self.assertEqual((done, len(self.rows(WEST))), (450, 450))
        self.assertGreater(stretches, 4)

    def test_reconciling_asks_for_a_day_and_for_a_region_that_writes(self):
        for wrong in ({"since": None}, {"since": "yesterday"}, {"stage": "mars"}, {"after": 7}):
            with self.subTest(wrong), self.assertRaises(Exception) as raised:
                self.reconcile(**wrong)
            self.assertEqual(type(raised.exception).__name__, "WrongRequest")
        self.pay()
        self.go(WEST)
        self.aws.buckets[EAST].tell(self.aws.buckets[WEST], 9)
        with self.assertRaisesRegex(Exception, "another region writes"):
            self.reconcile()

    def test_callers_cannot_reconcile(self):
        status, _ = self.ask("POST", "/", None, action="reconcile", since="2026-11-01")
        self.assertEqual(status, 404)

    def test_an_alert_that_fails_does_not_hide_what_it_tells(self):
        self.aws.databases[EAST].is_gone = True
        self.aws.sns.publish.side_effect = refused("NotFound", "Publish")
        self.assertEqual(self.pay()[0], 503)
        self.assertIn("alert_failed", self.said.getvalue())

    def test_what_nobody_thought_of_is_told_and_raised(self):
        with mock.patch.object(index, "take", side_effect=BotoCoreError()), self.assertRaises(BotoCoreError):
            self.pay()
        self.assertEqual(self.aws.sns.publish.call_count, 1)

    def test_other_paths_are_missing(self):
        self.assertEqual(self.ask("GET", "/payments")[0], 404)
        self.assertEqual(self.ask("POST", "/")[0], 404)


if __name__ == "__main__":
    unittest.main()
