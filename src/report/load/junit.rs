use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite, XmlString};

use super::{LoadResult, ThresholdResult};
use crate::{report::text::clean, verdict::Held};

/// A suite for a load: whether it is valid, and a case for each threshold.
pub(in crate::report) fn suite(load: &LoadResult) -> TestSuite {
    let mut suite = TestSuite::new(clean(&load.scenario));
    suite.extra.insert(XmlString::new("timestamp"), XmlString::new(&load.began));
    let causes: Vec<String> =
        load.validity.causes.iter().map(|cause| clean(&format!("{}; {}", cause.what, cause.cure))).collect();
    let status = match causes.first() {
        None => TestCaseStatus::success(),
        Some(first) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(first).set_type("invalid").set_description(causes.join("\n"));
            status
        }
    };
    let mut valid = TestCase::new("the figures are the target's", status);
    valid.set_classname(clean(&load.scenario));
    valid.add_property(Property::new("outcome", if load.validity.valid { "pass" } else { "inconclusive" }));
    if let Some(search) = &load.search {
        valid.add_property(Property::new("search", clean(&search.words())));
    }
    suite.add_test_case(valid);
    suite.add_test_cases(load.thresholds.iter().map(|threshold| case(load, threshold)));
    suite
}

fn case(load: &LoadResult, threshold: &ThresholdResult) -> TestCase {
    let mut status = match threshold.verdict {
        Held::Pass => TestCaseStatus::success(),
        Held::Inconclusive => TestCaseStatus::skipped(),
        Held::Missed => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    if threshold.verdict != Held::Pass {
        status.set_message(clean(&threshold.reason)).set_type(threshold.verdict.word());
    }
    let mut case = TestCase::new(clean(&threshold.title()), status);
    case.set_classname(clean(&load.scenario));
    case.add_property(Property::new("outcome", threshold.verdict.word()));
    case.add_property(Property::new("figure", clean(&threshold.figure)));
    case.add_property(Property::new("samples", threshold.samples.to_string()));
    if let Some(measured) = &threshold.shown {
        case.add_property(Property::new("measured", clean(measured)));
    }
    case
}
