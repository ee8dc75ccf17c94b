use super::{
    data::features,
    draw::Draw,
    kind::{self, Form, Kind, Usual},
    model::{Heating, Listing, Material, Outside, Parking, Services, Status},
    place::{Nation, Place},
    rooms,
    size::Size,
    stamp::Stamp,
    terms::{self, Let, Market, Sale, Terms},
    text::Writer,
};

/// Of what kinds the listings are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Stock {
    /// Sales and lettings of every type of property.
    #[default]
    Mixed,
    /// Houses for sale: what every portal takes, for when the listing is not what is tried.
    HousesForSale,
}

/// The listing of this number as it is created. `key` gives the draws that belong to a purpose.
pub(super) fn listing(reference: String, number: u64, stock: Stock, size: Size, key: impl Fn(u64) -> Draw) -> Listing {
    let draw = &mut key(0);
    let market = match stock {
        Stock::Mixed if draw.chance(40) => Market::Let,
        Stock::Mixed | Stock::HousesForSale => Market::Sale,
    };
    let usual = usual(draw, market, stock, size);
    let place = Place::draw(draw, usual.form);
    let bedrooms = draw.between(usual.beds.0, usual.beds.1);
    let (receptions, bathrooms, square_metres) = rooms::counts(draw, usual.kind, usual.form, bedrooms);
    let new_home =
        matches!(usual.kind, Kind::Flat | Kind::Detached | Kind::SemiDetached | Kind::TownHouse) && draw.chance(12);
    let value = terms::price(draw, usual, bedrooms, &place);
    let created = Stamp::at(draw.below(600 * 24 * 60));
    let (terms, price) = match market {
        Market::Sale => (Terms::Sale(Sale::draw(draw, usual, place.nation(), new_home)), value),
        Market::Let => let_at(draw, usual, terms::rent(value), created),
    };
    let tax = usual.form.is_home().then(|| terms::tax(place.nation(), value / 1000, place.town.region.thousands));
    let material = size.material.then(|| material(draw, usual, place.nation()));
    let mut listing = Listing {
        reference,
        branch: 1000 + draw.below(40),
        kind: usual.kind,
        form: usual.form,
        new_home,
        status: Status::Available,
        created,
        updated: created,
        price,
        terms,
        tax,
        title: String::new(),
        summary: String::new(),
        description: String::new(),
        features: named(&mut key(1), usual.form, size.features),
        bedrooms,
        bathrooms,
        receptions,
        square_metres,
        rooms: Vec::new(),
        media: Vec::new(),
        material,
        place,
    };
    write(&mut listing, usual, market, size, &mut key(2));
    listing.media = rooms::media(&mut key(3), &listing, number, size);
    listing.rooms = rooms::rooms(&mut key(4), &listing, size);
    listing
}

/// What is usual for the kind of property that is drawn.
fn usual(draw: &mut Draw, market: Market, stock: Stock, size: Size) -> &'static Usual {
    kind::draw(draw, market, |row| match stock {
        // Only a great house has so many rooms and pictures.
        _ if size.largest => row.kind == Kind::CountryHouse,
        Stock::Mixed => true,
        Stock::HousesForSale => row.form == Form::House && row.kind != Kind::ParkHome,
    })
}

/// The terms of a letting at a rent for a month, and the rent in their own frequency.
fn let_at(draw: &mut Draw, usual: &Usual, month: u32, created: Stamp) -> (Terms, u32) {
    let letting = Let::draw(draw, usual, month, created);
    let weekly = terms::rounded(month * 12 / 52, Market::Let);
    let least = if usual.form == Form::Garage { 0 } else { LEAST_WEEKLY };
    let price = if letting.weekly { weekly.max(least) } else { month };
    (Terms::Let(letting), price)
}

/// Nobody lives for less a week, in pounds; a tenth less is asked later at times.
const LEAST_WEEKLY: u32 = 50;

fn write(listing: &mut Listing, usual: &Usual, market: Market, size: Size, draw: &mut Draw) {
    let writer = Writer { usual, place: &listing.place, market };
    listing.title = writer.title(listing.bedrooms);
    listing.summary = writer.summary(draw);
    listing.description = writer.description(draw, size.description);
}

/// Features, each once.
fn named(draw: &mut Draw, form: Form, most: usize) -> Vec<&'static str> {
    let mut all = features(form).to_vec();
    draw.shuffle(&mut all);
    all.truncate(most);
    all
}

fn material(draw: &mut Draw, usual: &Usual, nation: Nation) -> Material {
    let house = usual.form == Form::House;
    let parking = match usual.form {
        Form::Plot | Form::Garage => None,
        Form::House => Some(draw.pick(&[Parking::Driveway, Parking::Garage, Parking::OnStreet])),
        Form::Flat | Form::Room => Some(draw.pick(&[Parking::OnStreet, Parking::Allocated, Parking::Residents])),
    };
    let outside = match usual.kind {
        _ if house => Some(Outside::PrivateGarden),
        Kind::GroundFloorFlat | Kind::Maisonette => Some(Outside::CommunalGarden),
        Kind::Penthouse => Some(Outside::Terrace),
        _ => None,
    };
    let services = usual.form.is_home().then(|| {
        let now = draw.between(38, 86);
        let heating = match usual.form {
            // Oil has the largest part of Northern Ireland's homes.
            Form::House if nation == Nation::NorthernIreland => draw.pick(&[Heating::Oil, Heating::Oil, Heating::Gas]),
            Form::House => draw.pick(&[Heating::Gas, Heating::Gas, Heating::Gas, Heating::AirSourceHeatPump]),
            _ => draw.pick(&[Heating::Gas, Heating::NightStorage]),
        };
        Services { heating, fibre: draw.chance(60), energy: (now, (now + draw.between(2, 20)).min(98)) }
    });
    Material {
        parking,
        outside,
        services,
        flooded_in_last_five_years: draw.chance(2),
        listed_building: matches!(usual.kind, Kind::Cottage | Kind::BarnConversion | Kind::CountryHouse)
            && draw.chance(30),
        rights_of_way: usual.form == Form::Plot && draw.chance(30),
    }
}
