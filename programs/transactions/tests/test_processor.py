"""The processor against moto, in one process: run with `python -m unittest` in an environment that has moto."""

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
    "AWS_DEFAULT_REGION": "us-east-1",
    "DYNAMODB_TABLE_NAME": "transactions-test",
    "S3_BUCKET_NAME": "transaction-documents-test",
}
PAYMENT = {"action": "record", "id": "tx-1", "amount": "12.30", "currency": "EUR"}


class Processor(unittest.TestCase):
    def setUp(self):
        for context in (mock.patch.dict(os.environ, SETTINGS), mock_aws()):
            context.start()
            self.addCleanup(context.stop)
        boto3.client("s3").create_bucket(Bucket=SETTINGS["S3_BUCKET_NAME"])
        os.environ["SNS_TOPIC_ARN"] = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
        self.table = boto3.resource("dynamodb").create_table(
            TableName=SETTINGS["DYNAMODB_TABLE_NAME"],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def test_a_transaction_is_recorded_once(self):
        first = index.handler(PAYMENT, None)
        self.assertEqual(first["transaction"]["amount"], "12.30")
        self.assertEqual(index.handler(PAYMENT, None), first)
        self.assertEqual(self.table.scan()["Count"], 1)
        self.assertEqual(index.handler({"action": "get", "id": "tx-1"}, None), first)

    def test_another_transaction_of_the_same_id_is_a_conflict(self):
        index.handler(PAYMENT, None)
        self.assertEqual(index.handler({**PAYMENT, "amount": "1"}, None)["error"], "conflict")

    def test_a_document_is_kept(self):
        answer = index.handler({**PAYMENT, "document": {"iban": "DE1"}}, None)
        kept = boto3.resource("s3").Object(SETTINGS["S3_BUCKET_NAME"], answer["transaction"]["document"])
        self.assertEqual(kept.get()["Body"].read(), b'{"iban": "DE1"}')

    def test_another_document_of_the_same_id_is_a_conflict_and_replaces_nothing(self):
        first = index.handler({**PAYMENT, "document": {"iban": "DE1"}}, None)
        self.assertEqual(index.handler({**PAYMENT, "document": {"iban": "DE1"}}, None), first)
        self.assertEqual(index.handler({**PAYMENT, "document": {"iban": "DE2"}}, None)["error"], "conflict")
        kept = boto3.resource("s3").Object(SETTINGS["S3_BUCKET_NAME"], first["transaction"]["document"])
        self.assertEqual(kept.get()["Body"].read(), b'{"iban": "DE1"}')

    def test_bad_requests_are_refused_and_nothing_is_stored(self):
        for wrong in (
            {"amount": "-1"},
            {"amount": "x"},
            {"amount": "0.001"},
            {"amount": "1e40"},
            {"currency": "eur"},
            {"currency": "ÄÖÜ"},
            {"id": ""},
            {"status": "odd"},
            {"action": "x"},
        ):
            with self.subTest(wrong):
                self.assertEqual(index.handler({**PAYMENT, **wrong}, None)["error"], "invalid")
        self.assertEqual(self.table.scan()["Count"], 0)

    def test_what_fails_is_told_and_raised(self):
        self.table.delete()
        with mock.patch.object(index, "alert") as alert, self.assertRaises(Exception):
            index.handler(PAYMENT, None)
        self.assertEqual(alert.call_count, 1)

    def test_a_missing_transaction_is_said_to_be_missing(self):
        self.assertEqual(index.handler({"action": "get", "id": "none"}, None)["error"], "missing")


if __name__ == "__main__":
    unittest.main()
