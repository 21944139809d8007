//! A region that does not answer: what a program's environment goes through, and what must then be true.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::environment::{Environment, does};

/// Makes, changes and destroys an environment while a region is down, each time until the region is back.
pub(crate) fn survive(environment: &mut Environment, region: &str, change: impl FnOnce(&mut Environment)) {
    let down: &[&str] = &["--sandbox-down", region];
    // Made for the first time: what is elsewhere and needs nothing of the region is there.
    let planned = plan(environment, down, region);
    assert!(!waits(&planned).is_empty() && planned["empty"] == false);
    let made = run(environment, "apply", down);
    told(&made, &planned);
    assert!(environment.held_in(region).is_empty(), "something was made in {region}");
    environment.apply();
    environment.nothing_to_do();

    // Nothing changes: nothing is to be done, and nobody claims to have looked.
    let planned = plan(environment, down, region);
    assert_eq!((does(&planned), &planned["empty"]), (BTreeSet::new(), &Value::Bool(true)), "{:#}", planned["deferred"]);
    assert_eq!(run(environment, "apply", down)["status"], "done");

    // A change: elsewhere it is made, there it waits.
    change(environment);
    let whole = does(&environment.plan());
    let planned = plan(environment, down, region);
    let (now, later) = (does(&planned), waits(&planned));
    // Whether what comes from a look-up that was never asked this will change, nobody can tell: the look-up waits.
    let (reads, steps): (BTreeSet<String>, BTreeSet<String>) =
        later.into_iter().partition(|one| one.starts_with("read "));
    let listed: BTreeSet<String> = now.union(&steps).cloned().collect();
    let unlisted: Vec<_> = whole.difference(&listed).collect();
    assert!(listed.is_subset(&whole), "{listed:?} is not all in {whole:?}");
    assert!(unlisted.is_empty() || !reads.is_empty(), "{unlisted:?} are not listed");
    let before = environment.held_in(region);
    told(&run(environment, "apply", down), &planned);
    assert_eq!(environment.held_in(region), before, "something was replaced in {region}");
    assert_eq!(does(&environment.plan()), whole.difference(&now).cloned().collect());
    environment.apply();
    environment.nothing_to_do();

    // Destroyed: what lives there stays, with what it needs; then nothing is left.
    let before = environment.held_in(region);
    let destroyed = run(environment, "destroy", down);
    assert_eq!(destroyed["status"], "deferred", "{destroyed:#}");
    assert_eq!(destroyed["residue"], Value::Array(Vec::new()));
    assert_eq!(environment.held_in(region), before, "something was deleted in {region}");
    let left: BTreeSet<String> = environment.held().into_iter().map(|(address, _)| address).collect();
    let listed: BTreeSet<String> = addresses(&destroyed["deferred"]);
    assert!(left.is_subset(&listed), "{:?} stays and is not listed", left.difference(&listed));
    environment.destroy();
    assert_eq!(environment.held(), []);
}

/// A plan while a region is down: it is no error, and the region is told once.
fn plan(environment: &Environment, down: &[&str], region: &str) -> Value {
    let plan = environment.project.run(&environment.arguments("plan", down)).json();
    let told: Vec<&Value> = plan["diagnostics"].as_array().unwrap().iter().filter(|d| d["code"] == "region").collect();
    let [one] = &told[..] else { panic!("{region} is told {} times: {told:#?}", told.len()) };
    assert_eq!(one["message"], format!("{region} does not answer"));
    assert!(
        plan["diagnostics"].as_array().unwrap().iter().all(|d| d["severity"] != "error"),
        "{:#}",
        plan["diagnostics"]
    );
    for step in plan["steps"].as_array().unwrap() {
        assert!(step["region"] != region || step["action"] == "record", "{step:#}");
    }
    plan
}

fn run(environment: &Environment, command: &str, down: &[&str]) -> Value {
    let said = environment.project.run(&environment.arguments(command, down));
    let result: Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}{}", said.out, said.err));
    let expected = if result["status"] == "deferred" { 5 } else { 0 };
    assert_eq!(said.status, Some(expected), "{result:#}{}", said.err);
    result
}

/// What a plan defers, resource by resource.
fn waits(plan: &Value) -> BTreeSet<String> {
    does(&serde_json::json!({ "steps": plan["deferred"] }))
}

fn addresses(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(|one| one["address"].as_str().unwrap().to_owned()).collect()
}

/// An apply did what its plan says and lists what waits; the status tells whether anything does.
fn told(result: &Value, planned: &Value) {
    assert_eq!(addresses(&result["done"]), addresses(&planned["steps"]), "{result:#}");
    assert_eq!(addresses(&result["deferred"]), addresses(&planned["deferred"]));
    let status = if waits(planned).is_empty() { "done" } else { "deferred" };
    assert_eq!(result["status"], status);
}

impl Environment {
    /// What the sandbox holds in a region: address and id of each resource.
    fn held_in(&self, region: &str) -> Vec<(String, String)> {
        self.resources(|resource| resource.region.as_deref() == Some(region))
    }
}
