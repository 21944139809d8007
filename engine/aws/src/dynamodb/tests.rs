//! Replies of DynamoDB that no emulator gives: everything that takes time.

use dr_core::cloud::{Cloud as _, CloudError, ErrorClass, Live, Settled};
use dr_core::value::{Map, Value};

use crate::replay::{Reply, Subject, Wire, ok, refused};

fn table() -> Subject {
    let args = r#"{"name":"t","hash_key":"id","attributes":[{"name":"id","type":"S"}],"billing_mode":"PAY_PER_REQUEST",
        "stream_enabled":false,"point_in_time_recovery":false,"table_class":"STANDARD",
        "deletion_protection_enabled":false}"#;
    Subject::new("dynamodb.table", args)
}

/// The table's arguments with some changed.
fn with(changes: &str) -> Map<Value> {
    let mut args = table().args;
    args.extend(Value::from_json(changes).unwrap().as_map().unwrap().clone());
    args
}

/// A description of the table with something added.
macro_rules! described {
    ($status:literal $(, $more:literal)?) => {
        ok(concat!(
            r#"{"Table":{"TableName":"t","TableArn":"arn:aws:dynamodb:us-east-1:123456789012:table/t","TableId":"i","#,
            r#""KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"#,
            r#""AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"#,
            r#""BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"},"TableStatus":""#, $status, r#"""#,
            $(",", $more,)? "}}"
        ))
    };
}

const ACTIVE: Reply = described!("ACTIVE");
const ON: &str = r#"{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"old"}}"#;
const OFF: &str = r#"{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}"#;
const GOING_OFF: &str = r#"{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLING","AttributeName":"old"}}"#;

async fn update(old: &Map<Value>, new: &Map<Value>, replies: &[Reply]) -> (Result<(), CloudError>, Vec<String>) {
    let (aws, wire) = Wire::cloud(replies).await;
    (aws.update(table().at(), "t", old, new).await, wire.requests())
}

async fn read(replies: &[Reply]) -> Live {
    let (aws, _) = Wire::cloud(replies).await;
    aws.read(table().at(), "t", &table().args).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_table_is_ready_when_its_indexes_and_its_key_are() {
    let backfilling = described!("ACTIVE", r#""GlobalSecondaryIndexes":[{"IndexName":"i","IndexStatus":"CREATING"}]"#);
    let encrypting = described!("ACTIVE", r#""SSEDescription":{"Status":"UPDATING"}"#);
    let locked_out = described!("INACCESSIBLE_ENCRYPTION_CREDENTIALS");
    let failed = Settled::Failed("the table is INACCESSIBLE_ENCRYPTION_CREDENTIALS".into());
    for (reply, expected) in [
        (described!("CREATING"), Settled::Wait(None)),
        (described!("UPDATING"), Settled::Wait(None)),
        (backfilling, Settled::Wait(None)),
        (encrypting, Settled::Wait(None)),
        (locked_out, failed),
        (ACTIVE, Settled::Ready),
    ] {
        let (aws, _) = Wire::cloud(&[reply]).await;
        assert_eq!(aws.settle(table().at(), "t", &table().args).await.unwrap(), expected, "{reply:?}");
    }
}

#[tokio::test]
async fn changes_are_made_one_at_a_time() {
    let new = with(
        r#"{"attributes":[{"name":"id","type":"S"},{"name":"a","type":"S"}],"deletion_protection_enabled":true,
        "table_class":"STANDARD_INFREQUENT_ACCESS","global_secondary_indexes":[
        {"name":"by-a","hash_key":"a","projection_type":"ALL"},{"name":"by-id","hash_key":"id","projection_type":"ALL"}]}"#,
    );
    // While something is going on, nothing is asked for.
    let (result, requests) = update(&table().args, &new, &[described!("UPDATING")]).await;
    assert_eq!((result.unwrap_err().class, requests.len()), (ErrorClass::Conflict, 1));
    // Four are missing: the first is made.
    let (result, requests) = update(&table().args, &new, &[ACTIVE, ok("{}")]).await;
    assert_eq!((result.unwrap_err().class, requests.len()), (ErrorClass::Conflict, 2));
    assert!(requests[1].contains(r#""Create":{"IndexName":"by-a""#), "{}", requests[1]);
    assert!(!requests[1].contains("by-id") && !requests[1].contains("TableClass"), "{}", requests[1]);
    // One is missing: it is made, and nothing is left to come back for.
    let almost = described!(
        "ACTIVE",
        r#""TableClassSummary":{"TableClass":"STANDARD_INFREQUENT_ACCESS"},"DeletionProtectionEnabled":false"#
    );
    let last = with(r#"{"table_class":"STANDARD_INFREQUENT_ACCESS","deletion_protection_enabled":true}"#);
    let (result, requests) = update(&table().args, &last, &[almost, ok("{}")]).await;
    result.unwrap();
    assert!(requests[1].contains(r#""DeletionProtectionEnabled":true"#), "{}", requests[1]);
}

#[tokio::test]
async fn an_index_that_is_going_is_made_again_when_it_has_gone() {
    let going = described!("ACTIVE", r#""GlobalSecondaryIndexes":[{"IndexName":"by-id","IndexStatus":"DELETING"}]"#);
    let new = with(r#"{"global_secondary_indexes":[{"name":"by-id","hash_key":"id","projection_type":"ALL"}]}"#);
    let (result, requests) = update(&table().args, &new, &[going]).await;
    assert_eq!((result.unwrap_err().class, requests.len()), (ErrorClass::Conflict, 1));
}

#[tokio::test]
async fn expiry_is_switched_off_before_it_goes_by_another_attribute() {
    let (old, new) = (with(r#"{"ttl":{"attribute_name":"old"}}"#), with(r#"{"ttl":{"attribute_name":"new"}}"#));
    let (result, requests) = update(&old, &new, &[ACTIVE, ok(ON), ok("{}")]).await;
    assert_eq!(result.unwrap_err().class, ErrorClass::Conflict);
    assert!(requests[2].contains(r#""Enabled":false,"AttributeName":"old""#), "{}", requests[2]);
    let soon = refused(
        r#"{"__type":"ValidationException",
        "message":"Time to live has been modified multiple times within a fixed interval"}"#,
    );
    let (result, _) = update(&old, &new, &[ACTIVE, ok(GOING_OFF), soon]).await;
    assert_eq!(result.unwrap_err().class, ErrorClass::Conflict);
    let (result, requests) = update(&old, &new, &[ACTIVE, ok(OFF), ok("{}")]).await;
    result.unwrap();
    assert!(requests[2].contains(r#""Enabled":true,"AttributeName":"new""#), "{}", requests[2]);
}

#[tokio::test]
async fn backups_that_are_still_being_enabled_are_waited_for() {
    let unavailable = refused(
        r#"{"__type":"ContinuousBackupsUnavailableException",
        "message":"Backups are being enabled for the table: t. Please retry later"}"#,
    );
    let (aws, _) = Wire::cloud(&[unavailable]).await;
    let args = with(r#"{"point_in_time_recovery":true}"#);
    let error = aws.configure(table().at(), "t", &args, &table().intent).await.unwrap_err();
    assert!(error.class <= ErrorClass::Conflict, "{error:?}");
}

#[tokio::test]
async fn what_replicas_need_is_no_difference() {
    let replicated = described!(
        "ACTIVE",
        r#""Replicas":[{"RegionName":"us-west-2","ReplicaStatus":"ACTIVE"}],"LatestStreamArn":"a",
        "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}"#
    );
    let no_backups = ok(r#"{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED"}}"#);
    let live = read(&[replicated, ok(OFF), no_backups, ok(r#"{"Tags":[]}"#)]).await;
    assert_eq!(live.args["stream_enabled"], Value::Bool(false));
    assert_eq!(live.outputs["stream_arn"].as_str(), Some("a"));
    let (result, requests) = update(&table().args, &table().args, &[replicated]).await;
    result.unwrap();
    assert_eq!(requests.len(), 1);
}

#[tokio::test]
async fn the_accounts_key_is_not_named() {
    let encrypted = described!(
        "ACTIVE",
        r#""SSEDescription":{"Status":"ENABLED","SSEType":"KMS","KMSMasterKeyArn":"arn:aws:kms:us-east-1:1:key/a"}"#
    );
    let live = read(&[encrypted, ok(OFF), ok("{}"), ok(r#"{"Tags":[]}"#)]).await;
    assert_eq!(live.args["server_side_encryption"].to_json(), r#"{"enabled":true}"#);
    // To go from a key of one's own to the account's is done once the former is not there any more.
    let own = with(r#"{"server_side_encryption":{"enabled":true,"kms_key_arn":"arn:aws:kms:us-east-1:1:key/a"}}"#);
    let accounts = with(r#"{"server_side_encryption":{"enabled":true}}"#);
    let (result, requests) = update(&own, &accounts, &[encrypted, ok("{}")]).await;
    result.unwrap();
    assert!(requests[1].contains(r#""SSESpecification":{"Enabled":true,"SSEType":"KMS"}"#), "{}", requests[1]);
    let another = with(r#"{"server_side_encryption":{"enabled":true,"kms_key_arn":"arn:aws:kms:us-east-1:1:key/b"}}"#);
    let (result, requests) = update(&another, &accounts, &[encrypted]).await;
    result.unwrap();
    assert_eq!(requests.len(), 1);
}

#[tokio::test]
async fn the_type_of_the_tables_own_key_stays() {
    let new = with(r#"{"attributes":[{"name":"id","type":"N"}]}"#);
    let (result, requests) = update(&table().args, &new, &[ACTIVE]).await;
    let error = result.unwrap_err();
    assert_eq!((error.class, requests.len()), (ErrorClass::Invalid, 1));
    assert!(error.message.contains("`id`") && error.message.contains("from S to N"), "{error}");
}
