//! What services take although a check refuses it: the call succeeds, and something fails later or somebody else is harmed.
//!
//! The sandbox refuses what every other check refuses, of AWS's rules and of destroyability. A test violates each check,
//! and fails when something that stands here is refused all the same.

/// That services take what a check refuses.
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    /// The check's id.
    pub check: &'static str,
    /// Whether it finds other things too, which are refused ([`super::Finding::taken`]).
    pub in_part: bool,
    /// What becomes of it.
    pub why: &'static str,
}

const fn taken(check: &'static str, why: &'static str) -> Taken {
    Taken { check, in_part: false, why }
}

const fn in_part(check: &'static str, why: &'static str) -> Taken {
    Taken { check, in_part: true, why }
}

/// These checks.
pub const TAKEN: &[Taken] = &[
    taken("C07", "a peering that nobody accepts or that has no routes is there, and carries nothing"),
    taken("C08", "the function is made, and its calls end with their timeout"),
    taken("C10", "the health check is made, and finds its target ill"),
    in_part("C11", "a health check that asks the name which it decides about is made, and goes round in circles"),
    in_part("C12", "a record of a failover set comes before the other one; a set that nothing watches never switches"),
    taken("C13", "the record is made, and who follows it is refused for the name's sake"),
    in_part("C16", "the load balancer is made, and is reached once a route leads to its subnets"),
    taken("C24", "a secret in clear is a text like any other"),
    in_part("C27", "who calls a function is made before the permission comes, and its calls are refused until then"),
    taken("C30", "the function is made, and its calls find no handler"),
    taken("C37", "no service knows of a budget"),
    in_part("C40", "the rotation is set up, and its first run fails"),
    in_part("C51", "the rehearsal does not count versions: what a function without them gives is taken for one"),
    taken("D04", "backups go with their cluster, however many there are"),
    taken("D15", "no service knows of it: the plan of a destroy refuses"),
    taken("D22", "the rehearsal does not make the log groups that services make by themselves"),
    taken("D26", "the policy of somebody else's resource is overwritten without a word"),
    taken("D25", "tags are texts: the engine's own take their place"),
];

/// Whether services take all that a check finds.
pub(super) fn wholly(id: &str) -> bool {
    TAKEN.iter().any(|taken| taken.check == id && !taken.in_part)
}
