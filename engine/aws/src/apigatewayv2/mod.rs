//! Amazon API Gateway: HTTP and WebSocket APIs.

crate::lifecycle::service! {
    apigatewayv2 {
        api::Api,
        domain_name::DomainName,
        integration::Integration,
        mapping::Mapping,
        route::Route,
        stage::Stage,
    }
}

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use dr_core::convert::Tags;

use crate::cx::Cx;
use crate::lifecycle::Result;
use crate::tags;

/// All items of a list, page by page: the SDK has no paginators for this service. An expression of type
/// `Result<Vec<_>>`.
macro_rules! every {
    ($cx:expr, $name:literal, $list:expr) => {
        async {
            let (list, mut all, mut next) = ($list.max_results("500"), Vec::new(), None);
            loop {
                let page = $cx.call($name, list.clone().set_next_token(next).send()).await?;
                all.extend(page.items.unwrap_or_default());
                next = page.next_token.filter(|token| !token.is_empty());
                if next.is_none() {
                    break $crate::lifecycle::Result::Ok(all);
                }
            }
        }
        .await
    };
}
use every;

/// Turns some of the user's tags into others.
async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.apigatewayv2().tag_resource(), cx.apigatewayv2().untag_resource());
    tags::change(
        old,
        new,
        |tags| {
            let set = set.resource_arn(arn).set_tags(Some(tags.into_iter().collect()));
            cx.call("apigatewayv2:TagResource", set.send())
        },
        |names| {
            let remove = remove.resource_arn(arn).set_tag_keys(Some(names));
            cx.call("apigatewayv2:UntagResource", remove.send())
        },
    )
    .await
}

/// Text, unless there is none of it.
fn filled(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// What an optional text is changed to, if it differs: nothing at all is written as empty text.
fn changed(old: Option<&str>, new: Option<&str>) -> Option<String> {
    (old != new).then(|| new.unwrap_or_default().to_owned())
}

/// A map of the SDK as arguments hold it.
fn sorted<'m, V: Clone + 'm>(map: Option<impl IntoIterator<Item = (&'m String, &'m V)>>) -> BTreeMap<String, V> {
    map.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// What turns a map into another, if they differ: all of it, as some entries must always come together, and entries
/// that go as what takes them away.
fn turned<V: Clone + Default + PartialEq, M: FromIterator<(String, V)>>(
    old: &BTreeMap<String, V>,
    new: &BTreeMap<String, V>,
) -> Option<M> {
    let gone = old.keys().filter(|key| !new.contains_key(*key)).map(|key| (key.clone(), V::default()));
    let set = new.iter().map(|(key, value)| (key.clone(), value.clone()));
    (old != new).then(|| gone.chain(set).collect())
}
