//! The pages hold: every program on them means what its page says, every path and link leads somewhere, every session
//! is real, and what is generated is what the tables say. `UPDATE_DOCS=1` writes sessions and generated pages.

mod errors;
mod generated;
mod links;
mod pages;
mod programs;
mod sessions;
