//! Amazon Route 53.

service! { health_check::HealthCheck, record::DnsRecord, zone::Zone, zone_by_name::ZoneByName }
