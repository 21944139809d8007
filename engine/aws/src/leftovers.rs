//! Leftovers: what services keep of what was deleted, and what they make by themselves, asked service by service.
//!
//! Few of these bear tags; they are told by names ([`Trail`]). Each service says what it can be asked for in a file
//! `leftovers` of its own. What it does not answer is part of the result: it is then not known whether anything is left.

use dr_core::cloud::{CloudError, CloudResult, ErrorClass};
use dr_core::leftover::{Leftover, PlaceSearch, Trail, UnseenPart};
use dr_core::region::GLOBAL;
use futures::stream::{self, StreamExt as _};

use crate::connect::Connection;
use crate::leftover_look::LeftoverLook;

/// How many are asked at once.
const AT_ONCE: usize = 8;

/// What every service is asked for. One line per service.
const LOOKS: &[&[LeftoverLook]] = &[
    #[cfg(feature = "dynamodb")]
    crate::dynamodb::LEFTOVERS,
    #[cfg(feature = "ec2")]
    crate::ec2::LEFTOVERS,
    #[cfg(feature = "iam")]
    crate::iam::LEFTOVERS,
    #[cfg(feature = "kms")]
    crate::kms::LEFTOVERS,
    #[cfg(feature = "lambda")]
    crate::lambda::LEFTOVERS,
    #[cfg(feature = "logs")]
    crate::logs::LEFTOVERS,
    #[cfg(feature = "rds")]
    crate::rds::LEFTOVERS,
    #[cfg(feature = "route53")]
    crate::route53::LEFTOVERS,
    #[cfg(feature = "s3")]
    crate::s3::LEFTOVERS,
    #[cfg(feature = "secretsmanager")]
    crate::secretsmanager::LEFTOVERS,
];

/// Asks every service in a place.
pub(crate) async fn search(connection: &Connection, trail: &Trail<'_>, place: &str) -> PlaceSearch {
    let region = if place == GLOBAL { connection.account.global_region() } else { place };
    let (mut names, mut asked) = (Vec::new(), Vec::new());
    for look in LOOKS.iter().copied().flatten() {
        if look.is_global == (place == GLOBAL) {
            names.push(look.what);
            asked.push(twice(look, connection, region, trail));
        }
    }
    let answers: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
    let mut search = PlaceSearch::default();
    for (what, answer) in names.into_iter().zip(answers) {
        match answer {
            Ok(found) => {
                search.looked.push(what.into());
                search.found.extend(found);
            }
            Err(error) => {
                let may_pass = may_pass(&error);
                search.unseen.push(UnseenPart { what: what.into(), why: error.to_string(), may_pass });
            }
        }
    }
    search
}

/// Asks for something, and at once again where that may go well. Whoever waits is the engine.
fn twice<'a>(
    look: &'static LeftoverLook,
    connection: &'a Connection,
    region: &'a str,
    trail: &'a Trail<'a>,
) -> CloudResult<'a, Vec<Leftover>> {
    Box::pin(async move {
        match (look.ask)(connection, region, trail).await {
            Err(error) if may_pass(&error) => (look.ask)(connection, region, trail).await,
            answer => answer,
        }
    })
}

/// Whether another try may go well. A server that fails and does not say by which code does not know the call.
fn may_pass(error: &CloudError) -> bool {
    matches!(error.class, ErrorClass::Throttled | ErrorClass::Transient) && &*error.code != "HTTP500"
}

#[cfg(test)]
mod tests {
    use dr_core::cloud::Sought;
    use dr_core::leftover::{FormerResource, LeftoverDeparture, LeftoverSign};

    use super::*;
    use crate::leftover_look::LeftoverLook;
    use crate::replay::{Reply, Wire, ok};

    /// What a look finds of `pr-1`, where this was deleted: what, id, how it is told and when it goes.
    async fn found(
        look: &LeftoverLook,
        former: &[FormerResource],
        replies: &[Reply],
    ) -> Vec<(String, String, LeftoverSign, LeftoverDeparture)> {
        let (aws, wire) = Wire::cloud(replies).await;
        let sought = Sought { environment: "pr-1", program: None };
        let trail = Trail { sought, former, is_alone: true, others: &[] };
        let found = (look.ask)(aws.connection(), "us-east-1", &trail).await.unwrap();
        assert_eq!(wire.requests().len(), replies.len(), "{:?}", wire.requests());
        found.into_iter().map(|one| (one.what.to_string(), one.id.to_string(), one.sign, one.departure)).collect()
    }

    fn former(kind: &'static str, id: &str, groups: &[&str]) -> FormerResource {
        FormerResource {
            address: format!("{kind}:it").as_str().into(),
            kind,
            id: id.into(),
            region: Some("us-east-1".into()),
            names: vec![id.into()],
            groups: groups.iter().map(|group| (*group).into()).collect(),
        }
    }

    fn told(
        what: &str,
        id: &str,
        sign: LeftoverSign,
        departure: LeftoverDeparture,
    ) -> (String, String, LeftoverSign, LeftoverDeparture) {
        (what.into(), id.into(), sign, departure)
    }

    #[test]
    fn no_two_looks_are_called_the_same() {
        let mut names: Vec<&str> = LOOKS.iter().copied().flatten().map(|look| look.what).collect();
        let number = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), number, "{names:?}");
    }

    #[cfg(feature = "logs")]
    #[tokio::test]
    async fn log_groups_are_told_by_suffix_and_by_what_wrote_to_them() {
        let replies = [
            ok(r#"{"logGroups":[{"logGroupName":"/aws/lambda/a-pr-1"},{"logGroupName":"/aws/lambda/a-pr-12"}]}"#),
            ok(r#"{"logGroups":[{"logGroupName":"API-Logs_x7/live"},{"logGroupName":"API-Logs_x7/live2"}]}"#),
        ];
        let api = former("apigateway.stage", "x7/live", &["API-Logs_x7/live"]);
        assert_eq!(
            found(&crate::logs::LEFTOVERS[0], &[api], &replies).await,
            [
                told("log group", "/aws/lambda/a-pr-1", LeftoverSign::Suffix, LeftoverDeparture::Stays),
                told("log group", "API-Logs_x7/live", LeftoverSign::Former, LeftoverDeparture::Stays),
            ]
        );
    }

    #[cfg(feature = "kms")]
    #[tokio::test]
    async fn keys_that_wait_for_their_end_say_when_that_is() {
        const TAGS: &str = r#"[{"Key":"dr:env","Value":"pr-1"},{"Key":"dr:program","Value":"p"}]"#;
        let listed = |arn: &str| format!(r#"{{"ResourceARN":"{arn}","Tags":{TAGS}}}"#);
        let (key, queue) = (listed("arn:aws:kms:us-east-1:1:key/k1"), listed("arn:aws:sqs:us-east-1:1:q"));
        let replies = [
            ok(format!(r#"{{"ResourceTagMappingList":[{key},{queue}]}}"#).leak()),
            ok(r#"{"KeyMetadata":{"KeyId":"k1","KeyState":"PendingDeletion","DeletionDate":1800000000}}"#),
            ok(r#"{"KeyMetadata":{"KeyId":"k2","KeyState":"Enabled"}}"#),
            ok(r#"{"KeyMetadata":{"KeyId":"k3","KeyState":"PendingReplicaDeletion","PendingDeletionWindowInDays":7}}"#),
        ];
        let gone = [former("kms.key", "k2", &[]), former("kms.replica_key", "k3", &[])];
        assert_eq!(
            found(&crate::kms::LEFTOVERS[0], &gone, &replies).await,
            [
                told("key pending deletion", "k1", LeftoverSign::Tags, LeftoverDeparture::At(1_800_000_000)),
                told("key pending deletion", "k3", LeftoverSign::Former, LeftoverDeparture::Within(7 * 86_400)),
            ]
        );
    }

    #[cfg(feature = "secretsmanager")]
    #[tokio::test]
    async fn secrets_that_wait_for_their_end_go_by_themselves() {
        let replies = [ok(r#"{"SecretList":[{"Name":"a-pr-1","DeletedDate":1800000000},{"Name":"b-pr-1"},
                {"Name":"c-pr-12","DeletedDate":1800000000}]}"#)];
        assert_eq!(
            found(&crate::secretsmanager::LEFTOVERS[0], &[], &replies).await,
            [told("secret pending deletion", "a-pr-1", LeftoverSign::Suffix, LeftoverDeparture::Within(30 * 86_400))]
        );
    }

    #[cfg(feature = "dynamodb")]
    #[tokio::test]
    async fn the_last_backup_of_a_table_goes_by_itself_and_one_that_was_asked_for_does_not() {
        let replies = [
            ok(r#"{"BackupSummaries":[{"TableName":"t-pr-1","BackupArn":"arn:a","BackupType":"SYSTEM",
                "BackupExpiryDateTime":1800000000}],"LastEvaluatedBackupArn":"arn:a"}"#),
            ok(r#"{"BackupSummaries":[{"TableName":"t-pr-1","BackupArn":"arn:b","BackupType":"USER"},
                {"TableName":"t-pr-12","BackupArn":"arn:c","BackupType":"USER"}]}"#),
        ];
        assert_eq!(
            found(&crate::dynamodb::LEFTOVERS[0], &[], &replies).await,
            [
                told("backup of a table", "arn:a", LeftoverSign::Suffix, LeftoverDeparture::At(1_800_000_000)),
                told("backup of a table", "arn:b", LeftoverSign::Suffix, LeftoverDeparture::Stays),
            ]
        );
    }

    #[cfg(feature = "rds")]
    #[tokio::test]
    async fn snapshots_and_retained_backups_are_told_by_their_cluster() {
        let reply = |operation: &str, inside: &str| {
            let text =
                format!("<{operation}Response><{operation}Result>{inside}</{operation}Result></{operation}Response>");
            ok(text.leak())
        };
        let snapshot = |id: &str, cluster: &str| {
            format!(
                "<DBClusterSnapshot><DBClusterSnapshotIdentifier>{id}</DBClusterSnapshotIdentifier>\
                 <DBClusterIdentifier>{cluster}</DBClusterIdentifier></DBClusterSnapshot>"
            )
        };
        let both = snapshot("final-0a", "ledger-pr-1") + &snapshot("final-0b", "ledger-pr-12");
        let replies =
            [reply("DescribeDBClusterSnapshots", &format!("<DBClusterSnapshots>{both}</DBClusterSnapshots>"))];
        assert_eq!(
            found(&crate::rds::LEFTOVERS[0], &[], &replies).await,
            [told("snapshot of a cluster", "final-0a", LeftoverSign::Suffix, LeftoverDeparture::Stays)]
        );
        let backup = |cluster: &str, status: &str| {
            format!(
                "<DBClusterAutomatedBackup><DBClusterAutomatedBackupsArn>arn:{cluster}</DBClusterAutomatedBackupsArn>\
                 <DBClusterIdentifier>{cluster}</DBClusterIdentifier><Status>{status}</Status>\
                 <BackupRetentionPeriod>3</BackupRetentionPeriod></DBClusterAutomatedBackup>"
            )
        };
        let both = backup("ledger-pr-1", "retained") + &backup("other-pr-1", "active");
        let inside = format!("<DBClusterAutomatedBackups>{both}</DBClusterAutomatedBackups>");
        let replies = [reply("DescribeDBClusterAutomatedBackups", &inside)];
        let left = "retained automated backup of a cluster";
        assert_eq!(
            found(&crate::rds::LEFTOVERS[1], &[], &replies).await,
            [told(left, "arn:ledger-pr-1", LeftoverSign::Suffix, LeftoverDeparture::Within(3 * 86_400))]
        );
    }

    #[cfg(feature = "ec2")]
    #[tokio::test]
    async fn interfaces_are_told_by_what_services_say_of_them() {
        let one = |id: &str, description: &str, managed: bool| {
            format!(
                "<item><networkInterfaceId>{id}</networkInterfaceId><description>{description}</description>\
                 <requesterManaged>{managed}</requesterManaged></item>"
            )
        };
        let all = one("eni-1", "AWS Lambda VPC ENI-worker-pr-1-0a1b", true)
            + &one("eni-2", "by hand for pr-1", false)
            + &one("eni-3", "ELB app/entry-pr-12/0a1b", true);
        let replies =
            [Reply::ec2("DescribeNetworkInterfaces", &format!("<networkInterfaceSet>{all}</networkInterfaceSet>"))];
        assert_eq!(
            found(&crate::ec2::LEFTOVERS[0], &[], &replies).await,
            [
                told("network interface", "eni-1", LeftoverSign::Suffix, LeftoverDeparture::Within(45 * 60)),
                told("network interface", "eni-2", LeftoverSign::Suffix, LeftoverDeparture::Stays),
            ]
        );
    }

    #[cfg(feature = "route53")]
    #[tokio::test]
    async fn records_in_all_zones_are_told_by_the_suffix() {
        let zones = "<ListHostedZonesResponse><HostedZones><HostedZone><Id>/hostedzone/Z1</Id><Name>example.org.</Name>\
            <CallerReference>c</CallerReference></HostedZone></HostedZones><Marker>m</Marker>\
            <IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesResponse>";
        let record = |name: &str, kind: &str| {
            format!("<ResourceRecordSet><Name>{name}</Name><Type>{kind}</Type></ResourceRecordSet>")
        };
        let page = |records: &str, more: &str| {
            ok(format!(
                "<ListResourceRecordSetsResponse><ResourceRecordSets>{records}</ResourceRecordSets>{more}\
                 <MaxItems>300</MaxItems></ListResourceRecordSetsResponse>"
            )
            .leak())
        };
        let replies = [
            ok(zones),
            page(
                &(record("example.org.", "NS") + &record("api-pr-1.example.org.", "A")),
                "<IsTruncated>true</IsTruncated><NextRecordName>b</NextRecordName><NextRecordType>A</NextRecordType>",
            ),
            page(
                &(record("pr-1.example.org.", "TXT") + &record("pr-12.example.org.", "A")),
                "<IsTruncated>false</IsTruncated>",
            ),
        ];
        assert_eq!(
            found(&crate::route53::LEFTOVERS[0], &[], &replies).await,
            [
                told("record", "api-pr-1.example.org A in Z1", LeftoverSign::Suffix, LeftoverDeparture::Stays),
                told("record", "pr-1.example.org TXT in Z1", LeftoverSign::Suffix, LeftoverDeparture::Stays),
            ]
        );
    }

    #[cfg(feature = "lambda")]
    #[tokio::test]
    async fn functions_and_layers_are_told_by_the_suffix() {
        let functions = [ok(r#"{"Functions":[{"FunctionName":"a-pr-1"},{"FunctionName":"a-pr-12"}]}"#)];
        let layers = [ok(r#"{"Layers":[{"LayerName":"l-pr-1"},{"LayerName":"l"}]}"#)];
        for (number, replies, what, id) in [(0, functions, "function", "a-pr-1"), (1, layers, "layer", "l-pr-1")] {
            assert_eq!(
                found(&crate::lambda::LEFTOVERS[number], &[], &replies).await,
                [told(what, id, LeftoverSign::Suffix, LeftoverDeparture::Stays)]
            );
        }
    }

    #[cfg(feature = "iam")]
    #[tokio::test]
    async fn roles_are_told_by_the_suffix() {
        let role = |name: &str| {
            format!(
                "<member><Path>/</Path><RoleName>{name}</RoleName><RoleId>R</RoleId><Arn>arn:{name}</Arn>\
                 <CreateDate>2026-01-01T00:00:00Z</CreateDate></member>"
            )
        };
        let text = format!(
            "<ListRolesResponse><ListRolesResult><Roles>{}{}</Roles><IsTruncated>false</IsTruncated></ListRolesResult>\
             </ListRolesResponse>",
            role("a-pr-1"),
            role("a-pr-12")
        );
        assert_eq!(
            found(&crate::iam::LEFTOVERS[0], &[], &[ok(text.leak())]).await,
            [told("role", "a-pr-1", LeftoverSign::Suffix, LeftoverDeparture::Stays)]
        );
    }

    #[cfg(feature = "s3")]
    #[tokio::test]
    async fn buckets_are_told_by_the_suffix() {
        let text = "<ListAllMyBucketsResult><Buckets><Bucket><Name>a-pr-1</Name><BucketRegion>us-west-2</BucketRegion>\
            </Bucket><Bucket><Name>a-pr-12</Name></Bucket></Buckets></ListAllMyBucketsResult>";
        assert_eq!(
            found(&crate::s3::LEFTOVERS[0], &[], &[ok(text)]).await,
            [told("bucket", "a-pr-1", LeftoverSign::Suffix, LeftoverDeparture::Stays)]
        );
    }

    #[cfg(feature = "logs")]
    #[tokio::test]
    async fn what_a_service_does_not_answer_is_part_of_what_is_told() {
        let denied = Reply::Http(400, &[], r#"{"__type":"AccessDeniedException","message":"no"}"#);
        let busy = Reply::Http(400, &[], r#"{"__type":"ThrottlingException","message":"slow down"}"#);
        let sought = Sought { environment: "pr-1", program: None };
        let trail = Trail { sought, former: &[], is_alone: true, others: &[] };
        for (reply, may_pass) in [(denied, false), (busy, true)] {
            let (aws, _) = Wire::cloud(&vec![reply; 32]).await;
            let search = search(aws.connection(), &trail, "us-east-1").await;
            let part = search.unseen.iter().find(|part| part.what.contains("log groups")).unwrap();
            assert_eq!((search.found.len(), part.may_pass), (0, may_pass), "{part:?}");
        }
    }
}
