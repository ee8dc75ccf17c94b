/// Numbers that look random and follow from a key alone.
///
/// This is `SplitMix64` (Steele, Lea, Flood, 2014), written out here so that no release of another crate changes a listing: the
/// state goes up by the golden gamma, and each output is the state, mixed. A key is folded word by word through that same
/// mixing. A snapshot test pins what comes out.
pub(super) struct Draw {
    state: u64,
}

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

const fn mixed(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

impl Draw {
    /// The draws that belong to a key.
    pub(super) fn of(key: &[u64]) -> Self {
        let fold = |state: u64, word: &u64| mixed(state.wrapping_add(GAMMA) ^ mixed(*word));
        Self { state: key.iter().fold(0, fold) }
    }

    /// The next 64 bits.
    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GAMMA);
        mixed(self.state)
    }

    /// A number from 0 on, below `bound`; 0 where the bound is 0.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let high = self.next() >> 32;
        // The product of two 32-bit numbers, without its low half, is below the second one.
        u32::try_from((high * u64::from(bound)) >> 32).unwrap_or_default()
    }

    /// A number from `least` to `most`, both included.
    pub(super) fn between(&mut self, least: u32, most: u32) -> u32 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// Whether something comes that has so many chances in a hundred.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of these, of which there is at least one.
    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.place(from.len())]
    }

    /// One of these, each as often as its weight says.
    pub(super) fn weigh<'a, T>(&mut self, from: &'a [T], weight: impl Fn(&T) -> u32) -> &'a T {
        let mut left = self.below(from.iter().map(&weight).sum());
        let found = from.iter().find(|item| {
            let weight = weight(item);
            let here = left < weight;
            left = left.saturating_sub(weight);
            here
        });
        found.unwrap_or(&from[0])
    }

    /// A place in a list of this length.
    pub(super) fn place(&mut self, length: usize) -> usize {
        self.below(u32::try_from(length).unwrap_or(u32::MAX)) as usize
    }

    /// The same items in another order (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.place(end + 1));
        }
    }
}

/// 64 bits of a text (FNV-1a).
pub(super) fn number_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_algorithm_is_the_documented_one() {
        // The first outputs of SplitMix64 from the state 1234567, as its authors' reference program prints them.
        let mut draw = Draw { state: 1_234_567 };
        assert_eq!(
            [draw.next(), draw.next(), draw.next()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
        assert_eq!(number_of("a"), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn every_word_of_a_key_counts_and_so_does_its_place() {
        let keys: [&[u64]; 6] = [&[], &[0], &[0, 0], &[1, 0], &[0, 1], &[1]];
        let firsts: std::collections::BTreeSet<u64> = keys.iter().map(|key| Draw::of(key).next()).collect();
        assert_eq!(firsts.len(), keys.len());
    }

    #[test]
    fn bounds_are_kept_and_reached() {
        let mut draw = Draw::of(&[7]);
        let seen: std::collections::BTreeSet<u32> = (0..500).map(|_| draw.between(3, 6)).collect();
        assert_eq!(seen, [3, 4, 5, 6].into());
        assert_eq!(draw.below(0), 0);
        let weighed: Vec<usize> = (0..400).map(|_| *draw.weigh(&[0, 1, 2], |item| [0, 3, 1][*item])).collect();
        let count = |item: usize| weighed.iter().filter(|other| **other == item).count();
        assert_eq!(count(0), 0);
        assert!((250..350).contains(&count(1)), "{}", count(1));
    }
}
