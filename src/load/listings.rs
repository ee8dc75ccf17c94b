//! The Listing API of a target, as load speaks to it.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderName;

use super::{action::Site, ground::Ground, route::Route};
use crate::{
    evidence::Endpoint,
    listing::{Generator, Shape, Size, Stock},
    step::{ListingApi, ListingRequest},
    wire::Call,
};

/// The header that carries an agency's key (guide, step 5).
pub(super) const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The Listing API of a target.
pub(super) struct Listings {
    ground: Arc<Ground>,
    api: ListingApi,
}

impl Listings {
    /// That of the target.
    ///
    /// # Errors
    ///
    /// The profile has none.
    pub(super) fn of(site: &Site) -> Result<Self, String> {
        Self::at(&site.ground)
    }

    /// The same without a site.
    ///
    /// # Errors
    ///
    /// The profile has none.
    pub(super) fn at(ground: &Arc<Ground>) -> Result<Self, String> {
        let api = ground.shared.listing.clone().ok_or("the profile gives no `listing`: add it to the target")?;
        Ok(Self { ground: Arc::clone(ground), api })
    }

    /// What makes listings in the profile's flavour.
    pub(super) fn generator(&self, seed: u64, size: Size) -> Generator {
        Generator::new(seed, Shape { flavour: self.api.flavour, size, stock: Stock::Mixed })
    }

    /// Where a listing is created.
    ///
    /// # Errors
    ///
    /// It cannot be sent to.
    pub(super) fn create(&self) -> Result<Route, String> {
        self.route(&self.api.create, true)
    }

    /// Where a listing is changed.
    ///
    /// # Errors
    ///
    /// It cannot be sent to.
    pub(super) fn update(&self) -> Result<Route, String> {
        self.route(&self.api.update, true)
    }

    /// Where a listing is removed; nothing where the profile does not say.
    ///
    /// # Errors
    ///
    /// It cannot be sent to.
    pub(super) fn delete(&self) -> Result<Option<Route>, String> {
        self.api.delete.as_ref().map(|request| self.route(request, false)).transpose()
    }

    /// Where listings are read; nothing where the profile does not say.
    ///
    /// # Errors
    ///
    /// It cannot be sent to.
    pub(super) fn read(&self) -> Result<Option<Route>, String> {
        self.api.read.as_ref().map(|request| self.route(request, false)).transpose()
    }

    /// Where the owner of a key is told; nothing where the profile does not say.
    ///
    /// # Errors
    ///
    /// It cannot be sent to.
    pub(super) fn owner(&self) -> Result<Option<Route>, String> {
        self.api.owner.as_ref().map(|request| self.route(request, false)).transpose()
    }

    /// A listing as the body of a request.
    pub(super) fn wrapped(&self, listing: Vec<u8>) -> Bytes {
        let Some(name) = &self.api.envelope else { return listing.into() };
        let name = serde_json::Value::from(name.as_str()).to_string();
        [b"{", name.as_bytes(), b":", &listing, b"}"].concat().into()
    }

    fn route(&self, request: &ListingRequest, has_body: bool) -> Result<Route, String> {
        let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
        if has_body {
            headers.push(("content-type".into(), "application/json".into()));
        }
        self.ground.route(&Call {
            origin: Ground::origin(),
            endpoint: Endpoint::Listing,
            method: request.method.clone(),
            url: request.url.clone(),
            headers,
            body: None,
        })
    }
}

/// Which of so many things the pass of this number takes, in turn.
pub(super) fn spread(number: u64, count: usize) -> usize {
    // A remainder is below a usize.
    usize::try_from(number % (count.max(1) as u64)).unwrap_or_default()
}
