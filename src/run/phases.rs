use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::{StreamExt, stream};

use super::{Options, agencies::Agencies, lacking, progress::Progress, quiet};
use crate::{
    evidence::{Agency, Finished, Record, StopKind, Stopped},
    plan::{Phase, Plan, PlannedScenario},
    profile::Target,
    receiver::{Armed, NotRestored, Script},
    step::{AgencyState, Context, Shared, Stop},
};

/// So many scenarios are under way at once; most of their time they wait.
const SIDE_BY_SIDE: usize = 64;

/// Takes the scenarios of a plan through the phases of the run.
pub(super) async fn run_all(
    shared: &Arc<Shared>,
    plan: &Plan,
    target: &Target,
    options: Options,
    seed: u64,
    progress: &dyn Progress,
) {
    let mut agencies = Agencies::new(&shared.templates, shared.agency.accounts(), seed);
    let armed: Vec<Vec<AgencyState>> =
        plan.scenarios.iter().map(|planned| agencies.of(&planned.case.scenario)).collect();
    let running = Running { shared, plan, armed, target, progress, done: AtomicUsize::new(0) };
    running.one_at_a_time(Phase::Receiver).await;
    running.one_at_a_time(Phase::Hang).await;
    running.side_by_side(Phase::Together).await;
    progress.phase("quiet window");
    quiet::listen(shared, options.quiet_at_most, running.one_at_a_time(Phase::Limit)).await;
    running.one_at_a_time(Phase::Token).await;
    running.one_at_a_time(Phase::Clock).await;
    quiet::mail(shared, options.quiet_at_most).await;
}

struct Running<'a> {
    shared: &'a Arc<Shared>,
    plan: &'a Plan,
    armed: Vec<Vec<AgencyState>>,
    target: &'a Target,
    progress: &'a dyn Progress,
    done: AtomicUsize,
}

impl Running<'_> {
    fn of(&self, phase: Phase) -> impl Iterator<Item = (&PlannedScenario, &Vec<AgencyState>)> {
        self.plan.scenarios.iter().zip(&self.armed).filter(move |(planned, _)| planned.phase == phase)
    }

    async fn one_at_a_time(&self, phase: Phase) {
        self.announce(phase);
        for (planned, agencies) in self.of(phase) {
            self.scenario(planned, agencies).await;
        }
    }

    async fn side_by_side(&self, phase: Phase) {
        self.announce(phase);
        stream::iter(self.of(phase))
            .for_each_concurrent(SIDE_BY_SIDE, |(planned, agencies)| self.scenario(planned, agencies))
            .await;
    }

    fn announce(&self, phase: Phase) {
        if self.of(phase).next().is_some() {
            self.progress.phase(phase.words());
        }
    }

    async fn scenario(&self, planned: &PlannedScenario, agencies: &[AgencyState]) {
        let path = planned.case.scenario.path.as_str();
        let stopped = match lacking(self.target, planned) {
            Some(stop) => Some(stopped_at("before its first step".into(), stop)),
            None => self.steps(planned, agencies).await.err().map(|(label, stop)| stopped_at(label, stop)),
        };
        let restored = if planned.phase == Phase::Receiver { self.shared.receiver.restore().await.err() } else { None };
        let not_restored = |error: NotRestored| Stop::new(StopKind::Harness, error.to_string());
        let stopped = stopped.or(restored.map(|error| stopped_at("after its last step".into(), not_restored(error))));
        let recorder = &self.shared.recorder;
        recorder.record(Record::Finished(Finished { scenario: path.to_owned(), at_ms: recorder.now_ms(), stopped }));
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.progress.scenario(path, done, self.plan.scenarios.len());
    }

    async fn steps(&self, planned: &PlannedScenario, agencies: &[AgencyState]) -> Result<(), (String, Stop)> {
        let path = planned.case.scenario.path.as_str();
        for agency in agencies {
            self.shared.recorder.record(Record::Agency(Agency {
                scenario: path.to_owned(),
                name: agency.name.clone(),
                id: agency.id.clone(),
                account: agency.account,
            }));
            self.shared.wire.in_the_clear(&agency.id);
            let script = Script::success();
            if let Some(mailbox) = &self.shared.mailbox {
                mailbox.arm(&agency.id, &agency.core);
            }
            self.shared.receiver.arm(Armed { agency_id: agency.id.clone(), core: agency.core.clone(), script });
        }
        let params: BTreeMap<_, _> = planned.case.params.clone();
        let patient = planned.phase != Phase::Limit;
        let context = Context::new(Arc::clone(self.shared), path, agencies.to_vec(), params, patient);
        context.run(&planned.steps).await
    }
}

fn stopped_at(step: String, why: Stop) -> Stopped {
    Stopped { kind: why.kind, step, reason: why.reason }
}
