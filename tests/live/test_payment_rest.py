"""Is the environment of `payment_rest` as it was promised?"""

import unittest

from environment import LiveTest
from promises import HOME, Database, Endpoints, Everywhere, Network, Table, TrafficIsLogged


class PaymentRest(Database, Table, Endpoints, Network, TrafficIsLogged, Everywhere, LiveTest):
    """The program `payment_rest`."""

    table = "dynamodb_table_name"
    key = "transaction_id"
    health = "/payment"
    alarms_at_least = 14

    def endpoints(self):
        return [self.there[name].removesuffix("/payment") for name in ("primary_api_endpoint", "dr_api_endpoint")]

    def checks(self):
        alarms = [alarm for alarm in self.there.alarms(HOME) if alarm["MetricName"] == "HealthCheckStatus"]
        alarms.sort(key=lambda alarm: "primary" not in alarm["AlarmName"])
        return [dimension["Value"] for alarm in alarms for dimension in alarm["Dimensions"]]

    def vpcs(self):
        return [self.there["primary_vpc_id"], self.there["dr_vpc_id"]]

    def database_name(self):
        return f"aurora-global-{self.there.suffix}"

    def secret(self):
        return f"payment-db-{self.there.suffix}"

    def test_audit_logs_are_copied(self):
        self.copied(self.there["primary_bucket_name"], self.there["dr_bucket_name"])

    def test_functions_are_in_the_networks(self):
        for name, region in zip(("primary", "dr"), self.there.regions):
            self.function(self.there[f"{name}_lambda_function_name"], region)

    def test_each_region_shows_how_it_is(self):
        for name in ("primary", "dr"):
            # Dashboards belong to the account.
            dashboard = f"payment-{name}-{self.there.suffix}"
            shown = self.there.client("cloudwatch", HOME).get_dashboard(DashboardName=dashboard)
            self.assertIn("AuroraGlobalDB", shown["DashboardBody"])


if __name__ == "__main__":
    unittest.main()
