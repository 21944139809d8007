//! Replies of Secrets Manager that no emulator gives: what is going, and what was lost on the way.

use dr_core::cloud::{Cloud as _, ErrorClass, Intent, Settled};
use dr_core::value::{Map, Value};

use crate::replay::{Reply, Subject, Wire, ok, refused};

fn secret() -> Subject {
    Subject::new("secretsmanager.secret", r#"{"name":"s","description":"","recovery_window_in_days":0}"#)
}

/// A copy in `us-west-2`.
fn replica() -> Subject {
    let args = r#"{"secret_id":"arn:aws:secretsmanager:us-east-1:1:secret:s-abcdef","source_region":"us-east-1",
        "force_overwrite_replica_secret":false}"#;
    Subject { region: "us-west-2", ..Subject::new("secretsmanager.replica", args) }
}

fn version(value: &str) -> Subject {
    let args = format!(r#"{{"secret_id":"arn:s","secret_string":"{value}"}}"#);
    Subject::new("secretsmanager.secret_version", &args)
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
async fn a_copy_in_another_region_is_not_the_secret() {
    let copy = ok(r#"{"ARN":"arn:s","PrimaryRegion":"us-west-2"}"#);
    let (aws, _) = Wire::cloud(&[copy]).await;
    assert_eq!(aws.read(secret().at(), "arn:s", &secret().args).await.unwrap(), None);
    let own = ok(r#"{"ARN":"arn:s","PrimaryRegion":"us-east-1"}"#);
    let (aws, _) = Wire::cloud(&[own, ok("{}")]).await;
    assert!(aws.read(secret().at(), "arn:s", &secret().args).await.unwrap().is_some());
}

#[tokio::test]
async fn where_nobody_knows_its_operation_a_version_is_known_by_its_label() {
    for (stages, found) in [(r#"["AWSCURRENT"]"#, Some("arn:s")), (r#"["AWSPREVIOUS"]"#, None)] {
        let reply = format!(r#"{{"ARN":"arn:s","VersionIdsToStages":{{"v1":{stages}}}}}"#);
        let (aws, _) = Wire::cloud(&[ok(reply.leak())]).await;
        let version = version("one");
        let Intent { environment, program, address, .. } = version.intent.clone();
        let intent = Intent::unknown(environment, program, address);
        assert_eq!(aws.find(version.at(), &version.args, &intent).await.unwrap().as_deref(), found, "{stages}");
    }
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
async fn a_copy_is_ready_when_the_secret_says_so() {
    let copying = ok(r#"{"ReplicationStatus":[{"Region":"us-west-2","Status":"InProgress"}]}"#);
    let elsewhere = ok(r#"{"ReplicationStatus":[{"Region":"eu-west-1","Status":"InSync"}]}"#);
    let failed = ok(r#"{"ReplicationStatus":[{"Region":"us-west-2","Status":"Failed","StatusMessage":"no key"}]}"#);
    let why = Settled::Failed("the secret was not copied to us-west-2: no key".into());
    let (wait, ready) = (Settled::Wait(None), Settled::Ready);
    for (reply, expected) in [(copying, wait.clone()), (elsewhere, wait), (failed, why), (ok(REPLICATED), ready)] {
        let (aws, wire) = Wire::cloud(&[reply]).await;
        assert_eq!(aws.settle(replica().at(), "arn:r", &replica().args).await.unwrap(), expected);
        assert!(wire.requests()[0].contains("us-east-1"), "{}", wire.requests()[0]);
    }
}

#[tokio::test]
async fn a_copy_belongs_to_whom_its_secret_belongs() {
    let replicated = |environment: &str| {
        let tags = format!(r#"[{{"Key":"dr:env","Value":"{environment}"}},{{"Key":"dr:program","Value":"p"}}]"#);
        let body = format!(r#"{{"ReplicationStatus":[{{"Region":"us-west-2","Status":"InSync"}}],"Tags":{tags}}}"#);
        ok(body.leak())
    };
    let copy = replica();
    for (environment, expected) in
        [("pr-1", Some("arn:aws:secretsmanager:us-west-2:1:secret:s-abcdef")), ("pr-2", None)]
    {
        let (aws, _) = Wire::cloud(&[replicated(environment)]).await;
        assert_eq!(aws.find(copy.at(), &copy.args, &copy.intent).await.unwrap().as_deref(), expected);
    }
}

fn rotation(args: &str) -> Subject {
    let args = format!(
        r#"{{"secret_id":"arn:s","rotation_lambda_arn":"arn:f","rotate_immediately":true,"rotation_rules":{args}}}"#
    );
    Subject::new("secretsmanager.rotation", &args)
}

const DAYS: &str = r#"{"automatically_after_days":30}"#;
const ROTATING: &str = r#"{"ARN":"arn:s","RotationEnabled":true,"RotationLambdaARN":"arn:f",
    "RotationRules":{"AutomaticallyAfterDays":30},
    "VersionIdsToStages":{"00000000000000000000000000000001":["AWSCURRENT"]}}"#;

#[tokio::test]
async fn a_rotation_of_somebody_else_is_not_written_over() {
    let create = async |args: &str, replies: &[Reply]| {
        let (aws, wire) = Wire::cloud(replies).await;
        let it = rotation(args);
        let id = aws.create(it.at(), &it.args, &it.intent).await;
        (id.map(|id| id.to_string()).map_err(|error| error.class), wire.requests())
    };
    let (id, _) = create(r#"{"automatically_after_days":7}"#, &[ok(ROTATING)]).await;
    assert_eq!(id, Err(ErrorClass::Exists));
    let (id, requests) = create(DAYS, &[ok(ROTATING)]).await;
    assert_eq!((id.as_deref(), requests.len()), (Ok("arn:s"), 1));
    let (id, requests) = create(DAYS, &[ok(r#"{"ARN":"arn:s","RotationEnabled":false}"#), ok("{}")]).await;
    assert_eq!(id.as_deref(), Ok("arn:s"));
    assert!(requests[1].contains(r#""ClientRequestToken":"0000000000000000000000000000op-1""#), "{}", requests[1]);
}

#[tokio::test]
async fn a_renewal_is_asked_for_once_and_under_the_number_after_the_version_in_use() {
    let (old, new) = (rotation(DAYS), rotation(r#"{"automatically_after_days":7}"#));
    let (aws, wire) = Wire::cloud(&[ok(ROTATING), ok("{}")]).await;
    aws.update(new.at(), "arn:s", &old.args, &new.args).await.unwrap();
    let token = r#""ClientRequestToken":"00000000000000000000000000000001-2""#;
    assert!(wire.requests()[1].contains(token), "{}", wire.requests()[1]);
    // Its reply was lost: it has had its effect.
    let (aws, wire) = Wire::cloud(&[ok(ROTATING)]).await;
    aws.update(old.at(), "arn:s", &new.args, &old.args).await.unwrap();
    assert_eq!(wire.requests().len(), 1);
}

#[tokio::test]
async fn the_days_that_follow_from_a_schedule_are_no_difference() {
    let it = rotation(r#"{"schedule_expression":"cron(0 16 1,15 * ? *)","duration":"3h"}"#);
    let reply = ok(r#"{"ARN":"arn:s","RotationEnabled":true,"RotationLambdaARN":"arn:f","RotationRules":
        {"AutomaticallyAfterDays":15,"Duration":"3h","ScheduleExpression":"cron(0 16 1,15 * ? *)"}}"#);
    let (aws, _) = Wire::cloud(&[reply]).await;
    let live = aws.read(it.at(), "arn:s", &it.args).await.unwrap().unwrap();
    assert_eq!(live.args["rotation_rules"], it.args["rotation_rules"]);
}

#[tokio::test]
async fn a_function_that_may_not_be_called_yet_is_waited_for() {
    let denied = refused(
        r#"{"__type":"AccessDeniedException","message":"Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com."}"#,
    );
    let (aws, _) = Wire::cloud(&[ok(r#"{"ARN":"arn:s"}"#), denied]).await;
    let it = rotation(DAYS);
    let error = aws.create(it.at(), &it.args, &it.intent).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::NotYetConsistent);
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
