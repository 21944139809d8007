//! `dr open`: where resources are in the console of AWS.

use std::io::IsTerminal as _;
use std::process::{Command, Stdio};

use clap::Args;
use dr_core::record::{Record, Snapshot};
use dr_core::schema::Place;
use dr_core::value::Value;
use dr_kinds::console;
use serde::Serialize;

use super::state_edit::record_at;
use crate::args::Global;
use crate::exit::{CommandFailure, Exit};
use crate::render::{json, pad, safe};
use crate::session::Session;
use crate::ui::Ui;

/// Print the address of a resource's page in the console of AWS
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr open primary/network/ec2.vpc:main --env prod\n  \
                        dr open primary/sqs.queue:orders --env prod --browser\n  dr open --env prod")]
pub(crate) struct OpenArgs {
    /// The resource's address, as `dr state list` gives it; without it, all that have a page are listed
    address: Option<String>,

    /// The program, where the environment holds several
    #[arg(long, value_name = "PROGRAM")]
    program: Option<String>,

    /// Open the page in the browser, too, when this is a terminal
    #[arg(long, requires = "address")]
    browser: bool,
}

/// A resource with its page.
#[derive(Serialize)]
struct PageJson<'a> {
    address: &'a str,
    page: String,
}

/// Prints addresses.
pub(crate) fn cmd_open(args: &OpenArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let program = args.program.as_deref();
    let snapshot = session.recorded(program)?;
    if snapshot.is_empty() {
        session.check_state(program)?;
    }
    let Some(address) = args.address.as_deref() else {
        check_cloud(&snapshot)?;
        let records = snapshot.records.values();
        let pages: Vec<PageJson<'_>> = records
            .filter_map(|record| Some(PageJson { address: record.address.as_str(), page: page(record)? }))
            .collect();
        let width = pages.iter().map(|one| one.address.chars().count()).max().unwrap_or(0);
        let text = match ui.json {
            true => json::text(&pages),
            false => pages.iter().map(|one| format!("{}  {}\n", pad(one.address, width), safe(&one.page))).collect(),
        };
        return ui.result(&text).map(|()| Exit::Done);
    };
    let record = record_at(&session, &snapshot, address)?;
    if session.registry.get(&record.kind).is_some_and(|kind| kind.place == Place::Local) {
        return Err(CommandFailure::new(format!("`{}` is kept in the state and in no cloud", record.address))
            .hint("`dr state show` shows it"));
    }
    check_cloud(&snapshot)?;
    let page = page(record).ok_or_else(|| {
        CommandFailure::new(format!("nothing recorded of `{}` says which page of the console shows it", record.address))
            .hint(format!("its id is {}", safe(&record.id)))
    })?;
    let text = match ui.json {
        true => json::text(&PageJson { address: record.address.as_str(), page: page.clone() }),
        false => format!("{}\n", safe(&page)),
    };
    ui.result(&text)?;
    if args.browser && std::io::stdout().is_terminal() {
        browse(&page)?;
    }
    Ok(Exit::Done)
}

/// Makes sure that the resources are where the console shows them.
fn check_cloud(snapshot: &Snapshot) -> Result<(), CommandFailure> {
    match &snapshot.identity {
        Some(identity) if *identity.cloud != *"aws" || identity.endpoint.is_some() => {
            Err(CommandFailure::new(format!("these resources are in the {identity}, which no console shows"))
                .hint("`dr state show ADDRESS --live` shows what is there"))
        }
        _ => Ok(()),
    }
}

/// The page of a resource, where its kind has one and what is recorded names it.
fn page(record: &Record) -> Option<String> {
    let attribute = |name: &str| match record.attribute(name)? {
        Value::Str(text) => Some(text.to_string()),
        _ => None,
    };
    console::address(&record.kind, record.region.as_deref(), attribute)
}

/// Opens a page with what the system has for it.
fn browse(page: &str) -> Result<(), CommandFailure> {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let [input, output, errors] = [Stdio::null(), Stdio::null(), Stdio::null()];
    let started = Command::new(opener).arg(page).stdin(input).stdout(output).stderr(errors).spawn();
    started.map(drop).map_err(|error| CommandFailure::new(format!("`{opener}` cannot be started")).because(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(json: &str) -> Record {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_page_is_named_by_what_is_recorded_and_by_no_secret() {
        let vpc = r#"{"address": "a/ec2.vpc:v", "kind": "ec2.vpc", "region": "us-west-2", "id": "vpc-1", "args": {}, "op": "o"}"#;
        let wanted = "https://us-west-2.console.aws.amazon.com/vpcconsole/home?region=us-west-2#VpcDetails:VpcId=vpc-1";
        assert_eq!(page(&record(vpc)).as_deref(), Some(wanted));
        let mut role =
            record(r#"{"address": "iam.role:r", "kind": "iam.role", "id": "r", "args": {"name": "r"}, "op": "o"}"#);
        assert!(page(&role).unwrap().ends_with("#/roles/details/r"));
        role.args.insert("name".into(), Value::str("r").secret());
        assert_eq!(page(&role), None);
    }

    #[test]
    fn only_aws_has_a_console() {
        let of = |cloud: &str, endpoint: Option<&str>| {
            let identity = dr_core::cloud::Identity {
                cloud: cloud.into(),
                account: "111122223333".into(),
                endpoint: endpoint.map(Into::into),
            };
            check_cloud(&Snapshot { identity: Some(identity), ..Snapshot::default() }).is_ok()
        };
        assert!(of("aws", None));
        assert!(!of("aws", Some("http://localhost:5000")) && !of("sandbox", None));
    }
}
