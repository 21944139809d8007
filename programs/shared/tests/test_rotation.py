"""The rotation against moto, in one process: run with `python -m unittest` in an environment that has moto."""

import importlib.util
import json
import os
import sys
import unittest
import uuid
from pathlib import Path
from unittest import mock

import boto3
from moto import mock_aws

sys.path.insert(0, str(Path(__file__).parent.parent / "rotation"))
SPEC = importlib.util.spec_from_file_location("rotation", Path(__file__).parent.parent / "rotation" / "index.py")
index = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(index)

CLUSTER = "arn:aws:rds:us-east-1:123456789012:cluster:payment-aurora-test"
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "DB_CLUSTER_ARN": CLUSTER,
}
HOST = "payment-aurora-test.cluster-abc.us-east-1.rds.amazonaws.com"
LOGIN = {"engine": "postgres", "host": HOST, "port": 5432, "dbname": "payments", "username": "payadmin", "password": "old"}
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


class Rotation(unittest.TestCase):
    def setUp(self):
        self.now = 0.0
        clock = mock.Mock(monotonic=lambda: self.now, sleep=self.sleep)
        self.log_in = mock.Mock()
        for context in (
            mock.patch.dict(os.environ, SETTINGS),
            mock_aws(),
            mock.patch.object(index, "time", clock),
            mock.patch.object(index.login, "log_in", self.log_in),
        ):
            context.start()
            self.addCleanup(context.stop)
        self.secrets = boto3.client("secretsmanager")
        master = self.secrets.create_secret(Name="payment-db-test", SecretString=json.dumps(LOGIN))["ARN"]
        user = json.dumps({**LOGIN, "username": "payments_app"})
        self.user = self.secrets.create_secret(Name="payment-db-app-test", SecretString=user)["ARN"]
        os.environ["MASTER_SECRET_ARN"] = self.secret = master
        self.token = str(uuid.uuid4())
        self.versions = {self.current(): ["AWSCURRENT"], self.token: ["AWSPENDING"]}
        self.enabled = True
        self.rds, self.data = mock.Mock(), mock.Mock()
        self.data.begin_transaction.return_value = {"transactionId": "t-1"}
        genuine = boto3.client

        def client(service):
            if service in ("rds", "rds-data"):
                return {"rds": self.rds, "rds-data": self.data}[service]
            made = genuine(service)
            if service == "secretsmanager":
                # Secrets Manager names the version that comes next before it is there; moto does not.
                made.describe_secret = lambda SecretId: {
                    "RotationEnabled": self.enabled,
                    "VersionIdsToStages": self.versions,
                }
            return made

        patched = mock.patch.object(index.boto3, "client", client)
        patched.start()
        self.addCleanup(patched.stop)

    def sleep(self, seconds):
        self.now += seconds

    def current(self):
        return self.secrets.get_secret_value(SecretId=self.secret, VersionStage="AWSCURRENT")["VersionId"]

    def run_step(self, step):
        index.handler({"SecretId": self.secret, "ClientRequestToken": self.token, "Step": step}, None)

    def made(self):
        return json.loads(self.secrets.get_secret_value(SecretId=self.secret, VersionId=self.token)["SecretString"])

    def test_all_steps_make_a_new_password_the_one_that_counts(self):
        for step in STEPS:
            self.run_step(step)
        login = self.made()
        self.assertEqual(self.current(), self.token)
        self.assertEqual({**login, "password": "old"}, LOGIN)
        self.assertEqual(len(login["password"]), 40)
        self.assertTrue(login["password"].isalnum())
        changed = self.rds.modify_db_cluster.call_args.kwargs
        self.assertEqual(changed["DBClusterIdentifier"], "payment-aurora-test")
        self.assertEqual(changed["MasterUserPassword"], login["password"])
        self.assertTrue(changed["ApplyImmediately"])
        self.log_in.assert_called_once_with(HOST, 5432, "payments", "payadmin", login["password"])

    def test_a_step_that_is_asked_for_twice_makes_no_second_password(self):
        self.run_step("createSecret")
        first = self.made()
        self.run_step("createSecret")
        self.assertEqual(self.made(), first)

    def test_nothing_is_done_to_a_version_that_counts_already(self):
        self.versions[self.token] = ["AWSCURRENT"]
        self.run_step("setSecret")
        self.rds.modify_db_cluster.assert_not_called()

    def test_the_user_and_the_tables_are_made_by_the_master_user(self):
        self.secret = self.user
        self.versions = {self.current(): ["AWSCURRENT"], self.token: ["AWSPENDING"]}
        for step in STEPS:
            self.run_step(step)
        self.rds.modify_db_cluster.assert_not_called()
        made = self.made()
        self.log_in.assert_called_once_with(HOST, 5432, "payments", "payments_app", made["password"])
        self.assertEqual(self.current(), self.token)
        asked = [call.kwargs for call in self.data.execute_statement.call_args_list]
        for call in asked:
            self.assertEqual(call["secretArn"], os.environ["MASTER_SECRET_ARN"])
            self.assertEqual((call["resourceArn"], call["transactionId"]), (CLUSTER, "t-1"))
        self.assertEqual([call["sql"] for call in asked][0], index.schema.LOCK)
        told = {row["name"]: row["value"]["stringValue"] for call in asked for row in call.get("parameters", [])}
        self.assertEqual(told["who"], "payments_app")
        self.assertTrue(told["verifier"].startswith("SCRAM-SHA-256$4096:"))
        self.assertNotIn(made["password"], str(asked))
        self.data.commit_transaction.assert_called_once()
        self.data.rollback_transaction.assert_not_called()

    def test_of_a_user_that_cannot_be_made_nothing_is(self):
        self.secret = self.user
        self.versions = {self.current(): ["AWSCURRENT"], self.token: ["AWSPENDING"]}
        self.run_step("createSecret")
        self.data.execute_statement.side_effect = [{}, {}, RuntimeError("no")]
        with self.assertRaises(RuntimeError):
            self.run_step("setSecret")
        self.data.rollback_transaction.assert_called_once()
        self.data.commit_transaction.assert_not_called()

    def test_it_waits_until_the_database_knows_the_password(self):
        self.run_step("createSecret")
        self.log_in.side_effect = [index.login.Refused("no"), OSError("gone"), None]
        self.run_step("testSecret")
        self.assertEqual(self.now, 2 * index.PAUSE)

    def test_a_password_that_nobody_can_log_in_with_does_not_count(self):
        self.run_step("createSecret")
        self.log_in.side_effect = index.login.Refused("no")
        with self.assertRaisesRegex(TimeoutError, "payadmin: no"):
            self.run_step("testSecret")
        self.assertEqual(self.now, index.PATIENCE)
        self.assertNotEqual(self.current(), self.token)

    def test_the_test_alone_takes_the_password_that_counts(self):
        self.run_step("testSecret")
        self.assertEqual(self.log_in.call_args.args[-1], "old")

    def test_what_is_not_asked_for_by_secrets_manager_is_refused(self):
        with self.assertRaises(KeyError):
            self.run_step("somethingElse")
        self.versions[self.token] = []
        with self.assertRaisesRegex(ValueError, "comes next"):
            self.run_step("createSecret")
        del self.versions[self.token]
        with self.assertRaisesRegex(ValueError, "no version"):
            self.run_step("createSecret")
        self.enabled = False
        with self.assertRaisesRegex(ValueError, "renewed"):
            self.run_step("createSecret")


if __name__ == "__main__":
    unittest.main()
