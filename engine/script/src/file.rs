//! Files of scripts: regular ones, not too long, in UTF-8.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use dr_core::limits::{self, TooLarge};

/// Why a file cannot be read as a script.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system says so.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// It is a folder, a pipe or a device.
    #[error("it is no regular file")]
    NoFile,
    /// It is too long.
    #[error(transparent)]
    Long(#[from] TooLarge),
    /// It is no text in UTF-8. Line and column count from 1, the column in characters.
    #[error("line {line}, column {column}: the byte 0x{byte:02x} is no text in UTF-8{}", hint(*.utf_16))]
    Encoding {
        /// Line.
        line: usize,
        /// Column.
        column: usize,
        /// The byte.
        byte: u8,
        /// Whether it begins as UTF-16 does.
        utf_16: bool,
    },
}

fn hint(utf_16: bool) -> &'static str {
    if utf_16 { "; the file begins as UTF-16 does" } else { "" }
}

/// Reads a script. The mark that some editors put in front of UTF-8 is no part of it.
///
/// # Errors
/// When it cannot be read as a script.
pub fn read_script(path: &Path) -> Result<String, FileError> {
    // What is opened can be something else than what was asked for before: a pipe would wait for ever.
    if !path.metadata()?.is_file() {
        return Err(FileError::NoFile);
    }
    let file = File::open(path)?;
    let size = limits::script(file.metadata()?.len())?;
    let mut bytes = Vec::with_capacity(size);
    // Whoever writes to it meanwhile does not make it longer.
    file.take(limits::SCRIPT as u64 + 1).read_to_end(&mut bytes)?;
    limits::script(bytes.len() as u64)?;
    let utf_16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes);
    String::from_utf8(bytes).map_err(|error| {
        let (good, rest) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
        let good = String::from_utf8_lossy(good);
        let line = good.matches('\n').count() + 1;
        let column = good.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        FileError::Encoding { line, column, byte: rest.first().copied().unwrap_or_default(), utf_16 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_of_a_fitting_size_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.rhai");
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            read_script(&path).map_err(|error| error.to_string())
        };
        assert_eq!(read(b"\xef\xbb\xbflet a = 1;\r\n").as_deref(), Ok("let a = 1;\r\n"));
        for (bytes, why) in [
            (&b"a\nb\xc3\xa9\xff"[..], "line 2, column 3: the byte 0xff is no text in UTF-8"),
            (b"\xff\xfel\0e\0t\0", "begins as UTF-16 does"),
            (b"\xfe\xff\0l", "begins as UTF-16 does"),
            (&vec![b' '; limits::SCRIPT + 1], "this script is longer than 4 MiB"),
        ] {
            let error = read(bytes).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        assert!(read(&vec![b' '; limits::SCRIPT]).is_ok());
        assert!(matches!(read_script(folder.path()), Err(FileError::NoFile)));
        assert!(matches!(read_script(Path::new("/dev/null")), Err(FileError::NoFile)));
        assert!(matches!(read_script(&folder.path().join("none")), Err(FileError::Read(_))));
    }
}
