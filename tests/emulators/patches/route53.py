"""Zones and records."""

from .patching import around, service_error


def fix():
    """A record set is deleted alone, not with every other of its set identifier, and can be created again."""
    from moto.route53.models import FakeZone, Route53Backend

    @around(Route53Backend, "change_resource_record_sets")
    def _(old, self, zone_id, changes):
        zone = self.get_hosted_zone(zone_id)
        # moto takes what was once created for being there as long as anything comes after it in the zone.
        there = {identity(vars(record_set)) for record_set in zone.rrsets}
        zone.rr_changes[:] = [past for past in zone.rr_changes if identity(past["ResourceRecordSet"]) in there]
        going = [change["ResourceRecordSet"] for change in changes if change["Action"] == "DELETE"]
        zone.__dict__["going"] = {identity(record_set) for record_set in going}
        return old(self, zone_id, changes)

    @around(FakeZone, "delete_rrset_by_id")
    def _(old, self, set_identifier):
        self.rrsets = [
            record_set
            for record_set in self.rrsets
            if record_set.set_identifier != set_identifier or identity(vars(record_set)) not in self.going
        ]


def strict():
    """What is there is not created again, and what is not there is not deleted."""
    from moto.route53.models import Route53Backend

    @around(Route53Backend, "change_resource_record_sets")
    def _(old, self, zone_id, changes):
        there = {identity(vars(record_set)) for record_set in self.get_hosted_zone(zone_id).rrsets}
        for change in changes:
            name, kind, identifier = identity(change["ResourceRecordSet"])
            tried = f"resource record set [name='{name}.', type='{kind}', set-identifier='{identifier}']"
            is_there = (name, kind, identifier) in there
            if change["Action"] == "CREATE" and is_there:
                refuse(f"[Tried to create {tried} but it already exists]")
            if change["Action"] == "DELETE" and not is_there:
                refuse(f"[Tried to delete {tried} but it was not found]")
        return old(self, zone_id, changes)


def refuse(message):
    raise service_error("route53", "InvalidChangeBatch", message)


def identity(record_set):
    """What tells a record set from others, as a request or as moto writes it."""

    def of(*names):
        return next((record_set[name] for name in names if record_set.get(name)), "")

    name = of("Name", "name").rstrip(".").lower().replace("\\052", "*")
    return name, of("Type", "type", "type_"), of("SetIdentifier", "set_identifier")
