//! Replies of SNS that no emulator gives.

use dr_core::cloud::{Cloud as _, ErrorClass, Settled};
use dr_core::value::Value;

use crate::replay::{Reply, Subject, Wire, ok};

fn subscription() -> Subject {
    let args = r#"{"topic_arn":"arn:t","protocol":"email","endpoint":"a@b.example","raw_message_delivery":false}"#;
    Subject::new("sns.subscription", args)
}

const LISTED: &str = "<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>\
    <member><SubscriptionArn>PendingConfirmation</SubscriptionArn><Protocol>email</Protocol>\
    <Endpoint>a@b.example</Endpoint></member></Subscriptions></ListSubscriptionsByTopicResult>\
    </ListSubscriptionsByTopicResponse>";
const PENDING: &str = "<GetSubscriptionAttributesResponse><GetSubscriptionAttributesResult><Attributes>\
    <entry><key>PendingConfirmation</key><value>true</value></entry></Attributes></GetSubscriptionAttributesResult>\
    </GetSubscriptionAttributesResponse>";
const REFUSED: Reply = Reply::Http(
    400,
    &[],
    "<ErrorResponse><Error><Code>InvalidParameter</Code><Message>Invalid parameter: This subscription is pending \
     confirmation: Cannot unsubscribe a subscription that is pending confirmation</Message></Error></ErrorResponse>",
);
const NOT_FOUND: Reply = Reply::Http(
    404,
    &[],
    "<ErrorResponse><Error><Code>NotFound</Code><Message>Topic does not exist</Message></Error></ErrorResponse>",
);

#[tokio::test]
async fn what_waits_for_its_confirmation_is_made_again_and_never_ended() {
    let subscription = subscription();
    let (aws, _) = Wire::cloud(&[ok(LISTED), ok(PENDING), REFUSED, ok(PENDING)]).await;
    assert_eq!(aws.find(subscription.at(), &subscription.args, &subscription.intent).await.unwrap(), None);
    let live = aws.read(subscription.at(), "arn:s", &subscription.args).await.unwrap().unwrap();
    assert_eq!(live.outputs["pending_confirmation"], Value::Bool(true));
    assert_eq!(live.args, subscription.args);
    aws.delete(subscription.at(), "arn:s", &subscription.args).await.unwrap();
    let gone = aws.deleted(subscription.at(), "arn:s", &subscription.args).await.unwrap();
    assert_eq!(gone, Settled::Ready);
}

#[tokio::test]
async fn a_filter_goes_with_its_scope_and_a_dead_letter_queue_is_set_to_nothing() {
    let with = |more: &str| Value::from_json(more).unwrap().as_map().unwrap().clone();
    let (mut old, new) = (subscription().args, subscription().args);
    old.extend(with(
        r#"{"filter_policy":{"a":["b"]},"filter_policy_scope":"MessageBody",
        "redrive_policy":{"dead_letter_target_arn":"arn:q"}}"#,
    ));
    let (aws, wire) = Wire::cloud(&[ok("<R/>"), ok("<R/>")]).await;
    aws.update(subscription().at(), "arn:s", &old, &new).await.unwrap();
    let requests = wire.requests();
    assert!(requests[0].contains("AttributeName=FilterPolicy&AttributeValue=%7B%7D"), "{}", requests[0]);
    assert!(requests[1].ends_with("AttributeName=RedrivePolicy"), "{}", requests[1]);
}

#[tokio::test]
async fn a_topic_that_appears_meanwhile_is_not_taken_over() {
    let taken = Reply::Http(
        400,
        &[],
        "<ErrorResponse><Error><Code>InvalidParameter</Code><Message>Invalid parameter: Tags Reason: Topic already \
         exists with different tags</Message></Error></ErrorResponse>",
    );
    let args = r#"{"name":"t","fifo_topic":false,"content_based_deduplication":false,"display_name":""}"#;
    let topic = Subject::new("sns.topic", args);
    let (aws, wire) = Wire::cloud(&[NOT_FOUND, taken]).await;
    let error = aws.create(topic.at(), &topic.args, &topic.intent).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Exists);
    assert!(wire.requests()[1].contains("dr%3Aop"), "{}", wire.requests()[1]);
}
