//! Which files of a crate take something from each other, read from their sources.
//!
//! A module is a file. What counts is a path that begins with `crate`, `self`, `super` or a module below the file, in a
//! `use` or anywhere else outside of tests. A file that only hands on what modules below it have (`pub use child::Name`)
//! takes nothing from them, and a path through it leads to who has the name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

type Failure = Box<dyn std::error::Error>;

/// The names from the root of a crate down to a module; empty for the root itself.
type Names = Vec<String>;

/// The files of a crate with the files that each takes something from.
pub(crate) struct Imports {
    /// By module: its file, relative to the crate's `src`.
    files: BTreeMap<Names, String>,
    takes: BTreeMap<Names, BTreeSet<Names>>,
}

/// What one file says.
#[derive(Default)]
struct Said {
    /// Paths, each from the crate's root.
    paths: Vec<Names>,
    /// What it hands on: the name it has there, and the path of what it is.
    hands_on: Vec<(String, Names)>,
    /// Modules below it that are only compiled for tests.
    tests: BTreeSet<Names>,
}

impl Imports {
    /// Reads the sources of a crate.
    pub(crate) fn of(src: &Path) -> Result<Imports, Failure> {
        let mut texts = Vec::new();
        read(src, src, &mut texts)?;
        Imports::of_texts(texts)
    }

    /// The same from texts: each with its file, relative to `src`.
    pub(crate) fn of_texts(texts: Vec<(String, String)>) -> Result<Imports, Failure> {
        let mut files: BTreeMap<Names, String> = texts.iter().map(|(file, _)| (module(file), file.clone())).collect();
        let mut said = BTreeMap::new();
        for (file, text) in &texts {
            let tokens: TokenStream = text.parse().map_err(|error| format!("{file}: {error}"))?;
            let here = module(file);
            let mut one = Said::default();
            Reader { files: &files, said: &mut one }.items(&here, tokens);
            said.insert(here, one);
        }
        let tests: BTreeSet<Names> = said.values().flat_map(|one| one.tests.iter().cloned()).collect();
        files.retain(|names, _| !(0..=names.len()).any(|n| tests.contains(&names[..n])));
        let mut takes: BTreeMap<Names, BTreeSet<Names>> = BTreeMap::new();
        for here in files.keys() {
            let Some(one) = said.get(here) else { continue };
            let below = |path: &Names| path.len() > here.len() && path.starts_with(here);
            let handed = one.hands_on.iter().map(|(_, path)| path).filter(|path| !below(path));
            let found = one.paths.iter().chain(handed).map(|path| home(&files, &said, path, 8));
            takes.insert(here.clone(), found.filter(|found| found != here).collect());
        }
        Ok(Imports { files, takes })
    }

    /// Files that take something from each other, directly or through others: each circle with its files.
    pub(crate) fn circles(&self) -> Vec<BTreeSet<String>> {
        let reached: BTreeMap<&Names, BTreeSet<&Names>> = self.files.keys().map(|f| (f, self.reached(f))).collect();
        let mut circles = BTreeSet::new();
        for (file, others) in &reached {
            let circle = others.iter().filter(|other| reached[*other].contains(*file));
            let circle: BTreeSet<String> = circle.map(|names| self.files[*names].clone()).collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        circles.into_iter().collect()
    }

    /// What the files of a circle take from each other, a line for each pair.
    pub(crate) fn within(&self, circle: &BTreeSet<String>) -> String {
        let mut lines = Vec::new();
        for (from, to) in &self.takes {
            let to: Vec<&str> = to.iter().map(|to| self.files[to].as_str()).filter(|to| circle.contains(*to)).collect();
            if circle.contains(&self.files[from]) {
                lines.push(format!("{} takes from {}", self.files[from], to.join(", ")));
            }
        }
        lines.join("\n")
    }

    fn reached<'a>(&'a self, from: &'a Names) -> BTreeSet<&'a Names> {
        let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(file) = open.pop() {
            let next = self.takes.get(file).into_iter().flatten();
            open.extend(next.filter(|next| reached.insert(*next)));
        }
        reached
    }
}

fn read(src: &Path, folder: &Path, texts: &mut Vec<(String, String)>) -> Result<(), Failure> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read(src, &path, texts)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push((path.strip_prefix(src)?.display().to_string(), std::fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

/// The module that a file is.
fn module(file: &str) -> Names {
    let names = file.trim_end_matches(".rs").split('/').map(str::to_owned);
    let mut names: Names = names.collect();
    if names.last().is_some_and(|last| last == "mod" || names.len() == 1 && (last == "lib" || last == "main")) {
        names.pop();
    }
    names
}

/// The file that has what a path leads to.
fn home(files: &BTreeMap<Names, String>, said: &BTreeMap<Names, Said>, path: &[String], hops: usize) -> Names {
    let depth = (0..=path.len()).rev().find(|n| files.contains_key(&path[..*n])).unwrap_or(0);
    let (module, rest) = path.split_at(depth);
    let handed = said.get(module).and_then(|said| {
        let name = rest.first()?;
        said.hands_on.iter().find(|(as_name, _)| as_name == name).map(|(_, path)| path)
    });
    match handed {
        Some(path) if hops > 0 => home(files, said, &[path, &rest[1..]].concat(), hops - 1),
        _ => module.to_vec(),
    }
}

/// Walks through the tokens of a file.
struct Reader<'a> {
    files: &'a BTreeMap<Names, String>,
    said: &'a mut Said,
}

impl Reader<'_> {
    /// Reads tokens that stand in the module `here`: the file itself, or a module written out in it.
    fn items(&mut self, here: &Names, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            at = if is_for_tests(&tokens[at..]) {
                self.skip(here, &tokens, at + 2)
            } else if let Some(start) = handing_on(&tokens, at) {
                let end = end_of_use(&tokens, start);
                let mut found = Vec::new();
                self.tree(here, &tokens[start..end], None, &mut found);
                self.said.hands_on.append(&mut found);
                end
            } else if let (true, Some(TokenTree::Group(body))) = (is_word(&tokens[at], "mod"), tokens.get(at + 2)) {
                let inside = [here.as_slice(), &[tokens[at + 1].to_string()]].concat();
                self.items(&inside, body.stream());
                at + 3
            } else if self.starts_path(here, &tokens, at) {
                let end = end_of_path(&tokens, at);
                let mut found = Vec::new();
                self.tree(here, &tokens[at..end], None, &mut found);
                self.said.paths.extend(found.into_iter().map(|(_, path)| path));
                end
            } else {
                if let TokenTree::Group(group) = &tokens[at] {
                    self.items(here, group.stream());
                }
                at + 1
            };
        }
    }

    /// The place after an item that is only compiled for tests.
    fn skip(&mut self, here: &Names, tokens: &[TokenTree], mut at: usize) -> usize {
        let (mut in_use, mut named) = (false, None);
        while let Some(token) = tokens.get(at) {
            in_use |= is_word(token, "use");
            if is_word(token, "mod") {
                named = tokens.get(at + 1).map(ToString::to_string);
            }
            at += 1;
            match token {
                TokenTree::Punct(mark) if mark.as_char() == ';' => break,
                TokenTree::Group(body) if body.delimiter() == Delimiter::Brace && !in_use => return at,
                _ => {}
            }
        }
        let named = named.map(|name| [here.as_slice(), &[name]].concat());
        self.said.tests.extend(named);
        at
    }

    fn starts_path(&self, here: &Names, tokens: &[TokenTree], at: usize) -> bool {
        let TokenTree::Ident(word) = &tokens[at] else { return false };
        let inside_path = at > 1 && is_path_mark(tokens, at - 2);
        let word = word.to_string();
        let known = ["crate", "self", "super"].contains(&word.as_str())
            || self.files.contains_key(&[here.as_slice(), &[word]].concat());
        known && !inside_path && is_path_mark(tokens, at + 1)
    }

    /// The paths of a tree such as `crate::a::{b, c::D as E}`, each with the name that it gives.
    fn tree(&self, here: &Names, tokens: &[TokenTree], start: Option<Names>, found: &mut Vec<(String, Names)>) {
        let mut path = start;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    if let (Some(path), Some(name)) = (path.clone(), tokens.get(at + 1)) {
                        found.push((name.to_string(), path));
                    }
                    return;
                }
                TokenTree::Ident(word) => {
                    let next = word.to_string();
                    path = Some(match (path, next.as_str()) {
                        (None, "crate") => Names::new(),
                        (None, "self") => here.clone(),
                        (None, "super") => parent(here),
                        (None, _) if at == 0 => [here.as_slice(), &[next]].concat(),
                        (Some(so_far), "super") => parent(&so_far),
                        (Some(so_far), "self") => so_far,
                        (so_far, _) => [so_far.unwrap_or_default().as_slice(), &[next]].concat(),
                    });
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    let comma = |t: &TokenTree| matches!(t, TokenTree::Punct(mark) if mark.as_char() == ',');
                    for part in inner.split(comma).filter(|part| !part.is_empty()) {
                        self.tree(here, part, path.clone(), found);
                    }
                    return;
                }
                _ => {}
            }
            at += 1;
        }
        if let Some(path) = path {
            found.push((path.last().cloned().unwrap_or_default(), path));
        }
    }
}

fn parent(names: &Names) -> Names {
    names[..names.len().saturating_sub(1)].to_vec()
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(found) if found == word)
}

fn is_path_mark(tokens: &[TokenTree], at: usize) -> bool {
    (at..at + 2).all(|at| matches!(tokens.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == ':'))
}

/// `#[cfg(test)]`
fn is_for_tests(tokens: &[TokenTree]) -> bool {
    let mark = |t: &TokenTree| matches!(t, TokenTree::Punct(mark) if mark.as_char() == '#');
    matches!(tokens, [first, TokenTree::Group(attribute), ..]
        if mark(first) && attribute.stream().to_string().replace(' ', "") == "cfg(test)")
}

/// Where the tree of a `pub use` starts.
fn handing_on(tokens: &[TokenTree], at: usize) -> Option<usize> {
    if !is_word(&tokens[at], "pub") {
        return None;
    }
    let after = match tokens.get(at + 1) {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => at + 2,
        _ => at + 1,
    };
    tokens.get(after).filter(|token| is_word(token, "use")).map(|_| after + 1)
}

fn end_of_use(tokens: &[TokenTree], at: usize) -> usize {
    let mark = |t: &TokenTree| matches!(t, TokenTree::Punct(mark) if mark.as_char() == ';');
    tokens[at..].iter().position(mark).map_or(tokens.len(), |n| at + n)
}

/// The place after a path: names with `::` between them, a tree in braces or a star at its end.
fn end_of_path(tokens: &[TokenTree], mut at: usize) -> usize {
    loop {
        at += 1;
        if !is_path_mark(tokens, at) {
            return at;
        }
        match tokens.get(at + 2) {
            Some(TokenTree::Ident(_)) => at += 2,
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => return at + 3,
            _ => return at + 2,
        }
    }
}
