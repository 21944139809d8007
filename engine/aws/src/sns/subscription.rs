//! `sns.subscription`: lifecycle. The id is the subscription's ARN.
//!
//! A topic has one subscription per protocol and endpoint, and to subscribe again gives the same one. It cannot be
//! tagged: what subscribes the endpoint to the topic is this operation's. One that waits for its confirmation is listed
//! without its ARN, so it is not found but subscribed again, and it cannot be ended: it ends by itself, within days, or
//! with its topic.

use std::collections::BTreeMap;

use dr_core::cloud::{Intent, Settled};
use dr_core::convert::Json;
use dr_core::value::{Map, Value};
use dr_kinds::sns::{Subscription, SubscriptionOut, SubscriptionRedrivePolicy};

use super::attributes::SnsAttributes;
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, gone};

impl Lifecycle for Subscription {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        let pages = cx.sns().list_subscriptions_by_topic().topic_arn(&args.topic_arn);
        let pages = pages.into_paginator().send().try_collect();
        let pages = cx.call("sns:ListSubscriptionsByTopic", pages).await.found()?.unwrap_or_default();
        let mut subscriptions = pages.into_iter().flat_map(|page| page.subscriptions.unwrap_or_default());
        let found = subscriptions.find(|subscription| {
            subscription.protocol() == Some(&args.protocol) && subscription.endpoint() == Some(&args.endpoint)
        });
        // What is not confirmed yet is listed with a word in place of its ARN.
        Ok(found.and_then(|subscription| subscription.subscription_arn).filter(|arn| arn.starts_with("arn:")))
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        let attributes = attributes(args).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let subscription = cx.sns().subscribe().topic_arn(&args.topic_arn).protocol(&args.protocol);
        let subscription = subscription.endpoint(&args.endpoint).set_attributes(Some(attributes));
        let reply = cx.call("sns:Subscribe", subscription.return_subscription_arn(true).send()).await?;
        reply.subscription_arn.ok_or_else(|| cx.incomplete("sns:Subscribe", "ARN"))
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, SubscriptionOut)>> {
        let Some(reported) = reported(cx, id).await? else { return Ok(None) };
        let text = |name: &str| reported.get(name).cloned();
        let document = |name: &str| text(name).filter(|text| text != "{}").as_deref().map(Json::parse);
        let subscription = Subscription {
            raw_message_delivery: text("RawMessageDelivery").as_deref() == Some("true"),
            filter_policy: document("FilterPolicy"),
            filter_policy_scope: text("FilterPolicyScope"),
            redrive_policy: document("RedrivePolicy").and_then(|document| redrive(&document)),
            delivery_policy: document("DeliveryPolicy"),
            subscription_role_arn: text("SubscriptionRoleArn"),
            ..last.clone()
        };
        let pending_confirmation = is_pending(&reported);
        Ok(Some((subscription, SubscriptionOut { arn: id.to_owned(), pending_confirmation })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        let (before, after) = (attributes(old), attributes(new));
        // A filter on bodies may be nested, one on attributes may not: the scope widens first and narrows last.
        let scope_first = new.filter_policy_scope.as_deref() == Some("MessageBody");
        let (first, last): (Vec<&str>, Vec<&str>) = NAMES.iter().partition(|name| (**name == SCOPE) == scope_first);
        for name in first.into_iter().chain(last) {
            let value = match (before.get(name), after.get(name)) {
                (before, Some(after)) if before != Some(after) => Some(after.as_str()),
                // The scope goes with the filter.
                (Some(_), None) if *name != *SCOPE => cleared(name),
                _ => continue,
            };
            let subscription = cx.sns().set_subscription_attributes().subscription_arn(id).attribute_name(name);
            let subscription = subscription.set_attribute_value(value.map(str::to_owned));
            cx.call("sns:SetSubscriptionAttributes", subscription.send()).await?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        match cx.call("sns:Unsubscribe", cx.sns().unsubscribe().subscription_arn(id).send()).await.found() {
            Err(error) if error.message.contains("pending confirmation") => Ok(()),
            other => other.map(drop),
        }
    }

    async fn deleted(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<Settled> {
        Ok(gone(reported(cx, id).await?.filter(|reported| !is_pending(reported))))
    }
}

const SCOPE: &str = "FilterPolicyScope";

/// The attributes that can be set.
const NAMES: &[&str] =
    &[SCOPE, "DeliveryPolicy", "FilterPolicy", "RawMessageDelivery", "RedrivePolicy", "SubscriptionRoleArn"];

/// What an attribute is set to when it shall not be there any more.
fn cleared(name: &str) -> Option<&'static str> {
    match name {
        "DeliveryPolicy" | "FilterPolicy" => Some("{}"),
        "RawMessageDelivery" => Some("false"),
        // Nothing at all: SNS refuses an empty text.
        _ => None,
    }
}

/// The attributes of a subscription, or `None`.
async fn reported(cx: &Cx<'_>, id: &str) -> Result<Option<SnsAttributes>> {
    let subscription = cx.sns().get_subscription_attributes().subscription_arn(id).send();
    let reply = cx.call("sns:GetSubscriptionAttributes", subscription).await.found()?;
    let attributes = reply.map(|reply| reply.attributes.unwrap_or_default());
    Ok(attributes.map(|attributes| attributes.into_iter().filter(|(_, value)| !value.is_empty()).collect()))
}

fn is_pending(reported: &SnsAttributes) -> bool {
    reported.get("PendingConfirmation").is_some_and(|pending| pending == "true")
}

/// The attributes that say what the arguments say.
fn attributes(subscription: &Subscription) -> BTreeMap<&'static str, String> {
    let redrive = subscription.redrive_policy.as_ref().map(|redrive| {
        let target = ("deadLetterTargetArn".into(), Value::str(&redrive.dead_letter_target_arn));
        Value::Map(Map::from([target])).to_json()
    });
    let optional = [
        ("DeliveryPolicy", subscription.delivery_policy.as_ref().map(Json::text)),
        ("FilterPolicy", subscription.filter_policy.as_ref().map(Json::text)),
        // Without a filter there is no scope.
        (SCOPE, subscription.filter_policy_scope.clone().filter(|_| subscription.filter_policy.is_some())),
        ("RawMessageDelivery", subscription.raw_message_delivery.then(|| "true".to_owned())),
        ("RedrivePolicy", redrive),
        ("SubscriptionRoleArn", subscription.subscription_role_arn.clone()),
    ];
    optional.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn redrive(document: &Json) -> Option<SubscriptionRedrivePolicy> {
    let target = document.0.as_map()?.get("deadLetterTargetArn")?.as_str()?;
    Some(SubscriptionRedrivePolicy { dead_letter_target_arn: target.to_owned() })
}
