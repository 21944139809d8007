//! Amazon EventBridge.
//!
//! `PutRule`, `PutTargets` and `PutPermission` write over what is there, whoever made it, so it is asked for first.
//! Calls on several things at once answer with what failed of them inside a reply that is none of a failure.

crate::lifecycle::service! {
    events ("events", errors::ERRORS) { bus::Bus, bus_policy::BusPolicy, rule::EventRule, target::EventTarget }
}

crate::tags::tag_type!(checked aws_sdk_eventbridge::types::Tag);

mod errors;
mod tagging;
mod targets;
#[cfg(test)]
mod tests;
