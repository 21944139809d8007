"""Keys."""

import copy
import json

from .patching import around


def fix():
    """A replicated primary still reads as primary, and its replica has what it was given; a deletion is scheduled once
    and says the key's state."""
    from moto.core.exceptions import JsonRESTError
    from moto.kms.models import KmsBackend, kms_backends
    from moto.kms.responses import KmsResponse

    @around(KmsBackend, "replicate_key")
    def _(old, self, *args):
        replica = old(self, *args)
        # moto shares the primary's configuration with the replica, and calls both replicas once the replica was read.
        replica.multi_region_configuration = copy.deepcopy(replica.multi_region_configuration)
        replica.multi_region_configuration["MultiRegionKeyType"] = "REPLICA"
        return replica

    @around(KmsResponse, "replicate_key")
    def _(old, self):
        answer = json.loads(old(self))
        region = self._get_param("ReplicaRegion")
        backend = kms_backends[self.kms_backend.account_id][region]
        replica = backend.keys[answer["ReplicaKeyMetadata"]["KeyId"]]
        replica.description = self._get_param("Description") or ""
        replica.policy = self._get_param("Policy") or replica.generate_default_policy()
        replica.key_state, replica.enabled, replica.deletion_date = "Enabled", True, None
        backend.tagger.tag_resource(replica.id, self._get_param("Tags") or [])
        answer["ReplicaKeyMetadata"] = replica.to_dict()["KeyMetadata"]
        return json.dumps(answer)

    @around(KmsResponse, "schedule_key_deletion")
    def _(old, self):
        key = self.kms_backend.keys.get(self.kms_backend.any_id_to_key_id(self._get_param("KeyId")))
        if key is not None and key.key_state == "PendingDeletion":
            raise JsonRESTError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
        answer = json.loads(old(self))
        answer["KeyState"] = "PendingDeletion"
        return json.dumps(answer)


def strict():
    """A key has one replica in a region, also one whose deletion is scheduled; with replicas, its own deletion waits."""
    from moto.core.exceptions import JsonRESTError
    from moto.kms.models import KmsBackend, kms_backends
    from moto.kms.responses import KmsResponse

    @around(KmsBackend, "replicate_key")
    def _(old, self, key_id, region):
        if key_id in kms_backends[self.account_id][region].keys:
            raise JsonRESTError("AlreadyExistsException", f"{key_id} has a related key in {region} already.")
        return old(self, key_id, region)

    @around(KmsResponse, "schedule_key_deletion")
    def _(old, self):
        answer = old(self)
        key = self.kms_backend.keys[self.kms_backend.any_id_to_key_id(self._get_param("KeyId"))]
        configuration = key.multi_region_configuration if key.multi_region else {}
        if configuration.get("MultiRegionKeyType") == "PRIMARY" and configuration["ReplicaKeys"]:
            key.key_state = "PendingReplicaDeletion"
            return json.dumps({**json.loads(answer), "KeyState": key.key_state})
        return answer
