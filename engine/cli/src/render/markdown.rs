//! A plan as one comment of a pull request: what a reviewer decides from first, the rest folded.
//!
//! The first line is a mark that no reader sees. By it a workflow finds the comment of the stack again and changes it in
//! place, so that a pull request has one comment for each of its stacks.

use dr_core::diagnostic::{Diagnostic, Severity};
use dr_core::plan::{Contract, Plan, PlanCost};

use super::diagnostic::{Sources, list, tally};
use super::plan::{Look, body, summary};
use super::{count, data};

/// What a comment may hold, with room for what a workflow adds. GitHub takes 65,536 characters, GitLab a million.
const LONGEST: usize = 60_000;
/// A part that has more lines is folded.
const OPEN: usize = 40;

/// The comment. `needed`: the options without which no data is lost.
pub(crate) fn comment(
    (plan, contract, cost): (&Plan, &Contract, &PlanCost),
    sources: &mut Sources,
    look: Look<'_>,
    needed: &[String],
) -> String {
    let stack = format!("{}/{}", plan.program, plan.environment);
    let mut out = format!("<!-- dr plan {stack} -->\n### `{stack}`: {}\n", plain(&summary(plan)));
    out.push_str(&format!("\nOn {}.\n", plan.identity));
    let at_risk = plain(&data::list(&plan.at_risk, needed));
    if !at_risk.is_empty() {
        out.push_str(&format!("\n> [!CAUTION]\n> This plan takes data away.\n\n{}", fenced("diff", &marked(&at_risk))));
    }
    let facts = [
        ("destroyable", super::contract::line(contract)),
        ("cost", super::cost::line(cost)),
        ("recovery", super::recovery::line(plan.recovery.as_ref())),
        ("checks", tally(&plan.diagnostics)),
    ];
    let facts: Vec<(&str, String)> = facts.into_iter().filter(|(_, said)| !said.is_empty()).collect();
    if !facts.is_empty() {
        out.push_str("\n| | |\n| --- | --- |\n");
        for (name, said) in facts {
            let said = plain(&said);
            let said = said.strip_prefix(name).and_then(|said| said.strip_prefix(": ")).unwrap_or(&said);
            out.push_str(&format!("| {name} | {} |\n", said.replace('|', "\\|")));
        }
    }
    let refusals = of(plan, Severity::Error);
    if !refusals.is_empty() {
        out.push_str(&format!("\n{}", fenced("", &plain(&list(&refusals, sources, look.width)))));
    }
    let mut folded = vec![("changes", marked(&plain(&body(plan, look))), "diff")];
    let warnings = [of(plan, Severity::Warning), of(plan, Severity::Info)].concat();
    folded.push(("warnings and notes", plain(&list(&warnings, sources, look.width)), ""));
    for (title, text, language) in folded {
        if text.trim().is_empty() {
            continue;
        }
        let part = part(title, &text, language);
        match out.len() + part.len() <= LONGEST {
            true => out.push_str(&part),
            false => {
                let lines = count(text.lines().count(), "line");
                out.push_str(&format!("\n{title}: {lines}, more than a comment holds. `dr plan` shows them.\n"));
            }
        }
    }
    out
}

/// The comment that tells drift. It has a mark of its own.
pub(crate) fn drift(stack: &str, summary: &str, list: &str) -> String {
    let title = format!("<!-- dr drift {stack} -->\n### `{stack}`: {}\n", plain(summary));
    match plain(list) {
        list if list.is_empty() => title,
        list => match part("drift", &marked(&list), "diff") {
            part if title.len() + part.len() <= LONGEST => format!("{title}{part}"),
            _ => format!(
                "{title}\n{}, more than a comment holds. `dr drift` shows them.\n",
                count(list.lines().count(), "line")
            ),
        },
    }
}

fn of(plan: &Plan, severity: Severity) -> Vec<Diagnostic> {
    plan.diagnostics.iter().filter(|found| found.severity == severity).cloned().collect()
}

/// A part, folded when it is long.
fn part(title: &str, text: &str, language: &str) -> String {
    let fenced = fenced(language, text);
    match text.lines().count() {
        lines if lines > OPEN => {
            format!("\n<details><summary>{title} ({lines} lines)</summary>\n\n{fenced}\n</details>\n")
        }
        _ => format!("\n{fenced}"),
    }
}

/// A text in a fence that is longer than any in it.
fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end())
}

/// Lines as a `diff` fence colours them: the mark of a change in the first column. What changes in place is `!` there.
fn marked(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let inner = line.trim_start();
        let indent = line.len() - inner.len();
        let mark = match inner.split_once(' ').map_or(inner, |(first, _)| first) {
            "+" => "+",
            "-" => "-",
            "~" | "±" | "!" => "!",
            _ => " ",
        };
        let rest = if mark == " " { inner } else { inner.split_once(' ').map_or("", |(_, rest)| rest) };
        // What the mark was is part of what is said: a replacement is no change in place.
        let rest = if inner.starts_with('±') { format!("± {rest}") } else { rest.to_owned() };
        out.push_str(format!("{mark}{}{rest}", " ".repeat(indent + 1)).trim_end());
        out.push('\n');
    }
    out
}

/// A text without its colours.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_of_a_change_comes_first() {
        for (line, expected) in [
            ("us-east-1", "  us-east-1"),
            ("    + kms.key:it   new", "+     kms.key:it   new"),
            ("    ~ lambda.function:f", "!     lambda.function:f"),
            ("  ± dynamodb.table:t", "!   ± dynamodb.table:t"),
            ("    - sqs.queue:q", "-     sqs.queue:q"),
            ("        +     },", "+             },"),
            ("", ""),
        ] {
            assert_eq!(marked(line).trim_end_matches('\n'), expected, "{line}");
        }
    }

    #[test]
    fn a_fence_is_longer_than_those_inside() {
        assert!(fenced("", "plain").starts_with("```\nplain"));
        assert!(fenced("diff", "a ```` b").starts_with("`````diff\n"));
    }
}
