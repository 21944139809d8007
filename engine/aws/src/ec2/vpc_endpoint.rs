//! `ec2.vpc_endpoint`: lifecycle. The id is the endpoint's id.
//!
//! Subnets, groups and route tables are changed by naming those to add and those to remove. What is added a second time
//! may be refused, so a change starts from the endpoint as it is. EC2 writes states in another case than it documents.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{
    DnsOptionsSpecification, DnsRecordIpType, IpAddressType, ResourceType, VpcEndpoint as Found, VpcEndpointType,
};
use dr_core::cloud::{Intent, Settled};
use dr_core::convert::PolicyDocument;
use dr_kinds::ec2::{VpcEndpoint, VpcEndpointDnsEntry, VpcEndpointDnsOptions, VpcEndpointOut};

use super::refusals::all_successful;
use super::tagging::{filter, made_by, retag, tagged};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, asked_for};
use crate::tags;

const DELETE: &str = "ec2:DeleteVpcEndpoints";

impl Lifecycle for VpcEndpoint {
    async fn find(cx: &Cx<'_>, _args: &Self, intent: &Intent) -> Result<Option<String>> {
        let endpoints = cx.ec2().describe_vpc_endpoints().filters(made_by(intent));
        let endpoints = endpoints.into_paginator().items().send().try_collect();
        let endpoints = cx.call("ec2:DescribeVpcEndpoints", endpoints).await?;
        let mut ours = endpoints.into_iter().filter(|endpoint| tags::ours(endpoint.tags(), intent));
        Ok(ours.find(|endpoint| state(endpoint) != "deleted").and_then(|endpoint| endpoint.vpc_endpoint_id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
        let endpoint = cx.ec2().create_vpc_endpoint().client_token(&*intent.op);
        let endpoint = endpoint.vpc_id(&args.vpc_id).service_name(&args.service_name);
        let endpoint = endpoint.vpc_endpoint_type(VpcEndpointType::from(args.vpc_endpoint_type.as_str()));
        let endpoint = endpoint.set_route_table_ids(some(&args.route_table_ids));
        let endpoint = endpoint.set_subnet_ids(some(&args.subnet_ids));
        let endpoint = endpoint.set_security_group_ids(some(&args.security_group_ids));
        let endpoint = endpoint.set_private_dns_enabled(is_interface(args).then_some(args.private_dns_enabled));
        let endpoint = endpoint.set_policy_document(args.policy.as_ref().map(PolicyDocument::text));
        let endpoint = endpoint.set_ip_address_type(args.ip_address_type.as_deref().map(IpAddressType::from));
        let endpoint = endpoint.set_dns_options(args.dns_options.as_ref().map(dns_options));
        let endpoint = endpoint.tag_specifications(tagged(ResourceType::VpcEndpoint, &args.tags, intent));
        let reply = cx.call("ec2:CreateVpcEndpoint", endpoint.send()).await?;
        let id = reply.vpc_endpoint.and_then(|endpoint| endpoint.vpc_endpoint_id);
        id.ok_or_else(|| cx.incomplete("ec2:CreateVpcEndpoint", "id"))
    }

    async fn settle(cx: &Cx<'_>, id: &str, _args: &Self) -> Result<Settled> {
        let Some(endpoint) = describe(cx, id).await? else { return Ok(Settled::Wait(None)) };
        Ok(match &*state(&endpoint) {
            // The owner of a service may have to accept the endpoint; that is nothing to wait for.
            // So may one that tells no state.
            "available" | "pendingacceptance" | "" => Settled::Ready,
            "pending" | "partial" => Settled::Wait(None),
            other => {
                let why = endpoint.last_error.and_then(|error| error.message).or(endpoint.failure_reason);
                Settled::Failed(format!("it is {other}: {}", why.as_deref().unwrap_or("EC2 does not say why")))
            }
        })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, VpcEndpointOut)>> {
        let Some(endpoint) = describe(cx, id).await? else { return Ok(None) };
        let arn = cx.arn("ec2", &format!("vpc-endpoint/{id}"));
        let prefix_list_id = prefix_list(cx, &endpoint).await?;
        let mut network_interface_ids = endpoint.network_interface_ids.clone().unwrap_or_default();
        network_interface_ids.sort();
        let dns_entries = dns_entries(&endpoint);
        let out = VpcEndpointOut { arn, dns_entries, network_interface_ids, prefix_list_id };
        let parts = Parts::of(&endpoint);
        let live = VpcEndpoint {
            route_table_ids: parts.route_tables.into_iter().collect(),
            subnet_ids: parts.subnets.into_iter().collect(),
            security_group_ids: parts.groups.into_iter().collect(),
            tags: tags::user(endpoint.tags()),
            vpc_id: endpoint.vpc_id.unwrap_or_default(),
            service_name: endpoint.service_name.unwrap_or_default(),
            private_dns_enabled: is_interface(last) && endpoint.private_dns_enabled.unwrap_or_default(),
            vpc_endpoint_type: endpoint
                .vpc_endpoint_type
                .map_or_else(|| last.vpc_endpoint_type.clone(), |of| of.as_str().to_owned()),
            policy: endpoint.policy_document.as_deref().map(PolicyDocument::parse),
            ip_address_type: endpoint
                .ip_address_type
                .map(|of| of.as_str().to_owned())
                .or_else(|| last.ip_address_type.clone()),
            // What is left out is EC2's choice, and no difference.
            dns_options: last.dns_options.as_ref().map(|given| VpcEndpointDnsOptions {
                dns_record_ip_type: given.dns_record_ip_type.as_ref().and_then(|_| {
                    let options = endpoint.dns_options.as_ref()?;
                    options.dns_record_ip_type().map(|of| of.as_str().to_owned())
                }),
                private_dns_only_for_inbound_resolver_endpoint: given
                    .private_dns_only_for_inbound_resolver_endpoint
                    .and_then(|_| endpoint.dns_options.as_ref()?.private_dns_only_for_inbound_resolver_endpoint()),
            }),
        };
        Ok(Some((live, out)))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        retag(cx, id, &old.tags, &new.tags).await?;
        if (VpcEndpoint { tags: old.tags.clone(), ..new.clone() }) == *old {
            return Ok(());
        }
        // Gone already is told by the call that would change it.
        let now = describe(cx, id).await?.as_ref().map(Parts::of).unwrap_or_default();
        let shall = Parts {
            route_tables: new.route_table_ids.iter().cloned().collect(),
            subnets: new.subnet_ids.iter().cloned().collect(),
            groups: new.security_group_ids.iter().cloned().collect(),
        };
        let endpoint = cx.ec2().modify_vpc_endpoint().vpc_endpoint_id(id);
        let endpoint = endpoint.set_add_route_table_ids(without(&shall.route_tables, &now.route_tables));
        let endpoint = endpoint.set_remove_route_table_ids(without(&now.route_tables, &shall.route_tables));
        let endpoint = endpoint.set_add_subnet_ids(without(&shall.subnets, &now.subnets));
        let endpoint = endpoint.set_remove_subnet_ids(without(&now.subnets, &shall.subnets));
        let endpoint = endpoint.set_add_security_group_ids(without(&shall.groups, &now.groups));
        let endpoint = endpoint.set_remove_security_group_ids(without(&now.groups, &shall.groups));
        let private_dns = (old.private_dns_enabled != new.private_dns_enabled).then_some(new.private_dns_enabled);
        let endpoint = endpoint.set_private_dns_enabled(private_dns);
        let policy = new.policy.as_ref().filter(|policy| Some(*policy) != old.policy.as_ref());
        let endpoint = endpoint.set_policy_document(policy.map(PolicyDocument::text));
        let addresses = new.ip_address_type.as_deref().filter(|of| Some(*of) != old.ip_address_type.as_deref());
        let endpoint = endpoint.set_ip_address_type(addresses.map(IpAddressType::from));
        let dns = new.dns_options.as_ref().filter(|dns| Some(*dns) != old.dns_options.as_ref());
        let endpoint = endpoint.set_dns_options(dns.map(dns_options));
        let nothing = cx.ec2().modify_vpc_endpoint().vpc_endpoint_id(id);
        if endpoint.as_input() == nothing.as_input() {
            return Ok(());
        }
        cx.call("ec2:ModifyVpcEndpoint", endpoint.send()).await.map(drop)
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let endpoint = cx.ec2().delete_vpc_endpoints().vpc_endpoint_ids(id).send();
        let Some(reply) = cx.call(DELETE, endpoint).await.found()? else { return Ok(()) };
        all_successful(cx, DELETE, reply.unsuccessful()).found().map(drop)
    }
}

/// The endpoint; none once it is deleted.
async fn describe(cx: &Cx<'_>, id: &str) -> Result<Option<Found>> {
    let endpoints = cx.ec2().describe_vpc_endpoints().vpc_endpoint_ids(id).send();
    let reply = cx.call("ec2:DescribeVpcEndpoints", endpoints).await.found()?;
    let endpoint = reply.and_then(|reply| asked_for(id, reply.vpc_endpoints, |one| one.vpc_endpoint_id()));
    Ok(endpoint.filter(|endpoint| state(endpoint) != "deleted"))
}

fn state(endpoint: &Found) -> String {
    endpoint.state().map(|state| state.as_str().to_lowercase()).unwrap_or_default()
}

fn is_interface(args: &VpcEndpoint) -> bool {
    args.vpc_endpoint_type == "Interface"
}

/// What is added and removed one by one.
#[derive(Default)]
struct Parts {
    route_tables: BTreeSet<String>,
    subnets: BTreeSet<String>,
    groups: BTreeSet<String>,
}

impl Parts {
    fn of(endpoint: &Found) -> Parts {
        Parts {
            route_tables: endpoint.route_table_ids().iter().cloned().collect(),
            subnets: endpoint.subnet_ids().iter().cloned().collect(),
            groups: endpoint.groups().iter().filter_map(|group| group.group_id.clone()).collect(),
        }
    }
}

fn without(all: &BTreeSet<String>, these: &BTreeSet<String>) -> Option<Vec<String>> {
    let rest: Vec<String> = all.difference(these).cloned().collect();
    (!rest.is_empty()).then_some(rest)
}

fn dns_options(given: &VpcEndpointDnsOptions) -> DnsOptionsSpecification {
    let options = DnsOptionsSpecification::builder();
    let options = options.set_dns_record_ip_type(given.dns_record_ip_type.as_deref().map(DnsRecordIpType::from));
    let only = given.private_dns_only_for_inbound_resolver_endpoint;
    options.set_private_dns_only_for_inbound_resolver_endpoint(only).build()
}

/// The host names: first that of all zones, then those of single ones, which are longer, then the service's own.
fn dns_entries(endpoint: &Found) -> Vec<VpcEndpointDnsEntry> {
    let id = endpoint.vpc_endpoint_id().unwrap_or_default();
    let entries = endpoint.dns_entries().iter().filter_map(|entry| {
        let hosted_zone_id = entry.hosted_zone_id.clone().unwrap_or_default();
        Some(VpcEndpointDnsEntry { dns_name: entry.dns_name.clone()?, hosted_zone_id })
    });
    let mut entries: Vec<VpcEndpointDnsEntry> = entries.collect();
    entries.sort_by_key(|entry| (!entry.dns_name.starts_with(id), entry.dns_name.len(), entry.dns_name.clone()));
    entries
}

/// The list of the addresses that a gateway endpoint leads to. It is named like the service.
async fn prefix_list(cx: &Cx<'_>, endpoint: &Found) -> Result<String> {
    let (Some(VpcEndpointType::Gateway), Some(service)) = (endpoint.vpc_endpoint_type(), endpoint.service_name())
    else {
        return Ok(String::new());
    };
    let lists = cx.ec2().describe_prefix_lists().filters(filter("prefix-list-name", service)).send();
    let lists = cx.call("ec2:DescribePrefixLists", lists).await?;
    let mut ids = lists.prefix_lists().iter().filter(|list| list.prefix_list_name() == Some(service));
    Ok(ids.find_map(|list| list.prefix_list_id.clone()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{Reply, Subject, Wire};
    use dr_core::cloud::{Cloud as _, ErrorClass};
    use dr_core::value::Value;

    const ENDPOINT: &str = r#"{"vpc_id":"vpc-1","service_name":"com.amazonaws.us-east-1.sqs",
        "vpc_endpoint_type":"Interface","route_table_ids":[],"subnet_ids":["subnet-1"],"security_group_ids":["sg-1"],
        "private_dns_enabled":true,"dns_options":{"private_dns_only_for_inbound_resolver_endpoint":false}}"#;

    /// An endpoint in this state, as EC2 writes it.
    fn endpoint(state: &str) -> Reply {
        let names = ["", "vpce-1-x-us-east-1b.", "vpce-1-x-us-east-1a.", "vpce-1-x."];
        let name = |start: &str| format!("<item><dnsName>{start}sqs.us-east-1.amazonaws.com</dnsName></item>");
        let body = format!(
            "<vpcEndpointSet><item><vpcEndpointId>vpce-1</vpcEndpointId><vpcEndpointType>Interface</vpcEndpointType>\
             <vpcId>vpc-1</vpcId><serviceName>com.amazonaws.us-east-1.sqs</serviceName><state>{state}</state><subnetIdSet>\
             <item>subnet-1</item><item>subnet-2</item></subnetIdSet><groupSet><item><groupId>sg-1</groupId></item>\
             </groupSet><ipAddressType>ipv4</ipAddressType><dnsOptions><dnsRecordIpType>ipv4</dnsRecordIpType>\
             <privateDnsOnlyForInboundResolverEndpoint>false</privateDnsOnlyForInboundResolverEndpoint></dnsOptions>\
             <privateDnsEnabled>true</privateDnsEnabled><networkInterfaceIdSet><item>eni-2</item><item>eni-1</item>\
             </networkInterfaceIdSet><dnsEntrySet>{}</dnsEntrySet><lastError><message>no room</message></lastError>\
             </item></vpcEndpointSet>",
            names.map(name).concat(),
        );
        Reply::ec2("DescribeVpcEndpoints", &body)
    }

    #[tokio::test]
    async fn it_settles_in_whatever_case_its_state_is_written() {
        let subject = Subject::new("ec2.vpc_endpoint", ENDPOINT);
        let (aws, _) = Wire::cloud(&["pending", "Available", "failed"].map(endpoint)).await;
        let mut settled = Vec::new();
        for _ in 0..3 {
            settled.push(aws.settle(subject.at(), "vpce-1", &subject.args).await.unwrap());
        }
        let why = "it is failed: no room".to_owned();
        assert_eq!(settled, [Settled::Wait(None), Settled::Ready, Settled::Failed(why)]);
    }

    #[tokio::test]
    async fn it_is_gone_only_once_it_is_deleted() {
        let subject = Subject::new("ec2.vpc_endpoint", ENDPOINT);
        let (aws, _) = Wire::cloud(&[endpoint("deleting"), endpoint("deleted")]).await;
        for expected in [Settled::Wait(None), Settled::Ready] {
            assert_eq!(aws.deleted(subject.at(), "vpce-1", &subject.args).await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn what_is_reported_in_no_order_is_put_in_one_and_what_was_not_asked_for_is_no_difference() {
        let subject = Subject::new("ec2.vpc_endpoint", ENDPOINT);
        let (aws, _) = Wire::cloud(&[endpoint("available")]).await;
        let live = aws.read(subject.at(), "vpce-1", &subject.args).await.unwrap().unwrap();
        assert_eq!(live.args.get("dns_options"), subject.args.get("dns_options"));
        let texts = |value: &Value| -> Vec<String> {
            let items = value.as_list().unwrap().iter();
            items.map(|item| item.as_map().map_or(item, |entry| &entry["dns_name"]).to_text()).collect()
        };
        assert_eq!(texts(&live.outputs["network_interface_ids"]), ["eni-1", "eni-2"]);
        let names = texts(&live.outputs["dns_entries"]);
        let starts: Vec<&str> = names.iter().filter_map(|name| name.split('.').next()).collect();
        assert_eq!(starts, ["vpce-1-x", "vpce-1-x-us-east-1a", "vpce-1-x-us-east-1b", "sqs"]);
    }

    #[tokio::test]
    async fn a_change_that_was_half_made_names_only_what_is_left_of_it() {
        let subject = Subject::new("ec2.vpc_endpoint", ENDPOINT);
        let mut new = subject.args.clone();
        let list = |ids: &[&str]| Value::List(ids.iter().copied().map(Value::str).collect());
        new.insert("subnet_ids".into(), list(&["subnet-2", "subnet-3"]));
        new.insert("private_dns_enabled".into(), Value::Bool(false));
        let (aws, wire) = Wire::cloud(&[endpoint("available"), Reply::ec2("ModifyVpcEndpoint", "")]).await;
        aws.update(subject.at(), "vpce-1", &subject.args, &new).await.unwrap();
        let request = &wire.requests()[1];
        let (_, body) = request.split_once("VpcEndpointId=vpce-1&").unwrap();
        assert_eq!(body, "AddSubnetId.1=subnet-3&RemoveSubnetId.1=subnet-1&PrivateDnsEnabled=false", "{request}");
    }

    #[tokio::test]
    async fn a_refusal_inside_the_reply_is_an_error_unless_it_says_gone() {
        let subject = Subject::new("ec2.vpc_endpoint", ENDPOINT);
        let refused = "<unsuccessful><item><resourceId>vpce-1</resourceId><error><code>OperationNotPermitted</code>\
            <message>managed by somebody</message></error></item></unsuccessful>";
        let gone = "<unsuccessful><item><resourceId>vpce-1</resourceId><error><code>InvalidVpcEndpoint.NotFound</code>\
            <message>no</message></error></item></unsuccessful>";
        let (aws, _) = Wire::cloud(&[refused, gone].map(|items| Reply::ec2("DeleteVpcEndpoints", items))).await;
        let error = aws.delete(subject.at(), "vpce-1", &subject.args).await.unwrap_err();
        assert_eq!((error.class, &*error.code), (ErrorClass::Invalid, "OperationNotPermitted"));
        aws.delete(subject.at(), "vpce-1", &subject.args).await.unwrap();
    }
}
