"""Patches for moto_server: what it lacks (`fix`) and what AWS refuses and it does not (`strict`).

One file per service; each has `fix()` and `strict()`, or one of the two. Add a patch only for a difference that a test
ran into, say in its docstring what AWS does, and keep the error code that AWS answers with. See `patching.py` for how.
"""

from . import (
    acm,
    apigateway,
    apigatewayv2,
    awslambda,
    dynamodb,
    ec2,
    elbv2,
    events,
    iam,
    kms,
    logs,
    rds,
    route53,
    s3,
    secretsmanager,
)

SERVICES = (
    acm,
    apigateway,
    apigatewayv2,
    awslambda,
    dynamodb,
    ec2,
    elbv2,
    events,
    iam,
    kms,
    logs,
    rds,
    route53,
    s3,
    secretsmanager,
)
GROUPS = ("fix", "strict")


def apply(groups):
    """Applies the groups, all of `fix` before `strict`. Call once, before the server takes requests."""
    unknown = sorted(set(groups) - set(GROUPS))
    if unknown:
        raise SystemExit(f"unknown group of patches {', '.join(unknown)}: there are {', '.join(GROUPS)}")
    for group in GROUPS:
        if group in groups:
            for service in SERVICES:
                getattr(service, group, lambda: None)()
