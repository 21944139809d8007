//! Amazon API Gateway: REST APIs.
//!
//! What belongs to an API has no tags of its own, but for stages; it is found through the API, by what it is called
//! there. Changes are lists of PATCH operations (`patch`), made from what is there to what shall be: an operation that
//! has been done is refused when it comes again, so what is there is read first.

crate::lifecycle::service! {
    apigateway {
        deployment::Deployment,
        domain_name::DomainName,
        integration::Integration,
        mapping::Mapping,
        method::Method,
        resource::Resource,
        rest_api::RestApi,
        stage::Stage,
    }
}

mod patch;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use dr_core::convert::Tags;

use crate::cx::Cx;
use crate::lifecycle::Result;
use crate::tags;

/// Turns some of the user's tags into others.
async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.apigateway().tag_resource(), cx.apigateway().untag_resource());
    tags::change(
        old,
        new,
        |tags| {
            let set = set.resource_arn(arn).set_tags(Some(tags.into_iter().collect()));
            cx.call("apigateway:TagResource", set.send())
        },
        |names| {
            let remove = remove.resource_arn(arn).set_tag_keys(Some(names));
            cx.call("apigateway:UntagResource", remove.send())
        },
    )
    .await
}

/// Text, unless there is none of it.
fn filled(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A map of the SDK as arguments hold it.
fn sorted<'m, V: Clone + 'm>(map: Option<impl IntoIterator<Item = (&'m String, &'m V)>>) -> BTreeMap<String, V> {
    map.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// A map as the SDK takes it; `None` when there is nothing in it.
fn hashed<V: Clone, M: FromIterator<(String, V)>>(map: &BTreeMap<String, V>) -> Option<M> {
    (!map.is_empty()).then(|| map.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// A list as the SDK takes it; `None` when there is nothing in it.
fn listed(list: &[String]) -> Option<Vec<String>> {
    (!list.is_empty()).then(|| list.to_vec())
}
