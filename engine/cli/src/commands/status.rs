//! `dr status`: which region is active, who writes, how far the other one is behind, and whether it could take over.

use clap::Args;
use dr_core::failover::derive::{recovery_plan, sides};
use dr_core::failover::drill::PastDrill;
use dr_core::failover::plan::{AwaitedCondition, FailoverManner, RecoveryAct};
use dr_core::failover::refuse::refusals;
use dr_core::failover::state::ActiveSide;
use dr_core::record::{Record, Snapshot};
use dr_core::recovery::Recovery;
use dr_core::value::{Str, Value};
use dr_run::{Engine, silent_regions, vitals_now, writes_now};
use serde::Serialize;

use crate::args::Global;
use crate::clock;
use crate::exit::{CommandFailure, Exit};
use crate::render::{json, recovery, safe};
use crate::session::Session;
use crate::ui::Ui;
use crate::work::Work;

/// Tell which region is active, who writes, and whether the other one could take over
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dr status payment_http --env pr-7\n  dr status payment_http --env pr-7 --json\n\n\
                        Nothing is changed. Ends with status 2 when the other region could not take over now."
)]
pub(crate) struct StatusArgs {
    /// Name of a program that was applied
    program: String,
}

/// What is told.
#[derive(Debug, Serialize)]
struct StatusJson<'a> {
    format: u32,
    program: &'a str,
    environment: &'a str,
    primary: Str,
    secondary: Str,
    /// The region that is active.
    active: Str,
    /// Since when and by whom, where a failover made it so.
    since: Option<&'a ActiveSide>,
    silent: Vec<Str>,
    members: Vec<MemberStatus>,
    followers: Vec<FollowerStatus>,
    checks: Vec<CheckStatus>,
    requests: Vec<RequestsStatus>,
    /// A failover that has not come to its end.
    open: Option<OpenFailover>,
    /// What stands in the way of a failover without warning.
    obstacles: Vec<String>,
    computed: Option<&'a Recovery>,
    last_drill: Option<&'a PastDrill>,
}

#[derive(Debug, Serialize)]
struct MemberStatus {
    address: String,
    region: Option<Str>,
    writes: Option<bool>,
}

#[derive(Debug, Serialize)]
struct FollowerStatus {
    address: String,
    region: Option<Str>,
    lag_ms: Option<u64>,
}

#[derive(Debug, Serialize)]
struct CheckStatus {
    address: String,
    healthy: Option<bool>,
}

#[derive(Debug, Serialize)]
struct RequestsStatus {
    name: String,
    first: String,
}

#[derive(Debug, Serialize)]
struct OpenFailover {
    to: Str,
    manner: FailoverManner,
    /// The step that comes next.
    step: usize,
    name: String,
    steps: usize,
}

/// Tells.
pub(crate) fn cmd_status(args: &StatusArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::new(global, ui)?;
    let name = crate::load::name_of(&session.project, &args.program)?;
    let stack = session.stack(&name);
    let Some(held) = session.look(&stack)?.filter(|held| !held.snapshot.records.is_empty()) else {
        return Err(session.unrecorded(&name)?);
    };
    let snapshot = &held.snapshot;
    let Some((primary, secondary)) = sides(snapshot, &session.registry) else {
        return Err(CommandFailure::new(format!("`{stack}` is in one region: nothing takes over")).exit(Exit::Refused));
    };
    // A region that the program has left since is active no more.
    let since = snapshot.recovery.active.as_ref().filter(|active| [&primary, &secondary].contains(&&active.region));
    let active = since.map_or(&primary, |active| &active.region).clone();
    let other = if active == primary { &secondary } else { &primary };
    let (status, header) = session.run(async |signals| {
        let mut work = Work::open(&session, stack.clone(), &session.project.root, None).await?;
        signals.stop(&work.cancel);
        let header = session.header(&name, &work.identity);
        let looked = work
            .with_engine(&held, false, async |engine| {
                let silent = silent_regions(engine, &[primary.clone(), secondary.clone()].into()).await;
                let plan = recovery_plan(snapshot, &session.registry, other, FailoverManner::Unplanned);
                let mut obstacles = match &plan {
                    Ok(plan) => refusals(plan, &silent),
                    Err(why) => vec![why.to_string()],
                };
                if silent.contains(other) {
                    obstacles = vec![format!("{other} does not answer")];
                } else if let Ok(plan) = &plan {
                    for step in &plan.steps {
                        if let RecoveryAct::Await { condition: AwaitedCondition::Ready { address }, .. } = &step.act
                            && let Some(why) = missing(engine, snapshot.records.get(address).map(|r| &**r)).await
                        {
                            obstacles.push(format!("`{address}` {why}"));
                        }
                    }
                }
                let members = members(engine, snapshot).await;
                let followers = followers(engine, snapshot, &members).await;
                let checks = checks(engine, snapshot).await;
                Ok((silent, obstacles, members, followers, checks))
            })
            .await?;
        let (silent, obstacles, members, followers, checks) = looked;
        let status = StatusJson {
            format: json::FORMAT,
            program: &name,
            environment: &session.suffix,
            primary: primary.clone(),
            secondary: secondary.clone(),
            active: active.clone(),
            since,
            silent: silent.into_iter().collect(),
            members,
            followers,
            checks,
            requests: requests(snapshot),
            open: open(snapshot),
            obstacles,
            computed: snapshot.recovery.computed.as_ref(),
            last_drill: snapshot.recovery.drills.last(),
        };
        Ok((status, header))
    })?;
    let exit = if status.obstacles.is_empty() { Exit::Done } else { Exit::Changes };
    if ui.json {
        return ui.result(&json::text(&status)).map(|()| exit);
    }
    ui.tell(&header);
    ui.result(&text(&status)).map(|()| exit)
}

/// Why a resource is not ready, if it is not.
async fn missing(engine: &Engine<'_>, record: Option<&Record>) -> Option<&'static str> {
    match record {
        None => Some("is not recorded"),
        Some(record) => match writes_now(engine, record).await {
            None => Some("cannot be read"),
            Some(_) => None,
        },
    }
}

fn of<'s>(snapshot: &'s Snapshot, kind: &'s str) -> impl Iterator<Item = &'s Record> {
    snapshot.records.values().map(|record| &**record).filter(move |record| &*record.kind == kind)
}

/// The clusters of global databases, with who writes.
async fn members(engine: &Engine<'_>, snapshot: &Snapshot) -> Vec<MemberStatus> {
    let mut all = Vec::new();
    for record in of(snapshot, "rds.cluster") {
        if record.args.get("global_cluster_identifier").is_some_and(|value| !value.is_null()) {
            let writes = writes_now(engine, record).await;
            all.push(MemberStatus { address: record.address.to_string(), region: record.region.clone(), writes });
        }
    }
    all
}

/// What follows in another region, with how far it is behind.
async fn followers(engine: &Engine<'_>, snapshot: &Snapshot, members: &[MemberStatus]) -> Vec<FollowerStatus> {
    let mut all = Vec::new();
    for kind in ["rds.cluster", "dynamodb.table_replica", "s3.bucket_replication"] {
        for record in of(snapshot, kind) {
            let address = record.address.to_string();
            let is_follower = members.iter().any(|member| member.address == address && member.writes == Some(false));
            if kind == "rds.cluster" && !is_follower {
                continue;
            }
            let lag = vitals_now(engine, record).await.and_then(|vitals| vitals.lag);
            let lag_ms = lag.map(|lag| u64::try_from(lag.as_millis()).unwrap_or(u64::MAX));
            all.push(FollowerStatus { address, region: record.region.clone(), lag_ms });
        }
    }
    all
}

async fn checks(engine: &Engine<'_>, snapshot: &Snapshot) -> Vec<CheckStatus> {
    let mut all = Vec::new();
    for record in of(snapshot, "route53.health_check") {
        let healthy = vitals_now(engine, record).await.and_then(|vitals| vitals.healthy);
        all.push(CheckStatus { address: record.address.to_string(), healthy });
    }
    all
}

/// The records that are answered first, as they were set last.
fn requests(snapshot: &Snapshot) -> Vec<RequestsStatus> {
    let first = |record: &&Record| record.in_force().get("failover").and_then(Value::as_str) == Some("PRIMARY");
    let name = |record: &Record| record.args.get("name").map(Value::to_text).unwrap_or_default();
    of(snapshot, "route53.record")
        .filter(first)
        .map(|record| RequestsStatus { name: name(record), first: record.address.to_string() })
        .collect()
}

fn open(snapshot: &Snapshot) -> Option<OpenFailover> {
    let run = snapshot.recovery.unfinished()?;
    let step = run.next()?;
    let name = run.plan.steps.get(step).map(|step| step.name.clone()).unwrap_or_default();
    Some(OpenFailover { to: run.plan.to.clone(), manner: run.plan.manner, step, name, steps: run.plan.steps.len() })
}

fn text(status: &StatusJson<'_>) -> String {
    let stands_by = if status.active == status.primary { &status.secondary } else { &status.primary };
    let mut out = format!("active     {}", status.active);
    match status.since {
        Some(since) => out.push_str(&format!(
            ", since {} (UTC) by {}, {}\n",
            clock::minute(since.since),
            safe(&since.by),
            since.manner.word()
        )),
        None => out.push_str(", as declared\n"),
    }
    out.push_str(&format!("stands by  {stands_by}\n"));
    for region in &status.silent {
        out.push_str(&format!("silent     {region} does not answer\n"));
    }
    for member in &status.members {
        let writes = match member.writes {
            Some(true) => "writes",
            Some(false) => "follows",
            None => "does not tell whether it writes",
        };
        out.push_str(&format!("database   {} {writes}\n", member.address));
    }
    for follower in &status.followers {
        let lag = follower.lag_ms.map_or("nothing tells how far it is behind".into(), |ms| format!("{ms} ms behind"));
        out.push_str(&format!("replica    {}: {lag}\n", follower.address));
    }
    for check in &status.checks {
        let healthy = match check.healthy {
            Some(true) => "healthy",
            Some(false) => "not healthy",
            None => "does not tell",
        };
        out.push_str(&format!("health     {}: {healthy}\n", check.address));
    }
    for one in &status.requests {
        out.push_str(&format!("requests   {} are answered by {} first\n", safe(&one.name), one.first));
    }
    if let Some(open) = &status.open {
        out.push_str(&format!(
            "failover   to {} ({}) is at step {} of {}: {}\n",
            open.to,
            open.manner.word(),
            open.step + 1,
            open.steps,
            safe(&open.name)
        ));
    }
    match &status.obstacles[..] {
        [] => out.push_str(&format!("ready      {stands_by} could take over now\n")),
        obstacles => obstacles.iter().for_each(|why| out.push_str(&format!("not ready  {}\n", safe(why)))),
    }
    if let Some(drill) = status.last_drill {
        let result = if drill.ok { "everything held" } else { "not everything held" };
        out.push_str(&format!("drilled    {}: {result}\n", clock::minute(drill.at)));
    }
    let line = recovery::line(status.computed);
    if !line.is_empty() {
        out.push_str(&format!("\n{line}\n"));
    }
    out
}
