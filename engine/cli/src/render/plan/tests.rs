//! Plans made by hand, as they are shown.

use super::super::deferred;
use super::*;
use dr_core::cloud::Identity;
use dr_core::diagnostic::Diagnostic;
use dr_core::expr::Expr;
use dr_core::plan::{Deferred, PlannedOutput, WaitReason};
use dr_core::region::Away;
use dr_core::value::{Map, Value};
use snapbox::{assert_data_eq, str};

fn plan(steps: Vec<Step>, unchanged: usize) -> Plan {
    Plan {
        format: 1,
        id: "id".into(),
        program: "p".into(),
        environment: "e".into(),
        identity: Identity { cloud: "sandbox".into(), account: "0".into(), endpoint: None },
        position: 0,
        destroy: false,
        moves: Vec::new(),
        deferred: Vec::new(),
        at_risk: Vec::new(),
        steps,
        unchanged,
        outputs: Map::new(),
        answers: Map::new(),
        ephemeral: false,
        namesakes: Vec::new(),
        recovery: None,
        diagnostics: Vec::new(),
        estimate_ms: 219_000,
    }
}

fn step(address: &str, region: Option<&str>, action: Action, reasons: Vec<Reason>) -> Step {
    let address = Address::parse(address).unwrap();
    Step {
        kind: address.kind().into(),
        address,
        region: region.map(Into::into),
        action,
        reasons,
        changes: Vec::new(),
        prior: None,
        args: Map::new(),
        known: Map::new(),
        needs: Vec::new(),
        given: Vec::new(),
        protect: false,
        allow: Map::new(),
        span: None,
        keys: Vec::new(),
        after: Vec::new(),
        replacement: None,
        implied_by: None,
        lifts: Vec::new(),
        batch: None,
        typical_ms: 0,
    }
}

fn change(path: &str, before: impl Into<Value>, after: impl Into<Value>) -> PropertyChange {
    let (before, after) = (Some(before.into()), Some(Expr::Known(after.into())));
    PropertyChange { path: path.into(), before, after, forces: false, drift: false }
}

fn waits(step: Step, why: WaitReason, place: &str) -> Deferred {
    Deferred { step, why, place: place.into() }
}

fn shown(plan: &Plan, details: bool) -> String {
    let registry = dr_kinds::registry();
    let body = body(plan, Look { registry: &registry, width: 100, details });
    let text = format!("{body}\n{}{}\n", deferred::list(plan), summary(plan));
    anstream::adapter::strip_str(&text).to_string()
}

const EAST: Option<&str> = Some("us-east-1");
const WEST: Option<&str> = Some("us-west-2");

#[test]
fn rows_are_grouped_by_region_and_component_and_halves_of_a_replacement_are_one() {
    let queue = "primary/intake/sqs.queue:payments";
    let forced = vec![Reason::Forced { argument: "fifo_queue".into() }];
    let steps = vec![
        step("dynamodb.table_replica:west", WEST, Action::Create, vec![Reason::New]),
        Step {
            changes: vec![change("visibility_timeout_seconds", 30, 60)],
            ..step("sqs.queue:dead", EAST, Action::Update, vec![Reason::Changed])
        },
        Step { replacement: Some(ReplaceOrder::DeleteFirst), ..step(queue, EAST, Action::Delete, forced.clone()) },
        Step {
            replacement: Some(ReplaceOrder::DeleteFirst),
            changes: vec![
                PropertyChange { forces: true, ..change("fifo_queue", false, true) },
                change("delay_seconds", 0, 5),
            ],
            ..step(queue, EAST, Action::Create, forced)
        },
        Step {
            replacement: Some(ReplaceOrder::CreateFirst),
            ..step(
                "iam.role:reader",
                None,
                Action::Create,
                vec![Reason::Follows { address: Address::parse(queue).unwrap() }],
            )
        },
        step("sqs.queue:old", EAST, Action::Delete, vec![Reason::NotDeclared]),
    ];
    assert_data_eq!(
        shown(&plan(steps, 16), false),
        str![[r#"
us-east-1
  ~ sqs.queue:dead                 visibility_timeout_seconds  30 → 60
  - sqs.queue:old                  not declared any more
  primary/intake
    ± sqs.queue:payments           fifo_queue     false → true  forces replacement, deleted first
                                   delay_seconds  0 → 5
us-west-2
  + dynamodb.table_replica:west    new
global
  ± iam.role:reader                follows primary/intake/sqs.queue:payments, created first

Plan: 1 to create, 1 to change, 2 to replace, 1 to delete, 16 unchanged · about 3m40s

"#]]
    );
}

#[test]
fn long_documents_stand_below_and_drift_is_said() {
    let policy = |action: &str| {
        let text = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ACTION","Resource":"*"}]}"#;
        Value::from_json(&text.replace("ACTION", action)).unwrap()
    };
    let changed =
        PropertyChange { drift: true, ..change("policy", policy("sqs:ReceiveMessage"), policy("sqs:SendMessage")) };
    let steps =
        vec![Step { changes: vec![changed], ..step("sqs.queue:q", EAST, Action::Update, vec![Reason::Drifted]) }];
    assert_data_eq!(
        shown(&plan(steps, 0), false),
        str![[r#"
us-east-1
  ~ sqs.queue:q
      policy  changed outside dr
            "Statement": [
              {
        -       "Action": "sqs:ReceiveMessage",
        +       "Action": "sqs:SendMessage",
                "Effect": "Allow",
                "Principal": "*",

Plan: 1 to change · about 3m40s

"#]]
    );
}

#[test]
fn every_action_has_its_mark_and_every_reason_its_words() {
    let from = Address::parse("sqs.queue:before").unwrap();
    let parent = Address::parse("sqs.queue:parent").unwrap();
    let steps = vec![
        step("sqs.queue:a", EAST, Action::Import, vec![Reason::Imported]),
        step("sqs.queue:b", EAST, Action::Forget, vec![Reason::Gone]),
        step("sqs.queue:c", EAST, Action::Record, vec![Reason::Moved { from }]),
        step("sqs.queue:d", EAST, Action::Read, vec![]),
        step("sqs.queue:e", EAST, Action::Create, vec![Reason::Gone]),
        step("sqs.queue:f", EAST, Action::Create, vec![Reason::Unfinished]),
        step("sqs.queue:f", EAST, Action::Delete, vec![Reason::Deposed]),
        Step { implied_by: Some(parent), ..step("sqs.queue:g", EAST, Action::Delete, vec![Reason::Destroy]) },
        step("sqs.queue:h", EAST, Action::Record, vec![Reason::Metadata]),
    ];
    assert_data_eq!(
        shown(&plan(steps, 0), false),
        str![[r#"
us-east-1
  = sqs.queue:a    exists and is taken over
  × sqs.queue:b    was deleted outside dr
  · sqs.queue:c    was sqs.queue:before
  ? sqs.queue:d    looked up while applying
  + sqs.queue:e    was deleted outside dr
  + sqs.queue:f    an earlier run did not finish it
  - sqs.queue:f    left over from a replacement
  - sqs.queue:g    goes with sqs.queue:parent
  · sqs.queue:h    only what is recorded of it changes

Plan: 2 to create, 2 to delete, 1 to take over, 1 to forget · about 3m40s

"#]]
    );
}

#[test]
fn details_show_arguments_without_secrets() {
    let args = Map::from([
        ("name".into(), Expr::str("q-dev")),
        ("kms_master_key_id".into(), Expr::attr(&Address::parse("kms.key:main").unwrap(), "arn")),
        ("policy".into(), Expr::Known(Value::str("hunter2").secret())),
    ]);
    let steps = vec![Step { args, ..step("sqs.queue:q", EAST, Action::Create, vec![Reason::New]) }];
    assert_data_eq!(
        shown(&plan(steps, 0), true),
        str![[r#"
us-east-1
  + sqs.queue:q    new
      kms_master_key_id  ${kms.key:main.arn}
      name               "q-dev"
      policy             (sensitive)

Plan: 1 to create · about 3m40s

"#]]
    );
}

#[test]
fn outputs_that_change_are_shown() {
    let output = |before: Option<Value>, after: Option<Expr>| PlannedOutput { before, after, kept: false };
    let mut p = plan(Vec::new(), 2);
    p.outputs = Map::from([
        ("changed".into(), output(Some("a".into()), Some(Expr::str("b")))),
        ("gone".into(), output(Some("a".into()), None)),
        ("new".into(), output(None, Some(Expr::attr(&Address::parse("sqs.queue:q").unwrap(), "arn")))),
        ("same".into(), output(Some("a".into()), Some(Expr::str("a")))),
    ]);
    assert_data_eq!(
        shown(&p, false),
        str![[r#"
outputs
  ~ changed  "a" → "b"
  - gone     "a" → (none)
  + new      ${sqs.queue:q.arn}

Only outputs change; 2 resources unchanged

"#]]
    );
}

#[test]
fn summaries_say_when_there_is_nothing_to_do_and_when_nothing_may_be_done() {
    let mut p = plan(Vec::new(), 0);
    assert_eq!(summary(&p), "Nothing is declared, and nothing is there");
    p.unchanged = 1;
    assert_eq!(summary(&p), "No changes: the 1 resource is as declared");
    p.unchanged = 7;
    assert_eq!(summary(&p), "No changes: all 7 resources are as declared");
    p.diagnostics = vec![Diagnostic::error("no"), Diagnostic::warning("hm")];
    let text = anstream::adapter::strip_str(&summary(&p)).to_string();
    assert_eq!(text, "Refused by 1 error: nothing of this plan can be applied until it is gone");
    p = Plan { destroy: true, ..plan(Vec::new(), 0) };
    assert_eq!(summary(&p), "Nothing is there to destroy");
}

#[test]
fn what_is_deferred_stands_by_the_place_that_it_waits_for() {
    let silent = WaitReason::Away(Away::Silent);
    let queue = Address::parse("primary/sqs.queue:q").unwrap();
    let half = |action, order| Step {
        replacement: Some(order),
        ..step("secondary/sqs.queue:r", WEST, action, vec![Reason::Follows { address: queue.clone() }])
    };
    let mut p = plan(vec![step("west/sqs.queue:new", WEST, Action::Create, vec![Reason::New])], 3);
    p.deferred = vec![
        waits(step("primary/sqs.queue:q", EAST, Action::Update, vec![Reason::Changed]), silent.clone(), "us-east-1"),
        waits(
            half(Action::Create, ReplaceOrder::DeleteFirst),
            WaitReason::Value { address: queue.clone() },
            "us-east-1",
        ),
        waits(half(Action::Delete, ReplaceOrder::DeleteFirst), WaitReason::Successor, "us-east-1"),
        waits(
            step("iam.role:r", None, Action::Delete, vec![Reason::NotDeclared]),
            WaitReason::Step { address: queue },
            "us-east-1",
        ),
        waits(step("iam.role:s", None, Action::Create, vec![Reason::New]), WaitReason::Away(Away::LeftOut), "global"),
    ];
    let (before, after) = (Some(Value::Int(1)), Some(Expr::Known(Value::Int(1))));
    p.outputs.insert("arn".into(), PlannedOutput { before, after, kept: true });
    p.outputs.insert("url".into(), PlannedOutput { kept: true, ..PlannedOutput::default() });
    assert_data_eq!(
        shown(&p, false),
        str![[r#"
us-west-2
  west
    + sqs.queue:new  new

outputs
  · arn  keeps its value: what it is made from is deferred
  · url  is not there yet: what it is made from is deferred

deferred: global is left out
  + iam.role:s
deferred: us-east-1 does not answer
  - iam.role:r             comes after primary/sqs.queue:q
  ~ primary/sqs.queue:q
  ± secondary/sqs.queue:r  needs a value of primary/sqs.queue:q
Plan: 1 to create, 4 deferred, 3 unchanged · about 3m40s

"#]]
    );
    assert_data_eq!(
        anstream::adapter::strip_str(&deferred::closing(
            &deferred::left(&p, &Default::default()),
            "dr apply p --env e"
        ))
        .to_string(),
        str![[r#"
3 deferred: run `dr apply p --env e` again when us-east-1 can be reached

"#]]
    );
    // Nothing else is to be done.
    p.steps.clear();
    assert_eq!(
        anstream::adapter::strip_str(&summary(&p)).to_string(),
        "Nothing can be done now: 4 deferred, 3 unchanged"
    );
}
