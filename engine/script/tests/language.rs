//! The language as programs see it: what expressions give, known and unknown.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that fails panics.

mod common;

use common::{host, ok, output, request, request_with, shown, value, wrong, wrong_value};
use dr_core::diagnostic::Severity;
use dr_core::graph::ReplaceOrder;
use dr_core::value::Value;
use dr_script::{ParamType, Setting};

#[track_caller]
fn all(table: &[(&str, &str)]) {
    for (expression, expected) in table {
        assert_eq!(value(expression), *expected, "{expression}");
    }
}

#[track_caller]
fn all_wrong(table: &[(&str, &str)]) {
    for (expression, expected) in table {
        let text = wrong_value(expression);
        assert!(text.contains(expected), "{expression}\nexpected: {expected}\nfound: {text}");
    }
}

#[test]
fn a_whole_program() {
    let e = ok(r#"
        let p = program(#{ region: param("Where", "us-east-1"), count: param("How many", 2) });
        let main = component("main", #{ region: p.region, tags: #{ Role: "primary" } }, || queues(p.count));
        output("first", main[0].arn);
        note("two queues");
        print(`count ${p.count}`);
        fn queues(n) { let l = []; for i in 0..n { l.push(sqs::queue(`q-${i}`, #{ tags: #{ N: `${i}` } })); } l }
    "#);
    let addresses: Vec<&str> = e.graph.nodes.keys().map(|a| a.as_str()).collect();
    assert_eq!(addresses, ["main/sqs.queue:q-0", "main/sqs.queue:q-1"]);
    let node = e.graph.nodes.values().next().unwrap();
    assert_eq!(node.region.as_deref(), Some("us-east-1"));
    assert_eq!(node.args["name"].to_string(), "\"q-0-pr-7\"");
    assert_eq!(node.args["tags"].to_string(), r#"{"N": "0", "Role": "primary"}"#);
    assert_eq!(e.graph.outputs["first"].value.to_string(), "${main/sqs.queue:q-0.arn}");
    assert_eq!(e.printed, ["count 2"]);
    assert_eq!((e.graph.notes[0].message.as_str(), e.graph.notes[0].severity), ("two queues", Severity::Info));
    assert_eq!(&*e.graph.program, "main");
}

#[test]
fn attributes() {
    all(&[
        ("q.arn", "${sqs.queue:q.arn}"),
        ("q.id", "${sqs.queue:q.id}"),
        // What was given or has a default is known.
        ("q.visibility_timeout", "30"),
        ("q.visibility_timeout + 1", "31"),
        ("q.region", "\"us-east-1\""),
        ("q.address", "\"sqs.queue:q\""),
        ("q.fifo", "null"),
        ("iam::role(\"r\", #{ trust: trust(\"x\") }).region", "null"),
        ("iam::role(\"r\", #{ trust: trust(\"x\") }).trust.Version", "\"2012-10-17\""),
        // What others call it stays a reference, so that they wait for it.
        ("q.name", "${sqs.queue:q.name}"),
        // What the service chooses is not known.
        (
            "ec2::subnet(\"s\", #{ region: \"us-east-1\", vpc_id: q.id, cidr_block: \"c\" }).zone",
            "${ec2.subnet:s.zone}",
        ),
        ("ec2::subnet(\"s\", #{ region: \"us-east-1\", vpc_id: q.id, cidr_block: \"c\" }).name", "\"s\""),
        ("ec2::subnet(\"s\", #{ region: \"us-east-1\", vpc_id: q.id, cidr_block: \"c\" }).vpc_id", "${sqs.queue:q.id}"),
        // A part of an unknown.
        ("c.members[0]", "${rds.cluster:c.members[0]}"),
        ("c.members[-1]", "${rds.cluster:c.members[-1]}"),
        ("c.endpoint.host", "${rds.cluster:c.endpoint.host}"),
        ("c.labels[\"a\"]", "${rds.cluster:c.labels.a}"),
        ("c.labels.b", "${rds.cluster:c.labels.b}"),
        // A secret stays one.
        (
            "secretsmanager::secret(\"s\", #{ region: \"us-east-1\", value: \"x\" }).value",
            "${secretsmanager.secret:s.value}",
        ),
    ]);
}

#[test]
fn texts() {
    all(&[
        ("`a-${q.id}-b`", "\"a-${sqs.queue:q.id}-b\""),
        ("`${q.id}`", "\"${sqs.queue:q.id}\""),
        ("`${1 + 1} ${true} ${[1]} ${1.5} ${'c'}`", "\"2 true [1] 1.5 c\""),
        ("\"a\" + q.id + \"b\"", "\"a${sqs.queue:q.id}b\""),
        ("{ let s = \"x\"; s += q.id; s += \"y\"; s }", "\"x${sqs.queue:q.id}y\""),
        ("\"n\" + 5 + true", "\"n5true\""),
        ("5 + \"n\"", "\"5n\""),
        ("`port ${c.port}`", "\"port ${rds.cluster:c.port}\""),
        ("`${[q.id]}`", "\"${[${sqs.queue:q.id}]}\""),
        ("[1, 2].map(|i| `${i}-${q.id}`)", "[\"1-${sqs.queue:q.id}\", \"2-${sqs.queue:q.id}\"]"),
        ("`nested ${`in ${q.id}`}`", "\"nested in ${sqs.queue:q.id}\""),
    ]);
}

#[test]
fn known_and_unknown_are_computed_alike() {
    all(&[
        ("\"a:b\".split(\":\")", "[\"a\", \"b\"]"),
        ("q.arn.split(\":\")[4]", "${split(sqs.queue:q.arn, \":\")[4]}"),
        ("\"ab\".to_upper()", "\"AB\""),
        ("q.arn.to_upper()", "${to_upper(sqs.queue:q.arn)}"),
        ("\"abcdef\".sub_string(1, 2)", "\"bc\""),
        ("\"abc\".sub_string(-2)", "\"bc\""),
        ("q.arn.sub_string(1, 2)", "${sub_string(sqs.queue:q.arn, 1, 2)}"),
        ("\" a \".trimmed()", "\"a\""),
        ("\"a.b\".replaced(\".\", \"-\")", "\"a-b\""),
        ("q.arn.replaced(\".\", \"-\")", "${replaced(sqs.queue:q.arn, \".\", \"-\")}"),
        ("[\"a\", \"b\"].join(\",\")", "\"a,b\""),
        ("[\"a\", q.id].join(\",\")", "${join([\"a\", ${sqs.queue:q.id}], \",\")}"),
        ("c.members.join(\",\")", "${join(rds.cluster:c.members, \",\")}"),
        ("to_json(#{ a: [1, \"x\"] })", "\"{\\\"a\\\":[1,\\\"x\\\"]}\""),
        ("from_json(`{\"a\":[1,true]}`).a[0]", "1"),
        ("from_json(q.arn).a.b", "${from_json(sqs.queue:q.arn).a.b}"),
        ("base64(\"hi\")", "\"aGk=\""),
        ("base64(q.arn)", "${base64(sqs.queue:q.arn)}"),
        ("sha256(\"\").sub_string(0, 8)", "\"e3b0c442\""),
        ("cidr_subnet(\"10.0.0.0/16\", 8, 2)", "\"10.0.2.0/24\""),
        ("cidr_host(\"10.0.2.0/24\", 5)", "\"10.0.2.5\""),
        ("parse_int(\"12\") + 1", "13"),
        ("\"abc\".len()", "3"),
        ("\"abc\".contains(\"b\")", "true"),
        ("\"b\" in \"abc\"", "true"),
        ("c.port + 1", "${add(rds.cluster:c.port, 1)}"),
        ("2 * c.port - 1", "${subtract(multiply(2, rds.cluster:c.port), 1)}"),
        ("-c.port", "${subtract(0, rds.cluster:c.port)}"),
        ("c.members + [\"x\"]", "${append(rds.cluster:c.members, [\"x\"])}"),
        ("c.labels + #{ a: 1 }", "${merge(rds.cluster:c.labels, {\"a\": 1})}"),
        ("7 / 2", "3"),
        ("7.0 / 2", "3.5"),
        ("floor(2.7) + ceiling(2.1) + round(2.5)", "8"),
        ("max(1, 2) + min(1, 2) + abs(-3)", "6"),
    ]);
    all_wrong(&[
        ("cidr_subnet(\"10.0.0.0/16\", 8, 256)", "has no subnet number 256"),
        ("cidr_subnet(\"10.0.0.1/16\", 8, 0)", "did you mean `10.0.0.0/16`?"),
        ("from_json(\"{\")", "this JSON cannot be read: line 1"),
        ("parse_int(\"x\")", "is not an integer"),
        ("9223372036854775807 + 1", "beyond the range of integers"),
        ("1 / 0", "zero"),
        ("to_int(1e300)", "too large"),
    ]);
}

#[test]
fn lists_and_maps() {
    all(&[
        ("[3, 1, 2].sorted()", "[1, 2, 3]"),
        ("[\"b\", \"a\"].sorted()", "[\"a\", \"b\"]"),
        ("[#{ n: 2 }, #{ n: 1 }].sorted(|x| x.n)", "[{\"n\": 1}, {\"n\": 2}]"),
        ("[1, 2].reversed()", "[2, 1]"),
        ("\"abc\".reversed()", "\"cba\""),
        ("[[1], [2, [3]], 4].flatten()", "[1, 2, [3], 4]"),
        ("[1, 2].zip([\"a\", \"b\"])", "[[1, \"a\"], [2, \"b\"]]"),
        ("[1, 2, 1].unique()", "[1, 2]"),
        ("\"ab\".repeat(2)", "\"abab\""),
        ("[0].repeat(3)", "[0, 0, 0]"),
        ("[1, 2, 3].filter(|x| x > 1)", "[2, 3]"),
        ("[1, 2, 3].reduce(|sum, x| sum + x, 0)", "6"),
        ("[1, 2, 3].find(|x| x > 1)", "2"),
        ("[1, 2, 3].some(|x| x > 2)", "true"),
        ("[1, 2, 3].all(|x| x > 2)", "false"),
        ("[1, 2, 3].slice(1, 2)", "[2, 3]"),
        ("[1, 2, 3].first() + [1, 2, 3].last()", "4"),
        ("[].first()", "null"),
        ("[q, c].len()", "2"),
        ("[q.id].contains(())", "false"),
        ("[q].index_of(q)", "0"),
        ("{ let l = [1]; l.push(2); l += [3]; l.insert(0, 0); l.remove(1); l.pop(); l }", "[0, 2]"),
        ("#{ b: 1, a: q.id }.keys()", "[\"a\", \"b\"]"),
        ("#{ b: 1, a: 2 }.values()", "[2, 1]"),
        ("#{ a: 1 } + #{ b: 2 }", "{\"a\": 1, \"b\": 2}"),
        ("#{ a: 1 }.b ?? 7", "7"),
        ("{ let m = #{ a: #{ c: 3 } }; [m.b ?? 7, m.a.c ?? 8, m.a.d ?? 9, m[\"x\"] ?? m.y ?? 10] }", "[7, 3, 9, 10]"),
        ("#{ a: 1 }.get(\"b\")", "null"),
        ("{ let m = #{}; m.a = 1; m[\"b\"] = 2; m.set(\"c\", 3); m.remove(\"a\"); m }", "{\"b\": 2, \"c\": 3}"),
        ("\"a\" in #{ a: 1 }", "true"),
        ("[1, [2]] == [1, [2]]", "true"),
        ("#{ a: 1 } == #{ a: 2 }", "false"),
        ("1 == 1.0", "true"),
        ("1 == \"1\"", "false"),
        // Whether an option was given can be asked of anything.
        ("[q.arn == (), q.arn != (), q == (), () == ()]", "[false, true, false, true]"),
        ("q.arn ?? \"x\"", "${sqs.queue:q.arn}"),
        ("q == q && q != c", "true"),
    ]);
    all_wrong(&[
        ("[1, \"a\"].sorted()", "cannot sort texts and numbers together"),
        ("[q.id].sorted()", "cannot sort by"),
        ("[q.id].contains(\"a\")", "cannot compare"),
        ("[1].zip([])", "cannot zip a list of 1 with a list of 0"),
        ("[1].filter(|x| 1)", "must answer true or false, not an integer"),
        ("[1].filter(|x| q.id)", "cannot decide on"),
        ("[1][5]", "there is no item 5"),
        ("q == 1", "cannot compare with something else a whole resource"),
        ("!c.encrypted", "cannot branch on `${rds.cluster:c.encrypted}`"),
        ("c.encrypted && true", "cannot branch on"),
    ]);
}

#[test]
fn policies() {
    let statement = r#"{"Action": "s3:*", "Effect": "Allow", "Resource": ${sqs.queue:q.arn}}"#;
    all(&[
        ("allow(\"s3:*\", q.arn)", statement),
        ("policy([allow(\"s3:*\", q.arn)])", &format!(r#"{{"Statement": [{statement}], "Version": "2012-10-17"}}"#)),
        (
            "deny([\"a:B\"], [\"x\", `${q.arn}/*`], #{ Sid: \"s\" }).keys()",
            r#"["Action", "Effect", "Resource", "Sid"]"#,
        ),
        ("trust(\"lambda.amazonaws.com\").Statement[0].Principal.Service", "\"lambda.amazonaws.com\""),
        ("trust([\"a\", \"b\"], #{ Condition: #{ x: 1 } }).Statement[0].Condition.x", "1"),
    ]);
    all_wrong(&[
        ("policy([\"s3:*\"])", "made of statements (maps), not of a string"),
        ("allow(\"s3:*\", q)", "cannot use as a resource a whole resource"),
        ("allow(5, \"*\")", "an action must be a text or a list of texts, not an integer"),
    ]);
}

#[test]
fn the_environment_is_seen_everywhere() {
    let e = output("fn f() { env.suffix } output(\"o\", [env.name, env.ephemeral, f(), [1].map(|i| env.suffix)]);");
    assert_eq!(e, r#"["review", true, "pr-7", ["pr-7"]]"#);
    assert_eq!(output("import \"place\" as place; output(\"o\", place::suffix());"), "\"pr-7\"");
    assert!(wrong("env.suffix = \"x\";").contains("env"));
    assert!(wrong("env.sufix").contains("did you mean `suffix`?"));
}

#[test]
fn keywords_are_names_where_they_cannot_be_keywords() {
    let map = "let m = #{ default: 1, static: 2, in: 3, private: 4, match: 5, type: 6, import: 7, \"for\": 8 };";
    assert_eq!(
        output(&format!("{map} output(\"o\", [m.default, m.in, m.private, m.match, m.import, m.for]);")),
        "[1, 3, 4, 5, 7, 8]"
    );
    assert_eq!(output("let public = 1; let default = 2; output(\"o\", public + default);"), "3");
    assert_eq!(output("private fn f() { 1 } fn g() { 2 } private fn h() { 3 } output(\"o\", f() + g() + h());"), "6");
    assert_eq!(
        output("let x = [1]; output(\"o\", if 1 in x { [3, if true { 4 } else { 5 }] } else { [] });"),
        "[3, 4]"
    );
    assert!(wrong("let while = 1;").contains("main.rhai:1:5"));
}

#[test]
fn switch_takes_known_values() {
    let text = "output(\"o\", [switch 1 { 1 => 2 }, switch 3 { 1..9 => \"r\" }, switch \"a\" { \"b\" => 1, _ => 5 }]);";
    assert_eq!(output(text), "[2, \"r\", 5]");
}

#[test]
fn components_nest() {
    let e = ok(r#"
        component("a", #{ region: "us-east-1", tags: #{ x: "1", y: "1" } }, || {
            component("b", #{ region: "us-west-2", tags: #{ y: "2" } }, || {
                sqs::queue("q", #{ tags: #{ z: "3" } });
                ec2::vpc("own", #{ region: "eu-west-1", cidr_block: "c", tags: #{ x: "3" } });
            });
            sqs::queue("q");
            iam::role("r", #{ trust: trust("x") });
            random::password("p");
            account::region("on", #{ region: "eu-south-1" });
        });
    "#);
    let rows: Vec<String> = e
        .graph
        .nodes
        .values()
        .map(|n| {
            let tags = n.args.get("tags").map(ToString::to_string).unwrap_or_default();
            format!("{} {} {tags}", n.address, n.region.as_deref().unwrap_or("-"))
        })
        .collect();
    assert_eq!(
        rows,
        [
            r#"a/account.region:on - "#,
            r#"a/b/ec2.vpc:own eu-west-1 {"x": "3", "y": "2"}"#,
            r#"a/b/sqs.queue:q us-west-2 {"x": "1", "y": "2", "z": "3"}"#,
            r#"a/iam.role:r - {"x": "1", "y": "1"}"#,
            r#"a/random.password:p - "#,
            r#"a/sqs.queue:q us-east-1 {"x": "1", "y": "1"}"#,
        ]
    );
    // An argument that has the name of an option is the argument.
    assert_eq!(e.graph.nodes.values().next().unwrap().args["region"].to_string(), "\"eu-south-1\"");
}

#[test]
fn the_region_of_the_surroundings_can_be_asked() {
    let text = "output(\"o\", component(\"a\", #{ region: \"us-east-1\" }, || f())); fn f() { region() }";
    assert_eq!(output(text), "\"us-east-1\"");
    assert!(wrong("region();").contains("there is no region here"));
}

#[test]
fn common_options() {
    let e = ok(r#"
        let a = sqs::queue("a", #{ region: "us-east-1" });
        let b = sqs::queue("b", #{ region: "us-east-1" });
        sqs::queue("c", #{
            region: "us-east-1", depends_on: [a, "sqs.queue:b"], protect: true, replace: "delete_first",
            ignore_changes: "policy", moved_from: ["sqs.queue:old"], import_id: "https://queue",
            allow: #{ D10: "a test" },
        });
        sqs::queue("d", #{ region: "us-east-1", depends_on: a, allow: (), tags: () });
    "#);
    let options = |name: &str| {
        let node = e.graph.nodes.values().find(|n| n.address.name() == name).unwrap();
        node.options.clone()
    };
    let c = options("c");
    assert_eq!(format!("{:?} {:?}", c.depends_on, c.moved_from), "[sqs.queue:a, sqs.queue:b] [sqs.queue:old]");
    assert_eq!((c.protect, c.replace), (true, Some(ReplaceOrder::DeleteFirst)));
    assert_eq!((&*c.ignore_changes[0], c.import_id.as_deref()), ("policy", Some("https://queue")));
    assert_eq!(&*c.allow["D10"], "a test");
    assert_eq!(format!("{:?}", options("d").depends_on), "[sqs.queue:a]");
}

#[test]
fn a_node_knows_its_keys_and_calls() {
    let e = ok(
        "fn site() {\n  ec2::vpc(\"v\", #{\n    region: \"us-east-1\",\n    cidr_block: \"10.0.0.0/16\",\n  })\n}\nsite();\n",
    );
    let site = &e.graph.nodes.values().next().unwrap().site;
    let place = site.of(&["cidr_block".into()], false).unwrap();
    assert_eq!((place.line, place.column, place.length), (4, 17, 13));
    assert_eq!(site.span.as_ref().unwrap().to_string(), "main.rhai:2:8");
    assert_eq!(site.trace.len(), 1);
    assert_eq!((site.trace[0].span.line, &*site.trace[0].function), (7, ""));
}

#[test]
fn sites_are_shared_by_what_is_declared_there() {
    let e = ok("for i in 0..3 { sqs::queue(`q${i}`, #{ region: \"us-east-1\" }); }");
    let sites: Vec<_> = e.graph.nodes.values().map(|n| std::sync::Arc::as_ptr(&n.site)).collect();
    assert!(sites.windows(2).all(|pair| pair[0] == pair[1]));
}

const PARAMETERS: &str = r#"
    let p = program(#{
        text: param("A text", "t"), count: param("A number", 3), part: param("A part", 0.5),
        flag: param("A flag", false), names: param("Names", ["a"]), tags: param("Tags", #{ }),
        mail: param("Who is told", ()), account: required_param("The account", "string", #{ pattern: "[0-9]{12}" }),
        size: param("How large", 2, #{ min: 1, max: 9 }),
    });
    output("o", p);
"#;

#[test]
fn parameters_take_text_and_values() {
    let settings = [
        ("text", "x=y"),
        ("count", "4"),
        ("part", "0.25"),
        ("flag", "true"),
        ("names", r#"["b", "c"]"#),
        ("tags", r#"{"k":"v"}"#),
        ("mail", "a@b"),
        ("account", "123456789012"),
    ];
    let e = host().evaluate(&request_with(PARAMETERS, &settings)).unwrap();
    assert_eq!(
        e.graph.outputs["o"].value.to_string(),
        r#"{"account": "123456789012", "count": 4, "flag": true, "mail": "a@b", "names": ["b", "c"], "part": 0.25, "size": 2, "tags": {"k": "v"}, "text": "x=y"}"#
    );
    let mut request = request_with(PARAMETERS, &[("account", "123456789012")]);
    request.settings.insert("part".into(), Setting::Value(Value::Int(1)));
    request.settings.insert("text".into(), Setting::Value(Value::str("secret").secret()));
    let e = host().evaluate(&request).unwrap();
    let text = e.graph.outputs["o"].value.to_string();
    assert!(text.contains("\"part\": 1,") && !text.contains("\"secret\""), "{text}");
    request.settings.insert("size".into(), Setting::Value(Value::str("2")));
    let failure = host().evaluate(&request).unwrap_err();
    assert!(shown(&failure).contains("parameter `size` must be an integer, not \"2\""), "{failure}");
    assert!(shown(&failure).contains("given by the test"), "{failure}");
}

#[test]
fn a_component_says_where_everything_in_it_was() {
    let former = |text: &str| {
        let graph = host().evaluate(&request(text)).unwrap().graph;
        let of = |node: &dr_core::graph::Node| {
            let along: Vec<&str> = node.options.moved_along.iter().map(|a| a.as_str()).collect();
            format!("{}: {}", node.address, along.join(" "))
        };
        graph.nodes.values().map(of).collect::<Vec<_>>().join("\n")
    };
    let queue = "sqs::queue(\"q\", #{ region: \"us-east-1\" });";
    for (text, expected) in [
        (format!("component(\"a\", || {{ {queue} }})"), "a/sqs.queue:q: "),
        (format!("component(\"a\", #{{ moved_from: \"b/c\" }}, || {{ {queue} }})"), "a/sqs.queue:q: b/c/sqs.queue:q"),
        (format!("component(\"a\", #{{ moved_from: \"\" }}, || {{ {queue} }})"), "a/sqs.queue:q: sqs.queue:q"),
        // Everything inside moves along, by all the paths that it may have had.
        (
            format!("component(\"a\", #{{ moved_from: [\"b\", \"\"] }}, || component(\"i\", || {{ {queue} }}))"),
            "a/i/sqs.queue:q: b/i/sqs.queue:q i/sqs.queue:q",
        ),
        (
            format!(
                "component(\"a\", #{{ moved_from: \"b\" }}, || component(\"i\", #{{ moved_from: \"a/j\" }}, || {{ {queue} }}))"
            ),
            "a/i/sqs.queue:q: a/j/sqs.queue:q b/j/sqs.queue:q b/i/sqs.queue:q",
        ),
        // A resource that was called otherwise, too.
        (
            "component(\"a\", #{ moved_from: \"b\" }, || { sqs::queue(\"q\", #{ region: \"us-east-1\", \
             moved_from: \"a/sqs.queue:old\" }); })"
                .to_owned(),
            "a/sqs.queue:q: b/sqs.queue:old b/sqs.queue:q",
        ),
    ] {
        assert_eq!(former(&text), expected, "{text}");
    }
    let graph =
        host().evaluate(&request(&format!("component(\"a\", || component(\"b\", || {{ {queue} }}))"))).unwrap().graph;
    let places: Vec<String> = graph.components.iter().map(|(path, span)| format!("{path} {}", span.column)).collect();
    assert_eq!(places, ["a 1", "a/b 19"]);
}

#[test]
fn parameters_are_listed_without_running_the_rest() {
    let text = format!("{PARAMETERS} throw \"not reached\";");
    let parameters = host().parameters(&request(&text)).unwrap();
    let rows: Vec<(&str, ParamType, bool)> = parameters.iter().map(|p| (p.name.as_str(), p.ty, p.required)).collect();
    assert_eq!(rows[0], ("account", ParamType::String, true));
    assert_eq!(rows[2], ("flag", ParamType::Bool, false));
    assert_eq!(parameters[0].value, None);
    assert_eq!(parameters[1].default, Some(Value::Int(3)));
    assert_eq!(parameters[6].conditions, ["at least 1", "at most 9"]);
    assert_eq!(host().parameters(&request("output(\"a\", 1);")).unwrap(), []);
    assert!(host().parameters(&request("throw \"early\";")).is_err());
}

#[test]
fn programs_without_parameters_take_no_settings() {
    let failure = host().evaluate(&request_with("output(\"a\", 1);", &[("x", "1")])).unwrap_err();
    assert!(shown(&failure).contains("no parameter `x`"), "{failure}");
}

#[test]
fn notes_and_warnings_are_kept() {
    let e = ok("warn(\"careful\");\nnote(\"left out\");\noutput(\"o\", 1);");
    let rows: Vec<String> = e.graph.notes.iter().map(|n| format!("{:?} {n}", n.severity)).collect();
    assert_eq!(rows, ["Warning main.rhai:1:1: careful", "Info main.rhai:2:1: left out"]);
}

#[test]
fn evaluating_twice_gives_the_same() {
    let text = "for i in 0..20 { sqs::queue(`q${i}`, #{ region: \"us-east-1\", tags: #{ n: `${i}` } }); }";
    let graph = |e: dr_script::Evaluated| format!("{:?}", e.graph);
    assert_eq!(graph(ok(text)), graph(ok(text)));
}

#[test]
fn a_runaway_program_does_not_disturb_the_next() {
    let host = host();
    assert!(host.evaluate(&request("loop { }")).is_err());
    assert!(host.evaluate(&request("output(\"a\", 1);")).is_ok());
}

#[test]
fn time_is_limited() {
    let limits = dr_script::Limits { time: std::time::Duration::from_millis(20), steps: u64::MAX, ..common::small() };
    let host = dr_script::Host::new(common::registry(), Vec::new(), limits);
    let failure = host.evaluate(&request("loop { }")).unwrap_err();
    assert!(shown(&failure).contains("runs for more than 20ms"), "{failure}");
}
