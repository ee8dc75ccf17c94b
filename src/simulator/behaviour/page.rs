use std::time::Duration;

/// The agency's page: when what it does leads to a delivery.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Page {
    /// The moments that deliver the key.
    pub delivers_on: &'static [Moment],
    /// What becomes of an account that registers.
    pub registration: Registration,
    /// Every how many agreements one is forgotten; nothing: none.
    pub forgets_one_in: Option<u64>,
    /// Whether an agency that is connected already and agrees again is delivered again.
    pub delivers_again: bool,
    /// Whether nothing is delivered until the account agrees to the same agency once more.
    pub second_time_only: bool,
    /// How long after the moment the delivery begins, on the virtual clock.
    pub delay: Duration,
    /// Whether the page answers only when its deliveries are through, retries and all.
    pub waits: bool,
    /// Whether the link opens the registration, and whoever is let in is asked at once: to register takes three requests instead of five.
    pub brief: bool,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            delivers_on: &[Moment::Agreed],
            registration: Registration::Delivered,
            forgets_one_in: None,
            delivers_again: true,
            second_time_only: false,
            delay: Duration::ZERO,
            waits: false,
            brief: false,
        }
    }
}

/// A moment of an agency's visit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Moment {
    /// The link was opened, by whomever.
    Opened,
    /// The consent was shown to somebody logged in.
    Asked,
    /// The agency agreed.
    Agreed,
    /// The agency declined.
    Declined,
}

/// What becomes of an account that registers on the way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Registration {
    /// Its key is delivered like any other.
    Delivered,
    /// Its key is never delivered.
    Forgotten,
}
