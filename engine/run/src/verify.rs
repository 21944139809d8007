//! Verifying: everything that is wrong with a state, and what mends it. Nothing is changed.
//!
//! On disk, a copy of both halves is mended as whoever opens the state next would mend it: what is told is what happens.

use std::io;
use std::path::{Path, PathBuf};

use dr_core::address::Address;
use dr_core::integrity;

use crate::entry::{LogDamage, OwnedRows, borrowed, owned};
use crate::error::StoreError;
use crate::holder::StackLock;
use crate::key::known_sealer;
use crate::layout;
use crate::log::{LogEnd, LogText};
use crate::mend::{Halved, Mended, StatePaths, file, halves, mend};
use crate::owner::check_owner;
use crate::private;
use crate::rows::{self, KeyRow, RowError, each};
use crate::salvage::{self, Salvaged};
use crate::seal::{KeySource, SealError};
use crate::service::SharedPlace;
use crate::shared;
use crate::stack::Stack;
use crate::states::States;

/// Something that is wrong with a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDamage {
    /// The file, folder, row or entry.
    pub place: String,
    /// What is wrong with it.
    pub what: String,
    /// What mends it.
    pub mend: String,
    /// Whether `repair` does that.
    pub is_mended: bool,
}

/// What a look at every row of a state came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many rows could be read.
    pub rows: usize,
    /// How many resources are recorded, those that were set aside among them.
    pub resources: usize,
    /// How many operations are open.
    pub open: usize,
    /// What is wrong.
    pub damage: Vec<StateDamage>,
    /// Addresses of resources whose records cannot be read.
    pub lost: Vec<Address>,
}

/// A state that was looked at, and what a repair has to write, if it has to write the state anew.
#[derive(Debug, Default)]
pub(crate) struct Examined {
    pub(crate) verified: Verified,
    pub(crate) salvaged: Option<Salvaged>,
    pub(crate) rows: OwnedRows,
}

impl States {
    /// Looks at every row of a stack's state; `None` when there is none. Nobody may work on it meanwhile.
    ///
    /// # Errors
    /// When somebody works on it, or it cannot be looked at.
    pub fn verify(&self, stack: &Stack) -> Result<Option<Verified>, StoreError> {
        if !self.is_there(stack)? {
            return Ok(None);
        }
        let examined = match &self.shared {
            Some(place) => examine_shared(place, stack)?,
            None => {
                let paths = self.paths(stack)?;
                let _lock = StackLock::take(&paths.folder, &stack.to_string())?;
                examine(&paths, stack)?
            }
        };
        Ok(Some(self.judged(stack, examined).verified))
    }

    /// Whether there is anything of a state, damaged or not.
    pub(crate) fn is_there(&self, stack: &Stack) -> Result<bool, StoreError> {
        match &self.shared {
            Some(place) => {
                let (replay, damage) = shared::inspect(place, &stack.to_string())?;
                Ok(!replay.rows.is_empty() || !damage.is_empty())
            }
            None => layout::exists(&self.folder, stack),
        }
    }

    /// The places of a state on disk. One that earlier versions kept elsewhere is taken over first.
    pub(crate) fn paths(&self, stack: &Stack) -> Result<StatePaths, StoreError> {
        layout::take_over(&self.folder, stack)?;
        Ok(StatePaths::new(&stack.folder(&self.folder)?))
    }

    /// What is said of a state that was examined: also of its key, its secrets, and whether it is sound.
    pub(crate) fn judged(&self, stack: &Stack, mut examined: Examined) -> Examined {
        let Examined { verified, salvaged, rows } = &mut examined;
        let name = stack.to_string();
        let place = self.place_of(stack);
        for error in salvaged.iter().flat_map(|salvaged| &salvaged.gone) {
            let mend = "it is set aside, and the rest is kept".to_owned();
            verified.damage.push(StateDamage { place: place.clone(), what: error.to_string(), mend, is_mended: true });
        }
        verified.lost = salvaged.iter().flat_map(|salvaged| salvaged.lost.iter().cloned()).collect();
        let rows = borrowed(rows);
        verified.rows = rows.len();
        let damaged = |source: RowError| self.row_error(stack, source);
        match known_sealer(&rows, &self.folder, &self.keys, &damaged, &name) {
            Err(error) => verified.damage.push(self.key_damage(&error)),
            Ok(None) => {}
            Ok(Some(sealer)) => {
                let unopened = each(&rows).filter_map(|row| rows::check(row, Some(&sealer)).err());
                verified.damage.extend(unopened.map(|error| StateDamage {
                    place: place.clone(),
                    what: match &error {
                        RowError::Seal(source) => source.to_string(),
                        other => other.to_string(),
                    },
                    mend: "put the state back from a copy".into(),
                    is_mended: false,
                }));
            }
        }
        if let Ok(contents) = rows::contents(each(&rows), None) {
            let snapshot = contents.snapshot();
            verified.resources = snapshot.records.len() + snapshot.deposed.len();
            verified.open = contents.journal().open().len();
            let unsound = integrity::check(&snapshot, contents.journal()).into_iter();
            verified.damage.extend(unsound.map(|violation| StateDamage {
                place: place.clone(),
                what: violation.to_string(),
                mend: violation.help,
                is_mended: false,
            }));
        }
        examined
    }

    /// The place of a stack's state, as messages name it.
    pub(crate) fn place_of(&self, stack: &Stack) -> String {
        match &self.shared {
            Some(place) => format!("`{stack}` in {}", place.settings.place),
            None => match stack.folder(&self.folder) {
                Ok(folder) => folder.display().to_string(),
                Err(_) => self.folder.display().to_string(),
            },
        }
    }

    fn key_damage(&self, error: &StoreError) -> StateDamage {
        let place = match &self.keys {
            KeySource::StateDirectory => self.folder.join(crate::seal::KEY_FILE).display().to_string(),
            KeySource::File(path) => path.display().to_string(),
            KeySource::Passphrase(_) => "the passphrase".to_owned(),
            KeySource::Lost => "the key".to_owned(),
        };
        let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
        let what = match error {
            StoreError::Seal(SealError::WrongKey(_)) => {
                "it is another key than the one that the secrets were sealed with".into()
            }
            other => format!("{other}{source}"),
        };
        let mend = error.help().unwrap_or_else(|| "give the key with `--key-file` or DR_PASSPHRASE".into());
        StateDamage { place, what, mend, is_mended: false }
    }
}

/// Examines a state on disk. It is locked.
pub(crate) fn examine(paths: &StatePaths, stack: &Stack) -> Result<Examined, StoreError> {
    let there = paths.of_copy();
    let name = stack.to_string();
    let fresh = || -> io::Result<()> {
        remove(&there.folder)?;
        private::make_folder(&there.folder)?;
        copy(&paths.log, &there.log)?;
        copy(&paths.database, &there.database)
    };
    let examined = fresh()
        .map_err(file(&there.folder))
        .and_then(|()| halves(&there, &name))
        // Reading a half may move something aside.
        .and_then(|halved| fresh().map_err(file(&there.folder)).map(|()| halved))
        .and_then(|halved| examine_copy(paths, &there, &name, &halved));
    let _ = remove(&there.folder);
    examined
}

fn examine_copy(paths: &StatePaths, there: &StatePaths, name: &str, halved: &Halved) -> Result<Examined, StoreError> {
    let damage = misplaced(paths, name, halved);
    if !damage.is_empty() {
        return Ok(Examined { verified: Verified { damage, ..Verified::default() }, ..Examined::default() });
    }
    let mut verified = Verified::default();
    let rows = match mend(there, name) {
        Ok(state) => {
            verified.damage.extend(state.mended.iter().filter_map(|mended| told(paths, mended, halved)));
            owned(&state.source.rows())
        }
        Err(StoreError::Damaged { .. }) => {
            verified.damage.extend(neither(paths, halved));
            OwnedRows::new()
        }
        Err(other) => return Err(other),
    };
    let is_told = verified.damage.iter().any(|damage| damage.place == paths.log.display().to_string());
    if rows.is_empty() && !is_told && !halved.0.as_ref().is_some_and(LogText::is_whole) {
        verified.damage.push(StateDamage {
            place: paths.folder.display().to_string(),
            what: "log and database say nothing, not even that a state was begun".into(),
            mend: "an empty state is begun; `dr state rebuild` finds again what the stack has, by its tags".into(),
            is_mended: true,
        });
    }
    if has_head(&rows) && are_sound(&rows) || (rows.is_empty() && verified.damage.is_empty()) {
        return Ok(Examined { verified, salvaged: None, rows });
    }
    let unread = if halved.1.is_none() { all_files(&paths.database) } else { Vec::new() };
    let salvaged = salvage::of_halves(halved, &unread);
    let rows = salvaged.rows.clone();
    Ok(Examined { verified, salvaged: Some(salvaged), rows })
}

/// The halves that are another stack's.
fn misplaced(paths: &StatePaths, name: &str, (log, stored): &Halved) -> Vec<StateDamage> {
    let log = log.as_ref().and_then(|text| check_owner(&text.rows(), name, paths.log.display()).err());
    let stored = stored.as_ref().map(|(_, rows)| borrowed(rows));
    let database = stored.and_then(|rows| check_owner(&rows, name, paths.database.display()).err());
    let each = [(&paths.log, log), (&paths.database, database)];
    let told = each.into_iter().filter_map(|(path, error)| Some(foreign_damage(path.display(), &error?)));
    told.collect()
}

/// That what is in a place is another stack's.
fn foreign_damage(place: impl ToString, error: &StoreError) -> StateDamage {
    let mend = error.help().unwrap_or_default();
    StateDamage { place: place.to_string(), what: error.to_string(), mend, is_mended: false }
}

/// What is said of something that whoever opens the state mends.
fn told(paths: &StatePaths, mended: &Mended, (log, _): &Halved) -> Option<StateDamage> {
    let log_or_database = |is_there: bool| if is_there { "it cannot be read" } else { "it is missing" };
    let (place, what, mend) = match mended {
        Mended::Layout { .. } => return None,
        Mended::Database { aside, .. } => {
            (&paths.database, log_or_database(aside.is_some()).to_owned(), "it is made anew from the log")
        }
        Mended::Rows { .. } => {
            (&paths.database, "it lacks something that the log says".into(), "that is restored from the log")
        }
        Mended::Index { .. } => (&paths.database, "an index in it cannot be read".into(), "the index is made anew"),
        Mended::Log { .. } => (&paths.log, log_state(log.as_ref()), "it is made anew from the database"),
        Mended::Cut { .. } => (
            &paths.log,
            format!("{}, and there is no database", log_state(log.as_ref())),
            "what stands before that is kept; what was written after it is lost, and `dr state rebuild` finds it again",
        ),
    };
    Some(StateDamage { place: place.display().to_string(), what, mend: mend.into(), is_mended: true })
}

/// What is wrong with the log, in words.
fn log_state(log: Option<&LogText>) -> String {
    match log.map(|text| text.end) {
        Some(LogEnd::Torn(at) | LogEnd::Damaged(at)) => format!("it is damaged from byte {at} on"),
        Some(_) => "it lacks something that the database says".into(),
        None => "it is missing or no file".into(),
    }
}

/// That neither half is whole.
fn neither(paths: &StatePaths, (log, stored): &Halved) -> [StateDamage; 2] {
    let mend = "what can be read of both is kept, and they are set aside; `dr state rebuild` finds again what is lost with \
                the rest, by its tags";
    let database = match stored {
        Some(_) => "it has lost something",
        None if paths.database.symlink_metadata().is_err() => "it is missing",
        None => "it cannot be read",
    };
    [(&paths.database, database.to_owned()), (&paths.log, log_state(log.as_ref()))].map(|(place, what)| StateDamage {
        place: place.display().to_string(),
        what,
        mend: mend.into(),
        is_mended: true,
    })
}

/// Examines a shared state.
pub(crate) fn examine_shared(place: &SharedPlace, stack: &Stack) -> Result<Examined, StoreError> {
    let (replay, damage) = shared::inspect(place, &stack.to_string())?;
    Ok(of_replay(place, stack, replay.rows, &damage))
}

/// What is said of a shared state that was read as far as it can be.
pub(crate) fn of_replay(place: &SharedPlace, stack: &Stack, rows: OwnedRows, damage: &[LogDamage]) -> Examined {
    let said = damage.iter().map(|damage| StateDamage {
        place: format!("`{stack}` in {}", place.settings.place),
        what: damage.to_string(),
        mend: "what the other entries say is kept, and a new snapshot stands for all of them".into(),
        is_mended: true,
    });
    let foreign = check_owner(&borrowed(&rows), &stack.to_string(), &place.settings.place).err();
    let foreign = foreign.map(|error| foreign_damage(&place.settings.place, &error));
    let verified = Verified { damage: said.chain(foreign).collect(), ..Verified::default() };
    if damage.is_empty() && are_sound(&rows) && (rows.is_empty() || has_head(&rows)) {
        return Examined { verified, salvaged: None, rows };
    }
    let salvaged = salvage::sift(rows, Default::default());
    let rows = salvaged.rows.clone();
    Examined { verified, salvaged: Some(salvaged), rows }
}

/// Whether each row by itself is one that was written.
fn are_sound(rows: &OwnedRows) -> bool {
    each(&borrowed(rows)).all(|row| rows::check(row, None).is_ok())
}

fn has_head(rows: &OwnedRows) -> bool {
    rows::find_head(&borrowed(rows)).is_some()
}

/// Whether a state says how its key is made.
pub(crate) fn has_key(rows: &OwnedRows) -> bool {
    matches!(KeyRow::find(&borrowed(rows)), Some(Ok(_)))
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Copies a file or a folder; nothing where there is none.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let Ok(meta) = from.symlink_metadata() else { return Ok(()) };
    if !meta.is_dir() {
        return std::fs::copy(from, to).map(drop);
    }
    private::make_folder(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// The bytes of every file in a folder, or of a file.
fn all_files(path: &PathBuf) -> Vec<Vec<u8>> {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        return entries.flat_map(|entry| all_files(&entry.path())).collect();
    }
    std::fs::read(path).into_iter().collect()
}
