"""Networks: left-overs and tokens (`fix`), and the order in which things may go (`strict`)."""

from .patching import around


def fix():
    """What each part says."""
    gateways_and_addresses()
    subnets()
    route_tables()
    endpoints()
    peerings()
    rules()
    tokens()


def gateways_and_addresses():
    """A NAT gateway takes its interface along and is found by its tags; an address says where it is from."""
    from moto.ec2.exceptions import EC2ClientError
    from moto.ec2.models import EC2Backend
    from moto.ec2.models.elastic_ip_addresses import ElasticAddress
    from moto.ec2.responses.elastic_ip_addresses import ElasticIPAddresses

    @around(EC2Backend, "create_nat_gateway")
    def _(old, self, subnet_id, allocation_id, *more):
        # moto has made the interface by the time that it refuses an address which is in use.
        if allocation_id and any(a.association_id for a in self.address_by_allocation([allocation_id])):
            message = f"Elastic IP address [{allocation_id}] is already associated"
            raise EC2ClientError("Resource.AlreadyAssociated", message)
        return old(self, subnet_id, allocation_id, *more)

    @around(EC2Backend, "describe_nat_gateways")
    def _(old, self, filters, ids):
        wanted = {name[4:]: values for name, values in (filters or {}).items() if name.startswith("tag:")}
        tags = {gateway: {t["key"]: t["value"] for t in gateway.get_tags()} for gateway in old(self, filters, ids)}
        return [g for g, found in tags.items() if all(found.get(name) in values for name, values in wanted.items())]

    @around(EC2Backend, "delete_nat_gateway")
    def _(old, self, gateway_id):
        if gateway_id not in self.nat_gateways:
            raise EC2ClientError("NatGatewayNotFound", f"The Nat Gateway {gateway_id} was not found")
        gateway = old(self, gateway_id)
        self.enis.pop(gateway._eni.id, None)
        for address in self.addresses:
            if address.eni is gateway._eni:
                address.eni = None
                address.association_id = None
        return gateway

    @around(ElasticIPAddresses, "allocate_address")
    def _(old, self):
        answer = old(self)
        address = self.ec2_backend.address_by_allocation([answer.result["AllocationId"]])[0]
        address.network_border_group = self._get_param("NetworkBorderGroup") or self.region
        address.public_ipv4_pool = self._get_param("PublicIpv4Pool") or "amazon"
        return answer

    ElasticAddress.network_border_group = ElasticAddress.public_ipv4_pool = None


def subnets():
    """DNS64 can be switched on."""
    from moto.ec2.models.subnets import Subnet
    from moto.ec2.responses.subnets import Subnets

    Subnet.enable_dns64 = False

    @around(Subnets, "modify_subnet_attribute")
    def _(old, self):
        wanted = self._get_param("EnableDns64.Value")
        if wanted is not None:
            self.ec2_backend.get_subnet(self._get_param("SubnetId")).enable_dns64 = wanted
        return old(self)


def route_tables():
    """A table is found by the gateway that it is associated with, once; a destination has one route."""
    from moto.ec2.exceptions import RouteAlreadyExistsError
    from moto.ec2.models import EC2Backend
    from moto.ec2.models.route_tables import RouteTable
    from moto.ec2.utils import generate_route_id

    @around(RouteTable, "get_filter_value")
    def _(old, self, name, method_name):
        if name == "association.gateway-id":
            return list(self._associations.values())
        return old(self, name, method_name)

    @around(EC2Backend, "associate_route_table")
    def _(old, self, table_id, gateway_id, subnet_id):
        # moto does so for subnets alone.
        associations = self.get_route_table(table_id)._associations
        there = (association for association, target in associations.items() if gateway_id and target == gateway_id)
        return next(there, None) or old(self, table_id, gateway_id, subnet_id)

    @around(EC2Backend, "create_route")
    def _(old, self, table_id, v4, v6, prefix_list, *more):
        # moto notices a second route to IPv4 addresses alone.
        if not v4 and generate_route_id(table_id, v4, v6, prefix_list) in self.get_route_table(table_id)._routes:
            raise RouteAlreadyExistsError(v6 or prefix_list)
        return old(self, table_id, v4, v6, prefix_list, *more)


def endpoints():
    """A gateway endpoint can be deleted after a route table that it was in."""
    from moto.ec2.models import EC2Backend

    @around(EC2Backend, "delete_vpc_endpoints")
    def _(old, self, ids):
        # moto fails on a gateway endpoint whose route table, or route in it, is gone already: forget those first.
        for endpoint in filter(None, map(self.vpc_end_points.get, ids or [])):
            endpoint.vpc_endpoint_type = endpoint.vpc_endpoint_type or "Gateway"
            if endpoint.vpc_endpoint_type.lower() == "gateway":
                endpoint.route_table_ids = [
                    table
                    for table in endpoint.route_table_ids or []
                    if table in self.route_tables
                    and any(endpoint.destination_prefix_list_id in str(r) for r in self.route_tables[table].routes)
                ]
        return old(self, ids)


def peerings():
    """Each side of a connection between regions has tags of its own."""
    import copy

    from moto.ec2.models import EC2Backend

    @around(EC2Backend, "describe_vpc_peering_connections")
    def _(old, self, ids):
        sides = [copy.copy(connection) for connection in old(self, ids)]
        for side in sides:
            # Tags are looked up in the backend, and moto's is always that of the asking side.
            side.ec2_backend = self
        return sides


def rules():
    """A rule that names a security group or a prefix list has a description too."""
    from moto.ec2.models.security_groups import SecurityGroupRule

    @around(SecurityGroupRule, "__init__")
    def _(old, self, backend, protocol, group, first, last, ip_range, source_group, prefix_list, *more):
        old(self, backend, protocol, group, first, last, ip_range, source_group, prefix_list, *more)
        text = (source_group or prefix_list or {}).get("Description")
        if text:
            # moto reads it from here, whatever the other side is.
            self.ip_range = {"Description": text}


def tokens():
    """A call that is repeated with its client token is answered as the first time."""
    from moto.ec2.responses.nat_gateways import NatGateways
    from moto.ec2.responses.route_tables import RouteTables
    from moto.ec2.responses.vpcs import VPCs

    def once_per_token(old, self):
        token = self._get_param("ClientToken")
        answers = self.ec2_backend.__dict__.setdefault("answers_by_token", {})
        key = (old.__qualname__, token)
        if token and key in answers:
            return answers[key]
        answer = old(self)
        if token:
            answers[key] = answer
        return answer

    around(NatGateways, "create_nat_gateway")(once_per_token)
    around(RouteTables, "create_route_table")(once_per_token)
    around(VPCs, "create_vpc_endpoint")(once_per_token)


def strict():
    """What is still used cannot be deleted: VPC, subnet, security group, address, attachment of a gateway. What cannot be
    reached cannot be a target, and a network has one gateway."""
    from moto.ec2.exceptions import EC2ClientError
    from moto.ec2.models import EC2Backend

    def refuse(message):
        raise EC2ClientError("DependencyViolation", message)

    def neighbours(backend):
        from moto.awslambda.models import lambda_backends
        from moto.elbv2.models import elbv2_backends
        from moto.rds.models import rds_backends

        account, region = backend.account_id, backend.region_name
        return (
            elbv2_backends[account][region].load_balancers.values(),
            lambda_backends[account][region].list_functions(),
            rds_backends[account][region],
        )

    def gateways(backend, **wanted):
        return [
            gateway
            for gateway in backend.nat_gateways.values()
            if gateway.state == "available" and all(getattr(gateway, k) == v for k, v in wanted.items())
        ]

    def users_of_subnet(backend, subnet_id):
        balancers, functions, databases = neighbours(backend)
        yield from (eni.id for eni in backend.enis.values() if eni.subnet and eni.subnet.id == subnet_id)
        yield from (gateway.id for gateway in gateways(backend, subnet_id=subnet_id))
        yield from (b.arn for b in balancers if any(getattr(s, "id", s) == subnet_id for s in b.subnets))
        for function in functions:
            if subnet_id in ((function._vpc_config or {}).get("SubnetIds") or []):
                yield function.function_name
        for cluster in databases.clusters.values():
            group = databases.subnet_groups.get(cluster.db_subnet_group_name)
            members = group.subnets if group else []
            if any((s.get("SubnetIdentifier") if isinstance(s, dict) else s.id) == subnet_id for s in members):
                yield cluster.db_cluster_identifier

    def users_of_group(backend, group_id):
        balancers, functions, databases = neighbours(backend)
        yield from (eni.id for eni in backend.enis.values() if any(g.id == group_id for g in eni.group_set))
        for group in (group for by_vpc in backend.groups.values() for group in by_vpc.values()):
            rules = list(group.ingress_rules) + list(group.egress_rules)
            if group.id != group_id and any((r.source_group or {}).get("GroupId") == group_id for r in rules):
                yield group.id
        yield from (b.arn for b in balancers if group_id in (b.security_groups or []))
        for function in functions:
            if group_id in ((function._vpc_config or {}).get("SecurityGroupIds") or []):
                yield function.function_name
        for cluster in databases.clusters.values():
            if group_id in (cluster.vpc_security_group_ids or []):
                yield cluster.db_cluster_identifier
        for endpoint in backend.vpc_end_points.values():
            if endpoint.state == "available" and group_id in (endpoint.security_group_ids or []):
                yield endpoint.id

    def contents_of_vpc(backend, vpc_id):
        yield from (igw.id for igw in backend.internet_gateways.values() if igw.vpc and igw.vpc.id == vpc_id)
        yield from (group.id for group in backend.groups.get(vpc_id, {}).values() if group.name != "default")
        for endpoint in backend.vpc_end_points.values():
            if endpoint.vpc_id == vpc_id and endpoint.state != "deleted":
                yield endpoint.id
        yield from (gateway.id for gateway in gateways(backend, vpc_id=vpc_id))

    @around(EC2Backend, "delete_subnet")
    def _(old, self, subnet_id):
        for user in users_of_subnet(self, subnet_id):
            refuse(f"The subnet '{subnet_id}' has dependencies and cannot be deleted. ({user})")
        return old(self, subnet_id)

    @around(EC2Backend, "delete_security_group")
    def _(old, self, name, group_id):
        # A VPC takes its default group along through this same method.
        if group_id and not getattr(self, "deleting_vpc", False):
            group = self.get_security_group_from_id(group_id)
            if group and group.name == "default":
                message = f'the specified group: "{group_id}" name: "default" cannot be deleted by a user'
                raise EC2ClientError("CannotDelete", message)
            for user in users_of_group(self, group_id):
                refuse(f"resource {group_id} has a dependent object ({user})")
        return old(self, name, group_id)

    @around(EC2Backend, "delete_vpc")
    def _(old, self, vpc_id):
        for part in contents_of_vpc(self, vpc_id):
            refuse(f"The vpc '{vpc_id}' has dependencies and cannot be deleted. ({part})")
        self.deleting_vpc = True
        try:
            return old(self, vpc_id)
        finally:
            self.deleting_vpc = False

    @around(EC2Backend, "release_address")
    def _(old, self, address, allocation_id):
        held = (entry.get("allocationId") for gateway in gateways(self) for entry in gateway.address_set)
        if allocation_id and allocation_id in held:
            message = f"The address with allocation id {allocation_id} is in use."
            raise EC2ClientError("InvalidIPAddress.InUse", message)
        return old(self, address, allocation_id)

    @around(EC2Backend, "create_nat_gateway")
    def _(old, self, *arguments):
        gateway = old(self, *arguments)
        attached = any(igw.vpc and igw.vpc.id == gateway.vpc_id for igw in self.internet_gateways.values())
        if gateway.connectivity_type != "private" and not attached:
            self.delete_nat_gateway(gateway.id)
            gateway.state, gateway.failure_code = "failed", "Gateway.NotAttached"
            gateway.failure_message = f"Network {gateway.vpc_id} has no Internet gateway attached"
        return gateway

    @around(EC2Backend, "attach_internet_gateway")
    def _(old, self, gateway_id, vpc_id):
        if any(igw.id != gateway_id and igw.vpc and igw.vpc.id == vpc_id for igw in self.internet_gateways.values()):
            message = f"Network {vpc_id} already has an internet gateway attached"
            raise EC2ClientError("InvalidParameterValue", message)
        return old(self, gateway_id, vpc_id)

    @around(EC2Backend, "associate_route_table")
    def _(old, self, table_id, gateway_id, subnet_id):
        wanted = gateway_id or subnet_id
        if any(wanted in t._associations.values() for t in self.route_tables.values() if t.id != table_id):
            message = f"the specified association for route table {table_id} conflicts with an existing association"
            raise EC2ClientError("Resource.AlreadyAssociated", message)
        return old(self, table_id, gateway_id, subnet_id)

    @around(EC2Backend, "create_route")
    def _(old, self, table_id, *more):
        bound = dict(zip(("gateway_id", "instance_id", "nat_gateway_id"), more[4:7], strict=False))
        vpc = self.get_route_table(table_id).vpc_id
        igw = self.internet_gateways.get(bound.get("gateway_id"))
        if igw is not None and (igw.vpc is None or igw.vpc.id != vpc):
            message = f"route table {table_id} and network gateway {igw.id} belong to different networks"
            raise EC2ClientError("InvalidParameterValue", message)
        nat = bound.get("nat_gateway_id")
        if nat and not any(gateway.id == nat for gateway in gateways(self)):
            raise EC2ClientError("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat}' does not exist")
        return old(self, table_id, *more)

    @around(EC2Backend, "detach_internet_gateway")
    def _(old, self, gateway_id, vpc_id):
        if gateways(self, vpc_id=vpc_id, connectivity_type="public"):
            refuse(
                f"Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) before "
                "detaching the gateway."
            )
        return old(self, gateway_id, vpc_id)
