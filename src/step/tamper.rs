use base64::{Engine, engine::general_purpose};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{
    AgencyState, Cost, Need,
    context::{Context, Stop},
    facts::{Seen, Which, bound},
    integrate::fresh_link,
    kind::StepKind,
    visit,
    whom::Whom,
};
use crate::{
    agency::Intent,
    judge::{Type, facts},
    secret::{Secret, hex},
};

/// Changes each part of a link in turn and tries how far each changed link leads.
pub(super) struct Tamper;

/// The arguments of `tamper`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Whose link.
    agency: Whom,
}

/// A link with one part changed, and how far it led.
#[derive(Serialize, JsonSchema)]
struct Tampered {
    #[serde(flatten)]
    which: Which,
    /// The exchanges of the visit to the changed link.
    exchanges: Vec<Seen>,
    /// The part that was changed, such as `query sig` or `path 2`.
    part: String,
    /// What was done to it: changed in its first or its second half, or left out.
    change: String,
    /// Whether the agencyId stands in that part, plain or in base64, base64url or hexadecimal.
    holds_agency: bool,
    /// How far the changed link led.
    reached: String,
    /// The same as a number: 0 is nowhere, 1 the page, 2 the consent, 3 an answer.
    depth: u8,
    /// Whether it led less far than a fresh, untouched link did in the same way.
    caught: bool,
    /// What happened, in words.
    note: String,
    /// What went wrong on the way; nothing where nothing did.
    trouble: Option<String>,
}

/// A link has few parts; one with more is tried in its first ones.
const MOST_PARTS: usize = 24;

impl StepKind for Tamper {
    const NAME: &'static str = "tamper";
    const SUMMARY: &'static str =
        "changes each path part and parameter of a fresh link in turn, and follows each as far as it leads";
    const EXAMPLE: &'static str = "{ agency: flat, as: tampered }";
    type Arguments = Arguments;

    fn binds(arguments: &Arguments) -> Type {
        let list = Type::list(facts::<Tampered>());
        arguments.agency.shape(list)
    }

    fn needs(_: &Arguments) -> Vec<Need> {
        visit::needs(None)
    }

    fn cost(arguments: &Arguments, agencies: usize) -> Cost {
        let changes = arguments.agency.count(agencies) * MOST_PARTS as u64;
        // Two links are compared, and one is visited untouched.
        Cost { links: changes + 3, visits: changes + 1, ..Cost::default() }
    }

    async fn run(arguments: &Arguments, context: &Context) -> Result<Value, Stop> {
        arguments.agency.each(context, |agency| async move { Ok(bound(&all(context, agency).await?)) }).await
    }
}

async fn all(context: &Context, agency: &AgencyState) -> Result<Vec<Tampered>, Stop> {
    let sample = fresh_link(context, agency).await?;
    let other = AgencyState { id: format!("{}-other", agency.id), ..agency.clone() };
    let others = fresh_link(context, &other).await?;
    let moving = moving_parts(&parts(&sample), &parts(&others));
    let mut all = Vec::new();
    for at in moving.into_iter().take(MOST_PARTS) {
        // A link may be good for one use, so that each change is tried on a fresh one.
        let link = fresh_link(context, agency).await?;
        let Some((part, changed)) = parts(&link).into_iter().nth(at) else { break };
        let seen = visit::go(context, agency, &changed, Intent::Agree, None).await;
        all.push((part, seen));
    }
    // The control comes last: agreeing may end what the agency can do with further links.
    let control = visit::go(context, agency, &fresh_link(context, agency).await?, Intent::Agree, None).await;
    if control.depth == 0 {
        return Err(Stop::prerequisite(format!("the untouched link led nowhere: {}", control.note)));
    }
    Ok(all
        .into_iter()
        .map(|(part, seen)| Tampered {
            which: Which(format!("{}, {}: led to {}", part.name, part.change, seen.reached)),
            exchanges: seen.exchanges.into_iter().map(Seen).collect(),
            holds_agency: holds(&part.value, &agency.id),
            part: part.name,
            change: part.change,
            reached: seen.reached,
            depth: seen.depth,
            caught: seen.depth < control.depth,
            note: seen.note,
            trouble: seen.trouble,
        })
        .collect())
}

/// The places of the parts that two links for different agencies do not have in common. What all links share, such as the
/// route or a language, says nothing of an agency, and signs nothing.
fn moving_parts(one: &[(Part, Secret)], other: &[(Part, Secret)]) -> Vec<usize> {
    let shared = |part: &Part| other.iter().any(|(twin, _)| twin.name == part.name && twin.value == part.value);
    one.iter().enumerate().filter(|(_, (part, _))| !shared(part)).map(|(at, _)| at).collect()
}

struct Part {
    name: String,
    change: String,
    value: String,
}

/// Every part of a link that says something, each with the link in which it alone is changed.
fn parts(link: &Secret) -> Vec<(Part, Secret)> {
    let Ok(url) = Url::parse(link.expose()) else { return Vec::new() };
    let mut all = Vec::new();
    let segments: Vec<String> = url.path_segments().map(|parts| parts.map(decoded).collect()).unwrap_or_default();
    for (at, segment) in segments.iter().enumerate().filter(|(_, segment)| !segment.is_empty()) {
        for (change, changed) in changes(segment) {
            let mut with = url.clone();
            let replaced =
                segments.iter().enumerate().map(|(n, old)| if n == at { changed.as_str() } else { old.as_str() });
            if let Ok(mut path) = with.path_segments_mut() {
                path.clear().extend(replaced);
            }
            all.push((Part { name: format!("path {}", at + 1), change, value: segment.clone() }, Secret::new(with)));
        }
    }
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    for (at, (name, value)) in pairs.iter().enumerate().filter(|(_, (_, value))| !value.is_empty()) {
        for (change, changed) in changes(value) {
            let mut with = url.clone();
            with.query_pairs_mut().clear().extend_pairs(
                pairs
                    .iter()
                    .enumerate()
                    .map(|(n, (name, old))| (name.as_str(), if n == at { changed.as_str() } else { old.as_str() })),
            );
            all.push((Part { name: format!("query {name}"), change, value: value.clone() }, Secret::new(with)));
        }
        let mut without = url.clone();
        let rest = pairs.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, (name, value))| (name, value));
        without.query_pairs_mut().clear().extend_pairs(rest);
        all.push((
            Part { name: format!("query {name}"), change: "left out".into(), value: value.clone() },
            Secret::new(without),
        ));
    }
    all
}

fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// A value changed in each half in turn, or in each of its dot-separated pieces: a token such as a JWT signs them apart.
fn changes(value: &str) -> Vec<(String, String)> {
    let pieces: Vec<&str> = value.split('.').collect();
    if pieces.len() < 2 || pieces.iter().any(|piece| piece.len() < 8) {
        let length = value.chars().count();
        let halves = [("first half", length / 4), ("second half", length * 3 / 4)];
        let distinct = if length < 4 { &halves[..1] } else { &halves[..] };
        return distinct.iter().map(|(name, at)| ((*name).to_owned(), change_at(value, *at))).collect();
    }
    (0..pieces.len())
        .map(|at| {
            let changed: Vec<String> = pieces
                .iter()
                .enumerate()
                .map(|(n, piece)| if n == at { change_one(piece) } else { (*piece).to_owned() })
                .collect();
            (format!("piece {}", at + 1), changed.join("."))
        })
        .collect()
}

/// The text with one character in its middle changed into another letter or digit, such that the bytes that it may encode
/// differ and not its letter case alone.
pub(super) fn change_one(text: &str) -> String {
    change_at(text, text.chars().count() / 2)
}

/// The text with the character at a place changed in that way.
pub(super) fn change_at(text: &str, place: usize) -> String {
    text.chars()
        .enumerate()
        .map(|(at, c)| match c {
            c if at != place => c,
            '0'..='8' | 'a'..='y' | 'A'..='Y' => char::from(c as u8 + 1),
            '9' => '1',
            'z' => 'b',
            'Z' => 'B',
            _ => 'x',
        })
        .collect()
}

/// Whether the agencyId stands in a value, plain or encoded.
fn holds(value: &str, agency_id: &str) -> bool {
    let texts = value.split('.').flat_map(|piece| {
        let trimmed = piece.trim_end_matches('=');
        let url_safe = general_purpose::URL_SAFE_NO_PAD.decode(trimmed);
        let standard = general_purpose::STANDARD_NO_PAD.decode(trimmed);
        [url_safe, standard]
            .into_iter()
            .flatten()
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .chain([piece.to_owned()])
    });
    let hexadecimal = hex(agency_id.as_bytes());
    value.contains(agency_id)
        || value.to_ascii_lowercase().contains(&hexadecimal)
        || texts.into_iter().any(|text| text.contains(agency_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(link: &str) -> Vec<String> {
        parts(&Secret::new(link)).into_iter().map(|(part, _)| format!("{}: {}", part.name, part.change)).collect()
    }

    #[test]
    fn every_part_of_a_link_is_changed_in_turn() {
        assert_eq!(
            names("https://h/connect?agency=a1&sig=abcdef"),
            [
                "path 1: first half",
                "path 1: second half",
                "query agency: first half",
                "query agency: left out",
                "query sig: first half",
                "query sig: second half",
                "query sig: left out",
            ]
        );
        assert_eq!(
            names("https://h/connect/a1/abcdef"),
            [
                "path 1: first half",
                "path 1: second half",
                "path 2: first half",
                "path 3: first half",
                "path 3: second half",
            ]
        );
        assert_eq!(
            names("https://h/x?t=eyJhbGciOi.eyJhZ2VuY3.c2lnbmF0dX"),
            ["path 1: first half", "query t: piece 1", "query t: piece 2", "query t: piece 3", "query t: left out"]
        );
        assert_eq!(names("https://h/c#frag"), ["path 1: first half"]);
        assert_eq!(names("not a url"), Vec::<String>::new());
    }

    proptest::proptest! {
        #[test]
        fn a_change_is_more_than_letter_case(text in "[a-zA-Z0-9_=+/-]{1,40}") {
            let changed = change_one(&text);
            proptest::prop_assert_ne!(changed.to_lowercase(), text.to_lowercase());
            proptest::prop_assert_eq!(changed.chars().count(), text.chars().count());
        }

        #[test]
        fn each_changed_link_differs_from_the_link(agency in "[a-z0-9]{4,12}", sig in "[a-zA-Z0-9]{8,20}") {
            let link = format!("https://h.example/connect?agency={agency}&sig={sig}");
            for (_, changed) in parts(&Secret::new(link.clone())) {
                proptest::prop_assert_ne!(changed.expose(), link.as_str());
            }
        }
    }

    #[test]
    fn an_agency_is_found_in_any_encoding() {
        for value in
            ["flat-1", "x-flat-1-y", "ZmxhdC0x", "eyJhIjoiZmxhdC0xIn0", "a.eyJhIjoiZmxhdC0xIn0.b", "666c61742d31"]
        {
            assert!(holds(value, "flat-1"), "{value}");
        }
        assert!(!holds("abcdef0123456789", "flat-1"));
    }
}
