use std::process::ExitCode;

fn main() -> ExitCode {
    inkom::cli::main()
}
