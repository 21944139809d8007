//! Replies of Lambda that no emulator gives.

use dr_core::cloud::{Cloud as _, ErrorClass, Settled};
use dr_core::value::{Map, Value};

use crate::replay::{Reply, Subject, Wire, objections, ok};

fn function() -> Subject {
    let args = r#"{"function_name":"it","role":"arn:aws:iam::123456789012:role/r","package_type":"Image",
        "image_uri":"a","description":"","memory_size":128,"timeout":3,"ephemeral_storage_size":512,
        "tracing_mode":"PassThrough","publish":false}"#;
    Subject::new("lambda.function", args)
}

fn mapping() -> Subject {
    let args = r#"{"event_source_arn":"arn:aws:sqs:us-east-1:123456789012:q","function_name":"f","enabled":true,
        "maximum_batching_window_in_seconds":0}"#;
    Subject::new("lambda.event_source_mapping", args)
}

fn with(args: &Map<Value>, more: &str) -> Map<Value> {
    let more = Value::from_json(more).unwrap();
    let mut args = args.clone();
    args.extend(more.as_map().unwrap().clone());
    args
}

/// A reply of `GetFunction` with this configuration.
macro_rules! got {
    ($configuration:literal) => {
        ok(concat!(
            r#"{"Code":{"ImageUri":"a"},"Tags":{"dr:op":"op-1"},"Configuration":{"FunctionName":"it",
                "FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:it",
                "Role":"arn:aws:iam::123456789012:role/r","PackageType":"Image","Timeout":3,"#,
            $configuration,
            "}}"
        ))
    };
}

const BUSY: Reply = Reply::Http(
    409,
    &[("x-amzn-errortype", "ResourceConflictException")],
    r#"{"message":"The operation cannot be performed at this time. An update is in progress for resource: it"}"#,
);
const GONE: Reply =
    Reply::Http(404, &[("x-amzn-errortype", "ResourceNotFoundException")], r#"{"Message":"It does not exist."}"#);

#[tokio::test]
async fn a_role_that_is_not_known_yet_is_waited_for() {
    let reply = Reply::Http(
        400,
        &[("x-amzn-errortype", "InvalidParameterValueException")],
        r#"{"message":"The role defined for the function cannot be assumed by Lambda."}"#,
    );
    let (aws, _) = Wire::cloud(&[reply]).await;
    let function = function();
    let error = aws.create(function.at(), &function.args, &function.intent).await.unwrap_err();
    assert_eq!((error.class, error.maybe_done), (ErrorClass::NotYetConsistent, false));
}

#[tokio::test]
async fn a_function_is_ready_when_it_and_its_last_change_have_arrived() {
    let cases = [
        (got!(r#""State":"Pending""#), Settled::Wait(None)),
        (got!(r#""State":"Failed","StateReason":"no address""#), Settled::Failed("no address".into())),
        (got!(r#""State":"Active","LastUpdateStatus":"InProgress""#), Settled::Wait(None)),
        (
            got!(r#""State":"Active","LastUpdateStatus":"Failed","LastUpdateStatusReason":"no key""#),
            Settled::Failed("no key".into()),
        ),
        (got!(r#""State":"Active","LastUpdateStatus":"Successful""#), Settled::Ready),
        (got!(r#""State":"Inactive""#), Settled::Ready),
    ];
    let function = function();
    for (reply, expected) in cases {
        let (aws, _) = Wire::cloud(&[reply]).await;
        assert_eq!(aws.settle(function.at(), "it", &function.args).await.unwrap(), expected, "{reply:?}");
    }
}

#[tokio::test]
async fn an_update_that_is_tried_again_goes_on_where_it_stopped() {
    let (before, after) = (got!(r#""MemorySize":128"#), got!(r#""MemorySize":256"#));
    let (aws, wire) = Wire::cloud(&[before, ok("{}"), BUSY, after, ok("{}")]).await;
    let function = function();
    let new = with(&function.args, r#"{"memory_size":256,"image_uri":"b"}"#);
    let error = aws.update(function.at(), "it", &function.args, &new).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    aws.update(function.at(), "it", &function.args, &new).await.unwrap();
    let requests = wire.requests();
    let paths: Vec<_> = requests.iter().filter_map(|r| r.lines().next()?.rsplit('/').next()).collect();
    assert_eq!(paths, ["it", "configuration", "code", "it", "code"]);
    // Only what differs is sent.
    assert!(requests[1].ends_with(r#"{"MemorySize":256}"#), "{}", requests[1]);
}

#[tokio::test]
async fn what_lambda_chose_for_logging_is_no_difference() {
    let chosen = r#"{"log_format":"JSON"}"#;
    let cases = [
        (r#"{}"#, got!(r#""LoggingConfig":{"LogFormat":"Text","LogGroup":"/aws/lambda/it"}"#), "null"),
        (
            r#"{"logging_config":{"log_format":"JSON"}}"#,
            got!(
                r#""LoggingConfig":{"LogFormat":"JSON","LogGroup":"/aws/lambda/it","ApplicationLogLevel":"INFO",
                    "SystemLogLevel":"INFO"}"#
            ),
            chosen,
        ),
        (
            r#"{"logging_config":{"log_format":"JSON","system_log_level":"INFO"}}"#,
            got!(r#""LoggingConfig":{"LogFormat":"JSON","LogGroup":"/other","SystemLogLevel":"INFO"}"#),
            r#"{"log_format":"JSON","log_group":"/other","system_log_level":"INFO"}"#,
        ),
        // Somebody else's change.
        (r#"{}"#, got!(r#""LoggingConfig":{"LogFormat":"JSON","LogGroup":"/aws/lambda/it"}"#), chosen),
    ];
    let function = function();
    for (last, reply, expected) in cases {
        let (aws, _) = Wire::cloud(&[reply]).await;
        let live = aws.read(function.at(), "it", &with(&function.args, last)).await.unwrap().unwrap();
        let logging = live.args.get("logging_config").cloned().unwrap_or_default();
        assert_eq!(logging.to_json(), expected, "{last}");
    }
}

#[tokio::test]
async fn code_is_compared_by_the_digest_of_its_archive() {
    let digest = "4NAVO3ek8GaPVBLoXmYZ5kUwTF/GmzFoW6lXIYqYCZI=";
    let reply = ok(r#"{"Configuration":{"FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:it",
        "CodeSha256":"4NAVO3ek8GaPVBLoXmYZ5kUwTF/GmzFoW6lXIYqYCZI="}}"#);
    let package = "sha256:e0d0153b77a4f0668f5412e85e6619e645304c5fc69b31685ba957218a980992";
    let function = function();
    for (last, expected) in [(r#"{"package":"sha256:00"}"#, Some(package)), (r#"{"s3_key":"k"}"#, None)] {
        let (aws, _) = Wire::cloud(&[reply]).await;
        let live = aws.read(function.at(), "it", &with(&function.args, last)).await.unwrap().unwrap();
        assert_eq!(live.args.get("package").and_then(Value::as_str), expected, "{last}");
        assert_eq!(live.outputs["code_sha256"].as_str(), Some(digest));
    }
}

#[tokio::test]
async fn a_function_whose_tags_are_withheld_is_nobody_elses() {
    let reply = ok(r#"{"Configuration":{"FunctionName":"it"},"TagsError":{"ErrorCode":"AccessDeniedException",
        "Message":"not authorized to perform: lambda:ListTags"}}"#);
    let (aws, _) = Wire::cloud(&[reply]).await;
    let function = function();
    let error = aws.find(function.at(), &function.args, &function.intent).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Denied);
}

#[tokio::test]
async fn a_mapping_arrives_and_goes_slowly() {
    let cases = [
        (r#"{"State":"Creating"}"#, Settled::Wait(None)),
        (r#"{"State":"Enabled"}"#, Settled::Ready),
        (r#"{"State":"Updating"}"#, Settled::Wait(None)),
        (r#"{"State":"Disabled"}"#, Settled::Ready),
    ];
    let mapping = mapping();
    for (reply, expected) in cases {
        let (aws, _) = Wire::cloud(&[ok(reply)]).await;
        assert_eq!(aws.settle(mapping.at(), "u", &mapping.args).await.unwrap(), expected, "{reply}");
    }
    let deleting = ok(r#"{"State":"Deleting","FunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:f"}"#);
    let in_use = Reply::Http(400, &[("x-amzn-errortype", "ResourceInUseException")], r#"{"Message":"in use"}"#);
    let (aws, _) = Wire::cloud(&[in_use, deleting, ok(r#"{"Tags":{}}"#), GONE]).await;
    let error = aws.delete(mapping.at(), "u", &mapping.args).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert_eq!(aws.deleted(mapping.at(), "u", &mapping.args).await.unwrap(), Settled::Wait(None));
    assert_eq!(aws.deleted(mapping.at(), "u", &mapping.args).await.unwrap(), Settled::Ready);
}

#[tokio::test]
async fn a_statement_is_read_back_as_it_was_given() {
    let reply = ok(concat!(
        r#"{"Policy":"{\"Statement\":[{\"Sid\":\"another\",\"Effect\":\"Allow\"},{\"Sid\":\"it\","#,
        r#"\"Action\":\"lambda:InvokeFunction\",\"Principal\":{\"AWS\":\"arn:aws:iam::210987654321:root\"},"#,
        r#"\"Condition\":{\"ArnLike\":{\"AWS:SourceArn\":\"arn:aws:s3:::b\"},\"StringEquals\":{"#,
        r#"\"AWS:SourceAccount\":\"123456789012\",\"aws:PrincipalOrgID\":\"o-1234567890\","#,
        r#"\"lambda:FunctionUrlAuthType\":\"NONE\"}}}]}"}"#
    ));
    let args = r#"{"function_name":"f","statement_id":"it","action":"lambda:InvokeFunction",
        "principal":"210987654321","source_arn":"arn:aws:s3:::b","source_account":"123456789012",
        "principal_org_id":"o-1234567890","function_url_auth_type":"NONE"}"#;
    let permission = Subject::new("lambda.permission", args);
    let (aws, _) = Wire::cloud(&[reply, reply, reply]).await;
    let live = aws.read(permission.at(), "f/it", &permission.args).await.unwrap().unwrap();
    assert_eq!(live.args, permission.args);
    let found = aws.find(permission.at(), &permission.args, &permission.intent).await.unwrap();
    assert_eq!(found.as_deref(), Some("f/it"));
    let others = with(&permission.args, r#"{"source_arn":"arn:aws:s3:::c"}"#);
    assert_eq!(aws.find(permission.at(), &others, &permission.intent).await.unwrap(), None);
}

#[tokio::test]
async fn instances_are_ready_when_lambda_has_them() {
    let args = r#"{"function_name":"f","qualifier":"live","provisioned_concurrent_executions":2}"#;
    let it = Subject::new("lambda.concurrency", args);
    let why = Settled::Failed("the account has no more".into());
    for (status, expected) in [("IN_PROGRESS", Settled::Wait(None)), ("FAILED", why), ("READY", Settled::Ready)] {
        let body = format!(r#"{{"Status":"{status}","StatusReason":"the account has no more"}}"#);
        let (aws, _) = Wire::cloud(&[ok(body.leak())]).await;
        assert_eq!(aws.settle(it.at(), "f/live", &it.args).await.unwrap(), expected, "{status}");
    }
    let absent = Reply::Http(
        404,
        &[("x-amzn-errortype", "ProvisionedConcurrencyConfigNotFoundException")],
        r#"{"Message":"No Provisioned Concurrency Config found for this function"}"#,
    );
    let (aws, _) = Wire::cloud(&[absent]).await;
    assert_eq!(aws.find(it.at(), &it.args, &it.intent).await.unwrap(), None);
    let more = ok(r#"{"RequestedProvisionedConcurrentExecutions":3,"Status":"READY"}"#);
    let (aws, _) = Wire::cloud(&[more]).await;
    let error = aws.create(it.at(), &it.args, &it.intent).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Exists);
}

#[tokio::test]
async fn more_reserved_than_the_account_has_left_is_objected_to() {
    let left = |n: usize| {
        ok(format!(r#"{{"AccountLimit":{{"ConcurrentExecutions":1000,"UnreservedConcurrentExecutions":{n}}}}}"#).leak())
    };
    let (five, ten) = (r#"{"reserved_concurrent_executions":5}"#, r#"{"reserved_concurrent_executions":10}"#);
    for (made, unreserved, over) in [
        (&[five, ten][..], 115, None),
        (&[five, "{}", ten], 114, Some(2)),
        (&[five], 100, Some(0)),
        // A new account may have fewer concurrent executions than Lambda keeps back.
        (&[five], 10, Some(0)),
    ] {
        let found = objections("lambda.function", made, &[left(unreserved)]).await;
        assert_eq!(found.first().map(|o| (o.check, o.wish)), over.map(|wish| ("O01", wish)), "{made:?} {unreserved}");
    }
    // Whoever reserves nothing, or nothing at all, takes nothing away: nobody is asked.
    assert_eq!(objections("lambda.function", &["{}", r#"{"reserved_concurrent_executions":0}"#], &[]).await, []);
}
