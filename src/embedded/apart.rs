//! The simulator in a process of its own, so that under load it takes nothing from whoever measures it.
//!
//! It lives as long as its standard input is open: the system closes that with us, however we end.

use std::{
    io::{self, BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

use tokio::sync::oneshot;

use super::{EmbeddedError, FIRST, Pins, Place, profile, random_secret};
use crate::{
    profile::{Resolved, Target},
    secret::Secret,
    simulator::Partner,
};

/// How long it may take to say where it listens.
const START_WITHIN: Duration = Duration::from_secs(30);
/// The variable in which it finds the client secret.
const SECRET_VARIABLE: &str = "MATCHPROOF_EMBEDDED_SECRET";

/// A simulator that runs in a process of its own, and the profile under which it is met.
pub struct Apart {
    /// The target.
    pub target: Target,
    /// Its credentials.
    pub credentials: Resolved,
    /// Runs until it is dropped.
    pub process: Process,
}

/// A simulator's process, which ends with us.
pub struct Process {
    child: Child,
    /// Open as long as it is to run.
    _open: Option<ChildStdin>,
}

impl Drop for Process {
    fn drop(&mut self) {
        // It keeps nothing that it would have to put in order, and one that has ended already is no trouble.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts `program`, which is this one, as a simulator that delivers to `webhook_url`.
///
/// # Errors
///
/// It could not be started, or did not say where it listens.
pub async fn start_apart(program: &Path, webhook_url: &str, pins: &Pins) -> Result<Apart, EmbeddedError> {
    let secret = Secret::new(random_secret());
    let mut child = command(program, webhook_url, &secret).spawn().map_err(EmbeddedError::Spawn)?;
    let (open, out, mut err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let process = Process { child, _open: open };
    let (tell, told) = oneshot::channel();
    thread::spawn(move || {
        let place = out.map(BufReader::new).and_then(|mut out| {
            let place = announced(&mut out);
            // Where it has said all that we wait for, the rest is read too, so that it can go on saying it.
            if let Some(place) = place {
                let _ = tell.send(Ok(place));
                let _ = io::copy(&mut out, &mut io::sink());
                return None;
            }
            Some(tell)
        });
        if let Some(tell) = place {
            let mut why = String::new();
            let _ = err.as_mut().map(|err| err.read_to_string(&mut why));
            let _ = tell.send(Err(why));
        }
    });
    let place = match tokio::time::timeout(START_WITHIN, told).await {
        Ok(Ok(Ok(place))) => place,
        Ok(Ok(Err(why))) => return Err(EmbeddedError::Apart(why.trim().to_owned())),
        Ok(Err(_)) | Err(_) => {
            return Err(EmbeddedError::Apart(format!("it said nothing for {} s", START_WITHIN.as_secs())));
        }
    };
    let partner = Partner {
        client_id: FIRST.to_owned(),
        client_secret: secret,
        webhook_url: webhook_url.to_owned(),
        developer_email: String::new(),
    };
    let (target, credentials) = profile(&place, webhook_url, &[partner], pins).map_err(EmbeddedError::Profile)?;
    Ok(Apart { target, credentials, process })
}

fn command(program: &Path, webhook_url: &str, secret: &Secret) -> Command {
    let mut command = Command::new(program);
    command
        .args(["simulate", "--brisk", "--until-stdin-closes", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"])
        .args(["--webhook", webhook_url, "--client-id", FIRST, "--client-secret-env", SECRET_VARIABLE])
        .env(SECRET_VARIABLE, secret.expose())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // A Ctrl-C is for us: what is under way is still to be answered.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// Where it listens, from the lines that a shell would take; nothing where they do not come.
fn announced(out: &mut BufReader<ChildStdout>) -> Option<Place> {
    let (mut base_url, mut control_url) = (None, None);
    for line in out.lines() {
        let line = line.ok()?;
        let value = |name: &str| {
            let quoted = line.strip_prefix("export ")?.strip_prefix(name)?.strip_prefix("='")?.strip_suffix('\'')?;
            Some(quoted.to_owned())
        };
        base_url = base_url.or_else(|| value("CRM_BASE_URL"));
        control_url = control_url.or_else(|| value("CRM_CONTROL_URL"));
        if let (Some(base_url), Some(control_url)) = (&base_url, &control_url) {
            return Some(Place { base_url: base_url.clone(), control_url: control_url.clone(), smtp: None });
        }
    }
    None
}
