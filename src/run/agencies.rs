use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::Value;

use crate::{
    judge::Templates,
    scenario::{AgencyText, Scenario},
    step::AgencyState,
};

/// Gives the agencies of scenarios their ids and accounts.
pub(super) struct Agencies<'a> {
    templates: &'a Templates,
    accounts: Option<usize>,
    next_account: usize,
    rng: StdRng,
}

impl<'a> Agencies<'a> {
    /// `accounts` is how many accounts there are; none where every agency registers its own.
    pub(super) fn new(templates: &'a Templates, accounts: Option<usize>, seed: u64) -> Self {
        Self { templates, accounts, next_account: 0, rng: StdRng::seed_from_u64(seed) }
    }

    /// The agencies of one scenario, with ids that are fresh for this run.
    pub(super) fn of(&mut self, scenario: &Scenario) -> Vec<AgencyState> {
        let mut states: Vec<AgencyState> = Vec::with_capacity(scenario.agencies.len());
        for text in &scenario.agencies {
            let shared =
                text.account_of.as_ref().and_then(|other| states.iter().find(|state| state.name == other.text));
            let account = shared.map_or_else(|| self.account(), |state| state.account);
            let (id, core) = self.id(text);
            states.push(AgencyState { name: text.name.clone(), id, core, account });
        }
        states
    }

    fn account(&mut self) -> usize {
        let account = self.next_account;
        self.next_account += 1;
        self.accounts.map_or(account, |accounts| account % accounts.max(1))
    }

    /// An agencyId and the random part of it. An id of digits alone is recognised by its digits.
    fn id(&mut self, text: &AgencyText) -> (String, String) {
        const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
        const BOTH: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let rng = &mut self.rng;
        let mut pick = |from: &[u8]| char::from(from[rng.random_range(0..from.len())]);
        let random: String = (0..16).map(|at| pick(if at == 0 { LETTERS } else { BOTH })).collect();
        let digits: String = (0..15).map(|at| pick(if at == 0 { b"123456789" } else { b"0123456789" })).collect();
        let Some(template) = &text.id else { return (format!("agency-{random}"), random) };
        let scope = BTreeMap::from([
            ("random".to_owned(), Value::String(random.clone())),
            ("digits".to_owned(), Value::String(digits.clone())),
        ]);
        // The template was linted over these two names, so that it renders.
        let id = self.templates.render(&template.text, &scope).unwrap_or_else(|_| format!("agency-{random}"));
        let core = if id.contains(&random) { random } else { digits };
        (id, core)
    }
}
