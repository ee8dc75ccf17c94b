use std::collections::HashMap;

use foldhash::fast::RandomState;

/// Several values for each of many keys, most of which have one: no key has a list of its own.
pub struct Chained<T> {
    /// Where the last value of a key stands among `all`.
    last: HashMap<u64, usize, RandomState>,
    /// The values, each with the place of the one before it under the same key.
    all: Vec<(T, Option<usize>)>,
}

impl<T> Default for Chained<T> {
    fn default() -> Self {
        Self { last: HashMap::default(), all: Vec::new() }
    }
}

impl<T> Chained<T> {
    /// Adds a value to those of a key.
    pub fn add(&mut self, key: u64, value: T) {
        let before = self.last.insert(key, self.all.len());
        self.all.push((value, before));
    }

    /// The values of a key, the last first.
    pub fn of(&self, key: u64) -> impl Iterator<Item = &T> {
        let at = |place: Option<usize>| place.and_then(|place| self.all.get(place));
        std::iter::successors(at(self.last.get(&key).copied()), move |(_, before)| at(*before)).map(|(value, _)| value)
    }

    /// All values, in the order in which they came.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.all.iter().map(|(value, _)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_values_the_last_first() {
        let mut chained = Chained::default();
        for (key, value) in [(1, "a"), (2, "b"), (1, "c"), (1, "d")] {
            chained.add(key, value);
        }
        assert_eq!(chained.of(1).collect::<Vec<_>>(), [&"d", &"c", &"a"]);
        assert_eq!(chained.of(2).collect::<Vec<_>>(), [&"b"]);
        assert_eq!(chained.of(3).count(), 0);
        assert_eq!(chained.values().copied().collect::<String>(), "abcd");
    }
}
