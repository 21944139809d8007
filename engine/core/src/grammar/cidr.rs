//! Ranges of addresses: `10.0.0.0/16`, `2001:db8::/32`.
//!
//! EC2 takes a range with bits beyond its prefix and keeps another one: that is refused here, since what is there would
//! then never be what the program says.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::flaw::{Flaw, at, shown};

/// What is wrong with a range of IPv4 addresses whose prefix has a length between these two.
pub(super) fn flaw(text: &str, least: u8, most: u8) -> Option<Flaw> {
    let no = |why: String| Flaw::new(format!("is not a range of IPv4 addresses: {why}"));
    let Some((address, length)) = text.split_once('/') else {
        let flaw = no(format!("{} has no length, such as `/{}`", shown(text), if most == 32 { 32 } else { least }));
        return Some(match text.parse::<Ipv4Addr>() {
            Ok(_) if most == 32 => flaw.help(format!("for this one address write `{text}/32`")),
            Ok(_) => flaw.help(format!("write the length behind the address: `{text}/{least}`")),
            Err(_) => flaw.help("write it as `10.0.0.0/16`"),
        });
    };
    let Ok(address) = address.parse::<Ipv4Addr>() else {
        return Some(of_address(text, address, &no));
    };
    let digits = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit());
    let Some(bits) = length.parse::<u8>().ok().filter(|bits| digits && *bits <= 32) else {
        return Some(no(format!("the length {} is not a number from 0 to 32, {}", shown(length), at(text, length))));
    };
    if bits < least || bits > most {
        let nearest = bits.clamp(least, most);
        let network = Ipv4Addr::from(u32::from(address) & mask(nearest));
        let flaw = Flaw::new(format!("has the length /{bits}; it must be between /{least} and /{most}"));
        return Some(flaw.help(format!("the nearest that is possible is `{network}/{nearest}`")));
    }
    let network = Ipv4Addr::from(u32::from(address) & mask(bits));
    (network != address).then(|| {
        let flaw = Flaw::new(format!("is {}, which has bits set beyond its prefix of {bits} bits", shown(text)));
        flaw.help(format!("the network that it is in is `{network}/{bits}`"))
    })
}

fn mask(bits: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0)
}

/// What is wrong with the address of a range.
fn of_address(text: &str, address: &str, no: &dyn Fn(String) -> Flaw) -> Flaw {
    let parts: Vec<&str> = address.split('.').collect();
    if address.contains(':') {
        return no(format!("{} is an IPv6 address", shown(address)));
    }
    if parts.len() != 4 {
        return no(format!("the address {} has {} numbers, not four", shown(address), parts.len()));
    }
    match parts.into_iter().find(|part| format!("{part}.0.0.0").parse::<Ipv4Addr>().is_err()) {
        Some(part) => no(format!("{} is not a number from 0 to 255, {}", shown(part), at(text, part))),
        None => no(format!("{} is no address", shown(address))),
    }
}

/// What is wrong with a range of IPv6 addresses.
pub(super) fn flaw_of_v6(text: &str) -> Option<Flaw> {
    let no = |why: String| Flaw::new(format!("is not a range of IPv6 addresses: {why}"));
    let example = "write it as `2001:db8::/32`";
    let Some((address, length)) = text.split_once('/') else {
        return Some(no(format!("{} has no length", shown(text))).help(example));
    };
    let Ok(address) = address.parse::<Ipv6Addr>() else {
        return Some(no(format!("{} is no IPv6 address", shown(address))).help(example));
    };
    let digits = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit());
    let Some(bits) = length.parse::<u8>().ok().filter(|bits| digits && *bits <= 128) else {
        return Some(no(format!("the length {} is not a number from 0 to 128, {}", shown(length), at(text, length))));
    };
    let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
    let network = Ipv6Addr::from(u128::from(address) & mask);
    (network != address).then(|| {
        let flaw = Flaw::new(format!("is {}, which has bits set beyond its prefix of {bits} bits", shown(text)));
        flaw.help(format!("the network that it is in is `{network}/{bits}`"))
    })
}
