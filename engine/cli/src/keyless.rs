//! What is done where the key of a state is gone: everything that needs no secret works, and what is missing is named.

use dr_run::{KeySource, LostSecret, States, Store, StoreError};

use crate::render::{CHANGED, count, paint, safe};
use crate::ui::Ui;

/// How many lost secrets are named.
const NAMED: usize = 12;

/// The same states without their key, where an error says that it is gone. A key that somebody gives and that does not fit
/// is a mistake, and stays one.
pub(crate) fn without_key(states: &States, error: &StoreError) -> Option<States> {
    let is_lost = matches!(error, StoreError::Seal(error) if error.is_loss());
    let is_given = !matches!(states.keys, KeySource::StateDirectory);
    (is_lost && !is_given).then(|| States { keys: KeySource::Lost, ..states.clone() })
}

/// Tells which secrets cannot be read, and why.
pub(crate) fn warn(ui: &Ui, store: &Store, error: &StoreError) {
    let lost = store.lost_secrets();
    let source = std::error::Error::source(error).map(|source| format!(" ({source})")).unwrap_or_default();
    let mut text = format!("{}: {}{}\n", paint(CHANGED, "warning"), safe(&error.to_string()), safe(&source));
    if lost.is_empty() {
        text.push_str("  there is no secret in the state that could not be read\n");
    } else {
        text.push_str(&format!("  {} cannot be read; what needs none works:\n", count(lost.len(), "secret")));
        text.push_str(&list(&lost));
        text.push_str(
            "  give the key with `--key-file` or DR_PASSPHRASE; if nobody has it any more, `dr state rekey --lost`\n",
        );
    }
    ui.tell(&text);
}

/// The first lost secrets, a line each.
pub(crate) fn list(lost: &[LostSecret]) -> String {
    let mut lost: Vec<&LostSecret> = lost.iter().collect();
    lost.sort();
    lost.dedup();
    let mut out: String = lost.iter().take(NAMED).map(|one| format!("    {}\n", safe(&one.to_string()))).collect();
    if lost.len() > NAMED {
        out.push_str(&format!("    and {} more\n", lost.len() - NAMED));
    }
    out
}
