//! The world as it is: the operating system's randomness, and folders on its disk.

use std::io;
use std::path::PathBuf;

use dr_core::value::Str;
use dr_core::world::{PackError, Package, World};

use crate::pack;

/// The world as it is, for programs in one folder.
#[derive(Debug, Clone)]
pub struct DiskWorld {
    root: PathBuf,
}

impl DiskWorld {
    /// A world whose folders are named relative to `root`.
    pub fn new(root: impl Into<PathBuf>) -> DiskWorld {
        DiskWorld { root: root.into() }
    }
}

impl World for DiskWorld {
    fn random(&self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        match getrandom::fill(&mut bytes) {
            Ok(()) => bytes,
            Err(_) => Vec::new(),
        }
    }

    fn pack(&self, folder: &str, exclude: &[Str], into: &mut dyn io::Write) -> Result<Package, PackError> {
        pack::folder(&self.root, folder, exclude, into)
    }
}
