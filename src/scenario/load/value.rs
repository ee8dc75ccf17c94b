//! Values as a load scenario writes them.

use std::{borrow::Cow, fmt, marker::PhantomData, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

use super::Expected;
use crate::{clock::Period, syntax::with_cure};

/// Arrivals per second, from `500/s`, `30/min` or `0.5/s`: more than 0, at most [`Rate::MOST`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate(pub(super) f64);

impl Rate {
    /// More than any target was built for, and far less than what a schedule can do.
    pub(super) const MOST: f64 = 1e6;
    const UNITS: [(&'static str, f64); 3] = [("s", 1.0), ("min", 60.0), ("h", 3600.0)];
    const EXPECTED: &'static str = "a rate such as `500/s`, `30/min` or `0.5/s`";
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected {}, found the text {text:?}", Self::EXPECTED);
        let (number, unit) = text.split_once('/').ok_or_else(wrong)?;
        let (_, seconds) = Self::UNITS.iter().find(|(name, _)| *name == unit.trim()).ok_or_else(wrong)?;
        let rate = number.trim().parse::<f64>().map_err(|_| wrong())? / seconds;
        if rate > 0.0 && rate <= Self::MOST {
            return Ok(Self(rate));
        }
        Err(with_cure(format!("the rate `{text}` is out of reach"), format!("from above 0/s to {}/s", Self::MOST)))
    }
}

/// A part of the whole, from `50%`; not negative, and more than the whole where it is a level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share(pub f64);

impl Share {
    pub(super) const WHOLE: Self = Self(1.0);
    const MOST: f64 = 1000.0;
    const EXPECTED: &'static str = "a percentage such as `50%`";
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected {}, found the text {text:?}", Self::EXPECTED);
        let number = text.trim().strip_suffix('%').ok_or_else(wrong)?.trim();
        let share = number.parse::<f64>().map_err(|_| wrong())? / 100.0;
        if (0.0..=Self::MOST).contains(&share) {
            return Ok(Self(share));
        }
        Err(with_cure(format!("`{text}` is out of reach"), format!("from 0% to {}%", Self::MOST * 100.0)))
    }
}

/// A length of time that is not 0, and at most [`Length::MOST`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Length(pub(super) Duration);

impl Length {
    /// A month: what lasts longer is a slip of the keyboard.
    const MOST: Duration = Duration::from_hours(31 * 24);
    const EXPECTED: &'static str = "a length of time such as `250ms`, `30s` or `5m`";
}

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let length = text.parse::<Period>()?.0;
        if length.is_zero() || length > Self::MOST {
            return Err(format!("`{text}` is no length for this: more than 0, and at most 31 days"));
        }
        Ok(Self(length))
    }
}

/// A name of a group or a stage: small letters, digits, `_` and `-`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name(pub(super) String);

impl Name {
    const EXPECTED: &'static str = "a name of small letters, digits, `_` and `-`";
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        if !text.is_empty() && text.chars().all(sound) {
            return Ok(Self(text.to_owned()));
        }
        Err(with_cure(
            format!("expected {}, found the text {text:?}", Self::EXPECTED),
            "write it small and without dots or spaces: figures are led by it",
        ))
    }
}

/// Reads a value from its text, and names what was expected where something else stands.
struct FromText<T>(&'static str, PhantomData<T>);

impl<T: FromStr<Err = String>> Visitor<'_> for FromText<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

macro_rules! written_as_text {
    ($($value:ident: $examples:expr;)*) => { $(
        impl<'de> Deserialize<'de> for $value {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(FromText(Self::EXPECTED, PhantomData))
            }
        }

        impl JsonSchema for $value {
            fn schema_name() -> Cow<'static, str> {
                stringify!($value).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "examples": $examples })
            }
        }
    )* };
}

written_as_text! {
    Rate: ["500/s", "30/min"];
    Share: ["50%"];
    Length: ["30s", "5m"];
    Name: ["push"];
}

impl<'de> Deserialize<'de> for Expected {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Outcome;
        impl Visitor<'_> for Outcome {
            type Value = Expected;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`limited`, `refused` or a status from 100 to 599")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Expected, E> {
                match text {
                    "limited" => Ok(Expected::Limited),
                    "refused" => Ok(Expected::Refused),
                    _ => Err(E::unknown_variant(text, &["limited", "refused"])),
                }
            }

            fn visit_i64<E: Error>(self, status: i64) -> Result<Expected, E> {
                match u16::try_from(status) {
                    Ok(status @ 100..=599) => Ok(Expected::Status(status)),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Signed(status), &self)),
                }
            }
        }
        deserializer.deserialize_any(Outcome)
    }
}

impl JsonSchema for Expected {
    fn schema_name() -> Cow<'static, str> {
        "Expected".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "enum": ["limited", "refused"] },
            { "type": "integer", "minimum": 100, "maximum": 599 },
        ] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_read_as_people_write_them() {
        for (text, rate) in [("500/s", 500.0), ("30/min", 0.5), ("0.5/s", 0.5), ("1e3 / s", 1000.0), ("1800/h", 0.5)] {
            assert_eq!(text.parse(), Ok(Rate(rate)), "{text}");
        }
        for text in ["", "500", "/s", "500/d", "0/s", "-1/s", "NaN/s", "inf/s", "2000000/s"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[test]
    fn shares_lengths_and_names_keep_their_bounds() {
        assert_eq!("0.1%".parse(), Ok(Share(0.001)));
        for text in ["50", "%", "-1%", "NaN%", "inf%", "100001%"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
        assert_eq!("1m 30s".parse(), Ok(Length(Duration::from_secs(90))));
        for text in ["0s", "-1s", "32d", "800h"] {
            assert!(text.parse::<Length>().is_err(), "{text}");
        }
        assert!("push-2_b".parse::<Name>().is_ok());
        for text in ["", "Push", "a.b", "é"] {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
    }
}
