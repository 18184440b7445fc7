//! The pages hold: every program on them means what the page says, every path and link leads somewhere, every
//! session gives what it shows, and what is generated is what the tables say. `UPDATE_DOCS=1` writes the latter two.

mod anchors;
mod generated;
mod pages;
mod programs;
mod sessions;
