//! Private files: for their owner alone, whatever the process's mask says, and there either whole or not at all.
//!
//! A file is written aside and renamed into place. What a kill leaves of that has its process in its name, so that the
//! next one can tell that nobody needs it any more.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::process::ProcessId;

/// The mode of a folder.
const FOLDER: u32 = 0o700;
/// The mode of a file.
const FILE: u32 = 0o600;
/// What others may do.
pub(crate) const OTHERS: u32 = 0o077;
/// How the name of a file ends that is being written.
const ASIDE: &str = ".new";

/// Makes a folder, and those above it, unless it is there. One that is there and is open to others is closed to them.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER).create(path)?;
    let mode = path.metadata()?.permissions().mode();
    if mode & OTHERS != 0 {
        // Whoever does not own it cannot; it is used all the same.
        let _ = std::fs::set_permissions(path, Permissions::from_mode(mode & !OTHERS));
    }
    Ok(())
}

/// Opens a file for reading and writing; makes it if need be.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(FILE).open(path)?;
    close_to_others(&file)?;
    Ok(file)
}

fn close_to_others(file: &File) -> io::Result<()> {
    let mode = file.metadata()?.permissions().mode();
    if mode & OTHERS != 0 {
        let _ = file.set_permissions(Permissions::from_mode(mode & !OTHERS));
    }
    Ok(())
}

/// Closes everything in a folder to others, as far as this process may.
pub(crate) fn close_all_to_others(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(meta) = entry.metadata() else { continue };
        if meta.is_symlink() {
            continue;
        }
        let mode = meta.permissions().mode();
        if mode & OTHERS != 0 {
            let _ = std::fs::set_permissions(entry.path(), Permissions::from_mode(mode & !OTHERS));
        }
        if meta.is_dir() {
            close_all_to_others(&entry.path());
        }
    }
}

/// Makes a new file beside the one it is to become.
pub(crate) fn beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!("{name}.{}{ASIDE}", ProcessId::own().in_name()));
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(FILE).open(&aside)?;
    Ok((aside, file))
}

/// Writes a file: afterwards it is there as a whole, or what was there before still is, even if the power fails.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    place(path, |file| file.write_all(bytes).and_then(|()| file.sync_all()))
}

/// The same for what counts no more once the power has failed.
pub(crate) fn note(path: &Path, bytes: &[u8]) -> io::Result<()> {
    place(path, |file| file.write_all(bytes))
}

fn place(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let (aside, mut file) = beside(path)?;
    let written = fill(&mut file).and_then(|()| std::fs::rename(&aside, path));
    if written.is_err() {
        // It is swept later if it cannot go now.
        let _ = std::fs::remove_file(&aside);
    }
    written
}

/// Takes away what processes that are over have left half written in a folder.
pub(crate) fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let writer = name.to_str().and_then(|name| name.strip_suffix(ASIDE)).and_then(|name| name.rsplit('.').next());
        if writer.and_then(ProcessId::from_name).is_some_and(|writer| !writer.is_alive()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn nobody_else_may_look() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        make_folder(&folder).unwrap();
        let file = folder.join("f");
        write(&file, b"1").unwrap();
        open_file(&folder.join("g")).unwrap();
        assert_eq!((mode(&folder), mode(&file), mode(&folder.join("g"))), (0o700, 0o600, 0o600));
        for (path, open) in [(&folder, 0o755), (&file, 0o644)] {
            std::fs::set_permissions(path, Permissions::from_mode(open)).unwrap();
        }
        make_folder(&folder).unwrap();
        open_file(&file).unwrap();
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
        std::fs::set_permissions(&file, Permissions::from_mode(0o664)).unwrap();
        close_all_to_others(dir.path());
        assert_eq!(mode(&file), 0o600);
    }

    #[test]
    fn only_the_leftovers_of_the_dead_are_swept() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("f");
        write(&file, b"old").unwrap();
        let (own, _) = beside(&file).unwrap();
        let others = ["f.4294967295-7.new", "f.new", "x.1-2.old"].map(|name| dir.path().join(name));
        for other in &others {
            std::fs::write(other, "").unwrap();
        }
        sweep(dir.path());
        assert_eq!(others.map(|other| other.exists()), [false, true, true]);
        assert!(own.exists());
        assert_eq!(std::fs::read(&file).unwrap(), b"old");
    }
}
