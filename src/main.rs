//! The program: everything it can do is in the library.

fn main() -> std::process::ExitCode {
    rollout::cli::main()
}
