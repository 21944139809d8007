//! `random.id`: random bytes in three notations.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dr_core::cloud::CloudError;
use dr_core::value::{Map, Value};
use dr_core::world::World;

use super::bytes;
use crate::args::count;

/// The kind's name.
pub(crate) const NAME: &str = "random.id";

/// Makes the attributes.
pub(crate) fn make(world: &dyn World, args: &Map<Value>) -> Result<Map<Value>, CloudError> {
    let bytes = bytes(world, count(args, "byte_length")?)?;
    Ok(Map::from([
        ("hex".into(), hex::encode(&bytes).into()),
        ("b64".into(), URL_SAFE_NO_PAD.encode(&bytes).into()),
        ("dec".into(), decimal(&bytes).into()),
    ]))
}

/// The number that these bytes are, the most significant first, in decimal digits.
fn decimal(bytes: &[u8]) -> String {
    let mut digits = vec![0u8];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            let value = u32::from(*digit) * 256 + carry;
            *digit = (value % 10) as u8;
            carry = value / 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    digits.iter().rev().map(|d| char::from(b'0' + d)).collect()
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn bytes_are_a_number() {
        assert_eq!(decimal(&[]), "0");
        assert_eq!(decimal(&[0; 4]), "0");
        assert_eq!(decimal(&u64::MAX.to_be_bytes()), u64::MAX.to_string());
        assert_eq!(decimal(&[1, 0]), "256");
    }
}
