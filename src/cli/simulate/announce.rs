use super::{Arguments, config::Origin};
use crate::simulator::{Partner, Simulator};

/// Where the simulator is and how to speak to it, as lines that can be pasted into a shell.
///
/// The client secret is shown only where nobody else knows it: where it was made up.
pub(super) fn announcement(arguments: &Arguments, simulator: &Simulator, partner: &Partner, origin: &Origin) -> String {
    let mut lines = vec![
        format!("# Matchouse listens at {}; Ctrl-C ends it.", simulator.base_url()),
        format!("# Its clock is moved at {}/clock.", simulator.control_url()),
    ];
    if arguments.webhook.is_none() {
        lines.push("# No webhook is registered, so that every delivery fails: `--webhook URL` registers yours.".into());
    }
    for (kind, names) in [("Dialects", &arguments.dialect), ("Defects", &arguments.defect)] {
        if !names.is_empty() {
            lines.push(format!("# {kind}: {}.", names.join(", ")));
        }
    }
    let secret = match origin {
        Origin::Variable(name) => format!("\"${name}\""),
        Origin::MadeUp => {
            lines.push("# The client secret was made up for this start: `--client-secret-env` takes yours.".into());
            quoted(partner.client_secret.expose())
        }
    };
    lines.push(String::new());
    lines.push(format!("export CRM_BASE_URL={}", quoted(simulator.base_url())));
    lines.push(format!("export CRM_CONTROL_URL={}", quoted(simulator.control_url())));
    lines.push(format!("export CRM_CLIENT_ID={}", quoted(&partner.client_id)));
    lines.push(format!("export CRM_CLIENT_SECRET={secret}"));
    lines.push(format!("export CRM_WEBHOOK_URL={}", quoted(&partner.webhook_url)));
    for step in simulator.tour() {
        lines.push(format!("\n# {}\n{}", step.title, step.curl));
    }
    lines.join("\n")
}

/// A word as a POSIX shell reads it back unchanged.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_word_is_one_word() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
