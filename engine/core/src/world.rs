//! The world: what the engine itself must ask of its surroundings besides the clouds.
//!
//! Everything with an effect that is not a cloud call goes through this trait, so that tests can put another in.

use std::path::PathBuf;

use crate::value::Str;

/// A packed folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// SHA-256 of the archive, lower-case hexadecimal.
    pub sha256: String,
    /// The archive's bytes.
    pub bytes: Vec<u8>,
    /// The names of the files inside, sorted.
    pub files: Vec<String>,
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
    /// It could not be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Effects that are not cloud calls.
pub trait World: Send + Sync {
    /// Random bytes fit for secrets. Fewer than asked for only when the operating system has none to give.
    fn random(&self, count: usize) -> Vec<u8>;

    /// Packs a folder, named relative to the program, into a ZIP archive that is the same for the same contents.
    /// What `exclude` names is left out: paths inside the folder, in which `*` stands for anything but `/` and `**` for
    /// anything.
    ///
    /// # Errors
    /// When the folder is missing, empty, outside the program's, or unreadable.
    fn pack(&self, folder: &str, exclude: &[Str]) -> Result<Package, PackError>;
}
