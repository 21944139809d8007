//! The parameters of a program.

use dr_script::Parameter;

use super::{QUIET, STRONG, paint, reference::wrapped, safe};

/// All parameters with what they mean.
pub(crate) fn list(program: &str, all: &[Parameter], width: usize) -> String {
    if all.is_empty() {
        return format!("The program {} takes no parameters\n", paint(STRONG, program));
    }
    let mut out = format!(
        "Parameters of {}, given with `--set NAME=VALUE`, `--set-file NAME=FILE` or in dr.toml:\n\n",
        paint(STRONG, program)
    );
    for p in all {
        let mut about = vec![p.ty.name().to_owned()];
        about.push(match &p.default {
            Some(default) if default.is_null() => "optional".into(),
            Some(default) => format!("default {default}"),
            None => "required".into(),
        });
        about.extend(p.conditions.iter().map(|condition| safe(condition).into_owned()));
        if let Some(value) = p.value.as_ref().filter(|v| p.default.as_ref() != Some(v)) {
            about.push(format!("here {value}"));
        }
        out.push_str(&format!(
            "  {}  {}\n{}",
            paint(STRONG, safe(&p.name)),
            paint(QUIET, about.join(" · ")),
            wrapped(&safe(&p.doc), 6, width)
        ));
    }
    out
}
