//! Replies of Step Functions that no emulator gives: what is going, what runs, what is not allowed yet.

use dr_core::cloud::{Cloud as _, CloudError, ErrorClass, Settled};
use dr_core::value::Str;

use crate::replay::{Reply, Subject, Wire, ok, refused};

const ID: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:m";
const ABSENT: Reply = refused(r#"{"__type":"StateMachineDoesNotExist","message":"State Machine Does Not Exist"}"#);

fn machine(kind: &str) -> Subject {
    let group = r#"{"level":"ALL","include_execution_data":false,"log_group_arn":"arn:aws:logs:r:1:log-group:g"}"#;
    let args = format!(
        r#"{{"name":"m","role_arn":"arn:r","type":"{kind}","definition":{{"StartAt":"A"}},"tracing_enabled":false,
            "logging_configuration":{group},"kms_data_key_reuse_period_seconds":300}}"#
    );
    Subject::new("stepfunctions.state_machine", &args)
}

/// A description of the machine, with this status and logging.
fn described(status: &str, logging: &str) -> Reply {
    let body = format!(
        r#"{{"stateMachineArn":"{ID}","name":"m","status":"{status}","definition":"{{\"StartAt\":\"A\"}}",
            "roleArn":"arn:r","type":"STANDARD","creationDate":1.7e9,"loggingConfiguration":{logging}}}"#
    );
    ok(body.leak())
}

const QUIET: &str = r#"{"level":"OFF","includeExecutionData":false}"#;

async fn create(replies: &[Reply]) -> (Result<Str, CloudError>, Vec<String>) {
    let it = machine("STANDARD");
    let (aws, wire) = Wire::cloud(replies).await;
    let id = aws.create(it.at(), &it.args, &it.intent).await;
    (id, wire.requests())
}

#[tokio::test]
async fn a_machine_that_is_going_is_gone_but_has_its_name() {
    let it = machine("STANDARD");
    let going = described("DELETING", QUIET);
    let (aws, _) = Wire::cloud(&[going, going, going, ABSENT]).await;
    assert_eq!(aws.find(it.at(), &it.args, &it.intent).await.unwrap(), None);
    assert_eq!(aws.read(it.at(), ID, &it.args).await.unwrap(), None);
    assert_eq!(aws.deleted(it.at(), ID, &it.args).await.unwrap(), Settled::Wait(None));
    assert_eq!(aws.deleted(it.at(), ID, &it.args).await.unwrap(), Settled::Ready);
    let refusal = refused(r#"{"__type":"StateMachineDeleting","message":"State machine is being deleted"}"#);
    assert_eq!(create(&[going, refusal]).await.0.unwrap_err().class, ErrorClass::Conflict);
}

#[tokio::test]
async fn a_machine_of_somebody_else_is_not_taken_over() {
    let tagged = |op: &str| ok(format!(r#"{{"tags":[{{"key":"dr:op","value":"{op}"}}]}}"#).leak());
    let there = described("ACTIVE", QUIET);
    let (id, requests) = create(&[there, tagged("op-2")]).await;
    assert_eq!((id.unwrap_err().class, requests.len()), (ErrorClass::Exists, 2));
    let created = ok(r#"{"stateMachineArn":"arn:m","creationDate":1.7e9}"#);
    assert_eq!(create(&[there, tagged("op-1"), created]).await.0.unwrap().as_ref(), "arn:m");
}

#[tokio::test]
async fn a_role_that_is_not_known_yet_is_waited_for() {
    for (code, message) in [
        (
            "AccessDeniedException",
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.",
        ),
        ("AccessDeniedException", "The state machine IAM Role is not authorized to access the Log Destination"),
    ] {
        let body = format!(r#"{{"__type":"{code}","message":"{message}"}}"#);
        let error = create(&[ABSENT, refused(body.leak())]).await.0.unwrap_err();
        assert_eq!(error.class, ErrorClass::NotYetConsistent, "{message}");
    }
    let denied = refused(r#"{"__type":"AccessDeniedException","message":"User: u is not authorized to perform it"}"#);
    assert_eq!(create(&[ABSENT, denied]).await.0.unwrap_err().class, ErrorClass::Denied);
}

#[tokio::test]
async fn what_runs_is_stopped_before_its_machine_goes() {
    let execution = |name: &str| {
        format!(
            r#"{{"executionArn":"{name}","stateMachineArn":"{ID}","name":"e","status":"RUNNING","startDate":1.7e9}}"#
        )
    };
    let first = ok(format!(r#"{{"executions":[{}],"nextToken":"n"}}"#, execution("arn:one")).leak());
    let second = ok(format!(r#"{{"executions":[{}]}}"#, execution("arn:two")).leak());
    let over = refused(r#"{"__type":"ExecutionDoesNotExist","message":"it ended"}"#);
    let stopped = ok(r#"{"stopDate":1.7e9}"#);
    let (aws, wire) = Wire::cloud(&[first, second, stopped, over, ok("{}")]).await;
    let standard = machine("STANDARD");
    aws.delete(standard.at(), ID, &standard.args).await.unwrap();
    let requests = wire.requests();
    assert!(requests[2].contains("arn:one") && requests[3].contains("arn:two"), "{requests:?}");
    // Executions of the other type cannot be listed.
    let (aws, wire) = Wire::cloud(&[ok("{}")]).await;
    let express = machine("EXPRESS");
    aws.delete(express.at(), ID, &express.args).await.unwrap();
    assert_eq!(wire.requests().len(), 1);
    let (aws, _) = Wire::cloud(&[ABSENT, ok("{}")]).await;
    aws.delete(standard.at(), ID, &standard.args).await.unwrap();
}

#[tokio::test]
async fn the_streams_of_a_log_group_are_no_difference() {
    let it = machine("STANDARD");
    let group = r#"{"cloudWatchLogsLogGroup":{"logGroupArn":"arn:aws:logs:r:1:log-group:g:*"}}"#;
    let logging = format!(r#"{{"level":"ALL","includeExecutionData":false,"destinations":[{group}]}}"#);
    let (aws, _) = Wire::cloud(&[described("ACTIVE", &logging), ok(r#"{"tags":[]}"#)]).await;
    let live = aws.read(it.at(), ID, &it.args).await.unwrap().unwrap();
    assert_eq!(live.args["logging_configuration"], it.args["logging_configuration"]);
    let (aws, _) = Wire::cloud(&[described("ACTIVE", QUIET), ok(r#"{"tags":[]}"#)]).await;
    let live = aws.read(it.at(), ID, &it.args).await.unwrap().unwrap();
    assert_eq!(live.args.get("logging_configuration"), None);
}
