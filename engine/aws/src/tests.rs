//! What can be said of the whole, and replies that no emulator gives.

#![cfg(all(feature = "iam", feature = "sqs"))]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dr_core::cloud::{Cloud as _, CloudError, CloudResult, ErrorClass, Live, RequestWatch, Target};
use dr_core::value::Value;
use dr_kinds::actions::{LOOKING_FOR_LEFTOVERS, actions_of};
use dr_kinds::calls::calls_of;

use crate::replay::{Reply, Subject, Wire, ok};
use crate::services::SERVICES;

impl Subject {
    async fn create(&self, replies: &[Reply]) -> (Result<String, CloudError>, Vec<String>) {
        let (aws, wire) = Wire::cloud(replies).await;
        let id = aws.create(self.at(), &self.args, &self.intent).await;
        (id.map(|id| id.to_string()), wire.requests())
    }

    async fn read(&self, replies: &[Reply]) -> Result<Option<Live>, CloudError> {
        let (aws, _) = Wire::cloud(replies).await;
        aws.read(self.at(), "it", &self.args).await
    }
}

fn queue() -> Subject {
    let args = r#"{"name":"q","fifo_queue":false,"content_based_deduplication":false,"visibility_timeout_seconds":30,
        "message_retention_seconds":60,"delay_seconds":0,"max_message_size":1024,"receive_wait_time_seconds":0,
        "kms_data_key_reuse_period_seconds":300}"#;
    Subject::new("sqs.queue", args)
}

fn role() -> Subject {
    let args = r#"{"name":"it","assume_role_policy":{},"path":"/","max_session_duration":3600,
        "force_detach_policies":true}"#;
    Subject::new("iam.role", args)
}

const NO_QUEUE: Reply = Reply::Http(
    400,
    &[("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender")],
    r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}"#,
);

#[test]
fn every_lifecycle_belongs_to_a_kind() {
    let registry = dr_kinds::registry();
    for service in SERVICES {
        let kinds = service.kinds.iter().map(|kind| (kind.kind(), false));
        for (kind, lookup) in kinds.chain(service.look_ups.iter().map(|look_up| (look_up.kind(), true))) {
            assert!(registry.get(kind.name).is_some_and(|known| known.lookup == lookup), "{}", kind.name);
        }
    }
}

/// The errors of a call are looked up by the first part of its name: under another one they would mean nothing.
#[test]
fn calls_are_named_as_their_service_says() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for service in SERVICES {
        let kinds = service.kinds.iter().map(|kind| kind.kind());
        let kind = { kinds }.chain(service.look_ups.iter().map(|look_up| look_up.kind())).next().unwrap();
        let mut named = 0;
        for file in std::fs::read_dir(sources.join(kind.service())).unwrap() {
            let file = file.unwrap().path();
            for text in std::fs::read_to_string(&file).unwrap().split('"').skip(1).step_by(2) {
                let Some((calls, operation)) = text.split_once(':') else { continue };
                let is_call = operation.starts_with(char::is_uppercase)
                    && operation.chars().all(char::is_alphanumeric)
                    && calls.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
                if is_call && calls != "tag" {
                    assert_eq!(calls, service.calls, "{text} in {}", file.display());
                    named += 1;
                }
            }
        }
        assert!(named > 0, "no calls of {}", kind.service());
    }
}

/// Whoever prints what a program needs goes by what the kinds declare: no lifecycle may make a call besides.
#[test]
fn every_call_of_a_lifecycle_is_declared() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for service in SERVICES {
        let kinds = service.kinds.iter().map(|kind| kind.kind());
        let kinds: Vec<_> = kinds.chain(service.look_ups.iter().map(|look_up| look_up.kind())).collect();
        let declared = |kind: &str| -> BTreeSet<&str> {
            calls_of(kind).map(|of| of.calls().map(|(call, _)| call).collect()).unwrap_or_default()
        };
        let by_any: BTreeSet<&str> = kinds.iter().flat_map(|kind| declared(kind.name)).collect();
        for file in std::fs::read_dir(sources.join(kinds[0].service())).unwrap() {
            let file = file.unwrap().path();
            let stem = file.file_stem().unwrap().to_str().unwrap().to_owned();
            // Who the caller is, everybody may ask; what a sweep asks, every policy allows.
            if ["tests", "errors", "sweep", "mod"].contains(&&*stem) || service.calls == "sts" {
                continue;
            }
            let text = std::fs::read_to_string(&file).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            let for_all = |call: &str| {
                let needed = actions_of(service.calls, call);
                stem == "leftovers" && needed.iter().all(|action| LOOKING_FOR_LEFTOVERS.contains(&&**action))
            };
            let own = kinds.iter().find(|kind| kind.short() == stem).map(|kind| declared(kind.name));
            for call in
                text.split('"').skip(1).step_by(2).filter_map(|call| call.strip_prefix(&format!("{}:", service.calls)))
            {
                if call.starts_with(char::is_uppercase) && call.chars().all(char::is_alphanumeric) {
                    let is = own.as_ref().unwrap_or(&by_any).contains(call);
                    assert!(
                        is || for_all(call),
                        "{} makes {}:{call}, and no kind declares it",
                        file.display(),
                        service.calls
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn a_lost_reply_may_have_had_its_effect() {
    for reply in [Reply::Timeout, Reply::Broken, Reply::Http(500, &[], "oops")] {
        let (id, requests) = queue().create(&[NO_QUEUE, reply]).await;
        let error = id.unwrap_err();
        assert_eq!((error.class, error.maybe_done), (ErrorClass::Transient, true), "{reply:?}: {error}");
        // Nothing was tried again.
        assert_eq!(requests.len(), 2);
    }
}

/// Whatever the protocol: JSON, XML, and a page that is no answer of the service.
#[tokio::test]
async fn a_reply_that_cannot_be_read_may_have_had_its_effect() {
    for body in ["{\"QueueUrl\": ", "<html>proxy</html>"] {
        let (id, requests) = queue().create(&[NO_QUEUE, Reply::Http(200, &[], body)]).await;
        let error = id.unwrap_err();
        assert_eq!((error.class, error.maybe_done), (ErrorClass::Transient, true), "{body}: {error}");
        assert_eq!(requests.len(), 2);
    }
    for body in ["{}", "<html>proxy</html>", ""] {
        let error = role().create(&[Reply::Http(200, &[], body)]).await.0.unwrap_err();
        assert_eq!((error.class, error.maybe_done), (ErrorClass::Transient, true), "{body}: {error}");
    }
    // What the service says to have refused was not done.
    let refused = "<ErrorResponse><Error><Code>LimitExceeded</Code><Message>no</Message></Error></ErrorResponse>";
    let error = role().create(&[Reply::Http(409, &[], refused)]).await.0.unwrap_err();
    assert_eq!((error.class, error.maybe_done), (ErrorClass::Invalid, false), "{error}");
}

#[tokio::test]
async fn a_queue_of_somebody_else_is_not_taken_over() {
    let there = Reply::Http(200, &[], r#"{"QueueUrl":"https://q"}"#);
    let foreign = Reply::Http(200, &[], r#"{"Tags":{"dr:op":"op-2"}}"#);
    let ours = Reply::Http(200, &[], r#"{"Tags":{"dr:op":"op-1"}}"#);
    let (id, _) = queue().create(&[there, foreign]).await;
    assert_eq!(id.unwrap_err().class, ErrorClass::Exists);
    let (id, _) = queue().create(&[there, ours]).await;
    assert_eq!(id.unwrap(), "https://q");
}

#[tokio::test]
async fn tags_say_who_made_it_from_the_start() {
    let (id, requests) = queue().create(&[NO_QUEUE, Reply::Http(200, &[], r#"{"QueueUrl":"https://q"}"#)]).await;
    assert_eq!(id.unwrap(), "https://q");
    for tag in [r#""dr:op":"op-1""#, r#""dr:env":"pr-1""#, r#""dr:program":"p""#, r#""dr:address":"sqs.queue:it""#] {
        assert!(requests[1].contains(tag), "{tag} in {}", requests[1]);
    }
}

#[tokio::test]
async fn only_the_service_can_say_that_something_is_gone() {
    let gone = Reply::Http(
        404,
        &[],
        "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>no role</Message></Error></ErrorResponse>",
    );
    assert_eq!(role().read(&[gone]).await.unwrap(), None);
    let page = Reply::Http(404, &[("content-type", "text/html")], "<html>not here</html>");
    assert_eq!(role().read(&[page]).await.unwrap_err().class, ErrorClass::Invalid);
}

#[tokio::test]
async fn the_time_to_wait_is_passed_on() {
    let throttled = "<ErrorResponse><Error><Code>Throttling</Code><Message>slow</Message></Error></ErrorResponse>";
    let error = role().read(&[Reply::Http(400, &[("retry-after", "7")], throttled)]).await.unwrap_err();
    assert_eq!((error.class, error.retry_after), (ErrorClass::Throttled, Some(Duration::from_secs(7))));
    assert!(!error.maybe_done);
}

#[tokio::test]
async fn a_role_is_read_with_its_policy_decoded_and_without_marks() {
    let reply = Reply::Http(
        200,
        &[],
        "<GetRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRoleResult><Role><Path>/</Path>\
         <RoleName>it</RoleName><RoleId>AROA1</RoleId><Arn>arn:aws:iam::123456789012:role/it</Arn>\
         <CreateDate>2026-01-01T00:00:00Z</CreateDate><MaxSessionDuration>7200</MaxSessionDuration>\
         <AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%7D</AssumeRolePolicyDocument>\
         <Tags><member><Key>dr:op</Key><Value>op-1</Value></member>\
         <member><Key>team</Key><Value>a</Value></member></Tags></Role></GetRoleResult></GetRoleResponse>",
    );
    let live = role().read(&[reply]).await.unwrap().unwrap();
    assert_eq!(live.args["assume_role_policy"].to_json(), r#"{"Version":"2012-10-17"}"#);
    assert_eq!(live.args["tags"].to_json(), r#"{"team":"a"}"#);
    assert_eq!(live.args["max_session_duration"], Value::Int(7200));
    assert_eq!(live.outputs["arn"].as_str(), Some("arn:aws:iam::123456789012:role/it"));
}

/// Lets so many requests through that change something.
#[derive(Default)]
struct Permits {
    left: AtomicUsize,
    again: Mutex<Vec<ErrorClass>>,
    can_be_taken_over: bool,
}

impl RequestWatch for Permits {
    fn may_change(&self) -> CloudResult<'_, ()> {
        let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        let refused = |_| CloudError::new(ErrorClass::Throttled, "state", "NotOurs", "somebody else has it");
        Box::pin(std::future::ready(taken.map(drop).map_err(refused)))
    }

    fn can_be_taken_over(&self) -> bool {
        self.can_be_taken_over
    }

    fn again(&self, _: Option<Target<'_>>, failure: ErrorClass, _: Duration) {
        self.again.lock().unwrap().push(failure);
    }
}

#[tokio::test]
async fn each_request_that_changes_something_needs_the_state_to_be_ours() {
    let queue = queue();
    let mut new = queue.args.clone();
    new.insert("delay_seconds".into(), Value::Int(5));
    new.insert("tags".into(), Value::from_json(r#"{"a":"b"}"#).unwrap());
    for (permits, sent, is_done) in [(0, 0, false), (1, 1, false), (2, 2, true)] {
        let (aws, wire) = Wire::cloud(&[ok("{}"), ok("{}")]).await;
        aws.watched_by(Arc::new(Permits { left: permits.into(), ..Permits::default() }));
        let updated = aws.update(queue.at(), "https://q", &queue.args, &new).await;
        assert_eq!((wire.requests().len(), updated.is_ok()), (sent, is_done), "{permits}: {:?}", wire.requests());
        // Whoever only looks needs no permission.
        let (aws, _) = Wire::cloud(&[ok(r#"{"Attributes":{}}"#), ok(r#"{"Tags":{}}"#)]).await;
        aws.watched_by(Arc::new(Permits::default()));
        assert!(aws.read(queue.at(), "https://q", &queue.args).await.is_ok());
    }
}

#[tokio::test]
async fn single_requests_are_made_again_and_the_engine_is_told() {
    const BUSY: Reply = Reply::Http(400, &[], r#"{"__type":"ThrottlingException","message":"slow down"}"#);
    let (aws, wire) = Wire::cloud(&[ok(r#"{"Attributes":{}}"#), BUSY]).await;
    let watch = Arc::new(Permits::default());
    aws.watched_by(watch.clone());
    let queue = queue();
    let read = aws.read(queue.at(), "https://q", &queue.args).await;
    assert_eq!(read.unwrap_err().class, ErrorClass::Throttled);
    // The first of the two was asked once; the second until it was given up.
    assert_eq!(wire.requests().len(), 2);
    assert_eq!(*watch.again.lock().unwrap(), [ErrorClass::Throttled; 4]);
    // A change is not repeated within its call where somebody else may take the state over meanwhile.
    let mut new = queue.args.clone();
    new.insert("delay_seconds".into(), Value::Int(5));
    for (can_be_taken_over, repeated) in [(false, 4), (true, 0)] {
        let (aws, _) = Wire::cloud(&[BUSY]).await;
        let watch = Arc::new(Permits { left: 1.into(), can_be_taken_over, ..Permits::default() });
        aws.watched_by(watch.clone());
        let updated = aws.update(queue.at(), "https://q", &queue.args, &new).await;
        assert_eq!(updated.unwrap_err().class, ErrorClass::Throttled);
        assert_eq!(watch.again.lock().unwrap().len(), repeated, "{can_be_taken_over}");
    }
    // The client does not repeat a call to a region that has never answered: the engine does.
    let (aws, _) = Wire::cloud(&[Reply::Broken]).await;
    let watch = Arc::new(Permits::default());
    aws.watched_by(watch.clone());
    assert!(aws.read(queue.at(), "https://q", &queue.args).await.is_err());
    assert_eq!(*watch.again.lock().unwrap(), []);
}
