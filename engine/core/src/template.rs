//! Templates: the notation of [`crate::schema::Field::like`] and [`crate::schema::Kind::id`].
//!
//! Text with holes. `{hex:n}`, `{digits:n}`, `{alnum:n}` (lower case) and `{uuid}` are pseudo-random; `{account}` is
//! the account; every other hole names an attribute of the same resource.

/// A piece of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text as it is.
    Text(&'a str),
    /// So many pseudo-random characters from this alphabet.
    Random(&'static [u8], usize),
    /// A pseudo-random UUID.
    Uuid,
    /// The account's number.
    Account,
    /// An attribute of the same resource.
    Attribute(&'a str),
}

/// The alphabet of `{hex:n}`.
pub const HEX: &[u8] = b"0123456789abcdef";
const DIGITS: &[u8] = b"0123456789";
const ALNUM: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The longest random part.
pub const LONGEST: usize = 256;

/// The pieces of a template. A hole that cannot be read is text.
pub fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(after) = rest.strip_prefix('{')
            && let Some((hole, after)) = after.split_once('}')
            && let Some(piece) = hole_of(hole)
        {
            rest = after;
            return Some(piece);
        }
        let end = rest.char_indices().skip(1).find(|(_, c)| *c == '{').map_or(rest.len(), |(i, _)| i);
        let (text, after) = rest.split_at(end);
        rest = after;
        Some(Piece::Text(text))
    })
}

fn hole_of(hole: &str) -> Option<Piece<'_>> {
    if let Some((word, count)) = hole.split_once(':') {
        let count = count.parse().ok().filter(|n| (1..=LONGEST).contains(n))?;
        let alphabet = match word {
            "hex" => HEX,
            "digits" => DIGITS,
            "alnum" => ALNUM,
            _ => return None,
        };
        return Some(Piece::Random(alphabet, count));
    }
    match hole {
        "uuid" => Some(Piece::Uuid),
        "account" => Some(Piece::Account),
        _ if !hole.is_empty() && hole.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => {
            Some(Piece::Attribute(hole))
        }
        _ => None,
    }
}
