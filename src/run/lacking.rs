use crate::{
    evidence::StopKind,
    plan::{Phase, PlannedScenario},
    profile::{Capability, Have, Target},
    step::{Need, Stop},
};

/// What of the target a scenario cannot do without and the target has not: none of its steps is taken.
#[must_use]
pub fn lacking(target: &Target, planned: &PlannedScenario) -> Option<Stop> {
    if planned.phase == Phase::Limit && !target.may_spend_limit() {
        let reason =
            "spending the rate limit of another host than this machine needs `rate = { spend = true }` in the profile";
        return Some(Stop::prerequisite(reason));
    }
    let mut lacks: Vec<Stop> = planned.needs().into_iter().filter_map(|need| unmet(target, need)).collect();
    // What cannot matter here is not to be asked for: giving the rest would change nothing.
    let first = lacks.iter().position(|stop| stop.kind == StopKind::Absent).unwrap_or_default();
    (!lacks.is_empty()).then(|| lacks.swap_remove(first))
}

/// What of the target a need lacks.
pub(crate) fn unmet(target: &Target, Need { capability, otherwise }: Need) -> Option<Stop> {
    match target.have(capability) {
        Have::Given => None,
        Have::Absent(reason) => {
            Some(Stop::new(StopKind::Absent, format!("the profile declares `{capability}` absent: {reason}")))
        }
        Have::Unsaid => {
            let takes = Capability::find(capability).map_or("a key of its own", |capability| capability.takes);
            let reason = match otherwise {
                StopKind::Absent => format!("the profile gives no `{capability}`"),
                _ => format!("needs {takes} in the profile, or `absent.{capability} = \"why\"`"),
            };
            Some(Stop::new(otherwise, reason))
        }
    }
}
