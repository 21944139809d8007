//! `random`: what is drawn once and stays.

pub(crate) mod id;
pub(crate) mod password;

use dr_core::cloud::CloudError;
use dr_core::world::World;

use crate::error::failed;

/// So many random bytes.
fn bytes(world: &dyn World, count: usize) -> Result<Vec<u8>, CloudError> {
    let bytes = world.random(count);
    if bytes.len() == count { Ok(bytes) } else { Err(failed("Random", "the operating system has no random bytes")) }
}

/// A number below `bound`, all equally likely.
fn below(world: &dyn World, bound: usize) -> Result<usize, CloudError> {
    let bound = u32::try_from(bound.max(1)).unwrap_or(u32::MAX);
    let limit = u32::MAX - u32::MAX % bound;
    loop {
        let number = bytes(world, 4)?.iter().fold(0, |n, b| n << 8 | u32::from(*b));
        if number < limit {
            return Ok((number % bound) as usize);
        }
    }
}
