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
    pub set: Run,
    /// Prints the share as it is: `25`, `25%`.
    pub read: Run,
    pub span: Span,
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
