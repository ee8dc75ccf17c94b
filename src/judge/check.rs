use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Environment, Value as Filled, value::Serde};
use serde_json::Value;

use super::{
    AGENCIES, Case, TARGET, Terms,
    attempts::{by_delivery, certain_policy_attempts},
    bindings::{Bindings, Element, Subject, Watch},
    broken,
    expression::{Truth, shown, truth},
    held_up::Doubt,
    names_of_template, offenders, repeat,
    second_sender::Strangers,
    window,
};
use crate::{
    evidence::{Evidence, Finished, StopKind},
    requirement::Level,
    scenario::{Alone, Check, Text},
    verdict::{Judgement, Offender, Shown, Verdict},
};

/// Judges the checks of one case.
pub(super) fn judge_case(
    case: &Case,
    evidence: &Evidence,
    terms: &Terms,
    environment: &Environment<'_>,
    doubt: Option<&Doubt<'_>>,
    strangers: &Strangers,
) -> Vec<Judgement> {
    let path = &case.scenario.path;
    let bindings = Bindings::of(path, evidence);
    let judging = Judging {
        case,
        evidence,
        terms,
        environment,
        bindings: &bindings,
        scope: scope(case, evidence, terms, &bindings),
        doubt,
        strangers,
        finished: evidence.finished.iter().find(|finished| finished.scenario == *path),
    };
    case.scenario.checks.iter().enumerate().map(|(at, check)| judging.check(at + 1, check)).collect()
}

/// What the expressions of a case may speak of.
fn scope(case: &Case, evidence: &Evidence, terms: &Terms, bindings: &Bindings) -> Filled {
    let filled = |(name, value): (&String, &Value)| (name.clone(), Filled::from(Serde(value)));
    let common = [
        (TARGET.to_owned(), Filled::from(Serde(terms))),
        (AGENCIES.to_owned(), Filled::from(Serde(agencies(&case.scenario.path, evidence)))),
    ];
    case.params.iter().chain(&bindings.values).map(filled).chain(common).collect::<BTreeMap<_, _>>().into()
}

fn agencies(scenario: &str, evidence: &Evidence) -> Value {
    let own = evidence.agencies.iter().filter(|agency| agency.scenario == scenario);
    own.map(|agency| (agency.name.clone(), serde_json::to_value(agency).unwrap_or_default()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

struct Judging<'a> {
    case: &'a Case,
    evidence: &'a Evidence,
    terms: &'a Terms,
    environment: &'a Environment<'a>,
    bindings: &'a Bindings,
    scope: Filled,
    doubt: Option<&'a Doubt<'a>>,
    strangers: &'a Strangers,
    finished: Option<&'a Finished>,
}

/// A verdict with its reason, and with what else the report shows of it.
struct Answer {
    verdict: Verdict,
    reason: String,
    outcome: Option<String>,
    window: Option<String>,
    /// Why the check was not evaluated; nothing where it was.
    not_executed: Option<String>,
    /// Whether it accused the target, and the harness's own lateness may be the reason.
    held_up: bool,
}

impl Answer {
    fn new(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self { verdict, reason: reason.into(), outcome: None, window: None, not_executed: None, held_up: false }
    }

    fn inconclusive(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Inconclusive, reason)
    }
}

impl Judging<'_> {
    fn check(&self, number: usize, check: &Check) -> Judgement {
        let names = names_in(check);
        let answer = self
            .unbound(&names)
            .or_else(|| self.troubled(&names))
            .or_else(|| self.second_sender(&names))
            .or_else(|| self.not_given(check))
            .unwrap_or_else(|| self.doubted(check, self.decided(check)));
        let values: Vec<Shown> =
            check.expressions().flat_map(|text| shown(self.environment, &text.text, &self.scope)).collect();
        let measured = check.requirement.level == Level::Info && answer.verdict.is_observed();
        let failed = matches!(answer.verdict, Verdict::Fail | Verdict::Warn);
        let elements = if failed { self.offenders(check) } else { Vec::new() };
        let offenders: Vec<Offender> = elements.iter().map(|element| self.offender(element)).collect();
        Judgement {
            requirement: check.requirement.id.into(),
            scenario: self.case.scenario.path.clone(),
            check: number,
            verdict: if measured { Verdict::Info } else { answer.verdict },
            reason: if measured { figures(&values) } else { with_offenders(answer.reason, &offenders) },
            not_executed: answer.not_executed,
            held_up: answer.held_up,
            expression: check.alternatives().map(|(_, text)| text.text.as_str()).collect::<Vec<_>>().join("  |or|  "),
            outcome: answer.outcome,
            values,
            repeat: failed.then(|| self.repeat(check, &elements)).flatten(),
            evidence: self.evidence_of(&names, &elements),
            offenders,
            window: answer.window,
        }
    }

    /// The records to which it can be put down that a check does not hold.
    fn offenders(&self, check: &Check) -> Vec<&Element> {
        let texts = check.alternatives().map(|(_, text)| text.text.as_str());
        let places = offenders::of_alternatives(self.environment, texts, &self.scope);
        places.into_iter().filter_map(|place| self.bindings.elements.get(place)).collect()
    }

    fn offender(&self, element: &Element) -> Offender {
        let seen = element.sources.first().map(|id| self.seen(*id, element.sources.len() - 1));
        Offender { name: element.name.clone(), which: element.which.clone(), seen: seen.unwrap_or_default() }
    }

    /// One exchange or delivery in a line, and how many more follow it.
    fn seen(&self, id: u64, more: usize) -> String {
        let more = if more == 0 { String::new() } else { format!(" (and {more} more after it)") };
        if let Some(exchange) = self.evidence.exchanges.get(&id) {
            return format!("exchange {id}: {} {} answered {}{more}", exchange.method, exchange.url, exchange.status);
        }
        if let Some(mail) = self.evidence.mails.get(&id) {
            return format!("mail {id} to {}: {}{more}", mail.to.join(", "), mail.subject);
        }
        let Some(delivery) = self.evidence.deliveries.get(&id) else { return String::new() };
        format!("delivery {id}: {} {}{more}", delivery.arrived.method, delivery.arrived.target)
    }

    /// The numbers of what the verdict rests on: of the offenders, or else of every name.
    fn evidence_of(&self, names: &[String], offenders: &[&Element]) -> Vec<u64> {
        let theirs: Vec<u64> = offenders.iter().flat_map(|element| element.sources.iter().copied()).collect();
        let mut evidence = if theirs.is_empty() { self.sources(names).collect() } else { theirs };
        evidence.sort_unstable();
        evidence.dedup();
        evidence
    }

    fn sources<'n>(&'n self, names: &'n [String]) -> impl Iterator<Item = u64> + 'n {
        names.iter().filter_map(|name| self.bindings.sources.get(name)).flatten().copied()
    }

    /// How to repeat the first exchange of the first offender, or else the last one of which the expressions speak.
    fn repeat(&self, check: &Check, offenders: &[&Element]) -> Option<String> {
        let exchange = |id: &u64| self.evidence.exchanges.get(id);
        let theirs = offenders.iter().flat_map(|element| &element.sources).find_map(exchange);
        let spoken_of = || {
            let names: Vec<String> = check.alternatives().flat_map(|(_, text)| names_of(text)).collect();
            let mut ids: Vec<u64> = self.sources(&names).collect();
            ids.sort_unstable();
            ids.iter().rev().find_map(exchange)
        };
        theirs.or_else(spoken_of).map(repeat::curl)
    }

    /// A name that no step bound: the scenario did not get that far.
    fn unbound(&self, names: &[String]) -> Option<Answer> {
        let missing = names.iter().find(|name| {
            !self.bindings.values.contains_key(*name) && !self.case.params.contains_key(*name) && !is_common(name)
        })?;
        let not_executed = |cause: &str| Some(without_exchange(cause));
        let Some(finished) = self.finished else {
            let cause = if self.began() { "the run ended in the midst of it" } else { "the run ended before it began" };
            let reason = format!("{cause}: `{missing}` was not seen");
            return Some(Answer { not_executed: not_executed(cause), ..Answer::inconclusive(reason) });
        };
        let Some(stopped) = &finished.stopped else {
            return Some(Answer::new(Verdict::Error, format!("the scenario ended and did not bind `{missing}`")));
        };
        let reason = format!("{}: {}", stopped.step, stopped.reason);
        let answer = match stopped.kind {
            StopKind::Absent => Answer::new(Verdict::NotApplicable, stopped.reason.clone()),
            StopKind::CouldNotRun => Answer::new(Verdict::CouldNotRun, reason),
            StopKind::Harness => Answer::new(Verdict::Error, reason),
            StopKind::Prerequisite => Answer::inconclusive(format!("a prerequisite failed at {reason}")),
            StopKind::Unreachable | StopKind::Budget | StopKind::Interrupted => {
                Answer::inconclusive(format!("not seen: {reason}"))
            }
        };
        Some(Answer { not_executed: not_executed(&stopped.reason), ..answer })
    }

    /// Whether the run came to take any step of the scenario.
    fn began(&self) -> bool {
        let path = &self.case.scenario.path;
        let agencies = self.evidence.agencies.iter().map(|agency| &agency.scenario);
        let exchanges = self.evidence.exchanges.values().map(|exchange| &exchange.scenario);
        agencies.chain(exchanges).any(|scenario| scenario == path)
    }

    /// An exchange without a whole answer tells nothing of the target's promise, nor does a limited one outside the scenarios
    /// about the limit.
    fn troubled(&self, names: &[String]) -> Option<Answer> {
        let limit = self.case.scenario.alone == Some(Alone::Limit);
        names.iter().filter_map(|name| self.bindings.sources.get(name)).flatten().find_map(|id| {
            let exchange = self.evidence.exchanges.get(id)?;
            if let Some(trouble) = &exchange.trouble {
                return Some(Answer::inconclusive(format!("exchange {id} got no whole answer: {}", trouble.detail)));
            }
            (exchange.status == 429 && !limit)
                .then(|| Answer::inconclusive(format!("exchange {id} was limited (429), also after waiting as told")))
        })
    }

    /// A delivery that somebody else may have sent tells nothing of the target.
    fn second_sender(&self, names: &[String]) -> Option<Answer> {
        let (id, what) = self.sources(names).find_map(|id| Some((id, self.strangers.get(&id)?)))?;
        let peer = self.evidence.deliveries.get(&id).map(|delivery| delivery.arrived.peer.as_str()).unwrap_or_default();
        Some(Answer::inconclusive(format!(
            "second sender: delivery {id} from {peer} differs from nearly all others by its {what}, so that somebody else \
             may have sent it; take a path for the webhook that nobody can guess"
        )))
    }

    fn not_given(&self, check: &Check) -> Option<Answer> {
        let given = check.given.as_ref()?;
        match truth(self.environment, &given.text, &self.scope) {
            Truth::Yes => None,
            Truth::No => {
                Some(Answer::inconclusive(format!("the evidence tells nothing, since `{}` does not hold", given.text)))
            }
            Truth::Unknown(why) => Some(Answer::inconclusive(why)),
        }
    }

    fn decided(&self, check: &Check) -> Answer {
        let mut unknown = None;
        for (outcome, text) in check.alternatives() {
            match truth(self.environment, &text.text, &self.scope) {
                Truth::Yes => return Answer { outcome: outcome.map(str::to_owned), ..self.holds(check) },
                Truth::No => {}
                Truth::Unknown(why) => unknown = Some(why),
            }
        }
        match unknown {
            Some(why) => Answer::inconclusive(why),
            None => self.does_not_hold(check),
        }
    }

    /// The same answer, unless it accuses the target of what may be the harness's own lateness.
    fn doubted(&self, check: &Check, answer: Answer) -> Answer {
        let Some(doubt) = self.doubt.filter(|_| matches!(answer.verdict, Verdict::Fail | Verdict::Warn)) else {
            return answer;
        };
        if self.missed_for_lateness(check) || self.may_hold_in(doubt, check) || !self.is_given_in(doubt, check) {
            let reason = format!("{}, which {}", answer.reason, doubt.may_be());
            return Answer { window: answer.window, held_up: true, ..Answer::inconclusive(reason) };
        }
        answer
    }

    /// Whether something due did not come while the harness was held up for a part of the time that it had.
    fn missed_for_lateness(&self, check: &Check) -> bool {
        let counted = self.watch(check.at_most.as_ref()).filter(|watch| !self.too_many(watch));
        let watch = self.watch(check.due.as_ref()).or(counted);
        watch.is_some_and(|watch| !window::coverage(self.terms, self.evidence, watch).complete_awake())
    }

    /// Whether a check's condition holds also if the times that functions measure were off by the harness's own lateness.
    fn is_given_in(&self, doubt: &Doubt<'_>, check: &Check) -> bool {
        let given = |environment| {
            check.given.as_ref().is_none_or(|given| truth(environment, &given.text, &self.scope) == Truth::Yes)
        };
        doubt.environments.iter().all(given)
    }

    /// Whether a check may hold if the harness's own lateness were the sender's reason, or the measured times were off by it.
    fn may_hold_in(&self, doubt: &Doubt<'_>, check: &Check) -> bool {
        // Whether a retry was lawful matters only to those that count attempts.
        let counts = check.window.is_some() || check.at_most.is_some();
        let charitable = counts.then(|| {
            let evidence = doubt.evidence();
            let bindings = Bindings::of(&self.case.scenario.path, evidence);
            scope(self.case, evidence, self.terms, &bindings)
        });
        let scope = charitable.as_ref().unwrap_or(&self.scope);
        let may_hold = |environment, text: &Text| truth(environment, &text.text, scope) != Truth::No;
        doubt.environments.iter().any(|one| check.alternatives().any(|(_, text)| may_hold(one, text)))
    }

    fn watch(&self, name: Option<&Text>) -> Option<&Watch> {
        self.bindings.watches.get(&name?.text)
    }

    fn holds(&self, check: &Check) -> Answer {
        let Some(watch) = self.watch(check.window.as_ref().or(check.at_most.as_ref())) else {
            return Answer::new(Verdict::Pass, "observed");
        };
        let coverage = window::coverage(self.terms, self.evidence, watch);
        let described = Some(coverage.describe());
        if coverage.complete() {
            Answer { window: described, ..Answer::new(Verdict::Pass, "nothing to the contrary came in the window") }
        } else {
            Answer { window: described, ..Answer::inconclusive("the window was not watched to its end") }
        }
    }

    fn does_not_hold(&self, check: &Check) -> Answer {
        let verdict = broken(check.requirement.level, self.terms.strict);
        let seen_broken = || Answer::new(verdict, "observed to be otherwise");
        if let Some(watch) = self.watch(check.due.as_ref()) {
            let coverage = window::coverage(self.terms, self.evidence, watch);
            let window = Some(coverage.describe());
            if !coverage.needed.pinned {
                return Answer {
                    window,
                    ..Answer::inconclusive("something due did not come, and the profile pins no deadline for it")
                };
            }
            if !coverage.complete() {
                return Answer {
                    window,
                    ..Answer::inconclusive("something due did not come while it was watched for")
                };
            }
            return Answer {
                window,
                ..Answer::new(verdict, "something due did not come within the profile's own deadline")
            };
        }
        if let Some(watch) = self.watch(check.at_most.as_ref())
            && !self.too_many(watch)
        {
            let coverage = window::coverage(self.terms, self.evidence, watch);
            if !coverage.complete() {
                let window = Some(coverage.describe());
                return Answer { window, ..Answer::inconclusive("the window was not watched to its end") };
            }
        }
        seen_broken()
    }

    /// Whether more policy attempts came of one delivery, or more mails about one, than the step allows.
    fn too_many(&self, watch: &Watch) -> bool {
        let Some(at_most) = watch.at_most else { return false };
        if watch.subject == Subject::Mails {
            // Each key of an agency is a delivery of its own, of which may be told.
            let deliveries = |agency: &str| {
                let keys = self.evidence.deliveries_of(agency).map(|delivery| &delivery.arrived.key);
                keys.collect::<BTreeSet<_>>().len().max(1) as u64
            };
            let about =
                |agency: &String| watch.mails(self.evidence).filter(|mail| mail.agencies.contains(agency)).count();
            return watch.agencies.iter().any(|agency| about(agency) as u64 > at_most * deliveries(agency));
        }
        watch.agencies.iter().any(|agency| {
            let deliveries = by_delivery(watch.deliveries(self.evidence, agency));
            deliveries
                .iter()
                .any(|attempts| certain_policy_attempts(self.terms, self.evidence, attempts) as u64 > at_most)
        })
    }
}

/// A reason without the number of the exchange that it tells of, so that equal reasons read alike.
fn without_exchange(reason: &str) -> String {
    let Some(at) = reason.rfind("exchange ") else { return reason.to_owned() };
    let (before, after) =
        (&reason[..at], reason[at + "exchange ".len()..].trim_start_matches(|c: char| c.is_ascii_digit()));
    match (before.strip_suffix(" ("), before.strip_suffix(", ")) {
        (Some(before), _) => format!("{before}{}", after.strip_prefix(')').unwrap_or(after)),
        (_, Some(before)) => format!("{before}{after}"),
        _ => reason.to_owned(),
    }
}

/// More names than these make a reason unreadable.
const MOST_NAMED: usize = 3;

/// A reason with the names of those to whom it is put down.
fn with_offenders(reason: String, offenders: &[Offender]) -> String {
    let mut named: Vec<String> = offenders.iter().take(MOST_NAMED).map(Offender::title).collect();
    if let more @ 1.. = offenders.len().saturating_sub(MOST_NAMED) {
        named.push(format!("and {more} more"));
    }
    if named.is_empty() { reason } else { format!("{reason}: {}", named.join(", ")) }
}

/// What was measured, in the place of a reason: what says it in words says it alone.
fn figures(values: &[Shown]) -> String {
    let figure = |shown: &Shown| match serde_json::from_str(&shown.value) {
        Ok(Value::String(words)) => words,
        _ => format!("{} = {}", shown.part, shown.value),
    };
    values.iter().map(figure).collect::<Vec<_>>().join(", ")
}

/// The names that a check rests on.
fn names_in(check: &Check) -> Vec<String> {
    let mut names: Vec<String> =
        check.expressions().flat_map(names_of).chain(check.watched().map(|text| text.text.clone())).collect();
    names.sort();
    names.dedup();
    names
}

/// The names of which one expression speaks.
fn names_of(text: &Text) -> impl Iterator<Item = String> + use<> {
    let names = names_of_template(&format!("{{{{ {} }}}}", text.text));
    names.into_iter().filter(|name| super::function::find(name).is_none())
}

fn is_common(name: &str) -> bool {
    name == TARGET || name == AGENCIES
}
