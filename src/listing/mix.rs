use thiserror::Error;

/// How many events of each kind come in one round. Larger numbers in the same proportion spread the changes over more
/// listings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Mix {
    create: u16,
    update: u16,
    media: u16,
    remove: u16,
}

/// 10 % new listings, 75 % changes of price or status, 10 % of media, 5 % removals.
impl Default for Mix {
    fn default() -> Self {
        Self { create: 10, update: 75, media: 10, remove: 5 }
    }
}

/// Events cannot come in this proportion.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum MixError {
    /// Without new listings there is soon nothing to change.
    #[error("a mix creates at least one listing in a round: raise `create` to 1 or more")]
    CreatesNothing,
    /// More would be removed than there is.
    #[error("a mix removes at most as many listings as it creates: lower `remove` to {0} or less")]
    RemovesTooMany(u16),
    /// A round is worked out as a whole.
    #[error("a round has at most {most} events: lower the numbers and keep their proportion", most = Mix::MOST)]
    TooLong,
}

impl Mix {
    /// The most events in a round.
    pub const MOST: u32 = 10_000;

    /// A mix of new listings, changes of price or status, changes of media, and removals, in a round.
    ///
    /// # Errors
    ///
    /// Nothing is created, more is removed than created, or a round is longer than [`Mix::MOST`].
    pub fn new(create: u16, update: u16, media: u16, remove: u16) -> Result<Self, MixError> {
        let mix = Self { create, update, media, remove };
        match () {
            () if create == 0 => Err(MixError::CreatesNothing),
            () if remove > create => Err(MixError::RemovesTooMany(create)),
            () if mix.round() > Self::MOST => Err(MixError::TooLong),
            () => Ok(mix),
        }
    }

    /// Events of each kind in a round: new listings, changes of price or status, changes of media, removals.
    pub(super) fn parts(self) -> [u32; 4] {
        [self.create, self.update, self.media, self.remove].map(u32::from)
    }

    /// Events in a round.
    pub(super) fn round(self) -> u32 {
        self.parts().iter().sum()
    }
}
