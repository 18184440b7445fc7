//! One mail, sent over SMTP. The server may be a secret, because its address holds a password. Knows no channel.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::fault::{duration_text, fault};
use super::vault::Vault;
use crate::engine::{Done, Fault, FaultKind, Mail, SecretText};

/// Sends a mail and waits until the server has taken it.
///
/// # Errors
/// `Refused` when the server said no, `Unreachable` when it could not be spoken to, `TimedOut`, `Missing` for a secret.
pub(super) async fn send(server: &SecretText, mail: &Mail, timeout_ms: u64, vault: &Vault) -> Result<Done, Fault> {
    let url = vault.resolve(server)?;
    let timeout = Duration::from_millis(timeout_ms);
    let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.trim());
    // The address is not repeated: it may hold a password.
    let transport =
        transport.map_err(|_| refused("the server's address is none of SMTP: say `smtps://user:password@host`"))?;
    let transport = transport.timeout(Some(timeout)).build();
    let message = message(mail)?;
    match tokio::time::timeout(timeout, transport.send(message)).await {
        Ok(Ok(answer)) => {
            let said: Vec<&str> = answer.message().collect();
            Ok(Done { code: 0, stdout: vault.mask().text(&said.join(" ")), outputs: Default::default() })
        }
        Ok(Err(error)) => Err(explained(&error, vault)),
        Err(_) => Err(fault(FaultKind::TimedOut, format!("no answer within {}", duration_text(timeout_ms)))),
    }
}

fn message(mail: &Mail) -> Result<Message, Fault> {
    let mailbox = |text: &str| -> Result<Mailbox, Fault> {
        text.parse().map_err(|error| refused(&format!("`{text}` is no address for mail: {error}")))
    };
    let mut builder = Message::builder().from(mailbox(&mail.from)?).subject(mail.subject.clone());
    for to in &mail.to {
        builder = builder.to(mailbox(to)?);
    }
    // The same notice has the same name however often it is sent, so that it is shown once.
    let builder = builder.message_id(Some(format!("<{}>", mail.id))).header(ContentType::TEXT_PLAIN);
    builder.body(mail.body.clone()).map_err(|error| refused(&format!("the mail cannot be written: {error}")))
}

fn refused(message: &str) -> Fault {
    fault(FaultKind::Refused, message.to_owned())
}

fn explained(error: &Error, vault: &Vault) -> Fault {
    let mut reasons = vec![error.to_string()];
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        reasons.push(source.to_string());
        inner = source;
    }
    reasons.dedup();
    let kind = if error.is_timeout() {
        FaultKind::TimedOut
    } else if error.is_permanent() || error.is_transient() || error.is_client() {
        FaultKind::Refused
    } else {
        FaultKind::Unreachable
    };
    fault(kind, vault.mask().text(&format!("the mail was not taken: {}", reasons.join(": "))))
}
