//! UK property listings, made up: any number of them, each from a seed and its number alone.
//!
//! ```
//! use matchproof::listing::{FLAVOURS, Generator, Mix, SMALL, Shape, Stock};
//!
//! let shape = Shape { flavour: FLAVOURS[0], size: SMALL, stock: Stock::Mixed };
//! let generator = Generator::new(42, shape).with_prefix("run7-");
//! assert_eq!(generator.body(1_000_000), generator.body(1_000_000));
//! for change in generator.changes(Mix::default(), 0).take(3) {
//!     let body = generator.body_of(&change);
//!     assert!(body.starts_with(b"{\"reference\":\"run7-"));
//! }
//! ```
//!
//! No place, person or picture in them is one that exists: towns and districts are real so that platforms which look them up
//! are content, and all else is drawn.

mod build;
mod change;
mod data;
mod draw;
mod flavour;
mod generator;
mod kind;
mod life;
mod mix;
mod model;
mod place;
mod rooms;
mod size;
mod stamp;
mod terms;
#[cfg(test)]
mod tests;
mod text;

pub use build::Stock;
pub use change::{Action, Change, Changes};
pub use flavour::{FLAVOURS, Flavour};
pub use generator::{Generator, Shape};
pub use kind::{Form, Kind};
pub use life::Revision;
pub use mix::{Mix, MixError};
pub use model::{Heating, Listing, Material, Media, MediaKind, Outside, Parking, Room, Services, Status};
pub use place::{Nation, Place};
pub use size::{LARGEST, SIZES, SMALL, Size, SizeError, TYPICAL};
pub use stamp::Stamp;
pub use terms::{Furnished, Lease, Let, Market, Qualifier, Sale, Tax, Tenure, Terms};
