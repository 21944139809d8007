//! An environment of a program on some cloud: what a user does with it, and what must then be true.
#![allow(dead_code)] // Each test file uses a part of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dr_sandbox::{Sandbox, SandboxOptions, Speed};
use serde_json::{Value, json};

use crate::project::Project;

/// An environment.
pub(crate) struct Environment {
    pub(crate) project: Project,
    pub(crate) program: String,
    pub(crate) suffix: &'static str,
    cloud: &'static str,
    set: Vec<String>,
}

impl Environment {
    /// One in the sandbox of a project of its own. A program is a name or a path.
    pub(crate) fn in_the_sandbox(program: &str, suffix: &'static str, set: &[&str]) -> Environment {
        Environment::new(Project::new(BTreeMap::new()), program, suffix, "sandbox", set)
    }

    /// One on a cloud, with settings of the form `name=value`.
    pub(crate) fn new(
        project: Project,
        program: &str,
        suffix: &'static str,
        cloud: &'static str,
        set: &[&str],
    ) -> Environment {
        let mut environment = Environment { project, program: program.to_owned(), suffix, cloud, set: Vec::new() };
        set.iter().for_each(|set| environment.set(set));
        environment
    }

    /// Sets a parameter, over what it was set to before.
    pub(crate) fn set(&mut self, set: &str) {
        let name = |set: &str| set.split('=').next().unwrap_or_default().to_owned();
        self.set.retain(|old| name(old) != name(set));
        self.set.push(set.to_owned());
    }

    /// The arguments of a command on it.
    pub(crate) fn arguments<'a>(&'a self, command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let mut all = vec![command, self.program.as_str(), "--env", self.suffix, "--cloud", self.cloud, "--json"];
        if command != "plan" {
            all.extend(["--yes", "--allow-data-loss"]);
        }
        if command != "destroy" {
            all.extend(self.set.iter().flat_map(|set| ["--set", set.as_str()]));
        }
        all.extend(more);
        all
    }

    /// A plan.
    pub(crate) fn plan(&self) -> Value {
        self.project.run(&self.arguments("plan", &[])).json()
    }

    /// Makes it so.
    pub(crate) fn apply(&self) {
        let result = self.project.run(&self.arguments("apply", &[])).json();
        assert_eq!(result["status"], "done", "{result:#}");
    }

    /// Destroys it: nothing is left.
    pub(crate) fn destroy(&self) {
        let result = self.project.run(&self.arguments("destroy", &[])).json();
        assert_eq!(result["status"], "done", "{result:#}");
        assert_eq!(result["residue"], json!([]));
    }

    /// Destroys it as it was foretold: what the contract lists goes, each after something of the wave before its own, and
    /// nothing is left but what the contract names.
    pub(crate) fn leave(&self) {
        let contract = self.plan()["contract"].take();
        assert_eq!(contract["destroyable"], true, "{contract:#}");
        let said = self.project.run(&self.arguments("destroy", &[]));
        let result = said.json();
        assert_eq!((&result["status"], &result["residue"]), (&json!("done"), &json!([])), "{result:#}");
        let text = |of: &Value| of["address"].as_str().unwrap().to_owned();
        let departures = contract["departures"].as_array().unwrap();
        let foretold: BTreeSet<String> = departures.iter().map(text).collect();
        let gone = result["done"].as_array().unwrap().iter().filter(|step| step["action"] == "delete").map(text);
        assert_eq!(gone.collect::<BTreeSet<_>>(), foretold, "{}", self.program);

        let lines = said.err.lines().filter_map(|line| line.trim().strip_prefix("- ")?.split_once("  deleted in "));
        let order: BTreeMap<&str, usize> = lines.map(|(address, _)| address.trim()).zip(0..).collect();
        let mut first: BTreeMap<u64, usize> = BTreeMap::new();
        let alone: Vec<(u64, usize, String)> = { departures.iter() }
            .filter(|one| one["along"].is_null())
            .map(|one| (one["wave"].as_u64().unwrap(), order[one["address"].as_str().unwrap()], text(one)))
            .collect();
        for (wave, number, _) in &alone {
            let earliest = first.entry(*wave).or_insert(*number);
            *earliest = (*earliest).min(*number);
        }
        for (wave, number, address) in alone.iter().filter(|(wave, ..)| *wave > 1) {
            assert!(
                first[&(wave - 1)] < *number,
                "{}: {address} of wave {wave} went too early: {order:?}",
                self.program
            );
        }
    }

    /// Everything is as declared.
    pub(crate) fn nothing_to_do(&self) {
        let plan = self.plan();
        assert_eq!(does(&plan), BTreeSet::new(), "{:#}", plan["steps"]);
        assert_eq!(plan["empty"], true, "{:#}", plan["outputs"]);
    }

    /// What the sandbox holds: address and id of each resource.
    pub(crate) fn held(&self) -> Vec<(String, String)> {
        self.resources(|_| true)
    }

    pub(crate) fn resources(&self, wanted: impl Fn(&dr_sandbox::ShownResource) -> bool) -> Vec<(String, String)> {
        let options = SandboxOptions { speed: Speed::Instant, ..SandboxOptions::default() };
        let sandbox =
            Sandbox::open(&self.project.state().join(".sandbox"), Arc::new(dr_kinds::registry()), options).unwrap();
        let all = sandbox.list().unwrap();
        let all = all.into_iter().filter(wanted);
        all.map(|resource| (resource.tags["dr:address"].to_string(), resource.id.to_string())).collect()
    }
}

/// What a plan does, resource by resource. The two halves of a replacement are one.
pub(crate) fn does(plan: &Value) -> BTreeSet<String> {
    let steps = plan["steps"].as_array().unwrap().iter();
    let of = |step: &Value| {
        let (action, address) = (step["action"].as_str().unwrap(), step["address"].as_str().unwrap());
        let action = if step["replacement"].is_null() { action } else { "replace" };
        format!("{action} {address}")
    };
    steps.map(of).collect()
}
