//! The emulators, the wire before them and the checkers: what the end-to-end tests stand on, tested by itself.
//!
//! No crate of ours takes part. The topology here is made by `boto3` (`checkers/transactions_by_hand.py`), and so are the
//! probes that tell patched moto from stock moto.

use std::collections::BTreeMap;

use dr_tests_support::{Emulator, Endpoints, Error, FaultRule, Mode, TestCloud, Violations, WireCall, WireFault, boto};
use serde_json::{Value, json};

/// Every setting that `transactions_by_hand.py` can leave out, and a word of the finding that must come of it.
const OMISSIONS: &[(&str, &str)] = &[
    ("rotation", "rotation"),
    ("replica", "other replicas"),
    ("recovery", "point-in-time recovery"),
    ("versioning", "versioning"),
    ("tls_policy", "without TLS"),
    ("external_id", "condition of trust"),
    ("variables", "variables"),
    ("retention", "retention"),
    ("log_key", "is not encrypted"),
    ("alarm_actions", "AlarmActions"),
    ("tags", "tag ManagedBy"),
];

fn regions() -> Value {
    json!({ "regions": ["us-east-1", "us-west-2"] })
}

/// Makes the topology through the wire, as `dr` would.
fn make(cloud: &TestCloud, more: Value) -> Result<Value, Error> {
    let through = Endpoints { aws: cloud.wire().endpoint(), cloudwatch: cloud.wire().endpoint() };
    let mut arguments = json!({ "suffix": "hand" });
    if let (Some(arguments), Value::Object(more)) = (arguments.as_object_mut(), more) {
        arguments.extend(more);
    }
    boto(&through, "transactions_by_hand.py", &arguments)
}

fn of(counts: &BTreeMap<WireCall, u64>, service: &str, operation: &str) -> u64 {
    counts.iter().filter(|(call, _)| call.service == service && call.operation == operation).map(|(_, n)| n).sum()
}

fn findings(report: &Value) -> Vec<&str> {
    report["findings"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn the_checkers_see_what_is_there_and_what_is_not() {
    let cloud = TestCloud::start(Mode::Patched).unwrap();
    let look = || cloud.boto("transactions.py", &json!({ "suffix": "hand" })).unwrap();
    let empty = || cloud.boto("empty.py", &regions()).unwrap();

    assert_eq!(empty()["ok"], true, "{}", empty());
    assert!(findings(&look()).len() > 10, "{}", look());
    make(&cloud, json!({})).unwrap();
    assert_eq!(look()["ok"], true, "{}", look());
    assert!(findings(&empty()).len() > 10, "{}", empty());

    // Everything went through the wire, CloudWatch to the server that speaks for it.
    let counts = cloud.wire().counts();
    for (service, operation, times) in [
        ("dynamodb", "CreateTable", 1),
        ("monitoring", "PutMetricAlarm", 6),
        ("iam", "CreateRole", 2),
        ("s3", "PUT /*?versioning", 1),
        ("lambda", "POST /functions", 1),
    ] {
        assert_eq!(of(&counts, service, operation), times, "{service} {operation} in {counts:?}");
    }

    // The same calls again, on empty servers, are answered alike, but for those that name a random id.
    let recorded = cloud.wire().take_recorded();
    cloud.reset().unwrap();
    assert_eq!(empty()["ok"], true, "{}", empty());
    let replay = cloud.wire().replay(&recorded, 1).unwrap();
    assert_eq!(replay.calls, recorded.len());
    assert!(replay.unlike < recorded.len() / 4, "{replay:?}");
    assert!(!findings(&empty()).is_empty(), "the replay made nothing");

    cloud.reset().unwrap();
    make(&cloud, json!({ "omit": OMISSIONS.iter().map(|(omitted, _)| omitted).collect::<Vec<_>>() })).unwrap();
    let report = look();
    for (omitted, word) in OMISSIONS {
        assert!(findings(&report).iter().any(|finding| finding.contains(word)), "without {omitted}: {report}");
    }
}

#[test]
fn the_wire_disturbs_as_it_was_told() {
    let cloud = TestCloud::start(Mode::Patched).unwrap();
    let wire = cloud.wire();

    // Every protocol's own throttling error is one that a client of AWS knows, and repeats the call for.
    wire.set_faults(vec![FaultRule::attempt(WireFault::Throttle, 1), FaultRule::attempt(WireFault::Unavailable, 2)]);
    make(&cloud, json!({})).unwrap();
    let counts = wire.counts();
    assert!(counts.values().all(|times| times % 3 == 0), "each call is made three times: {counts:?}");
    assert_eq!(cloud.boto("transactions.py", &json!({ "suffix": "hand" })).unwrap()["ok"], true);

    // A lost reply: the table is there, and a client that simply asks again is told so.
    cloud.reset().unwrap();
    wire.set_faults(vec![FaultRule::attempt(WireFault::LoseReply, 1).operation("CreateTable")]);
    let failed = make(&cloud, json!({})).unwrap_err().to_string();
    assert!(failed.contains("ResourceInUseException"), "{failed}");

    // A lost region: nothing there answers, and nothing there is reached.
    cloud.reset().unwrap();
    wire.set_faults(Vec::new());
    wire.take_recorded();
    wire.lose_region("us-west-2");
    let made = make(&cloud, json!({ "keep_going": true })).unwrap();
    assert!(!made["calls_failed"].as_array().unwrap().is_empty(), "{made}");
    assert!(wire.take_recorded().iter().all(|recorded| recorded.call.region != "us-west-2"));
    wire.restore_region("us-west-2");
    cloud.reset().unwrap();
    make(&cloud, json!({})).unwrap();
}

#[test]
fn every_patch_of_moto_is_needed_and_works() {
    for (mode, holds) in [(Mode::Patched, true), (Mode::Stock, false)] {
        let moto = Emulator::moto(mode).unwrap();
        let endpoints = Endpoints { aws: moto.endpoint(), cloudwatch: moto.endpoint() };
        let found = boto(&endpoints, "patches.py", &json!({})).unwrap();
        let found = found.as_object().unwrap();
        assert!(found.len() > 20, "{found:?}");
        let unexpected: Vec<_> = found.iter().filter(|(_, held)| **held != Value::Bool(holds)).collect();
        assert!(unexpected.is_empty(), "{mode:?}: {unexpected:?}");
    }
}

#[test]
fn requests_that_break_a_rule_are_found_and_no_others() {
    let cloud = TestCloud::start(Mode::Stock).unwrap();
    let sent = cloud.boto("bad_requests.py", &json!({})).unwrap();
    let sent_in_all = sent["sent_in_all"].as_u64().unwrap();
    let sent: Vec<&str> = sent["sent"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let found = cloud.violations().unwrap();
    assert!(found.checked >= sent_in_all, "only {} of {sent_in_all} were looked at", found.checked);
    let found = found.lines;
    let pairs = found.len() == sent.len() && sent.iter().zip(&found).all(|(sent, found)| found.starts_with(sent));
    assert!(pairs && sent.len() > 10, "sent: {sent:#?}\nfound: {found:#?}");
    // Each is told once.
    assert_eq!(cloud.violations().unwrap(), Violations::default());
}

#[test]
fn a_server_ends_with_its_test() {
    let moto = Emulator::moto(Mode::Stock).unwrap();
    let address = moto.endpoint().trim_start_matches("http://").to_owned();
    assert!(std::net::TcpStream::connect(&address).is_ok());
    drop(moto);
    assert!(std::net::TcpStream::connect(&address).is_err(), "{address} still answers");
}
