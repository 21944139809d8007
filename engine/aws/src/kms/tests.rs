//! Replies of KMS that no emulator gives.

use dr_core::cloud::{Cloud as _, ErrorClass, Settled};

use crate::replay::{Reply, Subject, Wire, ok, refused};

fn key() -> Subject {
    let args = r#"{"description":"","enable_key_rotation":false,"key_usage":"ENCRYPT_DECRYPT","multi_region":false,
        "key_spec":"SYMMETRIC_DEFAULT","deletion_window_in_days":7,"enabled":true}"#;
    Subject::new("kms.key", args)
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

fn twin() -> Subject {
    let args = r#"{"primary_key_arn":"arn:aws:kms:us-east-1:1:key/mrk-1","description":"","enabled":true,
        "deletion_window_in_days":7}"#;
    Subject { region: "us-west-2", ..Subject::new("kms.replica_key", args) }
}

const TAKEN: Reply = refused(r#"{"__type":"AlreadyExistsException","message":"There is a related key in us-west-2"}"#);

#[tokio::test]
async fn a_replica_is_made_through_the_first_key() {
    let it = twin();
    let (aws, wire) = Wire::cloud(&[ok(r#"{"ReplicaKeyMetadata":{"KeyId":"mrk-1"}}"#)]).await;
    assert_eq!(aws.create(it.at(), &it.args, &it.intent).await.unwrap().as_ref(), "mrk-1");
    let request = &wire.requests()[0];
    assert!(request.contains("kms.us-east-1.") && request.contains(r#""ReplicaRegion":"us-west-2""#), "{request}");
    let (aws, _) = Wire::cloud(&[TAKEN, ok(ALIVE)]).await;
    assert_eq!(aws.create(it.at(), &it.args, &it.intent).await.unwrap_err().class, ErrorClass::Exists);
}

#[tokio::test]
async fn a_replica_whose_deletion_is_scheduled_is_kept_instead_of_another() {
    let it = twin();
    let last = ok(r#"{"Tags":[{"TagKey":"dr:op","TagValue":"op-0"},{"TagKey":"old","TagValue":"1"}]}"#);
    let replies = [TAKEN, ok(GOING), ok("{}"), ok("{}"), ok("{}"), last, ok("{}"), ok("{}")];
    let (aws, wire) = Wire::cloud(&replies).await;
    assert_eq!(aws.create(it.at(), &it.args, &it.intent).await.unwrap().as_ref(), "mrk-1");
    let requests = wire.requests();
    assert!(requests[1..].iter().all(|request| request.contains("kms.us-west-2.")), "{requests:?}");
    assert!(requests[6].contains(r#"["old"]"#) && requests[7].contains(r#""TagValue":"op-1""#), "{requests:?}");
}

#[tokio::test]
async fn a_replica_is_waited_for() {
    for (state, expected) in [("Creating", Settled::Wait(None)), ("Enabled", Settled::Ready)] {
        let body = format!(r#"{{"KeyMetadata":{{"KeyId":"mrk-1","KeyState":"{state}"}}}}"#);
        let (aws, _) = Wire::cloud(&[ok(body.leak())]).await;
        assert_eq!(aws.settle(twin().at(), "mrk-1", &twin().args).await.unwrap(), expected, "{state}");
    }
}
