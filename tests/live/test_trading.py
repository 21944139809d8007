"""Is the environment of `trading` as it was promised?"""

import json
import unittest

from environment import LiveTest, name_of, region_of
from promises import Database, Endpoints, Everywhere, Network, Table, TrafficIsLogged


class Trading(Database, Table, Endpoints, Network, TrafficIsLogged, Everywhere, LiveTest):
    """The program `trading`."""

    database = "GlobalClusterIdentifier"
    key = "sessionId"
    alarms_at_least = 20

    def endpoints(self):
        return self.there.all("api_urls")

    def test_configuration_and_audit_logs_are_copied(self):
        config, audit, config_copy, audit_copy = self.there.all("bucket_names")
        self.copied(config, config_copy)
        self.copied(audit, audit_copy)

    def test_orders_that_fail_are_kept_and_told(self):
        for region, url, dead in zip(self.there.regions, self.there.all("queue_urls"), self.there.all("dlq_urls")):
            with self.subTest(region):
                redrive = json.loads(self.queue(url, region)["RedrivePolicy"])
                self.assertEqual(redrive["deadLetterTargetArn"], self.queue(dead, region)["QueueArn"])
                self.told_of_dead_letters(dead, region)

    def test_functions_work_on_what_is_theirs(self):
        audit = dict(zip(self.there.regions, (self.there["bucket_names_1"], self.there["bucket_names_3"])))
        for region in self.there.regions:
            for name in ("trade-processor", "health-check"):
                found = self.function(f"{name}-{region}-{self.there.suffix}", region)
                variables = found["Environment"]["Variables"]
                self.assertEqual(variables["SESSION_TABLE_NAME"], self.there["table_name"])
                if name == "trade-processor":
                    self.assertEqual(variables["AUDIT_BUCKET"], audit[region])
                    self.assertEqual(variables["EVENT_BUS"], f"trading-events-{region}-{self.there.suffix}")

    def test_the_machine_that_fails_over_stands_in_the_secondary_region(self):
        arn = self.there["state_machine_arn"]
        self.assertEqual(region_of(arn), self.there.secondary)
        found = self.there.client("stepfunctions", self.there.secondary).describe_state_machine(stateMachineArn=arn)
        self.assertEqual(found["status"], "ACTIVE")
        promotion = json.loads(found["definition"])["States"]["PromoteDB"]["Parameters"]
        self.assertEqual(promotion["GlobalClusterIdentifier"], self.there["GlobalClusterIdentifier"])
        self.assertEqual(region_of(promotion["TargetDbClusterIdentifier"]), self.there.secondary)
        self.assertTrue(promotion["AllowDataLoss"])
        name = self.there["parameter_name"]
        told = self.there.client("ssm", self.there.secondary).get_parameter(Name=name)["Parameter"]["Value"]
        self.assertEqual(told, name_of(promotion["TargetDbClusterIdentifier"]))

    def test_events_cross_over(self):
        source, target = self.there.all("bus_arns")
        rules = self.there.client("events", self.there.primary).list_rules(EventBusName=name_of(source))["Rules"]
        self.assertEqual([rule["State"] for rule in rules], ["ENABLED"])
        targets = self.there.client("events", self.there.primary).list_targets_by_rule(
            Rule=rules[0]["Name"], EventBusName=name_of(source)
        )["Targets"]
        self.assertEqual([one["Arn"] for one in targets], [target])
        self.assertIn("DeadLetterConfig", targets[0])


if __name__ == "__main__":
    unittest.main()
