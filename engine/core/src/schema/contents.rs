//! Contents: what is in a resource that is lost when it goes.

/// What a resource holds that is lost when it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KindContents {
    /// Data of its own.
    Data(Loss),
    /// Keys, without which data elsewhere cannot be read.
    Keys(Loss),
}

/// What is lost with a resource, and what is kept. Both stand after a colon: `every item in it`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// What nobody can bring back.
    pub lost: &'static str,
    /// What is still there afterwards; `nothing` where nothing is.
    pub kept: &'static str,
}

impl KindContents {
    /// What is lost when the resource goes.
    pub fn loss(self) -> Loss {
        match self {
            KindContents::Data(loss) | KindContents::Keys(loss) => loss,
        }
    }

    /// The same as the reference says it, without a full stop.
    pub fn describe(self) -> String {
        let what = match self {
            KindContents::Data(_) => "data",
            KindContents::Keys(_) => "keys of data",
        };
        let Loss { lost, kept } = self.loss();
        format!("Holds {what}. When it goes, lost: {lost}; kept: {kept}")
    }
}
