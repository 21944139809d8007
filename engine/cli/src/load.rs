//! Finding a program: a name under `programs/`, or a path to any script.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use dr_core::diagnostic::Diagnostic;
use dr_core::schema::closest;
use dr_core::value::Str;
use dr_script::{CheckScript, FileError};
use toml::Spanned;

use crate::config::Project;
use crate::exit::CommandFailure;

/// What scripts' file names end with.
pub(crate) const EXTENSION: &str = "rhai";

/// A script's text with its names.
#[derive(Debug)]
pub(crate) struct Program {
    /// The program's name: the file's, without its ending.
    pub name: String,
    /// What messages call the file.
    pub source_name: String,
    /// The text.
    pub text: String,
    /// The folder that its imports and packaged folders are looked for in.
    pub folder: PathBuf,
}

impl Program {
    /// Where the script is, for whoever has the project elsewhere: from the project's folder if it is inside.
    pub(crate) fn script(&self, root: &Path) -> String {
        let path = self.folder.join(format!("{}.{EXTENSION}", self.name));
        shown(root, &path.canonicalize().unwrap_or(path))
    }
}

/// Finds and reads a program.
///
/// # Errors
/// When there is none, or it is no text in UTF-8.
pub(crate) fn program(project: &Project, given: &str) -> Result<Program, CommandFailure> {
    let (is_path, path) = script_of(project, given);
    if !path.is_file() {
        return Err(missing(project, given, is_path));
    }
    let name = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default().to_owned();
    if let Err(why) = dr_core::address::check_name(&name) {
        return Err(
            CommandFailure::new(format!("`{}` cannot be a program: {why}", path.display())).hint("rename the file")
        );
    }
    check_configured(project, &name)?;
    let source_name = shown(&project.root, &path);
    let text = read(&path, &source_name)?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    Ok(Program { name, source_name, text, folder })
}

/// The name of a program that need not be there any more.
///
/// # Errors
/// When nothing could have this name.
pub(crate) fn name_of(project: &Project, given: &str) -> Result<String, CommandFailure> {
    let name = match given.strip_suffix(&format!(".{EXTENSION}")) {
        Some(path) => path.rsplit(['/', '\\']).next().unwrap_or(path),
        None => given,
    };
    dr_core::address::check_name(name).map_err(|_| missing(project, given, false))?;
    Ok(name.to_owned())
}

/// Whether there is a script of a name or at a path. One that is applied by its path stands in the project's folder.
pub(crate) fn is_there(project: &Project, given: &str) -> bool {
    script_of(project, given).1.is_file() || project.root.join(format!("{given}.{EXTENSION}")).is_file()
}

/// The script that a name or a path stands for; true when a path was given.
fn script_of(project: &Project, given: &str) -> (bool, PathBuf) {
    let is_path = given.contains(['/', '\\']) || Path::new(given).extension().is_some_and(|e| e == EXTENSION);
    (is_path, if is_path { PathBuf::from(given) } else { path_of(&project.root, given) })
}

/// That there is no program of a name, neither a script nor one of these, which have a state.
pub(crate) fn unknown(project: &Project, given: &str, recorded: &[Str]) -> CommandFailure {
    let scripts = names(project);
    let known = scripts.iter().map(String::as_str).chain(recorded.iter().map(|name| &**name));
    let known: BTreeSet<&str> = known.collect();
    let failure = CommandFailure::new(format!("there is no program `{given}`")).near(given, known.iter().copied());
    match known.is_empty() {
        true => failure,
        false => failure.hint(format!("programs: {}", Vec::from_iter(known).join(", "))),
    }
}

/// Where the program of a name is.
pub(crate) fn path_of(root: &Path, name: &str) -> PathBuf {
    root.join("programs").join(format!("{name}.{EXTENSION}"))
}

/// Refuses settings of programs that do not exist: they are misspelt, and somebody counts on them.
fn check_configured(project: &Project, name: &str) -> Result<(), CommandFailure> {
    let names = names(project);
    let is_there = |set: &str| set == name || names.iter().any(|one| one == set);
    let wrong = |set: &Spanned<String>| {
        let message = format!("there is no program `{}` that this could be for", set.get_ref());
        let found = Diagnostic::error(message).at(project.config.place(set), "");
        match closest(set.get_ref(), names.iter().map(String::as_str).chain([name])) {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None => found.help(format!("programs: {}", names.join(", "))),
        }
    };
    let configured = project.config.configured_programs().filter(|set| !is_there(set.get_ref()));
    let found: Vec<Diagnostic> = configured.map(wrong).collect();
    if found.is_empty() {
        return Ok(());
    }
    let sources = project.sources(&found);
    Err(CommandFailure::found(found, sources))
}

/// The names of the programs under `programs/`, sorted. Tests of programs are none.
pub(crate) fn names(project: &Project) -> Vec<String> {
    let mut names: Vec<String> = scripts(&project.root.join("programs"))
        .iter()
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| !name.ends_with("_test"))
        .collect();
    names.sort();
    names
}

/// The scripts of checks in a folder. Tests of checks are none.
///
/// # Errors
/// When one cannot be read as a script.
pub(crate) fn checks(root: &Path, folder: &Path) -> Result<Vec<CheckScript>, CommandFailure> {
    let is_check = |path: &PathBuf| path.file_stem().and_then(|s| s.to_str()).is_some_and(|s| !s.ends_with("_test"));
    let script = |path: PathBuf| {
        let source_name = shown(root, &path);
        let text = read(&path, &source_name)?;
        Ok(CheckScript { source_name, text })
    };
    scripts(folder).into_iter().filter(is_check).map(script).collect()
}

/// The scripts directly in a folder.
pub(crate) fn scripts(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> =
        entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == EXTENSION)).collect();
    found.sort();
    found
}

/// Reads a script.
///
/// # Errors
/// When it cannot be read as one.
pub(crate) fn read(path: &Path, source_name: &str) -> Result<String, CommandFailure> {
    dr_script::read_script(path).map_err(|error| match error {
        FileError::Encoding { line, column, byte, utf_16 } => {
            let place = format!("{source_name}:{line}:{column}");
            CommandFailure::new(format!("{place}: the byte 0x{byte:02x} is no UTF-8 text")).hint(if utf_16 {
                "save the file as UTF-8; it begins as UTF-16 does"
            } else {
                "save the file as UTF-8"
            })
        }
        error => CommandFailure::new(format!("cannot read `{source_name}`")).because(&error),
    })
}

/// Reads a file of text, or standard input where it is called `-`.
///
/// # Errors
/// When it cannot be read, or is no text in UTF-8.
pub(crate) fn text(file: &Path) -> Result<String, CommandFailure> {
    let mut bytes = Vec::new();
    let read = match file.as_os_str() == "-" {
        true => std::io::stdin().lock().read_to_end(&mut bytes),
        false => std::fs::File::open(file).and_then(|mut file| file.read_to_end(&mut bytes)),
    };
    let name = if file.as_os_str() == "-" { "standard input".to_owned() } else { format!("`{}`", file.display()) };
    read.map_err(|e| CommandFailure::new(format!("cannot read {name}")).because(&e))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to() + 1;
        CommandFailure::new(format!("{name} is no text: byte {at} is not UTF-8")).hint("give it as it was written")
    })
}

/// The longest value that a file may give, in bytes: as much as a text may have.
const LONGEST_VALUE: u64 = 4 << 20;

/// The text of a file that gives a value, without the line break at its end.
///
/// # Errors
/// Why it cannot be read, in words.
pub(crate) fn value(file: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).and_then(|opened| match opened.metadata()?.is_dir() {
        true => Err(std::io::Error::other("it is a folder")),
        false => opened.take(LONGEST_VALUE + 1).read_to_end(&mut bytes),
    });
    opened.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "nobody here may read it".to_owned(),
        _ => error.to_string(),
    })?;
    if bytes.len() as u64 > LONGEST_VALUE {
        return Err(format!("it has more than {} MiB", LONGEST_VALUE >> 20));
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is no text in UTF-8".to_owned())?;
    let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    Ok(line.unwrap_or(&text).to_owned())
}

/// What messages call a file: its path from the project's root if it is inside.
pub(crate) fn shown(root: &Path, path: &Path) -> String {
    let full = |p: &Path| p.canonicalize().unwrap_or_else(|_| p.to_owned());
    match full(path).strip_prefix(full(root)) {
        Ok(inside) => inside.display().to_string(),
        Err(_) => path.display().to_string(),
    }
}

fn missing(project: &Project, given: &str, is_path: bool) -> CommandFailure {
    if is_path {
        return CommandFailure::new(format!("there is no file `{given}`"));
    }
    let names = names(project);
    let failure = CommandFailure::new(format!("there is no program `{given}`"));
    let failure = failure.near(given, names.iter().map(String::as_str));
    if names.is_empty() {
        let folder = project.root.join("programs");
        failure.hint(format!("there are no programs in `{}`; give the path of a script instead", folder.display()))
    } else {
        failure.hint(format!("programs: {}", names.join(", ")))
    }
}
