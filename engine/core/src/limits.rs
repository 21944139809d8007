//! How large a value may become.
//!
//! A program, or a plan that computes at apply, can multiply texts and lists: the size of a result is computed and
//! compared with these limits before the result is made.

/// The longest script, in bytes.
pub const SCRIPT: usize = 4 << 20;
/// The longest text, in bytes.
pub const TEXT: usize = 4 << 20;
/// The most items of a list, and the most entries of a map.
pub const ITEMS: usize = 1_000_000;
/// The largest value as a whole: see [`Weight`].
pub const WHOLE: usize = 64 << 20;
/// How deep lists and maps may be nested in a value.
pub const DEEPEST: usize = 64;
/// What a number, a list or a map weighs by itself, in bytes.
const PART: usize = 32;

/// That a value would become larger than it may be. The text says what, and how large it may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TooLarge(String);

impl From<TooLarge> for String {
    fn from(error: TooLarge) -> String {
        error.0
    }
}

/// Answers with the length of a text that is to be made, in bytes; `None` stands for one beyond all counting.
///
/// # Errors
/// When it is longer than a text may be.
pub fn text(bytes: Option<usize>) -> Result<usize, TooLarge> {
    bytes.filter(|n| *n <= TEXT).ok_or_else(too_long)
}

/// The error of a text that is longer than a text may be.
pub fn too_long() -> TooLarge {
    TooLarge(format!("this text would be longer than {} MiB", TEXT >> 20))
}

/// Answers with the length of a list or map that is to be made; `None` stands for one beyond all counting.
///
/// # Errors
/// When it is longer than a list or map may be.
pub fn items(count: Option<usize>) -> Result<usize, TooLarge> {
    let refused = || TooLarge(format!("this list or map would have more than {ITEMS} items"));
    count.filter(|n| *n <= ITEMS).ok_or_else(refused)
}

/// Answers with the length of a script that is to be read or parsed, in bytes.
///
/// # Errors
/// When it is longer than a script may be.
pub fn script(bytes: u64) -> Result<usize, TooLarge> {
    let fits = usize::try_from(bytes).ok().filter(|n| *n <= SCRIPT);
    fits.ok_or_else(|| TooLarge(format!("this script is longer than {} MiB", SCRIPT >> 20)))
}

/// Measures a value part by part: its texts by their bytes, everything else by a little.
#[derive(Debug, Default)]
pub struct Weight(usize);

impl Weight {
    /// Adds a part: a text with its bytes; a number, a list or a map with none.
    ///
    /// # Errors
    /// When the whole is larger than a value may be.
    pub fn add(&mut self, bytes: usize) -> Result<(), TooLarge> {
        self.0 = self.0.saturating_add(bytes).saturating_add(PART);
        self.within(1)
    }

    /// Whether this many copies of what was measured may be in one value.
    ///
    /// # Errors
    /// When they may not.
    pub fn within(&self, copies: usize) -> Result<(), TooLarge> {
        if self.0.saturating_mul(copies) <= WHOLE {
            return Ok(());
        }
        Err(TooLarge(format!("this value would be larger than {} MiB", WHOLE >> 20)))
    }
}
