//! `elbv2.listener`: lifecycle. The id is the ARN.
//!
//! A load balancer has one listener at a port. The first certificate is the listener's own; further ones are a list with
//! calls of its own, which is asked for only where there are some.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{Certificate, Listener as Described, ProtocolEnum};
use dr_core::cloud::Intent;
use dr_kinds::elbv2::{Listener, ListenerOut};

use super::action;
use super::tagging::{retag, tags_of};
use crate::connect::small;
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, asked_for};
use crate::tags;

const DESCRIBE: &str = "elasticloadbalancing:DescribeListeners";

impl Lifecycle for Listener {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        match at_port(cx, args).await? {
            Some(arn) if is_ours(cx, &arn, intent).await? => Ok(Some(arn)),
            _ => Ok(None),
        }
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        const CALL: &str = "elasticloadbalancing:CreateListener";
        if let Some(arn) = at_port(&cx.looking(), args).await? {
            let ours = is_ours(&cx.looking(), &arn, intent).await?;
            let what = || format!("a listener at port {} of {}", args.port, args.load_balancer_arn);
            return if ours { Ok(arn) } else { Err(cx.not_ours(CALL, &what())) };
        }
        let listener = cx.elbv2().create_listener().load_balancer_arn(&args.load_balancer_arn);
        let listener = listener.port(small(args.port)).protocol(ProtocolEnum::from(args.protocol.as_str()));
        let listener = listener.set_ssl_policy(args.ssl_policy.clone());
        let listener = listener.set_certificates(args.certificates.first().map(|arn| vec![certificate(arn)]));
        let listener = listener.set_alpn_policy(args.alpn_policy.clone().map(|policy| vec![policy]));
        let listener = listener.set_default_actions(Some(args.default_actions.iter().map(action::made).collect()));
        let listener = listener.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        let made = cx.call(CALL, listener.send()).await?.listeners.unwrap_or_default().into_iter().next();
        made.and_then(|made| made.listener_arn).ok_or_else(|| cx.incomplete(CALL, "ARN"))
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        if args.certificates.len() > 1 { certify(cx, id, args).await } else { Ok(()) }
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, ListenerOut)>> {
        let reply = cx.call(DESCRIBE, cx.elbv2().describe_listeners().listener_arns(id).send()).await.found()?;
        let Some(listener) = reply.and_then(|reply| asked_for(id, reply.listeners, |one| one.listener_arn())) else {
            return Ok(None);
        };
        let Some(tagged) = tags_of(cx, id).await? else { return Ok(None) };
        let actions = listener.default_actions().iter().enumerate();
        let live = Listener {
            port: listener.port.map_or(last.port, i64::from),
            protocol: listener.protocol().map_or(last.protocol.clone(), |protocol| protocol.as_str().to_owned()),
            ssl_policy: listener.ssl_policy.clone().filter(|policy| !policy.is_empty()),
            certificates: certificates(cx, id, &listener, last).await?,
            alpn_policy: listener.alpn_policy().first().cloned(),
            default_actions: actions.filter_map(|(i, one)| action::read(one, last.default_actions.get(i))).collect(),
            tags: tags::user(&*tagged),
            ..last.clone()
        };
        Ok(Some((live, ListenerOut { arn: id.to_owned() })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        let own = |listener: &Self| Listener {
            certificates: listener.certificates.iter().take(1).cloned().collect(),
            tags: Default::default(),
            ..listener.clone()
        };
        if own(old) != own(new) {
            let listener = cx.elbv2().modify_listener().listener_arn(id).port(small(new.port));
            let listener = listener.protocol(ProtocolEnum::from(new.protocol.as_str()));
            let listener = listener.set_certificates(new.certificates.first().map(|arn| vec![certificate(arn)]));
            // A listener without TLS has no policy, though the one it had may still be known.
            let secure = matches!(new.protocol.as_str(), "HTTPS" | "TLS");
            let listener = listener.set_ssl_policy(new.ssl_policy.clone().filter(|_| secure));
            let listener = listener.set_alpn_policy(new.alpn_policy.clone().map(|policy| vec![policy]));
            let actions = new.default_actions.iter().map(action::made).collect();
            let listener = listener.set_default_actions(Some(actions));
            cx.call("elasticloadbalancing:ModifyListener", listener.send()).await?;
        }
        if old.certificates != new.certificates {
            certify(cx, id, new).await?;
        }
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let listener = cx.elbv2().delete_listener().listener_arn(id);
        cx.call("elasticloadbalancing:DeleteListener", listener.send()).await.found().map(drop)
    }
}

/// The ARN of the listener at this port, whoever made it.
async fn at_port(cx: &Cx<'_>, args: &Listener) -> Result<Option<String>> {
    let all = cx.elbv2().describe_listeners().load_balancer_arn(&args.load_balancer_arn);
    let all = cx.call(DESCRIBE, all.into_paginator().items().send().try_collect()).await.found()?;
    let at_port = |listener: &Described| listener.port.map(i64::from) == Some(args.port);
    Ok(all.unwrap_or_default().into_iter().find(at_port).and_then(|listener| listener.listener_arn))
}

async fn is_ours(cx: &Cx<'_>, arn: &str, intent: &Intent) -> Result<bool> {
    Ok(tags_of(cx, arn).await?.is_some_and(|tagged| tags::ours(&*tagged, intent)))
}

fn certificate(arn: &str) -> Certificate {
    Certificate::builder().certificate_arn(arn).build()
}

/// The listener's own certificate, and then the further ones in the order they were given.
async fn certificates(cx: &Cx<'_>, id: &str, listener: &Described, last: &Listener) -> Result<Vec<String>> {
    let mut arns: Vec<String> = listener.certificates().iter().filter_map(|one| one.certificate_arn.clone()).collect();
    arns.truncate(1);
    if last.certificates.len() > 1 {
        let mut others = Vec::from_iter(further(cx, id).await?.into_iter().filter(|arn| !arns.contains(arn)));
        others.sort_by_key(|arn| last.certificates.iter().position(|given| given == arn).unwrap_or(usize::MAX));
        arns.extend(others);
    }
    Ok(arns)
}

/// The list of further certificates. The listener's own may be among them too.
async fn further(cx: &Cx<'_>, id: &str) -> Result<BTreeSet<String>> {
    let all = cx.elbv2().describe_listener_certificates().listener_arn(id).into_paginator().items().send();
    let all = cx.call("elasticloadbalancing:DescribeListenerCertificates", all.try_collect()).await.found()?;
    let others = all.unwrap_or_default().into_iter().filter(|one| one.is_default != Some(true));
    Ok(others.filter_map(|one| one.certificate_arn).collect())
}

/// Makes the list of further certificates what it is to be.
async fn certify(cx: &Cx<'_>, id: &str, wanted: &Listener) -> Result<()> {
    let there = further(cx, id).await?;
    let only = |arns: &mut dyn Iterator<Item = &String>| arns.map(|arn| certificate(arn)).collect::<Vec<Certificate>>();
    let add = only(&mut wanted.certificates.iter().skip(1).filter(|arn| !there.contains(*arn)));
    // The listener's own may stay among them: it counts for nothing there, until another is the listener's own.
    let remove = only(&mut there.iter().filter(|arn| !wanted.certificates.contains(arn)));
    if !add.is_empty() {
        let listener = cx.elbv2().add_listener_certificates().listener_arn(id).set_certificates(Some(add));
        cx.call("elasticloadbalancing:AddListenerCertificates", listener.send()).await?;
    }
    if !remove.is_empty() {
        let listener = cx.elbv2().remove_listener_certificates().listener_arn(id).set_certificates(Some(remove));
        cx.call("elasticloadbalancing:RemoveListenerCertificates", listener.send()).await?;
    }
    Ok(())
}
