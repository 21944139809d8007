"""Load balancers."""

from .patching import around


def fix():
    """To deregister what is no target changes nothing."""
    from moto.elbv2.models import FakeTargetGroup

    @around(FakeTargetGroup, "deregister")
    def _(old, self, targets):
        return old(self, [target for target in targets if target["Id"] in self.targets])


def strict():
    """A protected load balancer cannot be deleted."""
    from moto.elbv2.exceptions import ELBClientError
    from moto.elbv2.models import ELBv2Backend

    @around(ELBv2Backend, "delete_load_balancer")
    def _(old, self, arn):
        balancer = self.load_balancers.get(arn)
        if balancer and balancer.attrs.get("deletion_protection.enabled") == "true":
            raise ELBClientError(
                "OperationNotPermitted",
                f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
            )
        return old(self, arn)
