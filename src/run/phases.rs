use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::{StreamExt, stream};

use super::{Options, agencies::Agencies, progress::Progress, quiet};
use crate::{
    evidence::{Agency, Finished, Record, StopKind, Stopped},
    plan::{Phase, Plan, Planned},
    profile::{Capability, Have, Target},
    receiver::{Armed, Script},
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
    fn of(&self, phase: Phase) -> impl Iterator<Item = (&Planned, &Vec<AgencyState>)> {
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

    async fn scenario(&self, planned: &Planned, agencies: &[AgencyState]) {
        let path = planned.case.scenario.path.as_str();
        let stopped = match self.lacking(planned) {
            Some(stop) => Some(stopped("before its first step".into(), stop)),
            None => self.steps(planned, agencies).await.err().map(|(label, stop)| stopped(label, stop)),
        };
        let recorder = &self.shared.recorder;
        recorder.record(Record::Finished(Finished { scenario: path.to_owned(), at_ms: recorder.now_ms(), stopped }));
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.progress.scenario(path, done, self.plan.scenarios.len());
    }

    async fn steps(&self, planned: &Planned, agencies: &[AgencyState]) -> Result<(), (String, Stop)> {
        let path = planned.case.scenario.path.as_str();
        for agency in agencies {
            self.shared.recorder.record(Record::Agency(Agency {
                scenario: path.to_owned(),
                name: agency.name.clone(),
                id: agency.id.clone(),
                account: agency.account,
            }));
            let script = Script::success();
            self.shared.receiver.arm(Armed { agency_id: agency.id.clone(), core: agency.core.clone(), script });
        }
        let params: BTreeMap<_, _> = planned.case.params.clone();
        let patient = planned.phase != Phase::Limit;
        let context = Context::new(Arc::clone(self.shared), path, agencies.to_vec(), params, patient);
        context.run(&planned.steps).await
    }

    /// What of the target the scenario cannot do without and the target has not.
    fn lacking(&self, planned: &Planned) -> Option<Stop> {
        let limit = planned.phase == Phase::Limit && !self.shared.may_spend_limit;
        if limit {
            let reason = "spending the rate limit of another host than this machine needs `rate = { spend = true }` in the profile";
            return Some(Stop::prerequisite(reason));
        }
        planned.needs().into_iter().find_map(|need| match self.target.have(need.capability) {
            Have::Given => None,
            Have::Absent(reason) => Some(Stop::new(
                StopKind::Absent,
                format!("the profile declares `{}` absent: {reason}", need.capability),
            )),
            Have::Unsaid => {
                let takes = Capability::find(need.capability).map_or("a key of its own", |capability| capability.takes);
                let reason = match need.otherwise {
                    StopKind::Absent => format!("the profile gives no `{}`", need.capability),
                    _ => format!("needs {takes} in the profile, or `absent.{} = \"why\"`", need.capability),
                };
                Some(Stop::new(need.otherwise, reason))
            }
        })
    }
}

fn stopped(step: String, why: Stop) -> Stopped {
    Stopped { kind: why.kind, step, reason: why.reason }
}
