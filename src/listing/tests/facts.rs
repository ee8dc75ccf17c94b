//! What holds of every listing, whatever its flavour.

use std::collections::BTreeSet;

use proptest::{prop_assert, prop_assert_eq, prop_assert_ne};

use super::{super::*, generator, lives};

fn sold(status: Status) -> bool {
    matches!(status, Status::Reserved | Status::SoldSubjectToContract | Status::SoldSubjectToMissives)
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(1500))]

    #[test]
    fn a_listing_does_not_contradict_itself((seed, number, revision) in lives()) {
        let listing = generator(seed, FLAVOURS[0], TYPICAL).at(number, revision);
        let Listing { place, terms, form, status, .. } = &listing;
        let nation = place.nation();
        prop_assert_eq!(*status == Status::LetAgreed || sold(*status), *status == Status::LetAgreed && terms.letting().is_some() || sold(*status) && terms.sale().is_some());
        prop_assert!(*status != Status::SoldSubjectToMissives || nation == Nation::Scotland);
        prop_assert!(*status != Status::SoldSubjectToContract || nation != Nation::Scotland);
        prop_assert!(*status != Status::Reserved || listing.new_home);
        prop_assert_eq!(listing.tax.is_some(), form.is_home());
        if let Some(tax) = listing.tax {
            prop_assert_eq!(matches!(tax, Tax::Rates(_)), nation == Nation::NorthernIreland);
            prop_assert!(tax != Tax::Band("I") || nation == Nation::Wales);
        }
        if let Some(sale) = terms.sale() {
            prop_assert_ne!(listing.kind, Kind::HouseShare);
            prop_assert!(sale.tenure != Tenure::ShareOfFreehold || *form == Form::Flat);
            prop_assert_eq!(sale.lease.is_some(), matches!(sale.tenure, Tenure::Leasehold | Tenure::ShareOfFreehold));
            prop_assert!(sale.lease.is_none() || nation != Nation::Scotland);
            prop_assert_eq!(sale.share.is_some(), sale.qualifier == Qualifier::SharedOwnership);
            let range = if *form == Form::Garage { 3_000..150_000 } else { 25_000..12_000_000 };
            prop_assert!(range.contains(&listing.price), "{:?} for {}", listing.kind, listing.price);
        } else {
            prop_assert!(!matches!(listing.kind, Kind::Land | Kind::ParkHome));
            let range = if *form == Form::Garage { 5..500 } else { 40..45_000 };
            prop_assert!(range.contains(&listing.price), "{:?} for {}", listing.kind, listing.price);
        }
    }

    #[test]
    fn rooms_and_outside_fit_the_kind((seed, number, _) in lives()) {
        let listing = generator(seed, FLAVOURS[0], TYPICAL).listing(number);
        let material = listing.material.unwrap();
        let text = format!("{} {} {:?}", listing.summary, listing.description, listing.features).to_lowercase();
        prop_assert!(listing.kind != Kind::Studio || listing.bedrooms <= 1);
        prop_assert_eq!(listing.form == Form::House, material.outside == Some(Outside::PrivateGarden));
        prop_assert!(listing.form == Form::House || !text.contains("garden"), "{:?}: {}", listing.kind, text);
        if listing.form.is_home() {
            prop_assert!(listing.bathrooms >= 1 && listing.bathrooms <= listing.bedrooms.max(1));
            let bedrooms = listing.rooms.iter().filter(|room| room.name.starts_with("Bedroom")).count();
            prop_assert!(bedrooms <= listing.bedrooms as usize);
        } else {
            prop_assert_eq!((listing.bedrooms, listing.bathrooms, listing.receptions, listing.rooms.len()), (0, 0, 0, 0));
            prop_assert!(material.services.is_none() && material.parking.is_none());
            prop_assert!(!text.contains("kitchen") && !text.contains("bathroom"), "{}", text);
        }
    }

    #[test]
    fn names_of_rooms_and_urls_are_unique_and_reserved((seed, number, revision) in lives(), largest in proptest::bool::weighted(0.02)) {
        let listing = generator(seed, FLAVOURS[0], if largest { LARGEST } else { TYPICAL }).at(number, revision);
        let names: BTreeSet<&str> = listing.rooms.iter().map(|room| room.name.as_str()).collect();
        prop_assert_eq!(names.len(), listing.rooms.len());
        let urls: BTreeSet<&str> = listing.media.iter().map(|medium| medium.url.as_str()).collect();
        prop_assert_eq!(urls.len(), listing.media.len());
        for url in &urls {
            let host = url::Url::parse(url).unwrap().host_str().unwrap().to_owned();
            prop_assert!(host.ends_with(".example"));
        }
        for room in &listing.rooms {
            prop_assert_eq!(listing.photos_of(room).count(), room.photos.len());
            let images = room.photos.iter().all(|place| listing.media[*place].kind == MediaKind::Image);
            prop_assert!(images && room.photos.len() <= 10);
        }
    }

    #[test]
    fn every_change_can_be_seen_in_every_flavour((seed, number, before) in lives()) {
        let steps = [
            Revision { market: before.market + 1, ..before },
            Revision { media: before.media + 1, ..before },
        ];
        for flavour in FLAVOURS {
            let generator = generator(seed, flavour, SMALL);
            let shown = |revision| -> serde_json::Map<String, serde_json::Value> {
                flavour.seen(&flavour.json(&generator.at(number, revision)))
            };
            let (old, market, media) = (shown(before), shown(steps[0]), shown(steps[1]));
            prop_assert!(old["price"] != market["price"] || old["status"] != market["status"], "{flavour:?}");
            prop_assert_eq!(&old["media"], &market["media"]);
            prop_assert_ne!(&old["media"], &media["media"]);
            prop_assert_eq!((&old["price"], &old["status"]), (&media["price"], &media["status"]));
        }
    }
}

#[test]
fn every_kind_status_nation_and_script_comes_up() {
    let generator = generator(9, FLAVOURS[0], SMALL);
    let listings: Vec<Listing> =
        (0..4000).map(|number| generator.at(number, Revision { market: (number % 7) as u32, media: 0 })).collect();
    let kinds: BTreeSet<String> = listings.iter().map(|listing| format!("{:?}", listing.kind)).collect();
    let statuses: BTreeSet<String> = listings.iter().map(|listing| format!("{:?}", listing.status)).collect();
    let tenures: BTreeSet<String> =
        listings.iter().filter_map(|listing| listing.terms.sale()).map(|sale| format!("{:?}", sale.tenure)).collect();
    assert_eq!((kinds.len(), statuses.len(), tenures.len()), (21, 6, 4), "{kinds:?} {statuses:?} {tenures:?}");
    assert!(listings.iter().any(|listing| listing.terms.sale().is_some_and(|sale| sale.share.is_some())));
    let streets: BTreeSet<&str> = listings.iter().map(|listing| listing.place.street).collect();
    for wanted in ["Heol Tŷ Gwyn", "Sràid na h-Eaglais", "Bóthar na Trá"] {
        assert!(streets.contains(wanted), "{wanted}");
    }
    for letter in ['é', '’', '£', '–', '“'] {
        assert!(listings.iter().any(|listing| listing.description.contains(letter)), "{letter}");
    }
    assert!(listings.iter().any(|listing| listing.description.is_ascii()), "and some of ASCII alone");
}

#[test]
fn dearer_places_and_kinds_cost_more() {
    let generator = generator(4, FLAVOURS[0], SMALL);
    let mean = |fits: &dyn Fn(&Listing) -> bool| {
        let prices = (0..6000)
            .map(|number| generator.listing(number))
            .filter(|listing| listing.terms.sale().is_some() && fits(listing));
        let prices: Vec<u64> = prices.map(|listing| u64::from(listing.price)).collect();
        prices.iter().sum::<u64>() / prices.len() as u64
    };
    let terraced =
        |town: &'static str| move |listing: &Listing| listing.kind == Kind::Terraced && listing.place.town() == town;
    assert!(mean(&terraced("London")) > 2 * mean(&terraced("Durham")));
    assert!(mean(&|listing| listing.kind == Kind::Detached) > mean(&|listing| listing.kind == Kind::Terraced));
}
