//! Replies of Route 53 that no emulator gives.

use dr_core::cloud::{BatchChange, BatchItem, Cloud as _, CloudError, ErrorClass};
use dr_core::value::Value;

use super::names::plain;
use crate::replay::{Reply, Subject, Wire, objections, ok};

fn check() -> Subject {
    let args = r#"{"type":"TCP","ip_address":"192.0.2.1","port":80,"measure_latency":false,"inverted":false,
        "disabled":false,"regions":[],"child_health_checks":[]}"#;
    Subject::new("route53.health_check", args)
}

fn record() -> Subject {
    let args = r#"{"zone_id":"Z1","name":"*.Shop.com","type":"A","ttl":60,"records":["192.0.2.1"],"set_identifier":"",
        "multi_value_answer":false}"#;
    Subject::new("route53.record", args)
}

fn zone() -> Subject {
    Subject::new("route53.zone", r#"{"name":"shop.com","comment":"","vpcs":[],"force_destroy":true}"#)
}

macro_rules! error {
    ($status:literal, $code:literal, $message:literal) => {
        Reply::Http(
            $status,
            &[],
            concat!(
                "<ErrorResponse><Error><Code>",
                $code,
                "</Code><Message>",
                $message,
                "</Message></Error></ErrorResponse>"
            ),
        )
    };
}

macro_rules! checks {
    ($($id:literal $reference:literal),*) => {
        ok(concat!(
            "<ListHealthChecksResponse><HealthChecks>",
            $("<HealthCheck><Id>", $id, "</Id><CallerReference>", $reference, "</CallerReference>",
            "<HealthCheckConfig><Type>TCP</Type></HealthCheckConfig><HealthCheckVersion>1</HealthCheckVersion>",
            "</HealthCheck>",)*
            "</HealthChecks><Marker></Marker><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>",
            "</ListHealthChecksResponse>"
        ))
    };
}

macro_rules! sets {
    ($($set:expr),*) => {
        ok(concat!(
            "<ListResourceRecordSetsResponse><ResourceRecordSets>",
            $("<ResourceRecordSet>", $set, "</ResourceRecordSet>",)*
            "</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListResourceRecordSetsResponse>"
        ))
    };
}

const USED: Reply = error!(409, "HealthCheckAlreadyExists", "The caller reference was used before");
const NOT_EMPTY: Reply = error!(400, "HostedZoneNotEmpty", "The specified hosted zone contains records");
const CHANGED: Reply = ok("<ChangeResourceRecordSetsResponse><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status>\
    <SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>");
const DELETED: Reply = ok("<DeleteHostedZoneResponse><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status>\
    <SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo></DeleteHostedZoneResponse>");
const MADE: Reply = Reply::Http(
    201,
    &[("location", "https://route53.amazonaws.com/2013-04-01/healthcheck/h2")],
    "<CreateHealthCheckResponse><HealthCheck><Id>h2</Id><CallerReference>op-1-1</CallerReference><HealthCheckConfig>\
    <Type>TCP</Type></HealthCheckConfig><HealthCheckVersion>1</HealthCheckVersion></HealthCheck>\
    </CreateHealthCheckResponse>",
);

#[test]
fn names_have_one_form() {
    for (name, form) in [
        ("\\052.Shop.com.", "*.shop.com"),
        ("shop.com", "shop.com"),
        ("a\\134b\\.shop.com", "a\\b\\.shop.com"),
        ("\\05", "\\05"),
        ("é\\é.com", "é\\é.com"),
    ] {
        assert_eq!(plain(name), form);
    }
}

#[tokio::test]
async fn the_reference_of_a_deleted_check_gets_a_number() {
    let (aws, wire) = Wire::cloud(&[USED, checks!("h1" "op-11"), MADE]).await;
    let check = check();
    assert_eq!(&*aws.create(check.at(), &check.args, &check.intent).await.unwrap(), "h2");
    assert!(wire.requests()[2].contains("<CallerReference>op-1-1</CallerReference>"), "{:?}", wire.requests());

    let (aws, _) = Wire::cloud(&[checks!("h1" "op-11", "h2" "op-1-1")]).await;
    assert_eq!(aws.find(check.at(), &check.args, &check.intent).await.unwrap().as_deref(), Some("h2"));
}

#[tokio::test]
async fn a_check_that_is_there_is_not_made_again() {
    let (aws, wire) = Wire::cloud(&[USED, checks!("h1" "op-1")]).await;
    let check = check();
    let error = aws.create(check.at(), &check.args, &check.intent).await.unwrap_err();
    assert_eq!((error.class, wire.requests().len()), (ErrorClass::Exists, 2));
}

#[tokio::test]
async fn what_is_of_other_checks_is_no_difference() {
    let live = ok("<GetHealthCheckResponse><HealthCheck><Id>h1</Id><CallerReference>op-1</CallerReference>\
        <HealthCheckConfig><IPAddress>192.0.2.1</IPAddress><Port>80</Port><Type>TCP</Type><ResourcePath></ResourcePath>\
        <HealthThreshold>0</HealthThreshold></HealthCheckConfig><HealthCheckVersion>1</HealthCheckVersion></HealthCheck>\
        </GetHealthCheckResponse>");
    let tags =
        ok("<ListTagsForResourceResponse><ResourceTagSet><Tags></Tags></ResourceTagSet></ListTagsForResourceResponse>");
    let (aws, _) = Wire::cloud(&[live, tags]).await;
    let check = check();
    let live = aws.read(check.at(), "h1", &check.args).await.unwrap().unwrap();
    let more: Vec<_> = live.args.iter().filter(|(name, value)| check.args.get(*name) != Some(value)).collect();
    assert!(more.iter().all(|(name, _)| ***name == *"tags"), "{more:?}");
}

#[tokio::test]
async fn a_check_forgets_its_regions_by_name() {
    let (aws, wire) = Wire::cloud(&[ok("<UpdateHealthCheckResponse></UpdateHealthCheckResponse>")]).await;
    let check = check();
    let mut old = check.args.clone();
    let regions = ["us-east-1", "us-west-1", "eu-west-1"].into_iter().map(Value::str).collect();
    old.insert("regions".into(), Value::List(regions));
    // The reply lacks the check, which the SDK does not forgive; what counts is what was asked.
    let _ = aws.update(check.at(), "h1", &old, &check.args).await;
    assert!(wire.requests()[0].contains("<ResetElements><ResettableElementName>Regions<"), "{:?}", wire.requests());
}

#[tokio::test]
async fn a_check_copies_its_alarm_anew_although_nothing_of_its_own_differs() {
    let (aws, wire) = Wire::cloud(&[ok("<UpdateHealthCheckResponse></UpdateHealthCheckResponse>")]).await;
    let args = r#"{"type":"CLOUDWATCH_METRIC","measure_latency":false,"inverted":false,"disabled":false,"regions":[],
        "child_health_checks":[],"alarm_identifier":{"name":"stuck","region":"us-east-1"}}"#;
    let check = Subject::new("route53.health_check", args);
    // The reply lacks the check, which the SDK does not forgive; what counts is what was asked.
    let _ = aws.update(check.at(), "h1", &check.args, &check.args).await;
    let asked = wire.requests();
    assert!(asked[0].contains("<AlarmIdentifier><Region>us-east-1</Region><Name>stuck</Name>"), "{asked:?}");
}

const LIVE: &str = "<Name>\\052.shop.com.</Name><Type>A</Type><TTL>30</TTL><ResourceRecords><ResourceRecord>\
    <Value>192.0.2.9</Value></ResourceRecord></ResourceRecords>";

#[tokio::test]
async fn what_is_deleted_is_what_is_there() {
    let live = sets!(
        "<Name>\\052.shop.com.</Name><Type>A</Type><TTL>30</TTL><ResourceRecords><ResourceRecord>\
        <Value>192.0.2.9</Value></ResourceRecord></ResourceRecords>"
    );
    let (aws, wire) = Wire::cloud(&[live, CHANGED]).await;
    let record = record();
    aws.delete(record.at(), "Z1/*.shop.com/A", &record.args).await.unwrap();
    let asked = wire.requests();
    assert!(asked[0].contains("name=%2A.shop.com") && asked[0].contains("type=A"), "{asked:?}");
    assert!(asked[1].contains("<Action>DELETE</Action>") && asked[1].contains(LIVE), "{asked:?}");
}

#[tokio::test]
async fn a_record_that_goes_meanwhile_is_gone_and_one_that_changes_is_asked_for_again() {
    let live = || sets!("<Name>\\052.shop.com.</Name><Type>A</Type>");
    let record = record();
    let gone = error!(
        400,
        "InvalidChangeBatch", "[Tried to delete resource record set [name='*', type='A'] but it was not found]"
    );
    let (aws, _) = Wire::cloud(&[live(), gone]).await;
    aws.delete(record.at(), "Z1/*.shop.com/A", &record.args).await.unwrap();

    let changed = error!(
        400,
        "InvalidChangeBatch",
        "[Tried to delete resource record set [name='*', type='A'] but the values provided do not match the current values]"
    );
    let (aws, _) = Wire::cloud(&[live(), changed]).await;
    let error = aws.delete(record.at(), "Z1/*.shop.com/A", &record.args).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
}

#[tokio::test]
async fn a_record_of_somebody_else_is_not_taken_over() {
    let record = record();
    let there = error!(
        400,
        "InvalidChangeBatch", "[Tried to create resource record set [name='*', type='A'] but it already exists]"
    );
    let live = sets!(
        "<Name>\\052.shop.com.</Name><Type>A</Type><TTL>30</TTL><ResourceRecords><ResourceRecord>\
        <Value>192.0.2.9</Value></ResourceRecord></ResourceRecords>"
    );
    let (aws, _) = Wire::cloud(&[there, live]).await;
    let error = aws.create(record.at(), &record.args, &record.intent).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Exists);
    assert_eq!(aws.find(record.at(), &record.args, &record.intent).await.unwrap(), None);
}

const ZONE: Reply =
    ok("<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z1</Id><Name>shop.com.</Name><CallerReference>op-1\
    </CallerReference></HostedZone></GetHostedZoneResponse>");

#[tokio::test]
async fn a_zone_is_emptied_of_all_but_what_it_was_born_with() {
    let there = sets!(
        "<Name>shop.com.</Name><Type>NS</Type>",
        "<Name>shop.com.</Name><Type>SOA</Type>",
        "<Name>shop.com.</Name><Type>TXT</Type>",
        "<Name>a.shop.com.</Name><Type>NS</Type>"
    );
    let (aws, wire) = Wire::cloud(&[NOT_EMPTY, ZONE, there, CHANGED, DELETED]).await;
    let zone = zone();
    aws.delete(zone.at(), "Z1", &zone.args).await.unwrap();
    let batch = &wire.requests()[3];
    assert_eq!(batch.matches("<Action>DELETE</Action>").count(), 2, "{batch}");
    assert!(batch.contains("<Type>TXT</Type>") && batch.contains("<Name>a.shop.com.</Name>"), "{batch}");
}

#[tokio::test]
async fn a_zone_that_is_not_empty_after_all_is_deleted_later() {
    let there = sets!("<Name>a.shop.com.</Name><Type>A</Type>");
    let gone =
        error!(400, "InvalidChangeBatch", "[Tried to delete resource record set [name='a'] but it was not found]");
    let (aws, _) = Wire::cloud(&[NOT_EMPTY, ZONE, there, gone, NOT_EMPTY]).await;
    let zone = zone();
    assert_eq!(aws.delete(zone.at(), "Z1", &zone.args).await.unwrap_err().class, ErrorClass::Conflict);
}

#[tokio::test]
async fn a_zone_stays_public() {
    let (aws, _) = Wire::cloud(&[]).await;
    let zone = zone();
    let mut private = zone.args.clone();
    private.insert("vpcs".into(), Value::from_json(r#"[{"vpc_id":"vpc-1","vpc_region":"us-east-1"}]"#).unwrap());
    let error = aws.update(zone.at(), "Z1", &zone.args, &private).await.unwrap_err();
    assert!(error.class == ErrorClass::Invalid && error.message.contains("public to private"), "{error}");
}

#[tokio::test]
async fn tags_are_set_ten_at_a_time() {
    let done = ok("<ChangeTagsForResourceResponse></ChangeTagsForResourceResponse>");
    let (aws, wire) = Wire::cloud(&[done, done]).await;
    let zone = zone();
    let mut new = zone.args.clone();
    let tags = (0..11).map(|i| (format!("t{i}").into(), Value::str("x"))).collect();
    new.insert("tags".into(), Value::Map(tags));
    aws.update(zone.at(), "Z1", &zone.args, &new).await.unwrap();
    let counts: Vec<usize> = wire.requests().iter().map(|asked| asked.matches("<Key>").count()).collect();
    assert_eq!(counts, [10, 1]);
}

/// A record named `api`, of this type and set identifier, with the rest of its arguments as JSON.
fn api(kind: &str, identifier: &str, rest: &str) -> Subject {
    let args = format!(
        r#"{{"zone_id":"Z1","name":"api.shop.com","type":"{kind}","set_identifier":"{identifier}",
            "multi_value_answer":false,{rest}}}"#
    );
    Subject::new("route53.record", &args)
}

/// What is to become of a record in a batch.
enum To<'a> {
    Be,
    Become(&'a Subject),
    Go,
}

/// Makes changes together, and gives what became of them and what was asked after the look at what is there.
async fn together(replies: &[Reply], changes: &[(&Subject, To<'_>)]) -> (Result<Vec<String>, CloudError>, Vec<String>) {
    let (aws, wire) = Wire::cloud(replies).await;
    let items: Vec<BatchItem<'_>> = { changes.iter() }
        .map(|(subject, to)| {
            let change = match to {
                To::Be => BatchChange::Create { args: &subject.args, intent: &subject.intent },
                To::Become(new) => BatchChange::Update { id: "an id", old: &subject.args, new: &new.args },
                To::Go => BatchChange::Delete { id: "an id", last: &subject.args },
            };
            BatchItem { at: subject.at(), change }
        })
        .collect();
    let ids = aws.batch(&items).await.map(|ids| ids.iter().map(|id| id.to_string()).collect());
    let asked = wire.requests().into_iter().skip(1).map(|asked| asked.lines().skip(1).collect()).collect();
    (ids, asked)
}

/// The body of a batch: actions and record sets.
fn batch(changes: &[(&str, String)]) -> String {
    let changes = changes.iter().map(|(action, set)| {
        format!("<Change><Action>{action}</Action><ResourceRecordSet>{set}</ResourceRecordSet></Change>")
    });
    format!(
        "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch>\
         <Changes>{}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>",
        changes.collect::<String>()
    )
}

/// A listing of record sets as they are written in a request.
fn listed(sets: &[&str]) -> Reply {
    let sets: String = sets.iter().map(|set| format!("<ResourceRecordSet>{set}</ResourceRecordSet>")).collect();
    ok(format!(
        "<ListResourceRecordSetsResponse><ResourceRecordSets>{sets}</ResourceRecordSets><IsTruncated>false\
         </IsTruncated><MaxItems>100</MaxItems></ListResourceRecordSetsResponse>"
    )
    .leak())
}

/// A record set of the name `api`: type, what tells it from others, and what it says.
fn api_set(kind: &str, marks: &str, value: &str) -> String {
    format!(
        "<Name>api.shop.com</Name><Type>{kind}</Type>{marks}<TTL>60</TTL><ResourceRecords><ResourceRecord>\
         <Value>{value}</Value></ResourceRecord></ResourceRecords>"
    )
}

fn role(side: &str, role: &str) -> String {
    let marks = format!("<SetIdentifier>{side}</SetIdentifier><Failover>{role}</Failover>");
    api_set("CNAME", &marks, &format!("{side}.shop.com"))
}

fn failover(side: &str, role: &str) -> Subject {
    api("CNAME", side, &format!(r#""ttl":60,"records":["{side}.shop.com"],"failover":"{role}""#))
}

#[tokio::test]
async fn two_records_that_exchange_their_roles_go_and_are_made_in_one_batch() {
    let (east, west) = (failover("east", "PRIMARY"), failover("west", "SECONDARY"));
    let (next_east, next_west) = (failover("east", "SECONDARY"), failover("west", "PRIMARY"));
    let changes = [(&east, To::Become(&next_east)), (&west, To::Become(&next_west))];
    let there = [role("east", "PRIMARY"), role("west", "SECONDARY")];
    let (ids, asked) = together(&[listed(&[&there[0], &there[1]]), CHANGED], &changes).await;
    assert_eq!(ids.unwrap(), ["an id", "an id"]);
    let expected = batch(&[
        ("DELETE", role("east", "PRIMARY")),
        ("DELETE", role("west", "SECONDARY")),
        ("CREATE", role("east", "SECONDARY")),
        ("CREATE", role("west", "PRIMARY")),
    ]);
    assert_eq!(asked, [expected]);
    // After a lost reply there is nothing left to do.
    let done = [role("east", "SECONDARY"), role("west", "PRIMARY")];
    let (ids, asked) = together(&[listed(&[&done[0], &done[1]])], &changes).await;
    assert_eq!((ids.unwrap().len(), asked.len()), (2, 0));
}

#[tokio::test]
async fn a_name_changes_from_an_alias_of_another_name_to_addresses_in_one_batch() {
    let name = api("CNAME", "", r#""ttl":60,"records":["target.shop.com"]"#);
    let alias = api(
        "A",
        "",
        r#""records":[],"alias":{"name":"target.shop.com","zone_id":"Z1","evaluate_target_health":false}"#,
    );
    let there = api_set("CNAME", "", "target.shop.com");
    let made = "<Name>api.shop.com</Name><Type>A</Type><AliasTarget><HostedZoneId>Z1</HostedZoneId>\
        <DNSName>target.shop.com</DNSName><EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>";
    // In whatever order they come, what goes is first.
    for changes in [[(&alias, To::Be), (&name, To::Go)], [(&name, To::Go), (&alias, To::Be)]] {
        let (ids, asked) = together(&[listed(&[&there]), CHANGED], &changes).await;
        let mut ids = ids.unwrap();
        ids.sort();
        assert_eq!(ids, ["", "Z1/api.shop.com/A"]);
        assert_eq!(asked, [batch(&[("DELETE", there.clone()), ("CREATE", made.to_owned())])]);
    }
}

#[tokio::test]
async fn a_simple_record_becomes_weighted_ones_in_one_batch_and_back() {
    let simple = api("A", "", r#""ttl":60,"records":["192.0.2.1"]"#);
    let blue = api("A", "blue", r#""ttl":60,"records":["192.0.2.1"],"weight":90"#);
    let green = api("A", "green", r#""ttl":60,"records":["192.0.2.2"],"weight":10"#);
    let weighted = |name: &str, weight: u8, value: &str| {
        let marks = format!("<SetIdentifier>{name}</SetIdentifier><Weight>{weight}</Weight>");
        api_set("A", &marks, value)
    };
    let plain = api_set("A", "", "192.0.2.1");
    let (made_blue, made_green) = (weighted("blue", 90, "192.0.2.1"), weighted("green", 10, "192.0.2.2"));
    let forth = [(&simple, To::Go), (&blue, To::Be), (&green, To::Be)];
    let (ids, asked) = together(&[listed(&[&plain]), CHANGED], &forth).await;
    assert_eq!(ids.unwrap(), ["", "Z1/api.shop.com/A/blue", "Z1/api.shop.com/A/green"]);
    let expected = batch(&[("DELETE", plain.clone()), ("CREATE", made_blue.clone()), ("CREATE", made_green.clone())]);
    assert_eq!(asked, [expected]);
    let back = [(&simple, To::Be), (&blue, To::Go), (&green, To::Go)];
    let (_, asked) = together(&[listed(&[&made_blue, &made_green]), CHANGED], &back).await;
    assert_eq!(asked, [batch(&[("DELETE", made_blue), ("DELETE", made_green), ("CREATE", plain)])]);
}

#[tokio::test]
async fn a_record_that_only_says_something_else_is_changed_as_it_is() {
    let (old, new) =
        (failover("east", "PRIMARY"), api("CNAME", "east", r#""ttl":60,"records":["b"],"failover":"PRIMARY""#));
    let (_, asked) = together(&[listed(&[&role("east", "PRIMARY")]), CHANGED], &[(&old, To::Become(&new))]).await;
    let marks = "<SetIdentifier>east</SetIdentifier><Failover>PRIMARY</Failover>";
    assert_eq!(asked, [batch(&[("UPSERT", api_set("CNAME", marks, "b"))])]);
}

#[tokio::test]
async fn a_record_that_is_made_anew_under_its_own_key_goes_and_comes_once() {
    let (old, new) = (failover("east", "PRIMARY"), failover("east", "SECONDARY"));
    let changes = [(&old, To::Go), (&new, To::Be)];
    let (_, asked) = together(&[listed(&[&role("east", "PRIMARY")]), CHANGED], &changes).await;
    assert_eq!(asked, [batch(&[("DELETE", role("east", "PRIMARY")), ("CREATE", role("east", "SECONDARY"))])]);
    let (_, asked) = together(&[listed(&[&role("east", "SECONDARY")])], &changes).await;
    assert_eq!(asked, [""; 0]);
}

#[tokio::test]
async fn a_batch_takes_over_nothing_of_somebody_else_and_is_asked_again_when_something_went_meanwhile() {
    let (east, west) = (failover("east", "PRIMARY"), failover("west", "SECONDARY"));
    let foreign = api_set("CNAME", "<SetIdentifier>west</SetIdentifier><Failover>SECONDARY</Failover>", "evil");
    let there = [role("east", "PRIMARY"), foreign];
    let (ids, asked) = together(&[listed(&[&there[0], &there[1]])], &[(&east, To::Go), (&west, To::Be)]).await;
    assert_eq!((ids.unwrap_err().class, asked.len()), (ErrorClass::Exists, 0));

    let went =
        error!(400, "InvalidChangeBatch", "[Tried to delete resource record set [name='api'] but it was not found]");
    let (ids, _) = together(&[listed(&[&there[0]]), went], &[(&east, To::Go), (&west, To::Be)]).await;
    assert_eq!(ids.unwrap_err().class, ErrorClass::Conflict);

    // With the zone, everything is gone.
    let no_zone = error!(404, "NoSuchHostedZone", "No hosted zone found with ID: Z1");
    let (ids, asked) = together(&[no_zone], &[(&east, To::Go), (&west, To::Go)]).await;
    assert_eq!((ids.unwrap(), asked.len()), (vec![String::new(); 2], 0));
}

#[tokio::test]
async fn changes_of_several_zones_are_no_batch() {
    let (east, mut west) = (failover("east", "PRIMARY"), failover("west", "SECONDARY"));
    west.args.insert("zone_id".into(), Value::str("Z2"));
    let (ids, _) = together(&[], &[(&east, To::Go), (&west, To::Go)]).await;
    assert_eq!(ids.unwrap_err().class, ErrorClass::Invalid);
    // Nor are those of kinds that know none.
    let zone = zone();
    let (ids, _) = together(&[], &[(&zone, To::Go)]).await;
    assert!(ids.unwrap_err().message.contains("route53.zone"));
}

#[tokio::test]
async fn zones_and_checks_over_the_quota_are_objected_to() {
    let limit = |kind: &str, count: usize| {
        let limit = format!("<Limit><Type>{kind}</Type><Value>200</Value></Limit><Count>{count}</Count>");
        ok(format!("<GetAccountLimitResponse>{limit}</GetAccountLimitResponse>").leak())
    };
    for (kind, name) in
        [("route53.zone", "MAX_HOSTED_ZONES_BY_OWNER"), ("route53.health_check", "MAX_HEALTH_CHECKS_BY_OWNER")]
    {
        for (count, over) in [(199, None), (200, Some(0))] {
            let found = objections(kind, &["{}"], &[limit(name, count)]).await;
            assert_eq!(found.first().map(|o| o.wish), over, "{kind} {count}");
        }
    }
}
