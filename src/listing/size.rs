use thiserror::Error;

/// How much a listing says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Size {
    /// Its name.
    pub name: &'static str,
    /// What it comes to.
    pub about: &'static str,
    /// Characters of the description, from and to.
    pub(super) description: (u32, u32),
    /// Characters of each room's description, from and to; no rooms where it is 0.
    pub(super) room: u32,
    /// Rooms, at most.
    pub(super) rooms: usize,
    /// Pictures, plans and the like, from and to.
    pub(super) media: (u32, u32),
    /// Features, at most.
    pub(super) features: usize,
    /// Whether what only the law asks for is said as well: utilities, risks, obligations.
    pub(super) material: bool,
    /// Whether rooms and media stand at their most, which only a great house has.
    pub(super) largest: bool,
    /// The bytes of the body, where they are to be exact.
    pub(super) bytes: Option<u32>,
}

/// The sizes that have a name.
pub const SIZES: &[Size] = &[SMALL, TYPICAL, LARGEST];

/// About 2 kB: a short text, a few rooms and pictures.
pub const SMALL: Size = Size {
    name: "small",
    about: "about 2 kB: a short text, a few rooms and pictures",
    description: (300, 420),
    room: 60,
    rooms: 3,
    media: (2, 3),
    features: 4,
    material: true,
    largest: false,
    bytes: None,
};

/// 6 to 15 kB: what agents mostly send.
pub const TYPICAL: Size = Size {
    name: "typical",
    about: "6 to 15 kB: what agents mostly send",
    description: (3500, 4700),
    room: 140,
    rooms: 14,
    media: (16, 26),
    features: 10,
    material: true,
    largest: false,
    bytes: None,
};

/// About half a megabyte: everything at the most that portals take.
pub const LARGEST: Size = Size {
    name: "largest",
    about: "about 0.5 MB: 32,000 characters of text, 99 rooms, 999 media",
    description: (32_000, 32_000),
    room: 980,
    rooms: 99,
    media: (999, 999),
    features: 10,
    material: true,
    largest: true,
    bytes: None,
};

/// A body cannot be made of so many bytes.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
#[error("a listing of exactly {0} bytes cannot be made: take a number from {least} to {most}", least = Size::FEWEST, most = Size::MOST)]
pub struct SizeError(pub u32);

impl Size {
    /// The smallest body that every listing of every flavour fits into, in bytes.
    pub const FEWEST: u32 = 1_500;
    /// The largest body of an exact size, in bytes: the description takes what is missing, and has an end.
    pub const MOST: u32 = 32_000;

    /// The size of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Size> {
        SIZES.iter().find(|size| size.name == name).copied()
    }

    /// Bodies of exactly so many bytes; the description fills them up.
    ///
    /// # Errors
    ///
    /// `bytes` is below [`Size::FEWEST`] or above [`Size::MOST`].
    pub fn exactly(bytes: u32) -> Result<Size, SizeError> {
        let lean = Size { name: "exact", about: "as many bytes as asked for", bytes: Some(bytes), ..LEAN };
        if (Self::FEWEST..=Self::MOST).contains(&bytes) { Ok(lean) } else { Err(SizeError(bytes)) }
    }
}

/// The least that is still a listing.
const LEAN: Size = Size {
    name: "lean",
    about: "the least that is still a listing",
    description: (1, 1),
    room: 0,
    rooms: 0,
    media: (1, 1),
    features: 2,
    material: false,
    largest: false,
    bytes: None,
};
