//! Logs that were damaged, cut off, taken back and written anew.

use super::*;
use crate::rows::each;

fn row(key: &str, bytes: Option<&str>) -> RowWrite {
    RowWrite { tree: RowTree::Records, key: key.into(), bytes: bytes.map(|bytes| bytes.as_bytes().to_vec()) }
}

fn read(path: &Path) -> LogText {
    LogText::read(path).unwrap().unwrap()
}

fn texts(text: &LogText) -> Vec<(String, String)> {
    let words = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    each(&text.rows()).map(|row| (row.key.to_owned(), words(row.bytes))).collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
}

/// A log of three groups, the last of which removes a row.
fn sample(path: &Path) -> GroupLog {
    let mut log = GroupLog::create(path, 0, []).unwrap();
    log.append(1, &[row("a", Some("1")), row("b", Some("2"))]).unwrap();
    log.append(2, &[row("a", Some("3"))]).unwrap();
    log.append(3, &[row("b", None), row("", Some(""))]).unwrap();
    log
}

#[test]
fn what_was_appended_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    assert!(LogText::read(&path).unwrap().is_none());
    let mut log = sample(&path);
    let open = read(&path);
    assert_eq!((open.group, open.end), (3, LogEnd::Open));
    assert_eq!(texts(&open), pairs(&[("", ""), ("a", "3")]));
    log.close().unwrap();
    log.close().unwrap();
    let closed = read(&path);
    assert_eq!((closed.group, closed.end, texts(&closed)), (3, LogEnd::Closed, texts(&open)));
    // Going on takes the end away; doing nothing leaves it.
    let before = std::fs::read(&path).unwrap();
    GroupLog::open(&path, &closed).unwrap().close().unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let mut log = GroupLog::open(&path, &closed).unwrap();
    log.append(4, &[row("c", Some("4"))]).unwrap();
    assert_eq!((read(&path).group, read(&path).end), (4, LogEnd::Open));
    log.close().unwrap();
    assert_eq!(texts(&read(&path)), pairs(&[("", ""), ("a", "3"), ("c", "4")]));
}

#[test]
fn a_group_that_is_taken_back_was_never_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut log = sample(&path);
    let before = std::fs::read(&path).unwrap();
    log.append(4, &[row("c", Some("4"))]).unwrap();
    log.retract();
    log.retract();
    assert_eq!(std::fs::read(&path).unwrap(), before);
    log.append(4, &[row("d", Some("5"))]).unwrap();
    assert_eq!(texts(&read(&path)), pairs(&[("", ""), ("a", "3"), ("d", "5")]));
}

#[test]
fn a_log_written_anew_says_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    sample(&path);
    let text = read(&path);
    let mut log = GroupLog::create(&path, text.group, each(&text.rows())).unwrap();
    let anew = read(&path);
    assert_eq!((anew.group, anew.end, texts(&anew)), (3, LogEnd::Open, texts(&text)));
    assert!(anew.bytes.len() < text.bytes.len());
    log.append(4, &[row("c", Some("4"))]).unwrap();
    assert_eq!(texts(&read(&path)), pairs(&[("", ""), ("a", "3"), ("c", "4")]));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    // In several frames, when there is much of it.
    let long = "x".repeat(FRAME / 3);
    let many: Vec<RowWrite> = (0..10).map(|i| row(&format!("k{i}"), Some(&long))).collect();
    let rows =
        many.iter().filter_map(|row| Some(RowRead { tree: row.tree, key: &row.key, bytes: row.bytes.as_deref()? }));
    GroupLog::create(&path, 9, rows).unwrap();
    assert_eq!((read(&path).group, texts(&read(&path)).len()), (9, 10));
}

#[test]
fn a_log_is_written_anew_once_most_of_it_is_history() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut log = GroupLog::create(&path, 0, []).unwrap();
    let long = "x".repeat(SHORT as usize / 2);
    for group in 1..=5 {
        let text = read(&path);
        assert_eq!(GroupLog::is_long(&text, &text.rows()), group > 4, "{group}");
        log.append(group, &[row("a", Some(&long))]).unwrap();
    }
}

#[test]
fn any_change_of_any_byte_and_any_cut_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut log = sample(&path);
    log.close().unwrap();
    let whole = std::fs::read(&path).unwrap();
    let ends: Vec<usize> = {
        let (mut at, mut ends) = (GREETING.len(), Vec::new());
        while let Some((length, _)) = number(&whole[at..]) {
            at += HEADER + length as usize;
            ends.push(at);
        }
        [vec![GREETING.len()], ends].concat()
    };
    let groups = |bytes: &[u8]| {
        let text = LogText::new(bytes.to_vec());
        (text.group, text.end, texts(&text))
    };
    let said: Vec<_> = [
        (0, pairs(&[])),
        (1, pairs(&[("a", "1"), ("b", "2")])),
        (2, pairs(&[("a", "3"), ("b", "2")])),
        (3, pairs(&[("", ""), ("a", "3")])),
    ]
    .into();
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << bit;
            let (group, end, rows) = groups(&flipped);
            let from = match end {
                LogEnd::Torn(from) | LogEnd::Damaged(from) => from,
                _ => panic!("byte {at} bit {bit}: {end:?}"),
            };
            assert!(from as usize <= at, "byte {at} bit {bit}: {end:?}");
            // What was finished is not taken for the half of something; only a length that leads too far may be.
            let is_last = from as usize >= ends[3] || from == at as u64 || from + 3 >= at as u64;
            assert!(is_last || end == LogEnd::Damaged(from), "byte {at} bit {bit}: {end:?}");
            assert!(said.contains(&(group, rows)), "what comes before the damage stands");
        }
        let (group, end, rows) = groups(&whole[..at]);
        assert_ne!(end, LogEnd::Closed, "cut at {at}");
        assert!(said.contains(&(group, rows)));
    }
    for more in ["x", "dr state log 2\n"] {
        let (group, end, _) = groups(&[&whole, more.as_bytes()].concat());
        assert_eq!((group, end), (3, LogEnd::Torn(whole.len() as u64)));
    }
    // A frame that is missing, there twice, or in another place.
    let frames: Vec<&[u8]> = {
        let mut rest = &whole[GREETING.len()..];
        let mut frames = Vec::new();
        while let Some((length, _)) = number(rest) {
            let (frame, next) = rest.split_at(HEADER + length as usize);
            frames.push(frame);
            rest = next;
        }
        frames
    };
    assert_eq!(frames.len(), 4);
    for order in [&[0, 2, 3][..], &[1, 2, 3], &[0, 1, 1, 2, 3], &[0, 2, 1, 3], &[3], &[0, 1, 2, 3, 3]] {
        let text: Vec<u8> = [GREETING].into_iter().chain(order.iter().map(|i| frames[*i])).flatten().copied().collect();
        let end = groups(&text).1;
        assert!(matches!(end, LogEnd::Torn(_) | LogEnd::Damaged(_)), "{order:?}: {end:?}");
    }
    // Frames with checksums that fit, and no sense.
    let mut forged = Vec::new();
    for payload in [&[][..], &[0, 0, 0], &[2, 0, 0, 0, 0, 0, 0, 0, 0], &[0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0]] {
        forged.clear();
        forged.extend_from_slice(&[0; HEADER]);
        forged.extend_from_slice(payload);
        seal(&mut forged, 0).unwrap();
        let (group, end, rows) = groups(&[GREETING, &forged].concat());
        assert_eq!((group, end, rows), (0, LogEnd::Damaged(GREETING.len() as u64), vec![]));
    }
    for foreign in [&b"\0"[..], b"dr state log 1\n", b"hello"] {
        assert_eq!(groups(foreign).1, LogEnd::Damaged(0));
    }
    assert_eq!(groups(b"").1, LogEnd::Torn(0));
    // Where everything is something else, lengths lead anywhere.
    for byte in [0, 0x5a, 0xff] {
        let (group, end, _) = groups(&[GREETING, &[byte; 9000]].concat());
        assert_eq!((group, end), (0, LogEnd::Damaged(GREETING.len() as u64)), "{byte}");
    }
}
