//! Plan files: a plan that is applied later, or elsewhere.
//!
//! A file is two lines of JSON. The first says what the file is and proves that the second is the one that was
//! written, by somebody with the stack's key; the second is the plan, its secrets sealed. A plan that was
//! damaged, changed, made by another version or sealed with another key is refused, and the reason is said.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dr_core::plan::{FORMAT, Plan};
use dr_core::value::Str;
use dr_core::walk::each_known;
use serde::{Deserialize, Serialize};

use crate::private;
use crate::rows;
use crate::seal::{SealError, Sealer};

/// What the first line calls the file.
const NAME: &str = "dr plan";
/// What sealed values in a plan are bound to.
const PLACE: &str = "plan";

/// Why a plan file cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// The file cannot be read or written.
    #[error("cannot use `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is something else.
    #[error("`{0}` is not a plan of dr")]
    NotAPlan(PathBuf),
    /// Another version wrote it.
    #[error("`{path}` has the form {format}, and this version of dr knows the form {FORMAT}; plan again")]
    Format {
        /// The file.
        path: PathBuf,
        /// Its form.
        format: u32,
    },
    /// It was written with another key.
    #[error("`{0}` was written with another key than this stack's; apply it with that key, or plan again")]
    ForeignKey(PathBuf),
    /// It is not what was written.
    #[error("`{0}` was damaged or changed after it was written; plan again")]
    Damaged(PathBuf),
    /// A secret cannot be sealed or opened.
    #[error("a secret of the plan cannot be sealed or opened")]
    Seal(#[from] SealError),
    /// It cannot be written as JSON.
    #[error("the plan cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// The first line.
#[derive(Serialize, Deserialize)]
struct Header {
    file: String,
    format: u32,
    program: String,
    environment: String,
    /// The script, from the project's folder; a path of its own when it is elsewhere.
    source: String,
    key: String,
    proof: String,
}

/// Calls `change` on every value of a plan, `record` on every record.
fn each(
    plan: &mut Plan,
    change: &mut dyn FnMut(&mut dr_core::value::Value) -> Result<(), SealError>,
    record: &dyn Fn(&mut dr_core::record::Record) -> Result<(), SealError>,
) -> Result<(), SealError> {
    for step in plan.steps.iter_mut().chain(plan.deferred.iter_mut().map(|d| &mut d.step)) {
        for expr in step.args.values_mut() {
            each_known(expr, change)?;
        }
        step.known.values_mut().try_for_each(&mut *change)?;
        for difference in &mut step.changes {
            difference.before.iter_mut().try_for_each(&mut *change)?;
            difference.after.iter_mut().try_for_each(|e| each_known(e, change))?;
        }
        if let Some(prior) = &mut step.prior {
            record(Arc::make_mut(prior))?;
        }
    }
    for output in plan.outputs.values_mut() {
        output.before.iter_mut().try_for_each(&mut *change)?;
        output.after.iter_mut().try_for_each(|e| each_known(e, change))?;
    }
    let answers = plan.answers.values_mut();
    answers.flat_map(|answer| answer.args.values_mut().chain(answer.outputs.values_mut())).try_for_each(change)
}

/// Writes a plan to a file that only its owner can read.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, plan: &Plan, source: &str, sealer: &Sealer) -> Result<(), PlanFileError> {
    let mut sealed = plan.clone();
    each(&mut sealed, &mut |v| sealer.seal(v, PLACE), &|r| rows::seal_record(r, sealer, PLACE))?;
    let body = serde_json::to_string(&sealed)?;
    let header = Header {
        file: NAME.into(),
        format: plan.format,
        program: plan.program.to_string(),
        environment: plan.environment.to_string(),
        source: source.to_owned(),
        key: sealer.fingerprint().to_owned(),
        proof: sealer.sign(body.as_bytes())?,
    };
    let text = format!("{}\n{body}\n", serde_json::to_string(&header)?);
    place(path, text.as_bytes()).map_err(|source| PlanFileError::File { path: path.to_owned(), source })
}

/// Writes a file that is there as a whole or not at all; what is no file, such as a pipe, gets the bytes as they are.
fn place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match path.canonicalize() {
        Ok(target) if target.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(target) if !target.is_file() => std::fs::OpenOptions::new().write(true).open(target)?.write_all(bytes),
        target => {
            let target = target.unwrap_or_else(|_| path.to_owned());
            private::sweep(target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")));
            private::write(&target, bytes)
        }
    }
}

/// A plan as it was written, and the script it was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPlan {
    /// The plan.
    pub plan: Plan,
    /// The script, from the project's folder; a path of its own when it is elsewhere.
    pub source: String,
}

/// Whether a file says of itself that it is a plan, whatever its name is.
pub fn is_plan(path: &Path) -> bool {
    use std::io::Read as _;
    let mut start = [0; 64];
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut start)).unwrap_or(0);
    start[..read].starts_with(format!("{{\"file\":\"{NAME}\"").as_bytes())
}

/// The program that a plan file says it is for. Nothing proves it before the plan is [`read`].
///
/// # Errors
/// When the file is not a plan.
pub fn program(path: &Path) -> Result<Str, PlanFileError> {
    header(&text(path)?, path).map(|(header, _)| header.program.into())
}

fn text(path: &Path) -> Result<String, PlanFileError> {
    std::fs::read_to_string(path).map_err(|source| match source.kind() {
        io::ErrorKind::InvalidData => PlanFileError::NotAPlan(path.to_owned()),
        _ => PlanFileError::File { path: path.to_owned(), source },
    })
}

/// The header of a plan file with this text, and what comes after it.
fn header<'t>(text: &'t str, path: &Path) -> Result<(Header, &'t str), PlanFileError> {
    let (first, body) = text.split_once('\n').unwrap_or((text, ""));
    match serde_json::from_str(first) {
        Ok(Header { file, .. }) if file != NAME => Err(PlanFileError::NotAPlan(path.to_owned())),
        Ok(header) => Ok((header, body)),
        Err(_) => Err(PlanFileError::NotAPlan(path.to_owned())),
    }
}

/// Reads a plan. `source` in it is not proven: it only says where the script's folder is.
///
/// # Errors
/// When the file is not a plan, or not one that was written with this key and left alone since.
pub fn read(path: &Path, sealer: &Sealer) -> Result<StoredPlan, PlanFileError> {
    let text = text(path)?;
    let (header, body) = header(&text, path)?;
    if header.format != FORMAT {
        return Err(PlanFileError::Format { path: path.to_owned(), format: header.format });
    }
    if header.key != sealer.fingerprint() {
        return Err(PlanFileError::ForeignKey(path.to_owned()));
    }
    let body = body.strip_suffix('\n').unwrap_or(body);
    if !sealer.is_signed(body.as_bytes(), &header.proof) {
        return Err(PlanFileError::Damaged(path.to_owned()));
    }
    let mut plan: Plan = serde_json::from_str(body)?;
    if plan.format != header.format {
        return Err(PlanFileError::Format { path: path.to_owned(), format: plan.format });
    }
    each(&mut plan, &mut |v| sealer.open(v, PLACE), &|r| rows::open_record(r, sealer, PLACE))?;
    Ok(StoredPlan { plan, source: header.source })
}
