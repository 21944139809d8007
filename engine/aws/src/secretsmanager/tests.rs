//! Replies of Secrets Manager that no emulator gives: what is going, and what was lost on the way.

use dr_core::cloud::{Cloud as _, ErrorClass, Settled};
use dr_core::value::{Map, Value};

use crate::replay::{Reply, Subject, Wire};

fn secret() -> Subject {
    let args = r#"{"name":"s","description":"","recovery_window_in_days":0,"force_overwrite_replica_secret":false,
        "replicas":[{"region":"us-west-2"}]}"#;
    Subject::new("secretsmanager.secret", args)
}

fn version(value: &str) -> Subject {
    let args = format!(r#"{{"secret_id":"arn:s","secret_string":"{value}"}}"#);
    Subject::new("secretsmanager.secret_version", &args)
}

fn ok(body: &'static str) -> Reply {
    Reply::Http(200, &[], body)
}

fn refused(body: &'static str) -> Reply {
    Reply::Http(400, &[], body)
}

const REPLICATED: &str = r#"{"ARN":"arn:s","ReplicationStatus":[{"Region":"us-west-2","Status":"InSync"}]}"#;
const ONE: &str =
    r#"{"VersionId":"00000000000000000000000000000001","SecretString":"one","VersionStages":["AWSCURRENT"]}"#;

#[tokio::test]
async fn a_name_is_waited_for_until_its_former_secret_has_gone() {
    for message in [
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
        "You can't perform this operation on the secret because it was deleted.",
    ] {
        let body = format!(r#"{{"__type":"InvalidRequestException","message":"{message}"}}"#);
        let (aws, wire) = Wire::cloud(&[refused(body.leak())]).await;
        let error = aws.create(secret().at(), &secret().args, &secret().intent).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Conflict, "{message}");
        // The token is the operation's, of the length that is asked for.
        let token = r#""ClientRequestToken":"0000000000000000000000000000op-1""#;
        assert!(wire.requests()[0].contains(token), "{}", wire.requests()[0]);
    }
}

#[tokio::test]
async fn a_secret_that_is_scheduled_for_deletion_is_gone() {
    let going = ok(r#"{"ARN":"arn:s","DeletedDate":1.7e9,"Tags":[{"Key":"dr:op","Value":"op-1"}]}"#);
    let (aws, wire) = Wire::cloud(&[going; 4]).await;
    let secret = secret();
    assert_eq!(aws.find(secret.at(), &secret.args, &secret.intent).await.unwrap(), None);
    assert_eq!(aws.read(secret.at(), "arn:s", &secret.args).await.unwrap(), None);
    aws.delete(secret.at(), "arn:s", &secret.args).await.unwrap();
    assert_eq!(aws.deleted(secret.at(), "arn:s", &secret.args).await.unwrap(), Settled::Ready);
    assert_eq!(wire.requests().len(), 4);
}

#[tokio::test]
async fn replicas_go_before_their_secret() {
    let (aws, wire) = Wire::cloud(&[ok(REPLICATED), ok(REPLICATED), ok(REPLICATED), ok("{}"), ok("{}")]).await;
    let (at, args) = (secret(), secret().args);
    assert_eq!(aws.delete(at.at(), "arn:s", &args).await.unwrap_err().class, ErrorClass::Conflict);
    aws.delete(at.at(), "arn:s", &args).await.unwrap();
    assert!(wire.requests()[4].contains(r#""ForceDeleteWithoutRecovery":true"#), "{}", wire.requests()[4]);
}

#[tokio::test]
async fn a_secret_is_ready_when_all_its_copies_are() {
    let copying = ok(r#"{"ReplicationStatus":[{"Region":"us-west-2","Status":"InProgress"}]}"#);
    let failed = ok(r#"{"ReplicationStatus":[{"Region":"us-west-2","Status":"Failed","StatusMessage":"no key"}]}"#);
    let why = Settled::Failed("the secret was not copied to us-west-2: no key".into());
    for (reply, expected) in [(copying, Settled::Wait(None)), (failed, why), (ok(REPLICATED), Settled::Ready)] {
        let (aws, _) = Wire::cloud(&[reply]).await;
        assert_eq!(aws.settle(secret().at(), "arn:s", &secret().args).await.unwrap(), expected);
    }
}

async fn write(replies: &[Reply]) -> (Result<(), ErrorClass>, Vec<String>) {
    let (aws, wire) = Wire::cloud(replies).await;
    let (old, new): (Map<Value>, Map<Value>) = (version("one").args, version("two").args);
    let result = aws.update(version("two").at(), "arn:s", &old, &new).await;
    (result.map_err(|error| error.class), wire.requests())
}

#[tokio::test]
async fn a_write_whose_reply_was_lost_makes_no_second_version() {
    for lost in [Reply::Timeout, Reply::Broken] {
        let (result, requests) = write(&[ok(ONE), lost]).await;
        assert_eq!(result, Err(ErrorClass::Transient));
        let token = r#""ClientRequestToken":"00000000000000000000000000000001-2""#;
        assert!(requests[1].contains(token), "{}", requests[1]);
    }
    let two =
        r#"{"VersionId":"00000000000000000000000000000001-2","SecretString":"two","VersionStages":["AWSCURRENT"]}"#;
    let (result, requests) = write(&[ok(two)]).await;
    assert_eq!((result, requests.len()), (Ok(()), 1));
}

#[tokio::test]
async fn a_write_after_labels_were_moved_back_finds_a_new_id() {
    let taken = refused(r#"{"__type":"ResourceExistsException","message":"You can't use ClientRequestToken"}"#);
    let (result, requests) = write(&[ok(ONE), taken, ok("{}")]).await;
    assert_eq!((result, requests.len()), (Ok(()), 3));
    assert!(requests[2].contains(r#"00000000000000000000000000000001-3""#), "{}", requests[2]);
}
