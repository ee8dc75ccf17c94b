//! Text that people write, read with a place for every value.
//!
//! Scenario files (YAML) and the profile (TOML) become the same tree of [`Node`]s, whose values remember where they
//! stand. [`decode`] turns a node into a type of ours and collects *every* mistake on the way, and a [`Mistake`] renders
//! as where, what, and what to do.

mod decode;
mod mistake;
mod node;
mod source;
mod toml;
mod yaml;

pub use decode::{decode, decode_rest, with_cure};
pub use mistake::{Mistake, closest, render_all};
pub use node::{Entry, Kind, Node};
pub use source::{Source, Span};
pub use toml::parse_toml;
pub use yaml::{parse_yaml, parse_yaml_once};
