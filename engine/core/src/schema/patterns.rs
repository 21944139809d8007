//! Patterns in words: what the regular expressions of schemas ask for, as people say it.

/// Each pattern of a schema, and what it asks for, as the end of "must be ..".
const WORDS: &[(&str, &str)] = &[
    ("[a-z](-?[a-z0-9])*", "lower-case letters, digits and single `-`, a letter first"),
    ("[A-Za-z0-9_.-]+", "letters, digits, `_`, `.` and `-`"),
    ("[A-Za-z0-9._-]+", "letters, digits, `_`, `.` and `-`"),
    ("[A-Za-z0-9_-]+", "letters, digits, `_` and `-`"),
    ("[A-Za-z0-9-]+", "letters, digits and `-`"),
    ("\\d{12}", "the 12 digits of an account, in quotes: \"123456789012\""),
    ("[0-9]{12}", "the 12 digits of an account, in quotes: \"123456789012\""),
    ("[A-Za-z][A-Za-z0-9_]*", "letters, digits and `_`, a letter first"),
    ("[a-z][A-Za-z0-9_]*", "letters, digits and `_`, a lower-case letter first"),
    ("[0-9]+(\\.[0-9a-z_]+)*", "a version, such as \"15.4\""),
    (r"[A-Za-z0-9. _:/()#,@\[\]+=&;{}!$*-]*", "letters, digits, spaces and `._:/()#,@[]+=&;{}!$*-`"),
    ("pl-[0-9a-f]+", "the id of a prefix list, such as \"pl-0123456789abcdef0\""),
    ("\\d{4}-\\d{2}-\\d{2}", "a day, such as \"2026-12-31\""),
    ("[a-z0-9][a-z0-9.-]*[a-z0-9]", "lower-case letters, digits, `.` and `-`, a letter or digit first and last"),
    ("[a-z0-9].*[a-z0-9]", "a name with a lower-case letter or digit first and last"),
    ("[^:].*", "a text that does not begin with `:`"),
    (
        "[A-Za-z]{3}:[0-2][0-9]:[0-5][0-9]-[A-Za-z]{3}:[0-2][0-9]:[0-5][0-9]",
        "two times of a week, such as \"sun:04:00-sun:04:30\"",
    ),
    ("[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]", "two times of a day, such as \"04:00-04:30\""),
    ("[A-Za-z0-9_+=,.@-]+", "letters, digits and `_+=,.@-`"),
    ("[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?", "letters, digits and `-`, a letter or digit first and last"),
    ("[1-5]\\d\\d", "a status of HTTP, such as \"200\""),
    ("[245][0-9][0-9]", "a status of HTTP that begins with 2, 4 or 5, such as \"503\""),
    ("[0-9]{1,3}([,-][0-9]{1,3})*", "statuses of HTTP, such as \"200\", \"200,204\" or \"200-299\""),
    ("/.*", "a path that begins with `/`"),
    ("traffic-port|[0-9]{1,5}", "\"traffic-port\" or a port, such as \"8080\""),
    ("#\\{port\\}|[0-9]{1,5}", "a port, such as \"443\", or \"#{port}\""),
    ("sha256:[0-9a-f]{64}", "the `package` of an `archive.zip`"),
    ("o-[a-z0-9]{10,32}", "the id of an organisation, such as \"o-a1b2c3d4e5\""),
    ("lambda:(\\*|[A-Za-z]+)", "an action of Lambda, such as \"lambda:InvokeFunction\""),
    (
        "db\\.(serverless|[a-z0-9-]+\\.[a-z0-9-]+)",
        "a class of instances, such as \"db.r6g.large\" or \"db.serverless\"",
    ),
    ("aurora-(mysql|postgresql)[0-9.]+", "a family of Aurora, such as \"aurora-postgresql15\""),
    ("\\*|[A-Z]{2}", "two capital letters that stand for a country, such as \"DE\", or \"*\""),
    ("\\$default|[A-Za-z0-9_-]+", "letters, digits, `_` and `-`, or \"$default\""),
    ("\\$LATEST(\\.PUBLISHED)?|[0-9]+", "the number of a version, such as \"1\", or \"$LATEST\""),
    ("[a-z0-9_.-]+", "lower-case letters, digits, `_`, `.` and `-`"),
    ("[^\\s]+", "a text without spaces"),
    ("[\\t\\n\\r -~\\u00A1-\\u00FF]*", "letters, digits and marks of Western European languages"),
    ("[A-Za-z](-?[A-Za-z0-9]){0,62}", "letters, digits and single `-`, a letter first, 63 characters at most"),
    ("[A-Za-z0-9_./#-]+", "letters, digits and `_./#-`"),
    (
        "[A-Za-z0-9._:-]+|\\{[A-Za-z0-9._:-]+\\+?\\}",
        "one part of a path: letters, digits and `._:-`, or a parameter such as \"{id}\" or \"{path+}\"",
    ),
    ("[A-Za-z0-9$_.+!*'()-]*", "letters, digits and `$_.+!*'()-`"),
    ("[0-9]+h", "hours, such as \"3h\""),
    ("[0-9]*[A-Za-z_-].*", "a name that is not a number"),
    ("[0-9A-Za-z._-]*[0-9A-Za-z_-]", "letters, digits, `.`, `_` and `-`, no `.` last"),
    ("[0-9.]+|[0-9A-Fa-f:.]+", "an address of IPv4 or IPv6, such as \"192.0.2.1\""),
    ("[!#-.0-?A-~]+", "printable characters without spaces, `/`, `\"` and `@`"),
    ("TLS_1_[02]|SecurityPolicy_\\w+", "\"TLS_1_2\", \"TLS_1_0\" or a name that begins with \"SecurityPolicy_\""),
    ("/|/[!-~]+/", "a path with `/` first and last, such as \"/payments/\""),
    ("(/[A-Za-z0-9.,+@=_-]+)*/", "a path with `/` first and last, such as \"/payments/\""),
    (
        "-1|tcp|udp|icmp|icmpv6|[0-9]{1,3}",
        "\"tcp\", \"udp\", \"icmp\", \"icmpv6\", \"-1\" for all, or the number of a protocol",
    ),
    (
        "(\\*\\.)?([A-Za-z0-9_-]{1,63}\\.)+[A-Za-z0-9-]{2,63}",
        "the name of a domain, such as \"api.payments.org\" or \"*.payments.org\"",
    ),
    (
        "(\\*\\.)?([!-)+-\\[\\]-~]+\\.)*[!-)+\\-/-\\[\\]-~]+",
        "the name of a record, such as \"api.payments.org\" or \"*.payments.org\"",
    ),
    ("([A-Za-z0-9_-]{1,63}\\.)+[A-Za-z0-9-]{2,63}", "the name of a domain, such as \"payments.org\""),
    ("([^/].*[^/]|[^/])?", "a path without `/` first and last"),
];

/// What a pattern asks for, in words. None for one that no schema has.
pub fn in_words(pattern: &str) -> Option<&'static str> {
    WORDS.iter().find(|(known, _)| *known == pattern).map(|(_, words)| *words)
}
