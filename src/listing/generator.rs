use serde_json::Value;

use super::{
    build::{self, Stock},
    change::{Action, Change, Changes},
    draw::{Draw, number_of},
    flavour::Flavour,
    life::{self, Revision},
    mix::Mix,
    model::Listing,
    size::Size,
    text::filling,
};

/// What listings are like.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How they are written down.
    pub flavour: &'static Flavour,
    /// How much they say.
    pub size: Size,
    /// Of what kinds they are.
    pub stock: Stock,
}

/// Makes listings. It keeps none: each follows from the seed and a number, takes time in proportion to its own size, and is the
/// same in every release that keeps the snapshots of this module.
///
/// # Changes
///
/// Listings live by arithmetic, so that no set of those alive is kept either. The events of a shard come in *rounds* of as many
/// events of each kind as the [`Mix`] says, in an order drawn for the round. The listings that one round creates are a
/// *cohort*. A round creates one cohort, changes the cohort before that, and removes from the one before that, so that every
/// change concerns a listing that is there. Two cohorts are created before the first round begins. The [`Revision`] that an event
/// brings a listing to is the count of the events of the same round that concerned it so far: what a listing looks like is
/// known from seed, number and revision alone. Working one event out takes time in proportion to a round, and no memory that
/// grows.
#[derive(Clone, Debug)]
pub struct Generator {
    seed: u64,
    shape: Shape,
    prefix: String,
}

/// What a draw is for; each purpose has draws of its own, so that one more draw for a room changes no price.
const CHANGED: u64 = 1 << 32;

impl Generator {
    /// A generator of listings of this shape.
    #[must_use]
    pub fn new(seed: u64, shape: Shape) -> Self {
        Self { seed, shape, prefix: "MP-".into() }
    }

    /// The same with another text before the number in every reference. Listings of the same number have the same reference
    /// whatever the seed, so a run that must not meet the listings of another one gives a prefix of its own.
    #[must_use]
    pub fn with_prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// What its listings are like.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The reference of a listing: no other number has it.
    #[must_use]
    pub fn reference(&self, number: u64) -> String {
        format!("{}{number:07}", self.prefix)
    }

    /// The listing of this number as it is created.
    #[must_use]
    pub fn listing(&self, number: u64) -> Listing {
        self.at(number, Revision::default())
    }

    /// The listing of this number at a revision. Takes time in proportion to its size and to the revision.
    #[must_use]
    pub fn at(&self, number: u64, revision: Revision) -> Listing {
        self.made(self.reference(number), number, revision)
    }

    /// The listing that goes with a reference of the caller's, the same whenever it is asked for.
    #[must_use]
    pub fn named(&self, reference: &str) -> Listing {
        self.made(reference.to_owned(), number_of(reference), Revision::default())
    }

    /// The n-th listing's body, as it is created.
    #[must_use]
    pub fn body(&self, number: u64) -> Vec<u8> {
        self.shape.flavour.body(&self.listing(number))
    }

    /// The events of a shard, in their order. Shards have no listing in common; one shard's events are to be sent one after
    /// another.
    #[must_use]
    pub fn changes(&self, mix: Mix, shard: u32) -> Changes {
        Changes::new(self.seed, mix, shard)
    }

    /// The body that tells of an event: the whole listing as it is after it, or, where it is removed, what names it and why.
    #[must_use]
    pub fn body_of(&self, change: &Change) -> Vec<u8> {
        let listing = self.at(change.number, change.revision);
        match change.action {
            Action::Remove => self.shape.flavour.removal(&listing),
            Action::Create | Action::Update | Action::Media => self.shape.flavour.body(&listing),
        }
    }

    /// A body as JSON, for callers that alter it.
    #[must_use]
    pub fn json(&self, listing: &Listing) -> Value {
        self.shape.flavour.json(listing)
    }

    fn made(&self, reference: String, number: u64, revision: Revision) -> Listing {
        let key = |purpose: u64| Draw::of(&[self.seed, number, purpose]);
        let mut listing = build::listing(reference, number, self.shape.stock, self.shape.size, key);
        life::bring_to(&mut listing, revision, |what, step| {
            Draw::of(&[self.seed, number, CHANGED + what, u64::from(step)])
        });
        if let Some(bytes) = self.shape.size.bytes {
            // The description is the one text without which a body can be measured, and that may have any length.
            listing.description.clear();
            let without = self.shape.flavour.body(&listing).len();
            listing.description = filling(&mut key(5), (bytes as usize).saturating_sub(without).max(1));
        }
        listing
    }
}
