//! Rows that come back, and rows that were damaged or carried elsewhere.

use super::*;

fn sealer() -> Sealer {
    Sealer::from_key(&[7; 32])
}

fn record(name: &str) -> Arc<Record> {
    let args = Map::from([("password".into(), Value::str(name).secret())]);
    let json = format!(r#"{{"address":"x.y:{name}","kind":"x.y","id":"i-{name}","args":{{}},"op":"o"}}"#);
    Arc::new(Record { args, ..serde_json::from_str(&json).unwrap() })
}

fn chain(error: &dyn std::error::Error) -> String {
    let source = error.source().map(|s| format!(": {}", chain(s))).unwrap_or_default();
    format!("{error}{source}")
}

/// The contents of some rows.
fn read(rows: &[RowWrite], sealer: Option<&Sealer>) -> Result<Contents, RowError> {
    let read = |row: &'static RowWrite| Some(RowRead { tree: row.tree, key: &row.key, bytes: row.bytes.as_deref()? });
    // Tests may leak.
    contents(rows.to_vec().leak().iter().filter_map(read), sealer)
}

fn row(edit: &RowEdit) -> RowWrite {
    write(edit, &sealer()).unwrap()
}

fn current(name: &str) -> RowEdit {
    RowEdit::Current(record(name).address.clone(), Some(record(name)))
}

fn set_aside(name: &str) -> RowEdit {
    RowEdit::SetAside(Deposed::of(&record(name)), Some(record(name)))
}

fn begun(op: &str) -> RowEdit {
    let event = JournalEvent::Deleting { op: op.into(), record: Box::new(Record::clone(&record("a"))), deposed: false };
    RowEdit::Begun(op.into(), Some(Box::new(event)))
}

#[test]
fn rows_come_back_with_their_secrets() {
    let outputs = Map::from([("o".into(), Value::str("hidden").secret())]);
    let head = Head {
        position: 7,
        group: 9,
        program: Some("p".into()),
        environment: Some("e".into()),
        identity: None,
        lifetime: None,
    };
    let run: PastRun = serde_json::from_str(
        r#"{"destroy":false,"began":1,"by":"anna","from":"/p","counts":{"create":1,"update":0,"replace":0,"delete":0,
            "import":0,"forget":0,"unchanged":0,"deferred":0},"plan":"+ x"}"#,
    )
    .unwrap();
    let runs = [9, 10].map(|number| RowEdit::Run(number, Some(Arc::new(run.clone()))));
    let edits = [begun("d"), current("a"), current("b"), set_aside("c"), RowEdit::Outputs(Some(outputs.clone()))];
    let edits = edits.into_iter().chain(runs).collect::<Vec<_>>();
    let mut rows: Vec<RowWrite> = edits.iter().map(row).collect();
    rows.push(super::head(&head).unwrap());
    assert!(rows.iter().all(|row| !row.bytes.as_ref().unwrap().windows(6).any(|w| w == b"hidden")));
    let contents = read(&rows, Some(&sealer())).unwrap();
    let snapshot = contents.snapshot();
    assert_eq!(snapshot.records.values().cloned().collect::<Vec<_>>(), [record("a"), record("b")]);
    assert_eq!((&snapshot.deposed[..], &snapshot.outputs), (&[record("c")][..], &outputs));
    assert_eq!((snapshot.position, &contents.head), (7, &head));
    assert_eq!(contents.history.runs().collect::<Vec<_>>(), [(9, &run), (10, &run)]);
    assert_eq!(contents.journal().open()["d"].record(), &*record("a"));
    // Without the key, all but the secrets is there.
    let sealed = read(&rows, None).unwrap().snapshot();
    assert_eq!(sealed.records.len(), 2);
    assert_ne!(sealed.records, snapshot.records);
}

#[test]
fn a_damaged_row_is_named() {
    let (whole, other) = (row(&current("a")), row(&current("b")));
    let bytes = whole.bytes.clone().unwrap();
    let changed = |at: usize, by: u8| {
        let mut bytes = bytes.clone();
        bytes[at] ^= by;
        bytes
    };
    let error = |row: RowWrite| chain(&read(&[row], Some(&sealer())).unwrap_err());
    for (bytes, why) in [
        (changed(20, 1), "checksum"),
        (changed(2, 1), "checksum"),
        (bytes[..3].to_vec(), "too short"),
        (bytes[..30].to_vec(), "checksum"),
        (changed(0, 8), "form 10"),
        (other.bytes.clone().unwrap(), "checksum"),
    ] {
        let error = error(RowWrite { bytes: Some(bytes), ..whole.clone() });
        assert!(error.contains("`x.y:a` in `records`") && error.contains(why), "{error}");
    }
    // Under checksums that fit: a secret from another row, a record that belongs elsewhere, a row of nobody's.
    let forged = |tree, key: &str, contents: &dyn Fn(&RowPlace<'_>) -> Vec<u8>| RowWrite {
        tree,
        key: key.into(),
        bytes: Some(contents(&RowPlace { tree, key })),
    };
    let b: Record = RowPlace { tree: RowTree::Records, key: "x.y:b" }.decode(other.bytes.as_deref().unwrap()).unwrap();
    let carried = Record { address: record("a").address.clone(), ..b.clone() };
    let plain = Record { args: Map::new(), ..b };
    let event = JournalEvent::Identified { op: "o".into(), id: "i".into() };
    for (row, why) in [
        (forged(RowTree::Records, "x.y:a", &|p| p.encode(&carried).unwrap()), "was moved there"),
        (forged(RowTree::Records, "x.y:a", &|p| p.encode(&plain).unwrap()), "is the record of `x.y:b`"),
        (forged(RowTree::Records, "x.y:b#other", &|p| p.encode(&plain).unwrap()), "is the record of `x.y:b`"),
        (forged(RowTree::Journal, "o/0", &|p| p.encode(&event).unwrap()), "is about the operation o"),
        (forged(RowTree::Journal, "o/1", &|p| p.encode(&event).unwrap()), "the operation o is not open"),
        (forged(RowTree::Meta, "what", &|p| p.encode(&1).unwrap()), "nothing of this name"),
    ] {
        let error = error(row);
        assert!(error.contains(why), "{error}");
    }
}
