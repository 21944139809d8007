//! C29: what functions run on, and where their code starts.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use crate::schema::closest;

/// The day that [`RUNTIMES`] is of. What happens later is told as what will happen.
const AS_OF: &str = "2026-10-20";

/// A runtime: its name, since when it gets no more patches, and since when no function can be made with it.
struct Runtime(&'static str, &'static str, &'static str);

/// The runtimes that there are and were.
/// From <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>.
const RUNTIMES: &[Runtime] = &[
    Runtime("dotnet10", "2028-11-14", "2028-12-14"),
    Runtime("dotnet6", "2024-12-20", "2027-02-01"),
    Runtime("dotnet8", "2026-11-10", "2027-02-01"),
    Runtime("dotnetcore1.0", "2019-06-27", "2019-06-30"),
    Runtime("dotnetcore2.0", "2019-05-30", "2019-04-30"),
    Runtime("dotnetcore2.1", "2022-01-05", "2022-01-05"),
    Runtime("dotnetcore3.1", "2023-04-03", "2023-04-03"),
    Runtime("go1.x", "2024-01-08", "2024-02-08"),
    Runtime("java11", "2027-06-30", "2027-07-31"),
    Runtime("java17", "2027-06-30", "2027-07-31"),
    Runtime("java21", "2029-06-30", "2029-07-31"),
    Runtime("java25", "2029-06-30", "2029-07-31"),
    Runtime("java8", "2024-01-08", "2024-02-08"),
    Runtime("java8.al2", "2027-06-30", "2027-07-31"),
    Runtime("nodejs", "2016-08-30", "2016-09-30"),
    Runtime("nodejs10.x", "2021-07-30", "2021-07-30"),
    Runtime("nodejs12.x", "2023-03-31", "2023-03-31"),
    Runtime("nodejs14.x", "2023-12-04", "2024-01-09"),
    Runtime("nodejs16.x", "2024-06-12", "2027-02-01"),
    Runtime("nodejs18.x", "2025-09-01", "2027-02-01"),
    Runtime("nodejs20.x", "2026-04-30", "2027-02-01"),
    Runtime("nodejs22.x", "2027-04-30", "2027-06-01"),
    Runtime("nodejs24.x", "2028-04-30", "2028-06-01"),
    Runtime("nodejs4.3", "2020-03-05", "2020-02-03"),
    Runtime("nodejs6.10", "2019-08-12", "2019-07-12"),
    Runtime("nodejs8.10", "2020-03-06", "2020-02-04"),
    Runtime("provided", "2024-01-08", "2024-02-08"),
    Runtime("provided.al2", "2026-07-31", "2027-02-01"),
    Runtime("provided.al2023", "2029-06-30", "2029-07-31"),
    Runtime("python2.7", "2021-07-15", "2021-07-15"),
    Runtime("python3.10", "2026-10-31", "2027-02-01"),
    Runtime("python3.11", "2027-06-30", "2027-07-31"),
    Runtime("python3.12", "2028-10-31", "2028-11-30"),
    Runtime("python3.13", "2029-06-30", "2029-07-31"),
    Runtime("python3.14", "2029-06-30", "2029-07-31"),
    Runtime("python3.6", "2022-07-18", "2022-07-18"),
    Runtime("python3.7", "2023-12-04", "2024-01-09"),
    Runtime("python3.8", "2024-10-14", "2027-02-01"),
    Runtime("python3.9", "2025-12-15", "2027-02-01"),
    Runtime("ruby2.5", "2021-07-30", "2021-07-30"),
    Runtime("ruby2.7", "2023-12-07", "2024-01-09"),
    Runtime("ruby3.2", "2026-03-31", "2027-02-01"),
    Runtime("ruby3.3", "2027-03-31", "2027-04-30"),
    Runtime("ruby3.4", "2028-03-31", "2028-04-30"),
    Runtime("ruby4.0", "2029-03-31", "2029-04-30"),
];

/// Families, and what a handler of one reads like.
const HANDLERS: &[(&str, &str)] =
    &[("python", "file.function"), ("nodejs", "file.function"), ("ruby", "file.function")];

pub(super) const CHECK: Check = Check {
    asks: "a function runs on a runtime that Lambda has and still patches, and its handler names a function in a file",
    why: "Lambda refuses a runtime that it does not have, or has no more. One that is deprecated gets no more patches, and \
          cannot be chosen any more after a while. A handler without a file fails at every invocation.",
    mend: "Take the newest runtime of the language, and write the handler as `file.function`.",
    source: "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html",
    ..Check::each("C29", "function-runtime", &["lambda.function.runtime", "lambda.function.handler"], look)
};

fn look(function: &Resource<'_>, _: &Planned<'_>, found: &mut Findings) {
    let Some(name) = function.text("runtime") else { return };
    let path = "runtime";
    match RUNTIMES.iter().find(|runtime| runtime.0 == name) {
        Some(Runtime(_, _, until)) if *until <= AS_OF => {
            let message =
                format!("`{}` is to run on {name}, with which nothing can be made since {until}", function.address);
            found.add(function, Finding::new(path, message).label("no longer there").help(newest(name)));
        }
        Some(Runtime(_, since, until)) if *since <= AS_OF => {
            let message = format!(
                "`{}` runs on {name}, which gets no patches since {since} and cannot be chosen from {until} on",
                function.address
            );
            found.add(function, Finding::new(path, message).label("deprecated").help(newest(name)).warning());
        }
        Some(_) => {}
        None if is_newer(name) => {
            let message = format!("`{}` is to run on {name}, which is newer than what is known here", function.address);
            let help = format!("the newest that is known is of {AS_OF}; Lambda decides");
            found.add(function, Finding::new(path, message).help(help).warning());
        }
        None => {
            let message = format!("`{}` is to run on {name}, which Lambda does not have", function.address);
            let near = closest(name, RUNTIMES.iter().filter(|runtime| runtime.2 > AS_OF).map(|runtime| runtime.0));
            let help = near.map_or_else(|| newest(name), |near| format!("did you mean `{near}`?"));
            found.add(function, Finding::new(path, message).label("no such runtime").help(help));
        }
    }
    let form = HANDLERS.iter().find(|(family, _)| name.starts_with(family)).map(|(_, form)| *form);
    if let (Some(form), Some(handler)) = (form, function.text("handler"))
        && !handler.rsplit_once('.').is_some_and(|(file, entry)| !file.is_empty() && !entry.is_empty())
    {
        let message =
            format!("the handler of `{}` is `{handler}`, which names no function in a file", function.address);
        found.add(function, Finding::new("handler", message).help(format!("write `{form}`, e.g. `index.handler`")));
    }
}

/// The letters that a name begins with, and the numbers that follow.
fn version(name: &str) -> (&str, Vec<u32>) {
    let end = name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len());
    let numbers = name[end..].split('.').filter_map(|part| part.parse().ok()).collect();
    (&name[..end], numbers)
}

/// Whether a runtime is of a known family and later than all of it.
fn is_newer(name: &str) -> bool {
    let (family, own) = version(name);
    let latest = RUNTIMES.iter().map(|runtime| version(runtime.0)).filter(|(other, _)| *other == family).max();
    let is_shaped = |latest: &str| latest.ends_with(".x") == name.ends_with(".x");
    let same = RUNTIMES.iter().find(|runtime| latest.as_ref().is_some_and(|latest| version(runtime.0) == *latest));
    latest.is_some_and(|(_, numbers)| own > numbers && own.len() == numbers.len())
        && same.is_some_and(|runtime| is_shaped(runtime.0))
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
}

/// The runtime of the same language that lasts longest.
fn newest(name: &str) -> String {
    let family = match version(name).0 {
        "go" => "provided.al",
        "dotnetcore" => "dotnet",
        "provided" => "provided.al",
        family => family,
    };
    let all = RUNTIMES.iter().filter(|runtime| runtime.2 > AS_OF && version(runtime.0).0 == family);
    match all.max_by_key(|runtime| (runtime.2, version(runtime.0).1)) {
        Some(runtime) => format!("take `{}`", runtime.0),
        None => "take a runtime that Lambda has, e.g. `python3.13`".to_owned(),
    }
}
