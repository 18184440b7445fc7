//! Tree · parse: a text to a tree with its comments kept. Total: it never fails and reports every mistake.
//!
//! - `parse`: the verb, from text to tree
//! - `tree`: the tree and what it keeps
//! - `view`: entries, values and types to look at
//! - `token`, `operator`: the tables of kinds and of precedence
//! - `lexer`: text to tokens
//! - `layout`: what a token is where it stands; line ends; balanced brackets
//! - `grammar`: `grammar/rollout.pest` over the laid out tokens
//! - `build`, `node`: what the grammar found, as a flat tree
//! - `audit`: what the tree shows to be wrong, and which entries that breaks
//! - `mistake`, `message`: what is wrong, as data and in words

mod audit;
mod build;
mod grammar;
mod layout;
mod lexer;
mod message;
mod mistake;
mod node;
mod operator;
mod parse;
mod token;
mod tree;
mod view;

pub use layout::NESTING_MAX;
pub use operator::{BinaryOp, UnaryOp};
pub use parse::{DIAGNOSTICS_MAX, SIZE_MAX, parse};
pub use token::{Comment, CommentKind, Token, TokenKind};
pub use tree::Tree;
pub use view::{
    Arg, Args, ArgsIter, Body, Entries, Entry, Expr, ExprKind, Items, LiteralKind, Name, TextForm, TextLiteral,
    TextPart, TypeExpr, TypeKind,
};
