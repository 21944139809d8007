//! Amazon Route 53.
//!
//! Zones and health checks cannot be tagged when they are made: the operation is their caller reference, and that is
//! what they are found by. Changes are accepted at once and answered everywhere within a minute; nothing waits for that.
//! The service takes few calls, and one change of a zone at a time; it refuses others for the moment.

crate::lifecycle::service! {
    route53 ("route53", errors::ERRORS) { health_check::HealthCheck, record::DnsRecord, zone::Zone }
    look_ups { zone_by_name::ZoneByName }
}

crate::tags::tag_type!(optional aws_sdk_route53::types::Tag);

mod batch;
mod changes;
mod errors;
mod leftovers;
mod listing;
mod names;
mod quota;
mod record_set;
mod tagging;
#[cfg(test)]
mod tests;

pub(crate) use leftovers::LEFTOVERS;
