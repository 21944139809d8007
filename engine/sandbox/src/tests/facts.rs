//! Ids, attributes, names, references, deletions, secrets, tampering.

use super::*;
use crate::{Phase, SandboxError};

const DATABASE_ARGS: &str = r#"{"name": "main", "password": "hunter2", "script": "drop", "env": {"A": "1"},
    "login": {"user": "u", "token": "hunter3"}}"#;

#[tokio::test]
async fn attributes_have_the_shape_that_the_facts_say() {
    let s = instant();
    let db = thing("rds.database", "main");
    let id = db.create(&s, DATABASE_ARGS).await.unwrap();
    let live = db.read(&s, &id).await.unwrap().unwrap();
    assert_eq!(&*id, "db-main");
    let name = live.args["endpoint_name"].as_str().unwrap();
    assert!(name.starts_with("main-") && name.len() == 11, "{name}");
    assert_eq!(live.args["engine"], Value::str("a"));
    assert_eq!(live.args["retention"], Value::Int(7));
    assert!(!live.args.contains_key("key"), "a made-up reference would lead nowhere");
    let outputs = &live.outputs;
    assert_eq!(outputs["endpoint"], Value::from(format!("{name}.us-east-1.example.com")));
    assert_eq!(outputs["port"], Value::Int(5432));
    assert_eq!(outputs["zones"].to_json(), r#"["us-east-1a","us-east-1b"]"#);
    assert_eq!(outputs["labels"].to_json(), r#"{"name":"main","place":"us-east-1"}"#);
    assert_eq!(outputs["multi"], Value::Bool(false));
    assert!(outputs["host_name"].as_str().unwrap().starts_with("host-name-"));
    assert_eq!(outputs["version"], Value::Int(1));
    assert_eq!(outputs["members"].to_json(), r#"[{"host":"main-0","weight":3}]"#);
    assert!(matches!(&outputs["ticket"], Value::Secret(t) if t.as_str().unwrap().starts_with("t-")));
}

#[tokio::test]
async fn the_same_account_and_operation_give_the_same_attributes() {
    let make = async |account: &str, name: &str| {
        let options = SandboxOptions { account: account.into(), ..options(Speed::Instant) };
        let s = Sandbox::in_memory(registry(), options).unwrap();
        let key = thing("kms.key", name);
        let id = key.create(&s, "{}").await.unwrap();
        let arn = key.read(&s, &id).await.unwrap().unwrap().outputs["arn"].clone();
        assert_eq!(arn, Value::from(format!("arn:aws:kms:us-east-1:{account}:key/{id}")));
        assert_eq!(&*s.identify().await.unwrap().account, account);
        id
    };
    let first = make("111111111111", "a").await;
    assert_eq!(first, make("111111111111", "a").await);
    assert_ne!(first, make("111111111111", "b").await);
    assert_ne!(first, make("222222222222", "a").await);
    let parts: Vec<usize> = first.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12], "{first}");
}

#[tokio::test]
async fn an_update_changes_volatile_attributes_only_and_keeps_what_the_service_chose() {
    let s = instant();
    let db = thing("rds.database", "main");
    let id = db.create(&s, DATABASE_ARGS).await.unwrap();
    let before = db.read(&s, &id).await.unwrap().unwrap();
    db.update(&s, &id, DATABASE_ARGS).await.unwrap();
    assert_eq!(db.read(&s, &id).await.unwrap().unwrap(), before, "the same arguments again change nothing");

    db.update(&s, &id, r#"{"name": "main", "env": {"B": "2"}}"#).await.unwrap();
    let after = db.read(&s, &id).await.unwrap().unwrap();
    assert_eq!(after.args["env"].to_json(), r#"{"B":"2"}"#);
    assert_eq!(after.args["endpoint_name"], before.args["endpoint_name"]);
    assert!(!after.args.contains_key("login"), "what is not given any more is not set");
    assert_eq!(after.outputs["version"], Value::Int(2));
    assert_ne!(after.outputs["revision"], before.outputs["revision"]);
    for same in ["stable", "endpoint", "host_name", "ticket"] {
        assert_eq!(after.outputs[same], before.outputs[same], "{same}");
    }
    refused(db.update(&s, "db-other", "{}").await, ErrorClass::Gone, "NotFound");
}

#[tokio::test]
async fn secrets_are_neither_kept_nor_given_back_but_changes_are_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let s = Sandbox::open(dir.path(), registry(), options(Speed::Instant)).unwrap();
    let db = thing("rds.database", "main");
    let mut given = args(DATABASE_ARGS);
    given.insert("env".into(), Value::Map(Map::from([("MARKED".into(), Value::str("hunter4").secret())])));
    let id = s.create(db.at(), &given, &db.intent).await.unwrap();
    let live = db.read(&s, &id).await.unwrap().unwrap();
    assert!(!live.args.contains_key("password") && !live.args.contains_key("script"));
    assert_eq!(live.args["login"].to_json(), r#"{"user":"u"}"#);
    assert_eq!(live.args["env"].to_json(), "{}");
    let ticket = live.outputs["ticket"].reveal().to_text();
    let log = std::fs::read_to_string(dir.path().join("sandbox.jsonl")).unwrap();
    for text in ["hunter", "drop", &ticket] {
        assert!(!log.contains(text), "{text} is in {log}");
    }

    let sealed = |s: &Sandbox| s.list().unwrap().remove(0).sealed;
    let before = sealed(&s);
    assert_eq!(before.keys().collect::<Vec<_>>(), ["env.MARKED", "login.token", "password", "script"]);
    s.tamper_set("rds.database", &id, "password", Value::str("other")).unwrap();
    let after = sealed(&s);
    assert_ne!(after["password"], before["password"]);
    assert_eq!(after["script"], before["script"]);
    // Another handle makes sensitive attributes anew, from the same things.
    let other = Sandbox::open(dir.path(), registry(), options(Speed::Instant)).unwrap();
    assert_eq!(db.read(&other, &id).await.unwrap().unwrap().outputs, live.outputs);
    assert_eq!(sealed(&other), after);
}

#[tokio::test]
async fn names_are_the_only_ones_where_the_facts_say() {
    let s = instant();
    let args = r#"{"name": "Same"}"#;
    for (kind, elsewhere) in [("sqs.queue", true), ("s3.bucket", false), ("iam.role", false)] {
        thing(kind, "a").create(&s, args).await.unwrap();
        let exists = refused(thing(kind, "b").create(&s, args).await, ErrorClass::Exists, "AlreadyExists");
        assert!(exists.contains(&format!("({kind}:a)")), "{exists}");
        if kind != "iam.role" {
            let there = thing(kind, "c").in_region(WEST).create(&s, args).await;
            assert_eq!(there.is_ok(), elsewhere, "{kind} {there:?}");
        }
    }
    refused(thing("iam.role", "b").create(&s, r#"{"name": "SAME"}"#).await, ErrorClass::Exists, "AlreadyExists");
    // Without a rule about names, the id is what cannot be there twice.
    thing("kms.alias", "a").create(&s, args).await.unwrap();
    refused(thing("kms.alias", "b").create(&s, args).await, ErrorClass::Exists, "AlreadyExists");
    thing("net.vpc", "a").create(&s, r#"{"cidr": "10.0.0.0/16"}"#).await.unwrap();
    thing("net.vpc", "b").create(&s, r#"{"cidr": "10.0.0.0/16"}"#).await.unwrap();
}

#[tokio::test]
async fn a_changed_name_must_be_free_too() {
    let s = instant();
    let (a, b) = (thing("sqs.queue", "a"), thing("sqs.queue", "b"));
    let id = a.create(&s, r#"{"name": "a"}"#).await.unwrap();
    b.create(&s, r#"{"name": "b"}"#).await.unwrap();
    refused(a.update(&s, &id, r#"{"name": "b"}"#).await, ErrorClass::Exists, "AlreadyExists");
    a.update(&s, &id, r#"{"name": "c"}"#).await.unwrap();
    thing("sqs.queue", "d").create(&s, r#"{"name": "c"}"#).await.unwrap_err();
}

#[tokio::test]
async fn a_second_create_of_an_operation_is_the_first() {
    let s = instant();
    let vpc = thing("net.vpc", "a");
    assert_eq!(vpc.find(&s).await.unwrap(), None);
    let id = vpc.create(&s, "{}").await.unwrap();
    assert_eq!(vpc.create(&s, "{}").await.unwrap(), id);
    assert_eq!(vpc.find(&s).await.unwrap(), Some(id.clone()));
    assert_eq!(s.list().unwrap().len(), 1);
    s.configure(vpc.at(), &id, &Map::new(), &vpc.intent).await.unwrap();
    vpc.delete(&s, &id).await.unwrap();
    assert_eq!(vpc.find(&s).await.unwrap(), None);
    assert!(s.configure(vpc.at(), &id, &Map::new(), &vpc.intent).await.is_err());
    assert_eq!(s.calls()["net.vpc create"], 2);
    assert_eq!(s.calls()["net.vpc find"], 3);
}

#[tokio::test]
async fn what_is_referred_to_must_exist() {
    let s = instant();
    let subnet = thing("net.subnet", "a");
    let missing = subnet.create(&s, r#"{"vpc_id": "vpc-nope"}"#).await;
    let message = refused(missing, ErrorClass::Invalid, "NotFound");
    assert!(message.contains("`vpc_id`") && message.contains("vpc-nope"), "{message}");
    let nested = thing("net.watch", "w").create(&s, r#"{"targets": [{"note": "n"}, {"vpc": "vpc-nope"}]}"#).await;
    assert!(refused(nested, ErrorClass::Invalid, "NotFound").contains("`targets.1.vpc`"));

    let vpc = thing("net.vpc", "a").create(&s, "{}").await.unwrap();
    let id = subnet.create(&s, &format!(r#"{{"vpc_id": "{vpc}"}}"#)).await.unwrap();
    let message = refused(subnet.update(&s, &id, r#"{"vpc_id": "vpc-nope"}"#).await, ErrorClass::Invalid, "NotFound");
    assert!(message.contains("`vpc_id`"), "{message}");
    // The id of another kind is none of this one.
    let wrong = thing("net.subnet", "b").create(&s, &format!(r#"{{"vpc_id": "{id}"}}"#)).await;
    refused(wrong, ErrorClass::Invalid, "NotFound");
}

#[tokio::test]
async fn what_is_somebody_elses_is_taken_on_trust() {
    let s = instant();
    let key = thing("kms.key", "k").create(&s, "{}").await.unwrap();
    let alias = thing("kms.alias", "a");
    alias.create(&s, &format!(r#"{{"name": "alias/ours", "key": "{key}"}}"#)).await.unwrap();
    for (value, good) in [
        ("arn:aws:kms:us-east-1:999999999999:key/theirs", true),
        ("arn:aws:kms:us-east-1:000000000000:key/nope", false),
        ("arn:aws:kms:us-east-1:000000000000:alias/aws/sqs", true),
        ("arn:aws:kms:us-east-1:000000000000:key/*", true),
        ("alias/aws/sqs", true),
        ("alias/ours", true),
        ("alias/nope", false),
        ("nope", false),
        ("", true),
        (&*key, true),
    ] {
        let queue = thing("sqs.queue", "q");
        let made = queue.create(&s, &format!(r#"{{"name": "q", "key": "{value}"}}"#)).await;
        assert_eq!(made.is_ok(), good, "{value}: {made:?}");
        if let Ok(id) = made {
            queue.delete(&s, &id).await.unwrap();
        }
    }
    let managed = r#"{"name": "r", "boundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}"#;
    thing("iam.role", "r").create(&s, managed).await.unwrap();
}

#[tokio::test]
async fn what_is_referred_to_cannot_go_first() {
    let s = instant();
    let (vpc, subnet, watch) = (thing("net.vpc", "v"), thing("net.subnet", "s"), thing("net.watch", "w"));
    let vpc_id = vpc.create(&s, "{}").await.unwrap();
    let subnet_id = subnet.create(&s, &format!(r#"{{"vpc_id": "{vpc_id}"}}"#)).await.unwrap();
    watch.create(&s, &format!(r#"{{"targets": [{{"vpc": "{vpc_id}"}}]}}"#)).await.unwrap();

    let message = refused(vpc.delete(&s, &vpc_id).await, ErrorClass::Conflict, "DependencyViolation");
    assert!(message.contains(&*subnet_id) && message.contains("net.subnet:s"), "{message}");
    assert!(!message.contains("net.watch"), "that one does not block: {message}");
    subnet.delete(&s, &subnet_id).await.unwrap();
    vpc.delete(&s, &vpc_id).await.unwrap();
    assert_eq!(vpc.deleted(&s, &vpc_id).await.unwrap(), Settled::Ready);
    assert_eq!(vpc.read(&s, &vpc_id).await.unwrap(), None);
    vpc.delete(&s, &vpc_id).await.unwrap();
    let message = refused(vpc.settle(&s, &vpc_id).await, ErrorClass::Gone, "NotFound");
    assert!(message.contains(EAST), "{message}");
}

#[tokio::test]
async fn a_changed_reference_holds_the_new_one_only() {
    let s = instant();
    let (a, b, subnet) = (thing("net.vpc", "a"), thing("net.vpc", "b"), thing("net.subnet", "s"));
    let (a_id, b_id) = (a.create(&s, "{}").await.unwrap(), b.create(&s, "{}").await.unwrap());
    let id = subnet.create(&s, &format!(r#"{{"vpc_id": "{a_id}"}}"#)).await.unwrap();
    subnet.update(&s, &id, &format!(r#"{{"vpc_id": "{b_id}"}}"#)).await.unwrap();
    a.delete(&s, &a_id).await.unwrap();
    refused(b.delete(&s, &b_id).await, ErrorClass::Conflict, "DependencyViolation");
}

#[tokio::test]
async fn many_holders_are_counted_and_a_few_named() {
    let s = instant();
    let vpc = thing("net.vpc", "v");
    let id = vpc.create(&s, "{}").await.unwrap();
    for i in 0..5 {
        thing("net.subnet", &format!("s{i}")).create(&s, &format!(r#"{{"vpc_id": "{id}"}}"#)).await.unwrap();
    }
    let message = refused(vpc.delete(&s, &id).await, ErrorClass::Conflict, "DependencyViolation");
    assert!(message.matches("net.subnet `").count() == 3 && message.ends_with("2 more"), "{message}");
}

#[tokio::test]
async fn references_mean_the_one_in_their_own_region() {
    let s = instant();
    // Two buckets cannot share a name, two aliases in two regions can.
    let (east, west) = (thing("kms.alias", "a"), thing("kms.alias", "a").in_region(WEST));
    let id = east.create(&s, r#"{"name": "alias/x"}"#).await.unwrap();
    assert_eq!(west.create(&s, r#"{"name": "alias/x"}"#).await.unwrap(), id);
    assert!(matches!(s.tamper_delete("kms.alias", &id), Err(SandboxError::Ambiguous { .. })));
    s.tamper_delete("kms.alias", &format!("{WEST}/{id}")).unwrap();
    assert_eq!(west.read(&s, &id).await.unwrap(), None);
    assert!(east.read(&s, &id).await.unwrap().is_some());
}

#[tokio::test]
async fn what_is_deleted_with_another_goes_along() {
    let s = instant();
    let (api, stage, hook) = (thing("api.rest", "a"), thing("api.stage", "s"), thing("api.hook", "h"));
    let api_id = api.create(&s, "{}").await.unwrap();
    let stage_id = stage.create(&s, &format!(r#"{{"api": "{api_id}"}}"#)).await.unwrap();
    let vpc = thing("net.vpc", "v");
    let vpc_id = vpc.create(&s, "{}").await.unwrap();
    let arguments = format!(r#"{{"stage": "arn:{stage_id}", "vpc_id": "{vpc_id}"}}"#);
    let hook_id = hook.create(&s, &arguments).await.unwrap();
    // The hook goes along with its stage, not with its network.
    refused(vpc.delete(&s, &vpc_id).await, ErrorClass::Conflict, "DependencyViolation");
    api.delete(&s, &api_id).await.unwrap();
    for (thing, id) in [(&api, &api_id), (&stage, &stage_id), (&hook, &hook_id)] {
        assert_eq!(thing.read(&s, id).await.unwrap(), None, "{}", thing.kind.name);
    }
    vpc.delete(&s, &vpc_id).await.unwrap();
    assert_eq!(s.list().unwrap(), []);
}

#[tokio::test]
async fn a_sweep_finds_what_an_environment_has_and_no_more() {
    let s = instant();
    let mut foreign = thing("net.vpc", "other");
    foreign.intent.environment = "pr-77".into();
    foreign.create(&s, "{}").await.unwrap();
    let mut beside = thing("net.vpc", "beside");
    beside.intent.program = "trading".into();
    beside.create(&s, "{}").await.unwrap();
    thing("net.vpc", "a").create(&s, "{}").await.unwrap();
    thing("iam.role", "r").create(&s, r#"{"name": "r"}"#).await.unwrap();
    thing("net.vpc", "w").in_region(WEST).create(&s, "{}").await.unwrap();
    let found = async |sought: Sought<'_>, place: &str| {
        let found = s.sweep(sought, place).await.unwrap();
        found.into_iter().filter_map(|f| f.address).map(|a| a.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(found(OURS, EAST).await, ["net.vpc:a"]);
    assert_eq!(found(OURS, WEST).await, ["net.vpc:w"]);
    assert_eq!(found(OURS, GLOBAL).await, ["iam.role:r"]);
    let all = Sought { program: None, ..OURS };
    assert_eq!(found(all, EAST).await, ["net.vpc:a", "net.vpc:beside"]);
    let whose = s.sweep(all, EAST).await.unwrap();
    let ops = whose.iter().map(|one| (one.program.as_deref(), one.op.as_deref()));
    assert_eq!(
        ops.collect::<Vec<_>>(),
        [&thing("net.vpc", "a"), &beside].map(|thing| (Some(&*thing.intent.program), Some(&*thing.intent.op)))
    );
}

#[tokio::test]
async fn the_regions_are_those_of_the_partition_and_those_in_use() {
    let s = instant();
    let before = s.regions().await.unwrap();
    assert!(before.contains(&EAST.into()) && before.is_sorted(), "{before:?}");
    thing("net.vpc", "v").in_region("nowhere-1").create(&s, "{}").await.unwrap();
    let after = s.regions().await.unwrap();
    assert_eq!(after.iter().filter(|region| !before.contains(region)).collect::<Vec<_>>(), [&Str::from("nowhere-1")]);
}

#[tokio::test]
async fn look_ups_are_answered_from_their_shapes() {
    let s = instant();
    let zones = thing("aws.zones", "z");
    let answer = s.look_up(zones.at(), &Map::new()).await.unwrap();
    assert_eq!(answer["names"].to_json(), r#"["us-east-1a","us-east-1b","us-east-1c"]"#);
    assert_eq!(answer["account"], Value::str("000000000000"));
    let vpc = thing("net.vpc", "v");
    refused(s.look_up(vpc.at(), &Map::new()).await, ErrorClass::Invalid, "NotALookUp");
    refused(zones.create(&s, "{}").await, ErrorClass::Invalid, "NotCreatable");
    refused(thing("random.password", "p").create(&s, "{}").await, ErrorClass::Invalid, "NotCreatable");
    refused(Thing { region: None, ..vpc }.create(&s, "{}").await, ErrorClass::Invalid, "MissingRegion");
}

#[tokio::test]
async fn tampering_shows() {
    let s = instant();
    let vpc = thing("net.vpc", "v");
    let id = vpc.create(&s, r#"{"cidr": "10.0.0.0/16", "tags": {"team": "pay"}}"#).await.unwrap();
    thing("net.subnet", "s").create(&s, &format!(r#"{{"vpc_id": "{id}"}}"#)).await.unwrap();
    let listed = s.list().unwrap();
    let shown = listed.iter().find(|r| r.kind == "net.vpc").unwrap();
    assert_eq!(shown.phase, Phase::Ready);
    assert_eq!(
        shown.tags.keys().map(|k| &**k).collect::<Vec<_>>(),
        ["dr:address", "dr:env", "dr:op", "dr:program", "team"]
    );
    assert_eq!(&*shown.tags["dr:address"], "net.vpc:v");

    s.tamper_set("net.vpc", &id, "cidr", Value::str("10.9.0.0/16")).unwrap();
    s.tamper_set("net.vpc", &id, "tags", Value::Null).unwrap();
    assert_eq!(Value::Map(vpc.read(&s, &id).await.unwrap().unwrap().args).to_json(), r#"{"cidr":"10.9.0.0/16"}"#);
    let error = s.tamper_set("net.vpc", &id, "cdir", Value::Null).unwrap_err().to_string();
    assert!(error.contains("did you mean `cidr`?"), "{error}");
    s.tamper_delete("net.vpc", &id).unwrap();
    assert_eq!(vpc.read(&s, &id).await.unwrap(), None);
    for (kind, id) in [("net.vpc", &*id), ("no.kind", "x")] {
        assert!(matches!(s.tamper_delete(kind, id), Err(SandboxError::Missing { .. })), "{kind}");
    }
}

#[test]
fn facts_that_cannot_be_followed_are_refused_with_their_names() {
    static LOOPS: Kind = Kind {
        id: "{b}",
        ..Kind::new("x.loops", "", &[], &[like("a", Type::Str, "{id}"), like("b", Type::Str, "{a}")])
    };
    static HOLES: Kind = Kind {
        id: "{nmae}-{hex:0}",
        ..Kind::new(
            "x.holes",
            "",
            &[arg("name", Type::Str)],
            &[arg("inner", Type::List(&Type::Object(&[like("z", Type::Str, "{")])))],
        )
    };
    let registry = Arc::new(Registry::new([&LOOPS, &HOLES]));
    let Err(SandboxError::Facts(problems)) = Sandbox::in_memory(registry, SandboxOptions::default()) else { panic!() };
    let has =
        |a: &str, b: &str| assert!(problems.iter().any(|p| p.starts_with(a) && p.contains(b)), "{a} in {problems:?}");
    has("x.loops.id:", "leads back");
    has("x.loops.a:", "leads back");
    has("x.holes.id:", "did you mean `{name}`?");
    has("x.holes.id:", "cannot be read");
    has("x.holes.inner:", "cannot be read");
}
