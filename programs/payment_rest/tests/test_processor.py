"""The processor against moto, in one process: run with `python -m unittest` in an environment that has moto."""

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
    "DEPLOY_REGION": "us-east-2",
    "DR_ROLE": "dr",
    "TABLE_NAME": "payment-transactions-test",
}
PAYMENT = {"transaction_id": "tx-1", "amount": 12.30, "currency": "EUR", "account": "acc_7"}


class Processor(unittest.TestCase):
    def setUp(self):
        for context in (mock.patch.dict(os.environ, SETTINGS), mock_aws()):
            context.start()
            self.addCleanup(context.stop)
        secret = boto3.client("secretsmanager").create_secret(Name="payment-db", SecretString="{}")
        os.environ["DB_SECRET_ARN"] = secret["ARN"]
        self.table = boto3.resource("dynamodb").create_table(
            TableName=SETTINGS["TABLE_NAME"],
            KeySchema=[{"AttributeName": "transaction_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "transaction_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def post(self, payment):
        body = payment if isinstance(payment, str) else json.dumps(payment)
        with contextlib.redirect_stdout(io.StringIO()) as log:
            response = index.handler({"httpMethod": "POST", "body": body}, None)
        self.log = json.loads(log.getvalue())
        return response["statusCode"], json.loads(response["body"])

    def get(self):
        response = index.handler({"httpMethod": "GET"}, None)
        return response["statusCode"], json.loads(response["body"])

    def test_a_region_that_works_says_which_it_is(self):
        self.assertEqual(self.get(), (200, {"status": "healthy", "region": "us-east-2", "role": "dr"}))

    def test_a_region_without_its_table_is_unhealthy(self):
        self.table.delete()
        status, body = self.get()
        self.assertEqual((status, list(body["wrong"])), (503, ["table"]))

    def test_a_region_without_its_secret_is_unhealthy(self):
        os.environ["DB_SECRET_ARN"] += "x"
        status, body = self.get()
        self.assertEqual((status, list(body["wrong"])), (503, ["secret"]))

    def test_a_payment_is_recorded_once(self):
        status, body = self.post(PAYMENT)
        self.assertEqual((status, body["status"], body["amount"]), (201, "accepted", "12.30"))
        self.assertEqual((self.log["Outcome"], self.log["Region"]), ("accepted", "us-east-2"))
        status, again = self.post(PAYMENT)
        self.assertEqual((status, again["created_at"]), (200, body["created_at"]))
        self.assertEqual(self.log["Outcome"], "repeated")
        self.assertEqual(self.table.scan()["Count"], 1)

    def test_another_payment_under_its_id_is_a_conflict(self):
        self.post(PAYMENT)
        status, body = self.post({**PAYMENT, "amount": 99})
        self.assertEqual((status, body["error"], self.log["Outcome"]), (409, "conflict", "conflict"))

    def test_what_is_no_payment_is_refused_and_not_stored(self):
        for wrong in (
            "",
            "{",
            "[]",
            {},
            {**PAYMENT, "transaction_id": "a b"},
            {**PAYMENT, "transaction_id": 7},
            {**PAYMENT, "amount": 0},
            {**PAYMENT, "amount": -1},
            {**PAYMENT, "amount": 1.001},
            {**PAYMENT, "amount": "NaN"},
            {**PAYMENT, "amount": 1_000_001},
            {**PAYMENT, "amount": None},
            {**PAYMENT, "currency": "ZZZ"},
            {**PAYMENT, "currency": ["EUR"]},
            {**PAYMENT, "account": ""},
            {**PAYMENT, "reference": "x" * 141},
            {**PAYMENT, "extra": 1},
        ):
            with self.subTest(wrong=wrong):
                status, body = self.post(wrong)
                self.assertEqual((status, body["error"]), (400, "invalid"))
                self.assertEqual(self.log["Outcome"], "invalid")
        self.assertEqual(self.table.scan()["Count"], 0)

    def test_other_methods_are_not_taken(self):
        self.assertEqual(index.handler({"httpMethod": "DELETE"}, None)["statusCode"], 405)


if __name__ == "__main__":
    unittest.main()
