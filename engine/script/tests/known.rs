//! Answers on known values: exact, or an error at its place. Nothing wraps around, nothing is rounded unasked.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that fails panics.

mod common;

use common::{host, output, request};

/// Statements that set `r`, and what it is then.
const ANSWERS: &[(&str, &str)] = &[
    // Texts with something else.
    ("r = [1] + \"x\"", "\"[1]x\""),
    ("r = #{} + \"x\"", "\"{}x\""),
    ("r = \"x\" + [1]", "\"x[1]\""),
    ("r = 1 + \"x\"", "\"1x\""),
    ("r = \"x\" + 1.0", "\"x1.0\""),
    ("r = 'c' + \"x\"", "\"cx\""),
    ("r = \"a\"; r += 1", "\"a1\""),
    ("r = 5.to_string() + ().to_string()", "\"5\""),
    ("r = `${true}`", "\"true\""),
    // Numbers.
    ("r = -9223372036854775808", "-9223372036854775808"),
    ("r = -9223372036854775807 - 1", "-9223372036854775808"),
    ("r = 9223372036854775807", "9223372036854775807"),
    ("r = 0x7FFFFFFFFFFFFFFF", "9223372036854775807"),
    ("r = 0b11 + 0o17 + 0xf_f", "273"),
    ("r = 1_000", "1000"),
    ("r = 7 / 2", "3"),
    ("r = -7 / 2", "-3"),
    ("r = -7 % 3", "-1"),
    ("r = 7.5 % 2", "1.5"),
    ("r = 2 ** 62", "4611686018427387904"),
    ("r = 2.0 ** -1", "0.5"),
    ("r = (-1) ** 9223372036854775807", "-1"),
    ("r = 1 << 62", "4611686018427387904"),
    ("r = -1 << 63", "-9223372036854775808"),
    ("r = 5 >> 1", "2"),
    ("r = -1 >> 63", "-1"),
    ("r = 12 & 10 | 1 ^ 2", "11"),
    ("r = true ^ true", "false"),
    ("r = 0.1 + 0.2", "0.30000000000000004"),
    ("r = 100000000000000000000.0.to_json()", "\"1e+20\""),
    ("r = 1.0.to_json()", "\"1.0\""),
    ("r = to_int(-1.9)", "-1"),
    ("r = round(2.5)", "3"),
    ("r = to_float(9007199254740992).to_json()", "\"9007199254740992.0\""),
    ("r = floor(9223372036854775807)", "9223372036854775807"),
    ("r = floor(9007199254740994.0)", "9007199254740994"),
    ("r = max(1, 2.5)", "2.5"),
    ("r = max(9007199254740993, 9007199254740992.0)", "9007199254740993"),
    ("r = min(\"b\", \"a\")", "\"a\""),
    ("r = abs(-5) + abs(5)", "10"),
    ("r = - - 5", "5"),
    ("r = +5", "5"),
    ("r = 5; r -= 2; r *= 4; r /= 3; r %= 3; r **= 3; r <<= 4; r >>= 2; r |= 1; r &= 7; r ^= 2", "7"),
    ("r = 1.5; r += 1; r -= 0.5; r *= 2; r /= 4.0; r = r.to_json()", "\"1.0\""),
    // Comparing.
    ("r = 1.0 == 1", "true"),
    ("r = 9007199254740993 == 9007199254740992.0", "false"),
    ("r = 9007199254740993 > 9007199254740992.0", "true"),
    ("r = [9223372036854775807 < 9223372036854775808.0, 9223372036854775807 <= 9e18]", "[true, false]"),
    ("r = [1, [2.0, #{ a: 3 }]] == [1.0, [2, #{ a: 3.0 }]]", "true"),
    ("r = [\"a\" < \"b\", 'a' < \"b\", \"ä\" > \"z\", false < true]", "[true, true, true, true]"),
    ("r = [() == (), () == 1, 1 != ()]", "[true, false, true]"),
    ("r = [3, 2.5, 1].sorted()", "[1, 2.5, 3]"),
    ("r = [9007199254740993, 9007199254740992.0, 9007199254740994].sorted()[1]", "9007199254740993"),
    ("r = [\"a\", \"A\", \"ä\"].sorted()", "[\"A\", \"a\", \"ä\"]"),
    ("r = [1, 1.0, 2, \"1\", 2.0, \"1\"].unique()", "[1, 2, \"1\"]"),
    ("r = [[1], [1.0], #{ a: 1 }, #{ a: 1.0 }, [2], (), ()].unique()", "[[1], {\"a\": 1}, [2], null]"),
    ("r = [9007199254740993, 9007199254740992.0].unique().len()", "2"),
    ("r = [2, 1.0].contains(1)", "true"),
    // Numbers from texts.
    ("r = [\"12\".parse_int(), \" 12 \".parse_int(), \"+12\".parse_int(), \"-0\".parse_int()]", "[12, 12, 12, 0]"),
    ("r = \"{\\\"id\\\": 1.0}\".from_json().id.to_json()", "\"1.0\""),
    ("r = \"[9223372036854775807, 1e2]\".from_json().to_json()", "\"[9223372036854775807,100.0]\""),
    // Parts.
    ("r = [1, 2, 3].slice(-1, 9)", "[3]"),
    ("r = [1, 2, 3].slice(3, 9)", "[]"),
    ("r = [1, 2, 3][-1]", "3"),
    ("r = \"abc\".sub_string(-9223372036854775808)", "\"abc\""),
    ("r = \"abc\".sub_string(9223372036854775807)", "\"\""),
    ("r = \"abc\".sub_string(1, 9223372036854775807)", "\"bc\""),
    ("r = \"äöü\".sub_string(1, 1)", "\"ö\""),
    ("r = \"a,b\".split(\"\")", "[\"a\", \",\", \"b\"]"),
    ("r = \"\".split(\",\")", "[\"\"]"),
    ("r = [1, [2, [3]]].flatten()", "[1, 2, [3]]"),
    ("r = [1, (), \"a\", [2]].join(\",\")", "\"1,,a,[2]\""),
    ("r = \"x\".repeat(3) + \"y\".repeat(0)", "\"xxx\""),
    ("r = #{ \"a b\": 1, \"\": 2, \"ü\": 3 }", "{\"\": 2, \"a b\": 1, \"ü\": 3}"),
    ("r = #{ b: 1, a: 2 }.values()", "[2, 1]"),
    ("r = []; for i in range(0, 10, 3) { r.push(i); }", "[0, 3, 6, 9]"),
    ("r = []; for i in 5..1 { r.push(i); } for i in 0..=2 { r.push(i); }", "[0, 1, 2]"),
    (
        "r = []; for i in 9223372036854775806..=9223372036854775807 { r.push(i); }",
        "[9223372036854775806, 9223372036854775807]",
    ),
    ("r = cidr_host(\"0.0.0.0/0\", 4294967295)", "\"255.255.255.255\""),
    ("r = \"a\\tb\\x41\\u00e9\"", "\"a\\tbAé\""),
];

/// Statements that are wrong, with the start of what must be marked, and the message.
const ERRORS: &[(&str, &str, &str)] = &[
    ("r = \"x\" - 1", "-", "cannot use `-` with a string"),
    ("r = [1] + 1", "+", "cannot add an integer to a list"),
    ("r = [1]; r += 1", "+=", "cannot add an integer to a list"),
    ("r = true + true", "+", "cannot add a boolean to a boolean"),
    ("r = 9223372036854775807 + 1", "+", "9223372036854775807 + 1 is beyond the range of integers"),
    ("r = 9223372036854775807; r += 1", "+=", "9223372036854775807 + 1 is beyond the range of integers"),
    ("r = -9223372036854775807 - 2", "-", "-9223372036854775807 - 2 is beyond the range"),
    ("r = 4611686018427387904 * 2", "*", "beyond the range of integers"),
    ("r = (-9223372036854775807 - 1) / -1", "/", "beyond the range of integers"),
    ("r = (-9223372036854775807 - 1) % -1", "%", "beyond the range of integers"),
    ("r = abs(-9223372036854775807 - 1)", "abs", "beyond the range of integers"),
    ("r = -(-9223372036854775807 - 1)", "-", "beyond the range of integers"),
    ("r = 9223372036854775808", "9223372036854775808", "the integer 9223372036854775808 is beyond the range"),
    ("r = -9223372036854775809", "-9223372036854775809", "the integer -9223372036854775809 is beyond the range"),
    ("r = 123456789012345678901234567890", "1234", "the integer 123456789012345678901234567890 is beyond the range"),
    ("r = 0xFFFFFFFFFFFFFFFF", "0xFFFFFFFFFFFFFFFF", "the integer 0xFFFFFFFFFFFFFFFF is beyond the range"),
    ("r = 0x1_0000_0000_0000_0000", "0x1", "Invalid number"),
    ("r = 1e400", "1e400", "the number 1e400 is too large"),
    ("r = 1.0e308 * 10.0", "*", "1e308 * 10.0 is not a finite number"),
    ("r = 1.0e308; r *= 10.0", "*=", "1e308 * 10.0 is not a finite number"),
    ("r = 0.0 / 0.0", "/", "cannot divide by zero: 0.0 / 0.0"),
    ("r = 1 / 0", "/", "cannot divide by zero: 1 / 0"),
    ("r = 1; r /= 0", "/=", "cannot divide by zero: 1 / 0"),
    ("r = 1 % 0", "%", "cannot divide by zero: 1 % 0"),
    ("r = 1.0 % 0.0", "%", "cannot divide by zero: 1.0 % 0.0"),
    ("r = (-1.0) ** 0.5", "**", "-1.0 ** 0.5 is not a finite number"),
    ("r = 2 ** 64", "**", "2 ** 64 is beyond the range of integers"),
    ("r = 2 ** 9223372036854775807", "**", "beyond the range of integers"),
    ("r = 2 ** -1", "**", "an integer has no negative power"),
    ("r = 1 << 63", "<<", "1 << 63 is beyond the range of integers"),
    ("r = 3 << 62", "<<", "3 << 62 is beyond the range of integers"),
    ("r = 1 << 64", "<<", "an integer is shifted by 0 to 63 places, not by 64"),
    ("r = 1 << -1", "<<", "an integer is shifted by 0 to 63 places, not by -1"),
    ("r = 1 >> 100", ">>", "an integer is shifted by 0 to 63 places, not by 100"),
    ("r = 9007199254740993 + 0.5", "+", "the integer 9007199254740993 has more digits than a decimal number keeps"),
    ("r = to_float(9007199254740993)", "to_float", "has more digits than a decimal number keeps"),
    ("r = to_int(1e300)", "to_int", "1e300 is too large for an integer"),
    ("r = to_int(9223372036854775808.0)", "to_int", "is too large for an integer"),
    ("r = to_int(\"12\")", "to_int", "`to_int` needs a number, not a string"),
    ("r = \"1_2\".parse_int()", "parse_int", "\"1_2\" is not an integer"),
    ("r = \"9223372036854775808\".parse_int()", "parse_int", "is not an integer"),
    (
        "r = `{\"id\": 12345678901234567890}`.from_json()",
        "from_json",
        "line 1, column 8: the integer 12345678901234567890",
    ),
    ("r = `{\"a\":1,\"a\":2}`.from_json()", "from_json", "the key `a` comes twice"),
    ("r = \"[1e999]\".from_json()", "from_json", "line 1, column 2: the number 1e999 is too large"),
    ("r = `[0.12345678901234567890]`.from_json()", "from_json", "has more digits than a decimal number keeps"),
    ("r = `\"\\ud800\"`.from_json()", "from_json", "this escape stands for no character"),
    ("r = (\"[\".repeat(100) + \"]\".repeat(100)).from_json()", "from_json", "nested more than 64 deep"),
    ("r = \"x\".repeat(1000000000)", "repeat", "this text would be longer than 4 MiB"),
    ("r = \"x\".repeat(-1)", "repeat", "cannot repeat this text -1 times"),
    ("r = [0].repeat(1000000000)", "repeat", "this list or map would have more than 1000000 items"),
    ("r = [1, 2, 3].slice(5, 9)", "slice", "there is no item 5 in a list of 3"),
    ("r = [1, 2, 3].slice(1, -1)", "slice", "a slice cannot have -1 items"),
    ("r = \"abc\".sub_string(1, -5)", "sub_string", "needs a length that is not negative"),
    ("r = [1, 2, 3][-4]", "-4", "there is no item -4 in a list of 3"),
    ("r = [1, 2, 3][9223372036854775807]", "9223", "there is no item 9223372036854775807 in a list of 3"),
    ("r = [1, 2, 3][-9223372036854775808]", "-9223", "there is no item -9223372036854775808 in a list of 3"),
    ("r = [1].remove(-9223372036854775808)", "remove", "there is no item"),
    ("r = [1].insert(9223372036854775807, 1)", "insert", "there is no item"),
    ("r = range(0, 3)", "", "a range cannot be part of a value"),
    ("r = 1..3", "", "a range cannot be part of a value"),
    ("r = range(0, 10, 0)", "range", "step value cannot be zero"),
    ("for i in 0..1000000000000 { }", "", "the program takes more than"),
    ("let s = \"x\"; loop { s += s; }", "+=", "this text would be longer than 4 MiB"),
    ("let a = []; loop { a = [a, a]; }", "", "the program"),
    ("fn f(x) { f(x) } f(1)", "", "functions call each other too deeply"),
    ("let m = #{ a: 1, a: 2 }; r = m", "a", "the key `a` comes twice"),
    ("let m = #{}; m[1] = 2", "", "expected a string, found an integer"),
    ("let m = #{}; m[()] = 2", "", "expected a string, found nothing"),
    ("r = max([], 1)", "max", "cannot use `max` with"),
    ("r = [3, \"a\", 2].sorted()", "sorted", "cannot sort texts and numbers together"),
    ("r = [[1], 2].sorted()", "sorted", "cannot sort by a list"),
    ("r = [[1], 2].zip([3])", "zip", "cannot zip a list of 2 with a list of 1"),
    ("r = cidr_subnet(\"10.0.0.0/16\", -1, 0)", "cidr_subnet", "cannot be divided by -1 more bits"),
    ("r = cidr_subnet(\"10.0.0.0/16\", 8, 9223372036854775807)", "cidr_subnet", "has no subnet number"),
    ("r = cidr_host(\"10.0.0.0/16\", -9223372036854775807)", "cidr_host", "has no address number"),
    ("r = cidr_subnet(\"::/0\", 8, 1)", "cidr_subnet", "is not an IPv4 range"),
    ("r = \"%s\".replaced(\"\", \"x\")", "replaced", "needs a part that is not empty"),
    ("r = |x| x", "", "a function cannot be part of a value"),
    ("r = [1 < \"a\"]", "<", "cannot use `<` with an integer and a string"),
    ("r = [] < []", "<", "cannot use `<` with a list and a list"),
    ("r = !1", "!", "`!` cannot be called with an integer"),
    ("r = -\"a\"", "-", "`-` cannot be called with a string"),
    ("if 1 { }", "1", "expected a boolean expression, not a number"),
    ("r = 1; if r { }", "r", "expected a boolean, found an integer"),
    ("r = timestamp()", "timestamp", "there is no function `timestamp`"),
    ("r = \"\\u{0}\"", "", "stands for nothing in a text in quotes"),
];

#[test]
fn answers_are_exact() {
    for (statements, answer) in ANSWERS {
        assert_eq!(output(&format!("let r = ();\n{statements};\noutput(\"o\", r);")), *answer, "{statements}");
    }
}

#[test]
fn what_has_no_answer_is_an_error_at_its_place() {
    let mut wrong = Vec::new();
    for (statements, marked, message) in ERRORS {
        let text = format!("let r = [];\n{statements};\noutput(\"o\", r);");
        let failure = match host().evaluate(&request(&text)) {
            Ok(evaluated) => {
                wrong.push(format!("{statements}: answers {:?}", evaluated.graph.outputs["o"].value));
                continue;
            }
            Err(failure) => failure,
        };
        let first = &failure.diagnostics[0];
        let span = first.labels.iter().find(|l| l.primary).map(|l| &l.span);
        let at = span.and_then(|s| text.lines().nth(s.line as usize - 1)?.get(s.column as usize - 1..));
        let placed = if marked.is_empty() { span.is_some() } else { at.is_some_and(|at| at.starts_with(marked)) };
        if failure.diagnostics.len() != 1 || !first.message.contains(message) || !placed {
            wrong.push(format!("{statements}: {failure} at {at:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
