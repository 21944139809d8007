//! `events.bus_policy`: lifecycle. The id is the bus's name, `/` and the statement's id.
//!
//! EventBridge writes one statement by itself only for accounts and organisations; for a service, a whole policy must be
//! written. So it is always read, changed and written whole, and since there is no condition to write it under, one
//! statement after another. To remove one by its id needs none of this.

use dr_core::cloud::Intent;
use dr_core::convert::{Json, NoOutputs, PolicyDocument};
use dr_core::value::{Map, Value};
use dr_kinds::events::BusPolicy;
use tokio::sync::Mutex;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, found_as_given, is_as_given};

/// Held while a policy is read, changed and written.
static WRITING: Mutex<()> = Mutex::const_new(());
/// The key of a statement's id.
const ID: &str = "Sid";
const PUT: &str = "events:PutPermission";

impl Lifecycle for BusPolicy {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, id(args), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        put(cx, args, false).await?;
        Ok(id(args))
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let Some(policy) = policy(cx, &last.event_bus_name).await? else { return Ok(None) };
        let statement = statements(&policy).into_iter().find(|statement| is_of(statement, &last.statement_id));
        Ok(statement.map(|statement| (BusPolicy { statement: written(statement, last), ..last.clone() }, NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, _id: &str, _old: &Self, new: &Self) -> Result<()> {
        put(cx, new, true).await
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let statement = cx.events().remove_permission().event_bus_name(&last.event_bus_name);
        let statement = statement.statement_id(&last.statement_id).send();
        cx.call("events:RemovePermission", statement).await.found().map(drop)
    }
}

fn id(args: &BusPolicy) -> String {
    format!("{}/{}", args.event_bus_name, args.statement_id)
}

/// The bus's policy, empty where there is none, or `None` if there is no such bus.
async fn policy(cx: &Cx<'_>, bus: &str) -> Result<Option<Map<Value>>> {
    let bus = cx.events().describe_event_bus().name(bus).send();
    let Some(bus) = cx.call("events:DescribeEventBus", bus).await.found()? else { return Ok(None) };
    let policy = Json::parse(&bus.policy.unwrap_or_default()).0;
    Ok(Some(policy.as_map().cloned().unwrap_or_default()))
}

fn statements(policy: &Map<Value>) -> Vec<Value> {
    match policy.get("Statement") {
        Some(Value::List(statements)) => statements.clone(),
        Some(statement) => vec![statement.clone()],
        None => Vec::new(),
    }
}

fn is_of(statement: &Value, id: &str) -> bool {
    statement.as_map().and_then(|statement| statement.get(ID)?.as_str()) == Some(id)
}

/// A statement as an argument: with its id only where the argument has it.
fn written(mut statement: Value, last: &BusPolicy) -> PolicyDocument {
    let says = last.statement.0.as_map().is_some_and(|statement| statement.contains_key(ID));
    if let Value::Map(map) = &mut statement
        && !says
    {
        map.remove(ID);
    }
    PolicyDocument(statement)
}

/// Writes the statement beside the bus's others. `over` says that one of its id is there and is to be replaced.
async fn put(cx: &Cx<'_>, args: &BusPolicy, over: bool) -> Result<()> {
    let _writing = WRITING.lock().await;
    let mut policy = policy(cx, &args.event_bus_name).await?.unwrap_or_default();
    let mut all = statements(&policy);
    if let Some(there) = all.iter().find(|statement| is_of(statement, &args.statement_id)) {
        let there = BusPolicy { statement: written(there.clone(), args), ..args.clone() };
        match is_as_given(&there, args) {
            true => return Ok(()),
            false if !over => return Err(cx.not_ours(PUT, &id(args))),
            false => all.retain(|statement| !is_of(statement, &args.statement_id)),
        }
    }
    let mut statement = args.statement.0.as_map().cloned().unwrap_or_default();
    statement.insert(ID.into(), Value::str(&args.statement_id));
    all.push(Value::Map(statement));
    policy.insert("Statement".into(), Value::List(all));
    if !policy.contains_key("Version") {
        policy.insert("Version".into(), Value::str("2012-10-17"));
    }
    let bus = cx.events().put_permission().event_bus_name(&args.event_bus_name);
    cx.call(PUT, bus.policy(Value::Map(policy).to_json()).send()).await.map(drop)
}
