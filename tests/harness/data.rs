//! Data at risk: whatever makes a data store of a program anew is told before, and without the user's word nothing is
//! touched.
//!
//! Somebody else changes, one after another, every argument of every data store that cannot be changed in place. Each
//! time the plan would make the store anew, and must say that its data is lost.

use std::collections::BTreeSet;
use std::sync::Arc;

use dr_core::schema::{Condition, Field, Type};
use dr_core::value::Value;
use dr_sandbox::{Sandbox, SandboxOptions};

use crate::environment::Environment;

const PROGRAMS: [(&str, &[&str]); 5] = [
    ("payment_alb", &["base_domain=pay.dr-lab.net"]),
    ("payment_http", &["base_domain=pay.dr-lab.net"]),
    ("payment_rest", &["base_domain=pay.dr-lab.net"]),
    ("trading", &["base_domain=pay.dr-lab.net"]),
    ("transactions", &["customer_keys=true", "replication=true"]),
];

/// A data store as the state knows it.
struct DataStore {
    address: String,
    kind: String,
    /// Its id, with its region where it has one.
    id: String,
    /// What cannot be changed in place: argument, value, another value.
    fixed: Vec<(&'static str, Value, Value)>,
}

/// Another value that an argument could have.
fn other(field: &Field, value: &Value) -> Option<Value> {
    let choices = field.checks.iter().find_map(|check| match check {
        Condition::OneOf(all) => Some(*all),
        _ => None,
    });
    match (field.ty, value) {
        (Type::Bool, Value::Bool(is)) => Some(Value::Bool(!is)),
        (Type::Int, Value::Int(number)) => Some(Value::Int(number + 1)),
        (Type::Str, Value::Str(text)) => match choices {
            Some(all) => all.iter().find(|choice| ***choice != **text).map(Value::str),
            None => Some(Value::from(format!("{text}x"))),
        },
        _ => None,
    }
}

fn data_stores(environment: &Environment) -> Vec<DataStore> {
    let registry = dr_kinds::registry();
    let state = environment.project.run(&["state", "list", "--env", "t5", "--json"]).json();
    let mut found = Vec::new();
    for record in state["records"].as_array().unwrap() {
        let text = |key: &str| record[key].as_str().map(str::to_owned);
        let kind = registry.get(record["kind"].as_str().unwrap()).unwrap();
        if kind.contents.is_none() {
            continue;
        }
        // What a failover or somebody's choice may change is no wish of the program's, and what is never read back
        // nobody can see.
        let fixed = kind.args.iter().filter(|f| f.replace && !f.write_only && !f.switched && !f.sensitive);
        let fixed = fixed.filter_map(|field| {
            let value = Value::from_json(&record["args"].get(field.name)?.to_string()).ok()?;
            Some((field.name, value.clone(), other(field, &value)?))
        });
        let id = text("id").unwrap();
        let id = text("region").map_or(id.clone(), |region| format!("{region}/{id}"));
        let (address, kind) = (text("address").unwrap(), text("kind").unwrap());
        found.push(DataStore { address, kind, id, fixed: fixed.collect() });
    }
    found
}

fn tamper(environment: &Environment, store: &DataStore, argument: &str, value: Value) {
    let folder = environment.project.state().join(".sandbox");
    let sandbox = Sandbox::open(&folder, Arc::new(dr_kinds::registry()), SandboxOptions::default()).unwrap();
    sandbox.tamper_set(&store.kind, &store.id, argument, value).unwrap();
}

/// Addresses of steps or of what is at risk.
fn addresses(all: &serde_json::Value, wanted: impl Fn(&serde_json::Value) -> bool) -> BTreeSet<&str> {
    let all = all.as_array().unwrap().iter().filter(|one| wanted(one));
    all.map(|one| one["address"].as_str().unwrap()).collect()
}

/// A command that ends with 3 because of the data, and changes nothing.
fn refused(environment: &Environment, command: &str) {
    let state = || environment.project.run(&["state", "list", "--env", "t5", "--json"]).out;
    let before = (environment.held(), state());
    let arguments = environment.arguments(command, &[]);
    let arguments: Vec<&str> = arguments.into_iter().filter(|word| *word != "--allow-data-loss").collect();
    let said = environment.project.run(&arguments);
    assert_eq!(said.status, Some(3), "{command}: {}{}", said.out, said.err);
    assert!(said.err.contains("`--allow-data-loss`"), "{command}: {}", said.err);
    assert_eq!((environment.held(), state()), before, "{command} has changed something");
}

fn every_replacement_is_told(program: &str, set: &[&str]) {
    let environment = Environment::in_the_sandbox(program, "t5", set);
    environment.apply();
    let stores = data_stores(&environment);
    assert!(!stores.is_empty(), "{program}");
    let registry = dr_kinds::registry();
    let holds = |one: &serde_json::Value| registry.get(one["kind"].as_str().unwrap()).unwrap().contents.is_some();
    let mut replaced = BTreeSet::new();
    let mut example = None;
    for store in &stores {
        for (argument, value, other) in &store.fixed {
            tamper(&environment, store, argument, other.clone());
            let said = environment.project.run(&environment.arguments("plan", &[]));
            let plan: serde_json::Value = serde_json::from_str(&said.out).unwrap();
            // Nothing of a plan that is refused is carried out.
            let is_refused = plan["refused"] == true;
            let is_told = addresses(&plan["at_risk"], |_| true);
            // What goes along with something that is told needs no line of its own.
            let goes_along =
                |step: &serde_json::Value| step["implied_by"].as_str().is_some_and(|by| is_told.contains(by));
            let goes = addresses(&plan["steps"], |step| step["action"] == "delete" && holds(step) && !goes_along(step));
            let whole = is_refused || goes.is_subset(&is_told);
            assert!(whole, "{program}: {argument} of {}: {goes:?} {is_told:?}", store.address);
            if !is_refused && goes.contains(&*store.address) {
                replaced.insert(&store.address);
                example.get_or_insert((store, *argument, value.clone(), other.clone()));
            }
            tamper(&environment, store, argument, value.clone());
        }
    }
    assert!(replaced.len() > 1, "{program}: only {replaced:?} would be made anew");
    environment.nothing_to_do();

    // One of them is really to be made anew.
    let (store, argument, value, other) = example.unwrap();
    tamper(&environment, store, argument, other);
    refused(&environment, "apply");
    tamper(&environment, store, argument, value);
    refused(&environment, "destroy");
    environment.destroy();
    assert_eq!(environment.held(), []);
}

#[test]
fn each_program_tells_what_it_would_lose() {
    std::thread::scope(|scope| {
        let all =
            PROGRAMS.map(|(program, set)| (program, scope.spawn(move || every_replacement_is_told(program, set))));
        for (program, one) in all {
            assert!(one.join().is_ok(), "{program}: see above");
        }
    });
}
