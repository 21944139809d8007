//! Networks, which can be written in more than one way.

use std::net::IpAddr;

/// A network as it was given, where what is reported is the same one: EC2 has one way of writing it.
pub(super) fn as_given(given: &str, reported: &str) -> String {
    if is_same_network(given, reported) { given.to_owned() } else { reported.to_owned() }
}

/// Whether two texts name the same network: bits that do not belong to it and the way of writing it do not count.
pub(super) fn is_same_network(a: &str, b: &str) -> bool {
    a == b || network(a).is_some_and(|a| network(b) == Some(a))
}

/// The bits of a network and how many there are of how many.
fn network(cidr: &str) -> Option<(u128, u32, u32)> {
    let (address, length) = cidr.split_once('/')?;
    let length: u32 = length.parse().ok()?;
    let (bits, all) = match address.parse().ok()? {
        IpAddr::V4(address) => (u128::from(u32::from(address)), u32::BITS),
        IpAddr::V6(address) => (u128::from(address), u128::BITS),
    };
    let rest = all.checked_sub(length)?;
    Some((bits.checked_shr(rest).unwrap_or(0), length, all))
}
