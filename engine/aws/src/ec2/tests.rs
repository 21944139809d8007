//! Networks: what no emulator answers.

use dr_core::cloud::{Cloud as _, ErrorClass, Settled};
use dr_core::value::Value;

use super::network::is_same_network;
use crate::replay::{Reply, Subject, Wire, objections, ok};

/// The reply of calls that answer nothing.
const DONE: Reply = ok("<R/>");

/// A refusal, as EC2 writes it.
fn refused(code: &str, message: &str) -> Reply {
    let body = format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
         <RequestID>r</RequestID></Response>"
    );
    Reply::Http(400, &[], body.leak())
}

/// A listing of one.
fn listed(operation: &str, set: &str, item: &str) -> Reply {
    Reply::ec2(operation, &format!("<{set}><item>{item}</item></{set}>"))
}

/// The tag of an operation.
fn made_by(operation: &str) -> String {
    format!("<tagSet><item><key>dr:op</key><value>{operation}</value></item></tagSet>")
}

/// The operations that were asked for.
fn asked(wire: &Wire) -> Vec<String> {
    let action = |request: &String| {
        let (_, rest) = request.split_once("Action=").unwrap();
        rest.split('&').next().unwrap_or_default().to_owned()
    };
    wire.requests().iter().map(action).collect()
}

#[test]
fn networks_are_compared_by_what_they_mean() {
    for (a, b, same) in [
        ("10.0.0.0/16", "10.0.0.0/16", true),
        ("10.0.3.7/16", "10.0.0.0/16", true),
        ("10.0.0.0/16", "10.0.0.0/17", false),
        ("10.1.0.0/16", "10.0.0.0/16", false),
        ("1.2.3.4/0", "0.0.0.0/0", true),
        ("2001:DB8:0:0::/32", "2001:db8::/32", true),
        ("::/0", "0.0.0.0/0", false),
        ("10.0.0.0/40", "10.0.0.0/41", false),
        ("pl-1", "pl-1", true),
        ("pl-1", "pl-2", false),
    ] {
        assert_eq!(is_same_network(a, b), same, "{a} and {b}");
    }
}

const VPC: &str = r#"{"cidr_block":"10.0.9.0/16","instance_tenancy":"default","enable_dns_support":true,
    "enable_dns_hostnames":false,"assign_generated_ipv6_cidr_block":false}"#;

fn vpc(state: &str, ipv6: &str) -> Reply {
    let block = "<ipv6CidrBlock>2600:1f18::/56</ipv6CidrBlock><ipv6CidrBlockState>";
    let block = match ipv6 {
        "" => String::new(),
        of => format!("<item>{block}<state>{of}</state></ipv6CidrBlockState></item>"),
    };
    let all = format!("<ipv6CidrBlockAssociationSet>{block}</ipv6CidrBlockAssociationSet>");
    listed(
        "DescribeVpcs",
        "vpcSet",
        &format!("<vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/16</cidrBlock><state>{state}</state>{all}"),
    )
}

#[tokio::test]
async fn names_for_instances_are_never_wanted_without_names() {
    let subject = Subject::new("ec2.vpc", VPC);
    let (mut none, mut all) = (subject.args.clone(), subject.args.clone());
    none.insert("enable_dns_support".into(), Value::Bool(false));
    all.insert("enable_dns_hostnames".into(), Value::Bool(true));
    for (old, new, first) in [(&none, &all, "EnableDnsSupport"), (&all, &none, "EnableDnsHostnames")] {
        let (aws, wire) = Wire::cloud(&[DONE, DONE]).await;
        aws.update(subject.at(), "vpc-1", old, new).await.unwrap();
        assert!(wire.requests()[0].contains(first), "{}", wire.requests()[0]);
        assert_eq!(wire.requests().len(), 2);
    }
}

#[tokio::test]
async fn a_network_settles_when_its_addresses_are_there_or_gone() {
    let mut subject = Subject::new("ec2.vpc", VPC);
    for (six, state, ipv6, expected) in [
        (false, "pending", "", false),
        (false, "available", "", true),
        (false, "available", "disassociating", false),
        (false, "available", "disassociated", true),
        (true, "available", "associating", false),
        (true, "available", "associated", true),
        (true, "available", "", false),
    ] {
        subject.args.insert("assign_generated_ipv6_cidr_block".into(), Value::Bool(six));
        let (aws, _) = Wire::cloud(&[vpc(state, ipv6)]).await;
        let settled = aws.settle(subject.at(), "vpc-1", &subject.args).await.unwrap();
        assert_eq!(settled == Settled::Ready, expected, "{six} {state} {ipv6}");
    }
}

#[tokio::test]
async fn a_network_reads_as_it_was_written() {
    let subject = Subject::new("ec2.vpc", VPC);
    let attribute =
        |name: &str, on: bool| Reply::ec2("DescribeVpcAttribute", &format!("<{name}><value>{on}</value></{name}>"));
    let (aws, _) = Wire::cloud(&[
        vpc("available", ""),
        attribute("enableDnsSupport", true),
        attribute("enableDnsHostnames", false),
        listed("DescribeRouteTables", "routeTableSet", "<routeTableId>rtb-1</routeTableId>"),
        listed("DescribeSecurityGroups", "securityGroupInfo", "<groupId>sg-1</groupId>"),
    ])
    .await;
    let mut live = aws.read(subject.at(), "vpc-1", &subject.args).await.unwrap().unwrap();
    live.args.remove("tags");
    assert_eq!(live.args, subject.args);
    assert_eq!(live.outputs["main_route_table_id"], Value::str("rtb-1"));
}

#[tokio::test]
async fn what_is_left_in_a_subnet_is_named_and_what_functions_left_is_taken_away() {
    let args = r#"{"vpc_id":"vpc-1","cidr_block":"10.0.1.0/24","map_public_ip_on_launch":false,
        "assign_ipv6_address_on_creation":false,"enable_dns64":false}"#;
    let subject = Subject::new("ec2.subnet", args);
    let interface = |id: &str, status: &str, about: &str| {
        format!(
            "<item><networkInterfaceId>{id}</networkInterfaceId><status>{status}</status>\
             <description>{about}</description></item>"
        )
    };
    let interfaces = interface("eni-1", "available", "AWS Lambda VPC ENI-f-1")
        + &interface("eni-2", "in-use", "AWS Lambda VPC ENI-g-1")
        + &interface("eni-3", "available", "mine");
    let interfaces = format!("<networkInterfaceSet>{interfaces}</networkInterfaceSet>");
    let interfaces = Reply::ec2("DescribeNetworkInterfaces", &interfaces);
    let in_use = refused("DependencyViolation", "The subnet has dependencies.");
    let (aws, wire) = Wire::cloud(&[in_use, interfaces, DONE]).await;
    let error = aws.delete(subject.at(), "subnet-1", &subject.args).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert!(error.message.ends_with("In the way: eni-2 (AWS Lambda VPC ENI-g-1), eni-3 (mine)."), "{error}");
    assert_eq!(asked(&wire), ["DeleteSubnet", "DescribeNetworkInterfaces", "DeleteNetworkInterface"]);
    assert!(wire.requests()[2].contains("eni-1"), "{}", wire.requests()[2]);
}

/// A server that does not filter lists the interfaces of other subnets, too. They are nobody's business.
#[tokio::test]
async fn interfaces_of_another_subnet_are_left_alone() {
    let args = r#"{"vpc_id":"vpc-1","cidr_block":"10.0.1.0/24","map_public_ip_on_launch":false,
        "assign_ipv6_address_on_creation":false,"enable_dns64":false}"#;
    let subject = Subject::new("ec2.subnet", args);
    let interface = |id: &str, subnet: &str| {
        format!(
            "<item><networkInterfaceId>{id}</networkInterfaceId><subnetId>{subnet}</subnetId>\
             <description>AWS Lambda VPC ENI-f-1</description><status>available</status></item>"
        )
    };
    let all = interface("eni-8", "subnet-2") + &interface("eni-9", "subnet-1");
    let interfaces =
        Reply::ec2("DescribeNetworkInterfaces", &format!("<networkInterfaceSet>{all}</networkInterfaceSet>"));
    let (aws, wire) = Wire::cloud(&[refused("DependencyViolation", "has dependencies"), interfaces, DONE]).await;
    let error = aws.delete(subject.at(), "subnet-1", &subject.args).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert_eq!(asked(&wire), ["DeleteSubnet", "DescribeNetworkInterfaces", "DeleteNetworkInterface"]);
    assert!(wire.requests()[2].contains("eni-9"), "{}", wire.requests()[2]);
}

/// Nor is another network read as the one that was asked for.
#[tokio::test]
async fn what_was_not_asked_for_is_not_what_is_there() {
    let subject = Subject::new("ec2.vpc", VPC);
    let other = listed("DescribeVpcs", "vpcSet", "<vpcId>vpc-2</vpcId><cidrBlock>10.0.0.0/16</cidrBlock>");
    let (aws, wire) = Wire::cloud(&[other]).await;
    assert_eq!(aws.read(subject.at(), "vpc-1", &subject.args).await.unwrap().map(|live| live.args), None);
    assert_eq!(asked(&wire), ["DescribeVpcs"]);
}

fn gateway(operation: &str, attached: &str) -> Reply {
    let attached = match attached {
        "" => String::new(),
        vpc => format!("<item><vpcId>{vpc}</vpcId><state>available</state></item>"),
    };
    let tags = made_by(operation);
    let item = format!("<internetGatewayId>igw-1</internetGatewayId><attachmentSet>{attached}</attachmentSet>{tags}");
    listed("DescribeInternetGateways", "internetGatewaySet", &item)
}

#[tokio::test]
async fn a_gateway_is_attached_once_and_where_it_should_be() {
    let subject = Subject::new("ec2.internet_gateway", r#"{"vpc_id":"vpc-1"}"#);
    let taken = || refused("Resource.AlreadyAssociated", "resource igw-1 is already attached to network");
    for (at, expected) in [("vpc-1", None), ("vpc-2", Some(ErrorClass::Exists)), ("", Some(ErrorClass::Exists))] {
        let (aws, _) = Wire::cloud(&[taken(), gateway("op-1", at)]).await;
        let done = aws.configure(subject.at(), "igw-1", &subject.args, &subject.intent).await;
        assert_eq!(done.err().map(|error| error.class), expected, "{at}");
    }
}

#[tokio::test]
async fn no_second_gateway_is_made_for_a_network() {
    let subject = Subject::new("ec2.internet_gateway", r#"{"vpc_id":"vpc-1"}"#);
    for (operation, expected) in [("op-1", Ok("igw-1".into())), ("op-2", Err(ErrorClass::Exists))] {
        let (aws, wire) = Wire::cloud(&[gateway(operation, "vpc-1")]).await;
        let made = aws.create(subject.at(), &subject.args, &subject.intent).await;
        assert_eq!(made.map_err(|error| error.class), expected);
        assert_eq!(asked(&wire), ["DescribeInternetGateways"]);
    }
}

#[tokio::test]
async fn a_gateway_that_is_detached_already_is_deleted() {
    let subject = Subject::new("ec2.internet_gateway", r#"{"vpc_id":"vpc-1"}"#);
    let (aws, wire) = Wire::cloud(&[refused("Gateway.NotAttached", "not attached"), DONE]).await;
    aws.delete(subject.at(), "igw-1", &subject.args).await.unwrap();
    assert_eq!(asked(&wire), ["DetachInternetGateway", "DeleteInternetGateway"]);
}

#[tokio::test]
async fn an_address_that_was_in_use_a_moment_ago_is_tried_again() {
    let subject = Subject::new("ec2.eip", "{}");
    for (code, message, expected) in [
        ("AuthFailure", "You do not have permission to access the specified resource.", Some(ErrorClass::Conflict)),
        ("AuthFailure", "AWS was not able to validate the provided access credentials", Some(ErrorClass::Denied)),
        ("InvalidIPAddress.InUse", "", Some(ErrorClass::Conflict)),
        ("InvalidAllocationID.NotFound", "", None),
    ] {
        let (aws, _) = Wire::cloud(&[refused(code, message)]).await;
        let done = aws.delete(subject.at(), "eipalloc-1", &subject.args).await;
        assert_eq!(done.err().map(|error| error.class), expected, "{code} {message}");
    }
}

fn nat(state: &str, operation: &str) -> Reply {
    let tags = made_by(operation);
    let address = "<item><allocationId>eipalloc-2</allocationId><privateIp>10.0.0.9</privateIp></item>\
        <item><allocationId>eipalloc-1</allocationId><privateIp>10.0.0.8</privateIp><isPrimary>true</isPrimary></item>";
    let item = format!(
        "<natGatewayId>nat-1</natGatewayId><subnetId>subnet-1</subnetId><state>{state}</state>\
         <failureCode>Gateway.NotAttached</failureCode><failureMessage>no gateway</failureMessage>\
         <connectivityType>public</connectivityType><natGatewayAddressSet>{address}</natGatewayAddressSet>{tags}"
    );
    listed("DescribeNatGateways", "natGatewaySet", &item)
}

#[tokio::test]
async fn a_nat_gateway_that_is_only_listed_is_gone() {
    let args = r#"{"subnet_id":"subnet-1","allocation_id":"eipalloc-1","connectivity_type":"public"}"#;
    let subject = Subject::new("ec2.nat_gateway", args);
    let waits = Settled::Wait(None);
    let failed = |why: &str| Settled::Failed(why.into());
    let hint = "no gateway: let it depend on the internet gateway of its network";
    for (state, is_there, settled) in [
        ("pending", true, waits.clone()),
        ("available", true, Settled::Ready),
        ("deleting", true, failed("it is deleting")),
        ("deleted", false, failed("it is deleted")),
        ("failed", false, failed(hint)),
    ] {
        let (aws, _) = Wire::cloud(&[nat(state, "op-1"), nat(state, "op-1"), nat(state, "op-1")]).await;
        let found = aws.find(subject.at(), &subject.args, &subject.intent).await.unwrap();
        assert_eq!(found.is_some(), is_there, "{state}");
        let live = aws.read(subject.at(), "nat-1", &subject.args).await.unwrap();
        assert_eq!(live.is_some(), is_there, "{state}");
        if let Some(live) = live {
            assert_eq!(live.args["allocation_id"], Value::str("eipalloc-1"));
        }
        assert_eq!(aws.settle(subject.at(), "nat-1", &subject.args).await.unwrap(), settled);
    }
    let (aws, _) = Wire::cloud(&[nat("available", "another")]).await;
    assert_eq!(aws.find(subject.at(), &subject.args, &subject.intent).await.unwrap(), None);
}

#[tokio::test]
async fn creations_that_take_a_token_are_given_the_operation() {
    let nat = "<natGateway><natGatewayId>nat-1</natGatewayId></natGateway>";
    let table = "<routeTable><routeTableId>rtb-1</routeTableId></routeTable>";
    let nat_args = r#"{"subnet_id":"subnet-1","connectivity_type":"private"}"#;
    for (kind, args, made) in [
        ("ec2.nat_gateway", nat_args, Reply::ec2("CreateNatGateway", nat)),
        ("ec2.route_table", r#"{"vpc_id":"vpc-1"}"#, Reply::ec2("CreateRouteTable", table)),
    ] {
        let subject = Subject::new(kind, args);
        let (aws, wire) = Wire::cloud(&[made]).await;
        aws.create(subject.at(), &subject.args, &subject.intent).await.unwrap();
        assert!(wire.requests()[0].contains("ClientToken=op-1&"), "{}", wire.requests()[0]);
    }
}

#[tokio::test]
async fn a_route_is_found_by_its_destination_and_its_target() {
    let routes = "<routeTableId>rtb-1</routeTableId><routeSet>\
        <item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId></item>\
        <item><destinationCidrBlock>172.16.0.0/12</destinationCidrBlock><gatewayId>vpce-1</gatewayId></item>\
        <item><destinationPrefixListId>pl-1</destinationPrefixListId><gatewayId>vpce-2</gatewayId></item></routeSet>";
    for (args, expected) in [
        (r#"{"route_table_id":"rtb-1","destination_cidr_block":"172.16.3.0/12","vpc_endpoint_id":"vpce-1"}"#, true),
        (r#"{"route_table_id":"rtb-1","destination_cidr_block":"172.16.0.0/12","gateway_id":"igw-1"}"#, false),
        (r#"{"route_table_id":"rtb-1","destination_cidr_block":"0.0.0.0/0","gateway_id":"igw-1"}"#, false),
        (r#"{"route_table_id":"rtb-1","destination_prefix_list_id":"pl-1","vpc_endpoint_id":"vpce-2"}"#, true),
    ] {
        let subject = Subject::new("ec2.route", args);
        let (aws, _) = Wire::cloud(&[
            listed("DescribeRouteTables", "routeTableSet", routes),
            listed("DescribeRouteTables", "routeTableSet", routes),
        ])
        .await;
        let found = aws.find(subject.at(), &subject.args, &subject.intent).await.unwrap();
        assert_eq!(found.is_some(), expected, "{args}");
        let live = aws.read(subject.at(), "r", &subject.args).await.unwrap();
        assert_eq!(live.is_some_and(|live| live.args == subject.args), expected, "{args}");
    }
    let subject = Subject::new("ec2.route", r#"{"route_table_id":"rtb-1","destination_cidr_block":"0.0.0.0/0"}"#);
    let (aws, _) = Wire::cloud(&[refused("InvalidRouteTableID.NotFound", "")]).await;
    assert_eq!(aws.read(subject.at(), "r", &subject.args).await.unwrap(), None);
}

#[tokio::test]
async fn a_subnet_is_given_another_table_wherever_it_is() {
    let args = |table: &str| format!(r#"{{"route_table_id":"{table}","subnet_id":"subnet-1"}}"#);
    let (old, new) = (args("rtb-1"), args("rtb-2"));
    let (old, new) =
        (Subject::new("ec2.route_table_association", &old), Subject::new("ec2.route_table_association", &new));
    let at = |table: &str, state: &str| {
        let item = format!(
            "<associationSet><item><routeTableAssociationId>rtbassoc-1</routeTableAssociationId><routeTableId>{table}\
             </routeTableId><subnetId>subnet-1</subnetId><associationState><state>{state}</state></associationState>\
             </item></associationSet>"
        );
        listed("DescribeRouteTables", "routeTableSet", &item)
    };
    let nothing = Reply::ec2("DescribeRouteTables", "");
    for (found, then) in [
        (at("rtb-1", "associated"), Some("ReplaceRouteTableAssociation")),
        (at("rtb-3", "associated"), Some("ReplaceRouteTableAssociation")),
        (at("rtb-2", "associated"), None),
        (at("rtb-1", "disassociating"), Some("AssociateRouteTable")),
        (nothing, Some("AssociateRouteTable")),
    ] {
        let done = then.map_or(DONE, |operation| Reply::ec2(operation, "<associationId>rtbassoc-2</associationId>"));
        let (aws, wire) = Wire::cloud(&[found, done]).await;
        aws.update(old.at(), "subnet-1", &old.args, &new.args).await.unwrap();
        assert_eq!(asked(&wire).get(1).map(String::as_str), then);
    }
    for (found, ready) in [
        (at("rtb-2", "associated"), true),
        (at("rtb-2", "associating"), false),
        (at("rtb-1", "associated"), false),
        (nothing, false),
    ] {
        let (aws, _) = Wire::cloud(&[found]).await;
        let settled = aws.settle(new.at(), "subnet-1", &new.args).await.unwrap();
        assert_eq!(settled == Settled::Ready, ready);
    }
}

#[tokio::test]
async fn a_gateway_of_another_network_is_not_in_the_way() {
    let gateway = Subject::new("ec2.internet_gateway", r#"{"vpc_id":"vpc-1"}"#);
    let of = |vpc: &str| {
        let at = format!("<attachmentSet><item><vpcId>{vpc}</vpcId><state>available</state></item></attachmentSet>");
        let item = format!("<internetGatewayId>igw-1</internetGatewayId>{at}{}", made_by("op-0"));
        listed("DescribeInternetGateways", "internetGatewaySet", &item)
    };
    let made = Reply::ec2(
        "CreateInternetGateway",
        "<internetGateway><internetGatewayId>igw-2</internetGatewayId></internetGateway>",
    );
    let (aws, _) = Wire::cloud(&[of("vpc-2"), made]).await;
    assert_eq!(&*aws.create(gateway.at(), &gateway.args, &gateway.intent).await.unwrap(), "igw-2");
    let (aws, wire) = Wire::cloud(&[of("vpc-1")]).await;
    let error = aws.create(gateway.at(), &gateway.args, &gateway.intent).await.unwrap_err();
    assert_eq!((error.class, asked(&wire)), (ErrorClass::Exists, vec!["DescribeInternetGateways".to_owned()]));
}

#[tokio::test]
async fn addresses_over_the_quota_are_objected_to() {
    let quota = Reply::ec2(
        "DescribeAccountAttributes",
        "<accountAttributeSet><item><attributeName>vpc-max-elastic-ips</attributeName>\
         <attributeValueSet><item><attributeValue>5</attributeValue></item></attributeValueSet></item></accountAttributeSet>",
    );
    let there = |n: usize| {
        let items: String = (0..n).map(|n| format!("<item><allocationId>eipalloc-{n}</allocationId></item>")).collect();
        Reply::ec2("DescribeAddresses", &format!("<addressesSet>{items}</addressesSet>"))
    };
    for (used, over) in [(3, None), (4, Some(1)), (5, Some(0))] {
        let found = objections("ec2.eip", &["{}", "{}"], &[quota, there(used)]).await;
        assert_eq!(found.first().map(|o| (o.check, o.wish)), over.map(|wish| ("O01", wish)), "{used}");
    }
    // Where EC2 does not tell its quota, nothing is known.
    assert_eq!(objections("ec2.eip", &["{}"], &[Reply::ec2("DescribeAccountAttributes", "")]).await, []);
}
