//! Replies of KMS that no emulator gives.

use dr_core::cloud::{Cloud as _, ErrorClass};

use crate::replay::{Reply, Subject, Wire};

fn key() -> Subject {
    let args = r#"{"description":"","enable_key_rotation":false,"key_usage":"ENCRYPT_DECRYPT","multi_region":false,
        "key_spec":"SYMMETRIC_DEFAULT","deletion_window_in_days":7,"enabled":true}"#;
    Subject::new("kms.key", args)
}

fn ok(body: &'static str) -> Reply {
    Reply::Http(200, &[], body)
}

fn refused(body: &'static str) -> Reply {
    Reply::Http(400, &[], body)
}

const UNKNOWN: &str = r#"{"ResourceTagMappingList":[]}"#;
const KEYS: &str = r#"{"Keys":[{"KeyId":"a"},{"KeyId":"b"},{"KeyId":"c"}],"Truncated":false}"#;
const OURS: &str = r#"{"Tags":[{"TagKey":"dr:op","TagValue":"op-1"}],"Truncated":false}"#;
const DENIED: &str = r#"{"__type":"AccessDeniedException","message":"no"}"#;
const ALIVE: &str = r#"{"KeyMetadata":{"KeyId":"c","KeyState":"Enabled"}}"#;
const GOING: &str = r#"{"KeyMetadata":{"KeyId":"c","KeyState":"PendingDeletion"}}"#;

#[tokio::test]
async fn a_key_that_the_tagging_service_knows_is_found_without_asking_the_others() {
    let known = r#"{"ResourceTagMappingList":[{"ResourceARN":"arn:aws:kms:us-east-1:1:key/c",
        "Tags":[{"Key":"dr:op","Value":"op-1"}]}]}"#;
    let (aws, wire) = Wire::cloud(&[ok(known), ok(ALIVE)]).await;
    let key = key();
    assert_eq!(aws.find(key.at(), &key.args, &key.intent).await.unwrap().as_deref(), Some("c"));
    assert_eq!(wire.requests().len(), 2);
}

#[tokio::test]
async fn only_keys_are_asked_that_may_be_this_operations() {
    let another = r#"{"ResourceTagMappingList":[{"ResourceARN":"arn:aws:kms:us-east-1:1:key/a",
        "Tags":[{"Key":"dr:op","Value":"op-2"}]}]}"#;
    let (aws, wire) = Wire::cloud(&[ok(another), ok(KEYS), refused(DENIED), ok(OURS), ok(ALIVE)]).await;
    let key = key();
    assert_eq!(aws.find(key.at(), &key.args, &key.intent).await.unwrap().as_deref(), Some("c"));
    let asked: Vec<String> = wire.requests()[2..4].to_vec();
    assert!(asked[0].ends_with(r#"{"KeyId":"b"}"#) && asked[1].ends_with(r#"{"KeyId":"c"}"#), "{asked:?}");
}

#[tokio::test]
async fn who_may_not_ask_any_key_does_not_take_it_for_absent() {
    let (aws, _) = Wire::cloud(&[ok(UNKNOWN), ok(KEYS), refused(DENIED), refused(DENIED), refused(DENIED)]).await;
    let key = key();
    assert_eq!(aws.find(key.at(), &key.args, &key.intent).await.unwrap_err().class, ErrorClass::Denied);
}

#[tokio::test]
async fn a_key_whose_deletion_is_scheduled_is_gone() {
    let twice =
        r#"{"__type":"KMSInvalidStateException","message":"arn:aws:kms:us-east-1:1:key/c is pending deletion."}"#;
    let one = r#"{"Keys":[{"KeyId":"c"}],"Truncated":false}"#;
    let (aws, _) = Wire::cloud(&[ok(UNKNOWN), ok(one), ok(OURS), ok(GOING), ok(GOING), refused(twice)]).await;
    let key = key();
    assert_eq!(aws.find(key.at(), &key.args, &key.intent).await.unwrap(), None);
    assert_eq!(aws.read(key.at(), "c", &key.args).await.unwrap(), None);
    aws.delete(key.at(), "c", &key.args).await.unwrap();
}

#[tokio::test]
async fn a_disabled_key_is_enabled_while_its_rotation_changes() {
    let (aws, wire) = Wire::cloud(&[ok("{}"); 3]).await;
    let off = |rotates: bool| {
        let mut args = key().args;
        args.extend([("enabled".into(), false.into()), ("enable_key_rotation".into(), rotates.into())]);
        args
    };
    aws.update(key().at(), "c", &off(false), &off(true)).await.unwrap();
    assert_eq!(
        aws.calls().into_keys().collect::<Vec<_>>(),
        ["kms:DisableKey", "kms:EnableKey", "kms:EnableKeyRotation"]
    );
    assert_eq!(wire.requests().len(), 3);
}
