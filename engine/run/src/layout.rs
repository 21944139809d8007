//! Where states are: the folders of the state directory, and which stack each of them is the state of.
//!
//! A stack is a folder inside its environment's. Earlier versions kept one program per environment, in the environment's
//! own folder. Whoever writes takes such a state over ([`take_over`]); whoever only looks reads it where it is. A state
//! that is taken over only moves on: from the environment's folder to one beside it, and from there to the stack's. So
//! whoever looks in this order finds it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dr_core::value::Str;

use crate::error::StoreError;
use crate::holder::StackLock;
use crate::mend::{Mended, StatePaths, file, mend, row_error};
use crate::private;
use crate::rows;
use crate::stack::{Stack, environment_folder, is_folder_name};
use crate::view::{StateView, view};

/// How long to wait for somebody else who takes the same state over.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(2);
/// What only the folder of a database of sled's holds; no folder of a stack does.
const OF_A_DATABASE: [&str; 2] = ["db/conf", "db/db"];

/// The state of one stack, as it was found by somebody who only looks.
#[derive(Debug)]
pub(crate) struct FoundState {
    pub(crate) paths: StatePaths,
    pub(crate) view: StateView,
}

/// The suffixes of all environments that have state, sorted. Opens none of them.
///
/// # Errors
/// When the directory cannot be read. One that does not exist holds no environments.
pub fn environments(state_dir: &Path) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for name in names_in(state_dir)? {
        // One that is being taken over.
        let name = name.strip_prefix('.').map(str::to_owned).unwrap_or(name);
        if environment_folder(state_dir, &name).is_ok()
            // One that cannot be read is there all the same.
            && (!matches!(former(state_dir, &name), Ok(None)) || !stacks_in(&state_dir.join(&name))?.is_empty())
        {
            found.push(name);
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// The programs that have state in an environment, sorted.
///
/// # Errors
/// When the folder cannot be read, or a state of the former layout is damaged and cannot be mended now.
pub fn programs(state_dir: &Path, environment: &str) -> Result<Vec<Str>, StoreError> {
    let folder = environment_folder(state_dir, environment)?;
    [state_dir, &folder].into_iter().try_for_each(must_be_folder)?;
    let kept = see_former(state_dir, environment)?.and_then(|(_, program)| program);
    let mut found: Vec<Str> = stacks_in(&folder)?.into_iter().map(Str::from).chain(kept).collect();
    found.sort();
    found.dedup();
    Ok(found)
}

/// Whether a stack has state.
///
/// # Errors
/// When something else is where its folder should be; as [`programs`].
pub fn exists(state_dir: &Path, stack: &Stack) -> Result<bool, StoreError> {
    let paths = StatePaths::new(&stack.folder(state_dir)?);
    for folder in paths.folder.ancestors().take(3) {
        must_be_folder(folder)?;
    }
    let is_own = |program: Option<Str>| program.is_none_or(|program| program == stack.program);
    Ok(see_former(state_dir, &stack.environment)?.is_some_and(|(_, program)| is_own(program)) || paths.is_there())
}

/// Reads the state of a stack, wherever it is; `None` when there is none.
///
/// # Errors
/// When it is damaged and cannot be mended now.
pub(crate) fn find(state_dir: &Path, stack: &Stack) -> Result<Option<FoundState>, StoreError> {
    if !exists(state_dir, stack)? {
        return Ok(None);
    }
    if let Some((found, program)) = see_former(state_dir, &stack.environment)?
        && program.is_none_or(|program| program == stack.program)
    {
        return Ok(Some(found));
    }
    let paths = StatePaths::new(&stack.folder(state_dir)?);
    Ok(view(&paths, &stack.to_string())?.map(|view| FoundState { paths, view }))
}

/// Reads the state of the former layout, and whose it is, if there is one.
fn see_former(state_dir: &Path, environment: &str) -> Result<Option<(FoundState, Option<Str>)>, StoreError> {
    while let Some(folder) = former(state_dir, environment)? {
        let paths = StatePaths::new(&folder);
        let seen = view(&paths, environment).and_then(|seen| {
            let Some(view) = seen else { return Ok(None) };
            let program = program_of(&view.text.rows(), &paths, environment)?;
            Ok(Some((FoundState { paths, view }, program)))
        });
        match seen {
            Ok(Some(seen)) => return Ok(Some(seen)),
            // It was moved on meanwhile.
            _ if former(state_dir, environment)?.as_ref() != Some(&folder) => {}
            seen => return seen,
        }
    }
    Ok(None)
}

/// The program that a state is bound to.
fn program_of(rows: &rows::Rows<'_>, paths: &StatePaths, environment: &str) -> Result<Option<Str>, StoreError> {
    let head = rows::find_head(rows).transpose();
    let head = head.map_err(|source| row_error(paths, environment, source))?;
    Ok(head.and_then(|head| head.program))
}

/// Moves the state of the former layout to the stack it belongs to. One that belongs to no program yet becomes that of
/// `stack`. What was damaged about it is mended first. Tells nothing where there is nothing to take over.
///
/// # Errors
/// When somebody works on it, it is damaged, or the disk does not play along.
pub(crate) fn take_over(state_dir: &Path, stack: &Stack) -> Result<Vec<Mended>, StoreError> {
    let begun = Instant::now();
    while let Some(folder) = former(state_dir, &stack.environment)? {
        match move_on(state_dir, &folder, stack) {
            // Somebody else may be about to do the same.
            Err(StoreError::Locked { .. }) if begun.elapsed() < PATIENCE => {}
            Err(StoreError::File { source, .. })
                if source.kind() == io::ErrorKind::NotFound && begun.elapsed() < PATIENCE => {}
            Ok(None) => {}
            Ok(Some(mended)) => return Ok(mended),
            Err(error) => return Err(error),
        }
        std::thread::park_timeout(PAUSE);
    }
    Ok(Vec::new())
}

/// One attempt; `None` when somebody else was faster.
fn move_on(state_dir: &Path, from: &Path, stack: &Stack) -> Result<Option<Vec<Mended>>, StoreError> {
    let environment = &*stack.environment;
    let paths = StatePaths::new(from);
    let lock = StackLock::take(from, environment)?;
    if !paths.is_there() {
        return Ok(None);
    }
    let mut state = mend(&paths, environment)?;
    let program = program_of(&state.source.rows(), &paths, environment)?;
    let stack = Stack::new(program.unwrap_or_else(|| stack.program.clone()), environment);
    state.log.close().map_err(file(&paths.log))?;
    let mut mended = state.mended;
    // Both halves are closed before they move.
    drop((state.log, state.database));
    lock.say_nothing();
    let (own, beside, to) = (state_dir.join(environment), beside(state_dir, environment), stack.folder(state_dir)?);
    if from == own {
        std::fs::rename(&own, &beside).map_err(file(&own))?;
    }
    private::make_folder(&own).map_err(file(&own))?;
    std::fs::rename(&beside, &to).map_err(file(&to))?;
    mended.push(Mended::Layout { stack: stack.to_string(), from: own, to });
    Ok(Some(mended))
}

/// Where a state is while it is taken over.
fn beside(state_dir: &Path, environment: &str) -> PathBuf {
    state_dir.join(format!(".{environment}"))
}

/// The folder of an environment's state in the former layout, if it has one.
fn former(state_dir: &Path, environment: &str) -> Result<Option<PathBuf>, StoreError> {
    let is_former = |folder: &Path| {
        folder.join("log").is_file() || OF_A_DATABASE.iter().any(|inside| folder.join(inside).is_file())
    };
    let (own, beside) = (environment_folder(state_dir, environment)?, beside(state_dir, environment));
    if is_former(&own) {
        let stacks = stacks_in(&own)?;
        return match stacks.first() {
            None => Ok(Some(own)),
            Some(program) => Err(StoreError::TwoLayouts { folder: own, program: program.clone() }),
        };
    }
    Ok(is_former(&beside).then_some(beside))
}

/// The names of the folders in an environment's that hold the state of a stack.
fn stacks_in(folder: &Path) -> Result<Vec<String>, StoreError> {
    if folder.is_file() {
        return Ok(Vec::new());
    }
    let mut names = names_in(folder)?;
    // A database of the former layout is no stack, even where a stack could have its name.
    let is_database = OF_A_DATABASE.iter().any(|inside| folder.join(inside).is_file());
    names.retain(|name| {
        is_folder_name(name) && StatePaths::new(&folder.join(name)).is_there() && !(is_database && name == "db")
    });
    names.sort();
    Ok(names)
}

/// The names of everything in a folder. In one that is not there, there is nothing.
fn names_in(folder: &Path) -> Result<Vec<String>, StoreError> {
    match std::fs::read_dir(folder) {
        Ok(entries) => {
            let name = |entry: io::Result<std::fs::DirEntry>| Ok(entry?.file_name().into_string().ok());
            let names: io::Result<Vec<Option<String>>> = entries.map(name).collect();
            Ok(names.map_err(file(folder))?.into_iter().flatten().collect())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(file(folder)(error)),
    }
}

fn must_be_folder(folder: &Path) -> Result<(), StoreError> {
    match folder.metadata() {
        Ok(meta) if !meta.is_dir() => Err(file(folder)(io::ErrorKind::NotADirectory.into())),
        Err(error) if error.kind() != io::ErrorKind::NotFound && error.kind() != io::ErrorKind::NotADirectory => {
            Err(file(folder)(error))
        }
        _ => Ok(()),
    }
}
