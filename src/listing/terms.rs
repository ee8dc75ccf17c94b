use super::{
    draw::Draw,
    kind::{Form, Kind, Usual},
    place::{Nation, Place},
    stamp::Stamp,
};

/// Whether a property is sold or let.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Market {
    /// For sale.
    Sale,
    /// To let.
    Let,
}

/// What is agreed with a buyer or a tenant: one or the other, and so nothing of lettings stands on a sale.
#[derive(Clone, Debug, PartialEq)]
pub enum Terms {
    /// Of a sale.
    Sale(Sale),
    /// Of a letting.
    Let(Let),
}

impl Terms {
    /// Which of the two.
    #[must_use]
    pub fn market(&self) -> Market {
        match self {
            Terms::Sale(_) => Market::Sale,
            Terms::Let(_) => Market::Let,
        }
    }

    /// Those of a sale.
    #[must_use]
    pub fn sale(&self) -> Option<&Sale> {
        match self {
            Terms::Sale(sale) => Some(sale),
            Terms::Let(_) => None,
        }
    }

    /// Those of a letting.
    #[must_use]
    pub fn letting(&self) -> Option<&Let> {
        match self {
            Terms::Let(letting) => Some(letting),
            Terms::Sale(_) => None,
        }
    }
}

/// The terms of a sale.
#[derive(Clone, Debug, PartialEq)]
pub struct Sale {
    /// How the price is meant.
    pub qualifier: Qualifier,
    /// How the buyer will hold it.
    pub tenure: Tenure,
    /// What a leaseholder pays, and for how long.
    pub lease: Option<Lease>,
    /// The share in a hundred that is sold where the rest stays with a housing association.
    pub share: Option<u32>,
}

/// How a price is meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "each is the trade's own word")]
pub enum Qualifier {
    Plain,
    GuidePrice,
    FixedPrice,
    OffersInRegionOf,
    OffersOver,
    From,
    SharedOwnership,
}

/// How a property is held.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "each is the law's own word")]
pub enum Tenure {
    Freehold,
    Leasehold,
    ShareOfFreehold,
    /// A pitch agreement, as for park homes.
    NonTraditional,
}

/// What a lease says. Money is in pounds a year.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Lease {
    pub years_left: u32,
    pub ground_rent: u32,
    pub service_charge: u32,
}

/// The terms of a letting.
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// Whether the rent is for a week; else it is for a month.
    pub weekly: bool,
    /// In pounds.
    pub deposit: u32,
    /// From when on.
    pub available: Stamp,
    /// The shortest time that is agreed.
    pub months: u32,
    /// With which furniture; nothing for what has none by nature.
    pub furnished: Option<Furnished>,
    /// Whether it is let to students.
    pub students: bool,
    /// Whether the bills are in the rent.
    pub bills: bool,
}

/// With how much furniture.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Furnished {
    Furnished,
    Part,
    Unfurnished,
}

/// What the council takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tax {
    /// A band of the council tax.
    Band(&'static str),
    /// Domestic rates, in pounds a year: Northern Ireland.
    Rates(u32),
}

/// What a property like this costs to buy, in pounds, rounded as agents round.
pub(super) fn price(draw: &mut Draw, usual: &Usual, beds: u32, place: &Place) -> u32 {
    let (least, most) = usual.beds;
    // A bedroom more or less than the middle of what is usual is worth about an eighth.
    let size = (100 + 12 * beds).saturating_sub(6 * (least + most));
    rounded(place.town.region.thousands * usual.worth / 10 * size / 100 * draw.between(85, 122), Market::Sale)
}

/// The rent of a month for what costs so much to buy: about five in a hundred of it each year.
pub(super) fn rent(value: u32) -> u32 {
    rounded(value / 240, Market::Let)
}

/// A price as agents round it.
pub(super) fn rounded(price: u32, market: Market) -> u32 {
    let step = step(market, price);
    (price / step).max(1) * step
}

/// By how much prices of this height differ.
pub(super) fn step(market: Market, price: u32) -> u32 {
    match (market, price) {
        (Market::Let, ..500) => 5,
        (Market::Let, _) => 25,
        (Market::Sale, ..50_000) => 250,
        (Market::Sale, ..500_000) => 2_500,
        (Market::Sale, _) => 5_000,
    }
}

impl Sale {
    pub(super) fn draw(draw: &mut Draw, usual: &Usual, nation: Nation, new_home: bool) -> Self {
        let leased = match (usual.form, nation) {
            // Scots law knows no long leases of homes.
            (_, Nation::Scotland) | (Form::Plot | Form::Garage, _) => false,
            (Form::Flat | Form::Room, _) => true,
            (Form::House, _) => draw.chance(6),
        };
        let tenure = match usual.kind {
            Kind::ParkHome => Tenure::NonTraditional,
            _ if leased && usual.form == Form::Flat && !new_home && draw.chance(22) => Tenure::ShareOfFreehold,
            _ if leased => Tenure::Leasehold,
            _ => Tenure::Freehold,
        };
        let lease = matches!(tenure, Tenure::Leasehold | Tenure::ShareOfFreehold).then(|| Lease {
            years_left: if new_home { 990 } else { draw.between(82, 250) },
            ground_rent: if new_home || tenure == Tenure::ShareOfFreehold { 0 } else { draw.between(2, 12) * 25 },
            service_charge: draw.between(30, 120) * 20,
        });
        let shared = tenure == Tenure::Leasehold && usual.form == Form::Flat && new_home && draw.chance(40);
        let qualifier = match nation {
            _ if shared => Qualifier::SharedOwnership,
            _ if new_home => Qualifier::From,
            Nation::Scotland => draw.pick(&[Qualifier::OffersOver, Qualifier::OffersOver, Qualifier::FixedPrice]),
            _ => draw.pick(&[
                Qualifier::Plain,
                Qualifier::Plain,
                Qualifier::GuidePrice,
                Qualifier::OffersInRegionOf,
                Qualifier::OffersOver,
            ]),
        };
        Self { qualifier, tenure, lease, share: shared.then(|| draw.between(5, 15) * 5) }
    }
}

impl Let {
    /// Draws terms for this rent a month; `available` is the earliest day.
    pub(super) fn draw(draw: &mut Draw, usual: &Usual, monthly: u32, listed: Stamp) -> Self {
        let shared = usual.form == Form::Room;
        Self {
            weekly: shared || draw.chance(12),
            // Five weeks' rent is the most that the law lets a landlord take.
            deposit: monthly * 12 / 52 * 5,
            available: listed.plus_days(draw.below(60)),
            months: draw.pick(&[6, 6, 12, 12, 12, 18]),
            furnished: usual.form.is_home().then(|| match usual.form {
                Form::Room => Furnished::Furnished,
                _ => draw.pick(&[Furnished::Furnished, Furnished::Part, Furnished::Unfurnished]),
            }),
            students: usual.form.is_home() && (shared || usual.beds.1 >= 4) && draw.chance(40),
            bills: shared && draw.chance(80),
        }
    }
}

/// The tax on a home of this value against what is usual in its region, both in thousands of pounds.
pub(super) fn tax(nation: Nation, thousands: u32, usual: u32) -> Tax {
    const BANDS: [&str; 9] = ["A", "B", "C", "D", "E", "F", "G", "H", "I"];
    // Wales alone has a band I.
    let last = if nation == Nation::Wales { 8 } else { 7 };
    match nation {
        Nation::NorthernIreland => Tax::Rates(350 + thousands * 4),
        _ => Tax::Band(BANDS[(thousands * 3 / usual.max(1)).min(last) as usize]),
    }
}
