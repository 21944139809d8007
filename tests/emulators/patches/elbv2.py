"""Load balancers."""

from .patching import around


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
