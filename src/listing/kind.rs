use super::{draw::Draw, terms::Market};

/// What a property is built like: what can be said of it follows from that.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// On ground of its own.
    House,
    /// One of several in a building.
    Flat,
    /// A room of a house that others live in.
    Room,
    /// Ground alone.
    Plot,
    /// A place for a car.
    Garage,
}

impl Form {
    /// Whether somebody can live in it.
    #[must_use]
    pub fn is_home(self) -> bool {
        !matches!(self, Form::Plot | Form::Garage)
    }
}

/// A type of property.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "each is a type of property by its usual name")]
pub enum Kind {
    Terraced,
    EndTerrace,
    SemiDetached,
    Detached,
    LinkDetached,
    Mews,
    TownHouse,
    Cottage,
    DetachedBungalow,
    SemiDetachedBungalow,
    BarnConversion,
    CountryHouse,
    ParkHome,
    Flat,
    GroundFloorFlat,
    Maisonette,
    Penthouse,
    Studio,
    HouseShare,
    Land,
    Garage,
}

/// What is usual for a type of property.
#[derive(Debug)]
pub(super) struct Usual {
    pub(super) kind: Kind,
    pub(super) form: Form,
    /// As a sentence says it.
    pub(super) noun: &'static str,
    /// Bedrooms, from and to.
    pub(super) beds: (u32, u32),
    /// Its price in hundredths of that of a three-bedroom house in the region, with the bedrooms of the middle.
    pub(super) worth: u32,
    /// How often it is for sale, and to let, against the others.
    weight: (u32, u32),
}

const fn usual(kind: Kind, form: Form, noun: &'static str, beds: (u32, u32), worth: u32, weight: (u32, u32)) -> Usual {
    Usual { kind, form, noun, beds, worth, weight }
}

const USUAL: &[Usual] = &[
    usual(Kind::Terraced, Form::House, "terraced house", (2, 4), 90, (18, 16)),
    usual(Kind::EndTerrace, Form::House, "end of terrace house", (2, 4), 95, (8, 6)),
    usual(Kind::SemiDetached, Form::House, "semi-detached house", (2, 5), 105, (18, 12)),
    usual(Kind::Detached, Form::House, "detached house", (3, 6), 150, (14, 5)),
    usual(Kind::LinkDetached, Form::House, "link-detached house", (3, 4), 120, (3, 1)),
    usual(Kind::Mews, Form::House, "mews house", (1, 3), 120, (2, 2)),
    usual(Kind::TownHouse, Form::House, "town house", (3, 5), 120, (4, 3)),
    usual(Kind::Cottage, Form::House, "cottage", (1, 3), 100, (4, 2)),
    usual(Kind::DetachedBungalow, Form::House, "detached bungalow", (2, 4), 120, (5, 1)),
    usual(Kind::SemiDetachedBungalow, Form::House, "semi-detached bungalow", (1, 3), 90, (3, 1)),
    usual(Kind::BarnConversion, Form::House, "barn conversion", (3, 6), 190, (1, 1)),
    usual(Kind::CountryHouse, Form::House, "country house", (5, 9), 330, (1, 1)),
    usual(Kind::ParkHome, Form::House, "park home", (1, 3), 45, (1, 0)),
    usual(Kind::Flat, Form::Flat, "flat", (1, 3), 65, (12, 28)),
    usual(Kind::GroundFloorFlat, Form::Flat, "ground floor flat", (1, 3), 65, (3, 5)),
    usual(Kind::Maisonette, Form::Flat, "maisonette", (1, 3), 70, (3, 3)),
    usual(Kind::Penthouse, Form::Flat, "penthouse", (2, 4), 160, (1, 1)),
    usual(Kind::Studio, Form::Flat, "studio", (0, 1), 40, (2, 5)),
    usual(Kind::HouseShare, Form::Room, "room in a shared house", (1, 1), 32, (0, 5)),
    usual(Kind::Land, Form::Plot, "building plot", (0, 0), 40, (2, 0)),
    usual(Kind::Garage, Form::Garage, "garage", (0, 0), 6, (1, 1)),
];

/// What is usual for every type for which `fits` holds, one of them drawn as often as it comes on this market.
pub(super) fn draw(draw: &mut Draw, market: Market, fits: impl Fn(&Usual) -> bool) -> &'static Usual {
    draw.weigh(USUAL, |row| match market {
        _ if !fits(row) => 0,
        Market::Sale => row.weight.0,
        Market::Let => row.weight.1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_to_let_are_never_sold_and_land_and_park_homes_never_let() {
        for row in USUAL {
            let both = row.weight.0 > 0 && row.weight.1 > 0;
            let one = matches!(row.kind, Kind::HouseShare | Kind::Land | Kind::ParkHome);
            assert_ne!(both, one, "{:?}", row.kind);
            assert!(USUAL.iter().filter(|other| other.kind == row.kind).count() == 1);
            assert!(row.form.is_home() || row.beds == (0, 0));
        }
    }
}
