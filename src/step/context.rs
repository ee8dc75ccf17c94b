use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;

use super::{AgencyState, ClockControl, ListingApi, compile::Steps, listing::Taken};
use crate::{
    agency::Agency,
    dialect::Dialect,
    evidence::{Bound, Evidence, Record, Recorder, StopKind, shallow},
    judge::{AGENCIES, TARGET, Templates, Terms, resolve},
    mailbox::Mailbox,
    receiver::Receiver,
    secret::Secret,
    wire::{Call, Origin, Reply, Tokens, Wire},
};

/// Why a scenario cannot go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// What kind of reason.
    pub kind: StopKind,
    /// What happened.
    pub reason: String,
}

impl Stop {
    /// A stop of some kind.
    pub fn new(kind: StopKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into() }
    }

    /// What the next steps rest on did not hold.
    pub fn prerequisite(reason: impl Into<String>) -> Self {
        Self::new(StopKind::Prerequisite, reason)
    }
}

/// A partner's credentials and the token that its calls share.
pub struct Client {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: Secret,
    /// The cached token.
    pub tokens: Tokens,
}

/// What all scenarios of a run share.
pub struct Shared {
    /// Sends requests.
    pub wire: Wire,
    /// The partner under whose name the run goes.
    pub client: Client,
    /// A second partner, where the profile has one.
    pub second: Option<Client>,
    /// Takes deliveries.
    pub receiver: Receiver,
    /// Takes the developer's mail, where the profile has a mailbox.
    pub mailbox: Option<Mailbox>,
    /// Plays the agencies in front of the target's page.
    pub agency: Agency,
    /// What the profile pins.
    pub terms: Terms,
    /// Fills in arguments.
    pub templates: Templates,
    /// Where facts go.
    pub recorder: Recorder,
    /// What has been recorded so far.
    pub evidence: Arc<Mutex<Evidence>>,
    /// Where the target puts token and link, as found by the preflight or pinned.
    pub dialect: Dialect,
    /// The Listing API, where the profile has one.
    pub listing: Option<ListingApi>,
    /// The listings that the target took so far.
    pub taken: Taken,
    /// The target's clock, where the profile has one.
    pub clock: Option<ClockControl>,
    /// Whether deliberately wrong credentials may be sent.
    pub may_probe_secrets: bool,
    /// The URL at which the target delivers: the receiver's own, or the registered one that leads to it.
    pub webhook_url: String,
    /// How long to wait, after the target's clock was moved, for what that sets off.
    pub settle: Duration,
    /// How long a limited request is waited out before its scenario gives up.
    pub patience: Duration,
    /// How long one step may take.
    pub step_budget: Duration,
    /// How long to wait for something due for which the profile pins no deadline.
    pub wait_at_most: Duration,
}

/// What names stand for. A round of a repeated step has all that was bound before it.
type Names = BTreeMap<String, Arc<Value>>;

/// What a step works with: the run, and its scenario's own names. Cloning gives another handle.
#[derive(Clone)]
pub struct Context {
    /// What all scenarios share.
    pub shared: Arc<Shared>,
    scenario: Arc<str>,
    label: Arc<str>,
    agencies: Arc<Vec<AgencyState>>,
    scope: Arc<Mutex<Names>>,
    collected: Option<Arc<Mutex<serde_json::Map<String, Value>>>>,
    as_second: bool,
    patient: bool,
}

impl Context {
    /// The context of a scenario at its begin. `patient` waits a limited answer out; a scenario about the limit does not.
    #[must_use]
    pub fn new(
        shared: Arc<Shared>,
        scenario: &str,
        agencies: Vec<AgencyState>,
        mut scope: BTreeMap<String, Value>,
        patient: bool,
    ) -> Self {
        scope.insert(TARGET.into(), super::facts::bound(&shared.terms));
        let named = agencies.iter().map(|agency| {
            (
                agency.name.clone(),
                serde_json::json!({ "id": agency.id, "account": agency.account, "name": agency.name }),
            )
        });
        scope.insert(AGENCIES.into(), Value::Object(named.collect()));
        Self {
            shared,
            scenario: scenario.into(),
            label: "".into(),
            agencies: Arc::new(agencies),
            scope: Arc::new(Mutex::new(scope.into_iter().map(|(name, value)| (name, value.into())).collect())),
            collected: None,
            as_second: false,
            patient,
        }
    }

    /// The same scenario at another step.
    #[must_use]
    pub fn at(&self, label: &str) -> Self {
        Self { label: label.into(), ..self.clone() }
    }

    /// The same, under the second partner's name.
    #[must_use]
    pub fn as_second(&self) -> Self {
        Self { as_second: true, ..self.clone() }
    }

    /// The same with names of its own: what it binds is not seen outside.
    #[must_use]
    pub fn nested(&self) -> Self {
        let collected = Some(Arc::default());
        Self { scope: Arc::new(Mutex::new(self.scope().clone())), collected, ..self.clone() }
    }

    /// What a nested context bound.
    #[must_use]
    pub fn collected(&self) -> serde_json::Map<String, Value> {
        let collected = self.collected.as_ref().map(|map| map.lock().unwrap_or_else(PoisonError::into_inner).clone());
        collected.unwrap_or_default()
    }

    /// The path of the scenario.
    #[must_use]
    pub fn scenario(&self) -> &str {
        &self.scenario
    }

    /// Which step of which scenario sends what is sent now.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin { scenario: self.scenario.to_string(), step: self.label.to_string() }
    }

    /// The partner under whose name the step goes.
    ///
    /// # Errors
    ///
    /// The second partner is asked for and the profile has none.
    pub fn client(&self) -> Result<&Client, Stop> {
        if !self.as_second {
            return Ok(&self.shared.client);
        }
        self.shared
            .second
            .as_ref()
            .ok_or_else(|| Stop::new(StopKind::CouldNotRun, "the profile gives no `second` credentials"))
    }

    /// All agencies of the scenario.
    pub fn agencies(&self) -> impl Iterator<Item = &AgencyState> {
        self.agencies.iter()
    }

    /// The agency with this name.
    ///
    /// # Errors
    ///
    /// There is none: the name was filled in at run time.
    pub fn agency(&self, name: &str) -> Result<&AgencyState, Stop> {
        self.agencies
            .iter()
            .find(|agency| agency.name == name)
            .ok_or_else(|| Stop::new(StopKind::Harness, format!("the scenario has no agency `{name}`")))
    }

    /// A text with its `{{ … }}` filled in.
    ///
    /// # Errors
    ///
    /// What cannot be evaluated, such as the first of no deliveries.
    pub fn render(&self, text: &str) -> Result<String, Stop> {
        if !text.contains("{{") {
            return Ok(text.to_owned());
        }
        self.shared.templates.render(text, &self.scope()).map_err(Stop::prerequisite)
    }

    /// A JSON value with its texts filled in.
    ///
    /// # Errors
    ///
    /// As for [`Context::render`].
    pub fn fill(&self, value: &Value) -> Result<Value, Stop> {
        self.shared.templates.fill(value, &self.scope()).map_err(Stop::prerequisite)
    }

    /// Whether an expression over the names bound so far holds; not while it cannot be evaluated.
    #[must_use]
    pub fn holds(&self, expression: &str) -> bool {
        let text = format!("{{{{ {expression} }}}}");
        self.shared.templates.value(&text, &self.scope()).is_ok_and(|value| value == Value::Bool(true))
    }

    /// The names bound so far, with what they stand for now.
    fn scope(&self) -> MutexGuard<'_, Names> {
        self.scope.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a name in scope without recording it.
    pub fn put(&self, name: &str, value: Value) {
        self.scope().insert(name.to_owned(), value.into());
    }

    /// Sends a request; a limited answer is waited out as told, unless the scenario is about the limit.
    pub async fn send(&self, call: Call) -> Reply {
        if self.patient { self.send_patiently(call).await } else { self.shared.wire.send(call).await }
    }

    /// Sends a request, and waits a limited answer out as told.
    pub async fn send_patiently(&self, call: Call) -> Reply {
        self.shared.wire.send_patiently(call, self.shared.patience).await
    }

    /// Runs steps one after another, and records what they bind.
    ///
    /// # Errors
    ///
    /// The label of the step at which it stopped, and why.
    pub async fn run(&self, steps: &Steps) -> Result<(), (String, Stop)> {
        for (label, bind, step) in &steps.steps {
            let context = self.at(label);
            let budget = self.shared.step_budget;
            let value = match self.shared.agency.within(budget, step.run.run(&context)).await {
                Some(Ok(value)) => value,
                Some(Err(stop)) => return Err((label.clone(), stop)),
                None => {
                    let reason = format!("it took longer than a step may ({} s)", budget.as_secs());
                    return Err((label.clone(), Stop::new(StopKind::Budget, reason)));
                }
            };
            if let Some(name) = bind {
                self.bind(name, value);
            }
        }
        Ok(())
    }

    /// Binds a name: in scope with records in the places of references, and in the evidence as it is. Within a nested
    /// context it is kept for [`Context::collected`] instead.
    pub fn bind(&self, name: &str, value: Value) {
        let value = shallow(value);
        self.put(name, self.resolved(&value));
        if let Some(collected) = &self.collected {
            collected.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), value);
            return;
        }
        self.shared.recorder.record(Record::Bound(Bound {
            scenario: self.scenario.to_string(),
            name: name.to_owned(),
            value,
        }));
    }

    /// A bound value with records in the places of references.
    fn resolved(&self, value: &Value) -> Value {
        resolve(value, &self.shared.evidence.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
