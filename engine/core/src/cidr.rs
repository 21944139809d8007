//! IPv4 ranges such as `10.0.0.0/16`.

use std::net::Ipv4Addr;

use crate::text::{Str, shortened};

/// How much of a text messages show.
const SHOWN: usize = 60;

/// Reads an IPv4 range such as `10.0.0.0/16`: its network address and its prefix length.
///
/// # Errors
/// A sentence when the text is not a range or has bits set beyond its prefix.
pub fn parse(text: &str) -> Result<(u32, u32), String> {
    let bad = || format!("`{}` is not an IPv4 range such as `10.0.0.0/16`", shortened(text, SHOWN));
    let (ip, len) = text.split_once('/').ok_or_else(bad)?;
    let ip = u32::from(ip.parse::<Ipv4Addr>().map_err(|_| bad())?);
    let digits = len.bytes().all(|b| b.is_ascii_digit());
    let len: u32 = len.parse().ok().filter(|l| digits && *l <= 32).ok_or_else(bad)?;
    let mask = u32::MAX.checked_shl(32 - len).unwrap_or(0);
    if ip & !mask != 0 {
        return Err(format!(
            "`{text}` has bits set beyond its prefix; did you mean `{}/{len}`?",
            Ipv4Addr::from(ip & mask)
        ));
    }
    Ok((ip, len))
}

/// Whether two ranges have an address in common.
pub fn overlap(one: (u32, u32), other: (u32, u32)) -> bool {
    let shorter = one.1.min(other.1);
    let mask = u32::MAX.checked_shl(32 - shorter).unwrap_or(0);
    one.0 & mask == other.0 & mask
}

/// Whether all addresses of the second range are in the first.
pub fn contains(outer: (u32, u32), inner: (u32, u32)) -> bool {
    outer.1 <= inner.1 && overlap(outer, inner)
}

/// Subnet number `number` of a range, with `bits` more prefix bits.
///
/// # Errors
/// A sentence when the text is no range, or has no such subnet.
pub(crate) fn subnet(cidr: &str, bits: i64, number: i64) -> Result<Str, String> {
    let (ip, len) = parse(cidr)?;
    let new = u32::try_from(bits).ok().and_then(|b| len.checked_add(b)).filter(|l| *l <= 32);
    let new = new.ok_or_else(|| format!("`{cidr}` cannot be divided by {bits} more bits"))?;
    let n = u64::try_from(number).ok().filter(|n| *n < 1u64 << (new - len));
    let n = n.ok_or_else(|| format!("`{cidr}` with {bits} more bits has no subnet number {number}"))?;
    let offset = u32::try_from(n << (32 - new)).unwrap_or(0);
    Ok(format!("{}/{new}", Ipv4Addr::from(ip | offset)).into())
}

/// Address number `number` of a range; negative counts from its end.
///
/// # Errors
/// A sentence when the text is no range, or has no such address.
pub(crate) fn host(cidr: &str, number: i64) -> Result<Str, String> {
    let (ip, len) = parse(cidr)?;
    let size = 1i64 << (32 - len);
    let n = if number < 0 { size.checked_add(number) } else { Some(number) };
    let n = n.filter(|n| (0..size).contains(n)).ok_or_else(|| format!("`{cidr}` has no address number {number}"))?;
    Ok(Ipv4Addr::from(ip + u32::try_from(n).unwrap_or(0)).to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_divided() {
        assert_eq!(subnet("10.0.0.0/16", 8, 2).as_deref(), Ok("10.0.2.0/24"));
        assert_eq!(subnet("0.0.0.0/0", 32, 4_294_967_295).as_deref(), Ok("255.255.255.255/32"));
        for (range, bits, number) in [
            ("10.0.0.0/16", 8, 256),
            ("10.0.0.0/16", 17, 0),
            ("10.0.0.0/16", -1, 0),
            ("10.0.0.0/16", i64::MAX, 0),
            ("10.0.0.0/16", 8, -1),
            ("10.0.0.0/16", 8, i64::MAX),
            ("::/0", 8, 1),
            ("10.0.0.0/33", 0, 0),
            ("10.0.0.0/+8", 0, 0),
            ("10.0.0.0", 0, 0),
        ] {
            assert!(subnet(range, bits, number).is_err(), "{range} {bits} {number}");
        }
        assert!(subnet("10.0.0.1/16", 8, 0).is_err_and(|why| why.contains("10.0.0.0/16")));
    }

    #[test]
    fn addresses_are_counted_from_both_ends() {
        assert_eq!(host("10.0.1.0/24", -2).as_deref(), Ok("10.0.1.254"));
        assert_eq!(host("0.0.0.0/0", 4_294_967_295).as_deref(), Ok("255.255.255.255"));
        assert_eq!(host("0.0.0.0/0", -4_294_967_296).as_deref(), Ok("0.0.0.0"));
        for number in [256, -257, i64::MIN, i64::MAX] {
            assert!(host("10.0.1.0/24", number).is_err(), "{number}");
        }
    }
}
