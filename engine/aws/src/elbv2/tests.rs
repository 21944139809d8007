//! Replies of Elastic Load Balancing that no emulator gives.

use dr_core::cloud::{Cloud as _, Settled};

use crate::replay::{Reply, Subject, Wire, objections, ok};

fn balancer() -> Subject {
    let args = r#"{"name":"web","type":"application","scheme":"internal","subnets":["subnet-1"],"security_groups":[],
        "ip_address_type":"ipv4","deletion_protection":false,"idle_timeout":60,"client_keep_alive":3600,
        "enable_http2":true,"drop_invalid_header_fields":false,"preserve_host_header":false,
        "desync_mitigation_mode":"defensive"}"#;
    Subject::new("elbv2.load_balancer", args)
}

fn listener() -> Subject {
    let args = r#"{"load_balancer_arn":"lb","port":443,"protocol":"HTTPS","certificates":["one"],
        "default_actions":[{"type":"forward","target_group_arn":"tg"}]}"#;
    Subject::new("elbv2.listener", args)
}

macro_rules! state {
    ($state:expr) => {
        ok(concat!(
            "<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers><member><State>",
            $state,
            "</State></member></LoadBalancers></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>"
        ))
    };
}

#[tokio::test]
async fn a_load_balancer_is_waited_for() {
    let balancer = balancer();
    let states = [
        state!("<Code>provisioning</Code>"),
        state!("<Code>active</Code>"),
        state!("<Code>failed</Code><Reason>no addresses left</Reason>"),
    ];
    let (aws, _) = Wire::cloud(&states).await;
    let settle = || aws.settle(balancer.at(), "arn", &balancer.args);
    assert_eq!(settle().await.unwrap(), Settled::Wait(None));
    assert_eq!(settle().await.unwrap(), Settled::Ready);
    assert!(matches!(settle().await.unwrap(), Settled::Failed(why) if why.contains("no addresses left")));
}

#[tokio::test]
async fn nothing_is_sent_for_a_load_balancer_that_is_as_new_ones_are() {
    let balancer = balancer();
    let (aws, wire) = Wire::cloud(&[]).await;
    aws.configure(balancer.at(), "arn", &balancer.args, &balancer.intent).await.unwrap();
    assert!(wire.requests().is_empty(), "{:?}", wire.requests());
}

const TARGET: &str = r#"{"target_group_arn":"tg","target_id":"10.0.0.1"}"#;

macro_rules! health {
    ($state:literal, $reason:literal) => {
        ok(concat!(
            "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions><member><Target><Id>",
            "10.0.0.1</Id></Target><TargetHealth><State>",
            $state,
            "</State><Reason>",
            $reason,
            "</Reason></TargetHealth></member></TargetHealthDescriptions></DescribeTargetHealthResult>",
            "</DescribeTargetHealthResponse>"
        ))
    };
}

#[tokio::test]
async fn a_target_that_finishes_its_requests_counts_as_gone() {
    let target = Subject::new("elbv2.target_attachment", TARGET);
    let states = [
        health!("initial", "Elb.RegistrationInProgress"),
        health!("unused", "Target.NotInUse"),
        health!("draining", "Target.DeregistrationInProgress"),
        health!("unused", "Target.NotRegistered"),
    ];
    let (aws, _) = Wire::cloud(&states).await;
    for there in [true, true, false, false] {
        assert_eq!(aws.read(target.at(), "id", &target.args).await.unwrap().is_some(), there);
    }
}

const CERTIFICATES: Reply =
    ok("<DescribeListenerCertificatesResponse><DescribeListenerCertificatesResult><Certificates>\
    <member><CertificateArn>two</CertificateArn><IsDefault>true</IsDefault></member>\
    <member><CertificateArn>two</CertificateArn><IsDefault>false</IsDefault></member>\
    <member><CertificateArn>old</CertificateArn><IsDefault>false</IsDefault></member>\
    </Certificates></DescribeListenerCertificatesResult></DescribeListenerCertificatesResponse>");

#[tokio::test]
async fn further_certificates_are_put_right_with_the_first() {
    let changed = ok("<ModifyListenerResponse><ModifyListenerResult/></ModifyListenerResponse>");
    let added =
        ok("<AddListenerCertificatesResponse><AddListenerCertificatesResult/></AddListenerCertificatesResponse>");
    let removed = ok(
        "<RemoveListenerCertificatesResponse><RemoveListenerCertificatesResult/></RemoveListenerCertificatesResponse>",
    );
    let listener = listener();
    let mut new = listener.args.clone();
    new.insert("certificates".into(), dr_core::value::Value::from_json(r#"["two","three"]"#).unwrap());
    let (aws, wire) = Wire::cloud(&[changed, CERTIFICATES, added, removed]).await;
    aws.update(listener.at(), "arn", &listener.args, &new).await.unwrap();
    let asked = wire.requests();
    assert!(asked[0].contains("Action=ModifyListener&") && asked[0].contains("CertificateArn=two"), "{asked:?}");
    assert!(
        asked[2].contains("Action=AddListenerCertificates") && asked[2].contains("CertificateArn=three"),
        "{asked:?}"
    );
    // The one that is the listener's own may not be taken away.
    assert!(
        asked[3].contains("Action=RemoveListenerCertificates") && asked[3].contains("CertificateArn=old"),
        "{asked:?}"
    );
    assert!(!asked[3].contains("CertificateArn=two"), "{asked:?}");
}

/// The service says of a single target group both that it is the one and that it is one of one.
const FORWARDS: Reply =
    ok("<DescribeListenersResponse><DescribeListenersResult><Listeners><member><ListenerArn>arn</ListenerArn>\
    <Port>443</Port><Protocol>HTTPS</Protocol><Certificates><member><CertificateArn>one</CertificateArn></member>\
    </Certificates><DefaultActions><member><Type>forward</Type><TargetGroupArn>tg</TargetGroupArn><Order>1</Order>\
    <ForwardConfig><TargetGroups><member><TargetGroupArn>tg</TargetGroupArn><Weight>1</Weight></member></TargetGroups>\
    <TargetGroupStickinessConfig><Enabled>false</Enabled></TargetGroupStickinessConfig></ForwardConfig></member>\
    </DefaultActions></member></Listeners></DescribeListenersResult></DescribeListenersResponse>");

#[tokio::test]
async fn a_single_target_group_reads_as_it_was_given() {
    let untagged = ok("<DescribeTagsResponse><DescribeTagsResult></DescribeTagsResult></DescribeTagsResponse>");
    let forward = r#"[{"type":"forward","forward":{"target_groups":[{"target_group_arn":"tg","weight":1}]}}]"#;
    for actions in [r#"[{"type":"forward","target_group_arn":"tg"}]"#, forward] {
        let mut args = listener().args;
        args.insert("default_actions".into(), dr_core::value::Value::from_json(actions).unwrap());
        let (aws, _) = Wire::cloud(&[FORWARDS, untagged]).await;
        let live = aws.read(listener().at(), "arn", &args).await.unwrap().unwrap();
        let field = listener().kind.arg("default_actions").unwrap();
        let is = &live.args["default_actions"];
        assert!(dr_core::compare::same(field, &args["default_actions"], is), "{actions} reads as {is}");
    }
}

#[tokio::test]
async fn load_balancers_over_the_quota_of_their_type_are_objected_to() {
    const LIMITS: Reply = ok("<DescribeAccountLimitsResponse><DescribeAccountLimitsResult><Limits>\
        <member><Name>application-load-balancers</Name><Max>2</Max></member>\
        <member><Name>network-load-balancers</Name><Max>1</Max></member>\
        </Limits></DescribeAccountLimitsResult></DescribeAccountLimitsResponse>");
    const THERE: Reply = ok("<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers>\
        <member><Type>application</Type></member><member><Type>network</Type></member>\
        </LoadBalancers></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>");
    let (application, network) = (r#"{"type":"application"}"#, r#"{"type":"network"}"#);
    for (made, over) in [
        (&[application][..], &[][..]),
        (&[application, application], &[1]),
        (&[network], &[0]),
        (&[application, network, application], &[2, 1]),
    ] {
        let found = objections("elbv2.load_balancer", made, &[LIMITS, THERE]).await;
        assert_eq!(found.iter().map(|o| o.wish).collect::<Vec<_>>(), over, "{made:?}");
    }
}
