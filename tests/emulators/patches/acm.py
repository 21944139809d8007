"""Certificates."""

from .patching import around, service_error


def strict():
    """A certificate that a listener uses cannot be deleted."""
    from moto.acm.models import AWSCertificateManagerBackend
    from moto.elbv2.models import elbv2_backends

    @around(AWSCertificateManagerBackend, "delete_certificate")
    def _(old, self, arn):
        balancers = elbv2_backends[self.account_id][self.region_name].load_balancers.values()
        listeners = (listener for balancer in balancers for listener in balancer.listeners.values())
        if any(arn in str(listener.certificates) for listener in listeners):
            raise service_error("acm", "ResourceInUseException", f"Certificate {arn} in account is in use.")
        return old(self, arn)
