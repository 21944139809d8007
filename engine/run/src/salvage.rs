//! Salvaging: the rows that can be kept of a state of which no part is whole, and what is lost with the others.
//!
//! A row proves itself by its own checksum, wherever it is found. What is kept makes a state: a row that cannot be read
//! goes, and so does an operation that is about nothing, or whose beginning is lost.

use std::collections::BTreeSet;

use dr_core::address::Address;
use dr_core::integrity;

use crate::contents::Head;
use crate::entry::{OwnedRows, borrowed, owned};
use crate::mend::Halved;
use crate::rows::{self, RowError, RowPlace, RowRead, RowTree, each};
use crate::stack::Stack;

/// How the address of a record begins in a row.
const ADDRESS: &[u8] = b"\"address\":\"";

/// What can be kept of a state.
#[derive(Debug, Default)]
pub(crate) struct Salvaged {
    pub(crate) rows: OwnedRows,
    /// A group later than all that were found.
    pub(crate) group: u64,
    /// The rows that go, with what is wrong with each.
    pub(crate) gone: Vec<RowError>,
    /// Addresses that are mentioned where something cannot be read, or by what is kept, and are not recorded.
    pub(crate) lost: BTreeSet<Address>,
}

/// What can be kept of two halves of which neither is whole. `database` are the bytes of a database that does not open.
pub(crate) fn of_halves((log, stored): &Halved, database: &[Vec<u8>]) -> Salvaged {
    let log_rows = log.as_ref().map(|text| owned(&text.rows())).unwrap_or_default();
    let log_group = log.as_ref().map_or(0, |text| text.group);
    let (group, stored_rows) = stored.clone().unwrap_or_default();
    let (mut rows, other, mut last) = match group > log_group || log_rows.is_empty() {
        true => (stored_rows, log_rows, group),
        false => (log_rows, stored_rows, log_group),
    };
    for ((tree, key), bytes) in &mut rows {
        let place = (*tree, key.clone());
        if is_bad(*tree, key, bytes)
            && let Some(good) = other.get(&place).filter(|good| !is_bad(*tree, key, good))
        {
            bytes.clone_from(good);
        }
    }
    let mut unread: Vec<&[u8]> = Vec::new();
    if let Some(text) = log {
        let (groups, lost) = text.after_damage();
        let known = last;
        for (group, edits) in groups.into_iter().filter(|(group, _)| *group > known) {
            for (tree, key, bytes) in edits {
                match bytes {
                    Some(bytes) if !is_bad(tree, key, bytes) => {
                        drop(rows.insert((tree, key.to_owned()), bytes.to_vec()))
                    }
                    Some(_) => {}
                    None => drop(rows.remove(&(tree, key.to_owned()))),
                }
            }
            last = last.max(group);
        }
        unread.extend(lost);
    }
    if rows.is_empty() || log.as_ref().is_none_or(|text| text.group == 0) {
        unread.extend(database.iter().map(Vec::as_slice));
    }
    let mentioned = unread.iter().flat_map(|bytes| addresses(bytes)).collect();
    let salvaged = sift(rows, mentioned);
    Salvaged { group: last.max(group) + 1, ..salvaged }
}

/// The rows that make a state among these. `mentioned` are addresses that are known to have been there.
pub(crate) fn sift(mut rows: OwnedRows, mentioned: BTreeSet<Address>) -> Salvaged {
    let mut gone = Vec::new();
    rows.retain(|(tree, key), bytes| match rows::check(RowRead { tree: *tree, key, bytes }, None) {
        Ok(()) => true,
        Err(error) => {
            gone.push(error);
            false
        }
    });
    let mut lost = mentioned;
    gone.extend(drop_operations(&mut rows, &mut lost));
    for error in &gone {
        if let RowError::Damaged { tree, key, .. } = error
            && *tree == RowTree::Records.name()
        {
            lost.extend(Address::parse(key.split(rows::ASIDE).next().unwrap_or_default()));
        }
    }
    let had_head = gone.iter().any(|error| matches!(error, RowError::Damaged { key, .. } if key == rows::HEAD));
    if !rows.is_empty() && !had_head && rows::find_head(&borrowed(&rows)).is_none() {
        gone.push(RowPlace { tree: RowTree::Meta, key: rows::HEAD }.damaged("it is missing"));
    }
    // Nothing of what is left contradicts itself.
    let contents = rows::contents(each(&borrowed(&rows)), None).unwrap_or_default();
    let snapshot = contents.snapshot();
    lost.extend(snapshot.records.values().flat_map(|record| record.needs.iter().map(|need| need.address.clone())));
    lost.retain(|address| !snapshot.records.contains_key(address));
    Salvaged { rows, group: contents.head.group + 1, gone, lost }
}

/// Drops operations whose beginning is lost, or that are about what is not recorded.
fn drop_operations(rows: &mut OwnedRows, lost: &mut BTreeSet<Address>) -> Vec<RowError> {
    let mut gone = Vec::new();
    loop {
        let (ops, why) = match rows::contents(each(&borrowed(rows)), None) {
            Err(RowError::Journal(error)) => (vec![error.op], "what begins its operation is lost"),
            Err(_) => return gone,
            Ok(contents) => {
                let unfounded = integrity::unfounded(&contents.snapshot(), contents.journal());
                (unfounded.into_iter().map(|(op, _)| op.clone()).collect(), "what its operation is about is lost")
            }
        };
        let before = gone.len();
        for key in ops.iter().flat_map(|op| rows::keys_of(op)) {
            if let Some(bytes) = rows.remove(&(RowTree::Journal, key.clone())) {
                lost.extend(addresses(&bytes));
                gone.push(RowPlace { tree: RowTree::Journal, key: &key }.damaged(why));
            }
        }
        if gone.len() == before {
            return gone;
        }
    }
}

/// Whether a row is not what was written.
fn is_bad(tree: RowTree, key: &str, bytes: &[u8]) -> bool {
    rows::check(RowRead { tree, key, bytes }, None).is_err()
}

/// The addresses that are mentioned in bytes that cannot be read.
pub(crate) fn addresses(bytes: &[u8]) -> BTreeSet<Address> {
    let mut found = BTreeSet::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(ADDRESS.len()).position(|window| window == ADDRESS) {
        rest = &rest[at + ADDRESS.len()..];
        let text = rest.split(|byte| *byte == b'"').next().and_then(|text| std::str::from_utf8(text).ok());
        found.extend(text.and_then(|text| Address::parse(text).ok()));
    }
    found
}

/// The head of what was salvaged: that of the rows, or, where it is lost, one that only knows the stack.
pub(crate) fn head(salvaged: &Salvaged, stack: &Stack) -> Head {
    let found = rows::find_head(&borrowed(&salvaged.rows)).and_then(Result::ok);
    let Stack { environment, program } = stack.clone();
    let known = || Head { position: 1, program: Some(program), environment: Some(environment), ..Head::default() };
    let head = found.unwrap_or_else(known);
    Head { group: salvaged.group, ..head }
}
