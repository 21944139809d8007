"""Events: buses, rules and targets."""

import json

from .patching import around, service_error


def fix():
    """A bus can be changed and says what it logs; what bears tags is told by its whole ARN."""
    from moto.events.models import EventsBackend
    from moto.events.responses import EventsHandler

    @around(EventsHandler, "create_event_bus")
    def _(old, self):
        answer = old(self)
        self.events_backend.describe_event_bus(self._get_param("Name")).patched = self._get_param("LogConfig")
        return answer

    def update_event_bus(self):
        bus = self.events_backend.describe_event_bus(self._get_param("Name"))
        bus.description = self._get_param("Description")
        bus.kms_key_identifier = self._get_param("KmsKeyIdentifier")
        bus.dead_letter_config = self._get_param("DeadLetterConfig")
        bus.patched = self._get_param("LogConfig") or getattr(bus, "patched", None)
        return json.dumps({"Arn": bus.arn, "Name": bus.name}), self.response_headers

    EventsHandler.update_event_bus = update_event_bus

    @around(EventsHandler, "describe_event_bus")
    def _(old, self):
        body, headers = old(self)
        logs = getattr(self.events_backend.describe_event_bus(self._get_param("Name")), "patched", None)
        return json.dumps({**json.loads(body), **({"LogConfig": logs} if logs else {})}), headers

    def there(backend, arn):
        buses = backend.event_buses.values()
        if arn not in {each.arn for bus in buses for each in (bus, *bus.rules.values())}:
            raise service_error("events", "ResourceNotFoundException", f"{arn} does not exist.")

    # moto takes the last part of an ARN for a name, and rules of one name are on several buses.
    def list_tags_for_resource(self, arn):
        there(self, arn)
        return self.tagger.list_tags_for_resource(arn)

    def tag_resource(self, arn, tags):
        there(self, arn)
        self.tagger.tag_resource(arn, self.tagger.convert_dict_to_tags_input(tags))

    def untag_resource(self, arn, tag_keys):
        there(self, arn)
        self.tagger.untag_resource_using_names(arn, tag_keys)

    EventsBackend.list_tags_for_resource = list_tags_for_resource
    EventsBackend.tag_resource = tag_resource
    EventsBackend.untag_resource = untag_resource


def strict():
    """A bus with rules cannot be deleted."""
    from moto.events.models import EventsBackend

    @around(EventsBackend, "delete_event_bus")
    def _(old, self, name):
        bus = self.event_buses.get(name)
        if bus is not None and bus.rules:
            raise service_error("events", "ValidationException", "EventBus can't be deleted since it has rules.")
        return old(self, name)
