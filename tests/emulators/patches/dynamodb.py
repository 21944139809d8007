"""Tables and their replicas (global tables 2019.11.21).

A replica is a second view of the same table object in another region: its items are shared, its ARN, tags and backups
are its own. `table.replicas` maps each region to the key of its replica; all views share that one dictionary, and
`table.home` is the region of the view.
"""

import copy

from .patching import around

SOURCE_REGION_MESSAGE = (
    "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in "
    "the last 24 hours."
)


def fix():
    """Replicas exist, a stream can be switched off, and a change of encryption reads back."""
    from moto.dynamodb.exceptions import MockValidationException
    from moto.dynamodb.models import dynamodb_backends
    from moto.dynamodb.models.table import Table
    from moto.dynamodb.responses import DynamoHandler

    @around(Table, "set_stream_specification")
    def _(old, self, streams):
        old(self, streams)
        if not (self.stream_specification or {}).get("StreamEnabled"):
            self.stream_shard = None
            self.latest_stream_label = None

    @around(Table, "describe")
    def _(old, self, base_key):
        answer = old(self, base_key)
        others = {region: key for region, key in getattr(self, "replicas", {}).items() if region != self.home}
        if others:
            answer[base_key]["GlobalTableVersion"] = "2019.11.21"
            answer[base_key]["Replicas"] = [
                {"RegionName": region, "ReplicaStatus": "ACTIVE", **({"KMSMasterKeyId": key} if key else {})}
                for region, key in others.items()
            ]
            own = self.replicas[self.home]
            if own and "SSEDescription" in answer[base_key]:
                answer[base_key]["SSEDescription"] = {**answer[base_key]["SSEDescription"], "KMSMasterKeyArn": own}
        return answer

    def create(table, backends, replica):
        region = replica["RegionName"]
        if region in table.replicas or table.name in backends[region].tables:
            raise MockValidationException(
                f"Failed to create a the new replica of table with name: '{table.name}' because one or more replicas "
                "already existed as tables."
            )
        if (table.stream_specification or {}).get("StreamViewType") != "NEW_AND_OLD_IMAGES":
            raise MockValidationException("Table must have DynamoDB Streams enabled with NEW_AND_OLD_IMAGES")
        view = copy.copy(table)
        view.table_arn = table.table_arn.replace(f":{table.home}:", f":{region}:")
        view.home = region
        view.tags = []
        view.continuous_backups = copy.deepcopy(table.continuous_backups)
        view.continuous_backups["PointInTimeRecoveryDescription"] = {"PointInTimeRecoveryStatus": "DISABLED"}
        table.replicas[region] = replica.get("KMSMasterKeyId")
        backends[region].tables[table.name] = view

    def update(table, _backends, replica):
        region = replica["RegionName"]
        if region not in table.replicas:
            raise MockValidationException(f"Replica not found: {region}")
        table.replicas[region] = replica.get("KMSMasterKeyId", table.replicas[region])

    def delete(table, backends, replica):
        region = replica["RegionName"]
        if region not in table.replicas:
            raise MockValidationException(f"Replica not found: {region}")
        del table.replicas[region]
        backends[region].tables.pop(table.name, None)

    @around(DynamoHandler, "update_table")
    def _(old, self):
        table = self.dynamodb_backend.get_table(self.body["TableName"])
        actions = {"Create": create, "Update": update, "Delete": delete}
        backends = dynamodb_backends[self.current_account]
        for change in self.body.pop("ReplicaUpdates", None) or []:
            if not hasattr(table, "replicas"):
                table.home, table.replicas = self.region, {self.region: None}
            ((action, replica),) = change.items()
            actions[action](table, backends, replica)
        encryption = self.body.get("SSESpecification")
        if encryption is not None:
            if encryption.get("Enabled") and "KMSMasterKeyId" not in encryption:
                encryption["KMSMasterKeyId"] = table._get_default_encryption_key(self.current_account, self.region)
            table.sse_specification = encryption
        return old(self)


def strict():
    """The table that others were replicated from goes last; a replica takes its entry along."""
    from moto.dynamodb.exceptions import MockValidationException
    from moto.dynamodb.models import DynamoDBBackend

    @around(DynamoDBBackend, "delete_table")
    def _(old, self, name):
        replicas = getattr(self.get_table(name), "replicas", {})
        if len(replicas) > 1 and next(iter(replicas)) == self.region_name:
            raise MockValidationException(SOURCE_REGION_MESSAGE)
        replicas.pop(self.region_name, None)
        return old(self, name)
