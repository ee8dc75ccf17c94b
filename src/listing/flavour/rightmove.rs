//! Rightmove's real-time data feed (RTDF), `sendpropertydetails` as of 2024: numbers for words, dates day first, the whole
//! listing each time, recognised by `agent_ref`. A removal is `removeproperty`.

use super::{
    Flavour,
    write::{Object, object},
};
use crate::listing::{
    kind::{Form, Kind},
    model::{Heating, Listing, Material, Media, MediaKind, Outside, Parking, Room, Status},
    terms::{Furnished, Market, Qualifier, Tax, Tenure, Terms},
};

pub(super) const FLAVOUR: Flavour = Flavour {
    name: "rightmove",
    about: "Rightmove's real-time data feed, as sendpropertydetails takes it",
    schema: include_str!("../schema/rightmove.json"),
    write,
    remove,
    places: &[
        ("reference", "/property/agent_ref"),
        ("price", "/property/price_information/price"),
        ("status", "/property/status"),
        ("bedrooms", "/property/details/bedrooms"),
        ("summary", "/property/details/summary"),
        ("description", "/property/details/description"),
        ("features", "/property/details/features"),
        ("address", "/property/address"),
        ("media", "/property/media"),
    ],
};

/// The number of the agent's software house.
const NETWORK: u32 = 4711;

fn write(listing: &Listing, out: &mut Vec<u8>) {
    object(out, |root| {
        head(listing, root);
        root.object("property", |property| {
            property.put("agent_ref", &listing.reference);
            property.put("published", true);
            property.put("property_type", kind(listing.kind));
            property.put("status", status(listing.status));
            property.put("new_home", listing.new_home);
            property.put("create_date", listing.created.british());
            property.put("update_date", listing.updated.british());
            if let Some(letting) = listing.terms.letting() {
                property.put("student_property", letting.students);
                property.put("house_flat_share", listing.form == Form::Room);
                property.put("date_available", letting.available.british_day());
                property.put("minimum_term", letting.months);
                property.put("let_type", 1);
            }
            property.object("address", |address| where_it_is(listing, address));
            property.object("price_information", |price| money(listing, price));
            property.object("details", |details| describe(listing, details));
            property
                .objects("media", listing.media.iter().enumerate(), |object, (at, medium)| show(medium, at, object));
        });
    });
}

fn remove(listing: &Listing, out: &mut Vec<u8>) {
    object(out, |root| {
        head(listing, root);
        root.object("property", |property| {
            property.put("agent_ref", &listing.reference);
            property.put(
                "removal_reason",
                match listing.status {
                    Status::SoldSubjectToContract | Status::SoldSubjectToMissives => 7,
                    Status::LetAgreed => 12,
                    Status::Available | Status::UnderOffer | Status::Reserved => 9,
                },
            );
            property.put("transaction_date", listing.updated.british_day());
        });
    });
}

fn head(listing: &Listing, root: &mut Object<'_>) {
    root.object("network", |network| network.put("network_id", NETWORK));
    root.object("branch", |branch| {
        branch.put("branch_id", listing.branch);
        branch.put("channel", if listing.terms.market() == Market::Sale { 1 } else { 2 });
        branch.put("overseas", false);
    });
}

fn where_it_is(listing: &Listing, address: &mut Object<'_>) {
    let place = &listing.place;
    address.put("house_name_number", &place.house);
    address.put("address_2", place.street);
    address.put("town", place.town());
    address.put("postcode_1", place.outward);
    address.put("postcode_2", &place.inward);
    address.put("display_address", place.display());
    address.put("latitude", place.coordinates.0);
    address.put("longitude", place.coordinates.1);
}

fn money(listing: &Listing, price: &mut Object<'_>) {
    price.put("price", listing.price);
    match &listing.terms {
        Terms::Sale(sale) => {
            price.put(
                "price_qualifier",
                match sale.qualifier {
                    Qualifier::Plain => 0,
                    Qualifier::GuidePrice => 2,
                    Qualifier::FixedPrice => 3,
                    Qualifier::OffersInRegionOf => 5,
                    Qualifier::From => 7,
                    Qualifier::SharedOwnership => 9,
                    Qualifier::OffersOver => 10,
                },
            );
            price.put(
                "tenure_type",
                match sale.tenure {
                    Tenure::Freehold => 1,
                    Tenure::Leasehold => 2,
                    Tenure::ShareOfFreehold => 5,
                    Tenure::NonTraditional => 6,
                },
            );
            if let Some(lease) = sale.lease {
                price.put("tenure_unexpired_years", lease.years_left);
                price.put("annual_ground_rent", lease.ground_rent);
                price.put("annual_service_charge", lease.service_charge);
            }
            if let Some(share) = sale.share {
                price.put("shared_ownership", true);
                price.put("shared_ownership_percentage", share);
            }
        }
        Terms::Let(letting) => {
            price.put("rent_frequency", if letting.weekly { 52 } else { 12 });
            price.put("deposit", letting.deposit);
        }
    }
}

fn describe(listing: &Listing, details: &mut Object<'_>) {
    details.put("summary", &listing.summary);
    details.put("description", &listing.description);
    details.put("features", &listing.features);
    details.put("bedrooms", listing.bedrooms);
    details.put("bathrooms", listing.bathrooms);
    details.put("reception_rooms", listing.receptions);
    details.put("internal_area", listing.square_metres);
    details.put("internal_area_unit", 2);
    match listing.tax {
        Some(Tax::Band(band)) => details.put("council_tax_band", band),
        Some(Tax::Rates(rates)) => details.put("domestic_rates", rates),
        None => {}
    }
    if let Some(letting) = listing.terms.letting() {
        details.may(
            "furnished_type",
            letting.furnished.map(|furnished| match furnished {
                Furnished::Furnished => 0,
                Furnished::Part => 1,
                Furnished::Unfurnished => 2,
            }),
        );
        details.put("all_bills_inc", letting.bills);
    }
    material(listing.material.as_ref(), details);
    details.objects("rooms", &listing.rooms, |object, room| describe_room(listing, room, object));
}

fn material(facts: Option<&Material>, details: &mut Object<'_>) {
    if let Some(facts) = facts {
        details.may(
            "parking",
            facts.parking.map(|parking| match parking {
                Parking::Allocated => [13],
                Parking::Garage => [16],
                Parking::Driveway => [17],
                Parking::OnStreet => [20],
                Parking::Residents => [24],
            }),
        );
        details.may(
            "outside_space",
            facts.outside.map(|outside| match outside {
                Outside::CommunalGarden => [30],
                Outside::PrivateGarden => [33],
                Outside::Terrace => [35],
            }),
        );
    }
    if let Some(services) = facts.and_then(|facts| facts.services) {
        details.put(
            "heating",
            match services.heating {
                Heating::Gas => [7],
                Heating::NightStorage => [8],
                Heating::Oil => [9],
                Heating::AirSourceHeatPump => [50],
            },
        );
        details.object("utilities", |utilities| {
            utilities.put("electricity", ["mains_supply"]);
            utilities.put("water", ["mains_supply"]);
            utilities.put("sewerage", ["mains_supply"]);
            utilities.put("broadband", [if services.fibre { "fttp" } else { "fttc" }]);
        });
    }
    // Both objects have to be there, whatever there is to say.
    details.object("risks", |risks| {
        risks.may("flooded_in_last_five_years", facts.map(|facts| facts.flooded_in_last_five_years));
    });
    details.object("obligations", |obligations| {
        obligations.may("listed", facts.map(|facts| facts.listed_building));
        obligations.may("rights_of_way", facts.map(|facts| facts.rights_of_way));
    });
}

fn describe_room(listing: &Listing, room: &Room, object: &mut Object<'_>) {
    object.put("room_name", &room.name);
    object.put("room_description", &room.description);
    object.put("room_length", room.centimetres.0);
    object.put("room_width", room.centimetres.1);
    object.put("room_dimension_unit", 6);
    object.put("room_photo_urls", listing.photos_of(room).collect::<Vec<_>>());
}

fn show(medium: &Media, at: usize, object: &mut Object<'_>) {
    object.put(
        "media_type",
        match medium.kind {
            MediaKind::Image => 1,
            MediaKind::FloorPlan => 2,
            MediaKind::Brochure => 3,
            MediaKind::VirtualTour => 4,
            MediaKind::EnergyCertificate => 6,
        },
    );
    object.put("media_url", &medium.url);
    object.put("caption", &medium.caption);
    object.put("sort_order", at + 1);
    object.put("media_update_date", medium.updated.british());
}

fn status(status: Status) -> u8 {
    match status {
        Status::Available => 1,
        Status::SoldSubjectToContract => 2,
        Status::SoldSubjectToMissives => 3,
        Status::UnderOffer => 4,
        Status::Reserved => 5,
        Status::LetAgreed => 6,
    }
}

fn kind(kind: Kind) -> u16 {
    match kind {
        Kind::Terraced => 1,
        Kind::EndTerrace => 2,
        Kind::SemiDetached => 3,
        Kind::Detached => 4,
        Kind::Mews => 5,
        Kind::GroundFloorFlat => 7,
        Kind::Flat => 8,
        Kind::Studio => 9,
        Kind::Maisonette => 11,
        Kind::SemiDetachedBungalow => 14,
        Kind::DetachedBungalow => 15,
        Kind::Land => 20,
        Kind::LinkDetached => 21,
        Kind::TownHouse => 22,
        Kind::Cottage => 23,
        Kind::Penthouse => 29,
        Kind::BarnConversion => 43,
        Kind::HouseShare => 48,
        Kind::ParkHome => 50,
        Kind::Garage => 51,
        Kind::CountryHouse => 113,
    }
}
