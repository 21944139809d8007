//! Documents that are right, and what is said about those that are not, and where.

use super::form::{PolicyUse, fields, policies};
use super::*;
use crate::address::Address;

/// What is said about a document: each flaw with its path, sentence and help.
fn said(grammar: Grammar, json: &str) -> Vec<String> {
    let value = Value::from_json(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    let told = |flaws: Vec<Flaw>| -> Vec<String> {
        let one = |flaw: Flaw| format!("{}: {}; {}", flaw.path.join("."), flaw.what, flaw.help.unwrap_or_default());
        flaws.into_iter().map(one).collect()
    };
    let found = told(flaws(grammar, Tree::from(&value)));
    // The text of a document says the same as the document.
    assert_eq!(told(flaws(grammar, Tree::from(&Value::str(json)))), found, "{json}");
    found
}

fn table(grammar: Grammar, right: &[&str], wrong: &[(&str, &[&str])]) {
    for json in right {
        assert_eq!(said(grammar, json), [""; 0], "{json}");
    }
    for (json, parts) in wrong {
        let said = said(grammar, json);
        assert_eq!(said.len(), 1, "{json}: {said:?}");
        for part in *parts {
            assert!(said[0].contains(part), "{json}: `{part}` is not in: {}", said[0]);
        }
    }
}

/// A policy with one statement of such fields.
fn with(statement: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{{{statement}}}]}}"#)
}

/// The same table for statements.
fn statements(of: &'static PolicyUse, right: &[&str], wrong: &[(&str, &[&str])]) {
    let whole: Vec<String> = right.iter().map(|one| with(one)).collect();
    table(Grammar::Policy(of), &whole.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
    for (one, parts) in wrong {
        table(Grammar::Policy(of), &[], &[(&with(one), parts)]);
    }
}

#[test]
fn whole_policies() {
    table(
        Grammar::Policy(&policies::INLINE),
        &[
            policies::INLINE.example,
            r#"{"Version":"2008-10-17","Id":"x","Statement":{"Effect":"Deny","NotAction":["iam:*","s3:Get?bject"],"NotResource":"arn:aws:s3:::b/*"}}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":["*","arn:aws:s3:*"]}]}"#,
        ],
        &[
            (
                r#"{"Version":"2012-10-18","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
                &["Version: must be \"2012-10-17\""],
            ),
            (r#"{"Version":"2012-10-17"}"#, &["needs `Statement`"]),
            (r#"{"Version":"2012-10-17","Statement":[]}"#, &["Statement: is empty"]),
            (r#"{"Version":"2012-10-17","Statement":["s3:*"]}"#, &["Statement.0: must be a statement"]),
            (r#"[]"#, &["must be a map"]),
            (
                r#"{"Version":"2012-10-17","Statement":[{"Version":"2012-10-17","Statement":[]}]}"#,
                &["Statement.0: is a whole policy", "the statements that are in it"],
            ),
            (
                r#"{"Versoin":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
                &["Versoin: is nothing that a policy has", "`Version`"],
            ),
            (
                r#"{"Statement":[{"Sid":"A","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"A","Effect":"Allow","Action":"*","Resource":"*"}]}"#,
                &["Statement.1.Sid: is `A` a second time"],
            ),
        ],
    );
}

#[test]
fn statements_of_identities() {
    statements(
        &policies::INLINE,
        &[
            r#""Effect":"Allow","Action":["s3:GetObject","SQS:SendMessage"],"Resource":"arn:aws:s3:::b/${aws:username}/*""#,
            r#""Effect":"Allow","Action":"rds-db:connect","Resource":"arn:aws:rds-db:us-east-1:*:dbuser:x/*""#,
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ForAnyValue:StringLikeIfExists":{"aws:PrincipalOrgPaths":["a"]},"Bool":{"aws:SecureTransport":"true"},"Null":{"aws:TokenIssueTime":"true"}}"#,
            r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"a","kms:ViaService":"s3.us-east-1.amazonaws.com","token.actions.githubusercontent.com:aud":"x"}}"#,
        ],
        &[
            (r#""Action":"*","Resource":"*""#, &["Statement.0: needs `Effect`"]),
            (
                r#""Effect":"allow","Action":"*","Resource":"*""#,
                &["Statement.0.Effect: must be \"Allow\" or \"Deny\", not \"allow\"", "\"Allow\"?"],
            ),
            (r#""Effect":"Permit","Action":"*","Resource":"*""#, &["not \"Permit\""]),
            (r#""Effect":true,"Action":"*","Resource":"*""#, &["not true"]),
            (r#""Effect":"Allow","Resource":"*""#, &["needs `Action` or `NotAction`"]),
            (
                r#""Effect":"Allow","Action":"*","NotAction":"*","Resource":"*""#,
                &["NotAction: cannot stand beside `Action`"],
            ),
            (r#""Effect":"Allow","Action":"*""#, &["needs `Resource` or `NotResource`"]),
            (
                r#""Effect":"Allow","Actions":"*","Action":"*","Resource":"*""#,
                &["Actions: is nothing that a statement has", "`Action`"],
            ),
            (r#""Effect":"Allow","Action":"s3.GetObject","Resource":"*""#, &["names no service"]),
            (
                r#""Effect":"Allow","Action":"dynamo:GetItem","Resource":"*""#,
                &["no service `dynamo`", "`dynamodb:GetItem`"],
            ),
            (
                r#""Effect":"Allow","Action":["s3:Get","sqs:Send Message"],"Resource":"*""#,
                &["Action.1", "`Send Message`"],
            ),
            (r#""Effect":"Allow","Action":"s3:","Resource":"*""#, &["nothing that can be done"]),
            (r#""Effect":"Allow","Action":[7],"Resource":"*""#, &["Action.0: must be an action", "not 7"]),
            (
                r#""Effect":"Allow","Action":"s3:*","Resource":"orders""#,
                &["Statement.0.Resource: is not the ARN of", "`orders`"],
            ),
            (r#""Effect":"Allow","Action":"s3:*","Resource":["arn:asw:s3:::b"]"#, &["Resource.0", "partition `asw`"]),
            (
                r#""Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*""#,
                &["Principal: does not belong into a policy of an identity"],
            ),
            (
                r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEqual":{"aws:SourceArn":"x"}}"#,
                &["Condition.StringEqual: is no operator", "`StringEquals`"],
            ),
            (
                r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ForAnyValues:StringEquals":{"aws:SourceArn":"x"}}"#,
                &["`ForAnyValue:StringEquals`"],
            ),
            (
                r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"SourceArn":"x"}}"#,
                &["is no key of a condition", "`aws:SourceArn`"],
            ),
            (
                r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceAcount":"x"}}"#,
                &["`aws:SourceAccount`"],
            ),
            (
                r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":"x"}"#,
                &["Condition.StringEquals: must be a map"],
            ),
            (r#""Effect":"Allow","Action":"s3:*","Resource":"*","Condition":["x"]"#, &["Condition: must be a map"]),
            (r#""Sid":"my statement","Effect":"Allow","Action":"s3:*","Resource":"*""#, &["Sid", "` `"]),
        ],
    );
}

#[test]
fn statements_of_resources_and_of_trust() {
    statements(
        &policies::BUCKET,
        &[
            r#""Sid":"read it","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#,
            r#""Effect":"Deny","NotPrincipal":{"AWS":["123456789012","arn:aws:iam::123456789012:role/r","AROAABCDEFGHIJKLMNOPQ"]},"Action":"s3:*","Resource":"arn:aws:s3:::b""#,
            r#""Effect":"Allow","Principal":{"Service":["logs.us-east-1.amazonaws.com","logdelivery.elasticloadbalancing.amazonaws.com"],"CanonicalUser":"x"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*""#,
        ],
        &[
            (
                r#""Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#,
                &["needs `Principal` or `NotPrincipal`"],
            ),
            (
                r#""Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"arn:aws:s3:::b/*""#,
                &["the policy of a bucket speaks of `s3:` alone"],
            ),
            (
                r#""Effect":"Allow","Principal":"lambda.amazonaws.com","Action":"s3:*","Resource":"arn:aws:s3:::b""#,
                &["Principal: must be \"*\" or a map", "Service"],
            ),
            (
                r#""Effect":"Allow","Principal":{"Service":"lambda"},"Action":"s3:*","Resource":"arn:aws:s3:::b""#,
                &["Principal.Service", "`lambda.amazonaws.com`"],
            ),
            (
                r#""Effect":"Allow","Principal":{"Services":"lambda.amazonaws.com"},"Action":"s3:*","Resource":"arn:aws:s3:::b""#,
                &["Principal.Services", "`Service`"],
            ),
            (
                r#""Effect":"Allow","Principal":{"AWS":"lambda.amazonaws.com"},"Action":"s3:*","Resource":"arn:aws:s3:::b""#,
                &["which is a service"],
            ),
            (
                r#""Effect":"Allow","Principal":{"AWS":"1234"},"Action":"s3:*","Resource":"arn:aws:s3:::b""#,
                &["`1234`", "an account, a role or a user"],
            ),
            (
                r#""Effect":"Allow","Principal":{"AWS":"arn:aws:s3:::b"},"Action":"s3:*","Resource":"arn:aws:s3:::b""#,
                &["service `s3`"],
            ),
        ],
    );
    statements(
        &policies::TRUST,
        &[
            r#""Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]"#,
            r#""Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/x"},"Action":"sts:AssumeRoleWithWebIdentity""#,
        ],
        &[
            (r#""Effect":"Allow","Action":"sts:AssumeRole""#, &["needs `Principal`"]),
            (
                r#""Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"lambda:Invoke""#,
                &["`sts:` alone"],
            ),
            (
                r#""Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole","Resource":"*""#,
                &["Resource: does not belong into a trust policy"],
            ),
        ],
    );
    table(
        Grammar::Policy(&policies::BUS),
        &[policies::BUS.example],
        &[(
            r#"{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"events:PutEvents"}"#,
            &[": needs `Resource`"],
        )],
    );
    table(Grammar::Policy(&policies::API), &[policies::API.example], &[]);
    table(
        Grammar::Policy(&policies::QUEUE),
        &[&with(r#""Effect":"Allow","Principal":"*","Action":"SQS:SendMessage""#)],
        &[],
    );
}

#[test]
fn policies_that_are_too_long() {
    let action = |number: usize| format!("\"s3:GetObject{}\"", "x".repeat(number % 10));
    let actions: Vec<String> = (0..500).map(action).collect();
    let long = with(&format!(r#""Effect":"Allow","Action":[{}],"Resource":"*""#, actions.join(",")));
    let found = said(Grammar::Policy(&policies::MANAGED), &long);
    assert!(found.len() == 1 && found[0].contains("a managed policy takes 6144"), "{found:?}");
    assert_eq!(said(Grammar::Policy(&policies::INLINE), &long), [""; 0]);
}

#[test]
fn what_is_not_known_or_secret_in_a_document_is_passed_over() {
    let open = || Expr::attr(&Address::parse("x.thing:t").unwrap(), "arn");
    let secret = || Expr::Known(Value::str("no ARN").secret());
    for part in [open, secret] {
        let statement = Expr::map(
            [
                ("Effect".into(), part()),
                ("Action".into(), Expr::list(vec![Expr::str("s3:GetObject"), part()])),
                ("Resource".into(), part()),
                ("Condition".into(), Expr::map([("StringEquals".into(), part())].into())),
            ]
            .into(),
        );
        let whole =
            Expr::map([("Version".into(), part()), ("Statement".into(), Expr::list(vec![statement, part()]))].into());
        assert_eq!(flaws(Grammar::Policy(&policies::INLINE), Tree::from(&whole)), []);
        assert_eq!(flaws(Grammar::Policy(&policies::INLINE), Tree::from(&part())), []);
    }
    // What is known beside it is judged, also in what becomes text.
    let statement = Expr::map(
        [("Effect".into(), Expr::str("Alow")), ("Action".into(), Expr::str("*")), ("Resource".into(), open())].into(),
    );
    let whole = Expr::map([("Statement".into(), statement)].into());
    let text = Expr::call(Function::ToJson, vec![whole.clone()]).unwrap();
    for tree in [&whole, &text] {
        let found = flaws(Grammar::Policy(&policies::INLINE), Tree::from(tree));
        assert_eq!(found.iter().map(|flaw| flaw.path.join(".")).collect::<Vec<_>>(), ["Statement.Effect"]);
    }
}

#[test]
fn patterns() {
    table(
        Grammar::Pattern(fields::EVENT, 4_096),
        &[
            r#"{"source":["aws.rds"],"detail-type":["RDS DB Cluster Event"]}"#,
            r#"{"detail":{"amount":[{"numeric":[">",0,"<=",5]},null,7],"name":[{"prefix":"a"},{"suffix":{"equals-ignore-case":"b"}},{"anything-but":["c",1]},{"anything-but":{"prefix":"x"}},{"wildcard":"a*b"},{"exists":false},{"cidr":"10.0.0.0/24"}]}}"#,
            r#"{"detail":{"$or":[{"a":["1"]},{"b":["2"]}]}}"#,
            r#"{"my-own-field":["x"]}"#,
        ],
        &[
            (r#"{"source":"aws.rds"}"#, &["source: must be a list, not \"aws.rds\"", "`[\"aws.rds\"]`"]),
            (r#"{"detail":{"a":{"b":true}}}"#, &["detail.a.b: must be a list"]),
            (r#"{"detail_type":["x"]}"#, &["detail_type: is no field of an event", "`detail-type`"]),
            (r#"{"source":[]}"#, &["source: is an empty list"]),
            (r#"{}"#, &["is empty"]),
            (r#"{"source":[["a"]]}"#, &["source.0: is a list inside of a list"]),
            (r#"{"source":[{"prefx":"a"}]}"#, &["source.0.prefx: is no operator", "`prefix`"]),
            (r#"{"source":[{"prefix":"a","suffix":"b"}]}"#, &["one operator, and has 2 keys"]),
            (r#"{"source":[{"prefix":7}]}"#, &["must be a text, not 7"]),
            (r#"{"source":[{"exists":"yes"}]}"#, &["true or false"]),
            (r#"{"detail":{"n":[{"numeric":["=>",5]}]}}"#, &["is no comparison", "`>=`"]),
            (r#"{"detail":{"n":[{"numeric":[">"]}]}}"#, &["one or two comparisons"]),
            (r#"{"detail":{"n":[{"numeric":[">","5"]}]}}"#, &["must be a number, not \"5\""]),
            (r#"{"$or":[{"source":["a"]}]}"#, &["at least two patterns"]),
            (r#"["source"]"#, &["must be a map"]),
        ],
    );
    let long = format!(r#"{{"source":["{}"]}}"#, "x".repeat(5_000));
    assert!(said(Grammar::Pattern(fields::EVENT, 4_096), &long)[0].contains("4096 at most"));
}

/// A machine of such states that starts at A.
fn machine(states: &str) -> String {
    format!(r#"{{"StartAt":"A","States":{{{states}}}}}"#)
}

#[test]
fn state_machines() {
    let right = [
        machine(r#""A":{"Type":"Pass","Next":"B"},"B":{"Type":"Succeed"}"#),
        machine(
            r#""A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"MaxAttempts":3,"BackoffRate":2.0}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"F"}],"End":true},"F":{"Type":"Fail"}"#,
        ),
        machine(
            r#""A":{"Type":"Choice","Choices":[{"Variable":"$.x","IsPresent":true,"Next":"W"}],"Default":"S"},"W":{"Type":"Wait","Seconds":5,"Next":"A"},"S":{"Type":"Succeed"}"#,
        ),
        machine(
            r#""A":{"Type":"Parallel","Branches":[{"StartAt":"X","States":{"X":{"Type":"Pass","End":true}}}],"End":true}"#,
        ),
        machine(
            r#""A":{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"X","States":{"X":{"Type":"Pass","End":true}}},"End":true}"#,
        ),
        machine(r#""A":{"Type":"Pass","Result":null,"End":true}"#),
    ];
    table(Grammar::StateMachine, &right.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
    let wrong: &[(&str, &[&str])] = &[
        (r#""B":{"Type":"Succeed"}"#, &["StartAt: is `A`, and there is no state of that name"]),
        (r#""A":{"Type":"Pass","Next":"Done"},"Dome":{"Type":"Succeed"}"#, &["States.A.Next: is `Done`", "`Dome`"]),
        (r#""A":{"Type":"Succeed"},"B":{"Type":"Succeed"}"#, &["States.B: is a state that no other leads to"]),
        (r#""A":{"Type":"Tusk","End":true}"#, &["States.A.Type: must be one of", "\"Task\""]),
        (r#""A":{"End":true}"#, &["States.A: needs `Type`"]),
        (r#""A":{"Type":"Pass"}"#, &["needs `Next`, or `End: true`"]),
        (r#""A":{"Type":"Pass","Next":"B","End":true},"B":{"Type":"Succeed"}"#, &["Next: cannot stand beside"]),
        (r#""A":{"Type":"Pass","End":"yes"}"#, &["true or false"]),
        (r#""A":{"Type":"Succeed","Next":"A"}"#, &["Next: does not belong"]),
        (r#""A":{"Type":"Task","End":true}"#, &["needs `Resource`"]),
        (r#""A":{"Type":"Task","Resource":"lambda:invoke","End":true}"#, &["`lambda:invoke`, which is no ARN"]),
        (r#""A":{"Type":"Choice"}"#, &["needs `Choices`"]),
        (r#""A":{"Type":"Choice","Choices":[]}"#, &["at least one rule"]),
        (r#""A":{"Type":"Choice","Choices":[{"Next":"B"}]},"B":{"Type":"Succeed"}"#, &["Choices.0: needs a condition"]),
        (
            r#""A":{"Type":"Choice","Choices":[{"Variable":"$.x","IsNull":true}],"Default":"B"},"B":{"Type":"Succeed"}"#,
            &["Choices.0: needs `Next`"],
        ),
        (r#""A":{"Type":"Wait","End":true}"#, &["needs one of `Seconds`"]),
        (r#""A":{"Type":"Wait","Seconds":1,"Timestamp":"x","End":true}"#, &["Timestamp: is one too many"]),
        (r#""A":{"Type":"Wait","Seconds":-1,"End":true}"#, &["between 0 and"]),
        (r#""A":{"Type":"Parallel","Branches":[],"End":true}"#, &["at least one branch"]),
        (
            r#""A":{"Type":"Parallel","Branches":[{"StartAt":"X","States":{"Y":{"Type":"Succeed"}}}],"End":true}"#,
            &["States.A.Branches.0.StartAt"],
        ),
        (r#""A":{"Type":"Map","End":true}"#, &["needs `ItemProcessor`"]),
        (r#""A":{"Type":"Pass","Retry":[],"End":true}"#, &["Retry: does not belong"]),
        (
            r#""A":{"Type":"Task","Resource":"arn:x","Retry":[{"MaxAttempts":1}],"End":true}"#,
            &["Retry.0: needs `ErrorEquals`"],
        ),
        (
            r#""A":{"Type":"Task","Resource":"arn:x","Retry":[{"ErrorEquals":["States.ALL"],"BackoffRate":0.5}],"End":true}"#,
            &["at least 1"],
        ),
        (
            r#""A":{"Type":"Task","Resource":"arn:x","Retry":[{"ErrorEquals":"States.ALL"}],"End":true}"#,
            &["must be a list", "`[\"States.ALL\"]`"],
        ),
        (
            r#""A":{"Type":"Task","Resource":"arn:x","Catch":[{"ErrorEquals":["States.ALL"]}],"End":true}"#,
            &["Catch.0: needs `Next`"],
        ),
        (
            r#""A":{"Type":"Task","Resource":"arn:x","Retry":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["X"]}],"End":true}"#,
            &["put it last"],
        ),
        (r#""A":{"Type":"Task","Resource":"arn:x","Nxet":"A","End":true}"#, &["Nxet", "`Next`"]),
    ];
    for (states, parts) in wrong {
        table(Grammar::StateMachine, &[], &[(&machine(states), parts)]);
    }
    table(
        Grammar::StateMachine,
        &[],
        &[
            (r#"{"States":{"A":{"Type":"Succeed"}}}"#, &["needs `StartAt`"]),
            (r#"{"StartAt":"A"}"#, &["needs `States`"]),
            (r#"{"StartAt":"A","States":{}}"#, &["at least one state"]),
        ],
    );
    let circle =
        said(Grammar::StateMachine, &machine(r#""A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"}"#));
    assert!(circle.len() == 2 && circle.iter().all(|said| said.contains("never ends")), "{circle:?}");
}

#[test]
fn dashboards() {
    let widget = |text: &str| format!(r#"{{"widgets":[{{{text}}}]}}"#);
    let metric = |metrics: &str| {
        widget(&format!(r#""type":"metric","properties":{{"region":"us-east-1","metrics":{metrics}}}"#))
    };
    let right = [
        widget(r##""type":"text","x":0,"y":100,"width":24,"height":1,"properties":{"markdown":"# A"}"##),
        metric(
            r#"[["AWS/Lambda","Errors","FunctionName","f",{"stat":"Sum"}],["...","g"],[".","Throttles",".","."],[{"expression":"m1+m2"}],["AWS/Usage","X"]]"#,
        ),
        r#"{"widgets":[],"start":"-PT3H"}"#.to_owned(),
        widget(r#""type":"metric","properties":{"annotations":{"alarms":["arn:x"]}}"#),
        widget(r#""type":"log","properties":{"query":"SOURCE 'x'","region":"us-east-1"}"#),
    ];
    table(Grammar::Dashboard, &right.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
    let wrong: &[(String, &[&str])] = &[
        (r#"{}"#.to_owned(), &["needs `widgets`"]),
        (r#"{"widget":[],"widgets":[]}"#.to_owned(), &["widget: is nothing", "`widgets`"]),
        (r#"{"widgets":{}}"#.to_owned(), &["widgets: must be a list"]),
        (widget(r#""properties":{}"#), &["widgets.0: needs `type`"]),
        (widget(r#""type":"metrics","properties":{}"#), &["widgets.0.type: must be one of", "\"metric\""]),
        (widget(r#""type":"text""#), &["needs `properties`"]),
        (widget(r#""type":"text","properties":{}"#), &["properties: needs `markdown`"]),
        (
            widget(r#""type":"text","width":25,"properties":{"markdown":""}"#),
            &["width: must be an integer from 1 to 24, not 25"],
        ),
        (widget(r#""type":"text","x":20,"width":6,"properties":{"markdown":""}"#), &["beyond the 24 columns"]),
        (widget(r#""type":"text","y":-1,"properties":{"markdown":""}"#), &["y: must be an integer of at least 0"]),
        (widget(r#""type":"metric","properties":{"region":"us-east-1"}"#), &["needs `metrics`"]),
        (metric(r#""AWS/Lambda""#), &["metrics: must be a list"]),
        (metric(r#"["AWS/Lambda"]"#), &["metrics.0: must be a list"]),
        (metric(r#"[["AWS/Lambda"]]"#), &["namespace and no metric"]),
        (metric(r#"[["AWS/Lambda","Errors","FunctionName"]]"#), &["a dimension without a value"]),
        (metric(r#"[[]]"#), &["is empty"]),
        (metric(r#"[["AWS/Lambda",["Errors"]]]"#), &["metrics.0.1: must be a text"]),
        (widget(r#""type":"metric","properties":{"metrics":[],"view":"timeseries"}"#), &["\"timeSeries\""]),
        (widget(r#""type":"metric","properties":{"metrics":[],"period":90}"#), &["multiple of 60"]),
    ];
    for (json, parts) in wrong {
        table(Grammar::Dashboard, &[], &[(json, parts)]);
    }
}

#[test]
fn examples_are_right_and_odd_documents_are_survived() {
    let all = [
        Grammar::Policy(&policies::INLINE),
        Grammar::Policy(&policies::TRUST),
        Grammar::Policy(&policies::BUS),
        Grammar::Pattern(fields::EVENT, 4_096),
        Grammar::StateMachine,
        Grammar::Dashboard,
    ];
    for grammar in all {
        assert_eq!(said(grammar, grammar.example()), [""; 0], "{grammar:?}");
        for json in [
            "null",
            "7",
            "[]",
            "{}",
            "[[]]",
            r#"{"":{"":[]}}"#,
            r#"{"Statement":[[]]}"#,
            r#"{"States":[],"StartAt":{}}"#,
        ] {
            said(grammar, json);
        }
    }
}
