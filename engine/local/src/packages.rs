//! Packages: the bytes of archives, in the state directory's `packages/`.
//!
//! A package is a file that is named by its hash, so that equal ones are one file. A small mark beside it for each
//! archive that uses it says when it can go: `HASH.STACK.ARCHIVE.used`. All changes are made under one lock, since stacks
//! share the folder. A file counts as a package only as long as its bytes have its hash.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use dr_core::world::Package;
use sha2::Digest as _;

/// The folder in the state directory.
const FOLDER: &str = "packages";
/// How the name of a mark ends.
const MARK: &str = ".used";
/// How the name of a file that is being written ends.
const UNFINISHED: &str = ".new";
/// How the name of a package ends.
const PACKAGE: &str = ".zip";
/// What is locked while something changes.
const LOCK: &str = ".lock";

/// The packages that one program uses in one environment.
#[derive(Debug)]
pub(crate) struct PackageFolder {
    folder: PathBuf,
    /// `program/environment`.
    stack: String,
    /// Earlier versions made marks for the environment alone.
    environment: String,
}

/// Some digits that stand for a text in names of files.
fn digits(text: &str) -> String {
    hex::encode(&sha2::Sha256::digest(text)[..8])
}

/// How the mark of an archive ends that belongs to `owner`.
fn mark(owner: &str, id: &str) -> String {
    format!(".{}{MARK}", digits(&format!("{owner}\n{id}")))
}

impl PackageFolder {
    pub(crate) fn new(state_dir: &Path, program: &str, environment: &str) -> PackageFolder {
        let (stack, environment) = (format!("{program}/{environment}"), environment.to_owned());
        PackageFolder { folder: state_dir.join(FOLDER), stack, environment }
    }

    fn file(&self, sha256: &str) -> PathBuf {
        self.folder.join(format!("{sha256}{PACKAGE}"))
    }

    /// How the mark of an archive ends.
    fn mark(&self, id: &str) -> String {
        mark(&self.stack, id)
    }

    /// What names of this stack's files begin with, after the hash.
    fn own(&self) -> String {
        digits(&self.stack)
    }

    /// Makes the folder, for its owner alone.
    fn make_folder(&self) -> io::Result<()> {
        let mut folder = DirBuilder::new();
        folder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder.create(&self.folder)
    }

    /// Keeps others from changing the folder for as long as the result lives.
    fn lock(&self) -> io::Result<File> {
        let lock = private(&self.folder.join(LOCK), false)?;
        lock.lock()?;
        Ok(lock)
    }

    /// The names of all files in the folder.
    fn names(&self) -> io::Result<Vec<String>> {
        std::fs::read_dir(&self.folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    /// Writes an archive's package, marks it, and drops the one that the archive had before.
    pub(crate) fn put<E: From<io::Error>>(
        &self,
        id: &str,
        write: impl FnOnce(&mut dyn Write) -> Result<Package, E>,
    ) -> Result<Package, E> {
        self.make_folder()?;
        let aside = self.folder.join(format!("{}.{}{UNFINISHED}", self.own(), digits(id)));
        let mut file = BufWriter::new(private(&aside, true)?);
        let package = write(&mut file)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        let _lock = self.lock()?;
        private(&self.folder.join(format!("{}.{}{}", package.sha256, self.own(), self.mark(id))), true)?;
        std::fs::rename(&aside, self.file(&package.sha256))?;
        self.drop_marks(|name| name.ends_with(&self.mark(id)) && !name.starts_with(&package.sha256))?;
        Ok(package)
    }

    /// Says that an archive uses no package any more.
    pub(crate) fn release(&self, id: &str) -> io::Result<()> {
        if !self.folder.exists() {
            return Ok(());
        }
        let _lock = self.lock()?;
        self.drop_marks(|name| name.ends_with(&self.mark(id)))
    }

    /// Takes away what runs that were killed have left behind: everything of this stack that none of these
    /// archives uses.
    pub(crate) fn tidy<'i>(&self, archives: impl Iterator<Item = &'i str>) -> io::Result<()> {
        let named = |e: io::Error| io::Error::new(e.kind(), format!("`{}`: {e}", self.folder.display()));
        self.tidy_folder(archives).map_err(named)
    }

    fn tidy_folder<'i>(&self, archives: impl Iterator<Item = &'i str>) -> io::Result<()> {
        if !self.folder.exists() {
            return Ok(());
        }
        let _lock = self.lock()?;
        for name in self.names()?.iter().filter(|name| name.starts_with(&self.own()) && name.ends_with(UNFINISHED)) {
            std::fs::remove_file(self.folder.join(name))?;
        }
        let used: Vec<String> = archives.map(|id| self.take_over(id)).collect::<io::Result<_>>()?;
        let own = format!(".{}.", self.own());
        self.drop_marks(|name| name.contains(&own) && !used.iter().any(|mark| name.ends_with(mark)))
    }

    /// The mark of an archive. One that was made for the environment becomes the stack's.
    fn take_over(&self, id: &str) -> io::Result<String> {
        let (own, former) = (self.mark(id), format!(".{}{}", digits(&self.environment), mark(&self.environment, id)));
        for name in self.names()? {
            if let Some(sha256) = name.strip_suffix(&former) {
                std::fs::rename(self.folder.join(&name), self.folder.join(format!("{sha256}.{}{own}", self.own())))?;
            }
        }
        Ok(own)
    }

    /// Removes marks, and the packages that have none left.
    fn drop_marks(&self, is_old: impl Fn(&str) -> bool) -> io::Result<()> {
        let names = self.names()?;
        let (old, kept): (Vec<&String>, Vec<&String>) =
            names.iter().filter(|name| name.ends_with(MARK)).partition(|name| is_old(name));
        for mark in old {
            std::fs::remove_file(self.folder.join(mark))?;
        }
        for package in names.iter().filter_map(|name| name.strip_suffix(PACKAGE)) {
            if !kept.iter().any(|mark| mark.starts_with(package)) {
                std::fs::remove_file(self.file(package))?;
            }
        }
        Ok(())
    }

    /// Whether the package with this hash is there and has it.
    pub(crate) fn is_whole(&self, sha256: &str) -> bool {
        let hashed = || {
            let (mut file, mut hash) = (File::open(self.file(sha256))?, sha2::Sha256::new());
            io::copy(&mut file, &mut hash)?;
            Ok::<_, io::Error>(hex::encode(hash.finalize()))
        };
        hashed().is_ok_and(|found| found == sha256)
    }
}

/// A new file that only its owner can use.
fn private(path: &Path, empty: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(empty);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The bytes of the package with this hash, for clouds that upload it.
///
/// # Errors
/// When there is no such package, it cannot be read, or its bytes are not what was written.
pub fn read_package(state_dir: &Path, sha256: &str) -> io::Result<Vec<u8>> {
    if sha256.len() != 64 || !sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("`{sha256}` is not a SHA-256 hash")));
    }
    let path = state_dir.join(FOLDER).join(format!("{sha256}{PACKAGE}"));
    let named = |error: io::Error| io::Error::new(error.kind(), format!("cannot read `{}`: {error}", path.display()));
    let mut bytes = Vec::new();
    File::open(&path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(named)?;
    if hex::encode(sha2::Sha256::digest(&bytes)) != sha256 {
        let message = format!("`{}` is not what was written there; plan again, and it is made anew", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(packages: &PackageFolder, id: &str, text: &str) -> String {
        let write = |into: &mut dyn Write| {
            into.write_all(text.as_bytes())?;
            let sha256 = hex::encode(sha2::Sha256::digest(text));
            Ok::<_, io::Error>(Package { sha256, size: text.len() as u64, files: Vec::new() })
        };
        packages.put(id, write).unwrap().sha256
    }

    fn left(packages: &PackageFolder) -> Vec<String> {
        let mut names = packages.names().unwrap();
        names.retain(|name| name != LOCK);
        names
    }

    #[test]
    fn archives_share_packages_and_the_last_one_takes_them_away() {
        let dir = tempfile::tempdir().unwrap();
        let [one, two] = ["p", "q"].map(|program| PackageFolder::new(dir.path(), program, "e"));
        let sha256 = put(&one, "1", "a");
        assert_eq!(read_package(dir.path(), &sha256).unwrap(), b"a");
        assert_eq!(put(&two, "1", "a"), sha256);
        one.release("1").unwrap();
        one.release("1").unwrap();
        assert!(two.is_whole(&sha256), "the other program of the environment still uses it");
        // Other contents: the package it had before goes when nobody uses it any more.
        put(&two, "1", "b");
        assert!(!two.is_whole(&sha256) && read_package(dir.path(), &sha256).is_err());
        two.release("1").unwrap();
        assert_eq!(left(&two), [""; 0]);
        assert!(read_package(dir.path(), "../secrets").is_err());
    }

    #[test]
    fn a_package_is_what_was_written_or_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        let packages = PackageFolder::new(dir.path(), "p", "e");
        let sha256 = put(&packages, "1", "abc");
        std::fs::write(packages.file(&sha256), "abd").unwrap();
        assert!(!packages.is_whole(&sha256));
        let error = read_package(dir.path(), &sha256).unwrap_err().to_string();
        assert!(error.contains(&sha256) && error.contains("plan again"), "{error}");
        put(&packages, "1", "abc");
        assert!(packages.is_whole(&sha256));
    }

    #[test]
    fn what_killed_runs_leave_behind_is_taken_away() {
        let dir = tempfile::tempdir().unwrap();
        let [one, two] = ["e", "f"].map(|environment| PackageFolder::new(dir.path(), "p", environment));
        let (kept, lost) = (put(&one, "1", "a"), put(&one, "2", "b"));
        let others = put(&two, "2", "c");
        for packages in [&one, &two] {
            std::fs::write(one.folder.join(format!("{}.1{UNFINISHED}", packages.own())), "half").unwrap();
        }
        one.tidy(["1"].into_iter()).unwrap();
        assert!(one.is_whole(&kept) && !one.is_whole(&lost) && two.is_whole(&others));
        let unfinished = |packages: &PackageFolder| left(&one).contains(&format!("{}.1{UNFINISHED}", packages.own()));
        assert!(!unfinished(&one) && unfinished(&two), "the other is at work");
    }

    #[test]
    fn marks_that_were_made_for_an_environment_are_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let [one, two] = ["p", "q"].map(|program| PackageFolder::new(dir.path(), program, "e"));
        let [used, lost] = [("1", "a"), ("2", "b")].map(|(id, text)| {
            let sha256 = put(&one, id, text);
            let name = |owner: &str| one.folder.join(format!("{sha256}.{}{}", digits(owner), mark(owner, id)));
            std::fs::rename(name("p/e"), name("e")).unwrap();
            sha256
        });
        two.tidy(std::iter::empty()).unwrap();
        assert!(one.is_whole(&used) && one.is_whole(&lost), "they may be another program's");
        one.tidy(["1"].into_iter()).unwrap();
        one.release("1").unwrap();
        assert!(!one.is_whole(&used) && one.is_whole(&lost));
    }

    #[cfg(unix)]
    #[test]
    fn packages_are_their_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let packages = PackageFolder::new(dir.path(), "p", "e");
        let sha256 = put(&packages, "1", "a");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&packages.folder), mode(&packages.file(&sha256))), (0o700, 0o600));
    }
}
