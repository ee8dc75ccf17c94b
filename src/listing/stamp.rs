use jiff::{
    ToSpan as _,
    civil::{DateTime, datetime},
};

/// A moment of a listing's life, without a zone. It follows from the seed alone: no clock is read.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Stamp(DateTime);

/// Before this moment nothing is listed.
const FIRST: DateTime = datetime(2025, 1, 1, 9, 0, 0, 0);

impl Stamp {
    /// So many minutes after the first moment there is.
    pub(super) fn at(minutes: u32) -> Self {
        // 2^32 minutes are some 8,000 years, which is past what jiff counts to.
        Self(FIRST.saturating_add(i64::from(minutes).minutes()))
    }

    pub(super) fn plus_days(self, days: u32) -> Self {
        Self(self.0.saturating_add(i64::from(days).days()))
    }

    pub(super) fn plus_minutes(self, minutes: u32) -> Self {
        Self(self.0.saturating_add(i64::from(minutes).minutes()))
    }

    /// As ISO 8601: `2025-01-31T09:00:00`.
    #[must_use]
    pub fn iso(self) -> String {
        self.0.to_string()
    }

    /// The day as ISO 8601: `2025-01-31`.
    #[must_use]
    pub fn iso_day(self) -> String {
        self.0.date().to_string()
    }

    /// Day first: `31-01-2025 09:00:00`.
    #[must_use]
    pub fn british(self) -> String {
        let time = self.0.time();
        format!("{} {:02}:{:02}:{:02}", self.british_day(), time.hour(), time.minute(), time.second())
    }

    /// The day, day first: `31-01-2025`.
    #[must_use]
    pub fn british_day(self) -> String {
        let date = self.0.date();
        format!("{:02}-{:02}-{}", date.day(), date.month(), date.year())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_either_way() {
        let stamp = Stamp::at(31 * 24 * 60 + 65).plus_days(1);
        assert_eq!(stamp.iso(), "2025-02-02T10:05:00");
        assert_eq!(stamp.iso_day(), "2025-02-02");
        assert_eq!(stamp.british(), "02-02-2025 10:05:00");
        assert!(Stamp::at(u32::MAX) > stamp);
    }
}
