//! Load against the simulator: every stage that is shipped, short, on the one runtime that the engine wants.

use std::{collections::BTreeMap, sync::Arc};

use matchproof::{
    agency::Nobody,
    embedded::{self, Pins},
    journal::Folder,
    load::{self, Options, plan},
    plan::Settings,
    receiver::{Receiver, Settings as Listening},
    report::Report,
    run::{self, Aim, Session, Silent},
    scenario::shipped_loads,
    simulator::Behaviour,
    verdict::{Outcome, Verdict},
};
use tokio::sync::watch;

/// Runs shipped load scenarios, with parameters set.
fn run(paths: &[&str], set: &[&str]) -> (Report, tempfile::TempDir) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let root = tempfile::tempdir().unwrap();
    let session = Session::begin(Folder::create(&root.path().join("run")).unwrap()).unwrap();
    let report = runtime.block_on(async {
        let receiver = Receiver::start(Listening {
            listen: "127.0.0.1:0".parse().unwrap(),
            target: embedded::webhook_target(),
            recorder: session.recorder().clone(),
            vault: session.vault().clone(),
        });
        let receiver = receiver.unwrap();
        let behaviour = Behaviour::brisk();
        let target = embedded::start(&receiver.url(), None, behaviour, 7, &Pins::default()).unwrap();
        let files: Vec<_> = shipped_loads().into_iter().filter(|(path, _)| paths.contains(&path.as_str())).collect();
        assert_eq!(files.len(), paths.len());
        let given: Vec<String> = set.iter().map(|&text| text.to_owned()).collect();
        let settings = Settings::new(BTreeMap::new(), &given).unwrap();
        let terms = run::terms_of(&target.target, false);
        let plan = plan(&files, &settings, &terms).map_err(|told| matchproof::syntax::render_all(&told)).unwrap();
        let aim = Aim {
            target: &target.target,
            credentials: target.credentials,
            receiver,
            mailbox: None,
            person: Arc::new(Nobody),
        };
        let (_keep, never) = watch::channel(false);
        load::run(session, aim, plan, Options::default(), &Silent, never).await.unwrap()
    });
    (report, root)
}

fn verdicts(report: &Report) -> BTreeMap<&str, Verdict> {
    let judged = report.requirements.iter().filter(|row| row.verdict != Verdict::NotSelected);
    judged.map(|row| (row.id.as_str(), row.verdict)).collect()
}

/// goose has one killswitch for a whole process, so that one test runs all.
#[test]
fn every_shipped_stage_runs_and_holds() {
    let paths = [
        "load/journey",
        "load/link-generation",
        "load/property-mixed",
        "load/property-push",
        "load/property-update",
        "load/token-reuse",
        "load/webhook-fan-in",
    ];
    let (report, root) = run(&paths, &["hold=2s", "ramp=1s", "p95=5s", "delivered=10s", "authentications=60/s"]);
    assert_eq!((report.environment.clone(), report.incomplete.clone()), (None, Vec::new()));
    assert_eq!(report.load.len(), paths.len());
    let judged = verdicts(&report);
    let ids = ["AUTH-7", "HOOK-2", "HOOK-5", "HOOK-6", "LINK-2", "LINK-2b", "PUSH-6", "RATE-1", "RATE-2", "RATE-5"];
    for id in ids {
        assert_eq!(judged[id], Verdict::Pass, "{id}: {:?}", report.requirements.iter().find(|row| row.id == id));
    }
    for load in &report.load {
        let errors: u64 = load.groups.iter().map(|group| group.passes.all.counts.errors).sum();
        assert_eq!(errors, 0, "{}", load.scenario);
    }
    assert_ne!(report.outcome, Outcome::DoesNotConform);
    let evidence = std::fs::read_to_string(root.path().join("run/evidence.jsonl")).unwrap();
    assert!(!evidence.contains("\"load-"), "nothing of a pass is recorded");
}
