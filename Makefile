.PHONY: demo test lint bench crash-test planted

# A clinic with made-up mail, on this machine alone. Not a release build: it is there sooner, and quick enough.
demo:
	cargo run --locked -- demo

test:
	.ci/install
	cargo test --locked --features faults

lint:
	cargo fmt --check
	cargo clippy --locked --features faults --all-targets -- -D warnings

# What taking in mail costs, as a table. The release build takes some minutes.
bench:
	.ci/install
	cargo bench --locked --features faults --bench intake

# Only the tests that stop the program at every boundary and at random moments and start it again, for longer than usual.
# INKOM_SEED, which the test prints, replays a schedule.
crash-test:
	.ci/install
	INKOM_KILLS=$${INKOM_KILLS:-1000} cargo test --locked --features faults --test it -- crash:: --nocapture

# Whether the tests catch the bugs that are planted for them. Takes a quarter of an hour on two cores.
planted:
	.ci/install
	tests/planted/run
