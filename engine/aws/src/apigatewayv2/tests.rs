//! Replies of API Gateway that no emulator gives.

use dr_core::cloud::Cloud as _;

use crate::replay::{Reply, Subject, Wire};

const ROUTE: &str = r#"{"api_id":"a1","route_key":"GET /health","target":"integrations/i1",
    "authorization_type":"NONE","authorization_scopes":[],"api_key_required":false}"#;

#[tokio::test]
async fn lists_are_read_to_their_end() {
    let replies = [
        r#"{"items":[{"routeId":"r1","routeKey":"$default","target":"integrations/i1"}],"nextToken":"more"}"#,
        r#"{"items":[{"routeId":"r2","routeKey":"GET /health","target":"integrations/i1"}]}"#,
    ];
    let (aws, wire) = Wire::cloud(&replies.map(|body| Reply::Http(200, &[], body))).await;
    let route = Subject::new("apigatewayv2.route", ROUTE);
    let found = aws.find(route.at(), &route.args, &route.intent).await.unwrap();
    assert_eq!(found.as_deref(), Some("r2"));
    assert!(wire.requests()[1].contains("nextToken=more"), "{:?}", wire.requests());
}

#[tokio::test]
async fn nothing_is_found_in_an_api_that_is_gone() {
    let gone = Reply::Http(404, &[("x-amzn-errortype", "NotFoundException")], r#"{"message":"no such API"}"#);
    let (aws, _) = Wire::cloud(&[gone]).await;
    let route = Subject::new("apigatewayv2.route", ROUTE);
    assert_eq!(aws.find(route.at(), &route.args, &route.intent).await.unwrap(), None);
}

#[tokio::test]
async fn a_limit_that_is_left_out_is_not_sent_as_nothing() {
    let stage = Subject::new(
        "apigatewayv2.stage",
        r#"{"api_id":"a1","stage_name":"$default","auto_deploy":true,"description":"","stage_variables":{},
            "default_route_settings":{"detailed_metrics_enabled":true,"data_trace_enabled":false,
            "logging_level":"OFF"},"route_settings":{}}"#,
    );
    let (aws, wire) = Wire::cloud(&[Reply::Http(200, &[], "{}")]).await;
    aws.create(stage.at(), &stage.args, &stage.intent).await.unwrap();
    let asked = &wire.requests()[0];
    assert!(asked.contains(r#""defaultRouteSettings":{"detailedMetricsEnabled":true}"#), "{asked}");
}
