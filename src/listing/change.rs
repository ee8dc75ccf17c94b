use super::{draw::Draw, life::Revision, mix::Mix};

/// An event of a listing's life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Change {
    /// Which listing; its first 32 bits are the shard.
    pub number: u64,
    /// What happens.
    pub action: Action,
    /// The listing's revision after it; on removal, the last one.
    pub revision: Revision,
}

/// What happens to a listing.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Action {
    /// It is listed.
    Create,
    /// Its price or its status changes.
    Update,
    /// A picture changes.
    Media,
    /// It is taken down, and never comes back.
    Remove,
}

/// In the order of [`Mix::parts`].
const ACTIONS: [Action; 4] = [Action::Create, Action::Update, Action::Media, Action::Remove];

/// The events of a shard: an iterator without an end, which holds one round at a time. See
/// [`Generator`](super::Generator#changes).
#[derive(Clone, Debug)]
pub struct Changes {
    seed: u64,
    mix: Mix,
    shard: u32,
    position: u64,
    round: Option<(u64, Vec<Slot>)>,
}

/// One event's place in a round: what happens, and which listing of its cohort it concerns.
type Slot = (Action, u32);

impl Changes {
    pub(super) fn new(seed: u64, mix: Mix, shard: u32) -> Self {
        Self { seed, mix, shard, position: 0, round: None }
    }

    /// The same events from a position on, without working out those before it.
    #[must_use]
    pub fn starting_at(self, position: u64) -> Self {
        Self { position, ..self }
    }

    fn cohort(&self) -> u64 {
        u64::from(self.mix.parts()[0])
    }

    fn number(&self, cohort: u64, listing: u32) -> u64 {
        (u64::from(self.shard) << 32) | (cohort * self.cohort() + u64::from(listing)) & u64::from(u32::MAX)
    }

    /// The slots of a round in the order in which they come.
    fn slots(&self, round: u64) -> Vec<Slot> {
        let parts = self.mix.parts();
        let cohort = parts[0];
        let mut draw = Draw::of(&[self.seed, u64::from(self.shard), round]);
        // Which listings of a cohort have one change more than others, and which are removed, begins anywhere in it.
        let slots = ACTIONS.into_iter().zip(parts).flat_map(|(action, count)| {
            let first = draw.below(cohort);
            (0..count).map(move |slot| (action, (first + slot) % cohort))
        });
        let mut slots: Vec<Slot> = slots.collect();
        draw.shuffle(&mut slots);
        // Numbers are given in the order of creation.
        let created = slots.iter_mut().filter(|slot| slot.0 == Action::Create);
        for (slot, number) in created.zip(0..) {
            slot.1 = number;
        }
        slots
    }

    fn revision(slots: &[Slot], listing: u32) -> Revision {
        let count = |action| {
            let of = slots.iter().filter(|slot| **slot == (action, listing)).count();
            u32::try_from(of).unwrap_or(u32::MAX)
        };
        Revision { market: count(Action::Update), media: count(Action::Media) }
    }

    /// The event at a place of a round.
    fn event(&self, round: u64, slots: &[Slot], place: usize) -> Change {
        let (action, listing) = slots[place];
        let (cohort, revision) = match action {
            Action::Create => (round + 2, Revision::default()),
            Action::Update | Action::Media => (round + 1, Self::revision(&slots[..=place], listing)),
            // Its changes came in the round before; the first cohort had none.
            Action::Remove => match round.checked_sub(1) {
                Some(before) => (round, Self::revision(&self.slots(before), listing)),
                None => (round, Revision::default()),
            },
        };
        Change { number: self.number(cohort, listing), action, revision }
    }
}

impl Iterator for Changes {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        let position = self.position;
        self.position += 1;
        let Some(after) = position.checked_sub(2 * self.cohort()) else {
            let number = (u64::from(self.shard) << 32) | position;
            return Some(Change { number, action: Action::Create, revision: Revision::default() });
        };
        let events = u64::from(self.mix.round());
        let (round, place) = (after / events, usize::try_from(after % events).unwrap_or_default());
        if self.round.as_ref().is_none_or(|(held, _)| *held != round) {
            self.round = Some((round, self.slots(round)));
        }
        let (_, slots) = self.round.as_ref()?;
        Some(self.event(round, slots, place))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn mixes() -> impl proptest::strategy::Strategy<Value = Mix> {
        use proptest::strategy::Strategy as _;
        (1..20_u16, 0..80_u16, 0..30_u16, 0..20_u16)
            .prop_map(|(create, update, media, remove)| Mix::new(create, update, media, remove.min(create)).unwrap())
    }

    proptest::proptest! {
        #[test]
        fn every_change_concerns_a_listing_that_is_there_and_revisions_go_up_by_one(
            seed in proptest::prelude::any::<u64>(), shard in 0..5_u32, mix in mixes(),
        ) {
            let mut alive: BTreeMap<u64, Revision> = BTreeMap::new();
            let mut removed = BTreeSet::new();
            for change in Changes::new(seed, mix, shard).take(1500) {
                proptest::prop_assert_eq!(change.number >> 32, u64::from(shard));
                let before = alive.get(&change.number).copied();
                match change.action {
                    Action::Create => {
                        proptest::prop_assert_eq!((before, change.revision), (None, Revision::default()));
                        proptest::prop_assert!(!removed.contains(&change.number));
                    }
                    Action::Update => {
                        let before = before.unwrap();
                        proptest::prop_assert_eq!(change.revision, Revision { market: before.market + 1, ..before });
                    }
                    Action::Media => {
                        let before = before.unwrap();
                        proptest::prop_assert_eq!(change.revision, Revision { media: before.media + 1, ..before });
                    }
                    Action::Remove => {
                        proptest::prop_assert_eq!(before, Some(change.revision));
                        alive.remove(&change.number);
                        removed.insert(change.number);
                        continue;
                    }
                }
                alive.insert(change.number, change.revision);
            }
        }

        #[test]
        fn a_stream_may_be_entered_anywhere(seed in proptest::prelude::any::<u64>(), mix in mixes(), from in 0..700_usize) {
            let all: Vec<Change> = Changes::new(seed, mix, 1).skip(from).take(40).collect();
            let entered: Vec<Change> = Changes::new(seed, mix, 1).starting_at(from as u64).take(40).collect();
            proptest::prop_assert_eq!(all, entered);
        }
    }

    #[test]
    fn events_come_in_the_proportion_asked_for() {
        let mut counts = BTreeMap::new();
        for change in Changes::new(3, Mix::default(), 0).skip(20).take(1000) {
            *counts.entry(change.action).or_insert(0) += 1;
        }
        let asked = [(Action::Create, 100), (Action::Update, 750), (Action::Media, 100), (Action::Remove, 50)];
        assert_eq!(counts, asked.into());
    }

    #[test]
    fn a_late_event_costs_no_more_than_an_early_one() {
        let late = Changes::new(3, Mix::default(), 0).starting_at(20_000_000_000).next().unwrap();
        assert!(late.number < 1 << 32, "it stays in its shard");
    }
}
