//! Replies of S3 that no emulator gives.

use dr_core::cloud::{Cloud as _, ErrorClass};
use dr_core::value::Value;

use crate::replay::{Reply, Subject, Wire, objections};

fn bucket() -> Subject {
    let args = r#"{"bucket":"b","force_destroy":true,"versioning":false,"object_ownership":"BucketOwnerEnforced",
        "encryption":{"sse_algorithm":"AES256","bucket_key_enabled":false},"object_lock_enabled":false,
        "public_access_block":{"block_public_acls":true,"block_public_policy":true,"ignore_public_acls":true,
        "restrict_public_buckets":true},"lifecycle_rules":[],"cors_rules":[],"tags":{"team":"a"}}"#;
    Subject::new("s3.bucket", args)
}

const DONE: Reply = Reply::Http(204, &[], "");
const NOT_EMPTY: Reply = Reply::Http(409, &[], "<Error><Code>BucketNotEmpty</Code><Message>no</Message></Error>");
const SLOW: Reply = Reply::Http(503, &[], "<Error><Code>SlowDown</Code><Message>no</Message></Error>");
const DELETED: Reply = Reply::Http(200, &[], "<DeleteResult></DeleteResult>");
const NO_UPLOADS: Reply = Reply::Http(200, &[], "<ListMultipartUploadsResult></ListMultipartUploadsResult>");

fn tagged(tags: &[(&str, &str)]) -> Reply {
    let tags: String = tags.iter().map(|(k, v)| format!("<Tag><Key>{k}</Key><Value>{v}</Value></Tag>")).collect();
    body(format!("<Tagging><TagSet>{tags}</TagSet></Tagging>"))
}

fn versions(element: &str, count: usize, more: bool) -> Reply {
    let all: String =
        (0..count).map(|i| format!("<{element}><Key>k{i}</Key><VersionId>v{i}</VersionId></{element}>")).collect();
    body(format!("<ListVersionsResult><IsTruncated>{more}</IsTruncated>{all}</ListVersionsResult>"))
}

fn body(text: String) -> Reply {
    Reply::Http(200, &[], text.leak())
}

#[tokio::test]
async fn in_the_first_region_a_bucket_of_another_operation_is_not_touched() {
    let untagged = Reply::Http(404, &[], "<Error><Code>NoSuchTagSet</Code><Message>no</Message></Error>");
    let elsewhere = Reply::Http(403, &[], "<Error><Code>AccessDenied</Code><Message>no</Message></Error>");
    let cases = [
        (tagged(&[("dr:op", "op-2")]), ErrorClass::Exists),
        (untagged, ErrorClass::Exists),
        (elsewhere, ErrorClass::Denied),
    ];
    for (reply, class) in cases {
        let (aws, wire) = Wire::cloud(&[reply]).await;
        let bucket = bucket();
        assert_eq!(aws.create(bucket.at(), &bucket.args, &bucket.intent).await.unwrap_err().class, class, "{reply:?}");
        assert_eq!(wire.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_bucket_that_one_has_already_is_adopted_only_from_the_same_operation() {
    let owned = "<Error><Code>BucketAlreadyOwnedByYou</Code><Message>yours</Message></Error>";
    let replies = [Reply::Http(409, &[], owned), tagged(&[("dr:op", "op-1")]), tagged(&[("dr:op", "op-2")])];
    let (aws, wire) = Wire::cloud(&replies).await;
    let bucket = Subject { region: "us-west-2", ..bucket() };
    let error = aws.create(bucket.at(), &bucket.args, &bucket.intent).await.unwrap_err();
    assert_eq!((error.class, error.maybe_done), (ErrorClass::Exists, false));
    assert_eq!(aws.find(bucket.at(), &bucket.args, &bucket.intent).await.unwrap().as_deref(), Some("b"));
    assert_eq!(aws.find(bucket.at(), &bucket.args, &bucket.intent).await.unwrap(), None);
    let created = &wire.requests()[0];
    assert!(created.contains("<LocationConstraint>us-west-2</LocationConstraint>"), "{created}");
    assert!(created.contains("<Tag><Key>dr:op</Key><Value>op-1</Value></Tag>"), "{created}");
}

#[tokio::test]
async fn a_bucket_is_emptied_page_by_page_of_versions_markers_and_uploads() {
    let upload = "<ListMultipartUploadsResult><Upload><Key>u</Key><UploadId>1</UploadId></Upload>\
        </ListMultipartUploadsResult>";
    let replies = [
        NOT_EMPTY,
        versions("Version", 1_000, true),
        DELETED,
        versions("DeleteMarker", 2, false),
        DELETED,
        Reply::Http(200, &[], upload),
        DONE,
        DONE,
    ];
    let (aws, wire) = Wire::cloud(&replies).await;
    let bucket = bucket();
    aws.delete(bucket.at(), "b", &bucket.args).await.unwrap();
    let requests = wire.requests();
    let objects = |at: usize| requests[at].matches("<VersionId>").count();
    assert_eq!((requests.len(), objects(2), objects(4)), (8, 1_000, 2));
    assert!(requests[6].starts_with("DELETE") && requests[6].contains("uploadId=1"), "{}", requests[6]);
}

#[tokio::test]
async fn emptying_goes_on_where_it_was_broken_off() {
    let replies = [NOT_EMPTY, versions("Version", 1_000, true), DELETED, SLOW];
    let rest = [NOT_EMPTY, versions("Version", 1, false), DELETED, NO_UPLOADS, DONE];
    let (aws, wire) = Wire::cloud(&[&replies[..], &rest[..]].concat()).await;
    let bucket = bucket();
    let error = aws.delete(bucket.at(), "b", &bucket.args).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Throttled);
    aws.delete(bucket.at(), "b", &bucket.args).await.unwrap();
    assert_eq!(wire.requests().len(), 9);
}

#[tokio::test]
async fn what_is_written_meanwhile_is_removed_by_the_next_attempt() {
    let replies = [NOT_EMPTY, versions("Version", 1, false), DELETED, NO_UPLOADS, NOT_EMPTY];
    let (aws, _) = Wire::cloud(&replies).await;
    let bucket = bucket();
    assert_eq!(aws.delete(bucket.at(), "b", &bucket.args).await.unwrap_err().class, ErrorClass::Conflict);
}

#[tokio::test]
async fn an_object_that_cannot_be_deleted_is_named() {
    let kept =
        "<DeleteResult><Error><Key>k0</Key><Code>AccessDenied</Code><Message>locked</Message></Error></DeleteResult>";
    let (aws, _) = Wire::cloud(&[NOT_EMPTY, versions("Version", 1, true), Reply::Http(200, &[], kept)]).await;
    let bucket = bucket();
    let error = aws.delete(bucket.at(), "b", &bucket.args).await.unwrap_err();
    assert_eq!((error.class, error.message.as_str()), (ErrorClass::Denied, "k0: locked"));
}

#[tokio::test]
async fn a_bucket_is_not_emptied_unasked() {
    let (aws, wire) = Wire::cloud(&[NOT_EMPTY]).await;
    let mut bucket = bucket();
    bucket.args.insert("force_destroy".into(), Value::Bool(false));
    assert_eq!(aws.delete(bucket.at(), "b", &bucket.args).await.unwrap_err().class, ErrorClass::Conflict);
    assert_eq!(wire.requests().len(), 1);
}

#[tokio::test]
async fn tags_of_the_engine_and_of_others_stay_when_tags_change() {
    let there = tagged(&[("dr:op", "op-1"), ("aws:x", "1"), ("team", "a"), ("cost", "9")]);
    let (aws, wire) = Wire::cloud(&[there, DONE]).await;
    let bucket = bucket();
    let mut new = bucket.args.clone();
    new.insert("tags".into(), Value::from_json(r#"{"owner":"b"}"#).unwrap());
    aws.update(bucket.at(), "b", &bucket.args, &new).await.unwrap();
    let put = &wire.requests()[1];
    let keys: Vec<&str> = put.split("<Key>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    assert_eq!(keys, ["aws:x", "cost", "dr:op", "owner"]);
}

#[tokio::test]
async fn a_name_that_another_account_has_is_objected_to() {
    for (status, taken) in [(404, false), (403, true), (200, false), (301, false)] {
        let found = objections("s3.bucket", &[r#"{"bucket":"pay-pr-7"}"#], &[Reply::Http(status, &[], "")]).await;
        assert_eq!(found.first().map(|o| (o.check, o.argument)), taken.then_some(("O03", "bucket")), "{status}");
    }
    assert_eq!(objections("s3.bucket", &["{}"], &[]).await, [], "a name that is not known");
}
