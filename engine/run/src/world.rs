//! The real world: the operating system's randomness, and folders of a program packed into archives.
//!
//! An archive is the same for the same contents: names sorted, times fixed, modes reduced to executable or not.
//! Nothing outside the program's folder gets in, not even through a link.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use dr_core::value::Str;
use dr_core::world::{PackError, Package, World};
use sha2::Digest as _;
use zip::write::SimpleFileOptions;

/// What never belongs into an archive.
const LITTER: &[&str] = &["__pycache__", ".DS_Store"];

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

    fn pack(&self, folder: &str, exclude: &[Str]) -> Result<Package, PackError> {
        let outside = || PackError::NotAFolder(folder.to_owned());
        let named = Path::new(folder);
        if !named.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir)) {
            return Err(outside());
        }
        let root = self.root.canonicalize().map_err(|source| PackError::Read { path: self.root.clone(), source })?;
        let top = root.join(named).canonicalize().map_err(|_| outside())?;
        if !top.starts_with(&root) || !top.is_dir() {
            return Err(outside());
        }
        let mut files = BTreeMap::new();
        collect(&root, &top, "", exclude, &mut files, 0)?;
        if files.is_empty() {
            return Err(PackError::Empty(folder.to_owned()));
        }
        let bytes = archive(&files)?;
        let sha256 = hex::encode(sha2::Sha256::digest(&bytes));
        Ok(Package { sha256, bytes, files: files.into_keys().collect() })
    }
}

/// Deeper folders than this are a link that leads back.
const DEEPEST: usize = 64;

/// Finds the files below a folder, by their names in the archive.
fn collect(
    root: &Path,
    folder: &Path,
    prefix: &str,
    exclude: &[Str],
    files: &mut BTreeMap<String, PathBuf>,
    depth: usize,
) -> Result<(), PackError> {
    let fail = |path: &Path, source| PackError::Read { path: path.to_owned(), source };
    if depth > DEEPEST {
        return Err(fail(folder, io::Error::other("the folders are nested too deeply")));
    }
    for entry in std::fs::read_dir(folder).map_err(|e| fail(folder, e))? {
        let path = entry.map_err(|e| fail(folder, e))?.path();
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else {
            return Err(fail(&path, io::Error::other("its name is not UTF-8")));
        };
        let inside = format!("{prefix}{name}");
        let is_excluded =
            |path: &str| exclude.iter().any(|e| is_match(e.trim_end_matches('/').as_bytes(), path.as_bytes()));
        if LITTER.contains(&name) || name.ends_with(".pyc") || is_excluded(&inside) {
            continue;
        }
        let real = path.canonicalize().map_err(|e| fail(&path, e))?;
        if !real.starts_with(root) {
            return Err(fail(&path, io::Error::other("it is a link that leads out of the program's folder")));
        }
        if real.is_dir() {
            collect(root, &real, &format!("{inside}/"), exclude, files, depth + 1)?;
        } else {
            files.insert(inside, real);
        }
    }
    Ok(())
}

/// Whether a pattern is the path: `*` stands for anything but `/`, `**` for anything.
fn is_match(pattern: &[u8], path: &[u8]) -> bool {
    match pattern {
        [] => path.is_empty(),
        [b'*', b'*', rest @ ..] => {
            // `**/` also stands for no folder at all.
            let bare = rest.strip_prefix(b"/").is_some_and(|rest| is_match(rest, path));
            bare || (0..=path.len()).any(|i| is_match(rest, &path[i..]))
        }
        [b'*', rest @ ..] => {
            let name = path.iter().position(|b| *b == b'/').unwrap_or(path.len());
            (0..=name).any(|i| is_match(rest, &path[i..]))
        }
        [first, rest @ ..] => path.first() == Some(first) && is_match(rest, &path[1..]),
    }
}

fn archive(files: &BTreeMap<String, PathBuf>) -> Result<Vec<u8>, PackError> {
    let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    for (name, path) in files {
        let fail = |source| PackError::Read { path: path.clone(), source };
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(if is_executable(path) { 0o755 } else { 0o644 });
        let contents = std::fs::read(path).map_err(fail)?;
        zip.start_file(name.as_str(), options).map_err(|e| fail(e.into()))?;
        zip.write_all(&contents).map_err(fail)?;
    }
    let done = zip.finish().map_err(|e| PackError::Read { path: PathBuf::from("the archive"), source: e.into() })?;
    Ok(done.into_inner())
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|m| m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
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

    #[test]
    fn the_same_contents_give_the_same_archive() {
        let files = [("f/b.py", "2"), ("f/a.py", "1"), ("f/lib/c.py", "3"), ("f/README.md", "x")];
        let litter = [("f/__pycache__/a.bin", "x"), ("f/a.pyc", "x"), ("f/.DS_Store", "x")];
        let packed = |extra: &[(&str, &str)], reverse: bool| {
            let dir = tempfile::tempdir().unwrap();
            let mut all = [&files[..], extra].concat();
            if reverse {
                all.reverse();
            }
            write(dir.path(), &all);
            DiskWorld::new(dir.path()).pack("f", &["*.md".into()]).unwrap()
        };
        let plain = packed(&[], false);
        assert_eq!(plain.files, ["a.py", "b.py", "lib/c.py"]);
        assert_eq!(plain.sha256, hex::encode(sha2::Sha256::digest(&plain.bytes)));
        assert_eq!(plain, packed(&litter, true));
        assert_ne!(plain, packed(&[("f/d.py", "4")], false));
        let mut read = zip::ZipArchive::new(io::Cursor::new(&plain.bytes)).unwrap();
        assert_eq!(io::read_to_string(read.by_name("lib/c.py").unwrap()).unwrap(), "3");
        assert_eq!(read.by_index(0).unwrap().unix_mode().map(|m| m & 0o777), Some(0o644));
    }

    #[test]
    fn patterns_are_paths_with_stars() {
        for (pattern, path, is) in [
            ("a/b.md", "a/b.md", true),
            ("b.md", "a/b.md", false),
            ("*.md", "b.md", true),
            ("*.md", "a/b.md", false),
            ("**.md", "a/b.md", true),
            ("**/b.md", "b.md", true),
            ("a/**/b.md", "a/x/y/b.md", true),
            ("a/*", "a/b", true),
            ("a/*", "a/b/c", false),
            ("**", "a/b/c", true),
        ] {
            assert_eq!(is_match(pattern.as_bytes(), path.as_bytes()), is, "{pattern} {path}");
        }
    }

    #[test]
    fn nothing_outside_the_program_gets_in() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &[("secret", "s"), ("p/f/a", "1"), ("p/empty/__pycache__/x", "1"), ("p/file", "1")]);
        let world = DiskWorld::new(dir.path().join("p"));
        for folder in ["..", "../p/f", "/etc", "missing", "file"] {
            assert!(matches!(world.pack(folder, &[]), Err(PackError::NotAFolder(_))), "{folder}");
        }
        assert!(matches!(world.pack("empty", &[]), Err(PackError::Empty(_))));
        assert!(world.pack("f", &[]).is_ok());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../../secret", dir.path().join("p/f/link")).unwrap();
            assert!(matches!(world.pack("f", &[]), Err(PackError::Read { .. })));
            std::os::unix::fs::symlink("..", dir.path().join("p/up")).unwrap();
            assert!(matches!(world.pack("up", &[]), Err(PackError::NotAFolder(_))));
        }
    }
}
