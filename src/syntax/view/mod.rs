//! What other rooms see of a tree: small copies that point into it, made on the way and never stored.
//!
//! - `entry`: entries and bodies
//! - `expr`: values
//! - `args`: what stands in a call or a list
//! - `text`: texts with their escapes and holes
//! - `types`: types

mod args;
mod entry;
mod expr;
mod text;
mod types;

pub use args::{Arg, Args, ArgsIter};
pub use entry::{Body, Entries, Entry, Items, Name};
pub use expr::{Expr, ExprKind, LiteralKind};
pub use text::{TextForm, TextLiteral, TextPart};
pub use types::{TypeExpr, TypeKind};
