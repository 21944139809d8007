//! `random.password`: characters of the sorts that are wanted, in any order.

use dr_core::cloud::CloudError;
use dr_core::value::{Map, Value};
use dr_core::world::World;

use super::below;
use crate::args::{count, is_on, text};
use crate::error::refused;

/// The kind's name.
pub(crate) const NAME: &str = "random.password";

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";

/// Makes the attributes.
pub(crate) fn make(world: &dyn World, args: &Map<Value>) -> Result<Map<Value>, CloudError> {
    Ok(Map::from([("result".into(), Value::from(draw(world, args)?).secret())]))
}

/// All attributes, by one of them.
pub(crate) fn recall(args: &Map<Value>, attribute: &str, value: &str) -> Option<Map<Value>> {
    let fits = attribute == "result" && count(args, "length").is_ok_and(|length| length == value.chars().count());
    fits.then(|| Map::from([("result".into(), Value::str(value).secret())]))
}

fn draw(world: &dyn World, args: &Map<Value>) -> Result<String, CloudError> {
    let sorts = [("lower", LOWER), ("upper", UPPER), ("numeric", DIGITS), ("special", text(args, "override_special")?)];
    let length = count(args, "length")?;
    let (mut chars, mut all) = (Vec::with_capacity(length), Vec::new());
    for (sort, set) in sorts {
        let set: Vec<char> = if is_on(args, sort)? { set.chars().collect() } else { Vec::new() };
        let least = count(args, &format!("min_{sort}"))?;
        if least > 0 && set.is_empty() {
            return Err(refused("a password needs at least some characters of a sort that it may not hold"));
        }
        for _ in 0..least {
            chars.push(set[below(world, set.len())?]);
        }
        all.extend(set);
    }
    if all.is_empty() || chars.len() > length {
        return Err(refused("a password cannot have fewer characters than it must have of each sort"));
    }
    while chars.len() < length {
        chars.push(all[below(world, all.len())?]);
    }
    for i in (1..chars.len()).rev() {
        chars.swap(i, below(world, i + 1)?);
    }
    Ok(chars.into_iter().collect())
}
