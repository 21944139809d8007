//! Elastic Load Balancing: application and network load balancers.
//!
//! Everything but targets has tags from the start. Whoever makes something with the name and settings of what exists
//! gets that one, so it is asked for first. Most settings are attributes, texts by name; those of a new resource have
//! known defaults, and only what differs is sent.

crate::lifecycle::service! {
    elbv2 ("elasticloadbalancing", errors::ERRORS) {
        listener::Listener,
        load_balancer::LoadBalancer,
        target_attachment::TargetAttachment,
        target_group::TargetGroup,
    }
}

crate::tags::tag_type!(optional aws_sdk_elasticloadbalancingv2::types::Tag);

mod action;
mod attributes;
mod errors;
mod quota;
mod tagging;
#[cfg(test)]
mod tests;
