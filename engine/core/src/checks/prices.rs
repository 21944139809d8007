//! Prices: what AWS asks for what is merely there, in thousandths of a US dollar.
//!
//! List prices on demand, without free tiers, of us-east-1, us-east-2 and us-west-2, where they are the same; other regions
//! ask for up to a third more. A month has 730 hours. Source: <https://aws.amazon.com/pricing/>.

/// The month that the prices are of.
pub const AS_OF: &str = "2025-06";
/// The hours of a month.
pub(super) const HOURS: i64 = 730;

/// What something costs in a month, in thousandths of a dollar.
pub(super) const NAT_GATEWAY: i64 = 45 * HOURS;
/// A public address, also one of a load balancer.
pub(super) const ADDRESS: i64 = 5 * HOURS;
/// A network interface of an interface endpoint, of which there is one in each subnet.
pub(super) const ENDPOINT: i64 = 10 * HOURS;
/// A load balancer without the capacity that it uses: 22.5 thousandths an hour.
pub(super) const LOAD_BALANCER: i64 = 225 * HOURS / 10;
pub(super) const KEY: i64 = 1_000;
pub(super) const SECRET: i64 = 400;
pub(super) const ZONE: i64 = 500;
/// A health check of an endpoint on AWS; and each of its options: HTTPS, a text to find, a short interval, latency.
pub(super) const HEALTH_CHECK: i64 = 500;
pub(super) const HEALTH_CHECK_OPTION: i64 = 1_000;
pub(super) const ALARM: i64 = 100;
/// An alarm that looks more often than once a minute.
pub(super) const FAST_ALARM: i64 = 300;
pub(super) const COMPOSITE_ALARM: i64 = 500;
pub(super) const DASHBOARD: i64 = 3_000;
/// A capacity unit of Aurora Serverless: about 2 GiB of memory.
pub(super) const CAPACITY_UNIT: i64 = 120 * HOURS;
/// What Aurora's storage without charges for I/O adds to an instance, in hundredths.
pub(super) const OPTIMIZED: i64 = 130;
/// Provisioned capacity of a table, in hundredths of a thousandth of a dollar an hour: a unit that writes, one that reads.
pub(super) const WRITE_UNIT: i64 = 65;
pub(super) const READ_UNIT: i64 = 13;

/// Instances of Aurora: family, and what its size `large` costs an hour, in thousandths of a dollar.
const FAMILIES: &[(&str, i64)] =
    &[("db.r5", 290), ("db.r6g", 260), ("db.r6i", 290), ("db.r7g", 276), ("db.t3", 164), ("db.t4g", 146)];
/// Sizes, in halves of a `large`.
const SIZES: &[(&str, i64)] = &[
    ("medium", 1),
    ("large", 2),
    ("xlarge", 4),
    ("2xlarge", 8),
    ("4xlarge", 16),
    ("8xlarge", 32),
    ("12xlarge", 48),
    ("16xlarge", 64),
    ("24xlarge", 96),
];

/// What an instance of a class costs in a month; `None` where the table does not say.
pub(super) fn instance(class: &str) -> Option<i64> {
    let (family, size) = class.rsplit_once('.')?;
    let (_, large) = FAMILIES.iter().find(|(name, _)| *name == family)?;
    let (_, halves) = SIZES.iter().find(|(name, _)| *name == size)?;
    Some(large * halves * HOURS / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_cost_what_their_size_says() {
        for (class, month) in [
            ("db.t3.medium", Some(59_860)),
            ("db.t3.large", Some(119_720)),
            ("db.r5.large", Some(211_700)),
            ("db.r6g.large", Some(189_800)),
            ("db.r6g.xlarge", Some(379_600)),
            ("db.r7g.2xlarge", Some(805_920)),
            ("db.x2g.large", None),
            ("db.r6g.huge", None),
            ("db.serverless", None),
            ("large", None),
        ] {
            assert_eq!(instance(class), month, "{class}");
        }
    }
}
