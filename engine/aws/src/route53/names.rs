//! Names, which can be written in more than one way, and ids.

/// An id without what the service puts before it: `/hostedzone/Z1`.
pub(super) fn bare(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// A name without the dot at its end.
fn undotted(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// The one form of a name: lower case, without the dot at its end, every character as itself and not as `\052`.
pub(super) fn plain(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut rest = undotted(name);
    while let Some(next) = rest.chars().next() {
        let escaped = rest.get(1..4).filter(|_| next == '\\').and_then(|code| u8::from_str_radix(code, 8).ok());
        text.push(escaped.map_or(next, char::from));
        rest = &rest[if escaped.is_some() { 4 } else { next.len_utf8() }..];
    }
    text.to_lowercase()
}

/// What is reported of a name: as it was, where only the way of writing differs.
pub(super) fn reported(name: &str, last: &str) -> String {
    if plain(name) == plain(last) { last.to_owned() } else { plain(name) }
}
