//! Patterns as policies have them: `*` stands for anything, `?` for one character.

/// Whether a pattern is for a text. Upper and lower case are the same.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last `*` was, and how much of the text it stands for so far.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == b'?' || c.eq_ignore_ascii_case(&text[t]) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                p = at + 1;
                t = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text) in [
            ("*", ""),
            ("sqs:*", "sqs:SendMessage"),
            ("SQS:send*", "sqs:SendMessage"),
            ("*/*/payment", "prod/GET/payment"),
            ("*/POST/*", "prod/POST/a/b"),
            ("a?c*", "abc"),
            ("*b*b", "abb"),
            ("S3:deletebucket", "s3:DeleteBucket"),
            ("s3:?eleteBucket", "s3:DeleteBucket"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("sqs:Send", "sqs:SendMessage"),
            ("*/GET/payment", "prod/POST/payment"),
            ("a?c", "ac"),
            ("s3:DeleteBucket?", "s3:DeleteBucket"),
            ("s3:*Object", "s3:DeleteBucket"),
        ] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }
}
