//! Texts and documents: which say something, and what is said about those that do not.

use super::contact::{email, phone, url};
use super::*;
use crate::expr::Expr;
use crate::grammar::form::{arns, units};
use crate::value::Value;

/// What is said about a text: the sentence and the help. None when nothing is.
fn said(grammar: Grammar, text: &str) -> Option<String> {
    let value = Value::str(text);
    let flaws = flaws(grammar, Tree::from(&value));
    let all: Vec<String> =
        flaws.into_iter().map(|flaw| format!("{}; {}", flaw.what, flaw.help.unwrap_or_default())).collect();
    (!all.is_empty()).then(|| all.join(" | "))
}

/// Texts of a grammar that are right, and those that are not with parts of what is said about them.
fn table(grammar: Grammar, right: &[&str], wrong: &[(&str, &[&str])]) {
    for text in right {
        assert_eq!(said(grammar, text), None, "{text}");
    }
    for (text, parts) in wrong {
        let said = said(grammar, text).unwrap_or_else(|| panic!("{text} is taken"));
        for part in *parts {
            assert!(said.contains(part), "{text}: `{part}` is not in: {said}");
        }
    }
}

#[test]
fn ranges_of_addresses() {
    table(
        Grammar::Cidr(16, 28),
        &["10.0.0.0/16", "10.0.0.240/28", "192.168.4.0/22"],
        &[
            ("10.0.0.0/8", &["/8", "between /16 and /28", "`10.0.0.0/16`"]),
            ("10.0.0.0/29", &["/29", "`10.0.0.0/28`"]),
            ("10.0.1.0/16", &["bits set beyond its prefix", "`10.0.0.0/16`"]),
            ("10.0.300.0/24", &["`300`", "at character 6"]),
            ("10.0.0/24", &["3 numbers"]),
            ("10.0.0.0", &["no length", "`10.0.0.0/16`"]),
            ("10.0.0.0/x", &["`x`", "at character 10"]),
            ("10.0.0.0/", &["not a number"]),
            ("10.0.0.0/+16", &["`+16`"]),
            ("010.0.0.0/16", &["`010`"]),
            ("2001:db8::/32", &["IPv6 address"]),
            ("", &["no length"]),
            ("ä/ö", &["1 numbers"]),
        ],
    );
    table(
        Grammar::Cidr(0, 32),
        &["0.0.0.0/0", "10.1.2.3/32", "203.0.113.0/24"],
        &[("10.1.2.3", &["`10.1.2.3/32`"]), ("10.1.2.3/0", &["`0.0.0.0/0`"]), ("10.0.0.0/33", &["from 0 to 32"])],
    );
    table(
        Grammar::Cidr6,
        &["::/0", "2001:db8::/32", "2600:1F18:abc:de00::/56", "::1/128"],
        &[
            ("2001:db8::1/32", &["`2001:db8::/32`"]),
            ("2001:db8::", &["no length"]),
            ("10.0.0.0/8", &["no IPv6 address"]),
            ("::/129", &["from 0 to 128"]),
        ],
    );
}

#[test]
fn schedules() {
    table(
        Grammar::Schedule(units::EVENTS),
        &[
            "rate(1 minute)",
            "rate(5 minutes)",
            "rate(1 hour)",
            "rate(365 days)",
            "cron(0 10 * * ? *)",
            "cron(15 12 * * ? *)",
            "cron(0 18 ? * MON-FRI *)",
            "cron(0/15 * * * ? *)",
            "cron(*/5 8-17 ? * mon-fri 2026-2030)",
            "cron(0 0 L * ? *)",
            "cron(0 0 3W * ? *)",
            "cron(0 0 LW JAN,MAR ? *)",
            "cron(0 9 ? * 2#1 *)",
            "cron(0 9 ? * FRI#3 *)",
            "cron(0 9 ? * 5L *)",
            "cron(0 16 1,15 * ? *)",
        ],
        &[
            ("rate(1 minutes)", &["singular", "`rate(1 minute)`"]),
            ("rate(5 minute)", &["plural", "`rate(5 minutes)`", "at character 8"]),
            ("rate(0 minutes)", &["`0`", "positive"]),
            ("rate(-1 minutes)", &["`-1`"]),
            ("rate(5 minuts)", &["`minuts`", "`rate(5 minutes)`"]),
            ("rate(2 weeks)", &["no unit `weeks`", "`days`"]),
            ("rate(5minutes)", &["a number and a unit"]),
            ("rate 5 minutes", &["neither", "`rate(..)`"]),
            ("every 5 minutes", &["neither"]),
            ("cron(0 12 * * *)", &["six fields", "has 5", "`cron(0 12 * * ? *)`"]),
            ("0 12 * * *", &["neither", "`cron(..)`"]),
            ("cron(0 12 * * MON)", &["`cron(0 12 ? * MON *)`"]),
            ("cron(0 12 * * 1)", &["has 5", "they are minute"]),
            ("cron(0 12 * * * *)", &["must be `?`", "`cron(0 12 * * ? *)`"]),
            ("cron(0 12 * * MON *)", &["`cron(0 12 ? * MON *)`"]),
            ("cron(0 12 ? * ? *)", &["both `?`"]),
            ("cron(60 12 * * ? *)", &["minute `60`", "between 0 and 59", "at character 6"]),
            ("cron(0 24 * * ? *)", &["hour `24`", "at character 8"]),
            ("cron(0 12 32 * ? *)", &["day of the month `32`"]),
            ("cron(0 12 0 * ? *)", &["between 1 and 31"]),
            ("cron(0 12 * 13 ? *)", &["month `13`"]),
            ("cron(0 12 * SEPT ? *)", &["`SEPT`", "`SEP`"]),
            ("cron(0 12 ? * MONDAY *)", &["`MONDAY`", "`MON`"]),
            ("cron(0 12 ? * 8 *)", &["day of the week `8`"]),
            ("cron(0 12 ? * 2#6 *)", &["`2#6`"]),
            ("cron(0/0 12 * * ? *)", &["step `0`"]),
            ("cron(? 12 * * ? *)", &["minute cannot be `?`"]),
            ("cron(0 12 * * ? 1969)", &["year `1969`"]),
            ("cron(0 1,,3 * * ? *)", &["hour ``"]),
            ("Rate(5 minutes)", &["neither", "`rate(..)`"]),
            ("", &["neither"]),
        ],
    );
    table(
        Grammar::Schedule(units::ROTATION),
        &["rate(10 days)", "rate(4 hours)", "cron(0 16 1,15 * ? *)"],
        &[("rate(5 minutes)", &["no unit `minutes` here", "`hours`, `days`"])],
    );
}

#[test]
fn arns_of_one_thing() {
    let key = Grammar::Arn(&arns::KEY);
    table(
        key,
        &[
            arns::KEY.example,
            "arn:aws:kms:eu-west-1:123456789012:alias/orders",
            "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1",
        ],
        &[
            ("1234abcd-12ab-34cd-56ef-1234567890ab", &["not the ARN of a KMS key", "begin with `arn:`", "looks like"]),
            ("alias/orders", &["begin with `arn:`"]),
            ("arn:aws:s3:::orders", &["service `s3`", "at character 9", arns::KEY.example]),
            ("arn:aws:kms:us-east-1:123456789012:grant/x", &["`grant/x` is of another kind"]),
            ("arn:aws:kms:us-east-1:12345678901:key/x", &["`12345678901` is no account", "12 digits"]),
            ("arn:aws:kms:us-wets-2:123456789012:key/x", &["no region `us-wets-2`", "`us-west-2`"]),
            ("arn:asw:kms:us-east-1:123456789012:key/x", &["no partition `asw`", "`aws`"]),
            ("arn:aws:kms:us-east-1:key/x", &["5 parts"]),
            ("arn", &["1 parts"]),
            ("", &["begin with `arn:`"]),
        ],
    );
    table(
        Grammar::Arn(&arns::TOPIC),
        &[arns::TOPIC.example],
        &[
            ("arn:aws:sns:us-east-1:123456789012:alarms:1234abcd", &["another kind"]),
            ("arn:aws:sns:us-east-1:123456789012:", &["ends where"]),
        ],
    );
    table(
        Grammar::Arn(&arns::BUCKET),
        &["arn:aws:s3:::orders"],
        &[("arn:aws:s3:::orders/*", &["another kind"]), ("orders", &["begin with `arn:`"])],
    );
    table(
        Grammar::Arn(&arns::POLICY),
        &["arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole", "arn:aws:iam::123456789012:policy/p"],
        &[("arn:aws:iam::123456789012:role/r", &["an IAM policy", "another kind"])],
    );
    table(
        Grammar::Arn(&arns::ALARM_ACTION),
        &[arns::TOPIC.example, "arn:aws:automate:us-east-1:ec2:stop"],
        &[("arn:aws:sqs:us-east-1:123456789012:q", &["service `sqs`"])],
    );
    table(
        Grammar::Arn(&arns::PATTERN),
        &["arn:aws:s3:::orders", "arn:aws:events:*:*:rule/*", "arn:aws:execute-api:us-east-1:123456789012:a/*/*"],
        &[("*", &["begin with `arn:`"])],
    );
}

#[test]
fn names_or_arns_and_keys() {
    table(
        Grammar::NameOrArn(&arns::BUS, "/A-Za-z0-9_.-"),
        &["default", "aws.partner/x/y", arns::BUS.example],
        &[
            ("arn:aws:events:us-east-1:123456789012:rule/x", &["an event bus", "another kind"]),
            ("my bus", &["` `", "neither the name nor the ARN of an event bus"]),
            ("", &["empty"]),
        ],
    );
    table(
        Grammar::Key,
        &[
            arns::KEY.example,
            "alias/aws/sns",
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "mrk-1234abcd12ab34cd56ef1234567890ab",
        ],
        &[("orders", &["neither the id nor the ARN"]), ("arn:aws:s3:::b", &["a KMS key"]), ("alias/", &["neither"])],
    );
}

#[test]
fn where_people_are_reached() {
    let said = |flaw: Option<Flaw>| flaw.map(|flaw| flaw.what);
    for text in ["ops@dr-lab.net", "first.last+tag@mail.example.co.uk"] {
        assert_eq!(said(email(text)), None, "{text}");
    }
    for (text, part) in [
        ("ops.dr-lab.net", "no `@`"),
        ("@dr-lab.net", "before the `@`"),
        ("ops@", "no dot"),
        ("ops@localhost", "no dot"),
        ("ops@dr..net", "two dots"),
        ("ops@dr-.net", "hyphen"),
        ("ops@x.net, dev@x.net", "at character 10"),
        ("", "no `@`"),
    ] {
        assert!(said(email(text)).is_some_and(|said| said.contains(part)), "{text}: {:?}", email(text));
    }
    assert_eq!(said(url("https://hooks.dr-lab.net/x?y", "https")), None);
    for (text, part) in [
        ("http://hooks.dr-lab.net", "begins with `http://`"),
        ("hooks.dr-lab.net", "does not begin"),
        ("https:///x", "no host"),
        ("https://a b", "space"),
    ] {
        assert!(said(url(text, "https")).is_some_and(|said| said.contains(part)), "{text}");
    }
    assert_eq!(said(phone("+15551234567")), None);
    for text in ["15551234567", "+1 555 123 4567", "+0555123456", "+1", "+", "", "+1234567890123456"] {
        assert!(phone(text).is_some(), "{text}");
    }
}

#[test]
fn what_is_not_known_is_passed_over_and_no_text_is_too_odd() {
    let open = Expr::attr(&crate::address::Address::parse("x.thing:t").unwrap(), "arn");
    let all = [
        Grammar::Cidr(16, 28),
        Grammar::Cidr6,
        Grammar::Schedule(units::EVENTS),
        Grammar::Arn(&arns::KEY),
        Grammar::NameOrArn(&arns::BUS, "a-z"),
        Grammar::Key,
        Grammar::Email,
        Grammar::Url("http"),
        Grammar::Url("https"),
        Grammar::Phone,
    ];
    let odd = [
        "",
        " ",
        "ä",
        "(",
        ")",
        "rate(",
        "cron()",
        "cron(ä ö ü ß € ☃)",
        "cron(L- #W / , - ?)",
        "/",
        "://",
        "arn::::::",
        "\0",
    ];
    for grammar in all {
        assert_eq!(flaws(grammar, Tree::from(&open)), []);
        assert_eq!(said(grammar, grammar.example()), None, "{grammar:?}");
        for text in odd {
            let cut: String = text.chars().chain(grammar.example().chars()).collect();
            for text in [text, &cut] {
                said(grammar, text);
            }
        }
    }
}
