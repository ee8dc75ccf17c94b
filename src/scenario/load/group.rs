use schemars::JsonSchema;
use serde::{Deserialize, de::IgnoredAny};

use super::{
    Expected, FlowStep, Group, Pace, Timing,
    reader::{Reader, entry, place},
    value::{Name, Rate},
};
use crate::{
    profile::Bounded,
    scenario::{StepText, step},
    syntax::{Kind, Node},
};

/// How many users there may be: more than one process has connections for.
pub(super) type Users = Bounded<1, 100_000>;

/// What a file says of a group; its steps aside, whose arguments are theirs to read.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupText {
    /// What figures call it.
    name: Name,
    /// Steps that are done once, before the load.
    #[serde(rename = "setup")]
    #[schemars(with = "Option<Vec<serde_json::Value>>")]
    _setup: Option<IgnoredAny>,
    /// The steps of one pass, in order.
    #[serde(rename = "flow")]
    #[schemars(with = "Vec<serde_json::Value>")]
    _flow: IgnoredAny,
    /// Passes that begin in a second at level 100%, whether the target keeps up or not.
    rate: Option<Rate>,
    /// Users at level 100%, each of whom begins a pass when the last is done.
    #[schemars(with = "Option<u32>", range(min = 1, max = 100_000))]
    users: Option<Users>,
    /// How many users wait for arrivals, where there is a rate.
    #[schemars(with = "Option<u32>", range(min = 1, max = 100_000))]
    pool: Option<Users>,
    /// Its shares of the `rate` or the `users` of the whole file; 1 without it.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1000))]
    weight: Option<Bounded<1, 1000>>,
    /// Outcomes that are no error.
    #[serde(default)]
    expect: Vec<Expected>,
    /// Whether it waits as long as `Retry-After` asks.
    #[serde(default)]
    polite: bool,
}

/// What the groups of a file share by their weights.
#[derive(Clone, Copy)]
pub(super) enum Total {
    /// Nothing: each has a pace of its own.
    Own,
    /// Arrivals per second.
    Rate(f64),
    /// Users.
    Users(u32),
    /// The rates of a search.
    Search,
}

impl Total {
    fn name(self) -> &'static str {
        match self {
            Total::Own => "",
            Total::Rate(_) => "the `rate` of the whole file",
            Total::Users(_) => "the `users` of the whole file",
            Total::Search => "the rate of the breakpoint",
        }
    }
}

impl Reader<'_> {
    /// The groups, and whether all of them could be read, so that one that is not there is not there.
    pub(super) fn groups(&mut self, node: &Node, total: Total) -> (Vec<Group>, bool) {
        let items = self.list(node, "groups", "groups: [ { name: push, flow: [ … ], rate: 10/s } ]");
        let read: Vec<(&Node, GroupText)> =
            items.iter().filter_map(|item| self.read::<GroupText>(item).map(|text| (item, text))).collect();
        let all = !items.is_empty() && read.len() == items.len();
        let weights: Vec<u32> = read.iter().map(|(_, text)| text.weight.map_or(1, Bounded::get)).collect();
        let mut groups: Vec<Group> = Vec::new();
        for (at, (item, text)) in read.into_iter().enumerate() {
            let pace = self.pace(item, &text, total, &weights, at);
            let span = item.get("name").map_or_else(|| item.span.clone(), |name| name.span.clone());
            let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
            self.twice(&span, "group", &text.name.0, &names);
            let setup = item.get("setup").map(|setup| self.steps(setup)).unwrap_or_default();
            let flow = item.get("flow").map(|flow| self.flow(flow)).unwrap_or_default();
            let GroupText { name, expect, polite, .. } = text;
            groups.push(Group { name: name.0, setup, flow, pace, expect, polite, span });
        }
        (groups, all)
    }

    /// A group's pace. One that is wrong is made up, so that its figures can be read.
    fn pace(&mut self, item: &Node, text: &GroupText, total: Total, weights: &[u32], at: usize) -> Pace {
        let pool = text.pool.map(Bounded::get);
        for key in ["rate", "users"] {
            if let Some(own) = entry(item, key).filter(|_| !matches!(total, Total::Own)) {
                let what = format!("the groups share {}", total.name());
                self.told(
                    &own.key_span,
                    what,
                    format!("take `{key}` away here; `weight` says how much it takes of it"),
                );
            }
        }
        if matches!(total, Total::Own) && text.weight.is_some() {
            let cure = "write `rate` or `users` at the top of the file, for all groups";
            self.told(&place(item, "weight"), "there is nothing that a weight could share", cure);
        }
        let pace = match total {
            Total::Own => self.own(item, text),
            Total::Rate(rate) => Pace::Open { rate: rate * share(weights, at), pool },
            Total::Search => Pace::Open { rate: share(weights, at), pool },
            Total::Users(users) => Pace::Closed { users: part(users, weights, at) },
        };
        if matches!(pace, Pace::Closed { users: 0 }) {
            self.told(&place(item, "name"), "no user is left for this group", "raise its `weight`, or `users`");
        }
        if matches!(pace, Pace::Closed { .. }) && text.pool.is_some() {
            let cure = "take it away: `users` are all there are";
            self.told(&place(item, "pool"), "a group of `users` waits for no arrivals", cure);
        }
        pace
    }

    fn own(&mut self, item: &Node, text: &GroupText) -> Pace {
        // A value that could not be read was told of, and stands here all the same.
        let written = (entry(item, "rate"), entry(item, "users"));
        if written.0.is_some() == written.1.is_some() {
            let cure = "`rate: 10/s` begins passes on time, `users: 10` when the last is done";
            let span = written.1.map_or_else(|| item.span.start..item.span.start, |entry| entry.key_span.clone());
            self.told(&span, "a group needs a `rate` or `users`, and not both", cure);
        }
        match text.users {
            Some(users) if text.rate.is_none() => Pace::Closed { users: users.get() },
            _ => Pace::Open { rate: text.rate.map_or(1.0, |rate| rate.0), pool: text.pool.map(Bounded::get) },
        }
    }

    fn steps(&mut self, node: &Node) -> Vec<StepText> {
        if node.kind == Kind::List(Vec::new()) {
            return Vec::new();
        }
        let items = self.list(node, "steps", "[ { connect: { agencies: 50 } } ]");
        let source = self.source;
        items.iter().filter_map(|item| step(source, item).map_err(|told| self.mistakes.push(told)).ok()).collect()
    }

    fn flow(&mut self, node: &Node) -> Vec<FlowStep> {
        if node.items().is_empty() {
            self.list(node, "steps", "[ { push_listing: { listing: fresh } } ]");
            return Vec::new();
        }
        let mut flow: Vec<FlowStep> = Vec::new();
        for step in self.steps(node) {
            let kind = &step.kind.text;
            let own = step.arguments.get("as").filter(|name| name.text().is_some());
            let before = flow.iter().filter(|other| other.step.kind.text == *kind).count();
            let name = match own.and_then(Node::text) {
                Some(name) => name.to_owned(),
                None if before == 0 => kind.clone(),
                None => format!("{kind}-{}", before + 1),
            };
            let span = own.map_or_else(|| step.kind.span.clone(), |own| own.span.clone());
            let names: Vec<&str> = flow.iter().map(|other| other.name.as_str()).collect();
            self.twice(&span, "step", &name, &names);
            if Timing::ALL.iter().any(|timing| timing.word() == name) {
                let cure = "give the step another name by `as`";
                self.told(&span, format!("`{name}` is a word of figures, and no step's name"), cure);
            }
            flow.push(FlowStep { name, step });
        }
        flow
    }
}

/// A group's part of the whole.
fn share(weights: &[u32], at: usize) -> f64 {
    f64::from(weights[at]) / f64::from(weights.iter().sum::<u32>())
}

/// A group's users: whole ones, which add up to all.
fn part(users: u32, weights: &[u32], at: usize) -> u32 {
    let sum: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    let until = |end: usize| {
        let weight: u64 = weights[..end].iter().map(|weight| u64::from(*weight)).sum();
        (u64::from(users) * weight + sum / 2) / sum
    };
    // No part is more than the whole, which is a u32.
    u32::try_from(until(at + 1) - until(at)).unwrap_or(users)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn parts_add_up_to_the_whole(
            users in 1_u32..100_000,
            weights in proptest::collection::vec(1_u32..1000, 1..20),
        ) {
            let parts: Vec<u32> = (0..weights.len()).map(|at| part(users, &weights, at)).collect();
            proptest::prop_assert_eq!(parts.iter().sum::<u32>(), users);
            for (at, part) in parts.iter().enumerate() {
                let exact = f64::from(users) * share(&weights, at);
                proptest::prop_assert!((f64::from(*part) - exact).abs() <= 1.0, "{} of {}", part, exact);
            }
        }
    }
}
