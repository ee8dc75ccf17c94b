/// Standard exponential numbers from a seed.
///
/// `SplitMix64` (Steele, Lea and Flood 2014) with its published constants makes the bits, and the inverse of the
/// distribution makes the numbers. It is written out because a schedule must be the same for every version of any crate.
#[derive(Clone, Debug)]
pub(super) struct Exponential(u64);

impl Exponential {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next number: not negative, finite, 1 on average.
    pub(super) fn draw(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what an f64 holds")]
        let uniform = (self.bits() >> 11) as f64 / (1_u64 << 53) as f64;
        -(-uniform).ln_1p()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_are_those_of_the_published_generator() {
        let mut bits = Exponential::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| bits.bits()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn they_are_one_on_average_and_never_negative() {
        let mut numbers = Exponential::new(7);
        let drawn: Vec<f64> = (0..100_000).map(|_| numbers.draw()).collect();
        assert!(drawn.iter().all(|number| (0.0..40.0).contains(number)));
        let mean = drawn.iter().sum::<f64>() / 1e5;
        assert!((mean - 1.0).abs() < 3.0 / 1e5_f64.sqrt(), "{mean}");
    }
}
