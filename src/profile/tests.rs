use std::{io, path::Path};

use super::*;

mod mistakes;

const FULL: &str = r#"
[target.staging]
base_url      = "https://staging.example/api"
client_id     = { env = "MATCHOUSE_CLIENT_ID" }
client_secret = { env = "MATCHOUSE_CLIENT_SECRET" }
second        = { client_id = "partner-2", client_secret = { file = "second.txt" } }
webhook   = { listen = "0.0.0.0:8443", public_url = "https://hooks.example/matchproof/3f9a?via=mp" }
mailbox   = { smtp = "0.0.0.0:2525", address = "dev@partner.example" }
agency    = { form = { accounts = "accounts.csv", register = true }, allowed_hosts = ["login.example"] }
deliver_within = "30s"
retry     = { max_retries = 3, attempt_timeout = "30s", gaps = ["1m", "5m", "15m"], success = "2xx", resend_within = "1s" }
keys_per_agency = 1
notice_after = 3
rate      = { probe_limit = 50, limit = 20, window = "60s", spend = true }
probe_secrets = true
listing   = { base_url = "https://list.example", path = "/listings", method = "PUT", read = "GET /listings", update = "PUT /listings/{id}", delete = "DELETE /listings/{id}", owner = "/account", envelope = "listing" }
absent    = { clock = "no time travel" }
proxy     = "http://proxy.example:3128"
ca        = ["ca/one.pem"]
timeouts  = { connect = "5s", headers = "10s", total = "20s" }
load      = { allow = true, max_rate = 500 }
dialect   = { token = "json:/data/token", link = "header:location" }
params    = { rate = "500/s", users = 64, deep = [1, 2] }

[target.local]
base_url = "http://127.0.0.1:9000"
client_id = "mp"
client_secret = { env = "S" }
clock = { advance = "POST http://127.0.0.1:9000/clock" }
agency = { register = true }
dialect = "pinned.toml"
"#;

fn read(text: &str) -> Result<Profile, Vec<Mistake>> {
    Profile::read(&Source::new("conf/matchproof.toml", text))
}

fn brief(mistakes: &[Mistake]) -> String {
    let lines: Vec<String> = mistakes
        .iter()
        .map(|mistake| {
            let (line, column) = mistake.source.line_column(&mistake.span);
            let marked = mistake.source.text().get(mistake.span.clone()).unwrap_or_default();
            let marked = marked.lines().next().unwrap_or_default();
            let cure = mistake.cure.as_deref().unwrap_or("NO CURE");
            format!("{line}:{column} {marked}\n  {}\n  {cure}", mistake.what)
        })
        .collect();
    lines.join("\n")
}

#[test]
fn every_key_is_read() {
    let profile = read(FULL).map_err(|mistakes| crate::syntax::render_all(&mistakes)).unwrap();
    assert_eq!(profile.names().collect::<Vec<_>>(), ["local", "staging"]);
    let staging = profile.target("staging").unwrap();
    assert_eq!(staging.name, "staging");
    assert_eq!(staging.path(Path::new("accounts.csv")), Path::new("conf/accounts.csv"));
    assert_eq!(staging.webhook.as_ref().unwrap().public_url.url().path(), "/matchproof/3f9a");
    assert_eq!(staging.retry.max_retries, MaxRetries::Three);
    assert_eq!(staging.rate.probe_limit(), 50);
    assert_eq!(staging.listing.as_ref().unwrap().owner.as_ref().unwrap().method, "GET");
    assert!(matches!(&staging.dialect, Some(DialectSource::Inline(dialect)) if dialect.token.is_some()));
    assert_eq!(staging.params["users"], 64);
    let local = profile.target("local").unwrap();
    assert!(matches!(&local.dialect, Some(DialectSource::File(file)) if file == Path::new("pinned.toml")));
    assert!(local.agency.as_ref().unwrap().registers());
}

#[test]
fn what_is_not_given_stays_unknown_or_safe() {
    let profile = read(FULL).unwrap();
    let local = profile.target("local").unwrap();
    assert_eq!((local.deliver_within, local.retry.schedule()), (None, None));
    assert!(local.may_spend_limit() && local.may_probe_secrets() && local.may_load(), "loopback");
    let far = Target::new(
        "far",
        "https://staging.example".parse().unwrap(),
        Login { client_id: ClientId::Plain("x".into()), client_secret: ClientSecret(Outside::File("s".into())) },
    );
    assert!(!far.may_spend_limit() && !far.may_probe_secrets() && !far.may_load());
    assert_eq!(far.rate.probe_limit(), Rate::DEFAULT_PROBE_LIMIT);
}

#[test]
fn a_target_is_kept_and_read_again() {
    let profile = read(FULL).unwrap();
    for name in ["staging", "local"] {
        let target = profile.target(name).unwrap();
        let again: Target = serde_json::from_value(target.public()).unwrap();
        assert_eq!(again.public(), target.public());
        let same = Target { name: name.into(), folder: target.folder.clone(), places: target.places.clone(), ..again };
        assert_eq!(&same, target);
    }
}

#[test]
fn a_capability_is_given_absent_or_unsaid() {
    let profile = read(FULL).unwrap();
    let (staging, local) = (profile.target("staging").unwrap(), profile.target("local").unwrap());
    assert_eq!(staging.have("clock"), Have::Absent("no time travel"));
    assert_eq!(staging.have("listing.read"), Have::Given);
    assert_eq!(local.have("clock"), Have::Given);
    assert_eq!((local.have("register"), local.have("accounts")), (Have::Given, Have::Unsaid));
    assert_eq!(local.have("time machine"), Have::Unsaid);
    let text = FULL.replace("clock = { adv", "absent = { listing = 'none' }\nclock = { adv");
    assert_eq!(read(&text).unwrap().target("local").unwrap().have("listing.owner"), Have::Absent("none"), "its whole");
    let text = FULL.replace("clock = { adv", "absent = { listing.owner = 'none' }\nclock = { adv");
    let profile = read(&text).unwrap();
    let local = profile.target("local").unwrap();
    assert_eq!((local.have("listing.owner"), local.have("listing")), (Have::Absent("none"), Have::Unsaid));
}

#[test]
fn the_names_of_capabilities_are_unique_and_their_wholes_exist() {
    for (at, capability) in CAPABILITIES.iter().enumerate() {
        assert!(CAPABILITIES[at + 1..].iter().all(|other| other.name != capability.name), "{}", capability.name);
        assert!(capability.within.is_none_or(|whole| Capability::find(whole).is_some()), "{}", capability.name);
    }
}

#[test]
fn all_mistakes_of_all_targets_are_told_at_once() {
    let mistakes = read(
        r#"targets = 3
[target.a]
base_url = "staging.example"
retry = { max_retries = 4 }
[target.b]
base_ulr = "https://b.example"
client_id = 3
client_secret = { env = "S" }
[target.b.webhook]
listen = "8443"
[target.b.mailbox]
smtp = "0.0.0.0:25"
address = "dev"
"#,
    )
    .unwrap_err();
    insta::assert_snapshot!(brief(&mistakes), @r#"
    1:1 targets
      unknown key `targets`
      did you mean `target`?
    2:1 [target.a]
      `client_id` is missing
      add it, such as client_id = { env = "MATCHOUSE_CLIENT_ID" }
    2:1 [target.a]
      `client_secret` is missing
      add it, such as client_secret = { env = "MATCHOUSE_CLIENT_SECRET" }
    3:12 "staging.example"
      expected an absolute http or https URL, found "staging.example" (relative URL without a base)
      write it whole, such as "https://staging.example/api"
    4:25 4
      4 retries are not what the guide says
      write 3 (four attempts), 2 (three attempts) or "auto" for either
    5:1 [target.b]
      `base_url` is missing
      add it, such as base_url = "https://staging.example/api"
    6:1 base_ulr
      unknown key `base_ulr`
      did you mean `base_url`?
    7:13 3
      expected the client id, `{ env = "NAME" }` or `{ file = "NAME" }`, found the number 3
      write it such as client_id = { env = "MATCHOUSE_CLIENT_ID" }
    9:1 [target.b.webhook]
      `public_url` is missing
      add it, such as public_url = "https://hooks.example/matchproof/3f9a"
    10:10 "8443"
      expected an address to listen on, found "8443"
      write an IP address of this machine and a port, such as "0.0.0.0:8443"
    "#);
}

#[test]
fn deep_nesting_is_a_mistake_and_not_a_crash() {
    for (open, close) in [("[", "]"), ("{ a = ", "}")] {
        let text = format!("[target.a]\nparams = {}1{}", open.repeat(100_000), close.repeat(100_000));
        assert!(read(&text).is_err());
    }
    assert!(read(&format!("target.{}b = 1", "a.".repeat(100_000))).is_err());
}

#[test]
fn a_mistake_shows_its_line_and_its_cure() {
    let mistakes =
        read("[target.a]\nbase_url = 'https://a.example'\nclient_id = 'x'\nclient_secret = 'hunter2hunter2'\n")
            .unwrap_err();
    insta::assert_snapshot!(crate::syntax::render_all(&mistakes), @r#"
    error: a client secret does not stand in a profile
     --> conf/matchproof.toml:4:17
      |
    4 | client_secret = '**************'
      |                 ^^^^^^^^^^^^^^^^
      |
      = help: name where it is: client_secret = { env = "MATCHOUSE_CLIENT_SECRET" }, or { file = "secret.txt" }
    "#);
}

#[test]
fn no_message_shows_a_secret_that_stands_in_the_file() {
    for text in [
        "client_secret = 'hunter2hunter2'",
        "client_secret = { plain = 'hunter2hunter2' }",
        "client_secret = ['hunter2hunter2']",
        "client_secret = 4242424242",
        "client_secret = { env = 4242424242 }",
        "client_secret = { env = 'hunter2-hunter2' }",
        "clientsecret = 'hunter2hunter2'",
        "second = { client_id = 'b', client_secret = 'hunter2hunter2' }",
        "client_secret = 'hunter2hunter2",
        "client_secret = hunter2hunter2",
        "proxy = 'http://me:hunter2hunter2@proxy.example'",
        "clock = { advance = 'http://me:hunter2hunter2@proxy.example' }",
    ] {
        let text = format!("[target.a]\n{text}\n");
        let shown = crate::syntax::render_all(&read(&text).unwrap_err());
        assert!(!shown.contains("hunter2") && !shown.contains("4242"), "{shown}");
    }
}

fn environment(name: &str) -> Option<String> {
    match name {
        "MATCHOUSE_CLIENT_ID" => Some("partner-1".into()),
        "MATCHOUSE_CLIENT_SECRET" => Some("hunter2".into()),
        "BROKEN" => Some("hun\nter2".into()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn files(path: &Path) -> io::Result<String> {
    if path == Path::new("conf/second.txt") {
        Ok("hunter3\r\n".into())
    } else {
        Err(io::Error::new(io::ErrorKind::NotFound, "no such file"))
    }
}

#[test]
fn credentials_come_from_the_environment_and_from_files_beside_the_profile() {
    let resolved = read(FULL).unwrap().target("staging").unwrap().resolve(&environment, &files).unwrap();
    assert_eq!(resolved.credentials.client_id, "partner-1");
    assert_eq!(resolved.credentials.client_secret.expose(), "hunter2");
    let second = resolved.second.unwrap();
    assert_eq!((second.client_id.as_str(), second.client_secret.expose()), ("partner-2", "hunter3"));
}

#[test]
fn what_cannot_be_had_is_named_with_its_key_and_its_place() {
    let text = FULL
        .replace("MATCHOUSE_CLIENT_ID", "MATCHOUSE_ID")
        .replace("MATCHOUSE_CLIENT_SECRET", "BROKEN")
        .replace("second.txt", "third.txt");
    let errors = read(&text).unwrap().target("staging").unwrap().resolve(&environment, &files).unwrap_err();
    let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(!shown.concat().contains("ter2"));
    insta::assert_snapshot!(shown.join("\n"), @"
    conf/matchproof.toml:4:17: `target.staging.client_id`: the environment variable MATCHOUSE_ID is not set; set it (`export MATCHOUSE_ID=…`), or name another one here
    conf/matchproof.toml:5:17: `target.staging.client_secret`: what the environment variable BROKEN holds cannot stand in a header; put the value there alone: printable ASCII, one line, no space at its ends
    conf/matchproof.toml:6:60: `target.staging.second.client_secret`: conf/third.txt cannot be read (no such file); create it, or name another file here; the name is relative to the profile's folder
    ");
    let text = FULL.replace("MATCHOUSE_CLIENT_SECRET", "EMPTY");
    let errors = read(&text).unwrap().target("staging").unwrap().resolve(&environment, &files).unwrap_err();
    insta::assert_snapshot!(errors[0].to_string(), @"conf/matchproof.toml:5:17: `target.staging.client_secret`: the environment variable EMPTY is empty; put the value there that Matchouse gave you");
}

#[test]
fn an_unknown_target_names_the_one_that_was_meant() {
    let profile = read(FULL).unwrap();
    insta::assert_snapshot!(profile.pick("stagin").unwrap_err().to_string(), @"conf/matchproof.toml has no target `stagin`; did you mean `staging`?");
    insta::assert_snapshot!(profile.pick("production").unwrap_err().to_string(), @"conf/matchproof.toml has no target `production`; it has local, staging");
    insta::assert_snapshot!(read("").unwrap().pick("staging").unwrap_err().to_string(), @"conf/matchproof.toml has no target `staging`; add a table `[target.staging]`");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(\\[target\\.a\\]\n)?([a-z_]{1,9} ?= ?[\"'{\\[]?.{0,20}\n){0,5}") {
        if let Err(mistakes) = read(&text) {
            proptest::prop_assert!(!mistakes.is_empty());
            proptest::prop_assert!(!crate::syntax::render_all(&mistakes).is_empty());
        }
    }
}
