use crate::listing::{
    kind::Form,
    place::Nation::{self, England, NorthernIreland, Scotland, Wales},
    terms::Market,
};

const ENGLISH_STREETS: &[&str] = &[
    "Alder Close",
    "Beech Avenue",
    "Chapel Lane",
    "Church Street",
    "Cross Street",
    "Elm Grove",
    "Farrier’s Yard",
    "Granary Road",
    "Hawthorn Drive",
    "High Street",
    "King’s Parade",
    "Lime Tree Walk",
    "Mill Lane",
    "Old Station Road",
    "Orchard Way",
    "Park Crescent",
    "Queen’s Terrace",
    "Rectory Lane",
    "St John’s Road",
    "Sycamore Rise",
    "The Green",
    "Tithe Barn Lane",
    "Victoria Street",
    "Weavers’ Row",
];

const WELSH_STREETS: &[&str] = &[
    "Ffordd y Môr",
    "Heol Tŷ Gwyn",
    "Lôn Fach",
    "Stryd Fawr",
    "Heol yr Ŵyn",
    "Clos y Dŵr",
    "Maes-y-Coed",
    "Rhodfa’r Capel",
    "Station Road",
    "Chapel Street",
    "Victoria Terrace",
];

const SCOTTISH_STREETS: &[&str] = &[
    "Sràid na h-Eaglais",
    "Rathad na Mara",
    "Ceum na Coille",
    "Kirk Wynd",
    "Castle Brae",
    "Harbour Road",
    "Loch View",
    "Glebe Crescent",
    "Union Street",
    "Mill Lade",
    "St Andrew’s Place",
];

const ULSTER_STREETS: &[&str] = &[
    "Lough View Road",
    "Ballymena Lane",
    "Strand Avenue",
    "Bóthar na Trá",
    "Church Lane",
    "Orchard Park",
    "Demesne Road",
    "Mill Row",
    "Sráid an Droichid",
];

/// The names of streets in a nation.
pub(in crate::listing) fn streets(nation: Nation) -> &'static [&'static str] {
    match nation {
        England => ENGLISH_STREETS,
        Wales => WELSH_STREETS,
        Scotland => SCOTTISH_STREETS,
        NorthernIreland => ULSTER_STREETS,
    }
}

/// The names of houses in a nation.
pub(in crate::listing) fn house_names(nation: Nation) -> &'static [&'static str] {
    match nation {
        England => &["Rose Cottage", "The Old Forge", "Orchard End", "Brontë House", "Quince Barn"],
        Wales => &["Tŷ Gwyn", "Bryn Môr", "Plas Newydd", "Y Felin", "Tŷ’n-y-Coed"],
        Scotland => &["Taigh na Mara", "Burnside", "The Old Manse", "Tigh Mòr"],
        NorthernIreland => &["Lough House", "Teach na Trá", "The Gate Lodge", "Orchard Hill"],
    }
}

/// Words that a property may be called by.
pub(in crate::listing) fn adjectives(form: Form) -> &'static [&'static str] {
    match form {
        Form::Plot => &["level", "south-facing", "gently sloping", "well-placed"],
        Form::Garage => &["dry", "secure", "single", "brick-built"],
        _ => &["bright", "well-kept", "spacious", "characterful", "stylish", "light-filled", "thoughtfully planned"],
    }
}

/// The features that may be named, without those that contradict the form.
pub(in crate::listing) fn features(form: Form) -> &'static [&'static str] {
    match form {
        Form::House => &[
            "Private rear garden",
            "Off-street parking",
            "Gas central heating",
            "Café-style kitchen diner",
            "Double glazing throughout",
            "Wood-burning stove",
            "Close to well-regarded schools",
            "Utility room",
            "Fitted wardrobes",
            "Room to extend (subject to consent)",
            "Fibre broadband",
            "South-facing patio",
            "No onward chain",
            "Original fireplaces & cornicing",
        ],
        Form::Flat | Form::Room => &[
            "Lift to all floors",
            "Secure entry system",
            "Communal bicycle store",
            "Double glazing throughout",
            "Moments from shops and cafés",
            "Fitted wardrobes",
            "Fibre broadband",
            "High ceilings",
            "Walk to the station",
            "Modern kitchen with appliances",
            "“Juliet” balcony",
            "Residents’ roof terrace",
        ],
        Form::Plot => &[
            "Outline planning consent",
            "Mains services close by",
            "Road frontage",
            "Topographical survey to hand",
            "Edge-of-village setting",
            "About ½ acre",
        ],
        Form::Garage => {
            &["Up-and-over door", "Close to the main road", "Rewired in 2021", "Vacant possession", "Residents’ yard"]
        }
    }
}

/// Of what a sentence speaks, and so of which properties it may be said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::listing) enum Bank {
    /// Where it is: anything.
    Around,
    /// What it is like to live in: homes.
    Home,
    /// Gardens, drives, stairs: houses.
    House,
    /// Lifts, halls, neighbours: flats and rooms.
    Flat,
    /// Ground and consents.
    Plot,
    /// A garage.
    Garage,
    /// What a buyer is told.
    Sale,
    /// What a tenant is told.
    Let,
}

impl Bank {
    pub(in crate::listing) fn fits(self, form: Form, market: Market) -> bool {
        match self {
            Bank::Around => true,
            Bank::Home => form.is_home(),
            Bank::House => form == Form::House,
            Bank::Flat => matches!(form, Form::Flat | Form::Room),
            Bank::Plot => form == Form::Plot,
            Bank::Garage => form == Form::Garage,
            Bank::Sale => market == Market::Sale,
            Bank::Let => market == Market::Let,
        }
    }
}

/// Sentences for descriptions. `{town}`, `{street}`, `{noun}` and `{adjective}` stand for the property's, `{minutes}` and
/// `{year}` for numbers.
pub(in crate::listing) const PHRASES: &[(Bank, &str)] = &[
    (
        Bank::Around,
        "{street} lies about {minutes} minutes’ walk from the centre of {town}, with its shops, cafés and market.",
    ),
    (
        Bank::Around,
        "Buses into {town} stop at the end of the road, and the railway station can be reached in {minutes} minutes.",
    ),
    (
        Bank::Around,
        "Several parks and a riverside path are close by, and the main roads out of {town} are easily joined.",
    ),
    (Bank::Around, "The neighbourhood has a bakery, a library and two primary schools within {minutes} minutes."),
    (
        Bank::Around,
        "Our office on the High Street will gladly arrange a viewing – please ring, or write to us at any hour.",
    ),
    (Bank::Around, "A pâtisserie, a greengrocer and a pub with a good name make {street} a sought-after address."),
    (
        Bank::Around,
        "Open country begins {minutes} minutes away; {town} itself offers theatres, sports clubs and a weekly market.",
    ),
    (Bank::Around, "Viewing is by appointment through the agent alone; no callers, please."),
    (Bank::Home, "This {adjective} {noun} has been cared for by its owners since {year} and is ready to move into."),
    (
        Bank::Home,
        "The kitchen was refitted in {year}, with an integrated oven, an induction hob and worktops of pale oak.",
    ),
    (
        Bank::Home,
        "A {adjective} living room with a wide window takes in the evening sun; the floor is of oiled boards.",
    ),
    (Bank::Home, "The bathroom has a white suite with a shower over the bath, half-tiled walls and a heated rail."),
    (
        Bank::Home,
        "There is more storage than one expects, with built-in cupboards on the landing and in the main bedroom.",
    ),
    (Bank::Home, "Windows and boiler were renewed in {year}; the boiler has been serviced every year since."),
    (Bank::Home, "Décor is neutral throughout, and the present owner’s taste runs to naïve paintings and good light."),
    (
        Bank::Home,
        "The dining area seats eight: room enough for Sunday lunch, or for a “proper” desk when working at home.",
    ),
    (Bank::Home, "Wiring was tested in {year}, and smoke alarms are fitted in the hall and by the kitchen."),
    (Bank::Home, "Every bedroom takes a double bed, and the quietest of them looks away from {street}."),
    (Bank::House, "Behind the house lies an enclosed garden with a lawn, a terrace of York stone and a timber shed."),
    (Bank::House, "The drive takes two cars, and a gate at the side leads to the back door."),
    (Bank::House, "Stairs rise from a tiled hall; the loft is boarded, lit and reached by a folding ladder."),
    (
        Bank::House,
        "Neighbouring houses have been extended to the rear, which shows what might be done, subject to consent.",
    ),
    (Bank::House, "A utility room off the kitchen has plumbing for a washing machine and a door to the garden."),
    (Bank::House, "The front garden is planted with lavender, and an old pear tree stands by the wall."),
    (
        Bank::Flat,
        "A well-lit common hall, swept weekly, leads to the front door; post boxes and bicycle store are on the ground floor.",
    ),
    (Bank::Flat, "The building is quiet, and its residents look after the shared parts together."),
    (Bank::Flat, "Entry is by video telephone, and the windows on the street side are triple glazed."),
    (Bank::Flat, "The plan wastes nothing: a short hall opens to every room, and the kitchen has a window of its own."),
    (Bank::Flat, "Refuse and recycling are collected from a screened yard behind the building."),
    (Bank::Plot, "The plot has a frontage to {street} of some {minutes} metres and is close to level throughout."),
    (Bank::Plot, "Outline consent was given in {year} for one dwelling; the drawings can be seen at our office."),
    (Bank::Plot, "Water and electricity run beside the road; buyers should satisfy themselves as to connections."),
    (Bank::Plot, "The boundary is marked by pegs and, on two sides, by a hawthorn hedge."),
    (Bank::Garage, "The garage has a metal door, a concrete floor and shelves along one wall."),
    (Bank::Garage, "Vehicles reach it from {street} by a shared and lighted yard."),
    (Bank::Garage, "The flat roof was covered anew in {year} and carries a guarantee."),
    (Bank::Sale, "The vendor has found elsewhere to go, so that a sale may move quickly."),
    (
        Bank::Sale,
        "Buyers will be asked for proof of identity and of funds before a sale is agreed; our fee for that is £0.",
    ),
    (Bank::Sale, "Offers are best put to us in writing, with the name of your solicitor."),
    (
        Bank::Let,
        "A holding deposit of one week’s rent is taken, and references are asked for; there are no hidden fees.",
    ),
    (Bank::Let, "The landlord answers quickly, and would welcome somebody who means to stay."),
    (Bank::Let, "The deposit is lodged with an approved scheme within 30 days; its certificate is yours to keep."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_has_sentences_of_its_own_and_none_that_contradict_it() {
        for form in [Form::House, Form::Flat, Form::Room, Form::Plot, Form::Garage] {
            for market in [Market::Sale, Market::Let] {
                let said: Vec<&str> =
                    PHRASES.iter().filter(|(bank, _)| bank.fits(form, market)).map(|(_, text)| *text).collect();
                assert!(said.len() >= 13, "{form:?}: {}", said.len());
                assert_eq!(said.iter().any(|text| text.contains("garden")), form == Form::House);
                assert_eq!(said.iter().any(|text| text.contains("bathroom")), form.is_home());
                assert_eq!(said.iter().any(|text| text.contains("landlord")), market == Market::Let);
            }
        }
    }
}
