//! What a run does with what an earlier one left open.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::time::Duration;

use common::process::{Process, graph};
use common::{Fake, address};
use dr_core::cloud::{CloudError, ErrorClass};
use dr_core::graph::Graph;
use dr_core::journal::{JournalEvent, Open};
use dr_core::plan::{Action, Goal, Reason};
use dr_core::record::{Record, Unfinished};
use dr_core::value::{Str, Value};
use dr_run::{Cancel, Observer, Outcome, Report, Resumption, Silent, StateChange, StepPhase, What, as_far_as_known};
use tokio::time::Instant;

fn one() -> Graph {
    graph(&[("x.quick:a", &[("name", Value::str("n"))], None)])
}

/// Asks to stop as soon as something is told of a resource.
struct Stopper<'a>(&'a str, &'a str, Cancel);

impl Observer for Stopper<'_> {
    fn on(&self, event: &dr_run::Progress<'_>) {
        if event.address.as_str() == self.0 && format!("{:?}", event.what) == self.1 {
            self.2.request();
        }
    }
}

/// Runs until something is told of a resource, and stops there.
async fn stopped(process: &Process<'_>, graph: Option<&Graph>, at: &str, what: What<'_>) -> Report {
    let what = format!("{what:?}");
    let stopper = Stopper(at, &what, Cancel::new());
    let (_, report) = process.run(graph, &stopper, &stopper.2).await;
    assert!(stopper.2.is_requested() && !report.remaining.is_empty(), "{at} {what}");
    report
}

async fn run(process: &Process<'_>, graph: Option<&Graph>) -> (Resumption, Report) {
    process.run(graph, &Silent, &Cancel::new()).await
}

fn outcomes(resumption: &Resumption) -> Vec<Outcome> {
    assert!(resumption.failed.is_empty(), "{:?}", resumption.failed);
    resumption.resumed.iter().map(|r| r.outcome.clone()).collect()
}

/// Everything recorded is there and everything there is recorded, by id.
fn agree(process: &Process<'_>) {
    let snapshot = process.store.snapshot().unwrap();
    let mut ids: Vec<Str> = snapshot.records.values().chain(&snapshot.deposed).map(|r| r.id.clone()).collect();
    ids.sort();
    assert_eq!(ids, process.cloud.ids());
    assert!(process.store.open_operations().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_leaves_the_operation_open_and_the_next_run_goes_on() {
    use ErrorClass::{Conflict, NotYetConsistent, Throttled, Transient};
    for call in ["settle", "configure", "read"] {
        for class in [Transient, Throttled, NotYetConsistent, Conflict] {
            let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
            cloud.fail(call, "x.quick:a", class, usize::MAX);
            let process = Process::start(dir.path(), &cloud).await;
            let (_, report) = run(&process, Some(&one())).await;
            let when = format!("{call} {class:?}");
            assert_eq!(report.failed[0].class, Some(class), "{when}");
            assert!(report.failed[0].help.is_some(), "{when}");
            let open = process.store.open_operations().unwrap();
            assert!(open.values().all(|o| matches!(o, Open::Create { record, .. } if &*record.id == "id-1")), "{when}");
            assert_eq!(open.len(), 1, "{when}");
            // It is not better yet: the plan goes on with it all the same, and makes nothing anew.
            let resumption = process.resume(Goal::Apply).await;
            assert!(matches!(outcomes(&resumption)[..], [Outcome::Begun(_)]), "{when}: {resumption:?}");
            let (plan, _) = process.plan(Some(&one())).await;
            let [step] = &plan.steps[..] else { panic!("{when}: {:?}", plan.steps) };
            assert_eq!((step.action, &step.reasons[..]), (Action::Update, &[Reason::Unfinished][..]), "{when}");
            cloud.mend();
            let (_, report) = run(&process, Some(&one())).await;
            assert!(report.is_complete(), "{when}: {:?}", report.failed);
            let snapshot = process.store.snapshot().unwrap();
            let record = &snapshot.records[&address("x.quick:a")];
            assert_eq!((&*record.id, record.incomplete), ("id-1", None), "{when}");
            assert!(record.outputs.contains_key("arn") && cloud.inside.lock().unwrap().things["id-1"].configured);
            assert_eq!((cloud.count("create"), cloud.count("delete")), (1, 0), "{when}");
            agree(&process);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_is_configured_again_and_what_failed_is_made_anew() {
    for (call, why) in [("configure", Unfinished::Begun), ("read", Unfinished::Begun), ("settle", Unfinished::Failed)] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        match why {
            Unfinished::Begun => cloud.fail(call, "x.quick:a", ErrorClass::Denied, usize::MAX),
            Unfinished::Failed | Unfinished::Lost => cloud.inside.lock().unwrap().broken.push("x.quick:a"),
        }
        let process = Process::start(dir.path(), &cloud).await;
        let after = graph(&[("x.quick:a", &[], None), ("x.quick:b", &[], Some("x.quick:a"))]);
        for _ in 0..2 {
            // Trying again changes nothing as long as the cause is there, whether it is refused or broken.
            let (_, report) = run(&process, Some(&after)).await;
            assert_eq!((report.failed.len(), report.skipped.len()), (1, 1), "{call}");
            let snapshot = process.store.snapshot().unwrap();
            assert_eq!(snapshot.records[&address("x.quick:a")].incomplete, Some(why), "{call}");
            agree(&process);
            if why == Unfinished::Failed {
                break;
            }
        }
        cloud.mend();
        cloud.inside.lock().unwrap().broken.clear();
        let (_, report) = run(&process, Some(&after)).await;
        assert!(report.is_complete(), "{call}: {:?}", report.failed);
        let anew = usize::from(why == Unfinished::Failed);
        assert_eq!((cloud.count("create x.quick:a"), cloud.count("delete")), (1 + anew, anew), "{call}");
        let snapshot = process.store.snapshot().unwrap();
        let arn = snapshot.records[&address("x.quick:a")].outputs["arn"].clone();
        assert_eq!(snapshot.records[&address("x.quick:b")].args["peer"], arn, "{call}");
        agree(&process);
    }
}

/// Something that takes a minute to come, and something that does not need it.
fn slow() -> Graph {
    graph(&[("y.slow:s", &[], None), ("x.quick:other", &[], None)])
}

#[tokio::test(start_paused = true)]
async fn nothing_is_waited_for_before_the_plan() {
    let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake { timed: true, ..Fake::default() });
    let process = Process::start(dir.path(), &cloud).await;
    stopped(&process, Some(&slow()), "y.slow:s", What::Phase(dr_run::StepPhase::Settling)).await;
    let begin = Instant::now();
    let resumption = process.resume(Goal::Apply).await;
    assert_eq!(begin.elapsed(), Duration::ZERO);
    let begun = resumption.resumed.iter().find(|r| r.address == address("y.slow:s")).unwrap();
    assert_eq!(begun.outcome, Outcome::Begun("it is not ready yet".into()));
    let (_, report) = run(&process, Some(&slow())).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    assert_eq!(report.elapsed, Duration::from_secs(60), "the rest of the minute, beside everything else");
    assert_eq!((cloud.count("create y.slow:s"), cloud.count("delete")), (1, 0));
    agree(&process);
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_only_looked_at_knows_what_was_begun() {
    let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake { timed: true, ..Fake::default() });
    let process = Process::start(dir.path(), &cloud).await;
    stopped(&process, Some(&slow()), "y.slow:s", What::Phase(dr_run::StepPhase::Settling)).await;
    let open = process.store.open_operations().unwrap();
    let known = as_far_as_known(&process.store.snapshot().unwrap(), open.values().cloned());
    assert_eq!(known.records[&address("y.slow:s")].incomplete, Some(Unfinished::Begun));
    // What has no id yet may never have been made.
    let unmade = open.into_values().map(|mut operation| {
        if let Open::Create { record, .. } = &mut operation {
            record.id = "".into();
        }
        operation
    });
    let nothing = as_far_as_known(&process.store.snapshot().unwrap(), unmade);
    assert!(!nothing.records.contains_key(&address("y.slow:s")));
    process.resume(Goal::Apply).await;
    let now = process.store.snapshot().unwrap();
    let ids = |s: &dr_core::record::Snapshot| s.records.values().map(|r| r.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&known), ids(&now));
}

#[tokio::test(start_paused = true)]
async fn what_is_to_go_need_not_become_ready() {
    // With an id, without one, and never made.
    for (found, made) in [(true, true), (false, true), (false, false)] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake { timed: true, ..Fake::default() });
        let process = Process::start(dir.path(), &cloud).await;
        match (found, made) {
            (true, _) => {
                stopped(&process, Some(&slow()), "y.slow:s", What::Phase(dr_run::StepPhase::Settling)).await;
            }
            (false, made) => {
                if made {
                    cloud.lose("create", "y.slow:s", 1);
                } else {
                    cloud.fail("create", "y.slow:s", ErrorClass::Transient, 1);
                }
                cloud.fail("find", "y.slow:s", ErrorClass::Denied, 1);
                run(&process, Some(&slow())).await;
            }
        }
        assert!(!process.store.open_operations().unwrap().is_empty());
        cloud.inside.lock().unwrap().log.clear();
        let begin = Instant::now();
        let (resumption, report) = run(&process, None).await;
        assert!(report.is_complete(), "{:?}", report.failed);
        assert!(begin.elapsed() <= Duration::from_secs(30), "only the deletion takes its time");
        assert!(matches!(outcomes(&resumption)[0], Outcome::Begun(_) | Outcome::NeverCreated), "{resumption:?}");
        assert_eq!((cloud.count("settle"), cloud.count("configure")), (0, 0));
        assert_eq!(cloud.count("delete y.slow:s"), usize::from(made));
        agree(&process);
        assert_eq!(process.store.snapshot().unwrap().program, None);
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_looked_for_stays_open_and_the_rest_goes_on() {
    for goal in [Goal::Apply, Goal::Destroy] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let process = Process::start(dir.path(), &cloud).await;
        let (before, after) = (
            graph(&[("x.quick:a", &[], None)]),
            graph(&[("x.quick:a", &[], None), ("x.quick:b", &[], None), ("x.quick:c", &[], None)]),
        );
        cloud.lose("create", "x.quick:a", 1);
        cloud.fail("find", "x.quick:a", ErrorClass::Denied, 3);
        run(&process, Some(&before)).await;
        let wanted = (goal == Goal::Apply).then_some(&after);
        let (resumption, report) = run(&process, wanted).await;
        assert_eq!(resumption.failed.len(), 1);
        let failed: Vec<&str> = report.failed.iter().map(|f| f.address.as_str()).collect();
        if goal == Goal::Apply {
            assert_eq!((failed, report.done.len()), (vec!["x.quick:a"], 2), "nothing is made a second time");
            assert!(report.failed[0].error.contains("not known what became of it"), "{}", report.failed[0].error);
        } else {
            assert!(report.is_complete());
        }
        assert_eq!(process.store.open_operations().unwrap().len(), 1);
        cloud.mend();
        let (resumption, report) = run(&process, wanted).await;
        assert!(report.is_complete(), "{:?}", report.failed);
        assert_eq!(outcomes(&resumption).len(), 1);
        assert_eq!(cloud.count("create x.quick:a"), 1);
        agree(&process);
    }
}

/// Something, and what keeps it from being deleted.
fn held() -> Graph {
    let mut held = graph(&[("x.quick:group", &[], None), ("x.named:user", &[("name", Value::str("u"))], None)]);
    let holds = dr_core::expr::Expr::attr(&address("x.quick:group"), "arn");
    held.nodes.get_mut(&address("x.named:user")).unwrap().args.insert("holds".into(), holds);
    held
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_was_begun_steps_aside() {
    // What was being deleted is wanted again, or goes with everything else, or goes by itself.
    for (again, deletions) in [(Some(held()), 0), (None, 2)] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let process = Process::start(dir.path(), &cloud).await;
        run(&process, Some(&held())).await;
        // A deletion that was begun although something holds it.
        let record = process.store.snapshot().unwrap().records[&address("x.quick:group")].clone();
        let event = dr_core::journal::JournalEvent::Deleting {
            op: "interrupted".into(),
            record: Box::new(dr_core::record::Record::clone(&record)),
            deposed: false,
        };
        process.store.commit(dr_run::StateChange::Append { event }).await.unwrap();
        let begin = Instant::now();
        let (resumption, report) = run(&process, again.as_ref()).await;
        assert_eq!(outcomes(&resumption), [Outcome::StillThere]);
        assert!(report.is_complete(), "{:?}", report.failed);
        assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
        assert_eq!(cloud.count("delete"), deletions);
        agree(&process);
        assert_eq!(process.store.snapshot().unwrap().records.len(), 2 - deletions);
        if let Some(again) = &again {
            assert!(process.plan(Some(again)).await.0.is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_service_is_deleting_is_made_anew_when_it_is_wanted_again() {
    for again in [true, false] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake { timed: true, ..Fake::default() });
        let process = Process::start(dir.path(), &cloud).await;
        run(&process, Some(&slow())).await;
        stopped(&process, None, "y.slow:s", What::Phase(dr_run::StepPhase::Settling)).await;
        let wanted = slow();
        let (resumption, report) = run(&process, again.then_some(&wanted)).await;
        let said = if again { Outcome::Going } else { Outcome::StillThere };
        assert_eq!(outcomes(&resumption), [said.clone(), said]);
        assert!(report.is_complete(), "{:?}", report.failed);
        assert_eq!(cloud.addresses().iter().filter(|a| a.as_str() == "y.slow:s").count(), usize::from(again));
        agree(&process);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_told_at_once_and_made_anew() {
    let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
    let process = Process::start(dir.path(), &cloud).await;
    let with =
        |size| graph(&[("x.quick:a", &[("size", Value::Int(size))], None), ("x.quick:b", &[], Some("x.quick:a"))]);
    run(&process, Some(&with(1))).await;
    // A service that cannot find something tells so as if it were a matter of time.
    cloud.fail("update", "x.quick:a", ErrorClass::NotYetConsistent, usize::MAX);
    cloud.inside.lock().unwrap().things.remove("id-1");
    cloud.inside.lock().unwrap().log.clear();
    let (_, report) = run(&process, Some(&with(2))).await;
    let calls = cloud.log().into_iter().filter(|call| !call.starts_with("reach")).count();
    assert_eq!((report.elapsed, calls), (Duration::ZERO, 2), "{:?}", cloud.log());
    let failure = &report.failed[0];
    assert!(failure.error.contains("deleted meanwhile"), "{}", failure.error);
    assert!(failure.help.as_ref().is_some_and(|h| h.contains("plan again")));
    assert!(!process.store.snapshot().unwrap().records.contains_key(&address("x.quick:a")));
    cloud.mend();
    let (_, report) = run(&process, Some(&with(2))).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    agree(&process);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_never_given_back_is_sent_again() {
    let password = |value: &Option<&'static str>| value.map(|p| ("password", Value::str(p)));
    let with = |value: &Option<&'static str>| {
        let args: Vec<_> = password(value).into_iter().collect();
        graph(&[("x.quick:a", &args, None)])
    };
    for phase in [StepPhase::Intended, StepPhase::Updating, StepPhase::Settling, StepPhase::Reading] {
        // What the update was about, and what the program says afterwards: that, what it said before, or something else.
        for wanted in [Some("second"), None] {
            for next in [Some("first"), Some("second"), Some("third"), None] {
                let when = format!("{phase:?} {wanted:?} {next:?}");
                let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
                let process = Process::start(dir.path(), &cloud).await;
                run(&process, Some(&with(&Some("first")))).await;
                stopped(&process, Some(&with(&wanted)), "x.quick:a", What::Phase(phase)).await;
                let (resumption, report) = run(&process, Some(&with(&next))).await;
                assert_eq!(outcomes(&resumption), [Outcome::Recorded], "{when}");
                assert!(report.is_complete(), "{when}: {:?}", report.failed);
                let has = cloud.inside.lock().unwrap().things["id-1"].args.get("password").cloned();
                assert_eq!(has, password(&next).map(|(_, value)| value), "{when}");
                assert!(process.plan(Some(&with(&next))).await.0.steps.is_empty(), "{when}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_cannot_be_read_may_have_had_its_effect() {
    for effect in [true, false] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let process = Process::start(dir.path(), &cloud).await;
        let error = CloudError {
            maybe_done: true,
            ..CloudError::new(ErrorClass::Invalid, "x:Create", "Unreadable", "the reply cannot be read")
        };
        let fault = common::Fault { call: "create", address: "x.quick:a", error, effect, times: 1 };
        cloud.inside.lock().unwrap().faults.push(fault);
        let (_, report) = run(&process, Some(&one())).await;
        assert_eq!(report.is_complete(), effect, "what was made is found and finished");
        // Where nothing was found, the next run looks once more before it makes it again.
        assert_eq!(process.store.open_operations().unwrap().len(), usize::from(!effect));
        let (resumption, report) = run(&process, Some(&one())).await;
        assert_eq!(outcomes(&resumption), if effect { vec![] } else { vec![Outcome::NeverCreated] });
        assert!(report.is_complete());
        assert_eq!(cloud.count("create"), if effect { 1 } else { 2 });
        agree(&process);
    }
}

/// What became of something whose deletion an earlier destroy had begun: a second one that looked at nothing recorded it
/// as unfinished, and died.
#[tokio::test(start_paused = true)]
async fn what_is_unfinished_is_looked_at_also_without_a_refresh() {
    // Gone, there, and not to be read.
    for (gone, denied) in [(true, false), (false, false), (false, true)] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let process = Process::start(dir.path(), &cloud).await;
        let two = graph(&[("x.quick:a", &[], None), ("x.quick:b", &[], Some("x.quick:a"))]);
        assert!(run(&process, Some(&two)).await.1.is_complete());
        let record = Record::clone(&process.store.snapshot().unwrap().records[&address("x.quick:a")]);
        let id = record.id.clone();
        let event = JournalEvent::Deleting { op: "interrupted".into(), record: Box::new(record), deposed: false };
        process.store.commit(StateChange::Append { event }).await.unwrap();
        if gone {
            cloud.inside.lock().unwrap().things.remove(&id);
        }
        assert_eq!(outcomes(&process.resume(Goal::Destroy).await), [Outcome::StillThere]);
        if denied {
            cloud.fail("read", "x.quick:a", ErrorClass::Denied, 1);
        }
        let reads = cloud.count("read");
        let (plan, _) = process.plan(Some(&two)).await;
        assert_eq!(cloud.count("read"), reads + 1, "what is finished is not looked at");
        let wanted = match gone {
            true => (Action::Create, vec![Reason::Gone]),
            false => (Action::Update, vec![Reason::Unfinished]),
        };
        let step = plan.steps.iter().find(|step| step.address == address("x.quick:a")).unwrap();
        assert_eq!((step.action, step.reasons.clone()), wanted);
        let (_, report) = run(&process, Some(&two)).await;
        assert!(report.is_complete(), "{:?}", report.failed);
        assert_eq!((cloud.count("create x.quick:a"), cloud.count("delete")), (1 + usize::from(gone), 0));
        assert!(process.plan(Some(&two)).await.0.is_empty());
        agree(&process);
        assert!(run(&process, None).await.1.is_complete());
        assert!(cloud.ids().is_empty());
    }
}

/// A failover may switch a role, so a refresh does not count it as drift. Whether a change of it has arrived is another
/// question.
#[tokio::test(start_paused = true)]
async fn an_update_of_what_a_failover_switches_has_arrived_or_is_made_up_for() {
    let role = |role: Option<&'static str>| -> Vec<(&'static str, Value)> {
        let role = role.map(|role| ("role", Value::str(role)));
        [("name", Value::str("n"))].into_iter().chain(role).collect()
    };
    for (was, wanted) in [(Some("one"), None), (Some("one"), Some("other")), (None, Some("one"))] {
        for arrived in [false, true] {
            let when = format!("{was:?} {wanted:?} {arrived}");
            let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
            let process = Process::start(dir.path(), &cloud).await;
            let (was, wanted) = (role(was), role(wanted));
            assert!(run(&process, Some(&graph(&[("x.named:a", &was, None)]))).await.1.is_complete());
            let program = graph(&[("x.named:a", &wanted, None)]);
            match arrived {
                false => cloud.fail("update", "x.named:a", ErrorClass::Transient, usize::MAX),
                true => cloud.lose("update", "x.named:a", usize::MAX),
            }
            cloud.fail("read", "x.named:a", ErrorClass::Transient, usize::MAX);
            run(&process, Some(&program)).await;
            cloud.mend();
            assert_eq!(process.store.open_operations().unwrap().len(), 1, "{when}");
            assert_eq!(outcomes(&process.resume(Goal::Apply).await), [Outcome::Recorded], "{when}");
            let args = |wanted: bool| {
                process.store.snapshot().unwrap().records[&address("x.named:a")].args.get("role").cloned().is_some()
                    == wanted
            };
            let is_there = if arrived { &wanted } else { &was };
            assert!(args(is_there.len() == 2), "{when}");
            assert_eq!(process.plan(Some(&program)).await.0.steps.len(), usize::from(!arrived), "{when}");
            assert!(run(&process, Some(&program)).await.1.is_complete(), "{when}");
            let there = cloud.inside.lock().unwrap().things.values().next().unwrap().args.get("role").cloned();
            assert_eq!(there, wanted.get(1).map(|(_, role)| role.clone()), "{when}");
        }
    }
}

/// A state in which one operation about `x.quick:a` is open: what was made has an id and is there.
async fn half_done<'a>(dir: &'a tempfile::TempDir, cloud: &'a Fake, action: Action) -> Process<'a> {
    let process = Process::start(dir.path(), cloud).await;
    if action == Action::Create {
        stopped(&process, Some(&one()), "x.quick:a", What::Phase(StepPhase::Settling)).await;
        return process;
    }
    assert!(run(&process, Some(&one())).await.1.is_complete());
    let record = Box::new(Record::clone(&process.store.snapshot().unwrap().records[&address("x.quick:a")]));
    let op = "interrupted".into();
    let event = match action {
        Action::Update => JournalEvent::Updating { op, record },
        _ => JournalEvent::Deleting { op, record, deposed: false },
    };
    process.store.commit(StateChange::Append { event }).await.unwrap();
    process
}

#[tokio::test(start_paused = true)]
async fn what_a_look_says_decides_what_is_recorded() {
    use Action::{Create, Delete, Update};
    use ErrorClass::{Denied, Gone};
    let no = || "x:Call failed: message (Code)".to_owned();
    // What was open, the look that fails, what it says, what became of it, and whether a record is left: finished or not.
    for (action, call, class, outcome, left) in [
        (Create, "configure", Gone, Outcome::Missing, None),
        (Create, "read", Gone, Outcome::Missing, None),
        (Create, "configure", Denied, Outcome::Begun(no()), Some(Some(Unfinished::Begun))),
        (Update, "read", Gone, Outcome::Missing, None),
        (Update, "read", Denied, Outcome::Unread(no()), Some(None)),
        (Delete, "deleted", Gone, Outcome::Deleted, None),
        (Delete, "deleted", Denied, Outcome::Unread(no()), Some(Some(Unfinished::Begun))),
        // It does not say that it goes, and is not there: what the plan would use is not usable.
        (Delete, "read", Gone, Outcome::Going, Some(Some(Unfinished::Failed))),
        (Delete, "read", Denied, Outcome::StillThere, Some(None)),
    ] {
        let when = format!("{action:?} {call} {class:?}");
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let process = half_done(&dir, &cloud, action).await;
        cloud.fail(call, "x.quick:a", class, usize::MAX);
        let mut found = outcomes(&process.resume(Goal::Apply).await);
        for said in &mut found {
            if let Outcome::Begun(why) | Outcome::Unread(why) = said {
                assert!(why.contains("message"), "{when}: {why}");
                *why = no();
            }
        }
        assert_eq!(found, [outcome], "{when}");
        assert!(process.store.open_operations().unwrap().is_empty(), "{when}");
        let records = process.store.snapshot().unwrap().records;
        assert_eq!(records.get(&address("x.quick:a")).map(|record| record.incomplete), left, "{when}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_stopped_while_it_was_looked_at_stays_open() {
    for action in [Action::Create, Action::Update, Action::Delete] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let process = half_done(&dir, &cloud, action).await;
        let before = (process.store.snapshot().unwrap(), process.store.open_operations().unwrap());
        let (room, started) = (common::Room::new(), format!("{:?}", What::Started));
        let stopper = Stopper("x.quick:a", &started, room.cancel.clone());
        let engine = room.engine(&process.store, &cloud, &stopper);
        let resumption = dr_run::resume(&engine, &common::identity(), Goal::Apply).await.unwrap();
        assert!(room.cancel.is_requested() && resumption.resumed.is_empty(), "{action:?}: {resumption:?}");
        assert_eq!(resumption.remaining, [address("x.quick:a")], "{action:?}");
        let after = (process.store.snapshot().unwrap(), process.store.open_operations().unwrap());
        assert_eq!(after, before, "{action:?}");
    }
}

/// What a service made a moment ago it may not show yet.
#[tokio::test(start_paused = true)]
async fn what_is_not_to_be_seen_is_gone_only_after_a_while() {
    for (unseen, outcome, waited) in [(1, Outcome::Created, 5), (2, Outcome::Created, 10), (9, Outcome::Missing, 12)] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let process = half_done(&dir, &cloud, Action::Create).await;
        for call in ["settle", "read"] {
            cloud.fail(call, "x.quick:a", ErrorClass::Gone, unseen);
        }
        let room = common::Room::new();
        let engine = room.engine(&process.store, &cloud, &Silent);
        let engine = dr_run::Engine { patience: Duration::from_secs(12), ..engine };
        let begin = Instant::now();
        let resumption = dr_run::resume(&engine, &common::identity(), Goal::Apply).await.unwrap();
        assert_eq!((outcomes(&resumption), begin.elapsed()), (vec![outcome], Duration::from_secs(waited)), "{unseen}");
    }
}

/// An update that was stopped says nothing about what was not finished before it.
#[tokio::test(start_paused = true)]
async fn what_was_not_finished_before_an_update_is_not_finished_after_it() {
    let with = |size| graph(&[("x.quick:a", &[("size", Value::Int(size))], None)]);
    // It had only this to make up for, or was to change something, too.
    for (size, phase) in [(1, StepPhase::Intended), (2, StepPhase::Intended), (2, StepPhase::Updating)] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let process = Process::start(dir.path(), &cloud).await;
        cloud.fail("configure", "x.quick:a", ErrorClass::Denied, 1);
        assert_eq!(run(&process, Some(&with(1))).await.1.failed.len(), 1);
        stopped(&process, Some(&with(size)), "x.quick:a", What::Phase(phase)).await;
        assert_eq!(outcomes(&process.resume(Goal::Apply).await), [Outcome::Recorded], "{phase:?}");
        let record = process.store.snapshot().unwrap().records[&address("x.quick:a")].clone();
        assert_eq!(record.incomplete, Some(Unfinished::Begun), "{phase:?}");
        let configured = cloud.count("configure");
        assert!(run(&process, Some(&with(size))).await.1.is_complete(), "{phase:?}");
        assert_eq!(cloud.count("configure"), configured + 1, "{phase:?}");
        assert_eq!(process.store.snapshot().unwrap().records[&address("x.quick:a")].incomplete, None, "{phase:?}");
        agree(&process);
    }
}

#[tokio::test(start_paused = true)]
async fn the_deletion_of_what_was_set_aside_leaves_what_came_in_its_place() {
    for goal in [Goal::Apply, Goal::Destroy] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let process = Process::start(dir.path(), &cloud).await;
        assert!(run(&process, Some(&one())).await.1.is_complete());
        let old = Record::clone(&process.store.snapshot().unwrap().records[&address("x.quick:a")]);
        let other = graph(&[("x.quick:a", &[("name", Value::str("m"))], None)]);
        cloud.fail("delete", "x.quick:a", ErrorClass::Denied, 1);
        assert_eq!(run(&process, Some(&other)).await.1.failed.len(), 1);
        let before = process.store.snapshot().unwrap();
        let ids = |records: &[&std::sync::Arc<Record>]| records.iter().map(|r| r.id.to_string()).collect::<Vec<_>>();
        assert_eq!(ids(&before.records.values().chain(&before.deposed).collect::<Vec<_>>()), ["id-2", "id-1"]);
        let event = JournalEvent::Deleting { op: "interrupted".into(), record: Box::new(old), deposed: true };
        process.store.commit(StateChange::Append { event }).await.unwrap();
        assert_eq!(outcomes(&process.resume(goal).await), [Outcome::StillThere], "{goal:?}");
        let after = process.store.snapshot().unwrap();
        assert_eq!((after.records, after.deposed), (before.records, before.deposed), "{goal:?}");
        assert!(process.store.open_operations().unwrap().is_empty(), "{goal:?}");
        assert!(run(&process, Some(&other)).await.1.is_complete(), "{goal:?}");
        assert_eq!((cloud.ids(), cloud.count("create")), (vec!["id-2".into()], 2), "{goal:?}");
        agree(&process);
    }
}
