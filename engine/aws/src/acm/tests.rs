//! Replies of ACM that no emulator gives.

use dr_core::cloud::{Cloud as _, Settled};

use crate::replay::{Reply, Subject, Wire, ok};

fn certificate() -> Subject {
    let args = r#"{"domain_name":"shop.com","subject_alternative_names":["b.shop.com","a.shop.com"],
        "key_algorithm":"RSA_2048"}"#;
    Subject::new("acm.certificate", args)
}

macro_rules! described {
    ($status:literal $(, $more:literal)?) => {
        ok(concat!(
            r#"{"Certificate":{"DomainName":"shop.com","SubjectAlternativeNames":["shop.com","a.shop.com","b.shop.com"],"#,
            r#""KeyAlgorithm":"RSA-2048","Status":""#, $status, r#"""#, $(",", $more,)? "}}"
        ))
    };
}

const HALF: Reply = described!(
    "PENDING_VALIDATION",
    r#""DomainValidationOptions":[{"DomainName":"a.shop.com",
    "ResourceRecord":{"Name":"_a.shop.com.","Type":"CNAME","Value":"_1.acm-validations.aws."}},{"DomainName":"shop.com"}]"#
);
const KNOWN: Reply = described!(
    "PENDING_VALIDATION",
    r#""DomainValidationOptions":[
    {"DomainName":"a.shop.com","ResourceRecord":{"Name":"_a.shop.com.","Type":"CNAME","Value":"_1.acm-validations.aws."}},
    {"DomainName":"b.shop.com","ResourceRecord":{"Name":"_b.shop.com.","Type":"CNAME","Value":"_2.acm-validations.aws."}},
    {"DomainName":"shop.com","ResourceRecord":{"Name":"_0.shop.com.","Type":"CNAME","Value":"_0.acm-validations.aws."}}]"#
);
const FAILED: Reply = described!("FAILED", r#""FailureReason":"CAA_ERROR""#);
const LATE: Reply = described!("VALIDATION_TIMED_OUT");
const ISSUED: Reply = described!("ISSUED");

#[tokio::test]
async fn a_certificate_is_ready_once_its_proofs_are_known() {
    let certificate = certificate();
    let (aws, _) = Wire::cloud(&[HALF, KNOWN, FAILED]).await;
    let settle = || aws.settle(certificate.at(), "arn", &certificate.args);
    assert_eq!(settle().await.unwrap(), Settled::Wait(None));
    assert_eq!(settle().await.unwrap(), Settled::Ready);
    assert!(matches!(settle().await.unwrap(), Settled::Failed(why) if why.contains("CAA_ERROR")));
}

#[tokio::test]
async fn a_certificate_reads_back_as_it_was_given() {
    let certificate = certificate();
    let (aws, _) = Wire::cloud(&[KNOWN, ok(r#"{"Tags":[{"Key":"dr:op","Value":"op-1"}]}"#)]).await;
    let live = aws.read(certificate.at(), "arn", &certificate.args).await.unwrap().unwrap();
    assert_eq!(live.args["key_algorithm"].as_str(), Some("RSA_2048"));
    assert_eq!(live.args["subject_alternative_names"].to_json(), r#"["a.shop.com","b.shop.com"]"#);
    let options = live.outputs["validation_options"].as_list().unwrap();
    let names: Vec<_> = options.iter().map(|one| one.as_map().unwrap()["record_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["_0.shop.com", "_b.shop.com", "_a.shop.com"]);
}

#[tokio::test]
async fn a_validation_waits_until_the_certificate_is_issued() {
    let validation = Subject::new("acm.certificate_validation", r#"{"certificate_arn":"arn"}"#);
    let (aws, _) = Wire::cloud(&[KNOWN, ISSUED, LATE]).await;
    let settle = || aws.settle(validation.at(), "arn", &validation.args);
    assert_eq!(settle().await.unwrap(), Settled::Wait(None));
    assert_eq!(settle().await.unwrap(), Settled::Ready);
    assert!(matches!(settle().await.unwrap(), Settled::Failed(why) if why.contains("72 hours")));
}

#[tokio::test]
async fn the_newest_certificate_that_covers_the_name_is_found() {
    let list = r#"{"CertificateSummaryList":[
        {"CertificateArn":"old","DomainName":"*.shop.com","IssuedAt":1000},
        {"CertificateArn":"other","DomainName":"else.com","IssuedAt":9000},
        {"CertificateArn":"many","DomainName":"else.com","HasAdditionalSubjectAlternativeNames":true,"IssuedAt":5000},
        {"CertificateArn":"new","DomainName":"else.com","SubjectAlternativeNameSummaries":["API.shop.com"],"IssuedAt":2000}
        ]}"#;
    let query = Subject::new("acm.certificate_by_domain", r#"{"domain_name":"api.shop.com"}"#);
    let (aws, wire) = Wire::cloud(&[ok(list), ISSUED]).await;
    assert_eq!(aws.look_up(query.at(), &query.args).await.unwrap()["arn"].as_str(), Some("new"));
    let asked = &wire.requests()[0];
    assert!(asked.contains("EC_prime256v1") && asked.contains(r#""CertificateStatuses":["ISSUED"]"#), "{asked}");
}
