use std::{fmt, net::SocketAddr, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};
use url::Url;

use crate::{clock::Period, syntax::with_cure};

/// A whole number from `MIN` to `MAX`, both included.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Bounded<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Bounded<MIN, MAX> {
    /// The number, if it lies in the range.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number >= MIN && number <= MAX { Some(Self(number)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Bounded<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<const MIN: u32, const MAX: u32>;
        impl<const MIN: u32, const MAX: u32> de::Visitor<'_> for Visitor<MIN, MAX> {
            type Value = Bounded<MIN, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {MIN} to {MAX}")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                u32::try_from(number)
                    .ok()
                    .and_then(Bounded::new)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
            }
        }
        deserializer.deserialize_any(Visitor::<MIN, MAX>)
    }
}

/// An absolute `http` or `https` URL with a host, without a user name or password.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct HttpUrl {
    written: String,
    url: Url,
}

impl HttpUrl {
    /// The URL as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The URL in its parts.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Whether its host is this machine: `localhost`, a name under it, or a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }
}

impl FromStr for HttpUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |what: &str| {
            with_cure(
                format!("expected an absolute http or https URL, found {what}"),
                "write it whole, such as \"https://staging.example/api\"",
            )
        };
        let url = Url::parse(text).map_err(|error| wrong(&format!("{text:?} ({error})")))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(with_cure(
                "a user name or password in a URL",
                "take it out: a profile holds no secret, and a URL is shown in reports",
            ));
        }
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err(wrong(&format!("{text:?}")));
        }
        Ok(Self { written: text.to_owned(), url })
    }
}

impl TryFrom<String> for HttpUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<HttpUrl> for String {
    fn from(url: HttpUrl) -> Self {
        url.written
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// An address of this machine to listen on: an IP address and a port other than 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Listen(pub SocketAddr);

impl TryFrom<String> for Listen {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let cure = "write an IP address of this machine and a port, such as \"0.0.0.0:8443\"";
        let address: SocketAddr =
            text.parse().map_err(|_| with_cure(format!("expected an address to listen on, found {text:?}"), cure))?;
        if address.port() == 0 {
            return Err(with_cure("port 0 is another port in every run, and nothing outside could be set to it", cure));
        }
        Ok(Self(address))
    }
}

impl From<Listen> for String {
    fn from(listen: Listen) -> Self {
        listen.0.to_string()
    }
}

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

/// A method and a path below a base URL: `DELETE /listings/{id}`. A path alone means GET.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Route {
    /// The method, in capital letters.
    pub method: String,
    /// The path, from its first slash; `{id}` stands for the id of a listing.
    pub path: String,
}

impl TryFrom<String> for Route {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (method, path) = text.split_once(' ').unwrap_or(("GET", &text));
        if METHODS.contains(&method) && path.starts_with('/') && !path.contains(char::is_whitespace) {
            Ok(Self { method: method.to_owned(), path: path.to_owned() })
        } else {
            Err(with_cure(
                format!("expected a method and a path, found {text:?}"),
                format!("write one such as \"GET /listings/{{id}}\"; methods: {}", METHODS.join(", ")),
            ))
        }
    }
}

impl From<Route> for String {
    fn from(route: Route) -> Self {
        format!("{} {}", route.method, route.path)
    }
}

/// A method and a whole URL: `POST http://127.0.0.1:9000/clock`.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Call {
    /// The method, in capital letters.
    pub method: String,
    /// Where it goes.
    pub url: HttpUrl,
}

impl TryFrom<String> for Call {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(' ') {
            Some((method, url)) if METHODS.contains(&method) => {
                Ok(Self { method: method.to_owned(), url: url.trim().parse()? })
            }
            _ => Err(with_cure(
                "expected a method and a URL",
                format!("write one such as \"POST http://127.0.0.1:9000/clock\"; methods: {}", METHODS.join(", ")),
            )),
        }
    }
}

impl From<Call> for String {
    fn from(call: Call) -> Self {
        format!("{} {}", call.method, call.url)
    }
}

/// Reads a length of time that must not be zero.
pub(super) fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Period>, D::Error> {
    let period = Period::deserialize(deserializer)?;
    if period.0.is_zero() {
        return Err(de::Error::custom(with_cure("a length of zero", "write a longer one, such as \"30s\"")));
    }
    Ok(Some(period))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_reads_back_as_it_was_written() {
        for text in ["GET /listings", "DELETE /listings/{id}"] {
            assert_eq!(String::from(Route::try_from(text.to_owned()).unwrap()), text);
        }
        assert_eq!(Route::try_from("/account".to_owned()).unwrap().method, "GET");
        let call = Call::try_from("POST http://127.0.0.1:9000/clock".to_owned()).unwrap();
        assert_eq!(String::from(call), "POST http://127.0.0.1:9000/clock");
        assert_eq!(String::from(Listen::try_from("[::1]:2525".to_owned()).unwrap()), "[::1]:2525");
        for text in ["https://a.example", "http://a.example:8080/x?y=%2F"] {
            assert_eq!(text.parse::<HttpUrl>().unwrap().to_string(), text, "not normalised");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (url, loopback) in [
            ("http://localhost:1", true),
            ("http://a.localhost", true),
            ("http://127.8.0.1", true),
            ("http://[::1]:80", true),
            ("http://localhost.example", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(url.parse::<HttpUrl>().unwrap().is_loopback(), loopback, "{url}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_a_value_panic(text in ".{0,60}") {
            let _ = text.parse::<HttpUrl>();
            let _ = Route::try_from(text.clone());
            let _ = Call::try_from(format!("GET {text}"));
            let _ = Listen::try_from(text);
        }

        #[test]
        fn a_bounded_number_is_in_its_range(number in 0_u32..20_000) {
            proptest::prop_assert_eq!(Bounded::<1, 10_000>::new(number).is_some(), (1..=10_000).contains(&number));
        }
    }
}
