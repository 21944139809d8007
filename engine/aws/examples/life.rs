//! Leads resources through their whole life against the AWS that the environment names: the quickest way to try a
//! lifecycle while it is being written, before there is a program for it.
//!
//! ```text
//! AWS_ENDPOINT_URL=http://127.0.0.1:5000 AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x \
//!     cargo run -p dr-aws --example life -- engine/aws/examples/life.json
//! ```
//!
//! The file lists resources in the order of their creation, each with `name`, `kind`, `region` (not for global kinds),
//! `args` and, to be changed in place afterwards, `change`. `"${name.attribute}"` stands for an attribute of an earlier
//! one. A resource of a look-up only answers.
//!
//! For each it checks: nothing is found before; after the creation `find` finds it, and finds nothing for another
//! operation; `read` gives back the arguments; so it does after the change; everything may be called twice; after the
//! deletion nothing is left. The calls that were made are counted and shown.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use dr_aws::Aws;
use dr_core::address::Address;
use dr_core::cloud::{Cloud, CloudError, ErrorClass, Intent, Settled, Sought, TaggedResource, Target};
use dr_core::compare::same;
use dr_core::region::GLOBAL;
use dr_core::resolve::complete;
use dr_core::schema::{Kind, Presence};
use dr_core::value::{Map, Str, Value};

type Failure = Box<dyn Error>;

struct Resource {
    kind: &'static Kind,
    region: Option<Str>,
    address: Address,
    intent: Intent,
    args: Map<Value>,
    change: Option<Map<Value>>,
    id: String,
}

impl Resource {
    fn at(&self) -> Target<'_> {
        Target { kind: self.kind, region: self.region.as_deref(), address: &self.address }
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let path = std::env::args().nth(1).ok_or("name a file of resources")?;
    let list = Value::from_json(&std::fs::read_to_string(path)?)?;
    let aws = Aws::connect(Arc::new(|sha256: &str| std::fs::read(format!("{sha256}.zip")))).await?;
    println!("{}", aws.identify().await?);

    let mut known: BTreeMap<String, Map<Value>> = BTreeMap::new();
    let mut alive: Vec<Resource> = Vec::new();
    let mut wrong = 0;
    for declared in list.as_list().ok_or("the file is no list")? {
        let (name, mut resource) = resource(declared, &known)?;
        let outputs = if resource.kind.lookup {
            aws.look_up(resource.at(), &resource.args).await?
        } else {
            let outputs = create(&aws, &mut resource, &mut wrong).await?;
            alive.push(resource);
            outputs
        };
        println!("{name} {outputs:?}");
        known.insert(name, outputs);
    }
    for resource in &mut alive {
        change(&aws, resource, &mut wrong).await?;
    }
    let regions = alive.iter().filter_map(|resource| resource.region.clone());
    let places: BTreeSet<Str> = regions.chain([Str::from(GLOBAL)]).collect();
    let seen = swept(&aws, &places).await?;
    for resource in alive.iter().filter(|resource| resource.kind.tags().is_some()) {
        if !seen.iter().any(|found| found.address.as_deref() == Some(resource.address.as_str())) {
            println!("a sweep does not see {}", resource.address);
        }
    }
    for resource in alive.iter().rev() {
        delete(&aws, resource, &mut wrong).await?;
    }
    check(&mut wrong, "sweep afterwards", swept(&aws, &places).await?.is_empty());
    println!("calls: {:#?}", aws.calls());
    if wrong > 0 { Err(format!("{wrong} wrong").into()) } else { Ok(()) }
}

async fn swept(aws: &Aws, places: &BTreeSet<Str>) -> Result<Vec<TaggedResource>, CloudError> {
    let mut all = Vec::new();
    for place in places {
        all.extend(aws.sweep(Sought { environment: "life", program: Some("life") }, place).await?);
    }
    Ok(all)
}

fn resource(declared: &Value, known: &BTreeMap<String, Map<Value>>) -> Result<(String, Resource), Failure> {
    let text = |key: &str| declared.as_map().and_then(|map| map.get(key)).and_then(Value::as_str);
    let map = |key: &str| declared.as_map().and_then(|map| map.get(key)).and_then(Value::as_map);
    let name = text("name").ok_or("a resource has no name")?;
    let kind = text("kind").ok_or("a resource has no kind")?;
    let kind = dr_kinds::registry().get(kind).ok_or(format!("there is no kind {kind}"))?;
    let args = complete(kind.args, &filled(map("args").cloned().unwrap_or_default(), known)?);
    let change = match map("change") {
        Some(change) => Some(filled(change.clone(), known)?),
        None => None,
    };
    let address = Address::new("life", kind.name, name)?;
    let op = format!("life-{name}-{}", std::process::id());
    let intent = Intent { op: op.into(), environment: "life".into(), program: "life".into(), address: address.clone() };
    let region = text("region").map(Str::from);
    Ok((name.to_owned(), Resource { kind, region, address, intent, args, change, id: String::new() }))
}

/// Puts attributes of earlier resources in.
fn filled(args: Map<Value>, known: &BTreeMap<String, Map<Value>>) -> Result<Map<Value>, Failure> {
    let mut text = Value::Map(args).to_json();
    for (name, attributes) in known {
        for (attribute, value) in attributes {
            text = text.replace(&format!("${{{name}.{attribute}}}"), &value.to_text());
        }
    }
    Ok(Value::from_json(&text)?.as_map().cloned().unwrap_or_default())
}

async fn create(aws: &Aws, resource: &mut Resource, wrong: &mut u32) -> Result<Map<Value>, Failure> {
    let at = Target { kind: resource.kind, region: resource.region.as_deref(), address: &resource.address };
    let (args, intent) = (&resource.args, &resource.intent);
    check(wrong, "nothing is found before", aws.find(at, args, intent).await?.is_none());
    let id = again(|| aws.create(at, args, intent)).await?.to_string();
    settle(aws, at, &id, args).await?;
    for _ in 0..2 {
        again(|| aws.configure(at, &id, args, intent)).await?;
        settle(aws, at, &id, args).await?;
    }
    check(wrong, "it is found", aws.find(at, args, intent).await?.as_deref() == Some(id.as_str()));
    // Without tags, nothing tells whose it is.
    if at.kind.tags().is_some() {
        let other = Intent { op: "another".into(), ..intent.clone() };
        check(wrong, "another operation's is not found", aws.find(at, args, &other).await?.is_none());
        match aws.create(at, args, &other).await {
            Err(error) => check(wrong, "refused when it exists", error.class == ErrorClass::Exists),
            Ok(second) => println!("  a second creation was taken: {second} (right only where names are not unique)"),
        }
    }
    resource.id = id.clone();
    let mut outputs = compare(aws, resource, wrong).await?;
    outputs.insert("id".into(), id.into());
    outputs.extend(resource.args.clone());
    Ok(outputs)
}

async fn change(aws: &Aws, resource: &mut Resource, wrong: &mut u32) -> Result<(), Failure> {
    let Some(change) = &resource.change else { return Ok(()) };
    let mut new = resource.args.clone();
    new.extend(change.clone());
    new.retain(|_, value| !value.is_null());
    for _ in 0..2 {
        again(|| aws.update(resource.at(), &resource.id, &resource.args, &new)).await?;
        settle(aws, resource.at(), &resource.id, &new).await?;
    }
    println!("{} changed", resource.address);
    resource.args = new;
    compare(aws, resource, wrong).await.map(drop)
}

async fn delete(aws: &Aws, resource: &Resource, wrong: &mut u32) -> Result<(), Failure> {
    let (at, id, args) = (resource.at(), resource.id.as_str(), &resource.args);
    again(|| aws.delete(at, id, args)).await?;
    loop {
        match again(|| aws.deleted(at, id, args)).await? {
            Settled::Ready => break,
            Settled::Wait(pace) => tokio::time::sleep(pace.unwrap_or(Duration::from_millis(300))).await,
            Settled::Failed(why) => return Err(why.into()),
        }
    }
    again(|| aws.delete(at, id, args)).await?;
    println!("{} deleted", resource.address);
    check(wrong, "it is gone", aws.read(at, id, args).await?.is_none());
    Ok(())
}

/// Reads it and compares it with the arguments it should have.
async fn compare(aws: &Aws, resource: &Resource, wrong: &mut u32) -> Result<Map<Value>, Failure> {
    let live = aws.read(resource.at(), &resource.id, &resource.args).await?.ok_or("it cannot be read")?;
    for field in resource.kind.args {
        let none = Value::Null;
        let given = resource.args.get(field.name).unwrap_or(&none);
        let has = live.args.get(field.name).unwrap_or(&none);
        let chosen = given.is_null() && field.presence == Presence::Computed;
        let empty = |value: &Value| value.is_null() || value.as_map().is_some_and(Map::is_empty);
        let right = chosen || same(field, given, has) || (empty(given) && empty(has));
        if !right {
            check(wrong, format!("{}: {given} was given, {has} is there", field.name), false);
        }
    }
    for output in resource.kind.outputs {
        check(wrong, format!("it has {}", output.name), live.outputs.contains_key(output.name));
    }
    Ok(live.outputs)
}

async fn settle(aws: &Aws, at: Target<'_>, id: &str, args: &Map<Value>) -> Result<(), Failure> {
    loop {
        match again(|| aws.settle(at, id, args)).await? {
            Settled::Ready => return Ok(()),
            Settled::Wait(pace) => tokio::time::sleep(pace.unwrap_or(Duration::from_millis(300))).await,
            Settled::Failed(why) => return Err(why.into()),
        }
    }
}

/// Tries again what may be tried again, as the engine would, though not for long.
async fn again<'a, T>(call: impl Fn() -> dr_core::cloud::CloudResult<'a, T>) -> Result<T, CloudError> {
    for _ in 0..20 {
        match call().await {
            Err(error) if error.class <= ErrorClass::Conflict => {
                println!("  again after {error}");
                tokio::time::sleep(error.retry_after.unwrap_or(Duration::from_millis(300))).await;
            }
            other => return other,
        }
    }
    call().await
}

fn check(wrong: &mut u32, what: impl Display, right: bool) {
    if !right {
        *wrong += 1;
        println!("  WRONG: {what}");
    }
}
