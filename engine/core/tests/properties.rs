//! Properties of the planner and the scheduler, over generated programs and states.
#![allow(missing_docs)]

mod support;

use std::time::Duration;

use dr_core::expr::Expr;
use dr_core::graph::{Graph, Options, ReplaceOrder};
use dr_core::plan::{Goal, Plan, contract};
use dr_core::record::Snapshot;
use dr_core::schedule::{Scheduler, StepEnd, Task};
use dr_core::value::Map;
use proptest::prelude::*;
use support::*;

/// One resource in a few numbers: what it is, and what each of its arguments is drawn from.
#[derive(Debug, Clone)]
struct Seed {
    kind: u8,
    present: bool,
    name: u8,
    size: u8,
    class: u8,
    first: u8,
    second: u8,
    order: u8,
}

fn seed() -> impl Strategy<Value = Seed> {
    (0..3u8, prop::bool::weighted(0.85), 0..6u8, 0..3u8, 0..2u8, any::<u8>(), any::<u8>(), 0..4u8).prop_map(
        |(kind, present, name, size, class, first, second, order)| Seed {
            kind,
            present,
            name,
            size,
            class,
            first,
            second,
            order,
        },
    )
}

/// A program of these resources; each refers to earlier ones only.
fn program(seeds: &[Seed]) -> Graph {
    let mut g = graph(&[]);
    let mut stores: Vec<String> = Vec::new();
    let mut nodes: Vec<String> = Vec::new();
    for (i, seed) in seeds.iter().enumerate().filter(|(_, s)| s.present) {
        let pick = |from: &[String], by: u8| (!from.is_empty()).then(|| from[usize::from(by) % from.len()].clone());
        let mut args: Map<Expr> = Map::from([("size".into(), int(i64::from(seed.size)))]);
        let options = Options {
            replace: match seed.order {
                // A node can be used by one that is only changed, so that it cannot always be deleted first.
                0 if seed.kind != 1 => Some(ReplaceOrder::DeleteFirst),
                _ => None,
            },
            ..Options::default()
        };
        // Names stay distinct by the index, so that no program is refused; the drawn part makes them change.
        let name = format!("{i}-{}", seed.name / 4);
        let address = match seed.kind {
            0 => {
                args.insert("name".into(), text(&name));
                args.insert("class".into(), text(if seed.class == 0 { "warm" } else { "cold" }));
                format!("t.store:s{i}")
            }
            1 => {
                args.insert("image".into(), text(if seed.class == 0 { "1" } else { "2" }));
                if let Some(store) = pick(&stores, seed.first).filter(|_| seed.first % 3 > 0) {
                    args.insert("store".into(), arn(&store));
                }
                if let Some(peer) = pick(&nodes, seed.second).filter(|_| seed.second % 3 > 0) {
                    args.insert("peer".into(), arn(&peer));
                }
                if let Some(topic) = pick(&stores, seed.second).filter(|_| seed.second % 2 > 0) {
                    args.insert("topic".into(), arn(&topic));
                }
                format!("t.node:n{i}")
            }
            _ => {
                let Some(store) = pick(&stores, seed.first) else { continue };
                args.insert("store".into(), arn(&store));
                format!("t.child:c{i}")
            }
        };
        match seed.kind {
            0 => stores.push(address.clone()),
            1 => nodes.push(address.clone()),
            _ => {}
        }
        declare(&mut g, &address, args, options);
    }
    g
}

fn check_steps(plan: &Plan) {
    for (i, step) in plan.steps.iter().enumerate() {
        assert!(!step.reasons.is_empty(), "{} has no reason", step.address);
        assert!(step.after.iter().all(|&a| a < plan.steps.len() && a != i));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// From any program to any other: the steps can be carried out in any order that they allow, on a cloud that
    /// refuses what a real one would; afterwards nothing is left to do; and everything can be destroyed.
    #[test]
    fn any_program_becomes_any_other(
        first in prop::collection::vec(seed(), 0..14),
        second in prop::collection::vec(seed(), 0..14),
        picks in prop::collection::vec(any::<u8>(), 64),
    ) {
        let mut next = 0;
        let mut pick = |n: usize| { next += 1; usize::from(picks[next % picks.len()]) % n };
        let mut state = Snapshot::default();
        for g in [program(&first), program(&second)] {
            let p = plan(&g, &state);
            check_steps(&p);
            prop_assert_eq!(&p, &plan(&g, &state), "the same input gives the same plan");
            // Rarely no order exists: what must go first is used by something that can only turn away afterwards.
            let has_no_order = |text: &str| text.contains("wait for each other") || text.contains("uses it until then");
            prop_assume!(!p.diagnostics.iter().any(|d| has_no_order(&d.message)));
            let foretold = contract(&p, &state, &support::registry());
            state = carry_out(&p, &state, &mut pick);
            let destroy = plan_with(Goal::Destroy, &graph(&[]), &state, &Asked::default());
            prop_assert_eq!(&foretold, &contract(&destroy, &state, &support::registry()), "what is foretold comes true");
            prop_assert_eq!(foretold.departures.len(), state.records.len());
            prop_assert!(state.deposed.is_empty());
            prop_assert!(state.records.keys().eq(g.nodes.keys()));
            let again = plan(&g, &state);
            prop_assert!(again.is_empty() && again.steps.is_empty(), "{:?}", words(&again));
        }
        let p = plan_with(Goal::Destroy, &graph(&[]), &state, &Asked::default());
        check_steps(&p);
        prop_assert!(carry_out(&p, &state, &mut pick).is_empty());
    }

    /// Whatever fails: exactly what comes after it is skipped, and everything else is offered once.
    #[test]
    fn every_step_is_offered_once_or_skipped(
        edges in prop::collection::vec((any::<u16>(), any::<u16>()), 0..120),
        fails in prop::collection::vec(any::<u8>(), 40),
    ) {
        let count = fails.len();
        let mut tasks = vec![Task { cost: Duration::from_secs(1), ..Task::default() }; count];
        for (a, b) in edges {
            let (a, b) = (usize::from(a) % count, usize::from(b) % count);
            if a < b && !tasks[b].after.contains(&a) { tasks[b].after.push(a); }
        }
        let mut scheduler = Scheduler::new(&tasks).unwrap();
        let mut ended = vec![0; count];
        let mut bad = vec![false; count];
        while let Some(step) = scheduler.ready() {
            prop_assert!(tasks[step].after.iter().all(|&a| ended[a] == 1 && !bad[a]));
            ended[step] += 1;
            if fails[step] < 40 {
                bad[step] = true;
                for skipped in scheduler.on(StepEnd::Failed(step)) { ended[skipped] += 1; bad[skipped] = true; }
            } else {
                scheduler.on(StepEnd::Done(step));
            }
        }
        prop_assert!(scheduler.is_finished());
        prop_assert_eq!(ended, vec![1; count]);
        for (i, task) in tasks.iter().enumerate() {
            let depends_on_bad = task.after.iter().any(|&a| bad[a]);
            prop_assert_eq!(bad[i], depends_on_bad || fails[i] < 40);
        }
    }
}
