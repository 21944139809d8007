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
    Ok(attributes(&bytes(world, count(args, "byte_length")?)?))
}

/// All attributes, by one of them.
pub(crate) fn recall(args: &Map<Value>, attribute: &str, value: &str) -> Option<Map<Value>> {
    let bytes = match attribute {
        "hex" => hex::decode(value).ok()?,
        "b64" => URL_SAFE_NO_PAD.decode(value).ok()?,
        _ => return None,
    };
    let whole = attributes(&bytes);
    let fits = count(args, "byte_length").is_ok_and(|length| length == bytes.len());
    let same = whole.get(attribute).and_then(Value::as_str) == Some(value);
    (fits && same).then_some(whole)
}

fn attributes(bytes: &[u8]) -> Map<Value> {
    Map::from([
        ("hex".into(), hex::encode(bytes).into()),
        ("b64".into(), URL_SAFE_NO_PAD.encode(bytes).into()),
        ("dec".into(), decimal(bytes).into()),
    ])
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
    use super::*;

    #[test]
    fn one_notation_tells_the_others() {
        let args = Map::from([("byte_length".into(), Value::Int(2))]);
        let whole = attributes(&[1, 0xff]);
        for (name, text) in [("hex", "01ff"), ("b64", "Af8")] {
            assert_eq!(recall(&args, name, text).as_ref(), Some(&whole), "{name}");
        }
        for (name, text) in [("hex", "01f"), ("hex", "01ff00"), ("hex", "01FF"), ("b64", "?"), ("dec", "511")] {
            assert_eq!(recall(&args, name, text), None, "{name} {text}");
        }
    }

    #[test]
    fn bytes_are_a_number() {
        assert_eq!(decimal(&[]), "0");
        assert_eq!(decimal(&[0; 4]), "0");
        assert_eq!(decimal(&u64::MAX.to_be_bytes()), u64::MAX.to_string());
        assert_eq!(decimal(&[1, 0]), "256");
    }
}
