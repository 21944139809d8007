//! Names: what a resource is called, and how the fields of others refer to it.

/// How the physical name of a resource is made when the script gives none: `{prefix}{name}-{suffix}{ending}`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NameRule {
    /// Longest name the service takes, in characters.
    pub max: usize,
    /// The characters the service takes, as the inside of a bracket expression: `A-Za-z0-9_-`.
    pub chars: &'static str,
    /// What every name of this kind starts with (`alias/`).
    pub prefix: &'static str,
    /// Whether the service takes or keeps lower case only.
    pub lower: bool,
    /// What some names of this kind end with.
    pub ending: Option<NameEnding>,
}

/// What a name ends with as long as a boolean argument of the same resource is true, and only then.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NameEnding {
    /// The ending: `.fifo`.
    pub text: &'static str,
    /// The argument: `fifo_queue`.
    pub when: &'static str,
}

/// That a field names another resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Kind and attribute that the value is, e.g. `kms.key.arn`; `*` where resources of several kinds can stand.
    pub to: &'static str,
    /// Whether the referring resource must be gone before the referred one can be deleted. The cloud would refuse, or
    /// something would break meanwhile.
    pub blocks_delete: bool,
}

impl Reference {
    /// The kind referred to.
    pub fn kind(&self) -> &'static str {
        self.to.rsplit_once('.').map_or(self.to, |(kind, _)| kind)
    }
    /// The attribute of that kind.
    pub fn attr(&self) -> &'static str {
        self.to.rsplit_once('.').map_or("id", |(_, attr)| attr)
    }
}
