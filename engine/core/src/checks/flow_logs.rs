//! C83: flow logs with one source and one destination.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a flow log is of a network or a subnet, and writes to what its type says",
    why: "EC2 refuses a flow log of two things or of nothing, and a log group without a role that may write to it.",
    mend: "Give `vpc_id` or `subnet_id`; `log_group_name` with `deliver_logs_permission_arn`, or `log_destination`.",
    source: "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html",
    ..Check::each("C83", "flow-log", &["ec2.flow_log"], look)
};

fn look(log: &Resource<'_>, _: &Planned<'_>, found: &mut Findings) {
    match (log.is_given("vpc_id"), log.is_given("subnet_id")) {
        (true, true) => {
            let message = format!("`{}` is of a network and of a subnet", log.address);
            found.add(log, Finding::new("subnet_id", message).help("declare one flow log for each"));
        }
        (false, false) => {
            let message = format!("`{}` is of nothing", log.address);
            found.add(log, Finding::new("", message).help("give `vpc_id` or `subnet_id`"));
        }
        _ => {}
    }
    let Some(sort) = log.text("log_destination_type") else { return };
    let to_group = log.is_given("log_group_name");
    let to_other = log.is_given("log_destination");
    if to_group && to_other {
        let message = format!("`{}` has two destinations", log.address);
        found.add(
            log,
            Finding::new("log_destination", message).help("leave out one of `log_group_name` and `log_destination`"),
        );
    } else if !to_group && !to_other {
        let message = format!("`{}` has no destination", log.address);
        let help = if sort == "cloud-watch-logs" { "give `log_group_name`" } else { "give `log_destination`" };
        found.add(log, Finding::new("", message).help(help));
    } else if sort != "cloud-watch-logs" && to_group {
        let message = format!("`{}` writes to {sort}, and names a log group", log.address);
        found.add(log, Finding::new("log_group_name", message).help("give `log_destination`"));
    }
    if sort == "cloud-watch-logs" && log.is_absent("deliver_logs_permission_arn") {
        let message = format!("`{}` writes to CloudWatch Logs and has no role for it", log.address);
        found.add(log, Finding::new("", message).help("give `deliver_logs_permission_arn`"));
    }
    if sort != "s3" && log.is_given("destination_options") {
        let message = format!("`{}` has options of files, and writes none", log.address);
        found.add(log, Finding::new("destination_options", message).help("leave it out, or write to S3"));
    }
}
