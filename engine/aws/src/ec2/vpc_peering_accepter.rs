//! `ec2.vpc_peering_accepter`: lifecycle, in the region of the side that was asked. The id is the connection's id.
//!
//! Between regions or accounts each side of a connection has tags of its own, which can be given only once it is
//! accepted: a side without `dr:op` counts as this operation's if the asking side belongs to the same environment.
//! Within a region there is one set of tags, the asking side's, and it is left alone.

use aws_sdk_ec2::types::{
    PeeringConnectionOptionsRequest, VpcPeeringConnection as Found, VpcPeeringConnectionStateReasonCode as Status,
    VpcPeeringConnectionVpcInfo as Side,
};
use dr_core::cloud::{CloudError, ErrorClass, Intent, Settled, tag};
use dr_core::convert::{NoOutputs, Tags};
use dr_kinds::ec2::VpcPeeringAccepter;

use super::tagging::retag;
use super::vpc_peering::{describe, failure, status};
use crate::connect::Cx;
use crate::lifecycle::{Lifecycle, Result};
use crate::tags::{self, Reported as _};

const ACCEPT: &str = "ec2:AcceptVpcPeeringConnection";

impl Lifecycle for VpcPeeringAccepter {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let id = &args.vpc_peering_connection_id;
        match describe(cx, id).await? {
            Some(peering) if accepted(&peering) && is_ours(cx, &peering, intent).await? => Ok(Some(id.clone())),
            _ => Ok(None),
        }
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let id = &args.vpc_peering_connection_id;
        if let Some(peering) = describe(cx, id).await? {
            if accepted(&peering) {
                let ours = is_ours(cx, &peering, intent).await?;
                return if ours { Ok(id.clone()) } else { Err(cx.not_ours(ACCEPT, id)) };
            }
            if let Some(ended) = status(&peering).filter(|status| !on_its_way(status)) {
                let why = format!("{}: {id} cannot be accepted: {}", cx.address(), failure(&peering, ended));
                return Err(CloudError::new(ErrorClass::Invalid, ACCEPT, "NotPending", why));
            }
        }
        let peering = cx.ec2().accept_vpc_peering_connection().vpc_peering_connection_id(id);
        cx.call(ACCEPT, peering.send()).await?;
        Ok(id.clone())
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, intent: &Intent) -> Result<()> {
        let Some(peering) = describe(cx, id).await? else { return Err(not_visible(cx, id)) };
        if own_tags(cx, &peering) {
            retag(cx, id, &Tags::new(), &tags::given(&args.tags, intent)).await?;
        }
        let new = VpcPeeringAccepter {
            allow_dns_resolution_from_remote_vpc: false,
            requester_allow_dns_resolution_from_remote_vpc: false,
            ..args.clone()
        };
        set_options(cx, id, &peering, &new, args).await
    }

    async fn settle(cx: &Cx<'_>, id: &str, _args: &Self) -> Result<Settled> {
        let Some(peering) = describe(cx, id).await? else { return Ok(Settled::Wait(None)) };
        Ok(match status(&peering) {
            Some(Status::Active) => Settled::Ready,
            Some(other) if !on_its_way(other) => Settled::Failed(failure(&peering, other)),
            _ => Settled::Wait(None),
        })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let Some(peering) = describe(cx, id).await?.filter(accepted) else { return Ok(None) };
        let requester_allows = match far_side(cx, &peering) {
            None => allows(peering.requester_vpc_info()),
            // Its options are reported in its own region; nobody but its own account can ask there.
            Some(side) if side.owner_id() == Some(cx.account()) => {
                let there = describe(&cx.at(side.region().unwrap_or(cx.region())), id).await?;
                there.as_ref().and_then(|peering| allows(peering.requester_vpc_info()))
            }
            Some(_) => None,
        };
        let live = VpcPeeringAccepter {
            vpc_peering_connection_id: id.to_owned(),
            allow_dns_resolution_from_remote_vpc: allows(peering.accepter_vpc_info()).unwrap_or_default(),
            requester_allow_dns_resolution_from_remote_vpc: requester_allows.unwrap_or_default(),
            tags: if own_tags(cx, &peering) { tags::user(peering.tags()) } else { last.tags.clone() },
        };
        Ok(Some((live, NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        let Some(peering) = describe(cx, id).await? else { return Err(not_visible(cx, id)) };
        if own_tags(cx, &peering) {
            retag(cx, id, &old.tags, &new.tags).await?;
        }
        set_options(cx, id, &peering, old, new).await
    }

    async fn delete(_cx: &Cx<'_>, _id: &str, _last: &Self) -> Result<()> {
        // What was accepted cannot be handed back; the connection ends by its other resource.
        Ok(())
    }

    async fn deleted(_cx: &Cx<'_>, _id: &str, _last: &Self) -> Result<Settled> {
        Ok(Settled::Ready)
    }
}

fn not_visible(cx: &Cx<'_>, id: &str) -> CloudError {
    let why = format!("{}: {id} is not visible in {} yet", cx.address(), cx.region());
    CloudError::new(ErrorClass::NotYetConsistent, "ec2:DescribeVpcPeeringConnections", "NotYetVisible", why)
}

fn accepted(peering: &Found) -> bool {
    matches!(status(peering), Some(Status::Active | Status::Provisioning))
}

/// Whether it is active or can still become it.
fn on_its_way(status: &Status) -> bool {
    use Status::{Active, InitiatingRequest, PendingAcceptance, Provisioning};
    matches!(status, Active | InitiatingRequest | PendingAcceptance | Provisioning)
}

/// The asking side, where it is in another region or account.
fn far_side<'p>(cx: &Cx<'_>, peering: &'p Found) -> Option<&'p Side> {
    let is_here = |side: &&Side| side.region() == Some(cx.region()) && side.owner_id() == Some(cx.account());
    peering.requester_vpc_info().filter(|side| !is_here(side))
}

/// Whether this side has tags of its own.
fn own_tags(cx: &Cx<'_>, peering: &Found) -> bool {
    far_side(cx, peering).is_some()
}

async fn is_ours(cx: &Cx<'_>, peering: &Found, intent: &Intent) -> Result<bool> {
    let Some(side) = far_side(cx, peering) else { return Ok(tags::of_same_environment(peering.tags(), intent)) };
    if peering.tags().tags().contains_key(tag::OPERATION) {
        return Ok(tags::ours(peering.tags(), intent));
    }
    if side.owner_id() != Some(cx.account()) {
        return Ok(false);
    }
    let id = peering.vpc_peering_connection_id().unwrap_or_default();
    let there = describe(&cx.at(side.region().unwrap_or(cx.region())).looking(), id).await?;
    Ok(there.is_some_and(|peering| tags::of_same_environment(peering.tags(), intent)))
}

fn allows(side: Option<&Side>) -> Option<bool> {
    side.and_then(|side| side.peering_options()).and_then(|options| options.allow_dns_resolution_from_remote_vpc())
}

/// Sets what differs, each side's in its own region.
async fn set_options(
    cx: &Cx<'_>,
    id: &str,
    peering: &Found,
    old: &VpcPeeringAccepter,
    new: &VpcPeeringAccepter,
) -> Result<()> {
    const CALL: &str = "ec2:ModifyVpcPeeringConnectionOptions";
    let options =
        |allow| PeeringConnectionOptionsRequest::builder().allow_dns_resolution_from_remote_vpc(allow).build();
    let (was, shall) = (old.allow_dns_resolution_from_remote_vpc, new.allow_dns_resolution_from_remote_vpc);
    if was != shall {
        let modify = cx.ec2().modify_vpc_peering_connection_options().vpc_peering_connection_id(id);
        cx.call(CALL, modify.accepter_peering_connection_options(options(shall)).send()).await?;
    }
    let was = old.requester_allow_dns_resolution_from_remote_vpc;
    let shall = new.requester_allow_dns_resolution_from_remote_vpc;
    if was != shall {
        let region = far_side(cx, peering).and_then(Side::region).unwrap_or(cx.region());
        let there = cx.at(region);
        let modify = there.ec2().modify_vpc_peering_connection_options().vpc_peering_connection_id(id);
        there.call(CALL, modify.requester_peering_connection_options(options(shall)).send()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{Reply, Subject, Wire};
    use dr_core::cloud::Cloud as _;
    use dr_core::value::Value;

    const ACCEPTER: &str = r#"{"vpc_peering_connection_id":"pcx-1","allow_dns_resolution_from_remote_vpc":false,
        "requester_allow_dns_resolution_from_remote_vpc":false,"tags":{"a":"b"}}"#;

    /// A connection that was asked for in a region, with the tags of an environment, if any.
    fn peering(status: &str, asked_in: &str, environment: &str) -> Reply {
        let tag = |key: &str, value: &str| format!("<item><key>{key}</key><value>{value}</value></item>");
        let tags = tag("dr:program", "p") + &tag("dr:env", environment) + &tag("Side", asked_in);
        let tags = if environment.is_empty() { String::new() } else { tags };
        let side = |of: &str, vpc: &str, region: &str| {
            format!(
                "<{of}><ownerId>123456789012</ownerId><vpcId>{vpc}</vpcId><region>{region}</region><peeringOptions>\
                 <allowDnsResolutionFromRemoteVpc>true</allowDnsResolutionFromRemoteVpc></peeringOptions></{of}>"
            )
        };
        let body = format!(
            "<vpcPeeringConnectionSet><item><vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId>{}{}<status><code>\
             {status}</code><message>why</message></status><tagSet>{tags}</tagSet></item></vpcPeeringConnectionSet>",
            side("requesterVpcInfo", "vpc-1", asked_in),
            side("accepterVpcInfo", "vpc-2", "us-east-1"),
        );
        Reply::ec2("DescribeVpcPeeringConnections", &body)
    }

    fn accepter() -> Subject {
        Subject::new("ec2.vpc_peering_accepter", ACCEPTER)
    }

    #[tokio::test]
    async fn an_acceptance_without_tags_is_of_the_environment_that_asked() {
        let accepter = accepter();
        for (environment, expected) in [("pr-1", Some("pcx-1")), ("pr-2", None), ("", None)] {
            let far = peering("active", "us-west-2", environment);
            let (aws, wire) = Wire::cloud(&[peering("active", "us-west-2", ""), far]).await;
            let found = aws.find(accepter.at(), &accepter.args, &accepter.intent).await.unwrap();
            assert_eq!(found.as_deref(), expected, "{environment}");
            assert!(wire.requests()[1].contains("ec2.us-west-2."), "{}", wire.requests()[1]);
        }
    }

    #[tokio::test]
    async fn within_a_region_the_tags_of_the_asking_side_are_left_alone() {
        let accepter = accepter();
        let here = || peering("active", "us-east-1", "pr-1");
        let (aws, wire) = Wire::cloud(&[here(), here(), here()]).await;
        let found = aws.find(accepter.at(), &accepter.args, &accepter.intent).await.unwrap();
        assert_eq!(found.as_deref(), Some("pcx-1"));
        aws.configure(accepter.at(), "pcx-1", &accepter.args, &accepter.intent).await.unwrap();
        let live = aws.read(accepter.at(), "pcx-1", &accepter.args).await.unwrap().unwrap();
        assert_eq!(live.args.get("tags"), accepter.args.get("tags"));
        assert!(wire.requests().iter().all(|request| !request.contains("CreateTags")));
    }

    #[tokio::test]
    async fn each_sides_options_are_set_and_read_in_its_own_region() {
        let accepter = accepter();
        let far = || peering("active", "us-west-2", "");
        let mut new = accepter.args.clone();
        new.insert("requester_allow_dns_resolution_from_remote_vpc".into(), Value::Bool(true));
        let done = Reply::ec2("ModifyVpcPeeringConnectionOptions", "");
        let (aws, wire) = Wire::cloud(&[far(), done, far(), far()]).await;
        aws.update(accepter.at(), "pcx-1", &accepter.args, &new).await.unwrap();
        let live = aws.read(accepter.at(), "pcx-1", &new).await.unwrap().unwrap();
        assert_eq!(live.args["requester_allow_dns_resolution_from_remote_vpc"], Value::Bool(true));
        let requests = wire.requests();
        for (request, region) in requests.iter().zip(["us-east-1", "us-west-2", "us-east-1", "us-west-2"]) {
            assert!(request.contains(&format!("ec2.{region}.")), "{request}");
        }
        assert!(requests[1].contains("RequesterPeeringConnectionOptions"), "{}", requests[1]);
    }

    #[tokio::test]
    async fn what_has_failed_is_not_waited_for() {
        let accepter = accepter();
        let (aws, _) =
            Wire::cloud(&[peering("failed", "us-west-2", "pr-1"), peering("expired", "us-west-2", "pr-1")]).await;
        let error = aws.create(accepter.at(), &accepter.args, &accepter.intent).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Invalid);
        assert!(error.message.ends_with("it is failed: why"), "{error}");
        let settled = aws.settle(accepter.at(), "pcx-1", &accepter.args).await.unwrap();
        assert_eq!(settled, Settled::Failed("it is expired: why".into()));
    }
}
