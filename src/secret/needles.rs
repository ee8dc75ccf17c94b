use std::ops::Range;

use super::Chained;

/// Byte strings that are looked for in texts, all at once, and to which more come all the time.
///
/// An automaton over them would be built anew whenever one comes, and a run learns thousands of secrets one by one. Here
/// each is known by its last 8 bytes: links and tokens of one run begin alike and differ towards their ends.
pub struct Needles<T> {
    /// One bit for each hash of a needle's tail: most places of a text end none.
    filter: Vec<u64>,
    by_tail: Chained<(Vec<u8>, T)>,
}

/// Shorter ones cannot be looked for: they would be found by chance.
pub const SHORTEST: usize = 8;

/// Some ten thousand needles leave most bits unset.
const FILTER_BITS: u32 = 19;

impl<T> Default for Needles<T> {
    fn default() -> Self {
        Self { filter: vec![0; 1 << (FILTER_BITS - 6)], by_tail: Chained::default() }
    }
}

impl<T> Needles<T> {
    /// Adds a needle of at least [`SHORTEST`] bytes; a shorter one is not looked for.
    pub fn add(&mut self, needle: impl Into<Vec<u8>>, tag: T) {
        let needle = needle.into();
        let Some(tail) = tail(&needle, needle.len()) else { return };
        let (word, bit) = slot(tail);
        self.filter[word] |= bit;
        self.by_tail.add(tail, (needle, tag));
    }

    /// The length of the longest needle in bytes; 0 without any.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.by_tail.values().map(|(needle, _)| needle.len()).max().unwrap_or(0)
    }

    /// Tells of every place at which a needle ends behind `from`, in the order of the ends.
    pub fn each_in<'s>(&'s self, text: &[u8], from: usize, mut tell: impl FnMut(Range<usize>, &'s T)) {
        for end in (from + 1).max(SHORTEST)..=text.len() {
            let Some(tail) = tail(text, end) else { continue };
            let (word, bit) = slot(tail);
            if self.filter[word] & bit == 0 {
                continue;
            }
            for (needle, tag) in self.by_tail.of(tail) {
                if text[..end].ends_with(needle) {
                    tell(end - needle.len()..end, tag);
                }
            }
        }
    }

    /// The needles in a text that do not overlap: the leftmost first, and of several there the longest.
    #[must_use]
    pub fn leftmost_longest<'s>(&'s self, text: &[u8]) -> Vec<(Range<usize>, &'s T)> {
        let mut found = Vec::new();
        self.each_in(text, 0, |range, tag| found.push((range, tag)));
        // Of the same needle added twice the first counts, and the last is told first.
        found.reverse();
        found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut free = 0;
        found.retain(|(range, _)| {
            let keep = range.start >= free;
            if keep {
                free = range.end;
            }
            keep
        });
        found
    }
}

/// The 8 bytes before `end`, if there are as many.
fn tail(bytes: &[u8], end: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(end.checked_sub(SHORTEST)?..end)?.try_into().ok()?))
}

/// The word and the bit of the filter for a tail. Of `FILTER_BITS` bits six are the bit's, so the word is always there.
fn slot(tail: u64) -> (usize, u64) {
    // Fibonacci hashing: the odd number next to 2^64 divided by the golden ratio.
    let hash = tail.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - FILTER_BITS);
    ((hash >> 6) as usize, 1 << (hash & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_needles_that_overlap_the_leftmost_and_longest_is_taken() {
        let mut needles = Needles::default();
        for (needle, tag) in [("0123456789", 1), ("0123456789ab", 2), ("89abcdefgh", 3), ("short", 4)] {
            needles.add(needle, tag);
        }
        let found = needles.leftmost_longest(b"x0123456789abcdefgh short");
        assert_eq!(found, [(1..13, &2)]);
        assert_eq!(needles.longest(), 12);
        needles.add("0123456789ab", 5);
        assert_eq!(needles.leftmost_longest(b"0123456789ab"), [(0..12, &2)], "the first of two that are alike");
    }

    proptest::proptest! {
        #[test]
        fn a_needle_is_found_wherever_it_stands(
            others in proptest::collection::vec("[a-z0-9]{8,20}", 0..40),
            needle in "[a-z0-9]{8,30}",
            before in "[a-z0-9 ]{0,30}",
            after in "[a-z0-9 ]{0,30}",
        ) {
            let mut needles = Needles::default();
            for other in &others {
                needles.add(other.as_str(), other.clone());
            }
            needles.add(needle.as_str(), needle.clone());
            let text = format!("{before}{needle}{after}");
            let mut found = false;
            needles.each_in(text.as_bytes(), 0, |range, tag| {
                assert_eq!(&text[range.clone()], tag.as_str());
                found |= range.start == before.len() && *tag == needle;
            });
            proptest::prop_assert!(found);
        }
    }
}
