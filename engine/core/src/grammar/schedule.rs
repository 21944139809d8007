//! Schedules: `rate(5 minutes)` and `cron(0 20 * * ? *)`, as EventBridge reads them.
//!
//! From "Schedule types in EventBridge Scheduler" and "Setting a schedule pattern for scheduled rules in Amazon
//! EventBridge", as read in November 2026.

use super::flaw::{Flaw, at, shown};
use crate::schema::closest;

/// One field of a cron expression.
struct CronField {
    name: &'static str,
    least: u32,
    most: u32,
    /// Words for the values, in ascending order.
    words: &'static [&'static str],
    /// Characters that the field takes besides values.
    also: &'static str,
}

const DAY_OF_MONTH: usize = 2;
const DAY_OF_WEEK: usize = 4;
const PARTS: [CronField; 6] = [
    CronField { name: "minute", least: 0, most: 59, words: &[], also: "" },
    CronField { name: "hour", least: 0, most: 23, words: &[], also: "" },
    CronField { name: "day of the month", least: 1, most: 31, words: &[], also: "?LW" },
    CronField {
        name: "month",
        least: 1,
        most: 12,
        words: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
        also: "",
    },
    CronField {
        name: "day of the week",
        least: 1,
        most: 7,
        words: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
        also: "?L#",
    },
    CronField { name: "year", least: 1970, most: 2199, words: &[], also: "" },
];

/// What is wrong with a schedule whose rate is in one of these units.
pub(super) fn flaw(text: &str, units: &[&str]) -> Option<Flaw> {
    let inside = |word: &str| text.strip_prefix(word)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(rate) = inside("rate") {
        return of_rate(text, rate, units);
    }
    if let Some(cron) = inside("cron") {
        return of_cron(text, cron);
    }
    let flaw = no(format!("{} is neither `rate(..)` nor `cron(..)`", shown(text)));
    let is_bare = text.split_whitespace().count() >= 5;
    let flaw = match closest(text.split('(').next().unwrap_or_default(), ["rate", "cron"]) {
        _ if is_bare && !text.contains('(') => flaw.help("put it in brackets: `cron(..)`"),
        Some(near) => flaw.help(format!("write it as `{near}(..)`, without spaces around")),
        None => flaw.help("write it as `rate(5 minutes)` or `cron(0 20 * * ? *)`"),
    };
    Some(flaw)
}

fn no(why: String) -> Flaw {
    Flaw::new(format!("is no schedule: {why}"))
}

fn of_rate(text: &str, rate: &str, units: &[&str]) -> Option<Flaw> {
    let form = || {
        format!("write a number and `{}`", units.iter().map(|unit| format!("{unit}s")).collect::<Vec<_>>().join("`, `"))
    };
    let Some((number, unit)) = rate.split_once(' ') else {
        return Some(no(format!("{} is not a number and a unit", shown(rate))).help(form()));
    };
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let Some(count) = number.parse::<u64>().ok().filter(|n| digits && *n > 0) else {
        return Some(no(format!("{} is not a positive number, {}", shown(number), at(text, number))).help(form()));
    };
    let wanted = |unit: &str| if count == 1 { unit.to_owned() } else { format!("{unit}s") };
    let singular = unit.strip_suffix('s').unwrap_or(unit);
    if !units.contains(&singular) {
        let flaw = no(format!("there is no unit {} here, {}", shown(unit), at(text, unit)));
        return Some(match closest(singular, units.iter().copied()) {
            Some(near) => flaw.help(format!("did you mean `rate({number} {})`?", wanted(near))),
            None => flaw.help(form()),
        });
    }
    (unit != wanted(singular)).then(|| {
        let rule = if count == 1 { "with 1 the unit is in the singular" } else { "the unit is in the plural" };
        no(format!("{rule}, {}", at(text, unit))).help(format!("write `rate({number} {})`", wanted(singular)))
    })
}

fn of_cron(text: &str, cron: &str) -> Option<Flaw> {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    if fields.len() != PARTS.len() {
        let names: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
        let flaw = no(format!("`cron` has six fields, and {} has {}", shown(text), fields.len()));
        return Some(match with_a_year(&fields) {
            Some(whole) => flaw.help(format!("the sixth is the year, and one of the days is `?`: `cron({whole})`")),
            None => flaw.help(format!("they are {}", names.join(", "))),
        });
    }
    for (part, field) in PARTS.iter().zip(&fields) {
        if let Some(flaw) = of_field(text, part, field) {
            return Some(flaw);
        }
    }
    let (month, week) = (fields[DAY_OF_MONTH], fields[DAY_OF_WEEK]);
    match (month == "?", week == "?") {
        (true, false) | (false, true) => None,
        (true, true) => {
            let flaw = no(format!("the day of the month and that of the week are both `?`, {}", at(text, month)));
            Some(flaw.help("say one of them: `*` for every day"))
        }
        (false, false) => {
            let mut mended = fields.clone();
            mended[if month == "*" && week != "*" { DAY_OF_MONTH } else { DAY_OF_WEEK }] = "?";
            let flaw =
                no(format!("one of the day of the month and the day of the week must be `?`, {}", at(text, month)));
            Some(flaw.help(format!("write `cron({})`", mended.join(" "))))
        }
    }
}

/// Five fields as other systems write them, with what EventBridge wants besides, where that means the same.
fn with_a_year(fields: &[&str]) -> Option<String> {
    let [minute, hour, month_day, month, week_day] = fields[..] else { return None };
    let (month_day, week_day) = match (month_day, week_day) {
        (day, "*" | "?") => (day, "?"),
        // Numbers of days are others here: Sunday is 1.
        ("*" | "?", day) if !day.contains(|c: char| c.is_ascii_digit()) => ("?", day),
        _ => return None,
    };
    Some(format!("{minute} {hour} {month_day} {month} {week_day} *"))
}

fn of_field(text: &str, part: &CronField, field: &str) -> Option<Flaw> {
    if field == "*" || (field == "?" && part.also.contains('?')) {
        return None;
    }
    field.split(',').find_map(|item| of_item(text, part, item))
}

/// What is wrong with one item of a field: a value, a range, or either with a step.
fn of_item(text: &str, part: &CronField, item: &str) -> Option<Flaw> {
    let (base, step) = match item.split_once('/') {
        Some((base, step)) => (base, Some(step)),
        None => (item, None),
    };
    if let Some(step) = step
        && !(step.bytes().all(|b| b.is_ascii_digit()) && step.parse::<u32>().is_ok_and(|step| step > 0))
    {
        return Some(no(format!(
            "the step {} of the {} is not a positive number, {}",
            shown(step),
            part.name,
            at(text, step)
        )));
    }
    if base == "*" || is_special(part, base) {
        return None;
    }
    let (from, to) = base.split_once('-').map_or((base, None), |(from, to)| (from, Some(to)));
    [Some(from), to].into_iter().flatten().find_map(|value| of_value(text, part, value))
}

/// Whether this is one of the forms that only days have: the last one, the nearest weekday, the third Friday.
fn is_special(part: &CronField, item: &str) -> bool {
    let value = |text: &str| text.is_empty() || number(part, text).is_some();
    if part.also.contains('W')
        && (item == "LW" || item.strip_suffix('W').is_some_and(|day| number(part, day).is_some()))
    {
        return true;
    }
    if part.also.contains('L') && item.strip_suffix('L').is_some_and(value) {
        return true;
    }
    if part.also.contains('W') && item.strip_prefix("L-").is_some_and(|days| number(part, days).is_some()) {
        return true;
    }
    part.also.contains('#')
        && item
            .split_once('#')
            .is_some_and(|(day, which)| number(part, day).is_some() && matches!(which, "1" | "2" | "3" | "4" | "5"))
}

/// The number that a value is, or that the word for it stands for.
fn number(part: &CronField, text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = match digits {
        true => text.parse().ok()?,
        false => {
            let at = part.words.iter().position(|word| word.eq_ignore_ascii_case(text))?;
            part.least.checked_add(u32::try_from(at).ok()?)?
        }
    };
    (part.least..=part.most).contains(&number).then_some(number)
}

fn of_value(text: &str, part: &CronField, value: &str) -> Option<Flaw> {
    if number(part, value).is_some() {
        return None;
    }
    let flaw = if value == "?" {
        no(format!("the {} cannot be `?`, {}", part.name, at(text, value))).help("write `*` for every one")
    } else {
        let range = format!("the {} {} is not between {} and {}", part.name, shown(value), part.least, part.most);
        no(format!("{range}, {}", at(text, value)))
    };
    let word = value.get(..3).filter(|_| !value.bytes().any(|b| b.is_ascii_digit()));
    let near = word.and_then(|word| part.words.iter().find(|known| known.eq_ignore_ascii_case(word)));
    Some(match near {
        Some(near) => flaw.help(format!("did you mean `{near}`?")),
        None => flaw,
    })
}
