"""Log groups."""


def fix():
    """A key can be associated with a log group that exists, and taken away again."""
    from moto.core.responses import ActionResult
    from moto.logs.exceptions import ResourceNotFoundException
    from moto.logs.responses import LogsResponse

    def group_of(self):
        name = self._get_param("logGroupName")
        if name not in self.logs_backend.groups:
            raise ResourceNotFoundException()
        return self.logs_backend.groups[name]

    def associate(self):
        group_of(self).kms_key_id = self._get_param("kmsKeyId")
        return ActionResult({})

    def disassociate(self):
        group_of(self).kms_key_id = None
        return ActionResult({})

    LogsResponse.associate_kms_key = associate
    LogsResponse.disassociate_kms_key = disassociate
