//! C51: versions of functions, where one is needed.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "what is kept warm, or gets a share of the invocations, is a published version",
    why: "Lambda keeps no instances of `$LATEST` warm and gives it no share, nor more warm instances than a function may have.",
    mend: "Set `publish: true` for the function, and let the alias stand for its `version`.",
    source: "https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html",
    ..Check::each("C51", "function-versions", &["lambda.concurrency", "lambda.alias"], look)
};

fn look(resource: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    match resource.kind.name {
        "lambda.alias" => shares(resource, planned, found),
        _ => warmth(resource, planned, found),
    }
}

/// Whether an alias is known to stand for the function's newest, unpublished state.
fn is_latest(alias: &Resource<'_>, planned: &Planned<'_>) -> bool {
    let path = "function_version";
    let reads = alias.reads(path);
    let of_function =
        || planned.target(alias, "function_name").filter(|f| reads.iter().any(|r| r.address == *f.address));
    match reads.is_empty() {
        true => alias.text(path).is_some_and(|version| version.starts_with("$LATEST")),
        false => of_function().is_some_and(|function| function.is_false("publish")),
    }
}

fn shares(alias: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let weights = "additional_version_weights";
    if alias.count(weights) > 0 && is_latest(alias, planned) {
        let message = format!("`{}` shares its invocations and stands for `$LATEST`", alias.address);
        let finding = Finding::new("function_version", message).label("not a published version");
        found.add(alias, finding.help("set `publish: true` for the function and take its `version`"));
    }
    for path in alias.each(weights) {
        if let Some(share) = alias.number(&path).filter(|share| !(0.0..=1.0).contains(share)) {
            let message = format!("the share of a version in `{}` is {share}; it is a part of 1", alias.address);
            found.add(alias, Finding::new(&path, message).help("a tenth is `0.1`"));
        }
    }
}

fn warmth(warm: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let wanted = "provisioned_concurrent_executions";
    let function = planned.target(warm, "function_name");
    let may = function.and_then(|function| Some((function, function.int("reserved_concurrent_executions")?)));
    if let (Some(count), Some((function, may))) = (warm.int(wanted), may)
        && count > may
    {
        let message = format!("`{}` keeps {count} instances warm; its function may have {may}", warm.address);
        let finding =
            Finding::new(wanted, message).also(function, "reserved_concurrent_executions", "the function's limit");
        found.add(warm, finding.help(format!("say at most {may}, or reserve more for the function")));
    }
    let alias = planned.target(warm, "qualifier").filter(|target| target.kind.name == "lambda.alias");
    if let Some(alias) = alias.filter(|alias| is_latest(alias, planned)) {
        let message = format!("`{}` keeps `{}` warm, which stands for `$LATEST`", warm.address, alias.address);
        let finding = Finding::new("qualifier", message).also(alias, "function_version", "not a published version");
        found.add(warm, finding.help("set `publish: true` for the function, and let the alias take its `version`"));
    }
}
