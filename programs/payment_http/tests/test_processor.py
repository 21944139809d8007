"""The processor against moto, in one process: run with `python -m unittest` in an environment that has moto."""

import base64
import contextlib
import io
import json
import os
import sys
import unittest
from pathlib import Path
from unittest import mock

import boto3
from moto import mock_aws

sys.path.insert(0, str(Path(__file__).parent.parent / "processor"))
import index  # noqa: E402

SETTINGS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-2",
    "AWS_REGION": "us-east-2",
    "SESSION_TABLE": "payment-sessions-test",
    "BUCKET": "payment-test-replica",
    "DB_ENDPOINT": "payment-aurora-test.cluster-ro-abc.us-east-2.rds.amazonaws.com",
    "DR_ROLE": "secondary",
}
PAYMENT = {"session_id": "s-1", "amount": "12.30", "currency": "EUR"}


class Processor(unittest.TestCase):
    def setUp(self):
        for context in (mock.patch.dict(os.environ, SETTINGS), mock_aws()):
            context.start()
            self.addCleanup(context.stop)
        index.client.cache_clear()
        index.table.cache_clear()
        index._read.clear()
        self.bucket = boto3.resource("s3").Bucket(SETTINGS["BUCKET"])
        self.bucket.create(CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
        self.table = boto3.resource("dynamodb").create_table(
            TableName=SETTINGS["SESSION_TABLE"],
            KeySchema=[{"AttributeName": "session_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "session_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        held = json.dumps({"username": "payadmin", "password": "hidden-word", "host": "db"})
        self.secret = boto3.client("secretsmanager").create_secret(Name="payment-db-test", SecretString=held)["ARN"]
        os.environ["DB_SECRET_ARN"] = self.secret
        boto3.client("rds").create_db_cluster(
            DBClusterIdentifier="payment-aurora-test",
            Engine="aurora-postgresql",
            MasterUsername="payadmin",
            MasterUserPassword="hidden-word",
        )
        self.said = io.StringIO()

    def ask(self, route, body=None, **more):
        with contextlib.redirect_stdout(self.said):
            given = index.handler({"routeKey": route, "body": body, **more}, None)
        return given["statusCode"], json.loads(given["body"])

    def pay(self, **changes):
        return self.ask("POST /payment", json.dumps({**PAYMENT, **changes}))

    def test_a_payment_is_taken_once(self):
        status, first = self.pay()
        self.assertEqual((status, first["amount"], first["region"]), (201, "12.30", "us-east-2"))
        self.assertEqual(self.pay(), (200, first))
        self.assertEqual(self.table.scan()["Count"], 1)

    def test_it_expires(self):
        self.pay()
        item = self.table.get_item(Key={"session_id": "s-1"})["Item"]
        self.assertGreater(item["expires_at"], index.time.time() + 29 * 24 * 3600)

    def test_the_receipt_is_what_was_answered_even_when_the_first_attempt_ended_early(self):
        _, answered = self.pay()
        key = "receipts/s-1.json"
        self.assertEqual(json.loads(self.bucket.Object(key).get()["Body"].read()), answered)
        self.bucket.Object(key).delete()
        self.pay()
        self.assertEqual(json.loads(self.bucket.Object(key).get()["Body"].read()), answered)

    def test_another_payment_of_the_same_session_is_a_conflict(self):
        self.pay()
        self.assertEqual(self.pay(amount="1")[0], 409)
        self.assertEqual(self.pay(currency="USD")[0], 409)

    def test_each_payment_is_counted_once(self):
        self.pay()
        self.pay()
        lines = [json.loads(line) for line in self.said.getvalue().splitlines()]
        self.assertEqual([line["PaymentsAccepted"] for line in lines], [1])
        metric = lines[0]["_aws"]["CloudWatchMetrics"][0]
        self.assertEqual(metric["Namespace"], "Payment/Business")
        for dimension in metric["Dimensions"][0]:
            self.assertIn(dimension, lines[0])

    def test_bodies_may_come_in_base64_and_numbers_as_numbers(self):
        body = base64.b64encode(b'{"session_id": "s-2", "amount": 0.10, "currency": "USD"}').decode()
        status, taken = self.ask("POST /payment", body, isBase64Encoded=True)
        self.assertEqual((status, taken["amount"]), (201, "0.10"))

    def test_bad_requests_are_refused_and_nothing_is_stored(self):
        wrong = ({"amount": "-1"}, {"amount": "1.234"}, {"amount": "NaN"}, {"amount": "1e12"}, {"amount": None})
        wrong += ({"amount": "x"},)
        wrong += ({"currency": "eur"}, {"currency": "EURO"}, {"currency": "ÄÖÜ"}, {"session_id": ""})
        wrong += ({"session_id": "a/b"}, {"session_id": 7}, {"session_id": "x" * 129}, {"session_id": "a\nb"})
        for changes in wrong:
            with self.subTest(changes):
                self.assertEqual(self.pay(**changes)[0], 400)
        for body in (None, "", "no json", "[]", "7"):
            with self.subTest(body):
                self.assertEqual(self.ask("POST /payment", body)[0], 400)
        self.assertEqual(self.ask("POST /payment", "%%%", isBase64Encoded=True)[0], 400)
        self.assertEqual(self.table.scan()["Count"], 0)

    def test_a_healthy_region_says_which_it_is(self):
        status, said = self.ask("GET /health")
        self.assertEqual(status, 200)
        self.assertEqual((said["region"], said["role"], said["database"]), ("us-east-2", "secondary", "available"))
        self.assertNotIn("hidden-word", json.dumps(said) + self.said.getvalue())

    def test_without_its_table_a_region_is_not_healthy(self):
        self.table.delete()
        status, said = self.ask("GET /health")
        self.assertEqual((status, said["healthy"]), (503, False))
        self.assertIn("failed", said["sessions"])

    def test_without_its_login_a_region_is_not_healthy(self):
        boto3.client("secretsmanager").delete_secret(SecretId=self.secret, ForceDeleteWithoutRecovery=True)
        self.assertEqual(self.ask("GET /health")[0], 503)

    def test_a_database_that_cannot_be_asked_about_is_told_and_does_not_decide(self):
        boto3.client("rds").delete_db_cluster(DBClusterIdentifier="payment-aurora-test", SkipFinalSnapshot=True)
        status, said = self.ask("GET /health")
        self.assertEqual(status, 200)
        self.assertIn("failed", said["database"])

    def test_the_secret_is_read_again_only_after_a_while(self):
        self.ask("GET /health")
        boto3.client("secretsmanager").put_secret_value(SecretId=self.secret, SecretString='{"username": "new"}')
        self.assertEqual(index.login()["username"], "payadmin")
        with mock.patch.object(index.time, "monotonic", return_value=index.time.monotonic() + 301):
            self.assertEqual(index.login()["username"], "new")

    def test_other_routes_are_missing(self):
        self.assertEqual(self.ask("GET /other")[0], 404)


if __name__ == "__main__":
    unittest.main()
