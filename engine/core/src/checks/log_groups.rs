//! D22: log groups that services make by themselves.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::log_writers::{GROUP, WrittenGroup, WrittenTo, written_by};
use super::planned::{Planned, Resource};
use crate::diagnostic::Severity;
use crate::expr::Expr;

pub(super) const CHECK: Check = Check {
    severity: Some(Severity::Warning),
    ephemeral: Some(Severity::Error),
    asks: "whatever writes logs writes them to a log group that the program declares and that is made before it",
    why: "A service makes the log group by itself when it is not there. No destroy takes that one along: it keeps its entries \
          for ever, and costs.",
    mend: "Declare the `logs.log_group` of that name. What writes to it then comes after it, and goes before it.",
    source: "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html, \
             https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html, \
             https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html",
    ..Check::around(
        "D22",
        "log-groups-of-services",
        &[
            "lambda.function",
            "rds.cluster.enabled_cloudwatch_logs_exports",
            "rds.cluster_instance.monitoring_interval",
            "apigateway.stage.method_settings",
            "apigateway.stage.access_log_settings",
            "apigatewayv2.stage.default_route_settings",
            "apigatewayv2.stage.access_log_settings",
            "ec2.flow_log.log_group_name",
            "stepfunctions.state_machine.logging_configuration",
        ],
        look,
    )
};

fn look(writer: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    if writer.kind.name == "rds.cluster_instance" {
        return measured(writer, found);
    }
    for written in written_by(writer) {
        match group(writer, &written, planned) {
            Some(group) if planned.depends(group, writer) => {
                let message =
                    format!("`{}` is made after `{}`, which makes it by itself before", group.address, writer.address);
                let finding = Finding::new("name", message).also(writer, "", "writes to it");
                let help = "let its name not read anything of what writes to it: \
                            give both the same text, such as `pay-${env.suffix}`";
                found.add(group, finding.help(help));
            }
            Some(_) => {}
            None => undeclared(writer, &written, found),
        }
    }
}

/// The measurements of the operating system go to a group that the whole account shares.
fn measured(instance: &Resource<'_>, found: &mut Findings) {
    if instance.is_absent("monitoring_interval") || instance.int("monitoring_interval") == Some(0) {
        return;
    }
    let message = format!(
        "enhanced monitoring of `{}` writes to the log group RDSOSMetrics, which all databases of the account share: no destroy \
         takes its entries along",
        instance.address
    );
    let help =
        "leave `monitoring_interval` out where the environment is ephemeral: `if env.ephemeral { 0 } else { 60 }`";
    found.add(instance, Finding::new("monitoring_interval", message).help(help));
}

/// The declared group that a resource writes to.
fn group<'p, 'a>(writer: &Resource<'_>, written: &WrittenGroup, planned: &'p Planned<'a>) -> Option<&'p Resource<'a>> {
    if let Some(target) = planned.target(writer, &written.path).filter(|target| target.kind.name == GROUP) {
        return Some(target);
    }
    let name = match &written.to {
        WrittenTo::Named(name) => name.clone(),
        WrittenTo::AtArn => {
            let arn = writer.text(&written.path)?;
            Expr::str(arn.split_once(":log-group:")?.1.trim_end_matches(":*"))
        }
    };
    match &name {
        Expr::Known(known) => planned.called(GROUP, known.as_str()?, writer.region),
        // Names that are made of ids, such as those of an API's stages.
        open => {
            let is_it =
                |group: &&Resource<'_>| group.region == writer.region && group.said("name").as_ref() == Some(open);
            planned.of(GROUP).find(is_it)
        }
    }
}

fn undeclared(writer: &Resource<'_>, written: &WrittenGroup, found: &mut Findings) {
    let (message, help) = match &written.to {
        WrittenTo::Named(name) => {
            let name = match name {
                Expr::Known(value) => value.to_text(),
                open => open.to_string(),
            };
            (
                format!(
                    "nobody declares {name}, which `{}` writes to: the service makes the group by itself, and no destroy \
                     takes it along",
                    writer.address
                ),
                format!("declare a `logs::log_group` whose `name` is `{name}`"),
            )
        }
        WrittenTo::AtArn => (
            format!(
                "`{}` writes to a log group that the program does not declare: no destroy takes its entries along",
                writer.address
            ),
            format!("declare a `logs::log_group`, and give its ARN as `{}`", written.path),
        ),
    };
    found.add(writer, Finding::new(&written.path, message).help(help));
}
