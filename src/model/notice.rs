//! Notices: the channels they go to, and what is said. Knows addresses as expressions, and sends nothing.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{ChannelId, Exec, Expr};
use crate::source::Span;

/// Where notices go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    pub name: SmolStr,
    pub means: ChannelMeans,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "a program has few channels")]
pub enum ChannelMeans {
    /// `{"text": …}` is posted there.
    Slack { url: Expr },
    /// The notice is posted as JSON; signed, if there is a key.
    Webhook { url: Expr, key: Option<Expr> },
    /// A mail. The server is `smtps://user:password@host` or `smtp://host?tls=required`.
    Email { server: Expr, from: Expr, to: Expr },
    /// A program that reads the message.
    Command(Exec),
    /// The run's own log.
    Log,
}

/// `notify CHANNEL "message"`: nothing waits for it, and nothing fails by it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notify {
    pub channel: ChannelId,
    pub message: Expr,
    /// Of each attempt.
    pub timeout: Option<Expr>,
}
