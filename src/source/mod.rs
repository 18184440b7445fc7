//! Source · read: text, where in it, and the one door through which the language reads the world.
//!
//! - `span`: a place in a text
//! - `text`: a text with its lines
//! - `world`: the door, with a world on disk's shape and one in memory
//! - `library`: the standard library that is built in

mod library;
mod span;
mod text;
mod world;

pub use library::{LIBRARY, library_text};
pub use span::{SourceId, Span};
pub use text::{LineColumn, Source, Sources};
pub use world::{Asked, MemoryWorld, ReadFailure, World};
