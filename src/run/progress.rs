/// Hears how far a run is. What it hears is for display alone: no report rests on it.
pub trait Progress: Send + Sync {
    /// A part of the run begins.
    fn phase(&self, words: &str);
    /// A scenario's steps ended; `done` of `all` have.
    fn scenario(&self, path: &str, done: usize, all: usize);
    /// Another second of a load is over; `figures` are its own.
    fn second(&self, path: &str, figures: &str);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn phase(&self, _: &str) {}
    fn scenario(&self, _: &str, _: usize, _: usize) {}
    fn second(&self, _: &str, _: &str) {}
}
