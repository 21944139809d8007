//! IAM policy documents, with less to type and less to misspell.
//!
//! ```rhai
//! policy([
//!     allow("s3:GetObject", `${bucket.arn}/*`),
//!     allow(["kms:Decrypt"], key.arn, #{ Condition: #{ .. } }),
//! ])
//! trust("lambda.amazonaws.com")
//! ```

use rhai::{Array, Dynamic, Engine, Map};

use crate::coerce::article;
use crate::fault::{Res, ScriptFault};
use crate::unknown::{OutputValue, ResourceHandle};

const VERSION: &str = "2012-10-17";
/// What a statement may hold besides effect, action and resource.
const EXTRA: &[&str] = &["Sid", "Principal", "NotPrincipal", "Condition", "NotAction", "NotResource"];

fn document(statements: Array) -> Map {
    Map::from([("Version".into(), VERSION.into()), ("Statement".into(), Dynamic::from_array(statements))])
}

/// One text, a list of texts, or an unknown.
fn texts(what: &str, value: Dynamic) -> Result<Dynamic, ScriptFault> {
    if let Some(resource) = value.read_lock::<ResourceHandle>() {
        return Err(resource.whole(&format!("use as {what}")));
    }
    if value.is_string() || value.is::<OutputValue>() {
        return Ok(value);
    }
    let wrong =
        |found: &Dynamic| ScriptFault::new(format!("{what} must be a text or a list of texts, not {}", article(found)));
    match value.as_array_ref() {
        Ok(list) => {
            for item in list.iter() {
                if let Some(resource) = item.read_lock::<ResourceHandle>() {
                    return Err(resource.whole(&format!("use as {what}")));
                }
                if !item.is_string() && !item.is::<OutputValue>() {
                    return Err(wrong(item));
                }
            }
        }
        Err(_) => return Err(wrong(&value)),
    }
    Ok(value)
}

fn extend(statement: &mut Map, extra: Map) -> Result<(), ScriptFault> {
    for (key, value) in extra {
        if !EXTRA.contains(&key.as_str()) {
            return Err(
                ScriptFault::new(format!("a policy statement has no `{key}`")).near(&key, EXTRA.iter().copied())
            );
        }
        statement.insert(key, value);
    }
    Ok(())
}

fn statement(effect: &str, actions: Dynamic, resources: Dynamic, extra: Map) -> Res<Map> {
    let mut statement = Map::from([
        ("Effect".into(), effect.into()),
        ("Action".into(), texts("an action", actions)?),
        ("Resource".into(), texts("a resource", resources)?),
    ]);
    extend(&mut statement, extra)?;
    Ok(statement)
}

fn trust(services: Dynamic, extra: Map) -> Res<Map> {
    let principal = Map::from([("Service".into(), texts("a service", services)?)]);
    let mut statement = Map::from([
        ("Effect".into(), "Allow".into()),
        ("Action".into(), "sts:AssumeRole".into()),
        ("Principal".into(), Dynamic::from_map(principal)),
    ]);
    extend(&mut statement, extra)?;
    Ok(document(vec![Dynamic::from_map(statement)]))
}

pub(crate) fn register(engine: &mut Engine) {
    engine.register_fn("policy", |statements: Array| -> Res<Map> {
        if let Some(odd) = statements.iter().find(|s| !s.is_map()) {
            let fault = ScriptFault::new(format!("a policy is made of statements (maps), not of {}", article(odd)));
            return Err(fault.help("make one with `allow(actions, resources)` or `deny(..)`").into());
        }
        Ok(document(statements))
    });
    engine.register_fn("policy", |statement: Map| document(vec![Dynamic::from_map(statement)]));
    for (name, effect) in [("allow", "Allow"), ("deny", "Deny")] {
        engine.register_fn(name, move |actions: Dynamic, resources: Dynamic| {
            statement(effect, actions, resources, Map::new())
        });
        engine.register_fn(name, move |actions: Dynamic, resources: Dynamic, extra: Map| {
            statement(effect, actions, resources, extra)
        });
    }
    engine.register_fn("trust", |services: Dynamic| trust(services, Map::new()));
    engine.register_fn("trust", trust);
}
