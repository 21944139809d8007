//! `dr verify-destroyed`: looks everywhere whether anything of an environment is left.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use dr_core::record::Record;
use dr_core::region::GLOBAL;
use dr_core::value::Str;

use super::destroy::write_certificate;
use crate::args::Global;
use crate::certificate::{CertificateVerdict, DestroyCertificate};
use crate::exit::{CommandFailure, Exit};
use crate::load;
use crate::render::{certificate, json};
use crate::session::Session;
use crate::ui::Ui;
use crate::work::Work;

/// Look in every region of the account whether anything of an environment is left
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr verify-destroyed --env pr-7\n  \
                        dr verify-destroyed payment_alb --env pr-7 --certificate pr-7.md\n\n\
                        No state is needed; where one is left, what it records is looked for as well. Ends with status 0 \
                        when nothing is left, or only what goes by itself; 1 when something is left; 5 when not everything \
                        could be looked at.")]
pub(crate) struct VerifyDestroyedArgs {
    /// The program, where those of others may be there
    program: Option<String>,

    /// Write what was looked for and found into this file: as Markdown where its name ends with `.md`, else as JSON
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,

    /// Look only once, although services show late what they make
    #[arg(long)]
    no_wait: bool,
}

/// Looks.
pub(crate) fn cmd_verify_destroyed(
    args: &VerifyDestroyedArgs,
    global: &Global,
    ui: &Ui,
) -> Result<Exit, CommandFailure> {
    let session = Session::of_project(global, ui)?;
    let program = args.program.as_deref().map(|given| load::name_of(&session.project, given)).transpose()?;
    let records = recorded(&session, program.as_deref())?;
    let used: BTreeSet<Str> =
        records.iter().map(|record| record.region.clone().unwrap_or_else(|| GLOBAL.into())).collect();
    let found: DestroyCertificate = session.run(async |signals| {
        // Whatever is looked for, messages are about a stack.
        let stack = session.stack(program.as_deref().unwrap_or_default());
        let work = Work::open(&session, stack, &session.project.root, None).await?;
        signals.stop(&work.cancel);
        work.certify(None, (program.as_deref(), &records), &used, args.no_wait).await
    })?;
    if let Some(file) = &args.certificate {
        write_certificate(file, std::slice::from_ref(&found))?;
    }
    let exit = match found.verdict() {
        CertificateVerdict::Clean | CertificateVerdict::Fading => Exit::Done,
        CertificateVerdict::Unsure => Exit::Deferred,
        CertificateVerdict::Left => Exit::Failed,
    };
    let text = if ui.json { json::text(&certificate::shape(&found)) } else { certificate::text(&found) };
    ui.result(&text).map(|()| exit)
}

/// What is recorded of the environment, if anything is. A state that cannot be read is told, and done without.
fn recorded(session: &Session<'_>, program: Option<&str>) -> Result<Vec<Arc<Record>>, CommandFailure> {
    let mut records = Vec::new();
    for name in session.programs()? {
        if program.is_some_and(|program| *program != *name) {
            continue;
        }
        match session.look(&session.stack(&name)) {
            Ok(state) => records.extend(state.into_iter().flat_map(|state| {
                let snapshot = state.snapshot;
                snapshot.records.into_values().chain(snapshot.deposed)
            })),
            Err(failure) => drop(failure.tell(session.ui)),
        }
    }
    Ok(records)
}
