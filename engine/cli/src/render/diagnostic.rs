//! Diagnostics with the lines of the script they are about.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use dr_core::diagnostic::{Diagnostic, Label, Severity, Span};

use super::visible::quoted;
use super::{count, safe};

/// The texts of scripts, read when a diagnostic is about them.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    root: PathBuf,
    read: BTreeMap<Arc<str>, Option<Arc<str>>>,
}

/// More than this is no script that anybody wants quoted.
const LARGEST: u64 = 4 << 20;

impl Sources {
    /// Sources whose names are paths from `root`.
    pub(crate) fn new(root: &Path) -> Sources {
        Sources { root: root.to_owned(), read: BTreeMap::new() }
    }

    /// Together with texts that are known already.
    pub(crate) fn with(mut self, known: &dr_script::SourceTexts) -> Sources {
        self.read.extend(known.iter().map(|(name, text)| (Arc::from(name), Some(Arc::from(text)))));
        self
    }

    /// With this text for a source, whatever the file holds.
    pub(crate) fn quoting(mut self, name: &str, text: &str) -> Sources {
        self.read.insert(name.into(), Some(text.into()));
        self
    }

    fn get(&mut self, name: &Arc<str>) -> Option<Arc<str>> {
        if let Some(known) = self.read.get(name) {
            return known.clone();
        }
        let path = self.root.join(&**name);
        let small = std::fs::metadata(&path).is_ok_and(|m| m.is_file() && m.len() <= LARGEST);
        let text = small.then(|| std::fs::read_to_string(&path).ok()).flatten().map(Arc::from);
        self.read.insert(name.clone(), text.clone());
        text
    }
}

/// All of them, worst last, with an empty line between them and one at the end.
pub(crate) fn list(found: &[Diagnostic], sources: &mut Sources, width: usize) -> String {
    let mut sorted: Vec<&Diagnostic> = found.iter().collect();
    sorted.sort_by_key(|d| d.severity);
    sorted.into_iter().map(|d| one(d, sources, width) + "\n\n").collect()
}

/// The same with one note of each sort: which sort has more of them is counted.
pub(crate) fn folded(found: &[Diagnostic], sources: &mut Sources, width: usize) -> String {
    let mut seen = BTreeSet::new();
    let is_note = |d: &&Diagnostic| d.severity == Severity::Info && d.code.is_some();
    let (shown, more): (Vec<&Diagnostic>, Vec<&Diagnostic>) =
        found.iter().partition(|d| !is_note(d) || seen.insert(d.code.clone()));
    let shown: Vec<Diagnostic> = shown.into_iter().cloned().collect();
    let mut sorts: BTreeMap<&str, usize> = BTreeMap::new();
    more.iter().filter_map(|d| d.code.as_deref()).for_each(|code| *sorts.entry(code).or_default() += 1);
    let sorts: Vec<String> = sorts.into_iter().map(|(code, number)| format!("{number} of {code}")).collect();
    let mut out = list(&shown, sources, width);
    if !sorts.is_empty() {
        let more = count(more.len(), "more note");
        out.push_str(&format!("{more} of these sorts ({}); `--details` tells all\n\n", sorts.join(", ")));
    }
    out
}

/// `2 errors, 1 warning`; empty when there is nothing.
pub(crate) fn tally(found: &[Diagnostic]) -> String {
    let of = |s: Severity| found.iter().filter(|d| d.severity == s).count();
    let parts = [(of(Severity::Error), "error"), (of(Severity::Warning), "warning"), (of(Severity::Info), "note")];
    let there: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| count(*n, what)).collect();
    there.join(", ")
}

/// How many calls are shown at each end of a long trace.
const CALLS: usize = 5;

/// A place whose text cannot be quoted, because it is not there or may be another one by now.
fn unquoted(label: &Label) -> String {
    let when = if label.span.former { ", when it was applied last" } else { "" };
    let text = if label.text.is_empty() { String::new() } else { format!(": {}", label.text) };
    safe(&format!("at {}{when}{text}", label.span)).into_owned()
}

/// One of them, with its snippets, its help and the calls that led there.
pub(crate) fn one(d: &Diagnostic, sources: &mut Sources, width: usize) -> String {
    let level = match d.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::NOTE,
    };
    let message = safe(&d.message);
    let mut title = level.primary_title(&*message);
    if let Some(code) = &d.code {
        title = title.id(&**code);
    }
    // One snippet per file, in the order in which the labels name them.
    let mut files: Vec<(Arc<str>, Option<Quoted>)> = Vec::new();
    let (labels, former): (Vec<&Label>, Vec<&Label>) = d.labels.iter().partition(|label| !label.span.former);
    for label in &labels {
        if files.iter().all(|(name, _)| *name != label.span.source) {
            let text = sources.get(&label.span.source);
            files.push((label.span.source.clone(), text.as_deref().map(Quoted::new)));
        }
    }
    let mut group = Group::with_title(title);
    let mut lost: Vec<String> = former.into_iter().map(unquoted).collect();
    for (name, text) in &files {
        let labels = labels.iter().copied().filter(|l| l.span.source == *name);
        let Some(text) = text else {
            lost.extend(labels.map(unquoted));
            continue;
        };
        let annotations = labels.map(|label| {
            let kind = if label.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let said = (!label.text.is_empty()).then(|| safe(&label.text).into_owned());
            kind.span(text.bytes(&label.span)).label(said)
        });
        let path = safe(name).into_owned();
        group = group.element(Snippet::source(text.shown.clone()).path(path).annotations(annotations));
    }
    for place in lost {
        group = group.element(Level::NOTE.message(place));
    }
    let calls = d.trace.len();
    for (i, frame) in d.trace.iter().rev().enumerate() {
        // The middle of a long way tells nothing.
        if calls > 2 * CALLS + 1 && (CALLS..calls - CALLS).contains(&i) {
            if i == CALLS {
                group = group.element(Level::NOTE.message(format!("{} more calls", calls - 2 * CALLS)));
            }
            continue;
        }
        let text = if frame.function.is_empty() {
            format!("called at {}", frame.span)
        } else {
            format!("called at {}, in `{}`", frame.span, frame.function)
        };
        group = group.element(Level::NOTE.message(safe(&text).into_owned()));
    }
    for help in &d.help {
        group = group.element(Level::HELP.message(safe(help).into_owned()));
    }
    let mut text = Renderer::styled().decor_style(DecorStyle::Ascii).term_width(width).render(&[group]);
    // The renderer counts columns in what is quoted. The place is the one in the file.
    for label in d.labels.iter().filter(|label| label.primary) {
        let quoted = files.iter().find(|(name, _)| *name == label.span.source).and_then(|(_, text)| text.as_ref());
        if let Some(column) = quoted.map(|quoted| quoted.column(&label.span)).filter(|c| *c != label.span.column) {
            let place = |column: u32| format!("{}:{}:{column}", safe(&label.span.source), label.span.line);
            text = text.replacen(&place(column), &place(label.span.column), 1);
        }
    }
    text
}

/// The text of a source as it is quoted. What is hidden in it is an escape, and places are moved by as much.
struct Quoted {
    shown: String,
    /// Where each line begins in what is shown, and its text.
    lines: Vec<(usize, String)>,
}

impl Quoted {
    fn new(text: &str) -> Quoted {
        let (mut shown, mut lines) = (String::with_capacity(text.len()), Vec::new());
        for line in text.split_inclusive('\n') {
            let text = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
            lines.push((shown.len(), text.to_owned()));
            shown.push_str(&quoted(text));
            shown.extend(line.ends_with('\n').then_some('\n'));
        }
        Quoted { shown, lines }
    }

    /// The column in what is quoted at which a span begins; its own where the text has no such place.
    fn column(&self, span: &Span) -> u32 {
        let before = span.column.saturating_sub(1) as usize;
        match self.lines.get(span.line.saturating_sub(1) as usize) {
            Some((_, line)) if line.chars().count() >= before => {
                let before: String = line.chars().take(before).collect();
                u32::try_from(quoted(&before).chars().count() + 1).unwrap_or(span.column)
            }
            _ => span.column,
        }
    }

    /// The bytes that a span covers; within the text whatever the span says.
    fn bytes(&self, span: &Span) -> Range<usize> {
        let Some((start, line)) = self.lines.get(span.line.saturating_sub(1) as usize) else {
            return self.shown.len()..self.shown.len();
        };
        let at = |characters: u32| {
            let end = line.char_indices().nth(characters as usize).map_or(line.len(), |(byte, _)| byte);
            start + quoted(&line[..end]).len()
        };
        let from = span.column.saturating_sub(1);
        at(from)..at(from.saturating_add(span.length.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dr_core::diagnostic::Frame;

    fn span(line: u32, column: u32, length: u32) -> Span {
        Span { source: "programs/p.rhai".into(), line, column, length, former: false }
    }
    fn sources(text: &str) -> Sources {
        let read = BTreeMap::from([("programs/p.rhai".into(), Some(text.into()))]);
        Sources { root: PathBuf::from("nowhere"), read }
    }
    fn plain(d: &Diagnostic, text: &str) -> String {
        anstream::adapter::strip_str(&one(d, &mut sources(text), 80)).to_string()
    }

    #[test]
    fn a_diagnostic_has_place_reason_and_way_out() {
        let d = Diagnostic::error("`sqs.queue` has no argument `nam`")
            .code("S01")
            .at(span(2, 22, 3), "unknown")
            .help("did you mean `name`?")
            .trace(vec![Frame { span: span(1, 1, 1), function: "site".into() }]);
        let text = plain(&d, "// a queue\nsqs::queue(\"äö\", #{ nam: \"x\" });\n");
        snapbox::assert_data_eq!(
            text,
            snapbox::str![[r#"
error[S01]: `sqs.queue` has no argument `nam`
 --> programs/p.rhai:2:22
  |
2 | sqs::queue("äö", #{ nam: "x" });
  |                      ^^^ unknown
  |
  = note: called at programs/p.rhai:1:1, in `site`
  = help: did you mean `name`?
"#]]
        );
    }

    #[test]
    fn the_middle_of_a_long_trace_is_counted() {
        for (calls, more) in [(11, None), (12, Some("2 more calls")), (100, Some("90 more calls"))] {
            let frames = (1..=calls).map(|line| Frame { span: span(line, 1, 1), function: "f".into() }).collect();
            let text = plain(&Diagnostic::error("too deep").trace(frames), "");
            let shown = if more.is_some() { 10 } else { 11 };
            assert_eq!(text.matches("called at").count(), shown, "{text}");
            assert!(text.contains(":1:1") && text.contains(&format!(":{calls}:1")), "{text}");
            assert_eq!(
                text.lines().find_map(|l| l.trim().strip_prefix("= note: ").filter(|l| l.ends_with("calls"))),
                more
            );
        }
    }

    #[test]
    fn a_place_whose_source_is_lost_is_still_named() {
        let d = Diagnostic::warning("odd").at(Span { source: "gone.rhai".into(), ..span(3, 4, 1) }, "here");
        assert!(plain(&d, "").contains("gone.rhai:3:4: here"), "{}", plain(&d, ""));
    }

    #[test]
    fn what_is_hidden_in_a_source_is_quoted_as_an_escape_and_carets_stand_right() {
        let d = Diagnostic::error("odd\u{202e}").at(span(2, 8, 2), "\u{7}here");
        let text = plain(&d, "first\r\n/*\u{202e}\u{200b}*/ ab \u{1b}[8m\r\n");
        assert!(text.starts_with("error: odd\\u{202e}\n --> programs/p.rhai:2:8\n"), "{text}");
        let quoted = text.lines().find(|line| line.starts_with("2 |")).unwrap();
        let marked = text.lines().find(|line| line.contains('^')).unwrap();
        assert_eq!(quoted, "2 | /*\\u{202e}\\u{200b}*/ ab \\u{1b}[8m");
        assert_eq!(marked.find("^^ \\u{7}here"), quoted.find("ab"), "{text}");
    }

    #[test]
    fn spans_outside_the_text_are_brought_inside() {
        for (line, column, length) in [(1, 99, 5), (99, 1, 1), (0, 0, 0), (1, 1, u32::MAX), (u32::MAX, u32::MAX, 9)] {
            let d = Diagnostic::error("x").at(span(line, column, length), "y");
            assert!(plain(&d, "ab\ncd").starts_with("error: x"));
            assert!(plain(&d, "").starts_with("error: x"));
        }
    }
}
