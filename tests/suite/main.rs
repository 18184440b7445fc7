//! The suite: what the program promises, asked from outside. One file for each promise.

mod action;
mod shell;
