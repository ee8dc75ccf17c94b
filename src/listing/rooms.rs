use std::fmt::Write as _;

use super::{
    draw::Draw,
    kind::{Form, Kind},
    model::{Listing, Media, MediaKind, Room},
    size::Size,
};

/// Square metres per living room, bedroom and bathroom, and what the rest of a home takes.
const METRES: (u32, u32, u32, u32) = (20, 13, 6, 16);

/// How many living rooms and bathrooms go with so many bedrooms, and on how many square metres.
pub(super) fn counts(draw: &mut Draw, kind: Kind, form: Form, beds: u32) -> (u32, u32, u32) {
    let (living, baths) = match form {
        Form::Plot => return (0, 0, draw.between(300, 2400)),
        Form::Garage => return (0, 0, draw.between(12, 30)),
        Form::Room => (1, 1),
        Form::Flat | Form::House if beds <= 2 => (1, 1),
        Form::Flat | Form::House => (1 + draw.below(beds / 3 + 1), 1 + draw.below(beds / 2 + 1)),
    };
    let rest = if kind == Kind::Studio { 4 } else { METRES.3 };
    (living, baths, living * METRES.0 + beds * METRES.1 + baths * METRES.2 + rest)
}

/// The names of all rooms that a listing of these counts has, each once, the ones that matter most first.
fn names(listing: &Listing, least: usize) -> Vec<String> {
    let Listing { kind, form, bedrooms, bathrooms, receptions, .. } = listing;
    if !form.is_home() {
        return Vec::new();
    }
    let mut names: Vec<String> = match (kind, form) {
        (Kind::Studio, _) => vec!["Studio room".into()],
        (_, Form::Room) => vec!["Bedroom".into(), "Shared living room".into(), "Shared kitchen".into()],
        _ => vec!["Living room".into(), "Kitchen".into()],
    };
    let numbered = |name: &str, from: u32, to: u32| (from..=to).map(|at| format!("{name} {at}")).collect::<Vec<_>>();
    if *kind != Kind::Studio && *form != Form::Room {
        names.extend(numbered("Bedroom", 1, *bedrooms));
        names.extend(
            ["Dining room", "Study", "Garden room"]
                .iter()
                .take(*receptions as usize - 1)
                .map(|name| (*name).to_owned()),
        );
    }
    names.push("Bathroom".into());
    names.extend(numbered("Shower room", 2, *bathrooms));
    names.push("Entrance hall".into());
    if *form == Form::House {
        names.extend(["Landing", "Utility room", "Cloakroom"].map(str::to_owned));
    }
    // A great house has outbuildings without end.
    let outside =
        (1..).flat_map(|at| ["Loose box", "Store", "Workshop", "Attic room"].map(|name| format!("{name} {at}")));
    let missing = least.saturating_sub(names.len());
    names.extend(outside.take(missing));
    names
}

/// The rooms of a listing, which has its media already.
pub(super) fn rooms(draw: &mut Draw, listing: &Listing, size: Size) -> Vec<Room> {
    let mut names = names(listing, if size.largest { size.rooms } else { 0 });
    names.truncate(size.rooms);
    let images: Vec<usize> =
        (0..listing.media.len()).filter(|place| listing.media[*place].kind == MediaKind::Image).collect();
    let room = |name: String| {
        let (length, width) = (draw.between(190, 640), draw.between(160, 460));
        let mut photos = Vec::new();
        if size.rooms > 3 && draw.chance(60) {
            let first = draw.place(images.len());
            photos.extend(images[first..].iter().take(draw.between(1, 3) as usize));
        }
        Room { description: described(draw, size.room as usize), name, centimetres: (length, width), photos }
    };
    names.into_iter().map(room).collect()
}

/// What is said of a room, in about so many characters, never much more.
fn described(draw: &mut Draw, length: usize) -> String {
    const SAID: &[&str] = &[
        "Window to the front, radiator.",
        "Oak floor, coved ceiling and picture rail.",
        "Sash window with shutters; cast-iron fireplace.",
        "Spotlights, tiled floor, extractor.",
        "Built-in cupboard, television point.",
        "Painted in a pale grey; carpet laid in 2022.",
        "Door 2′ 6″ wide, level threshold.",
        "Ceiling rose of the period, restored by an élève of the old school.",
    ];
    let mut text = String::with_capacity(length + 80);
    loop {
        text.push_str(draw.pick(SAID));
        if text.len() >= length.saturating_sub(70) {
            return text;
        }
        text.push(' ');
    }
}

/// The media of a listing, whose URLs stand below the listing's own folder.
pub(super) fn media(draw: &mut Draw, listing: &Listing, number: u64, size: Size) -> Vec<Media> {
    let count = draw.between(size.media.0, size.media.1) as usize;
    let mut media = Vec::with_capacity(count + 2);
    for at in 0..count {
        let kind = match at {
            _ if at + 1 < count || count < 3 => MediaKind::Image,
            _ if !listing.form.is_home() => MediaKind::Image,
            _ if size.largest || draw.chance(60) => MediaKind::FloorPlan,
            _ => MediaKind::Brochure,
        };
        media.push(medium(draw, listing, (number, size), at, kind));
    }
    // A certificate and a tour go in pictures' places, so that the count stays what it is.
    let extra = [(MediaKind::EnergyCertificate, 70), (MediaKind::VirtualTour, 25)];
    for (place, (kind, percent)) in extra.into_iter().enumerate() {
        if listing.form.is_home() && count > 6 && draw.chance(percent) {
            let at = count - 2 - place;
            media[at] = medium(draw, listing, (number, size), at, kind);
        }
    }
    media
}

fn medium(draw: &mut Draw, listing: &Listing, (number, size): (u64, Size), at: usize, kind: MediaKind) -> Media {
    const SHOWN: &[&str] =
        &["Front", "Living room", "View from the window", "Kitchen", "Main bedroom", "Façade at dusk", "Detail"];
    const GROUND: &[&str] = &["From the road", "Boundary", "Looking north", "Façade of the street", "Access"];
    let (file, caption) = match kind {
        MediaKind::Image => ("jpg", if listing.form.is_home() { draw.pick(SHOWN) } else { draw.pick(GROUND) }),
        MediaKind::FloorPlan => ("png", "Floor plan"),
        MediaKind::Brochure => ("pdf", "Brochure"),
        MediaKind::VirtualTour => ("html", "Virtual tour"),
        MediaKind::EnergyCertificate => ("png", "EPC"),
    };
    let mut url = String::with_capacity(64);
    // The longest URLs come near to the 250 characters that portals take.
    let filler = if size.largest { 180 } else { 1 };
    let _ = write!(url, "https://media.agent.example/{number:x}/{:0>filler$}/{:03}.{file}", number % 7, at + 1);
    Media { kind, url, caption: caption.to_owned(), updated: listing.created }
}
