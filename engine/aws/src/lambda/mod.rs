//! AWS Lambda.

crate::lifecycle::service! {
    lambda {
        alias::FunctionAlias, concurrency::Concurrency, event_source_mapping::EventSourceMapping, function::Function,
        permission::Permission
    }
}

#[cfg(test)]
mod tests;

use dr_core::compare::same;
use dr_core::convert::{KindArgs, Tags};
use dr_core::schema::Presence;
use dr_core::value::Value;

use crate::cx::Cx;
use crate::lifecycle::Result;
use crate::tags;

/// Whether an argument is given, and is not what Lambda takes anyway.
fn chosen<K: KindArgs>(args: &K) -> impl Fn(&str) -> bool {
    let given = args.to_map();
    move |name| {
        let default = K::KIND.arg(name).and_then(|field| match field.presence {
            Presence::Default(default) => Some((field, default.value())),
            _ => None,
        });
        given.get(name).is_some_and(|value| default.is_none_or(|(field, default)| !same(field, &default, value)))
    }
}

/// Whether an argument differs between two states of a resource. What is absent counts as nothing.
fn differs<K: KindArgs>(old: &K, new: &K) -> impl Fn(&str) -> bool {
    let (old, new) = (old.to_map(), new.to_map());
    move |name| {
        let (before, after) = (old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null));
        K::KIND.arg(name).is_none_or(|field| !same(field, before, after))
    }
}

/// Turns some tags of a function or mapping into others.
async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.lambda().tag_resource(), cx.lambda().untag_resource());
    let set =
        |tags: Tags| cx.call("lambda:TagResource", set.resource(arn).set_tags(Some(tags.into_iter().collect())).send());
    let remove = |names| cx.call("lambda:UntagResource", remove.resource(arn).set_tag_keys(Some(names)).send());
    tags::change(old, new, set, remove).await
}

/// The ARN that API Gateway calls a function, or its alias, by.
fn invoke_arn(cx: &Cx<'_>, arn: &str) -> String {
    let partition = arn.split(':').nth(1).unwrap_or("aws");
    format!("arn:{partition}:apigateway:{}:lambda:path/2015-03-31/functions/{arn}/invocations", cx.region())
}
