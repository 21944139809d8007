//! Documentation of modules, from their doc comments, and definitions for editors.

use rhai::{Engine, FnAccess};

use crate::compile::parse;
use crate::modules;
use crate::request::{FunctionDoc, ModuleDoc, Root, ScriptFailure, SourceTexts};
use crate::source::Unit;
use crate::syntax;

/// The documentation of every module in the roots.
pub(crate) fn modules(engine: &Engine, roots: &[Root]) -> Result<Vec<ModuleDoc>, ScriptFailure> {
    let mut docs = Vec::new();
    let mut failure = ScriptFailure { diagnostics: Vec::new(), printed: Vec::new(), sources: SourceTexts::default() };
    for name in modules::names(roots) {
        let (source, text) = match modules::read(roots, &name) {
            Ok(found) => found,
            Err(fault) => {
                failure.diagnostics.push(*fault.first);
                continue;
            }
        };
        match module(engine, &name, &source, &text) {
            Ok(doc) => docs.push(doc),
            Err(mut one) => {
                failure.diagnostics.append(&mut one.diagnostics);
                failure.sources.extend(one.sources);
            }
        }
    }
    if failure.diagnostics.is_empty() { Ok(docs) } else { Err(failure) }
}

fn module(engine: &Engine, name: &str, source: &str, text: &str) -> Result<ModuleDoc, ScriptFailure> {
    let ast = parse(engine, text).map_err(|error| {
        let unit = Unit::new(source, text);
        let diagnostic = syntax::parse_error(&error, &unit);
        let mut sources = SourceTexts::default();
        sources.insert(source, unit.text);
        ScriptFailure { diagnostics: vec![diagnostic], printed: Vec::new(), sources }
    })?;
    let mut functions: Vec<_> =
        ast.iter_fn_def().filter(|f| f.access == FnAccess::Public && !f.name.starts_with("anon$")).collect();
    functions.sort_by_key(|f| f.body.start_position());
    Ok(ModuleDoc {
        name: name.to_owned(),
        source: source.to_owned(),
        doc: uncommented(ast.doc()),
        functions: functions
            .into_iter()
            .map(|f| FunctionDoc {
                name: f.name.to_string(),
                params: f.params.iter().map(ToString::to_string).collect(),
                doc: f.comments.iter().map(|c| uncommented(c)).collect::<Vec<_>>().join("\n"),
            })
            .collect(),
    })
}

/// A doc comment without its marks.
fn uncommented(comment: &str) -> String {
    let line = |line: &str| {
        let line = line.trim_start().trim_start_matches("///").trim_start_matches("//!");
        line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()
    };
    comment.lines().map(line).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Definition files with their texts.
pub(crate) fn definitions(engine: &Engine) -> Vec<(String, String)> {
    engine.definitions().include_standard_packages(false).iter_files().collect()
}
