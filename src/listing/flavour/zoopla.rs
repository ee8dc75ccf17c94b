//! Zoopla's real-time listings, `listing/update` of version 1.2: words for everything, ISO dates, the text in parts, the
//! whole listing each time. A removal is `listing/delete`.

use super::{
    Flavour,
    write::{Object, object},
};
use crate::listing::{
    kind::{Form, Kind},
    model::{Heating, Listing, Material, Media, MediaKind, Outside, Parking, Status},
    terms::{Furnished, Market, Qualifier, Tax, Tenure, Terms},
};

pub(super) const FLAVOUR: Flavour = Flavour {
    name: "zoopla",
    about: "Zoopla's real-time listings 1.2, as listing/update takes them",
    schema: include_str!("../schema/zoopla.json"),
    write,
    remove,
    places: &[
        ("reference", "/listing_reference"),
        ("price", "/pricing/price"),
        ("status", "/life_cycle_status"),
        ("bedrooms", "/total_bedrooms"),
        ("summary", "/summary_description"),
        ("description", "/detailed_description/0/text"),
        ("features", "/feature_list"),
        ("address", "/location"),
        ("media", "/content"),
    ],
};

fn write(listing: &Listing, out: &mut Vec<u8>) {
    object(out, |root| {
        root.put("branch_reference", listing.branch.to_string());
        root.put("listing_reference", &listing.reference);
        root.put("category", "residential");
        root.put("property_type", kind(listing.kind));
        root.put("life_cycle_status", status(listing.status));
        root.put("new_home", listing.new_home);
        root.put("display_address", listing.place.display());
        root.object("location", |location| where_it_is(listing, location));
        root.object("pricing", |pricing| money(listing, pricing));
        root.put("summary_description", &listing.summary);
        root.objects("detailed_description", 0..=listing.rooms.len(), |part, at| describe(listing, at, part));
        root.put("feature_list", &listing.features);
        root.put("total_bedrooms", listing.bedrooms);
        root.put("bathrooms", listing.bathrooms);
        root.put("living_rooms", listing.receptions);
        area(listing, root);
        if let Some(Tax::Band(band)) = listing.tax {
            root.put("council_tax_band", band);
        }
        terms(listing, root);
        if let Some(facts) = &listing.material {
            material(facts, root);
        }
        root.objects("content", &listing.media, |object, medium| show(medium, object));
    });
}

fn remove(listing: &Listing, out: &mut Vec<u8>) {
    object(out, |root| {
        root.put("listing_reference", &listing.reference);
        root.put(
            "deletion_reason",
            match listing.status {
                Status::SoldSubjectToContract | Status::SoldSubjectToMissives => "completed",
                Status::LetAgreed => "let",
                Status::Available | Status::UnderOffer | Status::Reserved => "withdrawn",
            },
        );
    });
}

fn where_it_is(listing: &Listing, location: &mut Object<'_>) {
    let place = &listing.place;
    location.put("property_number_or_name", &place.house);
    location.put("street_name", place.street);
    location.put("town_or_city", place.town());
    location.put("county", place.county());
    location.put("postal_code", place.postcode());
    location.put("country_code", "GB");
    location.object("coordinates", |coordinates| {
        coordinates.put("latitude", place.coordinates.0);
        coordinates.put("longitude", place.coordinates.1);
    });
}

fn money(listing: &Listing, pricing: &mut Object<'_>) {
    pricing.put("transaction_type", if listing.terms.market() == Market::Sale { "sale" } else { "rent" });
    pricing.put("currency_code", "GBP");
    pricing.put("price", listing.price);
    match &listing.terms {
        Terms::Sale(sale) => pricing.may(
            "price_qualifier",
            match sale.qualifier {
                // What is shared is said among the incentives.
                Qualifier::Plain | Qualifier::SharedOwnership => None,
                Qualifier::GuidePrice => Some("guide_price"),
                Qualifier::FixedPrice => Some("fixed_price"),
                Qualifier::OffersInRegionOf => Some("offers_in_the_region_of"),
                Qualifier::OffersOver => Some("offers_over"),
                Qualifier::From => Some("from"),
            },
        ),
        Terms::Let(letting) => {
            pricing.put("rent_frequency", if letting.weekly { "per_week" } else { "per_month" });
        }
    }
}

/// The text is the first part; each room is one more.
fn describe(listing: &Listing, at: usize, part: &mut Object<'_>) {
    match at.checked_sub(1).and_then(|room| listing.rooms.get(room)) {
        None => {
            part.put("heading", "About the property");
            part.put("text", &listing.description);
        }
        Some(room) => {
            part.put("heading", &room.name);
            part.put("text", &room.description);
            let metres = |centimetres: u32| format!("{}.{:02}", centimetres / 100, centimetres % 100);
            let (length, width) = room.centimetres;
            part.put("dimensions", format!("{}m × {}m", metres(length), metres(width)));
        }
    }
}

fn area(listing: &Listing, root: &mut Object<'_>) {
    root.object("areas", |areas| {
        areas.object(if listing.form == Form::Plot { "external" } else { "internal" }, |area| {
            area.object("minimum", |minimum| {
                minimum.put("value", listing.square_metres);
                minimum.put("units", "sq_metres");
            });
        });
    });
}

fn terms(listing: &Listing, root: &mut Object<'_>) {
    match &listing.terms {
        Terms::Sale(sale) => {
            root.may(
                "tenure",
                match sale.tenure {
                    Tenure::Freehold => Some("freehold"),
                    Tenure::Leasehold => Some("leasehold"),
                    Tenure::ShareOfFreehold => Some("share_of_freehold"),
                    Tenure::NonTraditional => None,
                },
            );
            if let Some(lease) = sale.lease {
                root.object("lease_expiry", |expiry| expiry.put("years_remaining", lease.years_left));
                root.put("ground_rent", lease.ground_rent);
                root.object("service_charge", |charge| {
                    charge.put("charge", lease.service_charge);
                    charge.put("frequency", "per_year");
                });
            }
            root.may("buyer_incentives", sale.share.map(|_| ["shared_ownership"]));
        }
        Terms::Let(letting) => {
            root.put("available_from_date", letting.available.iso_day());
            root.put("deposit", letting.deposit);
            root.object("rental_term", |term| {
                term.put("minimum_length", letting.months);
                term.put("units", "months");
            });
            root.may(
                "furnished_state",
                letting.furnished.map(|furnished| match furnished {
                    Furnished::Furnished => "furnished",
                    Furnished::Part => "part_furnished",
                    Furnished::Unfurnished => "unfurnished",
                }),
            );
            root.put("shared_accommodation", listing.form == Form::Room);
            root.object("tenant_eligibility", |tenants| {
                tenants.put("students", if letting.students { "accepted" } else { "excluded" });
            });
            root.may("bills_included", letting.bills.then_some(["electricity", "gas", "internet", "water"]));
        }
    }
}

fn material(facts: &Material, root: &mut Object<'_>) {
    root.may(
        "parking",
        facts.parking.and_then(|parking| match parking {
            Parking::Garage => Some(["single_garage"]),
            Parking::Driveway | Parking::Allocated => Some(["off_street_parking"]),
            Parking::Residents => Some(["residents_parking"]),
            Parking::OnStreet => None,
        }),
    );
    root.may(
        "outside_space",
        facts.outside.map(|outside| match outside {
            Outside::PrivateGarden => ["private_garden"],
            Outside::CommunalGarden => ["communal_garden"],
            Outside::Terrace => ["terrace"],
        }),
    );
    if let Some(services) = facts.services {
        root.put(
            "central_heating",
            match services.heating {
                Heating::NightStorage => "none",
                Heating::Gas | Heating::Oil | Heating::AirSourceHeatPump => "full",
            },
        );
        root.put(
            "connected_utilities",
            if services.heating == Heating::Gas {
                &["electricity", "water", "gas"][..]
            } else {
                &["electricity", "water"]
            },
        );
        root.object("epc_ratings", |ratings| {
            ratings.put("eer_current_rating", services.energy.0);
            ratings.put("eer_potential_rating", services.energy.1);
        });
    }
}

fn show(medium: &Media, object: &mut Object<'_>) {
    object.put(
        "type",
        match medium.kind {
            MediaKind::Image => "image",
            MediaKind::FloorPlan => "floor_plan",
            MediaKind::Brochure => "brochure",
            MediaKind::VirtualTour => "virtual_tour",
            MediaKind::EnergyCertificate => "epc_report",
        },
    );
    object.put("url", &medium.url);
    object.put("caption", &medium.caption);
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Available => "available",
        Status::UnderOffer | Status::Reserved => "under_offer",
        Status::SoldSubjectToContract | Status::SoldSubjectToMissives => "sold_subject_to_contract",
        Status::LetAgreed => "let_agreed",
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Terraced => "terraced",
        Kind::EndTerrace => "end_terrace",
        Kind::SemiDetached => "semi_detached",
        Kind::Detached => "detached",
        Kind::LinkDetached => "link_detached",
        Kind::Mews => "mews",
        Kind::TownHouse => "town_house",
        Kind::Cottage => "cottage",
        Kind::DetachedBungalow => "detached_bungalow",
        Kind::SemiDetachedBungalow => "semi_detached_bungalow",
        Kind::BarnConversion => "barn_conversion",
        Kind::CountryHouse => "country_house",
        Kind::ParkHome => "park_home",
        Kind::Flat | Kind::GroundFloorFlat | Kind::Penthouse => "flat",
        Kind::Maisonette => "maisonette",
        Kind::Studio => "studio",
        // Not on Zoopla's list, which a free word may extend.
        Kind::HouseShare => "house_share",
        Kind::Land => "land",
        Kind::Garage => "parking",
    }
}
