//! Replies of IAM that no emulator gives.

use dr_core::cloud::{Cloud as _, ErrorClass};
use dr_core::value::{Map, Value};

use crate::replay::{Reply, Subject, Wire};

const ARN: &str = "arn:aws:iam::123456789012:policy/it";
const DONE: Reply =
    Reply::Http(200, &[], "<CreatePolicyVersionResponse><CreatePolicyVersionResult/></CreatePolicyVersionResponse>");

fn policy() -> Subject {
    Subject::new("iam.policy", r#"{"name":"it","path":"/","policy":{"Version":"2012-10-17"}}"#)
}

fn changed(subject: &Subject) -> Map<Value> {
    let mut args = subject.args.clone();
    args.insert("policy".into(), Value::from_json(r#"{"Version":"2012-10-17","Id":"b"}"#).unwrap());
    args
}

/// What an update asks for, by the names of its calls, when the policy has these versions.
async fn update(versions: &'static str) -> Vec<String> {
    let (aws, wire) = Wire::cloud(&[Reply::Http(200, &[], versions), DONE, DONE]).await;
    let policy = policy();
    aws.update(policy.at(), ARN, &policy.args, &changed(&policy)).await.unwrap();
    wire.requests()
}

macro_rules! versions {
    ($($name:literal $default:literal),+) => {
        concat!(
            "<ListPolicyVersionsResponse><ListPolicyVersionsResult><IsTruncated>false</IsTruncated><Versions>",
            $(
                "<member><VersionId>", $name, "</VersionId>",
                "<IsDefaultVersion>", $default, "</IsDefaultVersion></member>",
            )+
            "</Versions></ListPolicyVersionsResult></ListPolicyVersionsResponse>"
        )
    };
}

#[tokio::test]
async fn the_oldest_version_makes_room_for_the_next() {
    let full = versions!("v11" true, "v10" false, "v9" false, "v8" false, "v12" false);
    let requests = update(full).await;
    assert!(
        requests[1].contains("Action=DeletePolicyVersion") && requests[1].ends_with("VersionId=v8"),
        "{requests:?}"
    );
    assert!(requests[2].contains("Action=CreatePolicyVersion"), "{requests:?}");
    // The default one is never deleted, however old it is.
    let old_default = versions!("v2" true, "v10" false, "v9" false, "v11" false, "v12" false);
    assert!(update(old_default).await[1].ends_with("VersionId=v9"));
    let requests = update(versions!("v1" true, "v2" false)).await;
    assert!(requests.len() == 2 && requests[1].contains("Action=CreatePolicyVersion"), "{requests:?}");
}

#[tokio::test]
async fn what_limits_others_is_not_taken_off_them() {
    let used = "<ErrorResponse><Error><Code>DeleteConflict</Code><Message>in use</Message></Error></ErrorResponse>";
    let nobody = "<ListEntitiesForPolicyResponse><ListEntitiesForPolicyResult><IsTruncated>false</IsTruncated>\
        </ListEntitiesForPolicyResult></ListEntitiesForPolicyResponse>";
    let used = Reply::Http(409, &[], used);
    let replies = [used, Reply::Http(200, &[], nobody), Reply::Http(200, &[], versions!("v1" true)), used];
    let (aws, wire) = Wire::cloud(&replies).await;
    let policy = policy();
    let error = aws.delete(policy.at(), ARN, &policy.args).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert!(wire.requests()[1].contains("PolicyUsageFilter=PermissionsPolicy"));
}

#[tokio::test]
async fn a_policy_that_somebody_else_wrote_into_the_role_stays() {
    let subject = Subject::new("iam.role_policy", r#"{"name":"it","role":"r","policy":{"Version":"2012-10-17"}}"#);
    let there = |document| Reply::Http(200, &[], document);
    let ours = "<GetRolePolicyResponse><GetRolePolicyResult><RoleName>r</RoleName><PolicyName>it</PolicyName>\
        <PolicyDocument>%7B%22Version%22%3A%222012-10-17%22%7D</PolicyDocument></GetRolePolicyResult>\
        </GetRolePolicyResponse>";
    let theirs = "<GetRolePolicyResponse><GetRolePolicyResult><RoleName>r</RoleName><PolicyName>it</PolicyName>\
        <PolicyDocument>%7B%7D</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>";
    let (aws, wire) = Wire::cloud(&[there(theirs), there(ours)]).await;
    let error = aws.create(subject.at(), &subject.args, &subject.intent).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Exists);
    assert_eq!(aws.create(subject.at(), &subject.args, &subject.intent).await.unwrap().as_ref(), "r:it");
    assert_eq!(wire.requests().len(), 2);
}

#[tokio::test]
async fn a_tag_that_is_only_written_differently_is_removed_before_it_is_set() {
    let args = r#"{"name":"it","assume_role_policy":{},"path":"/","max_session_duration":3600,
        "force_detach_policies":true,"tags":{"Team":"payments","stays":"x"}}"#;
    let role = Subject::new("iam.role", args);
    let mut new = role.args.clone();
    new.insert("tags".into(), Value::from_json(r#"{"team":"payments","stays":"x"}"#).unwrap());
    let untagged = Reply::Http(200, &[], "<UntagRoleResponse></UntagRoleResponse>");
    let tagged = Reply::Http(200, &[], "<TagRoleResponse></TagRoleResponse>");
    let (aws, wire) = Wire::cloud(&[untagged, tagged]).await;
    aws.update(role.at(), "it", &role.args, &new).await.unwrap();
    let asked = wire.requests();
    assert!(asked[0].contains("Action=UntagRole") && asked[0].ends_with("TagKeys.member.1=Team"), "{asked:?}");
    assert!(asked[1].contains("Action=TagRole") && asked[1].contains("Key=team&"), "{asked:?}");
    assert!(!asked[1].contains("stays"), "{asked:?}");
}
