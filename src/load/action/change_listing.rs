use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Amount,
    kind::{ActionKind, Site, Wants},
};
use crate::{
    listing::{self, Change, Changes, Generator, Mix},
    load::{
        engine::{Action, Answer, Call, Connections, Keep, Outcome, Pass, Trouble},
        ground::Key,
        listings::{API_KEY, Listings, spread},
        plan::Compiler,
        route::Route,
    },
    step::id_in,
    syntax::Node,
};

/// Lets listings live: creates, changes and removes them in the proportion of the field.
///
/// The events of one listing must not overtake each other. So each event comes from a lane, which one user at a time holds,
/// and which sends an event again that did not arrive.
pub(super) struct ChangeListing {
    create: Route,
    update: Route,
    delete: Option<Route>,
    keys: Arc<[Key]>,
    listings: Listings,
    generator: Generator,
    mix: Mix,
    lanes: Mutex<Lanes>,
}

#[derive(Default)]
struct Lanes {
    free: Vec<Lane>,
    made: u32,
}

/// Events that come one after another.
struct Lane {
    number: u32,
    changes: Changes,
    /// The event that is to be sent.
    next: Option<Change>,
    /// What the target calls the listings that are alive, where it must be known.
    ids: HashMap<u64, String>,
}

/// The arguments of `change_listing`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// How many events of each kind come in a round. Without it 10 new listings, 75 changes of price or status, 10 of media,
    /// and 5 removals.
    mix: Option<MixText>,
    /// How much a listing says: `small`, `typical`, `largest`, or exactly so many bytes.
    #[serde(default)]
    size: Amount,
}

/// Events of a round.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MixText {
    /// New listings.
    create: u16,
    /// Changes of price or status.
    #[serde(default)]
    update: u16,
    /// Changes of a picture.
    #[serde(default)]
    media: u16,
    /// Removals; at most as many as new listings.
    #[serde(default)]
    remove: u16,
}

impl ActionKind for ChangeListing {
    const NAME: &'static str = "change_listing";
    const SUMMARY: &'static str = "lets listings live: creates, changes and removes them in a mix";
    const EXAMPLE: &'static str = "{ mix: { create: 10, update: 75, media: 10, remove: 5 } }";
    type Arguments = Arguments;

    fn wants(_: &Arguments) -> Wants {
        Wants { keys: true, capabilities: vec!["listing"], ..Wants::default() }
    }

    fn lint(arguments: &Arguments, node: &Node, compiler: &mut Compiler<'_>) {
        if let (Some(Err(error)), Some(at)) = (arguments.mix.map(mix), node.get("mix")) {
            compiler.told(&at.span, error.to_string(), "write `mix: { create: 10, update: 75, media: 10, remove: 5 }`");
        }
    }

    fn make(arguments: &Arguments, site: &Site) -> Result<Box<dyn Action>, String> {
        let listings = Listings::of(site)?;
        let mix = arguments.mix.map_or(Ok(Mix::default()), mix).map_err(|error| error.to_string())?;
        Ok(Box::new(Self {
            create: listings.create()?,
            update: listings.update()?,
            delete: listings.delete()?,
            keys: Arc::clone(&site.keys),
            generator: listings.generator(site.seed, arguments.size.0).with_prefix(site.prefix.clone()),
            listings,
            mix,
            lanes: Mutex::default(),
        }))
    }
}

fn mix(text: MixText) -> Result<Mix, listing::MixError> {
    Mix::new(text.create, text.update, text.media, text.remove)
}

impl ChangeListing {
    fn lane(&self) -> Lane {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.free.pop().unwrap_or_else(|| {
            let number = lanes.made;
            lanes.made += 1;
            let changes = self.generator.changes(self.mix, number);
            Lane { number, changes, next: None, ids: HashMap::new() }
        })
    }

    /// The event that a lane sends next. A removal is left out where the target has no way to remove.
    fn next(&self, lane: &mut Lane) -> Option<Change> {
        if lane.next.is_none() {
            let can = |change: &Change| change.action != listing::Action::Remove || self.delete.is_some();
            lane.next = lane.changes.find(can);
        }
        lane.next
    }

    fn route(&self, change: &Change) -> &Route {
        match (change.action, &self.delete) {
            (listing::Action::Create, _) => &self.create,
            (listing::Action::Remove, Some(delete)) => delete,
            _ => &self.update,
        }
    }

    fn needs_ids(&self) -> bool {
        self.update.needs_id() || self.delete.as_ref().is_some_and(Route::needs_id)
    }

    /// Notes how an event ended: one that may not have arrived is sent again.
    fn ended(&self, lane: &mut Lane, change: &Change, outcome: &Outcome, answer: &Result<Answer, Trouble>) {
        let again = match outcome {
            Outcome::Limited(_) | Outcome::Trouble(_) => true,
            Outcome::Status(status) => status.is_server_error(),
            Outcome::Done | Outcome::Unreadable(_) => false,
        };
        if again {
            return;
        }
        lane.next = None;
        match (change.action, answer) {
            (listing::Action::Create, Ok(answer)) if self.needs_ids() => {
                let reference = self.generator.reference(change.number);
                let id = id_in(&String::from_utf8_lossy(&answer.body), &reference);
                lane.ids.insert(change.number, id);
            }
            (listing::Action::Remove, _) => {
                lane.ids.remove(&change.number);
            }
            _ => {}
        }
        // Without removals nothing takes ids out: those of cohorts that no event concerns any more go here.
        if self.delete.is_none() && lane.ids.len() > 4 * usize::from(u16::MAX) {
            lane.ids.clear();
        }
    }
}

impl Action for ChangeListing {
    fn prepare(&self, pass: &mut Pass) -> Option<Call> {
        let mut lane = self.lane();
        let change = self.next(&mut lane)?;
        let route = self.route(&change);
        let reference = self.generator.reference(change.number);
        let id = lane.ids.get(&change.number).unwrap_or(&reference);
        let body = if change.action == listing::Action::Remove {
            Bytes::new()
        } else {
            self.listings.wrapped(self.generator.body_of(&change))
        };
        let mut call = route.call_about(id, &reference, body);
        let key = self.keys.get(spread(u64::from(lane.number), self.keys.len()))?;
        call.headers_mut().insert(API_KEY, key.header.clone());
        pass.carried = Some(Box::new(lane));
        Some(call)
    }

    fn perform<'a>(
        &'a self,
        pass: &'a mut Pass,
        ready: &'a mut Option<Call>,
        connections: &'a mut Connections,
    ) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let lane = pass.carried.take().and_then(|carried| carried.downcast::<Lane>().ok());
            let Some(mut lane) = lane.filter(|_| ready.is_some()) else { return Outcome::Unreadable("no key") };
            let Some(change) = lane.next else { return Outcome::Unreadable("no event") };
            let destination = &self.route(&change).destination;
            let creates = change.action == listing::Action::Create;
            let keep = if creates && self.needs_ids() { Keep::Answer } else { Keep::Nothing };
            let answer = connections.send(destination, ready, keep).await;
            let outcome = Outcome::of(&answer);
            self.ended(&mut lane, &change, &outcome, &answer);
            self.lanes.lock().unwrap_or_else(PoisonError::into_inner).free.push(*lane);
            outcome
        })
    }
}
