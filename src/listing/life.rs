use std::fmt::Write as _;

use super::{
    draw::Draw,
    model::{Listing, MediaKind, Status},
    place::Nation,
    terms::{Market, rounded, step},
};

/// How often a listing was changed since it was created. The state of a listing follows from its number and this alone.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Revision {
    /// Changes of its price or status.
    pub market: u32,
    /// Changes of its media.
    pub media: u32,
}

/// Brings a listing, as it was created, to a revision; each change alters what can be seen. Takes time in proportion to the
/// revision.
pub(super) fn bring_to(listing: &mut Listing, revision: Revision, mut key: impl FnMut(u64, u32) -> Draw) {
    let asked = listing.price;
    for step in 1..=revision.market {
        change_market(listing, asked, &mut key(0, step));
        listing.updated = listing.updated.plus_minutes(60 * 24);
    }
    for step in 1..=revision.media {
        change_media(listing, step, &mut key(1, step));
    }
}

/// What a status may become next, but for the price; nothing where only the price can change.
fn next_status(listing: &Listing, draw: &mut Draw) -> Option<Status> {
    let market = listing.terms.market();
    let agreed = match (market, listing.place.nation()) {
        (Market::Let, _) => Status::LetAgreed,
        (Market::Sale, Nation::Scotland) => Status::SoldSubjectToMissives,
        (Market::Sale, _) => Status::SoldSubjectToContract,
    };
    match listing.status {
        Status::Available if !draw.chance(35) => None,
        Status::Available if market == Market::Sale && listing.new_home => Some(Status::Reserved),
        Status::Available if draw.chance(70) => Some(Status::UnderOffer),
        Status::UnderOffer | Status::Reserved if draw.chance(75) => Some(agreed),
        Status::Available => Some(agreed),
        // What was agreed falls through.
        _ => Some(Status::Available),
    }
}

fn change_market(listing: &mut Listing, asked: u32, draw: &mut Draw) {
    if let Some(status) = next_status(listing, draw) {
        listing.status = status;
        return;
    }
    let market = listing.terms.market();
    let price = rounded(asked * draw.between(88, 103) / 100, market);
    // Rounding may give the price that stands already.
    listing.price = if price == listing.price { price + step(market, price) } else { price };
}

/// A picture is taken anew: the same place, another URL. Rooms show it by its place, and so show the new one.
fn change_media(listing: &mut Listing, step: u32, draw: &mut Draw) {
    listing.updated = listing.updated.plus_minutes(90);
    let updated = listing.created.plus_minutes(90 * step);
    let images = listing.media.iter_mut().filter(|medium| medium.kind == MediaKind::Image);
    let mut images: Vec<_> = images.collect();
    let place = draw.place(images.len());
    let Some(medium) = images.get_mut(place) else { return };
    let path = medium.url.find('?').unwrap_or(medium.url.len());
    medium.url.truncate(path);
    let _ = write!(medium.url, "?v={}", step + 1);
    medium.updated = updated;
}
