use std::{
    fs::OpenOptions,
    io::{self, BufRead, IsTerminal as _, Write as _},
    path::PathBuf,
};

use super::{Failure, Output};
use crate::{
    profile::Profile,
    syntax::{Source, render_all},
};

/// Write a commented profile and a first scenario: from flags, or else by asking.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The folder for `matchproof.toml` and `scenarios/first.yaml`; files that are there are left alone.
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,

    /// The name of the target.
    #[arg(short, long, value_name = "NAME")]
    target: Option<String>,

    /// The base URL that Matchouse gave you.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,

    /// The environment variable that holds your client id.
    #[arg(long, value_name = "VARIABLE")]
    client_id_env: Option<String>,

    /// The environment variable that holds your client secret.
    #[arg(long, value_name = "VARIABLE")]
    client_secret_env: Option<String>,

    /// The webhook URL that is registered with Matchouse.
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,

    /// The address of this machine on which deliveries to it arrive.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

/// A question, what is written without an answer, and what stands in the profile.
struct Question {
    asked: &'static str,
    default: &'static str,
}

const TARGET: Question = Question { asked: "A name for the target", default: "local" };
const BASE_URL: Question = Question { asked: "The base URL that Matchouse gave you", default: "http://127.0.0.1:7400" };
const CLIENT_ID: Question =
    Question { asked: "The environment variable that holds your client id", default: "CRM_CLIENT_ID" };
const CLIENT_SECRET: Question =
    Question { asked: "The environment variable that holds your client secret", default: "CRM_CLIENT_SECRET" };
const WEBHOOK: Question =
    Question { asked: "The webhook URL registered with Matchouse", default: "http://127.0.0.1:7402/hook" };
const LISTEN: Question =
    Question { asked: "The address of this machine on which its deliveries arrive", default: "127.0.0.1:7402" };

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_>) -> Result<(), Failure> {
    let stdin = io::stdin();
    let asks = stdin.is_terminal();
    init(arguments, asks.then(|| stdin.lock()), output)
}

/// Takes what no flag gives from `answers`, where somebody can be asked, and else from the defaults.
fn init(arguments: &Arguments, mut answers: Option<impl BufRead>, output: &mut Output<'_>) -> Result<(), Failure> {
    let files = [arguments.folder.join("matchproof.toml"), arguments.folder.join("scenarios").join("first.yaml")];
    // Nobody answers questions for nothing.
    if let Some(there) = files.iter().find(|file| file.exists()) {
        return Err(Failure::usage(format!(
            "{} is there already; name another folder, or move it away",
            there.display()
        )));
    }
    let mut value = |given: &Option<String>, Question { asked, default }: &Question| match (given, &mut answers) {
        (Some(given), _) => given.clone(),
        (None, None) => (*default).to_owned(),
        (None, Some(answers)) => ask(asked, default, answers, output),
    };
    let target = value(&arguments.target, &TARGET);
    let text = profile_text(&Values {
        base_url: value(&arguments.base_url, &BASE_URL),
        client_id: value(&arguments.client_id_env, &CLIENT_ID),
        client_secret: value(&arguments.client_secret_env, &CLIENT_SECRET),
        webhook: value(&arguments.webhook, &WEBHOOK),
        listen: value(&arguments.listen, &LISTEN),
        target: target.clone(),
    });
    Profile::read(&Source::new("matchproof.toml", text.clone()))
        .map_err(|mistakes| Failure::usage(format!("nothing was written\n\n{}", render_all(&mistakes))))?;
    for (file, text) in files.iter().zip([text.as_str(), SCENARIO]) {
        write(file, text).map_err(|error| Failure::usage(format!("{} cannot be written: {error}", file.display())))?;
        output.say(&format!("wrote {}", file.display()));
    }
    output.say(&format!("next: matchproof run --target {target} --plan, and then without --plan"));
    Ok(())
}

fn ask(asked: &str, default: &str, answers: &mut impl BufRead, output: &mut Output<'_>) -> String {
    let _ = write!(output.err, "{asked} [{default}]: ");
    let _ = output.err.flush();
    let mut line = String::new();
    // At the end of the answers the rest is as without any.
    let _ = answers.read_line(&mut line);
    let answer = line.trim();
    if answer.is_empty() { default } else { answer }.to_owned()
}

/// Writes a file that is not there yet, with the folder that it lies in.
fn write(file: &std::path::Path, text: &str) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).open(file)?.write_all(text.as_bytes())
}

/// What is asked for.
struct Values {
    target: String,
    base_url: String,
    client_id: String,
    client_secret: String,
    webhook: String,
    listen: String,
}

fn profile_text(values: &Values) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    format!(
        r#"# What matchproof is pointed at. Secrets stay in the environment: this file only names the variables.
# `matchproof schema profile` prints all keys for editors.

[target.{target}]
base_url = {base_url}
client_id = {{ env = {client_id} }}
client_secret = {{ env = {client_secret} }}

# Where Matchouse delivers keys: as registered with it, and as it arrives at this machine.
webhook = {{ listen = {listen}, public_url = {webhook} }}

# Who plays the estate agencies at the page. Here each registers with Matchouse; others are
# agency = {{ form = {{ accounts = "accounts.csv" }} }}   # log in with accounts that are there
# agency = {{ manual = true }}                         # ask you to open each link
# agency = {{ command = ["./agree.sh"] }}               # call a program with each link
agency = {{ register = true }}

# Deadlines. What is not pinned is found out where it can be, and left open where it cannot.
deliver_within = "30s"
# retry = {{ max_retries = 3, attempt_timeout = "30s", gaps = ["1m", "5m", "15m"] }}

# What the target does not have is declared absent with the reason; its rows do not apply then.
# Otherwise: mailbox = {{ smtp = "0.0.0.0:2525", address = "dev@partner.example" }}, notice_after = 1
#            clock = {{ advance = "POST http://127.0.0.1:7401/clock" }}
#            listing = {{ path = "/listings", read = "GET /listings", delete = "DELETE /listings/{{id}}" }}
absent = {{ mailbox = "no mail arrives here", clock = "no time travel", listing = "not tried yet" }}

# Wrong secrets are tried, and the rate limit is spent, only where you say so or on this machine.
# probe_secrets = true
# rate = {{ spend = true }}
"#,
        target = quoted(&values.target),
        base_url = quoted(&values.base_url),
        client_id = quoted(&values.client_id),
        client_secret = quoted(&values.client_secret),
        webhook = quoted(&values.webhook),
        listen = quoted(&values.listen),
    )
}

/// The first scenario.
const SCENARIO: &str = r"# Run me: matchproof run --target NAME scenarios/first.yaml
# `matchproof list steps` names what steps there are, `matchproof explain HOOK-2` what a requirement says.
title: An agency that agrees is delivered, with its own id and a key
agencies: [flat]
steps:
  - connect: { agency: flat, as: connection }
  - deliveries: { agency: flat, until: 1, as: got }
checks:
  - CONN-2: connection.delivered
    given: connection.connected
  - HOOK-2: got[0].json and got[0].key is string and got[0].agency_id == agencies.flat.id
    given: got | length > 0
";

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    /// What comes of these flags and answers: what was told on stderr, or the failure.
    fn made(flags: &[&str], answers: Option<&str>) -> Result<String, String> {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut output = Output { out: &mut out, err: &mut err, color: false, width: 80, watched: false };
        let line = Line::parse_from([&["init"], flags].concat());
        let made = init(&line.arguments, answers.map(Cursor::new), &mut output);
        made.map_err(|failure| failure.to_string())?;
        Ok(String::from_utf8(err).unwrap())
    }

    #[test]
    fn what_it_writes_is_read_without_a_mistake() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().to_str().unwrap();
        let told = made(&[folder, "--base-url", "https://staging.example/api"], Some("staging one\n\nMY_SECRET\n"));
        let told = told.unwrap();
        assert!(told.starts_with("A name for the target [local]: ") && !told.contains("base URL"), "{told}");
        let text = std::fs::read_to_string(place.path().join("matchproof.toml")).unwrap();
        let profile = Profile::read(&Source::new("matchproof.toml", text.clone())).unwrap();
        let target = profile.target("staging one").unwrap();
        assert_eq!(target.base_url.as_str(), "https://staging.example/api");
        assert!(text.contains("{ env = \"CRM_CLIENT_ID\" }") && text.contains("{ env = \"MY_SECRET\" }"), "{text}");
        let files = crate::plan::select(&[format!("{folder}/scenarios/first.yaml")]).unwrap();
        let planned = crate::plan::plan(
            &files,
            crate::requirement::Side::Platform,
            &crate::plan::Settings::default(),
            &crate::run::terms_of(target, false),
            &|_| true,
        );
        assert_eq!(planned.map_err(|mistakes| render_all(&mistakes)).unwrap().scenarios.len(), 1);
        let again = made(&[folder], None).unwrap_err();
        assert!(again.contains("is there already"), "{again}");
        assert_eq!(std::fs::read_to_string(place.path().join("matchproof.toml")).unwrap(), text);
    }

    #[test]
    fn what_would_not_be_read_is_not_written() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().to_str().unwrap();
        let told = made(&[folder, "--base-url", "staging.example", "--listen", "\"\n"], None).unwrap_err();
        assert!(told.contains("nothing was written") && told.contains("base_url"), "{told}");
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
