"""Is the environment of `transactions` as it was promised?"""

import json
import unittest

from environment import LiveTest, answers
from promises import Everywhere, Table


class Transactions(Table, Everywhere, LiveTest):
    """The program `transactions`."""

    alarms_at_least = 6

    def test_documents_are_private_and_encrypted_with_the_key(self):
        self.assertEqual(self.bucket(self.there["bucket_name"], self.there.primary), "aws:kms")

    def test_the_function_works_on_what_is_its(self):
        found = self.function(self.there["function_name"], self.there.primary, in_network=False)
        self.assertEqual(
            found["Environment"]["Variables"],
            {
                "DYNAMODB_TABLE_NAME": self.there["table_name"],
                "S3_BUCKET_NAME": self.there["bucket_name"],
                "SNS_TOPIC_ARN": self.there["topic_arn"],
            },
        )

    def test_what_the_function_could_not_do_is_kept_and_told(self):
        self.told_of_dead_letters(self.there["dlq_url"], self.there.primary)

    def test_whoever_takes_over_must_know_the_external_id(self):
        name = self.there["cross_region_role_arn"].rsplit("/", 1)[-1]
        role = self.there.client("iam", self.there.primary).get_role(RoleName=name)["Role"]
        document = role["AssumeRolePolicyDocument"]
        document = json.loads(document) if isinstance(document, str) else document
        for row in document["Statement"]:
            self.assertIn("sts:ExternalId", json.dumps(row.get("Condition", {})), row)

    @answers
    def test_a_transaction_that_is_missing_is_said_to_be(self):
        request = json.dumps({"action": "get", "id": "live-test-none"})
        client = self.there.client("lambda", self.there.primary)
        said = client.invoke(FunctionName=self.there["function_name"], Payload=request)
        self.assertEqual(json.loads(said["Payload"].read())["error"], "missing")


if __name__ == "__main__":
    unittest.main()
