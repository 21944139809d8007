//! A story: what happened in a sequence, in words.

use dr_core::plan::Plan;

use crate::process::End;

/// A plan in a line.
pub fn steps(plan: &Plan) -> String {
    let errors = plan.diagnostics.iter().filter(|d| d.is_error()).map(|d| format!("error: {}", d.message));
    let moves = plan.moves.iter().map(|m| format!("move {} to {}", m.from, m.to));
    let steps = plan.steps.iter().enumerate().map(|(i, s)| {
        let order = s.replacement.map(|order| format!(" {order:?}")).unwrap_or_default();
        format!("{i} {:?}{order} {} {:?} after {:?}", s.action, s.address, s.reasons, s.after)
    });
    let outputs = plan.outputs.iter().filter(|(_, o)| o.before.clone().map(dr_core::expr::Expr::Known) != o.after);
    let outputs = outputs.map(|(name, output)| format!("output {name}: {output:?}"));
    let deferred =
        plan.deferred.iter().map(|d| format!("deferred {:?} {}: {:?}", d.step.action, d.step.address, d.why));
    errors.chain(moves).chain(steps).chain(deferred).chain(outputs).collect::<Vec<_>>().join("\n    ")
}

/// An end in words.
pub fn words(end: &End) -> String {
    match end {
        End::Applied(plan, report, _) => {
            let failed: Vec<String> = report.failed.iter().map(|f| format!("{}: {}", f.address, f.error)).collect();
            format!(
                "applied; failed: {failed:?}, skipped: {:?}, remaining: {:?}\n    {}",
                report.skipped,
                report.remaining,
                steps(plan)
            )
        }
        End::Refused(plan) => format!("refused\n    {}", steps(plan)),
        other => other.name().to_owned(),
    }
}
