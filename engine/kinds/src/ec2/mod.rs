//! Amazon Elastic Compute Cloud and its networks.

service! { availability_zones::AvailabilityZones, region::Region }
