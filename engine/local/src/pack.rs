//! Packing: from a folder to a ZIP archive, piece by piece.
//!
//! An archive is the same for the same contents: names in order, times fixed, modes reduced to executable or not.
//! A link is what it leads to, as long as that is below the program's folder and not around the link itself. What is
//! neither a file nor a folder is refused: reading it might never end.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::{Component, Path, PathBuf};

use dr_core::value::Str;
use dr_core::world::{PackError, Package};
use sha2::Digest as _;
use zip::write::SimpleFileOptions;

use crate::glob::Globs;

/// What never belongs into an archive.
const LITTER: &[&str] = &["__pycache__", ".DS_Store"];
/// Folders in folders.
const DEEPEST: usize = 64;
/// Files and folders in one archive.
const MOST: usize = 100_000;
/// Links to folders in one archive: a few that lead to each other multiply.
const MOST_LINKS: usize = 1_000;
/// Bytes that are read at once. Always so many: what is compressed must not depend on how it was read.
const PIECE: usize = 1 << 16;

/// Packs `named`, a folder relative to `root`.
pub(crate) fn folder(root: &Path, named: &str, exclude: &[Str], into: &mut dyn Write) -> Result<Package, PackError> {
    let outside = || PackError::NotAFolder(named.to_owned());
    let inside = Path::new(named);
    if !inside.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir)) {
        return Err(outside());
    }
    let root = root.canonicalize().map_err(|source| PackError::Read { path: root.to_owned(), source })?;
    let top = root.join(inside).canonicalize().map_err(|_| outside())?;
    if !top.starts_with(&root) || !top.is_dir() {
        return Err(outside());
    }
    let mut search = Search { exclude: Globs::new(exclude)?, root, seen: 0, links: 0, files: BTreeMap::new() };
    search.folder(&mut vec![top], "")?;
    if search.files.is_empty() {
        return Err(PackError::Empty(named.to_owned()));
    }
    archive(&search.files, into)
}

/// The files of a folder, by their names in the archive.
struct Search {
    root: PathBuf,
    exclude: Globs,
    seen: usize,
    links: usize,
    files: BTreeMap<String, PathBuf>,
}

impl Search {
    /// Looks into the last of these folders; the others are around it.
    fn folder(&mut self, folders: &mut Vec<PathBuf>, prefix: &str) -> Result<(), PackError> {
        let read = |path: &Path, source| PackError::Read { path: path.to_owned(), source };
        let Some(folder) = folders.last().cloned() else { return Ok(()) };
        for entry in std::fs::read_dir(&folder).map_err(|e| read(&folder, e))? {
            let path = entry.map_err(|e| read(&folder, e))?.path();
            let refused = |why| Err(PackError::Refused { path: path.clone(), why });
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
                return refused("its name is not UTF-8");
            };
            let inside = format!("{prefix}{name}");
            if LITTER.contains(&name) || name.ends_with(".pyc") || self.exclude.mean(&inside) {
                continue;
            }
            self.seen += 1;
            if self.seen > MOST {
                return refused("it is one too many: an archive takes 100000 files and folders");
            }
            let real = match path.canonicalize() {
                Err(e) if e.kind() == io::ErrorKind::NotFound && path.is_symlink() => {
                    return refused("it is a link that leads nowhere");
                }
                other => other.map_err(|e| read(&path, e))?,
            };
            if !real.starts_with(&self.root) {
                return refused("it is a link that leads out of the program's folder");
            }
            let kind = real.metadata().map_err(|e| read(&path, e))?.file_type();
            if kind.is_dir() {
                if folders.contains(&real) {
                    return refused("it is a link to a folder that it is in");
                }
                self.links += usize::from(path.is_symlink());
                if self.links > MOST_LINKS {
                    return refused("it is one too many: an archive takes 1000 links to folders");
                }
                if folders.len() == DEEPEST {
                    return refused("folders are nested too deeply here");
                }
                folders.push(real);
                self.folder(folders, &format!("{inside}/"))?;
                folders.pop();
            } else if kind.is_file() {
                self.files.insert(inside, real);
            } else {
                return refused("it is neither a file nor a folder, but a pipe, a socket or a device");
            }
        }
        Ok(())
    }
}

fn archive(files: &BTreeMap<String, PathBuf>, into: &mut dyn Write) -> Result<Package, PackError> {
    let mut counted = Counted { into, hash: sha2::Sha256::new(), size: 0 };
    let mut zip = zip::ZipWriter::new_stream(&mut counted);
    let mut piece = vec![0; PIECE];
    for (name, path) in files {
        let fail = |source| PackError::Read { path: path.clone(), source };
        let mut file = File::open(path).map_err(fail)?;
        let metadata = file.metadata().map_err(fail)?;
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .last_modified_time(zip::DateTime::default())
            .large_file(metadata.len() >= u64::from(u32::MAX))
            .unix_permissions(if is_executable(&metadata) { 0o755 } else { 0o644 });
        zip.start_file(name.as_str(), options).map_err(|e| PackError::Write(e.into()))?;
        loop {
            let length = fill(&mut file, &mut piece).map_err(fail)?;
            zip.write_all(&piece[..length]).map_err(PackError::Write)?;
            if length < piece.len() {
                break;
            }
        }
    }
    zip.finish().map_err(|e| PackError::Write(e.into()))?;
    let names = files.keys().map(|name| Str::from(name.as_str())).collect();
    Ok(Package { sha256: hex::encode(counted.hash.finalize()), size: counted.size, files: names })
}

/// Reads until the piece is full or the file ends.
fn fill(file: &mut File, piece: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < piece.len() {
        match file.read(&mut piece[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(length)
}

/// What is written, counted and hashed on its way.
struct Counted<'w> {
    into: &'w mut dyn Write,
    hash: sha2::Sha256,
    size: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.into.write(bytes)?;
        self.hash.update(&bytes[..length]);
        self.size += length as u64;
        Ok(length)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.into.flush()
    }
}

#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(dir: &Path, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = dir.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }

    /// The bytes of the archive of a folder.
    fn packed(root: &Path, named: &str, exclude: &[&str]) -> Result<Vec<u8>, PackError> {
        let exclude: Vec<Str> = exclude.iter().map(|e| (*e).into()).collect();
        let mut bytes = Vec::new();
        let package = folder(root, named, &exclude, &mut bytes)?;
        assert_eq!(package.sha256, hex::encode(sha2::Sha256::digest(&bytes)));
        assert_eq!(package.size, bytes.len() as u64);
        Ok(bytes)
    }

    #[test]
    fn the_same_contents_give_the_same_archive() {
        let files = [("f/b.py", "2"), ("f/a.py", "1"), ("f/lib/c.py", "3"), ("f/README.md", "x"), ("f/empty", "")];
        let litter = [("f/__pycache__/a.bin", "x"), ("f/a.pyc", "x"), ("f/.DS_Store", "x")];
        let made = |extra: &[(&str, &str)], reverse: bool| {
            let dir = tempfile::tempdir().unwrap();
            let mut all = [&files[..], extra].concat();
            if reverse {
                all.reverse();
            }
            write(dir.path(), &all);
            packed(dir.path(), "f", &["*.md"]).unwrap()
        };
        let plain = made(&[], false);
        assert_eq!(plain, made(&litter, true));
        assert_ne!(plain, made(&[("f/d.py", "4")], false));
        let mut read = zip::ZipArchive::new(io::Cursor::new(&plain)).unwrap();
        assert_eq!(read.file_names().collect::<Vec<_>>(), ["a.py", "b.py", "empty", "lib/c.py"]);
        assert_eq!(io::read_to_string(read.by_name("lib/c.py").unwrap()).unwrap(), "3");
        assert_eq!(read.by_index(0).unwrap().unix_mode().map(|m| m & 0o777), Some(0o644));
    }

    #[test]
    fn large_files_come_back_whole() {
        let dir = tempfile::tempdir().unwrap();
        // Neither a multiple of a piece nor the same all over.
        let contents: Vec<u8> = (0..300_001u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        std::fs::create_dir(dir.path().join("f")).unwrap();
        std::fs::write(dir.path().join("f/large"), &contents).unwrap();
        let bytes = packed(dir.path(), "f", &[]).unwrap();
        let mut read = zip::ZipArchive::new(io::Cursor::new(&bytes)).unwrap();
        let mut found = Vec::new();
        read.by_name("large").unwrap().read_to_end(&mut found).unwrap();
        assert_eq!(found, contents);
    }

    #[test]
    fn nothing_outside_the_program_gets_in() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &[("secret", "s"), ("p/f/a", "1"), ("p/empty/__pycache__/x", "1"), ("p/file", "1")]);
        let root = dir.path().join("p");
        for named in ["..", "../p/f", "/etc", "missing", "file"] {
            assert!(matches!(packed(&root, named, &[]), Err(PackError::NotAFolder(_))), "{named}");
        }
        assert!(matches!(packed(&root, "empty", &[]), Err(PackError::Empty(_))));
        assert!(packed(&root, "f", &[]).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_what_they_lead_to_or_refused() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &[("secret", "s"), ("p/f/a", "1"), ("p/shared/b", "2")]);
        let root = dir.path().join("p");
        symlink("../shared", root.join("f/lib")).unwrap();
        symlink("a", root.join("f/z")).unwrap();
        let bytes = packed(&root, "f", &[]).unwrap();
        let read = zip::ZipArchive::new(io::Cursor::new(&bytes)).unwrap();
        assert_eq!(read.file_names().collect::<Vec<_>>(), ["a", "lib/b", "z"]);
        for (to, why) in [
            ("../../secret", "out of the program's folder"),
            ("nothing", "leads nowhere"),
            ("..", "a folder that it is in"),
            (".", "a folder that it is in"),
            ("link", ""),
        ] {
            symlink(to, root.join("shared/link")).unwrap();
            let error = packed(&root, "shared", &[]);
            let inside = packed(&root, "f", &[]).unwrap_err();
            // The program's own folder is not around the link where `shared` is packed by itself.
            if to != ".." {
                let error = error.unwrap_err();
                assert!(error.to_string().contains(why) && error.to_string().contains("link"), "{to}: {error}");
            }
            assert!(inside.to_string().contains("link"), "{to}: {inside}");
            assert!(packed(&root, "f", &["lib/link"]).is_ok(), "{to}: what is left out is not looked at");
            std::fs::remove_file(root.join("shared/link")).unwrap();
        }
        symlink("..", dir.path().join("p/up")).unwrap();
        assert!(matches!(packed(&root, "up", &[]), Err(PackError::NotAFolder(_))));
    }

    #[cfg(unix)]
    #[test]
    fn links_that_multiply_end() {
        let dir = tempfile::tempdir().unwrap();
        for i in 0..40 {
            write(dir.path(), &[(&format!("p/f{i}/a"), "1")]);
            for name in ["x", "y"] {
                let to = if i < 39 { format!("../f{}", i + 1) } else { "a".into() };
                std::os::unix::fs::symlink(to, dir.path().join(format!("p/f{i}/{name}"))).unwrap();
            }
        }
        let error = packed(&dir.path().join("p"), "f0", &[]).unwrap_err();
        assert!(error.to_string().contains("one too many"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn pipes_and_sockets_are_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &[("f/a", "1")]);
        let path = dir.path().join("f/socket");
        let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let error = packed(dir.path(), "f", &[]).unwrap_err();
        assert!(error.to_string().contains("f/socket") && error.to_string().contains("neither"), "{error}");
        std::fs::remove_file(&path).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let error = packed(dir.path(), "f", &[]).unwrap_err();
        assert!(error.to_string().contains("f/socket") && error.to_string().contains("neither"), "{error}");
        assert!(packed(dir.path(), "f", &["sock*"]).is_ok());
    }
}
