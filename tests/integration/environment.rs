//! What keeps a run from judging anything: nobody's fault but the surroundings'.

use std::net::TcpListener;

use crate::{
    server::{Server, free_port},
    support::{Place, Ran, json},
    target::profile,
};

/// Runs against a base URL that is no good, and gives what the run said of it, in its report too.
fn unusable(base_url: &str) -> (Ran, String) {
    let place = Place::new();
    place.write("matchproof.toml", &profile(base_url, ""));
    let ran = place.run(["run", "platform/auth-credentials", "--target", "local", "--out", "out"]).with_code(4);
    let report = json(&place.path().join("out"), "report.json");
    assert_eq!((report["outcome"].as_str(), report["exit_code"].as_u64()), (Some("environment"), Some(4)));
    assert_eq!(report["summary"].as_str(), Some(ran.last_line()));
    let reason = report["environment"].as_str().unwrap().to_owned();
    ran.told(&[&format!("error: {reason}")]);
    let words: Vec<&str> = ran.out.lines().skip(2).take(12).flat_map(str::split_whitespace).collect();
    let begin = format!("Nothing could be judged {}", reason.split_whitespace().collect::<Vec<_>>().join(" "));
    assert!(words.join(" ").starts_with(&begin), "the reason stands first:\n{}", ran.out);
    assert!(ran.out.lines().count() < 30, "{}", ran.out);
    let checks = &report["checks"];
    assert_eq!((checks["planned"].as_u64() > Some(0), checks["executed"].as_u64()), (true, Some(0)), "{checks}");
    assert!(ran.out.contains("the run ended before it began: AUTH-1, AUTH-2"), "{}", ran.out);
    (ran, reason)
}

#[test]
fn a_host_out_of_reach_is_no_verdict() {
    let base = format!("http://127.0.0.1:{}", free_port());
    let (ran, notes) = unusable(&base);
    assert!(notes.contains(&base) && notes.contains("is out of reach: ") && notes.contains("refused"), "{notes}");
    assert!(ran.last_line().starts_with("local not judged: environment"), "{}", ran.last_line());
}

#[test]
fn a_server_without_tls_is_no_verdict() {
    let server = Server::answering("200 OK", "");
    let base = format!("https://{}", server.address);
    let (_, notes) = unusable(&base);
    assert!(notes.contains(&base) && notes.contains("is out of reach: ") && notes.contains("tls"), "{notes}");
}

#[test]
fn right_credentials_that_are_answered_like_wrong_ones_are_no_verdict() {
    let server = Server::answering("401 Unauthorized", "who are you?");
    let (_, notes) = unusable(&format!("http://{}", server.address));
    for part in ["exactly as deliberately wrong ones (401)", "check base_url, client_id and client_secret"] {
        assert!(notes.contains(part), "{notes}");
    }
}

#[test]
fn a_target_that_breaks_on_everything_is_no_verdict() {
    let server = Server::answering("500 Internal Server Error", "oops");
    let (_, notes) = unusable(&format!("http://{}", server.address));
    assert!(notes.contains("answers every request with a server error (500 from /crm/oauth, 500 from"), "{notes}");
}

#[test]
fn a_taken_port_of_the_receiver_leaves_nothing_behind() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let server = Server::answering("500 Oops", "");
    let place = Place::new();
    let webhook = format!("webhook = {{ listen = \"{address}\", public_url = \"http://{address}/hook/x\" }}");
    place.write("matchproof.toml", &profile(&format!("http://{}", server.address), &webhook));
    let run = || place.run(["run", "platform/link-one", "--target", "local", "--out", "out"]);
    for _ in 0..2 {
        run().with_code(4).told(&[&format!("the receiver cannot listen on {address}"), "taken"]);
        assert_eq!((server.requests(), place.names()), (0, vec!["matchproof.toml".to_owned()]));
    }
    std::fs::create_dir(place.path().join("out")).unwrap();
    run().with_code(4);
    assert_eq!(place.names(), ["matchproof.toml", "out"], "a folder that was there stays there");
}

#[test]
fn a_taken_port_of_the_simulator_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = Place::new().run(["simulate", "--listen", &address, "--control", "127.0.0.1:0"]).with_code(4);
    ran.told(&[&address, "cannot listen", "another address or port"]);
}
