//! `archive.zip`: facts.

use dr_macros::{Block, Kind};

/// A zip archive of a folder, for a function's code.
///
/// It is made while planning, and the same files always make the same bytes: names in order, one time, two modes. What
/// refers to it sees its content's address, so that a changed file is a change of what uses it.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "archive.zip",
    outputs = ZipOut,
    place = local,
    id = "{uuid}",
    create = "0ms",
    update = "0ms",
    delete = "0ms"
)]
pub struct Zip {
    /// Folder, relative to the program's own.
    #[arg(length = 1..=4_096)]
    pub source: String,
    /// Files and folders that are left out, relative to the folder; `*` stands for anything but `/`, `**` for anything.
    #[arg(default = [], unordered)]
    pub exclude: Vec<String>,
}

/// Computed attributes of an archive.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ZipOut {
    /// Address of the content: `sha256:` and the hash in hexadecimal digits.
    #[out(volatile, like = "sha256:{hex:64}")]
    pub package: String,
    /// The same hash in base64, as Lambda shows it.
    #[out(volatile, like = "{alnum:43}=")]
    pub sha256_base64: String,
    /// Size in bytes.
    #[out(volatile, like = "1024")]
    pub size: i64,
    /// The files in it, by their names; none where there are more than 1,000.
    #[out(volatile, like = "index.py")]
    pub files: Vec<String>,
}
