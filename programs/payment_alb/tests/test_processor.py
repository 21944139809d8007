"""The processor against moto, in one process: run with `python -m unittest` in an environment that has moto."""

import base64
import contextlib
import importlib.util
import io
import json
import os
import unittest
from pathlib import Path
from unittest import mock

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

# Two functions have a file of this name.
SPEC = importlib.util.spec_from_file_location("processor", Path(__file__).parent.parent / "processor" / "index.py")
index = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(index)

SETTINGS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-west-2",
    "AWS_REGION": "us-west-2",
    "LOG_BUCKET": "payment-txn-logs-test",
    "DB_CLUSTER_ENDPOINT": "payment-aurora-test.cluster-ro-abc.us-west-2.rds.amazonaws.com",
    "ENVIRONMENT": "test",
}
PAYMENT = {"payment_id": "p-1", "amount": "12.30", "currency": "EUR"}


class Processor(unittest.TestCase):
    def setUp(self):
        for context in (mock.patch.dict(os.environ, SETTINGS), mock_aws()):
            context.start()
            self.addCleanup(context.stop)
        index.client.cache_clear()
        index._read.clear()
        self.bucket = boto3.resource("s3").Bucket(SETTINGS["LOG_BUCKET"])
        self.bucket.create(CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        held = json.dumps({"username": "payadmin", "password": "hidden-word", "host": "db"})
        self.secret = boto3.client("secretsmanager").create_secret(Name="payment-db-test", SecretString=held)["ARN"]
        os.environ["DB_SECRET_ARN"] = self.secret
        os.environ["ALERT_TOPIC_ARN"] = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
        boto3.client("rds").create_db_cluster(
            DBClusterIdentifier="payment-aurora-test",
            Engine="aurora-postgresql",
            MasterUsername="payadmin",
            MasterUserPassword="hidden-word",
        )
        self.said = io.StringIO()

    def ask(self, method, path, body=None, **more):
        with contextlib.redirect_stdout(self.said):
            given = index.handler({"httpMethod": method, "path": path, "body": body, **more}, None)
        self.assertTrue(given["statusDescription"].startswith(f"{given['statusCode']} "))
        return given["statusCode"], json.loads(given["body"])

    def pay(self, **changes):
        return self.ask("POST", "/payments", json.dumps({**PAYMENT, **changes}))

    def metrics(self):
        lines = [json.loads(line) for line in self.said.getvalue().splitlines()]
        return [line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"] for line in lines if "_aws" in line]

    def test_a_payment_is_taken_once(self):
        status, first = self.pay()
        self.assertEqual((status, first["amount"], first["region"]), (201, "12.30", "us-west-2"))
        self.assertEqual(self.pay(), (200, first))
        self.assertEqual(self.pay(amount="12.3"), (200, first))
        self.assertEqual([found.key for found in self.bucket.objects.all()], ["payments/p-1.json"])
        self.assertEqual(json.loads(self.bucket.Object("payments/p-1.json").get()["Body"].read()), first)
        self.assertEqual(self.metrics(), ["PaymentsAccepted"])

    def test_another_payment_of_the_same_id_is_a_conflict(self):
        self.pay()
        self.assertEqual(self.pay(amount="1")[0], 409)
        self.assertEqual(self.metrics(), ["PaymentsAccepted", "PaymentsRefused"])

    def test_a_metric_has_the_dimensions_that_it_names(self):
        self.pay()
        line = json.loads(self.said.getvalue())
        metric = line["_aws"]["CloudWatchMetrics"][0]
        self.assertEqual(metric["Namespace"], "Payment/Business")
        self.assertEqual({name: line[name] for name in metric["Dimensions"][0]}, {"Region": "us-west-2", "Currency": "EUR"})

    def test_bodies_may_come_in_base64_and_numbers_as_numbers(self):
        body = base64.b64encode(b'{"payment_id": "p-2", "amount": 0.10, "currency": "USD"}').decode()
        status, taken = self.ask("POST", "/payments", body, isBase64Encoded=True)
        self.assertEqual((status, taken["amount"]), (201, "0.10"))

    def test_bad_requests_are_refused_and_nothing_is_written(self):
        wrong = ({"amount": "-1"}, {"amount": "1.234"}, {"amount": "NaN"}, {"amount": None}, {"amount": "1e12"})
        wrong += ({"currency": "eur"}, {"currency": "EURO"}, {"currency": "ÄÖÜ"}, {"payment_id": ""})
        wrong += ({"payment_id": "../p"}, {"payment_id": 7}, {"payment_id": "x" * 129})
        for changes in wrong:
            with self.subTest(changes):
                self.assertEqual(self.pay(**changes)[0], 400)
        for body in (None, "", "no json", "[]", "7"):
            with self.subTest(body):
                self.assertEqual(self.ask("POST", "/payments", body)[0], 400)
        self.assertEqual(list(self.bucket.objects.all()), [])

    def test_what_fails_is_told_and_raised(self):
        self.bucket.delete()
        with mock.patch.object(index, "alert") as alert, self.assertRaises(ClientError):
            self.pay()
        self.assertEqual(alert.call_args.args[0], ("POST", "/payments"))

    def test_an_alert_that_fails_does_not_hide_what_it_tells(self):
        self.bucket.delete()
        os.environ["ALERT_TOPIC_ARN"] = "arn:aws:sns:us-west-2:123456789012:gone"
        with self.assertRaises(ClientError) as raised:
            self.pay()
        self.assertEqual(raised.exception.response["Error"]["Code"], "NoSuchBucket")
        self.assertIn("alert_failed", self.said.getvalue())

    def test_a_healthy_region_says_which_it_is(self):
        status, said = self.ask("GET", "/health")
        self.assertEqual(status, 200)
        self.assertEqual((said["region"], said["environment"], said["database"]), ("us-west-2", "test", "available"))
        self.assertNotIn("hidden-word", json.dumps(said) + self.said.getvalue())

    def test_without_its_bucket_a_region_is_not_healthy(self):
        self.bucket.delete()
        status, said = self.ask("GET", "/health")
        self.assertEqual((status, said["healthy"]), (503, False))

    def test_without_its_login_a_region_is_not_healthy(self):
        boto3.client("secretsmanager").delete_secret(SecretId=self.secret, ForceDeleteWithoutRecovery=True)
        self.assertEqual(self.ask("GET", "/health")[0], 503)

    def test_a_database_that_cannot_be_asked_about_is_told_and_does_not_decide(self):
        boto3.client("rds").delete_db_cluster(DBClusterIdentifier="payment-aurora-test", SkipFinalSnapshot=True)
        status, said = self.ask("GET", "/health")
        self.assertEqual(status, 200)
        self.assertIn("failed", said["database"])

    def test_other_paths_are_missing(self):
        self.assertEqual(self.ask("GET", "/payments")[0], 404)
        self.assertEqual(self.ask("POST", "/")[0], 404)


if __name__ == "__main__":
    unittest.main()
