//! What comes out fits our schemas, and the schemas refuse what is broken.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{super::*, generator, lives};

fn validator(flavour: &Flavour) -> Validator {
    jsonschema::validator_for(&serde_json::from_str(flavour.schema).unwrap()).unwrap()
}

fn removal_validator(flavour: &Flavour) -> Validator {
    let schema: Value = serde_json::from_str(flavour.schema).unwrap();
    jsonschema::validator_for(&schema["$defs"]["removal"]).unwrap()
}

fn fits(validator: &Validator, body: &[u8]) -> Result<(), String> {
    let value: Value = serde_json::from_slice(body).unwrap();
    validator.validate(&value).map_err(|error| format!("{error} at {}: {value}", error.instance_path()))
}

#[test]
fn hundreds_of_every_flavour_and_size_fit_their_schema() {
    for flavour in FLAVOURS {
        let validator = validator(flavour);
        for (size, count) in [(SMALL, 500), (TYPICAL, 300), (Size::exactly(2500).unwrap(), 200), (LARGEST, 3)] {
            let generator = generator(11, flavour, size);
            for number in 0..count {
                fits(&validator, &generator.body(number)).unwrap();
            }
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    #[test]
    fn every_listing_fits_its_schema_at_every_revision((seed, number, revision) in lives()) {
        for flavour in FLAVOURS {
            let validator = validator(flavour);
            for size in [SMALL, TYPICAL] {
                let listing = generator(seed, flavour, size).at(number, revision);
                let fit = fits(&validator, &flavour.body(&listing));
                proptest::prop_assert!(fit.is_ok(), "{flavour:?}: {}", fit.unwrap_err());
                let fit = fits(&removal_validator(flavour), &flavour.removal(&listing));
                proptest::prop_assert!(fit.is_ok(), "{flavour:?}: {}", fit.unwrap_err());
            }
        }
    }
}

#[test]
fn events_carry_the_listing_or_its_removal() {
    for flavour in FLAVOURS {
        let generator = generator(3, flavour, SMALL);
        let mut seen = std::collections::BTreeSet::new();
        for change in generator.changes(Mix::default(), 2).take(400) {
            let body = generator.body_of(&change);
            let removed = change.action == Action::Remove;
            fits(&if removed { removal_validator(flavour) } else { validator(flavour) }, &body).unwrap();
            assert!(String::from_utf8(body).unwrap().contains(&generator.reference(change.number)));
            seen.insert(change.action);
        }
        assert_eq!(seen.len(), 4);
    }
}

/// A sale and a letting of a home, and a sale of land, as they come out.
fn samples(flavour: &'static Flavour) -> [Value; 3] {
    let generator = generator(6, flavour, TYPICAL);
    let first = |wanted: &dyn Fn(&Listing) -> bool| {
        let listing = (0..5000).map(|number| generator.listing(number)).find(wanted).unwrap();
        flavour.json(&listing)
    };
    let english = |listing: &Listing| listing.place.nation() == Nation::England && listing.form == Form::House;
    [
        first(&|listing| english(listing) && listing.terms.sale().is_some_and(|sale| sale.lease.is_none())),
        first(&|listing| english(listing) && listing.terms.letting().is_some()),
        first(&|listing| listing.kind == Kind::Land),
    ]
}

/// Which sample is broken, at which pointer, and by which value; `null` takes the member away.
type Breach = (usize, &'static str, fn() -> Value);

const SALE: usize = 0;
const LET: usize = 1;
const LAND: usize = 2;

fn text(length: usize) -> Value {
    "x".repeat(length).into()
}

const NEUTRAL: &[Breach] = &[
    (SALE, "/reference", || Value::Null),
    (SALE, "/reference", || text(81)),
    (SALE, "/price", || json!("250000")),
    (SALE, "/price", || json!(0)),
    (SALE, "/bedrooms", || json!(-1)),
    (SALE, "/colour", || json!("red")),
    (SALE, "/address/postcode", || json!("LS1 4CP")),
    (SALE, "/address/postcode", || json!("QS14AP")),
    (SALE, "/address/latitude", || json!(5)),
    (SALE, "/description", || text(32_001)),
    (
        SALE,
        "/letting",
        || json!({ "rent_frequency": "month", "deposit": 1, "available": "2025-01-01", "minimum_months": 6, "students": false, "bills_included": false }),
    ),
    (SALE, "/sale", || Value::Null),
    (SALE, "/sale/ground_rent", || json!(10)),
    (SALE, "/sale/tenure", || json!("share_of_freehold")),
    (SALE, "/status", || json!("let_agreed")),
    (SALE, "/status", || json!("sold_subject_to_conclusion_of_missives")),
    (SALE, "/council_tax_band", || json!("I")),
    (SALE, "/council_tax_band", || Value::Null),
    (SALE, "/domestic_rates", || json!(900)),
    (SALE, "/property_type", || json!("house_share")),
    (SALE, "/property_type", || json!("land")),
    (SALE, "/media/0/url", || json!("https://example.com/1.jpg")),
    (SALE, "/features", || json!(["Garden", "Garden"])),
    (SALE, "/created", || json!("01-01-2025 09:00:00")),
    (LET, "/status", || json!("sold_subject_to_contract")),
    (LET, "/sale", || json!({ "price_qualifier": "none", "tenure": "freehold" })),
    (LET, "/letting/rent_frequency", || json!("fortnight")),
    (LET, "/property_type", || json!("park_home")),
    (LAND, "/bedrooms", || json!(2)),
    (LAND, "/council_tax_band", || json!("A")),
    (LAND, "/material_information/outside", || json!("private_garden")),
];

const RIGHTMOVE: &[Breach] = &[
    (SALE, "/property/agent_ref", || Value::Null),
    (SALE, "/property/agent_ref", || json!("")),
    (SALE, "/branch/channel", || json!(2)),
    (SALE, "/branch/channel", || json!("1")),
    (SALE, "/property/status", || json!(3)),
    (SALE, "/property/status", || json!(6)),
    (SALE, "/property/status", || json!(7)),
    (SALE, "/property/property_type", || json!(9999)),
    (SALE, "/property/property_type", || json!(48)),
    (SALE, "/property/property_type", || json!(20)),
    (SALE, "/property/create_date", || json!("2025-01-01T09:00:00")),
    (SALE, "/property/student_property", || json!(false)),
    (SALE, "/property/let_type", || json!(1)),
    (SALE, "/property/price_information/rent_frequency", || json!(12)),
    (SALE, "/property/price_information/tenure_type", || Value::Null),
    (SALE, "/property/price_information/tenure_type", || json!(5)),
    (SALE, "/property/price_information/annual_ground_rent", || json!(1)),
    (SALE, "/property/details/furnished_type", || json!(1)),
    (SALE, "/property/details/domestic_rates", || json!(900)),
    (SALE, "/property/details/risks", || Value::Null),
    (SALE, "/property/details/obligations", || Value::Null),
    (SALE, "/property/details/summary", || text(1001)),
    (SALE, "/property/address/postcode_1", || json!("BT9")),
    (SALE, "/property/address/postcode_2", || json!("4CP")),
    (SALE, "/property/media/0/media_url", || json!("https://example.com/1.jpg")),
    (SALE, "/property/media/0/caption", || text(51)),
    (LET, "/branch/channel", || json!(1)),
    (LET, "/property/status", || json!(2)),
    (LET, "/property/price_information/tenure_type", || json!(1)),
    (LET, "/property/price_information/price_qualifier", || json!(0)),
    (LET, "/property/price_information/rent_frequency", || json!(13)),
    (LAND, "/property/details/bedrooms", || json!(1)),
    (LAND, "/property/details/heating", || json!([7])),
];

const ZOOPLA: &[Breach] = &[
    (SALE, "/listing_reference", || Value::Null),
    (SALE, "/listing_reference", || json!(7)),
    (SALE, "/category", || json!("industrial")),
    (SALE, "/property_type", || json!("house_share")),
    (SALE, "/property_type", || json!("land")),
    (SALE, "/life_cycle_status", || json!("let")),
    (SALE, "/pricing/price", || json!(0)),
    (SALE, "/pricing/currency_code", || json!("pounds")),
    (SALE, "/pricing/rent_frequency", || json!("per_month")),
    (SALE, "/pricing/transaction_type", || json!("rent")),
    (SALE, "/location/postal_code", || Value::Null),
    (SALE, "/location/postal_code", || json!("LS14AP")),
    (SALE, "/location/postal_code", || json!("BT9 4AP")),
    (SALE, "/detailed_description", || json!([])),
    (SALE, "/tenure", || json!("share_of_freehold")),
    (SALE, "/ground_rent", || json!(100)),
    (SALE, "/rental_term", || json!({ "minimum_length": 6, "units": "months" })),
    (SALE, "/bills_included", || json!(["gas"])),
    (SALE, "/content/0/type", || json!("film")),
    (SALE, "/content/0/url", || json!("http://media.agent.example/1.jpg")),
    (LET, "/life_cycle_status", || json!("sold")),
    (LET, "/tenure", || json!("freehold")),
    (LET, "/pricing/rent_frequency", || Value::Null),
    (LET, "/pricing/price_qualifier", || json!("from")),
    (LET, "/rental_term", || Value::Null),
    (LET, "/available_from_date", || json!("01-02-2025")),
    (LAND, "/total_bedrooms", || json!(1)),
    (LAND, "/epc_ratings", || json!({ "eer_current_rating": 60, "eer_potential_rating": 70 })),
];

fn set(body: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let members = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        members.remove(name).unwrap();
    } else {
        members.insert(name.to_owned(), value);
    }
}

#[test]
fn each_schema_refuses_what_is_broken() {
    for (name, breaches) in [("neutral", NEUTRAL), ("rightmove", RIGHTMOVE), ("zoopla", ZOOPLA)] {
        let flavour = Flavour::named(name).unwrap();
        let validator = validator(flavour);
        let samples = samples(flavour);
        for sample in &samples {
            assert!(validator.is_valid(sample), "{name}: the sample itself is right");
        }
        for (sample, pointer, value) in breaches {
            let mut broken = samples[*sample].clone();
            set(&mut broken, pointer, value());
            assert!(!validator.is_valid(&broken), "{name} takes {pointer}: {}", value());
        }
    }
}

#[test]
fn each_schema_refuses_a_broken_removal() {
    for flavour in FLAVOURS {
        let validator = removal_validator(flavour);
        let right: Value = serde_json::from_slice(&flavour.removal(&generator(1, flavour, SMALL).listing(1))).unwrap();
        assert!(validator.is_valid(&right));
        assert!(!validator.is_valid(&json!({})));
        let mut more = right.clone();
        set(&mut more, "/reasons", json!("many"));
        assert!(!validator.is_valid(&more), "{flavour:?}");
    }
}
