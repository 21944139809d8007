//! Replies of Systems Manager that no emulator gives.

use dr_core::cloud::{Cloud as _, ErrorClass};

use crate::replay::{Reply, Subject, Wire};

fn parameter() -> Subject {
    let args = r#"{"name":"/p","type":"SecureString","value":"hush","description":"","tier":"Standard",
        "data_type":"text"}"#;
    Subject::new("ssm.parameter", args)
}

#[tokio::test]
async fn who_asks_too_often_may_ask_again_with_nothing_in_doubt() {
    let slow = Reply::Http(400, &[], r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#);
    let busy = Reply::Http(400, &[], r#"{"__type":"TooManyUpdates","message":"being updated"}"#);
    for (reply, class) in [(slow, ErrorClass::Throttled), (busy, ErrorClass::Conflict)] {
        let (aws, wire) = Wire::cloud(&[reply]).await;
        let error = aws.create(parameter().at(), &parameter().args, &parameter().intent).await.unwrap_err();
        assert_eq!((error.class, error.maybe_done, wire.requests().len()), (class, false, 1));
    }
}

#[tokio::test]
async fn a_listing_that_lags_behind_is_no_proof_that_the_parameter_is_gone() {
    let got = r#"{"Parameter":{"Name":"/p","Type":"SecureString","Value":"hush","Version":1,"ARN":"arn:p"}}"#;
    let (aws, _) = Wire::cloud(&[Reply::Http(200, &[], got), Reply::Http(200, &[], r#"{"Parameters":[]}"#)]).await;
    let error = aws.read(parameter().at(), "/p", &parameter().args).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Transient);
}
