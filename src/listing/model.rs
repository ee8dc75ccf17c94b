use super::{
    kind::{Form, Kind},
    place::Place,
    stamp::Stamp,
    terms::{Tax, Terms},
};

/// A property as an agent lists it, before any flavour writes it down.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The agent's own reference, by which an update is recognised.
    pub reference: String,
    /// The branch that lists it.
    pub branch: u32,
    /// What it is.
    pub kind: Kind,
    /// What it is built like.
    pub form: Form,
    /// Whether nobody has lived in it yet.
    pub new_home: bool,
    /// How far a sale or letting has come.
    pub status: Status,
    /// When it was first listed.
    pub created: Stamp,
    /// When it was last changed.
    pub updated: Stamp,
    /// Where it is.
    pub place: Place,
    /// The price or the rent, in pounds.
    pub price: u32,
    /// What is agreed with a buyer or a tenant.
    pub terms: Terms,
    /// What the council takes; nothing for what nobody lives in.
    pub tax: Option<Tax>,
    /// One line.
    pub title: String,
    /// Two sentences.
    pub summary: String,
    /// The text, in paragraphs.
    pub description: String,
    /// What is named in a list.
    pub features: Vec<&'static str>,
    /// Bedrooms.
    pub bedrooms: u32,
    /// Bathrooms.
    pub bathrooms: u32,
    /// Living rooms.
    pub receptions: u32,
    /// Square metres inside, or of the ground where there is nothing inside.
    pub square_metres: u32,
    /// The rooms that are described.
    pub rooms: Vec<Room>,
    /// Pictures, plans and the like, in their order.
    pub media: Vec<Media>,
    /// What else the law wants said; nothing in the leanest listing.
    pub material: Option<Material>,
}

/// How far a sale or letting has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "each is the trade's own word")]
pub enum Status {
    Available,
    UnderOffer,
    /// New homes alone.
    Reserved,
    SoldSubjectToContract,
    /// Scotland alone.
    SoldSubjectToMissives,
    LetAgreed,
}

/// A room.
#[derive(Clone, Debug, PartialEq)]
pub struct Room {
    /// Its name, which no other room of the listing has.
    pub name: String,
    /// What it is like.
    pub description: String,
    /// Length and width, in centimetres.
    pub centimetres: (u32, u32),
    /// Which of the listing's media show it, by their places.
    pub photos: Vec<usize>,
}

/// A picture, a plan or the like.
#[derive(Clone, Debug, PartialEq)]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// Where the portal fetches it. The host is below `.example`, which RFC 2606 reserves: nothing is there.
    pub url: String,
    /// What stands below it.
    pub caption: String,
    /// When it was last changed.
    pub updated: Stamp,
}

/// What a medium is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum MediaKind {
    Image,
    FloorPlan,
    Brochure,
    VirtualTour,
    EnergyCertificate,
}

/// What the law wants said beside price and tenure.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Material {
    pub parking: Option<Parking>,
    pub outside: Option<Outside>,
    /// Nothing for ground and garages.
    pub services: Option<Services>,
    pub flooded_in_last_five_years: bool,
    pub listed_building: bool,
    pub rights_of_way: bool,
}

/// Where a car stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Parking {
    Driveway,
    Garage,
    OnStreet,
    Allocated,
    Residents,
}

/// What is outside of the door.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Outside {
    PrivateGarden,
    CommunalGarden,
    Terrace,
}

/// How a home is supplied.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Services {
    pub heating: Heating,
    pub fibre: bool,
    /// The energy certificate's marks, now and as they could be: 1 to 100.
    pub energy: (u32, u32),
}

/// What heats a home.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Heating {
    Gas,
    Oil,
    NightStorage,
    AirSourceHeatPump,
}

impl Listing {
    /// The URLs of the media that show a room.
    pub(super) fn photos_of<'a>(&'a self, room: &'a Room) -> impl Iterator<Item = &'a str> {
        room.photos.iter().filter_map(|place| self.media.get(*place)).map(|medium| medium.url.as_str())
    }
}
