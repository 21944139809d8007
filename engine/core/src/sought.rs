//! Whose things are looked for in a cloud.

/// What a sweep looks for: what carries the tags of an environment, of one of its programs or of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sought<'a> {
    /// The environment's suffix.
    pub environment: &'a str,
    /// The only program whose resources count; those of every program where none is named.
    pub program: Option<&'a str>,
}

impl Sought<'_> {
    /// Whether the environment and the program in a resource's tags are those that are looked for.
    pub fn fits(&self, environment: &str, program: &str) -> bool {
        environment == self.environment && self.program.is_none_or(|sought| sought == program)
    }
}
