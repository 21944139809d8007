"""How a patch takes hold of moto: it replaces a method and is handed the one that it replaces."""

import functools
import inspect

from moto.core.exceptions import ServiceException


def around(owner, name):
    """Decorator: the function replaces `owner.name` and is called as `function(old, self, *arguments)`.

    moto's callers mix positional and named arguments; the replacement always gets all of them by position, defaults
    filled in. Methods that take `*args` or `**kwargs` are handed on as they were called.
    """
    old = getattr(owner, name)
    signature = inspect.signature(old)
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    open_ended = any(parameter.kind in variable for parameter in signature.parameters.values())

    def decorate(function):
        @functools.wraps(old)
        def replacement(self, *args, **kwargs):
            if not open_ended:
                bound = signature.bind(self, *args, **kwargs)
                bound.apply_defaults()
                args, kwargs = tuple(bound.arguments.values())[1:], {}
            return function(old, self, *args, **kwargs)

        setattr(owner, name, replacement)
        return function

    return decorate


def service_error(service, code, message):
    """An error that moto writes in the shape of `service`: it reads the service from the module of the class."""
    kind = type("PatchedError", (ServiceException,), {"__module__": f"moto.{service}.exceptions"})
    return kind(code, message)
