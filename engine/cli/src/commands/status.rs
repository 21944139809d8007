//! `dr status`: which region is active, who writes, how far the other one is behind, and whether it could take over.

use std::collections::BTreeSet;

use clap::Args;
use dr_core::failover::derive::{recovery_plan_now, sides};
use dr_core::failover::drill::PastDrill;
use dr_core::failover::lacks::lacks;
use dr_core::failover::led::{LedName, led_names};
use dr_core::failover::plan::{AwaitedCondition, FailoverManner, RecoveryAct};
use dr_core::failover::refuse::refusals;
use dr_core::failover::state::ActiveSide;
use dr_core::record::{Record, Snapshot};
use dr_core::recovery::Recovery;
use dr_core::value::Str;
use dr_run::{Engine, silent_regions, switched_now, vitals_now, writes_now};
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
    #[serde(flatten)]
    led: LedName,
    /// Whether it was read now; else it is what is recorded.
    is_read: bool,
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
                let (now, unread) = switched_now(engine, snapshot).await;
                let unplanned = FailoverManner::Unplanned;
                let plan = recovery_plan_now(&now, &session.registry, other, unplanned, &silent);
                let mut obstacles = match &plan {
                    Ok(plan) => refusals(plan, &silent),
                    Err(why) => vec![why.to_string()],
                };
                if silent.contains(other) {
                    obstacles = vec![format!("{other} does not answer")];
                } else {
                    obstacles.extend(lacks(snapshot, &session.registry, other));
                    let steps = plan.iter().flat_map(|plan| &plan.steps);
                    for step in steps {
                        if let RecoveryAct::Await { condition: AwaitedCondition::Ready { address }, .. } = &step.act
                            && let Some(why) = missing(engine, snapshot.records.get(address).map(|r| &**r)).await
                        {
                            obstacles.push(format!("`{address}` {why}"));
                        }
                    }
                }
                let members = members(engine, snapshot).await;
                let requests: Vec<_> = led_names(&now, &session.registry)
                    .into_iter()
                    .map(|led| RequestsStatus { is_read: !unread.contains(&led.first), led })
                    .collect();
                obstacles.extend(elsewhere(&active, &members, &requests, &silent));
                if let Some(open) = open(snapshot) {
                    let mut words = vec!["failover", &name, "--to", &open.to, "--planned"];
                    if open.manner == FailoverManner::Unplanned {
                        words.splice(4.., ["--unplanned", "--allow-data-loss"]);
                    }
                    let (to, again) = (&open.to, session.command(&words));
                    obstacles.push(format!("a failover to {to} has not come to its end: `{again}` goes on with it"));
                }
                let followers = followers(engine, snapshot, &members, &active).await;
                let checks = checks(engine, snapshot).await;
                Ok((silent, obstacles, members, followers, checks, requests))
            })
            .await?;
        let (silent, obstacles, members, followers, checks, requests) = looked;
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
            requests,
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
async fn followers(
    engine: &Engine<'_>,
    snapshot: &Snapshot,
    members: &[MemberStatus],
    active: &Str,
) -> Vec<FollowerStatus> {
    let mut all = Vec::new();
    for kind in ["rds.cluster", "dynamodb.table_replica", "s3.bucket_replication"] {
        for record in of(snapshot, kind) {
            let address = record.address.to_string();
            let follows = |member: &MemberStatus| match member.writes {
                Some(writes) => !writes,
                // Who cannot be asked follows whoever is active.
                None => member.region.as_ref() != Some(active),
            };
            let is_follower = members.iter().any(|member| member.address == address && follows(member));
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

/// What is not where the active region is. A region that does not answer is being left.
fn elsewhere(
    active: &Str,
    members: &[MemberStatus],
    requests: &[RequestsStatus],
    silent: &BTreeSet<Str>,
) -> Vec<String> {
    let mut found = Vec::new();
    let answers = |region: &Str| !silent.contains(region);
    for member in members.iter().filter(|member| member.writes == Some(true)) {
        if let Some(region) = member.region.as_ref().filter(|region| *region != active) {
            found.push(format!("`{}` writes in {region}, and {active} is active", member.address));
        }
    }
    if !members.is_empty() && members.iter().all(|member| member.writes == Some(false)) {
        found.push("no member of the database writes".to_owned());
    }
    for led in requests.iter().map(|requests| &requests.led) {
        if led.region != *active && answers(&led.region) && answers(active) {
            found.push(format!("requests for {} go to {} first, and {active} is active", led.name, led.region));
        }
    }
    found
}

fn open(snapshot: &Snapshot) -> Option<OpenFailover> {
    let run = snapshot.recovery.unfinished()?;
    let step = run.next()?;
    let name = run.plan.steps.get(step).map(|step| step.name.clone()).unwrap_or_default();
    Some(OpenFailover { to: run.plan.to.clone(), manner: run.plan.manner, step, name, steps: run.plan.steps.len() })
}

fn text(status: &StatusJson<'_>) -> String {
    let silent = |region: &Str| status.silent.contains(region);
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
        let lag = match follower.lag_ms {
            Some(ms) => format!("{ms} ms behind"),
            None => match [Some(&status.active), follower.region.as_ref()].into_iter().flatten().find(|r| silent(r)) {
                Some(region) => format!("not known: {region} does not answer"),
                None => "nothing tells how far it is behind".into(),
            },
        };
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
        let LedName { name, first, region } = &one.led;
        let read = if one.is_read { "" } else { ", as recorded: it cannot be read" };
        out.push_str(&format!("requests   {} are answered by {first} first, in {region}{read}\n", safe(name)));
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
