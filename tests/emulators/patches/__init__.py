"""Patches for moto_server: what it lacks (`fix`) and what AWS refuses and it does not (`strict`).

One file per service; each has `fix()` and `strict()`, or one of the two. Add a patch only for a difference that a test
ran into, say in its docstring what AWS does, and keep the error code that AWS answers with. See `patching.py` for how.
"""

import importlib
import pkgutil

# Every file beside this one is of a service, but for the one that says how to patch.
NAMES = [module.name for module in pkgutil.iter_modules(__path__) if module.name != "patching"]
SERVICES = [importlib.import_module(f".{name}", __name__) for name in sorted(NAMES)]
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
