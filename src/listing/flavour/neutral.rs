//! Our own form, where the guide names none: plain names at the top, one object for each thing that has parts.

use super::{
    Flavour,
    write::{Object, object},
};
use crate::listing::{
    kind::Kind,
    model::{Heating, Listing, Material, Media, MediaKind, Outside, Parking, Room, Status},
    place::Nation,
    terms::{Furnished, Market, Qualifier, Tax, Tenure, Terms},
};

pub(super) const FLAVOUR: Flavour = Flavour {
    name: "neutral",
    about: "our own form: plain names, nothing of any portal",
    schema: include_str!("../schema/neutral.json"),
    write,
    remove,
    places: &[],
};

fn write(listing: &Listing, out: &mut Vec<u8>) {
    object(out, |root| {
        root.put("reference", &listing.reference);
        root.put("branch", listing.branch);
        root.put("transaction_type", if listing.terms.market() == Market::Sale { "sale" } else { "rent" });
        root.put("status", status(listing.status));
        root.put("property_type", kind(listing.kind));
        root.put("new_home", listing.new_home);
        root.put("created", listing.created.iso());
        root.put("updated", listing.updated.iso());
        root.put("title", &listing.title);
        root.put("summary", &listing.summary);
        root.put("description", &listing.description);
        root.put("price", listing.price);
        root.put("currency", "GBP");
        root.put("bedrooms", listing.bedrooms);
        root.put("bathrooms", listing.bathrooms);
        root.put("reception_rooms", listing.receptions);
        root.put("square_metres", listing.square_metres);
        root.object("address", |address| where_it_is(listing, address));
        match listing.tax {
            Some(Tax::Band(band)) => root.put("council_tax_band", band),
            Some(Tax::Rates(rates)) => root.put("domestic_rates", rates),
            None => {}
        }
        terms(listing, root);
        root.put("features", &listing.features);
        if let Some(facts) = &listing.material {
            root.object("material_information", |object| material(facts, object));
        }
        root.objects("rooms", &listing.rooms, |object, room| describe(listing, room, object));
        root.objects("media", &listing.media, |object, medium| show(medium, object));
    });
}

fn remove(listing: &Listing, out: &mut Vec<u8>) {
    object(out, |root| {
        root.put("reference", &listing.reference);
        root.put(
            "reason",
            match listing.status {
                Status::SoldSubjectToContract | Status::SoldSubjectToMissives => "sold",
                Status::LetAgreed => "let",
                Status::Available | Status::UnderOffer | Status::Reserved => "withdrawn",
            },
        );
        root.put("date", listing.updated.iso_day());
    });
}

fn where_it_is(listing: &Listing, address: &mut Object<'_>) {
    let place = &listing.place;
    address.put("house", &place.house);
    address.put("street", place.street);
    address.put("town", place.town());
    address.put("county", place.county());
    address.put(
        "nation",
        match place.nation() {
            Nation::England => "England",
            Nation::Wales => "Wales",
            Nation::Scotland => "Scotland",
            Nation::NorthernIreland => "Northern Ireland",
        },
    );
    address.put("postcode", place.postcode());
    address.put("country", "GB");
    address.put("display", place.display());
    address.put("latitude", place.coordinates.0);
    address.put("longitude", place.coordinates.1);
}

fn terms(listing: &Listing, root: &mut Object<'_>) {
    match &listing.terms {
        Terms::Sale(sale) => root.object("sale", |object| {
            object.put(
                "price_qualifier",
                match sale.qualifier {
                    Qualifier::Plain => "none",
                    Qualifier::GuidePrice => "guide_price",
                    Qualifier::FixedPrice => "fixed_price",
                    Qualifier::OffersInRegionOf => "offers_in_the_region_of",
                    Qualifier::OffersOver => "offers_over",
                    Qualifier::From => "from",
                    Qualifier::SharedOwnership => "shared_ownership",
                },
            );
            object.put(
                "tenure",
                match sale.tenure {
                    Tenure::Freehold => "freehold",
                    Tenure::Leasehold => "leasehold",
                    Tenure::ShareOfFreehold => "share_of_freehold",
                    Tenure::NonTraditional => "non_traditional",
                },
            );
            if let Some(lease) = sale.lease {
                object.put("lease_years_left", lease.years_left);
                object.put("ground_rent", lease.ground_rent);
                object.put("service_charge", lease.service_charge);
            }
            object.may("share_percentage", sale.share);
        }),
        Terms::Let(letting) => root.object("letting", |object| {
            object.put("rent_frequency", if letting.weekly { "week" } else { "month" });
            object.put("deposit", letting.deposit);
            object.put("available", letting.available.iso_day());
            object.put("minimum_months", letting.months);
            object.may(
                "furnished",
                letting.furnished.map(|furnished| match furnished {
                    Furnished::Furnished => "furnished",
                    Furnished::Part => "part_furnished",
                    Furnished::Unfurnished => "unfurnished",
                }),
            );
            object.put("students", letting.students);
            object.put("bills_included", letting.bills);
        }),
    }
}

fn material(facts: &Material, object: &mut Object<'_>) {
    object.may(
        "parking",
        facts.parking.map(|parking| match parking {
            Parking::Driveway => "driveway",
            Parking::Garage => "garage",
            Parking::OnStreet => "on_street",
            Parking::Allocated => "allocated",
            Parking::Residents => "residents",
        }),
    );
    object.may(
        "outside",
        facts.outside.map(|outside| match outside {
            Outside::PrivateGarden => "private_garden",
            Outside::CommunalGarden => "communal_garden",
            Outside::Terrace => "terrace",
        }),
    );
    if let Some(services) = facts.services {
        object.put(
            "heating",
            match services.heating {
                Heating::Gas => "gas",
                Heating::Oil => "oil",
                Heating::NightStorage => "night_storage",
                Heating::AirSourceHeatPump => "air_source_heat_pump",
            },
        );
        object.put("broadband", if services.fibre { "fttp" } else { "fttc" });
        object.put("energy_current", services.energy.0);
        object.put("energy_potential", services.energy.1);
    }
    object.put("flooded_in_last_five_years", facts.flooded_in_last_five_years);
    object.put("listed_building", facts.listed_building);
    object.put("rights_of_way", facts.rights_of_way);
}

fn describe(listing: &Listing, room: &Room, object: &mut Object<'_>) {
    object.put("name", &room.name);
    object.put("description", &room.description);
    object.put("length_cm", room.centimetres.0);
    object.put("width_cm", room.centimetres.1);
    object.put("photos", listing.photos_of(room).collect::<Vec<_>>());
}

fn show(medium: &Media, object: &mut Object<'_>) {
    object.put(
        "type",
        match medium.kind {
            MediaKind::Image => "image",
            MediaKind::FloorPlan => "floor_plan",
            MediaKind::Brochure => "brochure",
            MediaKind::VirtualTour => "virtual_tour",
            MediaKind::EnergyCertificate => "energy_certificate",
        },
    );
    object.put("url", &medium.url);
    object.put("caption", &medium.caption);
    object.put("updated", medium.updated.iso());
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Available => "available",
        Status::UnderOffer => "under_offer",
        Status::Reserved => "reserved",
        Status::SoldSubjectToContract => "sold_subject_to_contract",
        Status::SoldSubjectToMissives => "sold_subject_to_conclusion_of_missives",
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
        Kind::Flat => "flat",
        Kind::GroundFloorFlat => "ground_floor_flat",
        Kind::Maisonette => "maisonette",
        Kind::Penthouse => "penthouse",
        Kind::Studio => "studio",
        Kind::HouseShare => "house_share",
        Kind::Land => "land",
        Kind::Garage => "garage",
    }
}
