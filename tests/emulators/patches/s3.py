"""Buckets."""

from .patching import around

# The outermost element of answers that have a name of their own. boto3 reads any, the SDK for Rust only the right one.
ROOTS = {
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
}


def fix():
    """Answers are named as AWS names them; tags given at creation are kept; replication reads back as written; a bucket is
    encrypted from the start; a policy that asks for TLS does not lock everybody out; the tagging service tells of a bucket
    only in the region that the bucket is in.

    moto ignores conditions, so `Deny * unless aws:SecureTransport` would refuse every call, the emptying of the bucket
    included. The loopback connection of a test stands in for TLS: the condition `aws:SecureTransport = false` never holds.
    """
    import xmltodict
    from moto.core.responses import ActionResult
    from moto.core.serialize import S3Serializer
    from moto.iam.access_control import IAMPolicyStatement, PermissionResult
    from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
    from moto.s3.models import S3Backend, s3_backends
    from moto.s3.exceptions import ReplicationConfigurationNotFoundError
    from moto.s3.responses import S3Response

    @around(S3Serializer, "_serialized_result_to_response")
    def _(old, self, *args):
        answer = old(self, *args)
        name = self.operation_model.name
        if name in ROOTS and answer["body"]:
            answer["body"] = answer["body"].replace(f"{name}Response", ROOTS[name])
        return answer

    @around(S3Response, "_bucket_response_put")
    def _(old, self, request, bucket_name, querystring):
        known = bucket_name in self.backend.buckets
        answer = old(self, request, bucket_name, querystring)
        if not known and self.body:
            given = xmltodict.parse(self.body, force_list=("Tag",)).get("CreateBucketConfiguration") or {}
            tags = (given.get("Tags") or {}).get("Tag", [])
            self.backend.put_bucket_tagging(bucket_name, {tag["Key"]: tag.get("Value") or "" for tag in tags})
        return answer

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

    @around(S3Backend, "get_bucket_encryption")
    def _(old, self, bucket_name):
        by_default = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}}
        return old(self, bucket_name) or by_default

    @around(IAMPolicyStatement, "is_action_permitted")
    def _(old, self, *args):
        condition = self._statement.get("Condition") or {}
        if str(condition.get("Bool", {}).get("aws:SecureTransport")).lower() == "false":
            return PermissionResult.NEUTRAL
        return old(self, *args)

    @around(ResourceGroupsTaggingAPIBackend, "_get_resources_generator")
    def _(old, self, *args, **named):
        for resource in old(self, *args, **named):
            if resource.resource_type == "s3:bucket":
                bucket = s3_backends[self.account_id][self.partition].buckets.get(resource.arn.split(":")[-1])
                if bucket is not None and bucket.region_name != self.region_name:
                    continue
            yield resource
