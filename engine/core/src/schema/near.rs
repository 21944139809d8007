//! Near names: what a mistyped one was meant to be.

/// The name most like a mistyped one, if any is near. Comparing takes time with the square of their lengths: nobody
/// mistypes a longer one, or chooses among more.
pub fn closest<'a>(name: &str, all: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 256;
    const MOST: usize = 10_000;
    if name.len() > LONGEST {
        return None;
    }
    let mut best: Option<(f64, &str)> = None;
    for candidate in all.into_iter().take(MOST).filter(|candidate| candidate.len() <= LONGEST) {
        let mut score = strsim::jaro_winkler(&name.to_lowercase(), &candidate.to_lowercase());
        if !name.is_empty() && (candidate.starts_with(name) || name.starts_with(candidate)) {
            score = score.max(0.9);
        }
        // Letters that are exchanged weigh little; in short names Jaro sees none of them.
        if strsim::osa_distance(&name.to_lowercase(), &candidate.to_lowercase()) * 3 <= name.chars().count() {
            score = score.max(0.85);
        }
        if score > 0.8 && best.is_none_or(|(s, _)| score > s) {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        assert_eq!(closest("visibility_timeot", ["visibility_timeout", "name"]), Some("visibility_timeout"));
        assert_eq!(closest("cidr", ["cidr_block", "name"]), Some("cidr_block"));
        assert_eq!(closest("anr", ["url", "arn"]), Some("arn"));
        assert_eq!(closest("ab", ["ba", "cd"]), None);
        assert_eq!(closest("zzz", ["visibility_timeout", "name"]), None);
        let long = "x".repeat(10_000_000);
        assert_eq!(closest(&long, [&*long]), None);
        assert_eq!(closest("xxx", [&*long, "xxy"]), Some("xxy"));
    }
}
