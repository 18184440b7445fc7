//! Shares of traffic and of users: the routers and flags that have them, and the actions that set them. Knows how a
//! share is set and read back, never what it is.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Expr, FlagId, Param, RouterId, Run};
use crate::source::Span;

/// Something that sends a share of its traffic to the new version, and says which.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Router {
    pub name: SmolStr,
    /// What it is called with; then, for `set` alone, the share in percent.
    pub params: Vec<Param>,
    #[serde(flatten)]
    pub means: RouterMeans,
    pub span: Span,
}

/// How a router is spoken to. Plans of before there were several have the fields of a command here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[allow(clippy::large_enum_variant, reason = "a program has few routers")]
pub enum RouterMeans {
    Command {
        set: Run,
        /// Prints the share as it is: `25`, `25%`.
        read: Run,
    },
    Haproxy(Haproxy),
    Nginx(Nginx),
}

/// Weights of the servers of a backend, set while HAProxy runs, over its stats socket of level `admin`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Haproxy {
    /// The path of a socket, or `host:port`.
    pub socket: Expr,
    pub backend: Expr,
    /// Lists of servers by their names.
    pub stable: Expr,
    pub canary: Expr,
    /// Relative paths begin here.
    pub folder: SmolStr,
}

/// A file that nginx includes and that holds one `upstream`: it is written, tested, and nginx told to read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Nginx {
    pub file: Expr,
    pub upstream: Expr,
    /// Lists of addresses, as nginx has them after `server`.
    pub stable: Expr,
    pub canary: Expr,
    /// Further directives of the upstream.
    pub extra: SmolStr,
    /// Scripts.
    pub test: SmolStr,
    pub reload: SmolStr,
    pub folder: SmolStr,
}

impl Router {
    /// Returns what it is called with.
    pub fn own_params(&self) -> &[Param] {
        &self.params[..self.params.len().saturating_sub(1)]
    }
}

/// A feature flag; which users have it follows from its share alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flag {
    pub name: SmolStr,
    /// What a user may get: the default, and what the exposed get.
    pub variants: Vec<SmolStr>,
    /// What a user gets who is not exposed.
    pub default: SmolStr,
    /// Another one shuffles all users.
    pub salt: SmolStr,
    pub span: Span,
}

/// `traffic 25% { via = ROUTER }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    pub router: RouterId,
    pub arguments: Vec<Expr>,
    /// Percent.
    pub share: Expr,
    /// Of each command of the router.
    pub timeout: Option<Expr>,
    /// How long the router has before its share is read back.
    pub settle: Option<Expr>,
}

/// `flag NAME = 25%`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlagShare {
    pub flag: FlagId,
    /// Percent.
    pub share: Expr,
}
