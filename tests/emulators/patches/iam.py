"""Roles and policies."""

from .patching import around, service_error


def strict():
    """A policy that is attached, or that has more than one version, cannot be deleted."""
    from moto.iam.models import IAMBackend

    @around(IAMBackend, "delete_policy")
    def _(old, self, arn):
        policy = self.get_policy(arn)
        if any(arn in role.managed_policies for role in self.roles.values()):
            raise service_error("iam", "DeleteConflict", "Cannot delete a policy attached to entities.")
        if len(policy.versions) > 1:
            raise service_error(
                "iam",
                "DeleteConflict",
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                "versions. The default version is deleted with the policy.",
            )
        return old(self, arn)
