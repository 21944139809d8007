"""Checks every request against the service models that botocore carries, because the emulators check little.

AWS publishes what a request must look like: which members are required, what type each is, which patterns, lengths,
ranges and words its values keep to. This module finds the operation that a request is for, reads its members as the
operation's protocol writes them, and walks the operation's input shape beside them. What does not hold is a violation,
a line of text: the operation, the member, the value, and the rule.

Nothing is refused: the server answers as it would without us, and the violations are collected until a test takes them
(`violations`, a command of `lifeline.py`). What is not signed is not a request to AWS, and is not looked at.

* moto: `Checked` stands before its application and uses its router and its parsers, on botocore's own models.
* LocalStack: `check_localstack` looks at what its own parser made of the request.

A rule of a model that AWS itself does not keep to stands in `WAIVED`, with the reason.
"""

import functools
import io
import threading

import regex

# Services whose signing name is not the name of their model, or is shared by several.
MODELS = {
    "apigateway": ("apigatewayv2", "apigateway"),
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "elasticloadbalancing": ("elbv2",),
    "monitoring": ("cloudwatch",),
    "states": ("stepfunctions",),
    "tagging": ("resourcegroupstaggingapi",),
}

# Rules that AWS does not keep to: (operation, member) -> why. An index in a list is written `[]`.
WAIVED = {}

# Java, which the patterns are written for, writes the characters beyond U+FFFF as two.
BEYOND = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")

TEXT, NUMBER = ("string", "character"), ("integer", "long", "short", "byte", "float", "double", "bigdecimal")


class Violations:
    """What was found since somebody last asked, each once, by all threads of a server."""

    def __init__(self):
        self.lock = threading.Lock()
        self.found = {}
        self.checked = 0

    def count(self):
        """Counts a request that is looked at."""
        with self.lock:
            self.checked += 1

    def check(self, operation, parameters):
        """Looks at the members of a request; `operation` is botocore's model of it."""
        name = f"{operation.service_model.service_name}.{operation.name}"
        for member, value, rule in broken(operation.input_shape, parameters) if operation.input_shape else ():
            if (name, regex.sub(r"\[[^]]*\]", "[]", member)) not in WAIVED:
                self.add(f"{name}: {member} = {shown(value)}: {rule}")

    def add(self, line):
        with self.lock:
            self.found[line] = None

    def take(self):
        """What was found, in the order in which it was, and among how many requests; both are forgotten."""
        with self.lock:
            found, self.found = list(self.found), {}
            checked, self.checked = self.checked, 0
            return {"violations": found, "checked": checked}


def broken(shape, value, member=""):
    """Every rule of a shape that a value breaks: (member, value, rule)."""
    look = {"structure": structure, "list": items, "map": entries}.get(shape.type_name, scalar)
    yield from look(shape, value, member)


def structure(shape, value, member):
    if getattr(shape, "is_document_type", False):
        return
    if not isinstance(value, dict):
        yield member, value, "is no structure"
        return
    inside = f"{member}." if member else ""
    for name in shape.required_members:
        if value.get(name) is None:
            yield inside + name, None, "is required"
    if getattr(shape, "is_tagged_union", False) and sum(each is not None for each in value.values()) != 1:
        yield member, value, f"has not exactly one of {', '.join(shape.members)}"
    for name, inner in shape.members.items():
        if value.get(name) is not None:
            yield from broken(inner, value[name], inside + name)


def items(shape, value, member):
    if not isinstance(value, list):
        yield member, value, "is no list"
        return
    yield from within(shape, len(value), member, value, "items")
    for index, item in enumerate(value):
        yield from broken(shape.member, item, f"{member}[{index}]")


def entries(shape, value, member):
    if not isinstance(value, dict):
        yield member, value, "is no map"
        return
    yield from within(shape, len(value), member, value, "entries")
    for key, item in value.items():
        yield from broken(shape.key, key, f"{member}[key]")
        yield from broken(shape.value, item, f"{member}[{key}]")


def scalar(shape, value, member):
    if shape.type_name in TEXT:
        if not isinstance(value, str):
            yield member, value, "is no text"
            return
        yield from within(shape, len(value), member, value, "characters")
        words = shape.metadata.get("enum")
        if words and value not in words:
            yield member, value, f"is none of {', '.join(words)}"
        pattern = shape.metadata.get("pattern")
        if pattern and not compiled(pattern).fullmatch(value):
            yield member, value, f"does not match {pattern}"
    elif shape.type_name == "blob" and isinstance(value, (bytes, bytearray, str)):
        yield from within(shape, len(value), member, value, "bytes")
    elif shape.type_name == "boolean" and not isinstance(value, bool):
        yield member, value, "is neither true nor false"
    elif shape.type_name in NUMBER:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield member, value, "is no number"
            return
        yield from within(shape, value, member, value, "")


def within(shape, size, member, value, unit):
    """The bounds of a number, or of a length in some unit."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    of = f" {unit}" if unit else ""
    if low is not None and size < low:
        yield member, value, f"is {size}{of}, at least {low} needed"
    if high is not None and size > high:
        yield member, value, f"is {size}{of}, at most {high} allowed"


@functools.cache
def compiled(pattern):
    return regex.compile(pattern.replace(*BEYOND))


def shown(value):
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"


class Checked:
    """A WSGI application before which every signed request is checked."""

    def __init__(self, application, violations):
        self.application = application
        self.violations = violations

    def __call__(self, environ, start_response):
        service = signed_for(environ.get("HTTP_AUTHORIZATION", ""))
        if service:
            self.violations.count()
            body = whole_body(environ)
            try:
                self.look(service, environ, body)
            except Exception as error:  # Whatever a parser stumbles over: AWS could not read the request either.
                line = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
                self.violations.add(f"{service} {line}: cannot be read: {type(error).__name__}: {error}")
            environ["wsgi.input"] = io.BytesIO(body)
        return self.application(environ, start_response)

    def look(self, service, environ, body):
        from moto.core.parse import PROTOCOL_PARSERS
        from moto.core.request import Request, determine_request_protocol
        from werkzeug.exceptions import NotFound

        request = Request({**environ, "wsgi.input": io.BytesIO(body)})
        for name in MODELS.get(service, (service,)):
            model, router = model_and_router(name)
            try:
                operation, labels = router.match(request)
                break
            except (NotFound, NotImplementedError):
                continue
        else:
            asked = request.headers.get("X-Amz-Target") or request.values.get("Action") or request.full_path
            self.violations.add(f"{service}: {request.method} {asked}: no such operation")
            return
        parser = PROTOCOL_PARSERS[determine_request_protocol(model, request.content_type)](operation)
        parameters = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": body,
                "url_path": request.path,
                "url_params": labels,
            }
        )
        self.violations.check(operation, parameters)


def signed_for(authorization):
    """The service in the credential scope: `… Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`."""
    scope = authorization.partition("Credential=")[2].split(",")[0].split("/")
    return scope[3].lower() if len(scope) == 5 else None


def whole_body(environ):
    """The body, read; its length is stated afterwards, however it came."""
    source = environ["wsgi.input"]
    if environ.get("HTTP_TRANSFER_ENCODING"):
        body = source.read()
        del environ["HTTP_TRANSFER_ENCODING"]
        environ["CONTENT_LENGTH"] = str(len(body))
    else:
        body = source.read(int(environ.get("CONTENT_LENGTH") or 0))
    return body


@functools.cache
def model_and_router(service):
    """botocore's model of a service, without what moto adds to it, in the form that moto's router reads."""
    from botocore.loaders import Loader
    from moto.core.model import ServiceModel
    from moto.core.routing import ServiceOperationRouter

    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    return model, ServiceOperationRouter(model)


def check_localstack(violations):
    """Makes LocalStack's services show every request to `violations` before they answer it."""
    from localstack.aws.skeleton import Skeleton

    dispatch = Skeleton.dispatch_request

    def dispatch_request(self, serializer, context, instance):
        if signed_for(context.request.headers.get("Authorization", "")):
            violations.count()
            violations.check(context.operation, instance)
        return dispatch(self, serializer, context, instance)

    Skeleton.dispatch_request = dispatch_request
