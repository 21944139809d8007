"""Keys."""

import copy
import json

from .patching import around


def fix():
    """A replicated primary still reads as primary; a deletion is scheduled once and says the key's state."""
    from moto.core.exceptions import JsonRESTError
    from moto.kms.models import KmsBackend
    from moto.kms.responses import KmsResponse

    @around(KmsBackend, "replicate_key")
    def _(old, self, *args):
        replica = old(self, *args)
        # moto shares the primary's configuration with the replica, and calls both replicas once the replica was read.
        replica.multi_region_configuration = copy.deepcopy(replica.multi_region_configuration)
        replica.multi_region_configuration["MultiRegionKeyType"] = "REPLICA"
        return replica

    @around(KmsResponse, "schedule_key_deletion")
    def _(old, self):
        key = self.kms_backend.keys.get(self.kms_backend.any_id_to_key_id(self._get_param("KeyId")))
        if key is not None and key.key_state == "PendingDeletion":
            raise JsonRESTError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
        answer = json.loads(old(self))
        answer["KeyState"] = "PendingDeletion"
        return json.dumps(answer)
