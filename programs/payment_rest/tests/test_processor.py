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
from payments import cloud  # noqa: E402

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
        cloud.forget()
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
        self.log = json.loads(log.getvalue().splitlines()[-1])
        self.headers = response["headers"]
        return response["statusCode"], json.loads(response["body"])

    def get(self):
        with contextlib.redirect_stdout(io.StringIO()):
            response = index.handler({"httpMethod": "GET"}, None)
        return response["statusCode"], json.loads(response["body"])

    def test_a_region_that_works_says_which_it_is(self):
        wanted = {"status": "healthy", "region": "us-east-2", "role": "dr", "table": "ok", "secret": "ok"}
        self.assertEqual(self.get(), (200, wanted))

    def test_a_region_without_its_table_is_unhealthy_and_asks_to_come_again(self):
        self.table.delete()
        status, body = self.get()
        self.assertEqual((status, body["table"]), (503, "failed"))
        status, body = self.post(PAYMENT)
        self.assertEqual((status, body["error"], self.headers["retry-after"]), (503, "unavailable", "5"))
        self.assertEqual(self.log["Outcome"], "unavailable")

    def test_a_secret_that_nothing_uses_is_told_and_does_not_decide(self):
        os.environ["DB_SECRET_ARN"] += "x"
        status, body = self.get()
        self.assertEqual((status, body["secret"]), (200, "failed"))
        self.assertEqual(self.post(PAYMENT)[0], 201)

    def test_a_payment_is_recorded_once(self):
        status, body = self.post(PAYMENT)
        self.assertEqual((status, body["status"], body["amount"]), (201, "accepted", "12.30"))
        self.assertEqual((self.log["Outcome"], self.log["Region"]), ("accepted", "us-east-2"))
        status, again = self.post(PAYMENT)
        self.assertEqual((status, again["created_at"]), (200, body["created_at"]))
        self.assertEqual(self.log["Outcome"], "repeated")
        self.assertEqual(self.table.scan()["Count"], 1)

    def test_amounts_are_shown_as_their_currency_has_them(self):
        for id, amount, currency, shown in (("a", 7, "JPY", "7"), ("b", "1.2", "KWD", "1.200"), ("c", 1e3, "EUR", "1000.00")):
            status, body = self.post({**PAYMENT, "transaction_id": id, "amount": amount, "currency": currency})
            self.assertEqual((status, body["amount"]), (201, shown))
            self.assertEqual(self.post({**PAYMENT, "transaction_id": id, "amount": amount, "currency": currency})[1], body)

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
            {**PAYMENT, "amount": 10_000_000_000_000},
            {**PAYMENT, "amount": 1.5, "currency": "JPY"},
            {**PAYMENT, "amount": True},
            "[" * 100_000,
            '{"amount":' * 1_500,
            json.dumps(PAYMENT).replace("12.3", "NaN"),
            {**PAYMENT, "amount": None},
            {**PAYMENT, "currency": "ZZZ"},
            {**PAYMENT, "currency": ["EUR"]},
            {**PAYMENT, "account": ""},
            {**PAYMENT, "reference": "x" * 141},
            {**PAYMENT, "reference": "\ud800"},
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
