use std::fmt::Write as _;

use super::{
    data::{TOWNS, Town, house_names, streets},
    draw::Draw,
    kind::Form,
};

/// A nation of the United Kingdom: law, taxes and the words on street signs differ.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Nation {
    /// England.
    England,
    /// Wales.
    Wales,
    /// Scotland: sales are concluded by missives.
    Scotland,
    /// Northern Ireland: domestic rates stand where the others have council tax.
    NorthernIreland,
}

/// Where a property is.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// House number or name, with the flat before it.
    pub house: String,
    /// The street.
    pub street: &'static str,
    /// The first half of the postcode: `LS6`.
    pub outward: &'static str,
    /// The second half: `2AB`.
    pub inward: String,
    /// Degrees north and east, to four places.
    pub coordinates: (f64, f64),
    pub(super) town: &'static Town,
}

impl Place {
    pub(super) fn draw(draw: &mut Draw, form: Form) -> Self {
        let town = &TOWNS[draw.place(TOWNS.len())];
        let nation = town.region.nation;
        let mut house = String::new();
        if form == Form::Flat {
            let _ = write!(house, "Flat {}, ", draw.between(1, 40));
        }
        match form {
            Form::Plot => house.push_str("Land adjoining "),
            Form::Garage => _ = write!(house, "Garage {}, rear of ", draw.between(1, 20)),
            Form::House if draw.chance(15) => house.push_str(draw.pick(house_names(nation))),
            _ => {}
        }
        if house.is_empty() || house.ends_with(' ') {
            let _ = write!(house, "{}", draw.between(1, 180));
        }
        // About a kilometre and a half around the middle.
        let mut off = |middle: i32| f64::from(middle * 100 + draw.below(301).cast_signed() - 150) / 10_000.0;
        let coordinates = (off(town.middle.0), off(town.middle.1));
        Self {
            house,
            street: draw.pick(streets(nation)),
            outward: draw.pick(town.outward),
            inward: inward(draw),
            coordinates,
            town,
        }
    }

    /// The town.
    #[must_use]
    pub fn town(&self) -> &'static str {
        self.town.name
    }

    /// The county, as people still write it.
    #[must_use]
    pub fn county(&self) -> &'static str {
        self.town.county
    }

    /// The nation.
    #[must_use]
    pub fn nation(&self) -> Nation {
        self.town.region.nation
    }

    /// The whole postcode: `LS6 2AB`.
    #[must_use]
    pub fn postcode(&self) -> String {
        format!("{} {}", self.outward, self.inward)
    }

    /// What a portal shows of the address: no number, and the first half of the postcode.
    #[must_use]
    pub fn display(&self) -> String {
        format!("{}, {}, {}", self.street, self.town.name, self.outward)
    }
}

/// The second half of a postcode: a digit and two of the letters that stand there.
fn inward(draw: &mut Draw) -> String {
    const LETTERS: &[u8] = b"ABDEFGHJLNPQRSTUWXYZ";
    let mut text = draw.below(10).to_string();
    for _ in 0..2 {
        text.push(char::from(draw.pick(LETTERS)));
    }
    text
}
