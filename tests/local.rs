//! The local kinds with their real schemas: what is left out has the schema's default, and every kind that lives in the
//! state alone is served.
#![allow(clippy::unwrap_used)] // A test that cannot go on says so.

use std::path::Path;
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::cloud::{Cloud as _, CloudError, ErrorClass, Intent, Target};
use dr_core::resolve::complete;
use dr_core::schema::{Kind, Place};
use dr_core::value::{Map, Value};
use dr_local::{DiskWorld, LocalCloud, read_package};

const SPECIAL: &str = "!#$%&*()-_=+[]{}<>:?";

fn cloud(dir: &Path) -> LocalCloud {
    LocalCloud::new(Arc::new(DiskWorld::new(dir)), dir, "p", "e")
}

fn args(json: &str) -> Map<Value> {
    Value::from_json(json).unwrap().as_map().unwrap().clone()
}

/// Makes one and returns its attributes.
async fn made(local: &LocalCloud, kind: &str, op: &str, json: &str) -> Result<Map<Value>, CloudError> {
    let kind = dr_kinds::registry().get(kind).unwrap();
    let address = Address::parse(&format!("{}:a", kind.name)).unwrap();
    let at = Target { kind, region: None, address: &address };
    let intent = Intent { op: op.into(), environment: "e".into(), program: "p".into(), address: address.clone() };
    let args = args(json);
    let id = local.create(at, &args, &intent).await?;
    assert_eq!(&*id, op);
    Ok(local.read(at, &id, &args).await?.unwrap().outputs)
}

#[tokio::test]
async fn every_local_kind_is_served_with_the_attributes_that_it_says() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("f")).unwrap();
    std::fs::write(dir.path().join("f/a.py"), "1").unwrap();
    let local = cloud(dir.path());
    let registry = dr_kinds::registry();
    let kinds: Vec<&'static Kind> = registry.iter().filter(|kind| kind.place == Place::Local).collect();
    assert!(kinds.len() >= 3, "{kinds:?}");
    for kind in kinds {
        let outputs = made(&local, kind.name, kind.name, r#"{"source":"f"}"#).await.unwrap();
        let names: Vec<&str> = outputs.keys().map(|name| &**name).collect();
        let mut said: Vec<&str> = kind.outputs.iter().map(|field| field.name).collect();
        said.sort_unstable();
        assert_eq!(names, said, "{}", kind.name);
    }
}

#[tokio::test]
async fn what_is_left_out_is_what_the_schema_says() {
    let dir = tempfile::tempdir().unwrap();
    let local = cloud(dir.path());
    for kind in ["random.password", "random.id"] {
        let all = complete(dr_kinds::registry().get(kind).unwrap().args, &Map::new());
        let length = |name| all.get(name).and_then(Value::as_int).unwrap() as usize;
        let outputs = made(&local, kind, kind, "{}").await.unwrap();
        match kind {
            "random.id" => assert_eq!(outputs["hex"].to_text().len(), 2 * length("byte_length")),
            _ => assert_eq!(outputs["result"].to_text().len(), length("length")),
        }
    }
}

#[tokio::test]
async fn passwords_hold_what_they_must_and_nothing_they_must_not() {
    let dir = tempfile::tempdir().unwrap();
    let local = cloud(dir.path());
    let (lower, upper): (String, String) = (('a'..='z').collect(), ('A'..='Z').collect());
    let digits = "0123456789";
    for i in 0..50 {
        let json = r#"{"length":12,"special":false,"min_upper":4,"min_numeric":5,"min_lower":3}"#;
        let outputs = made(&local, "random.password", &format!("p{i}"), json).await.unwrap();
        assert!(matches!(outputs["result"], Value::Secret(_)));
        let text = outputs["result"].to_text();
        let count = |set: &str| text.chars().filter(|c| set.contains(*c)).count();
        assert_eq!((count(&lower), count(&upper), count(digits)), (3, 4, 5), "{text}");
        let text = made(&local, "random.password", &format!("d{i}"), "{}").await.unwrap()["result"].to_text();
        assert!(text.chars().all(|c| c.is_ascii_alphanumeric() || SPECIAL.contains(c)), "{text}");
        let json = r#"{"length":30,"lower":false,"upper":false,"override_special":"!.","min_special":1}"#;
        let text = made(&local, "random.password", &format!("q{i}"), json).await.unwrap()["result"].to_text();
        assert!(text.len() == 30 && text.chars().all(|c| "0123456789!.".contains(c)), "{text}");
    }
    for json in [
        r#"{"length":3,"min_upper":4}"#,
        r#"{"length":8,"upper":false,"min_upper":1}"#,
        r#"{"length":8,"upper":false,"lower":false,"numeric":false,"special":false}"#,
    ] {
        let error = made(&local, "random.password", json, json).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Invalid, "{json}");
    }
}

#[tokio::test]
async fn one_id_in_three_notations() {
    let dir = tempfile::tempdir().unwrap();
    let local = cloud(dir.path());
    let outputs = made(&local, "random.id", "1", r#"{"byte_length":8}"#).await.unwrap();
    let hex = outputs["hex"].to_text();
    assert_eq!(u64::from_str_radix(&hex, 16).unwrap().to_string(), outputs["dec"].to_text());
    assert_eq!(outputs["b64"].to_text().len(), 11);
    assert_ne!(made(&local, "random.id", "2", r#"{"byte_length":8}"#).await.unwrap()["hex"].to_text(), hex);
}

#[tokio::test]
async fn what_an_archive_will_be_is_known_before_it_is_made() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("f")).unwrap();
    std::fs::write(dir.path().join("f/a.py"), "1").unwrap();
    std::fs::write(dir.path().join("f/b.md"), "1").unwrap();
    let local = cloud(dir.path());
    let kind = dr_kinds::registry().get("archive.zip").unwrap();
    let address = Address::parse("archive.zip:a").unwrap();
    let at = Target { kind, region: None, address: &address };
    let json = r#"{"source":"f","exclude":["*.md"]}"#;
    let foreseen = local.preview(at, &args(json)).await.unwrap().unwrap();
    assert!(!dir.path().join("packages").exists(), "nothing is written");
    let outputs = made(&local, "archive.zip", "1", json).await.unwrap();
    assert_eq!(outputs, foreseen);
    assert_ne!(local.preview(at, &args(r#"{"source":"f"}"#)).await.unwrap().unwrap(), foreseen);
    let sha256 = outputs["package"].to_text().strip_prefix("sha256:").unwrap().to_owned();
    assert_eq!(outputs["size"], Value::Int(read_package(dir.path(), &sha256).unwrap().len() as i64));
    assert!(local.is_whole(kind, &outputs));
    std::fs::write(dir.path().join(format!("packages/{sha256}.zip")), "no archive").unwrap();
    assert!(!local.is_whole(kind, &outputs), "it is there, but not what was written");
    local.delete(at, "1", &Map::new()).await.unwrap();
    assert!(read_package(dir.path(), &sha256).is_err());
    let error = local.preview(at, &args(r#"{"source":"none"}"#)).await.unwrap_err();
    assert!(error.message.contains("`none`"), "{error}");
}
