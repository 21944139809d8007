//! Draws: numbers that look like chance and are the same for the same seed.

use sha2::{Digest as _, Sha256};

/// A number from 0 up to, and without, 1.
pub(crate) fn draw<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> f64 {
    let mut hash = Sha256::new();
    parts.into_iter().for_each(|part| hash.update(part));
    hash.finalize().iter().take(6).fold(0.0, |sum, byte| (sum + f64::from(*byte)) / 256.0)
}
