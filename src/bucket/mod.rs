//! Bucket · bucket: where a user or a request stands among all of them, the same every time and in every language, so that
//! a share of them is always the same ones. Knows no user list, no flag store and no luck.
//!
//! - `place`: from a key to its bucket
//! - `exposure`: a share of all buckets, which only grows upward
//! - `variant`: one of several, by weight

mod exposure;
mod place;
mod variant;

pub use exposure::Exposure;
pub use place::{BUCKETS, Bucket, Place, place};
pub use variant::variant;
