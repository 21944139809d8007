//! Where states are: in the state folder, or in the table that `[state]` in `dr.toml` names.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dr_core::cloud::CloudError;
use dr_core::state_log::StateLog;
use dr_run::{KeySource, SharedPlace, SharedSettings, States};

use crate::args::variable;
use crate::exit::CommandFailure;
use crate::state_config::{Backend, StateConfig};
use crate::ui::Ui;

/// How long whoever writes may give no sign of life, where nothing else is configured.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a call to the table is tried.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a table and its replica may take to be ready.
#[cfg(feature = "aws")]
const LONGEST: Duration = Duration::from_secs(20 * 60);
/// How long between two looks whether they are.
#[cfg(feature = "aws")]
const PAUSE: Duration = Duration::from_millis(500);

/// The table that is configured: its name and its region.
///
/// # Errors
/// When one of the two is missing.
pub(crate) fn table(config: &StateConfig) -> Result<(&str, &str), CommandFailure> {
    let missing = |key: &str, example: &str| {
        CommandFailure::new(format!("dr.toml: [state] does not say which `{key}` keeps the state"))
            .hint(format!("add `{key} = \"{example}\"` to [state] in dr.toml"))
    };
    let table = config.table.as_deref().ok_or_else(|| missing("table", "dr-state"))?;
    let region = config.region.as_ref().ok_or_else(|| missing("region", "us-east-1"))?;
    Ok((table, region.get_ref()))
}

/// The states as they are configured. Nothing is reached yet.
///
/// # Errors
/// When the configuration lacks something.
pub(crate) fn states(config: &StateConfig, folder: &Path, keys: KeySource, ui: &Ui) -> Result<States, CommandFailure> {
    states_in(config.backend(), config, folder, keys, ui)
}

/// The states in a backend of one's choice.
///
/// # Errors
/// As [`states`].
pub(crate) fn states_in(
    backend: Backend,
    config: &StateConfig,
    folder: &Path,
    keys: KeySource,
    ui: &Ui,
) -> Result<States, CommandFailure> {
    let shared = match backend {
        Backend::Sled => None,
        Backend::Dynamodb => Some(place(config, ui)?),
    };
    Ok(States { folder: folder.to_owned(), keys, shared })
}

fn place(config: &StateConfig, ui: &Ui) -> Result<SharedPlace, CommandFailure> {
    let (table, region) = table(config)?;
    let ui = ui.clone();
    let own = (table.to_owned(), region.to_owned());
    Ok(SharedPlace::new(SharedSettings {
        connect: Arc::new(move || Box::pin(connect(own.clone()))),
        place: format!("the table `{table}` in {region}"),
        owner: owner(),
        silence: config.lease_seconds.map_or(SILENCE, |seconds| Duration::from_secs(seconds.get().into())),
        patience: PATIENCE,
        notice: Arc::new(move |text| ui.tell(&format!("{text}\n"))),
    }))
}

#[cfg(feature = "aws")]
async fn connect((table, region): (String, String)) -> Result<Arc<dyn StateLog>, CloudError> {
    Ok(Arc::new(dr_aws::StateTable::connect(&table, &region).await))
}

#[cfg(not(feature = "aws"))]
async fn connect(_: (String, String)) -> Result<Arc<dyn StateLog>, CloudError> {
    Err(no_aws())
}

#[cfg(not(feature = "aws"))]
fn no_aws() -> CloudError {
    let why = "this `dr` was built without AWS; build it with its default features: `cargo build --release`";
    CloudError::new(dr_core::cloud::ErrorClass::Invalid, "state", "NoAws", why)
}

/// Who works here, in words for others, with the process.
fn owner() -> String {
    format!("{} (process {})", who(), std::process::id())
}

/// Who works here, in words for others: the run of a pipeline, or a person and a machine.
pub(crate) fn who() -> String {
    if let Some(run) = variable("GITHUB_RUN_ID") {
        let of = variable("GITHUB_REPOSITORY").map(|name| format!(" of {name}")).unwrap_or_default();
        return format!("the GitHub run {run}{of}");
    }
    if let Some(job) = variable("CI_JOB_URL") {
        return format!("the GitLab job {job}");
    }
    let host = variable("HOSTNAME").or_else(|| std::fs::read_to_string("/proc/sys/kernel/hostname").ok());
    let host = host.unwrap_or_default();
    let host = if host.trim().is_empty() { "a machine without a name" } else { host.trim() };
    match variable("USER").or_else(|| variable("LOGNAME")) {
        Some(user) => format!("{user}@{host}"),
        None => format!("somebody on {host}"),
    }
}

/// Makes a table, and what it needs, and waits for it. Returns what was done.
///
/// # Errors
/// When it is refused, or takes too long.
#[cfg(feature = "aws")]
pub(crate) async fn make_table(
    ui: &Ui,
    (table, region): (&str, &str),
    replica: Option<&str>,
) -> Result<Vec<String>, CommandFailure> {
    use dr_aws::{StateTable, TableStep};
    let failed =
        |error: CloudError| CommandFailure::new(format!("cannot make the table `{table}` in {region}")).because(&error);
    let here = StateTable::connect(table, region).await;
    let there = match replica {
        Some(replica) => Some(StateTable::connect(table, replica).await),
        None => None,
    };
    let (mut did, mut waits) = (Vec::new(), None);
    let begun = tokio::time::Instant::now();
    loop {
        let mut step = here.advance(region, replica).await;
        if let (Ok(TableStep::Ready), Some(there)) = (&step, &there) {
            step = there.advance_replica().await;
        }
        match step {
            // Each step begins with a look at what is there.
            Err(error) if may_pass(&error) && begun.elapsed() < PATIENCE => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(failed(error)),
            Ok(step) => match step {
                TableStep::Ready => return Ok(did),
                TableStep::Did(what) => {
                    ui.tell(&format!("{what}\n"));
                    did.push(what);
                }
                TableStep::Waits(what) if begun.elapsed() > LONGEST => {
                    return Err(CommandFailure::new(format!(
                        "{what} is not ready after {} minutes",
                        LONGEST.as_secs() / 60
                    ))
                    .hint("run the command again: it goes on from there"));
                }
                TableStep::Waits(what) => {
                    if waits.as_ref() != Some(&what) {
                        ui.tell(&format!("waiting for {what}\n"));
                        waits = Some(what);
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
    }
}

/// Whether a call may go well the next time.
#[cfg(feature = "aws")]
fn may_pass(error: &CloudError) -> bool {
    use dr_core::cloud::ErrorClass;
    let class = matches!(error.class, ErrorClass::Throttled | ErrorClass::Transient | ErrorClass::Conflict);
    class || error.maybe_done
}

/// Makes a table.
///
/// # Errors
/// Always: this build has no AWS.
#[cfg(not(feature = "aws"))]
pub(crate) async fn make_table(_: &Ui, table: (&str, &str), _: Option<&str>) -> Result<Vec<String>, CommandFailure> {
    Err(CommandFailure::new(format!("cannot make the table `{}` in {}", table.0, table.1)).because(&no_aws()))
}
