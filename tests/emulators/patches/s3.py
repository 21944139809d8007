"""Buckets."""

from .patching import around


def fix():
    """Replication reads back as written; a policy that asks for TLS does not lock everybody out.

    moto ignores conditions, so `Deny * unless aws:SecureTransport` would refuse every call, the emptying of the bucket
    included. The loopback connection of a test stands in for TLS: the condition `aws:SecureTransport = false` never holds.
    """
    from moto.core.responses import ActionResult
    from moto.iam.access_control import IAMPolicyStatement, PermissionResult
    from moto.s3.exceptions import ReplicationConfigurationNotFoundError
    from moto.s3.responses import S3Response

    def get_bucket_replication(self):
        self.data["Action"] = "GetBucketReplication"
        configuration = self.backend.get_bucket_replication(self.bucket_name)
        if not configuration:
            raise ReplicationConfigurationNotFoundError(bucket_name=self.bucket_name)
        rules = [
            {**rule, "Filter": rule["Filter"] or {"Prefix": ""}} if "Filter" in rule else rule
            for rule in configuration["Rule"]
        ]
        answer = {"ReplicationConfiguration": {"Role": configuration["Role"], "Rules": rules}}
        return self.serialized(ActionResult(answer))

    S3Response.get_bucket_replication = get_bucket_replication

    @around(IAMPolicyStatement, "is_action_permitted")
    def _(old, self, *args):
        condition = self._statement.get("Condition") or {}
        if str(condition.get("Bool", {}).get("aws:SecureTransport")).lower() == "false":
            return PermissionResult.NEUTRAL
        return old(self, *args)
