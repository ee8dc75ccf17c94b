/// An agency of a scenario in this run.
#[derive(Clone, Debug, PartialEq)]
pub struct AgencyState {
    /// Its name within the scenario.
    pub name: String,
    /// The agencyId that is sent for it.
    pub id: String,
    /// The random part of the agencyId, by which a mangled id is still recognised.
    pub core: String,
    /// The number of its account at the target, from 0.
    pub account: usize,
}

/// How the target's own clock is moved.
#[derive(Clone, Debug, PartialEq)]
pub struct ClockControl {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
}
