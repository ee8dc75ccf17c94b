use crate::evidence::StopKind;

/// What a step cannot do without, by the name of the capability in the profile.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Need {
    /// The name, such as `clock`: the profile's key, and what its `absent` table may declare.
    pub capability: &'static str,
    /// What lacking it means where the profile neither gives it nor declares it absent.
    pub otherwise: StopKind,
}

impl Need {
    /// A capability that the profile has to give, or declare absent: silence leaves the run incomplete.
    #[must_use]
    pub const fn to_be_told(capability: &'static str) -> Self {
        Self { capability, otherwise: StopKind::CouldNotRun }
    }

    /// A capability without which the evidence does not tell.
    #[must_use]
    pub const fn to_tell(capability: &'static str) -> Self {
        Self { capability, otherwise: StopKind::Prerequisite }
    }

    /// A capability that a target may lack without a word: what needs it is not applicable then.
    #[must_use]
    pub const fn optional(capability: &'static str) -> Self {
        Self { capability, otherwise: StopKind::Absent }
    }
}
