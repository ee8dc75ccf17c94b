use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use jiff::Timestamp;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::sync::{
    mpsc::{UnboundedReceiver, unbounded_channel},
    watch,
};

use super::{
    LoadPlan, PlannedLoad,
    action::Site,
    breakpoint::Seeker,
    engine::{self, Budget, Dashboard, Expect, Meter, Next, Patience, Pool, Second, UnderWay, Watch},
    facts::Facts,
    ground::{Ground, Key, Reach},
    listings::Listings,
    live::Metrics,
    lost,
    measure::{Account, Judge},
    owners,
    plan::PlannedGroup,
    setup::Ready,
};
use crate::{
    evidence::Ending,
    plan::Plan,
    profile::Target,
    report::{Report, load::LoadResult},
    run::{self, Aim, Loads, Progress, RunError, SavedScenario, Session},
    scenario::load::{Expected, Group, LoadScenario, Pace},
    schedule::{Arrivals, Shard, Walk},
    step::Need,
    verdict::Judgement,
};

/// How load is bounded and shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// What listings, and random arrivals that name no seed, are drawn from.
    pub seed: u64,
    /// How many requests all scenarios may send together, each step of a pass being one, and setups apart. None is begun that
    /// would be more, and the load ends within a second.
    pub max_requests: Option<u64>,
    /// How many requests a second may be due. A scenario with more is refused.
    pub max_rate: Option<f64>,
    /// Where goose shows what goes on.
    pub dashboard: Option<SocketAddr>,
    /// How often a scenario is repeated whose run was invalid.
    pub retry_invalid: u32,
    /// Where figures are served to Prometheus.
    pub metrics: Option<SocketAddr>,
    /// Whether a broken `should` fails.
    pub strict: bool,
}

/// Runs load scenarios against a target, one after another, and gives the report made of what they left in the session's
/// folder. It is to run on a current-thread runtime.
///
/// `interrupted` turns true when the run is to end with what it knows.
///
/// # Errors
///
/// What keeps the run from beginning, or its report from being written.
pub async fn run(
    session: Session,
    aim: Aim<'_>,
    plan: LoadPlan,
    options: Options,
    progress: &dyn Progress,
    mut interrupted: watch::Receiver<bool>,
) -> Result<Report, RunError> {
    let target = aim.target;
    refuse(target, &plan, &options)?;
    let reach = reach(target);
    let run_options = run::Options { strict: options.strict, ..run::Options::default() };
    let mut loads = Loads { scenarios: plan.scenarios.iter().map(saved).collect(), ..Loads::default() };
    run::write(&session, &loads)?;
    let heard = interrupted.clone();
    let whole = async {
        let authenticates = plan.scenarios.iter().any(PlannedLoad::authenticates);
        let rest = nothing_else(&plan);
        let shared = match run::ready(&session, aim, &rest, run_options, authenticates, progress).await? {
            Ok(shared) => shared,
            Err(reason) => return Ok((Ending::Environment, Some(reason))),
        };
        let ground = match Ground::new(shared, reach).await {
            Ok(ground) => ground,
            Err(reason) => return Ok((Ending::Environment, Some(reason))),
        };
        let metrics = match options.metrics {
            None => None,
            Some(address) => match Metrics::listen(address).await {
                Ok(metrics) => Some(metrics),
                Err(error) => return Ok((Ending::Environment, Some(format!("metrics at {address}: {error}")))),
            },
        };
        let hand = Hand {
            session: &session,
            target,
            ground,
            options: &options,
            progress,
            interrupted: heard,
            metrics,
            budget: options.max_requests.map(|most| Arc::new(Budget::new(most))),
        };
        Box::pin(hand.all(&plan, &mut loads)).await
    };
    let ended: Result<_, RunError> = tokio::select! {
        ended = whole => ended,
        () = turned(&mut interrupted) => Ok((Ending::Interrupted, None)),
    };
    let (how, detail) = ended?;
    run::write(&session, &loads)?;
    run::close(session, how, detail).await
}

/// How long a load that was interrupted may take to write down what it has.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Waits until the run is interrupted, and then until the engine has had the time to end by itself.
async fn turned(interrupted: &mut watch::Receiver<bool>) {
    if interrupted.wait_for(|interrupted| *interrupted).await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(LAST_WORDS).await;
}

/// Refuses what must not be sent, or cannot be.
fn refuse(target: &Target, plan: &LoadPlan, options: &Options) -> Result<(), RunError> {
    if target.proxy.is_some() {
        let what = "load does not go through a proxy, whose times would stand for the target's: take `proxy` out";
        return Err(RunError::Profile(what.into()));
    }
    for planned in &plan.scenarios {
        let path = &planned.scenario.path;
        if let Some(most) = options.max_rate
            && planned.peak_rate() > most
        {
            let peak = planned.peak_rate();
            return Err(RunError::Profile(format!(
                "{path} sends up to {peak:.0} requests a second, and {most:.0} are allowed"
            )));
        }
    }
    Ok(())
}

fn reach(target: &Target) -> Reach {
    Reach {
        connect_within: target.timeouts.connect(),
        pages: target.agency.as_ref().map(|agency| agency.allowed_hosts.clone()).unwrap_or_default(),
    }
}

/// The plan of a run that takes no step of conformance.
fn nothing_else(plan: &LoadPlan) -> Plan {
    let mut requirements: Vec<&'static str> = Vec::new();
    for row in plan.scenarios.iter().flat_map(|planned| &planned.scenario.requirements) {
        if !requirements.contains(&row.id) {
            requirements.push(row.id);
        }
    }
    Plan { scenarios: Vec::new(), asked: requirements.clone(), requirements }
}

fn saved(planned: &PlannedLoad) -> SavedScenario {
    let scenario = &planned.scenario;
    SavedScenario {
        path: scenario.path.clone(),
        title: scenario.title.clone(),
        name: scenario.source.name().to_owned(),
        text: scenario.source.text().to_owned(),
        params: scenario.params.clone(),
        requirements: scenario.requirements.iter().map(|row| row.id.to_owned()).collect(),
    }
}

/// Takes the scenarios of a plan in turn.
struct Hand<'a> {
    session: &'a Session,
    target: &'a Target,
    ground: Arc<Ground>,
    options: &'a Options,
    progress: &'a dyn Progress,
    interrupted: watch::Receiver<bool>,
    metrics: Option<Metrics>,
    /// What all scenarios may still send.
    budget: Option<Arc<Budget>>,
}

/// A group that is set up: what the engine runs, and its agencies' keys.
struct Set {
    groups: Vec<Arc<engine::Group>>,
    keys: Vec<Key>,
    facts: Arc<Facts>,
}

impl Hand<'_> {
    async fn all(mut self, plan: &LoadPlan, loads: &mut Loads) -> Result<(Ending, Option<String>), RunError> {
        let mut number = 0;
        for (at, planned) in plan.scenarios.iter().enumerate() {
            let path = &planned.scenario.path;
            if let Some(stop) =
                planned.needs().into_iter().find_map(|need| run::unmet(self.target, Need::to_be_told(need)))
            {
                return Ok((Ending::CutShort, Some(format!("{path}: {}", stop.reason))));
            }
            let mut invalid: Vec<String> = Vec::new();
            loop {
                number += 1;
                let (mut result, judgements) = match Box::pin(self.once(planned, (number, &loads.results))).await? {
                    Ok(come_to) => come_to,
                    Err(reason) => return Ok((Ending::CutShort, Some(format!("{path}: {reason}")))),
                };
                let again = invalid.len() < self.options.retry_invalid as usize;
                if !result.validity.valid && again && !*self.interrupted.borrow_and_update() {
                    let cause = result.validity.causes.into_iter().next().map(|cause| cause.what).unwrap_or_default();
                    self.progress.phase(&format!("{path} is invalid and is repeated: {cause}"));
                    invalid.push(cause);
                    continue;
                }
                result
                    .notes
                    .extend(invalid.iter().map(|cause| format!("an invalid run came before, left out: {cause}")));
                loads.results.push(result);
                loads.judgements.extend(judgements);
                if let Some(metrics) = &self.metrics {
                    metrics.over(&loads.results);
                }
                run::write(self.session, loads)?;
                break;
            }
            self.progress.scenario(path, at + 1, plan.scenarios.len());
            if *self.interrupted.borrow_and_update() {
                return Ok((Ending::Interrupted, None));
            }
        }
        Ok((Ending::Complete, None))
    }

    /// Runs a scenario once. The inner error is why it could not begin, for a reader.
    async fn once(
        &self,
        planned: &PlannedLoad,
        (number, over): (usize, &[LoadResult]),
    ) -> Result<Result<(LoadResult, Vec<Judgement>), String>, RunError> {
        let scenario = &planned.scenario;
        self.progress.phase(&format!("setup of {}", scenario.path));
        let prepared = match self.set(planned, number).await {
            Ok(prepared) => prepared,
            Err(reason) => return Ok(Err(reason)),
        };
        self.progress.phase(&scenario.path);
        let account = Account::begin(scenario, self.session.folder(), number);
        let account = account.map_err(|error| RunError::Folder(error.to_string()))?;
        let (mut account, mut lines) = self.telling(account, over);
        let load = engine::Load {
            base_url: self.ground.shared.wire.base_url().to_string(),
            groups: prepared.groups,
            drain: scenario.max_response + Duration::from_secs(1),
            dashboard: self.options.dashboard.map(Dashboard),
        };
        let ended = tokio::select! {
            ended = self.send(scenario, &load, &mut account) => ended,
            never = self.keep_token() => match never {},
            never = self.tell(&scenario.path, &mut lines) => match never {},
        };
        let ended = ended.map_err(|fault| RunError::Report(fault.to_string()))?;
        self.look(&prepared.facts, &prepared.keys).await;
        let mut result = account.close(ended);
        result.notes.extend(load.groups.iter().filter_map(|group| held_back(group)));
        Ok(Ok((result, prepared.facts.judge(&scenario.path, self.options.strict))))
    }

    /// Looks at the target for what the load leaves there, as far as it is to be judged.
    async fn look(&self, facts: &Facts, keys: &[Key]) {
        let (accepted, delivered) = (facts.to_look_for(), facts.to_ask_about());
        let Ok(listings) = Listings::at(&self.ground) else { return };
        if *self.interrupted.borrow() {
            return;
        }
        if !accepted.is_empty() {
            self.progress.phase("reading back what was accepted");
            facts.looked(lost::look(&listings, keys, &accepted).await);
        }
        if !delivered.is_empty() {
            self.progress.phase("asking whose the delivered keys are");
            if let Some(owners) = owners::ask(&listings, &self.ground.shared.agency, &delivered).await {
                facts.asked(owners);
            }
        }
    }

    /// Lets each second be told: as a line to who is given, and to who asks for figures.
    fn telling(&self, account: Account, over: &[LoadResult]) -> (Account, UnboundedReceiver<String>) {
        let (told, lines) = unbounded_channel();
        let mut metrics = self.metrics.as_ref().map(|metrics| metrics.teller(over));
        let account = account.telling(move |pulse, result| {
            // The receiver lives as long as the load.
            let _ = told.send(pulse.to_string());
            if let Some(metrics) = &mut metrics {
                metrics(result);
            }
        });
        (account, lines)
    }

    /// Shows the line of each second.
    async fn tell(&self, path: &str, lines: &mut UnboundedReceiver<String>) -> Infallible {
        loop {
            match lines.recv().await {
                Some(line) => self.progress.second(path, &line),
                None => std::future::pending().await,
            }
        }
    }

    /// Sends it all, and searches where the scenario is a search.
    async fn send(
        &self,
        scenario: &LoadScenario,
        load: &engine::Load,
        account: &mut Account,
    ) -> Result<engine::Ended, engine::GooseFault> {
        let budget = self.budget.clone();
        let (Some(plan), Some(judge)) = (scenario.breakpoint(), Judge::new(scenario)) else {
            return engine::run(load, &mut Budgeted { inner: account, budget }, self.interrupted.clone()).await;
        };
        let shares = scenario.groups.iter().map(share).collect();
        let rates = judge.clone();
        let holds = move |seconds: &[Second]| rates.judge(seconds);
        let mut seeker = Seeker::new(plan, 0, &load.groups, shares, &mut *account, holds);
        let ended = engine::run(load, &mut Budgeted { inner: &mut seeker, budget }, self.interrupted.clone()).await?;
        let (_, found, tried) = seeker.close();
        account.searched(judge.close(found, tried));
        Ok(ended)
    }

    /// Keeps the shared token within its life.
    async fn keep_token(&self) -> Infallible {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if self.ground.bearer().is_some() {
                // One that cannot be had now shows in the figures once the old one is refused.
                let _ = self.ground.refresh().await;
            }
        }
    }

    /// Sets all groups up.
    async fn set(&self, planned: &PlannedLoad, number: usize) -> Result<Set, String> {
        let scenario = &planned.scenario;
        let facts = Arc::new(Facts::new(&scenario.requirements));
        if scenario.groups.iter().flat_map(|group| &group.flow).any(|step| step.step.kind.text == "integrate") {
            self.ground.refresh().await?;
        }
        let mut set = Set { groups: Vec::new(), keys: Vec::new(), facts };
        let mut rng = StdRng::seed_from_u64(self.options.seed);
        for (at, (group, steps)) in scenario.groups.iter().zip(&planned.groups).enumerate() {
            let seed = rng.random();
            let mut ready = Ready {
                ground: Arc::clone(&self.ground),
                scenario: scenario.path.clone(),
                name: format!("{number}-{}", group.name),
                seed,
                keys: Vec::new(),
                stock: None,
            };
            for step in &steps.setup {
                step.prepare(&mut ready).await.map_err(|reason| format!("setup of `{}`: {reason}", group.name))?;
            }
            let first_key = set.keys.len();
            set.keys.extend(ready.keys.iter().cloned());
            let site = Site {
                ground: Arc::clone(&self.ground),
                facts: Arc::clone(&set.facts),
                stages: scenario.stages.iter().map(|stage| stage.name.clone()).collect(),
                keys: ready.keys.into(),
                first_key,
                stock: ready.stock,
                seed,
                prefix: String::new(),
            };
            let made = self.group(scenario, (group, at), steps, site, number).await;
            set.groups.push(made.map_err(|reason| format!("`{}`: {reason}", group.name))?);
        }
        Ok(set)
    }

    async fn group(
        &self,
        scenario: &LoadScenario,
        (group, at): (&Group, usize),
        steps: &PlannedGroup,
        mut site: Site,
        number: usize,
    ) -> Result<Arc<engine::Group>, String> {
        let mut flow = Vec::with_capacity(steps.flow.len());
        for (step, made) in steps.flow.iter().enumerate() {
            site.prefix = format!("mp-{}-{number}-{at}-{step}-", self.ground.run());
            flow.push((made.make)(&site)?);
        }
        Ok(Arc::new(engine::Group {
            name: group.name.clone(),
            meter: Meter::new(flow.len()),
            flow,
            users: super::plan::users(scenario, group),
            pool: self.pool(scenario, group).within(self.budget.clone(), group.flow.len() as u64),
            destination: self.ground.destination(self.ground.shared.wire.base_url()).await?,
            within: scenario.max_response,
            expect: expect(&group.expect),
            patience: group.polite.then(Patience::default),
            under_way: UnderWay::default(),
        }))
    }

    fn pool(&self, scenario: &LoadScenario, group: &Group) -> Pool {
        match group.pace {
            Pace::Open { rate, .. } => {
                let arrivals = match scenario.arrivals {
                    Arrivals::Poisson { seed: 0 } => Arrivals::Poisson { seed: self.options.seed },
                    other => other,
                };
                Pool::open(Walk::new(scenario.segments(rate), arrivals, Shard::WHOLE))
            }
            Pace::Closed { users } => Pool::closed(scenario.segments(f64::from(users))),
        }
    }
}

/// How much a group that heeds limits left out, where it did.
fn held_back(group: &engine::Group) -> Option<String> {
    let held = group.held();
    (held > 0)
        .then(|| format!("{}: {held} passes were left out while it waited, as a limited answer asked", group.name))
}

/// A group's part of the rate of a search, whose groups are all open.
fn share(group: &Group) -> f64 {
    match group.pace {
        Pace::Open { rate, .. } => rate,
        Pace::Closed { .. } => 0.0,
    }
}

fn expect(expected: &[Expected]) -> Expect {
    let mut expect = Expect::default();
    for one in expected {
        match one {
            Expected::Limited => expect.limited = true,
            Expected::Refused => expect.refused = true,
            Expected::Status(status) => expect.statuses.push(*status),
        }
    }
    expect
}

/// Ends a load that may send no more.
struct Budgeted<'a> {
    inner: &'a mut dyn Watch,
    budget: Option<Arc<Budget>>,
}

impl Watch for Budgeted<'_> {
    fn begun(&mut self, at: Timestamp) {
        self.inner.begun(at);
    }

    fn second(&mut self, second: Second, groups: &[Arc<engine::Group>]) -> Next {
        match self.inner.second(second, groups) {
            Next::Go if self.budget.as_ref().is_some_and(|budget| budget.is_overdrawn()) => {
                Next::Stop("all requests that it may send were sent".to_owned())
            }
            next => next,
        }
    }
}
