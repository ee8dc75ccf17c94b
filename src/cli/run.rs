use super::Output;

#[derive(clap::Args)]
pub(super) struct Arguments {
    patterns: Vec<String>,
}

pub(super) fn run(arguments: Arguments, output: &mut Output<'_>) -> u8 {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder =
            crate::journal::Folder::fresh_under(std::path::Path::new(".matchproof"), jiff::Timestamp::now()).unwrap();
        let session = crate::run::Session::begin(folder).unwrap();
        let receiver = crate::receiver::Receiver::start(crate::receiver::Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            target: "/hook/x".into(),
            recorder: session.recorder().clone(),
            vault: session.vault().clone(),
        })
        .await
        .unwrap();
        let embedded = crate::embedded::start(
            &receiver.url(),
            crate::simulator::Behaviour::brisk(),
            1,
            &crate::embedded::Pins::default(),
        )
        .map_err(|e| e.to_string())
        .unwrap();
        let files = crate::plan::select(&arguments.patterns).unwrap();
        let terms = crate::run::terms_of(&embedded.target, false);
        let plan =
            match crate::plan::plan(&files, crate::requirement::Side::Platform, &Default::default(), &terms, &|_| true)
            {
                Ok(p) => p,
                Err(m) => {
                    let _ = writeln!(output.err, "{}", crate::syntax::render_all(&m));
                    return 2;
                }
            };
        let (_tx, rx) = tokio::sync::watch::channel(false);
        let report = crate::run::run(
            session,
            receiver,
            plan,
            &embedded.target,
            embedded.credentials,
            crate::run::Options::default(),
            &crate::run::Silent,
            rx,
        )
        .await
        .unwrap();
        let _ = writeln!(
            output.out,
            "{}",
            crate::report::terminal(&report, crate::report::Style { color: false, width: 120 })
        );
        report.exit_code
    })
}
