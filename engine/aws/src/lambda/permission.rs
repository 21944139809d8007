//! `lambda.permission`: lifecycle. The id is the function's name, `/` and the statement's id.
//!
//! A statement cannot be tagged: it is this operation's if it says what it was to say.

use dr_core::cloud::Intent;
use dr_core::convert::{Json, NoOutputs};
use dr_core::value::{Map, Value};
use dr_kinds::lambda::Permission;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, found_as_given};

impl Lifecycle for Permission {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, id(args), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        let statement = cx.lambda().add_permission().function_name(&args.function_name);
        let statement = statement.set_qualifier(args.qualifier.clone()).statement_id(&args.statement_id);
        let statement = statement.action(&args.action).principal(&args.principal);
        let statement = statement.set_source_arn(args.source_arn.clone());
        let statement = statement.set_source_account(args.source_account.clone());
        let statement = statement.set_principal_org_id(args.principal_org_id.clone());
        let statement = statement.set_function_url_auth_type(args.function_url_auth_type.as_deref().map(Into::into));
        let statement = statement.set_event_source_token(args.event_source_token.clone());
        cx.call("lambda:AddPermission", statement.send()).await?;
        Ok(id(args))
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        Ok(permission(cx, last).await?.map(|live| (live, NoOutputs {})))
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let statement = cx.lambda().remove_permission().function_name(&last.function_name);
        let statement = statement.set_qualifier(last.qualifier.clone()).statement_id(&last.statement_id);
        cx.call("lambda:RemovePermission", statement.send()).await.found().map(drop)
    }
}

fn id(args: &Permission) -> String {
    format!("{}/{}", args.function_name, args.statement_id)
}

/// The statement of this id in the function's policy, as arguments, or `None`.
async fn permission(cx: &Cx<'_>, last: &Permission) -> Result<Option<Permission>> {
    let policy = cx.lambda().get_policy().function_name(&last.function_name).set_qualifier(last.qualifier.clone());
    let reply = cx.call("lambda:GetPolicy", policy.send()).await.found()?;
    let policy = reply.and_then(|reply| reply.policy).map_or(Value::Null, |text| Json::parse(&text).0);
    let statements = policy.as_map().and_then(|policy| policy.get("Statement")?.as_list()).unwrap_or_default();
    let mut statements = statements.iter().filter_map(Value::as_map);
    let statement = statements.find(|statement| text(statement, "Sid") == Some(&last.statement_id));
    Ok(statement.map(|statement| arguments(statement, last)))
}

/// A statement as arguments.
fn arguments(statement: &Map<Value>, last: &Permission) -> Permission {
    let conditions = conditions(statement);
    let condition = |key: &str| conditions.get(key).cloned();
    Permission {
        action: text(statement, "Action").unwrap_or_default().to_owned(),
        principal: principal(statement.get("Principal").unwrap_or(&Value::Null), &last.principal),
        source_arn: condition("aws:sourcearn"),
        source_account: condition("aws:sourceaccount"),
        principal_org_id: condition("aws:principalorgid"),
        function_url_auth_type: condition("lambda:functionurlauthtype"),
        event_source_token: condition("lambda:eventsourcetoken"),
        ..last.clone()
    }
}

fn text<'s>(statement: &'s Map<Value>, key: &str) -> Option<&'s str> {
    statement.get(key).and_then(Value::as_str)
}

/// What each condition asks for, whatever the operator. Keys are in lower case, as their case means nothing.
fn conditions(statement: &Map<Value>) -> std::collections::BTreeMap<String, String> {
    let operators = statement.get("Condition").and_then(Value::as_map).into_iter().flat_map(|map| map.values());
    let conditions = operators.filter_map(Value::as_map).flatten();
    conditions.map(|(key, value)| (key.to_lowercase(), value.to_text())).collect()
}

/// Who may: Lambda says whether it is a service or an account, and makes the ARN of its root of an account's number.
fn principal(live: &Value, last: &str) -> String {
    let live = live.as_map().and_then(|kinds| kinds.values().next()).unwrap_or(live).to_text();
    match live.strip_suffix(":root").and_then(|arn| arn.rsplit(':').next()) {
        Some(account) if account == last => account.to_owned(),
        _ => live,
    }
}
