//! The world: what the engine itself must ask of its surroundings besides the clouds.
//!
//! Everything with an effect that is not a cloud call goes through this trait, so that tests can put another in.

use std::io;
use std::path::PathBuf;

use crate::value::Str;

/// A packed folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// SHA-256 of the archive, lower-case hexadecimal.
    pub sha256: String,
    /// The archive's size, in bytes.
    pub size: u64,
    /// The names of the files in it, in order.
    pub files: Vec<Str>,
}

/// Why a folder could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// There is no such folder, or it is outside the program's.
    #[error("`{0}` is not a folder below the program's own")]
    NotAFolder(String),
    /// There is nothing in it.
    #[error("the folder `{0}` holds no file")]
    Empty(String),
    /// What is to be left out is said in too many words.
    #[error("the patterns of what is to be left out are too long: {0} bytes together at most")]
    Patterns(usize),
    /// Something in it cannot be in an archive.
    #[error("cannot pack `{path}`: {why}")]
    Refused {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        why: &'static str,
    },
    /// It could not be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The archive could not be written.
    #[error("cannot write the archive")]
    Write(#[source] io::Error),
}

/// Effects that are not cloud calls.
pub trait World: Send + Sync {
    /// Random bytes fit for secrets. Fewer than asked for only when the operating system has none to give.
    fn random(&self, count: usize) -> Vec<u8>;

    /// Packs a folder, named relative to the program, into a ZIP archive that is the same for the same contents, and
    /// writes it piece by piece. What `exclude` names is left out: paths inside the folder, in which `*` stands for
    /// anything but `/` and `**` for anything.
    ///
    /// # Errors
    /// When the folder is missing, empty, outside the program's or unreadable, when something in it is neither a file
    /// nor a folder, or when the archive cannot be written.
    fn pack(&self, folder: &str, exclude: &[Str], into: &mut dyn io::Write) -> Result<Package, PackError>;
}
