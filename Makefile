.PHONY: demo test lint bench crash-test

# A clinic with made-up mail, on this machine alone. Not a release build: it is there sooner, and quick enough.
demo:
	cargo run --locked -- demo

test:
	.ci/install
	cargo test --locked --features faults

lint:
	cargo fmt --check
	cargo clippy --locked --features faults --all-targets -- -D warnings

bench:
	bench/run

# Only the tests that stop the program at every boundary and start it again.
crash-test:
	.ci/install
	cargo test --locked --features faults --test it crash
