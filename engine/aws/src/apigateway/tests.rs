//! Replies of API Gateway that no emulator gives, and what is asked for.

use dr_core::cloud::{Cloud as _, Intent};
use dr_core::value::Value;

use crate::replay::{Reply, Subject, Wire};

const API: &str = r#"{"name":"it","description":"","endpoint_type":"REGIONAL","vpc_endpoint_ids":[],
    "api_key_source":"HEADER","binary_media_types":[],"disable_execute_api_endpoint":false,
    "policy":{"Statement":[{"Action":"execute-api:Invoke","Effect":"Allow","Principal":"*",
    "Resource":"execute-api:/prod/*"}]}}"#;

#[tokio::test]
async fn a_policy_reads_as_it_was_written() {
    // As it would stand between quotes, and with the API's own name in it.
    let reply = Reply::Http(
        200,
        &[],
        r#"{"id":"a1","name":"it","rootResourceId":"r1","policy":"{\\\"Statement\\\":[{\\\"Action\\\":\\\"execute-api:Invoke\\\",\\\"Effect\\\":\\\"Allow\\\",\\\"Principal\\\":\\\"*\\\",\\\"Resource\\\":\\\"arn:aws:execute-api:us-east-1:123456789012:a1\\/prod\\/*\\\"}]}"}"#,
    );
    let (aws, _) = Wire::cloud(&[reply]).await;
    let api = Subject::new("apigateway.rest_api", API);
    let live = aws.read(api.at(), "a1", &api.args).await.unwrap().unwrap();
    assert_eq!(live.args.get("policy"), api.args.get("policy"));
}

#[tokio::test]
async fn a_deployment_is_known_by_its_mark_among_others_that_look_the_same() {
    let reply = Reply::Http(
        200,
        &[],
        r#"{"item":[{"id":"d0","description":"same"},{"id":"d1","description":"same [dr:op op-0]"},
            {"id":"d2","description":"same [dr:op op-1]"}]}"#,
    );
    let (aws, _) = Wire::cloud(&[reply]).await;
    let deployment =
        Subject::new("apigateway.deployment", r#"{"rest_api_id":"a1","description":"same","triggers":{}}"#);
    let found = aws.find(deployment.at(), &deployment.args, &deployment.intent).await.unwrap();
    assert_eq!(found.as_deref(), Some("d2"));
}

#[tokio::test]
async fn where_nobody_knows_its_operation_the_last_deployment_with_a_mark_counts() {
    let reply = Reply::Http(
        200,
        &[],
        r#"{"item":[{"id":"d1","description":"[dr:op op-0]","createdDate":1.7e9},
            {"id":"d2","description":"[dr:op op-1]","createdDate":1.8e9},{"id":"d3","createdDate":1.9e9}]}"#,
    );
    let (aws, _) = Wire::cloud(&[reply]).await;
    let deployment = Subject::new("apigateway.deployment", r#"{"rest_api_id":"a1","description":"","triggers":{}}"#);
    let Intent { environment, program, address, .. } = deployment.intent.clone();
    let intent = Intent::unknown(environment, program, address);
    assert_eq!(aws.find(deployment.at(), &deployment.args, &intent).await.unwrap().as_deref(), Some("d2"));
}

const STAGE: &str = r#"{"rest_api_id":"a1","stage_name":"prod","deployment_id":"d1","description":"","variables":{},
    "tracing_enabled":false,"cache_cluster_enabled":false,"method_settings":{"*/*":{"metrics_enabled":false,
    "logging_level":"OFF","data_trace_enabled":false,"caching_enabled":false,"cache_ttl_in_seconds":300,
    "cache_data_encrypted":false}}}"#;

/// A stage with settings of all methods, as API Gateway fills them in, and of one that has its own.
const LIVE: Reply = Reply::Http(
    200,
    &[],
    r#"{"deploymentId":"d1","stageName":"prod","methodSettings":{
        "*/*":{"metricsEnabled":false,"loggingLevel":"OFF","dataTraceEnabled":false,"throttlingBurstLimit":5000,
            "throttlingRateLimit":10000.0,"cachingEnabled":false,"cacheTtlInSeconds":300,"cacheDataEncrypted":false},
        "~1orders~1{id}/GET":{"metricsEnabled":true,"throttlingBurstLimit":-1,"throttlingRateLimit":-1.0,
            "cacheTtlInSeconds":300}}}"#,
);

#[tokio::test]
async fn limits_of_the_account_are_no_settings() {
    let (aws, _) = Wire::cloud(&[LIVE]).await;
    let stage = Subject::new("apigateway.stage", STAGE);
    let live = aws.read(stage.at(), "a1/prod", &stage.args).await.unwrap().unwrap().args;
    let settings = live["method_settings"].as_map().unwrap();
    assert_eq!(settings["*/*"], stage.args["method_settings"].as_map().unwrap()["*/*"]);
    let own = settings["/orders/{id}/GET"].as_map().unwrap();
    assert_eq!((own.get("metrics_enabled"), own.get("throttling_rate_limit")), (Some(&Value::Bool(true)), None));
}

#[tokio::test]
async fn settings_go_by_paths_that_are_one_part_of_another() {
    let (aws, wire) = Wire::cloud(&[LIVE, Reply::Http(200, &[], "{}")]).await;
    let stage = Subject::new("apigateway.stage", STAGE);
    let mut new = stage.args.clone();
    let settings = new["method_settings"].as_map().unwrap().values().next().unwrap().clone();
    new.insert("method_settings".into(), Value::Map([("/payment/POST".into(), settings)].into()));
    aws.update(stage.at(), "a1/prod", &stage.args, &new).await.unwrap();
    let requests = wire.requests();
    for wanted in [
        r#"{"op":"remove","path":"/*/*"}"#,
        r#"{"op":"remove","path":"/~1orders~1{id}/GET"}"#,
        r#"{"op":"replace","path":"/~1payment/POST/logging/loglevel","value":"OFF"}"#,
        r#"{"op":"replace","path":"/~1payment/POST/throttling/rateLimit","value":"-1"}"#,
    ] {
        assert!(requests[1].contains(wanted), "{wanted}: {requests:?}");
    }
}
