//! Tags: the engine's own, which mark what belongs to whom, and the user's.
//!
//! Services take tags as maps or as lists of structs of their own. [`tag_type!`] tells how a service's struct is made
//! and read; everything else is said once, here, over [`Tags`].

use std::future::Future;

use dr_core::address::Address;
use dr_core::cloud::{Intent, TaggedResource, tag};
use dr_core::convert::Tags;
use dr_core::value::Str;

use crate::lifecycle::Result;

/// What reserved tags of AWS start with.
const RESERVED: &str = "aws:";

/// A service's own tag.
pub(crate) trait ServiceTag: Sized {
    /// Makes one; `None` never happens for a tag with key and value.
    fn make(key: String, value: String) -> Option<Self>;
    /// Its name and value.
    fn pair(&self) -> (&str, &str);
}

/// Says how a service's tag is made and read: `tag_type!(aws_sdk_iam::types::Tag)`. Add `checked` where the SDK's
/// `build` can fail, `optional` where key and value may be missing, and the methods' names where they are others.
macro_rules! tag_type {
    (@built checked $built:expr) => { $built.ok() };
    (@built optional $built:expr) => { Some($built) };
    (@text checked $text:expr) => { $text };
    (@text optional $text:expr) => { $text.unwrap_or_default() };
    ($mode:ident $tag:ty) => { $crate::tags::tag_type!($mode $tag, key, value); };
    ($mode:ident $tag:ty, $key:ident, $value:ident) => {
        impl $crate::tags::ServiceTag for $tag {
            fn make(key: String, value: String) -> Option<Self> {
                $crate::tags::tag_type!(@built $mode <$tag>::builder().$key(key).$value(value).build())
            }
            fn pair(&self) -> (&str, &str) {
                (
                    $crate::tags::tag_type!(@text $mode self.$key()),
                    $crate::tags::tag_type!(@text $mode self.$value()),
                )
            }
        }
    };
}
pub(crate) use tag_type;

/// What a new resource is given: the user's tags and the engine's.
pub(crate) fn given(user: &Tags, intent: &Intent) -> Tags {
    let own = intent.tags().map(|(key, value)| (key.to_owned(), value.to_owned()));
    user.clone().into_iter().chain(own).collect()
}

/// Whether there are all of these among tags.
pub(crate) fn has_all(tags: &Tags, wanted: &[(&str, &str)]) -> bool {
    wanted.iter().all(|(key, value)| tags.get(*key).is_some_and(|has| has == value))
}

/// Tags as a service's own structs.
pub(crate) fn list<T: ServiceTag>(tags: Tags) -> Vec<T> {
    tags.into_iter().filter_map(|(key, value)| T::make(key, value)).collect()
}

/// Anything that services report tags as.
pub(crate) trait Reported {
    /// All tags.
    fn tags(self) -> Tags;
}

impl<T: ServiceTag> Reported for &[T] {
    fn tags(self) -> Tags {
        self.iter().map(|tag| (tag.pair().0.to_owned(), tag.pair().1.to_owned())).collect()
    }
}

impl<'a, M> Reported for Option<&'a M>
where
    &'a M: IntoIterator<Item = (&'a String, &'a String)>,
{
    fn tags(self) -> Tags {
        self.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

/// The user's tags among those that a service reports.
pub(crate) fn user(reported: impl Reported) -> Tags {
    let mut tags = reported.tags();
    tags.retain(|key, _| !key.starts_with(tag::PREFIX) && !key.starts_with(RESERVED));
    tags
}

/// Whether the tags that a service reports say that this operation created the resource.
pub(crate) fn ours(reported: impl Reported, intent: &Intent) -> bool {
    reported.tags().get(tag::OPERATION).is_some_and(|op| **op == *intent.op)
}

/// Whether the tags that a service reports say that the resource belongs to the same environment of the same program.
/// For parts of it that cannot be tagged.
#[allow(dead_code, reason = "not every service has such parts")]
pub(crate) fn of_same_environment(reported: impl Reported, intent: &Intent) -> bool {
    let tags = reported.tags();
    let is = |key: &str, value: &str| tags.get(key).is_some_and(|tag| tag == value);
    is(tag::ENVIRONMENT, &intent.environment) && is(tag::PROGRAM, &intent.program)
}

/// What a resource's ARN and tags tell.
pub(crate) fn found(arn: &str, tags: &Tags) -> TaggedResource {
    let text = |name: &str| tags.get(name).map(|value| Str::from(value.as_str()));
    let address = text(tag::ADDRESS);
    let kind = address.as_deref().and_then(|address| Address::parse(address).ok()).map(|address| address.kind().into());
    let region = arn.split(':').nth(3).filter(|region| !region.is_empty()).map(Str::from);
    TaggedResource { kind, region, id: arn.into(), address, program: text(tag::PROGRAM), op: text(tag::OPERATION) }
}

/// Turns some tags into others: `set` makes the call that sets tags, `remove` the one that removes them by name. Only
/// what differs is sent, and no empty call is made.
///
/// # Errors
/// Those of the calls.
#[allow(dead_code, reason = "not every service has tags")]
pub(crate) async fn change<S, R, A, B>(
    old: &Tags,
    new: &Tags,
    set: impl FnOnce(Tags) -> S + Send,
    remove: impl FnOnce(Vec<String>) -> R + Send,
) -> Result<()>
where
    S: Future<Output = Result<A>> + Send,
    R: Future<Output = Result<B>> + Send,
    A: Send,
    B: Send,
{
    let changes = changes(old, new);
    // In this order: where the case of keys means nothing, removing `Team` afterwards would take `team` away; and there
    // may be as many tags as there can be.
    if let Some(names) = changes.remove {
        remove(names).await?;
    }
    if let Some(tags) = changes.set {
        set(tags).await?;
    }
    Ok(())
}

/// What to do to tags; `None` where there is nothing to do, so that no empty call is made.
#[derive(Debug, PartialEq)]
pub(crate) struct Changes {
    /// To set: new ones, and those with another value.
    pub(crate) set: Option<Tags>,
    /// To remove, by name.
    pub(crate) remove: Option<Vec<String>>,
}

/// What turns some of the user's tags into others. The engine's own are never touched.
pub(crate) fn changes(old: &Tags, new: &Tags) -> Changes {
    let set: Tags =
        new.iter().filter(|(key, value)| old.get(*key) != Some(value)).map(|(k, v)| (k.clone(), v.clone())).collect();
    let remove: Vec<String> = old.keys().filter(|key| !new.contains_key(*key)).cloned().collect();
    Changes { set: (!set.is_empty()).then_some(set), remove: (!remove.is_empty()).then_some(remove) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dr_core::address::Address;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()
    }

    fn intent() -> Intent {
        let address = Address::parse("sqs.queue:q").unwrap();
        Intent { op: "op-1".into(), environment: "pr-1".into(), program: "p".into(), address }
    }

    #[test]
    fn what_is_given_is_read_back_without_marks() {
        let mine = tags(&[("team", "payments")]);
        let mut all = given(&mine, &intent());
        assert_eq!(all["dr:address"], "sqs.queue:q");
        assert!(ours(Some(&all), &intent()));
        all.insert("aws:cloudformation:stack-id".into(), "s".into());
        assert_eq!(user(Some(&all)), mine);
        all.insert("dr:op".into(), "another".into());
        assert!(!ours(Some(&all), &intent()));
    }

    #[test]
    fn only_differences_are_sent() {
        let (old, new) = (tags(&[("a", "1"), ("b", "1"), ("c", "1")]), tags(&[("a", "1"), ("b", "2"), ("d", "1")]));
        let expected = Changes { set: Some(tags(&[("b", "2"), ("d", "1")])), remove: Some(vec!["c".into()]) };
        assert_eq!(changes(&old, &new), expected);
        assert_eq!(changes(&old, &old), Changes { set: None, remove: None });
    }
}
