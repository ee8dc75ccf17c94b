//! The mail that tells a developer of a delivery that failed for good.

use std::time::Duration;

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};

use super::StartError;
use crate::secret::Secret;

/// Who writes.
const SENDER: &str = "Matchouse <no-reply@matchouse.example>";

/// How long one command of the mail server may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends mail by plain SMTP.
pub(super) struct Mailer(AsyncSmtpTransport<Tokio1Executor>);

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum MailError {
    #[error("an address is none")]
    Address(#[from] lettre::address::AddressError),
    #[error("the mail could not be written")]
    Message(#[from] lettre::error::Error),
    #[error("the mail server did not take it")]
    Smtp(#[from] lettre::transport::smtp::Error),
}

impl Mailer {
    /// A mailer that speaks to `server`, given as `host:port`.
    pub(super) fn new(server: &str) -> Result<Self, StartError> {
        let wrong = || StartError::Smtp { given: server.to_owned() };
        let (host, port) = server.rsplit_once(':').filter(|(host, _)| !host.is_empty()).ok_or_else(wrong)?;
        let port = port.parse().map_err(|_| wrong())?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host);
        Ok(Self(transport.port(port).timeout(Some(TIMEOUT)).build()))
    }

    /// Tells `developer` of the agency whose delivery failed.
    pub(super) async fn send(
        &self,
        developer: &str,
        agency: Option<&str>,
        key: Option<&Secret>,
    ) -> Result<(), MailError> {
        let mail = Message::builder()
            .from(SENDER.parse::<Mailbox>()?)
            .to(developer.parse::<Mailbox>()?)
            .subject("Matchouse could not deliver an API key to your webhook")
            .header(ContentType::TEXT_PLAIN)
            .body(text(agency, key))?;
        self.0.send(mail).await?;
        Ok(())
    }
}

fn text(agency: Option<&str>, key: Option<&Secret>) -> String {
    let mut text = "An agency connected its Matchouse account to your CRM, and none of our attempts to post its key \
                    to your webhook was answered with 200 OK.\r\n"
        .to_owned();
    if let Some(agency) = agency {
        text.extend(["\r\nagencyId: ", agency, "\r\n"]);
    }
    if let Some(key) = key {
        text.extend(["\r\nx-api-key: ", key.expose(), "\r\n"]);
    }
    text + "\r\nOnce your webhook answers again, ask the agency to connect once more.\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_names_the_agency_and_the_key_only_where_it_is_told_to() {
        let key = Secret::new("the-key");
        assert!(text(Some("flat 7"), None).contains("agencyId: flat 7"));
        assert!(!text(Some("flat 7"), None).contains("the-key"));
        assert!(!text(None, Some(&key)).contains("agencyId"));
        assert!(text(None, Some(&key)).contains("the-key"));
    }

    #[tokio::test]
    async fn a_server_is_a_host_and_a_port() {
        for good in ["127.0.0.1:2525", "[::1]:25", "mail.example:587"] {
            assert!(Mailer::new(good).is_ok(), "{good}");
        }
        for bad in ["", "mail.example", ":25", "mail.example:", "mail.example:99999"] {
            assert!(matches!(Mailer::new(bad), Err(StartError::Smtp { .. })), "{bad}");
        }
    }
}
