//! Replies of EventBridge that no emulator gives: what failed inside a reply, and what others wrote.

use dr_core::cloud::{Cloud as _, CloudError, ErrorClass};
use dr_core::value::Str;

use crate::replay::{Reply, Subject, Wire, ok, refused};

const GONE: Reply = refused(r#"{"__type":"ResourceNotFoundException","message":"Rule r does not exist."}"#);

fn rule() -> Subject {
    let args =
        r#"{"name":"r","event_bus_name":"b","description":"","event_pattern":{"source":["a"]},"state":"ENABLED"}"#;
    Subject::new("events.rule", args)
}

fn target() -> Subject {
    Subject::new("events.target", r#"{"rule":"r","event_bus_name":"b","target_id":"t","arn":"arn:q"}"#)
}

fn statement(principal: &str) -> Subject {
    let statement = format!(
        r#"{{"Effect":"Allow","Principal":{principal},"Action":"events:PutEvents","Resource":"arn:aws:events:bus"}}"#
    );
    let args = format!(r#"{{"event_bus_name":"b","statement_id":"mine","statement":{statement}}}"#);
    Subject::new("events.bus_policy", &args)
}

async fn create(it: &Subject, replies: &[Reply]) -> (Result<Str, CloudError>, Vec<String>) {
    let (aws, wire) = Wire::cloud(replies).await;
    let id = aws.create(it.at(), &it.args, &it.intent).await;
    (id, wire.requests())
}

#[tokio::test]
async fn what_failed_inside_a_reply_has_failed() {
    let failed = |code: &str| {
        let entry = format!(r#"{{"TargetId":"t","ErrorCode":"{code}","ErrorMessage":"no"}}"#);
        ok(format!(r#"{{"FailedEntryCount":1,"FailedEntries":[{entry}]}}"#).leak())
    };
    let none = ok(r#"{"Targets":[]}"#);
    for (code, making, removing) in [
        ("ConcurrentModificationException", ErrorClass::Conflict, Some(ErrorClass::Conflict)),
        ("ResourceNotFoundException", ErrorClass::NotYetConsistent, None),
        ("LimitExceededException", ErrorClass::Invalid, Some(ErrorClass::Invalid)),
    ] {
        let (id, _) = create(&target(), &[none, failed(code)]).await;
        assert_eq!(id.unwrap_err().class, making, "{code}");
        let (aws, _) = Wire::cloud(&[failed(code)]).await;
        let removed = aws.delete(target().at(), "b/r/t", &target().args).await;
        assert_eq!(removed.err().map(|error| error.class), removing, "{code}");
    }
    let unnamed = ok(r#"{"FailedEntryCount":1,"FailedEntries":[]}"#);
    let (aws, _) = Wire::cloud(&[unnamed]).await;
    let error = aws.delete(target().at(), "b/r/t", &target().args).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Transient, "{error}");
    assert_eq!(create(&target(), &[none, unnamed]).await.0.unwrap_err().class, ErrorClass::Transient);
}

#[tokio::test]
async fn a_target_of_somebody_else_is_not_written_over() {
    let other = ok(r#"{"Targets":[{"Id":"t","Arn":"arn:other"}]}"#);
    assert_eq!(create(&target(), &[other]).await.0.unwrap_err().class, ErrorClass::Exists);
    // On the second page, and with what EventBridge does where nothing is said.
    let first = ok(r#"{"Targets":[{"Id":"s","Arn":"arn:q"}],"NextToken":"n"}"#);
    let retries = r#""RetryPolicy":{"MaximumRetryAttempts":185,"MaximumEventAgeInSeconds":86400}"#;
    let second = ok(format!(r#"{{"Targets":[{{"Id":"t","Arn":"arn:q",{retries}}}]}}"#).leak());
    let (id, requests) = create(&target(), &[first, second]).await;
    assert_eq!((id.unwrap().as_ref(), requests.len()), ("b/r/t", 2));
}

#[tokio::test]
async fn a_rule_of_somebody_else_is_not_written_over() {
    let tagged = |op: &str| ok(format!(r#"{{"Tags":[{{"Key":"dr:op","Value":"{op}"}}]}}"#).leak());
    let (id, requests) = create(&rule(), &[tagged("op-2")]).await;
    assert_eq!((id.unwrap_err().class, requests.len()), (ErrorClass::Exists, 1));
    for before in [tagged("op-1"), GONE] {
        let (id, requests) = create(&rule(), &[before, ok("{}")]).await;
        assert_eq!(id.unwrap().as_ref(), "b/r");
        assert!(requests[0].contains(":rule/b/r\"") && requests[1].contains("dr:op"), "{requests:?}");
    }
}

#[tokio::test]
async fn a_rule_goes_with_the_targets_that_others_gave_it() {
    let targets = ok(r#"{"Targets":[{"Id":"theirs","Arn":"arn:q"}]}"#);
    let (aws, wire) = Wire::cloud(&[targets, ok(r#"{"FailedEntryCount":0}"#), ok("{}"), GONE]).await;
    aws.delete(rule().at(), "b/r", &rule().args).await.unwrap();
    assert!(wire.requests()[1].contains(r#""Ids":["theirs"]"#), "{:?}", wire.requests());
    aws.delete(rule().at(), "b/r", &rule().args).await.unwrap();
    assert_eq!(wire.requests().len(), 4);
}

#[tokio::test]
async fn a_statement_is_written_beside_those_of_others() {
    let it = statement(r#"{"Service":"events.amazonaws.com"}"#);
    let theirs = r#"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"theirs\",\"Effect\":\"Deny\"}]}"#;
    let bus = ok(format!(r#"{{"Name":"b","Policy":"{theirs}"}}"#).leak());
    let (id, requests) = create(&it, &[bus, ok("{}")]).await;
    assert_eq!(id.unwrap().as_ref(), "b/mine");
    for part in [r#"\"Sid\":\"theirs\""#, r#"\"Sid\":\"mine\""#] {
        assert!(requests[1].contains(part), "{}", requests[1]);
    }
}

#[tokio::test]
async fn a_statement_is_known_however_eventbridge_writes_it() {
    let it = statement(r#"{"AWS":"123456789012"}"#);
    let written = |action: &str| {
        let policy = format!(
            r#"{{"Statement":[{{"Sid":"mine","Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::123456789012:root"}},
                "Action":["{action}"],"Resource":"arn:aws:events:bus"}}]}}"#
        );
        let policy = policy.replace('\n', " ").replace('"', "\\\"");
        ok(format!(r#"{{"Name":"b","Policy":"{policy}"}}"#).leak())
    };
    let (id, requests) = create(&it, &[written("events:PutEvents")]).await;
    assert_eq!((id.unwrap().as_ref(), requests.len()), ("b/mine", 1));
    assert_eq!(create(&it, &[written("events:PutRule")]).await.0.unwrap_err().class, ErrorClass::Exists);
    let (aws, wire) = Wire::cloud(&[written("events:PutRule"), ok("{}")]).await;
    aws.update(it.at(), "b/mine", &it.args, &it.args).await.unwrap();
    assert_eq!(wire.requests()[1].matches("mine").count(), 1, "{}", wire.requests()[1]);
}
