"""The rotation against moto, in one process: run with `python -m unittest` in an environment that has moto."""

import importlib.util
import json
import os
import unittest
import uuid
from pathlib import Path
from unittest import mock

import boto3
from moto import mock_aws

# Two functions have a file of this name.
SPEC = importlib.util.spec_from_file_location("rotation", Path(__file__).parent.parent / "rotation" / "index.py")
index = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(index)

SETTINGS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
LOGIN = {"host": "payment-aurora-test.cluster-abc.us-east-1.rds.amazonaws.com", "username": "payadmin", "password": "old"}
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


class Rotation(unittest.TestCase):
    def setUp(self):
        for context in (mock.patch.dict(os.environ, SETTINGS), mock_aws(), mock.patch.object(index.time, "sleep")):
            context.start()
            self.addCleanup(context.stop)
        self.secrets = boto3.client("secretsmanager")
        self.secret = self.secrets.create_secret(Name="payment-db-test", SecretString=json.dumps(LOGIN))["ARN"]
        self.token = str(uuid.uuid4())
        self.versions = {self.current(): ["AWSCURRENT"], self.token: ["AWSPENDING"]}
        self.enabled = True
        self.rds = mock.Mock()
        self.status(["available"])
        genuine = boto3.client

        def client(service):
            if service == "rds":
                return self.rds
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

    def status(self, each, pending=False):
        values = {"MasterUserPassword": "****"} if pending else {}
        answers = [{"DBClusters": [{"Status": status, "PendingModifiedValues": values}]} for status in each]
        self.rds.describe_db_clusters.side_effect = answers

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
        self.assertFalse(set(login["password"]) & set(index.FORBIDDEN))
        changed = self.rds.modify_db_cluster.call_args.kwargs
        self.assertEqual(changed["DBClusterIdentifier"], "payment-aurora-test")
        self.assertEqual(changed["MasterUserPassword"], login["password"])
        self.assertTrue(changed["ApplyImmediately"])

    def test_a_step_that_is_asked_for_twice_makes_no_second_password(self):
        self.run_step("createSecret")
        first = self.made()
        self.run_step("createSecret")
        self.assertEqual(self.made(), first)

    def test_nothing_is_done_to_a_version_that_counts_already(self):
        self.versions[self.token] = ["AWSCURRENT"]
        self.run_step("setSecret")
        self.rds.modify_db_cluster.assert_not_called()

    def test_it_waits_until_the_cluster_knows_the_password(self):
        self.run_step("createSecret")
        self.status(["resetting-master-credentials", "available"])
        self.run_step("testSecret")
        self.assertEqual(index.time.sleep.call_count, 1)

    def test_it_gives_up_on_a_cluster_that_never_does(self):
        self.run_step("createSecret")
        self.status(["available"] * 100, pending=True)
        with self.assertRaises(TimeoutError):
            self.run_step("testSecret")
        self.assertEqual(index.time.sleep.call_count * index.PAUSE, index.PATIENCE)

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
