//! C50: where a function's code is, and how it starts.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a function has code from one place, and what its sort of code needs: an archive a runtime and a handler, an image neither",
    why: "Lambda refuses a function without code, one with code from two places, an archive without runtime or handler, and an \
          image with either.",
    mend: "Give one of `package`, `s3_bucket` with `s3_key`, and `image_uri`; with an image, also `package_type: \"Image\"`.",
    source: "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html",
    ..Check::each("C50", "function-code", &["lambda.function"], look)
};

/// The arguments that say where code is.
const PLACES: &[&str] = &["package", "s3_bucket", "image_uri"];

fn look(function: &Resource<'_>, _: &Planned<'_>, found: &mut Findings) {
    let address = function.address;
    let mut add = |path: &str, message: String, help: &str| found.add(function, Finding::new(path, message).help(help));
    let given: Vec<&str> = PLACES.iter().copied().filter(|place| function.is_given(place)).collect();
    let is_image = function.text("package_type") == Some("Image");
    match given.as_slice() {
        [] => {
            let help = "give `package`, `s3_bucket` with `s3_key`, or `image_uri`";
            add("", format!("`{address}` has no code"), help);
        }
        [_, second, ..] => {
            let list = given.iter().map(|place| format!("`{place}`")).collect::<Vec<_>>().join(" and ");
            add(second, format!("the code of `{address}` is in several places: {list}"), "keep one of them");
        }
        ["image_uri"] if !is_image => {
            add(
                "image_uri",
                format!("`{address}` is an image, but is declared as an archive"),
                "add `package_type: \"Image\"`",
            );
        }
        [place] if *place != "image_uri" && is_image => {
            let help = "leave `package_type` out, or give `image_uri` instead";
            add(place, format!("`{address}` is an archive, but is declared as an image"), help);
        }
        _ => {}
    }
    if function.is_given("s3_bucket") != function.is_given("s3_key") {
        let (has, lacks) =
            if function.is_given("s3_bucket") { ("s3_bucket", "s3_key") } else { ("s3_key", "s3_bucket") };
        add(has, format!("`{address}` has `{has}` and no `{lacks}`"), &format!("give `{lacks}` too"));
    } else if function.is_given("s3_object_version") && function.is_absent("s3_key") {
        let help = "leave it out, or give `s3_bucket` and `s3_key`";
        add("s3_object_version", format!("`{address}` names a version of an object, and no object"), help);
    }
    if is_image {
        for path in ["runtime", "handler"].into_iter().filter(|path| function.is_given(path)) {
            add(path, format!("`{address}` is an image, which brings its own {path}"), "leave it out");
        }
        if function.count("layers") > 0 {
            add(
                "layers",
                format!("`{address}` is an image, and takes no layers"),
                "put into the image what the layers hold",
            );
        }
    } else if given.as_slice() != ["image_uri"] {
        for (path, help) in
            [("runtime", "e.g. `runtime: \"python3.13\"`"), ("handler", "e.g. `handler: \"index.handler\"`")]
        {
            if function.is_absent(path) {
                add("", format!("`{address}` is an archive and has no `{path}`"), help);
            }
        }
    }
    let form =
        function.text("logging_config.log_format").or_else(|| function.is_absent("logging_config").then_some("Text"));
    for path in ["logging_config.application_log_level", "logging_config.system_log_level"] {
        if form == Some("Text") && function.is_given(path) {
            let name = path.rsplit('.').next().unwrap_or(path);
            add(
                path,
                format!("`{address}` logs as text, which has no `{name}`"),
                "set `log_format: \"JSON\"`, or leave it out",
            );
        }
    }
}
