//! C32: state machines that move a database or records to the other region.

use super::arns;
use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a machine that fails over stands in the region that takes over, names the cluster by its ARN, and swaps both records",
    why: "The region that fails cannot save itself. RDS takes the ARN of the cluster alone, waits for a region that is gone unless \
          it may lose data, and Route 53 refuses a second PRIMARY beside the first.",
    mend: "Declare the machine in the secondary region, name the cluster's `arn` with `AllowDataLoss: true`, and change both records \
           in one batch.",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_FailoverGlobalCluster.html",
    ..Check::each("C32", "failover-machine", &["stepfunctions.state_machine.definition"], look)
};

/// How deep states are nested in states.
const DEEPEST: usize = 8;

fn look(machine: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    states(machine, "definition", 0, &mut |state| {
        let resource = machine.text(&format!("{state}.Resource")).unwrap_or_default().to_lowercase();
        let given = ["Parameters", "Arguments"].map(|key| format!("{state}.{key}"));
        let Some(given) = given.into_iter().find(|path| machine.is_given(path)) else { return };
        if resource.ends_with("rds:failoverglobalcluster") {
            promotes(machine, planned, &given, found);
        } else if resource.ends_with("route53:changeresourcerecordsets") {
            swaps(machine, &given, found);
        }
    });
}

/// Calls a function with the path of every state, those inside others too.
pub(super) fn states(machine: &Resource<'_>, around: &str, depth: usize, visit: &mut dyn FnMut(&str)) {
    if depth > DEEPEST {
        return;
    }
    for state in machine.each(&format!("{around}.States")) {
        visit(&state);
        for inner in ["Iterator", "ItemProcessor"] {
            states(machine, &format!("{state}.{inner}"), depth + 1, visit);
        }
        for branch in machine.each(&format!("{state}.Branches")) {
            states(machine, &branch, depth + 1, visit);
        }
    }
}

fn promotes(machine: &Resource<'_>, planned: &Planned<'_>, given: &str, found: &mut Findings) {
    let path = format!("{given}.TargetDbClusterIdentifier");
    let reads = machine.reads(&path);
    let cluster = reads.iter().find_map(|read| Some((read, planned.get(&read.address)?)));
    let is_id = match cluster {
        Some((read, cluster)) => cluster.kind.name == "rds.cluster" && &*read.attr != "arn",
        None => machine.text(&path).is_some_and(|text| !text.starts_with("arn:") && !text.starts_with("{%")),
    };
    if is_id {
        let message = format!("`{}` promotes a cluster by its id; RDS takes its ARN", machine.address);
        found.add(machine, Finding::new(&path, message).label("not an ARN").help("give the cluster's `arn`"));
    }
    let region = match cluster {
        Some((_, cluster)) => cluster.region,
        None => machine.text(&path).and_then(arns::region),
    };
    if let (Some(own), Some(other)) = (machine.region, region.filter(|other| machine.region != Some(other))) {
        let message = format!(
            "`{}` is in {own} and promotes a cluster of {other}: when {own} fails, it does nothing",
            machine.address
        );
        let finding = Finding::new(&path, message).label(format!("in {other}"));
        let finding =
            cluster.into_iter().fold(finding, |finding, (_, cluster)| finding.also(cluster, "", "the cluster"));
        found.add(machine, finding.help(format!("declare the machine in {other}")));
    }
    let loses = format!("{given}.AllowDataLoss");
    let switches = machine.is_true(&format!("{given}.Switchover"));
    if (machine.is_absent(&loses) || machine.is_false(&loses)) && !switches {
        let message = format!(
            "`{}` promotes without loss of data, which fails while the other region does not answer",
            machine.address
        );
        let help = "say `AllowDataLoss: true`; or `Switchover: true` where both regions are there";
        found.add(
            machine,
            Finding::new(if machine.is_given(&loses) { &loses } else { given }, message).help(help).warning(),
        );
    }
}

fn swaps(machine: &Resource<'_>, given: &str, found: &mut Findings) {
    let changes = format!("{given}.ChangeBatch.Changes");
    let all = machine.each(&changes);
    let role = |change: &String| machine.text(&format!("{change}.ResourceRecordSet.Failover"));
    let is_made = |change: &&String| machine.text(&format!("{change}.Action")).is_some_and(|action| action != "DELETE");
    let has = |wanted: &str| all.iter().find(|change| is_made(change) && role(change) == Some(wanted));
    let is_known = !all.is_empty()
        && all.iter().all(|change| machine.is_given(&format!("{change}.ResourceRecordSet")) && role(change).is_some());
    if let (Some(primary), None, true) = (has("PRIMARY"), has("SECONDARY"), is_known) {
        let takes_away = all.iter().any(|change| machine.text(&format!("{change}.Action")) == Some("DELETE"));
        if takes_away {
            return;
        }
        let message =
            format!("`{}` makes a record PRIMARY while another one is: Route 53 refuses that", machine.address);
        let path = format!("{primary}.ResourceRecordSet.Failover");
        let help = "make the other record SECONDARY in the same `Changes`";
        found.add(machine, Finding::new(&path, message).label("a second PRIMARY").help(help));
    }
}
