//! Amazon Elastic Compute Cloud and its networks.

crate::lifecycle::service! {
    ec2 {} look_ups { availability_zones::AvailabilityZones, region::Region }
}

use aws_sdk_ec2::types::Filter;

/// A condition of a listing.
fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}
