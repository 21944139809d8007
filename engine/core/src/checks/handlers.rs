//! C30: the file that a function's handler is in.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use crate::schema::closest;

pub(super) const CHECK: Check = Check {
    asks: "the package of a function has the file that its handler names",
    why: "Lambda takes any archive. A function without the file of its handler fails at every invocation.",
    mend: "Name the file as it is in the package, from its top: `src/index.handler` for `src/index.py`.",
    source: "https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html, \
             https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html, \
             https://docs.aws.amazon.com/lambda/latest/dg/ruby-handler.html",
    ..Check::each("C30", "handler-file", &["lambda.function.handler"], look)
};

fn look(function: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let (Some(runtime), Some(handler)) = (function.text("runtime"), function.text("handler")) else { return };
    // A layer may bring the file.
    if function.count("layers") > 0 || !function.is_absent("layers") && function.value("layers").is_none() {
        return;
    }
    let Some(archive) = planned.target(function, "package").filter(|archive| archive.kind.name == "archive.zip") else {
        return;
    };
    let listed = archive.computed("files").and_then(|files| files.as_list()).unwrap_or_default();
    let files: Vec<&str> = listed.iter().filter_map(|file| file.as_str()).collect();
    let wanted = candidates(runtime, handler);
    if files.is_empty() || wanted.is_empty() || wanted.iter().any(|name| files.contains(&name.as_str())) {
        return;
    }
    let path = if runtime.starts_with("provided") { "runtime" } else { "handler" };
    let message = format!(
        "the package of `{}` has no file `{}`, where {runtime} looks for its handler",
        function.address,
        wanted.first().map(String::as_str).unwrap_or_default()
    );
    let near = wanted.iter().find_map(|name| closest(name, files.iter().copied()));
    let help = match near {
        Some(near) => format!("the package has `{near}`: name that one, or another file that it has"),
        None => "name a file that the package has, from its top".to_owned(),
    };
    found.add(function, Finding::new(path, message).help(help));
}

/// The files that a runtime looks for, the first first. None where handlers are no files.
fn candidates(runtime: &str, handler: &str) -> Vec<String> {
    let family = runtime.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == 'x');
    let with = |file: &str, endings: &[&str]| endings.iter().map(|ending| format!("{file}{ending}")).collect();
    match family {
        "python" => match handler.rsplit_once('.') {
            Some((module, _)) => with(&module.replace('.', "/"), &[".py", "/__init__.py", ".pyc", ".so"]),
            None => Vec::new(),
        },
        "nodejs" => with(before_method(handler), &[".js", ".mjs", ".cjs"]),
        "ruby" => with(before_method(handler), &[".rb"]),
        _ if runtime.starts_with("provided") => vec!["bootstrap".to_owned()],
        _ => Vec::new(),
    }
}

/// The file of a handler such as `src/index.Class.method`: up to the first dot of its last part.
fn before_method(handler: &str) -> &str {
    let name = handler.rfind('/').map_or(0, |slash| slash + 1);
    handler[name..].find('.').map_or(handler, |dot| &handler[..name + dot])
}

#[cfg(test)]
mod tests {
    use super::candidates;

    #[test]
    fn runtimes_look_for_their_own_files() {
        for (runtime, handler, first) in [
            ("python3.12", "index.handler", Some("index.py")),
            ("python3.12", "src/index.handler", Some("src/index.py")),
            ("python3.12", "shop.orders.handler", Some("shop/orders.py")),
            ("nodejs22.x", "src/index.handler", Some("src/index.js")),
            ("nodejs22.x", "a.b/index.handler", Some("a.b/index.js")),
            ("ruby3.4", "index.Shop::Orders.handle", Some("index.rb")),
            ("provided.al2023", "anything", Some("bootstrap")),
            ("java21", "shop.Pay::handle", None),
            ("dotnet10", "Shop::Shop.Pay::Handle", None),
        ] {
            assert_eq!(candidates(runtime, handler).first().map(String::as_str), first, "{runtime} {handler}");
        }
    }
}
