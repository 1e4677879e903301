.PHONY: demo test lint bench crash-test planted compare validate fuzz

# A clinic with made-up mail, on this machine alone. Not a release build: it is there sooner, and quick enough.
demo:
	cargo run --locked -- demo

test:
	.ci/install
	cargo test --locked --features faults
	tests/browser/run

lint:
	cargo fmt --check
	cargo clippy --locked --features faults --all-targets -- -D warnings

# What taking in mail costs, as a table. The release build takes some minutes.
bench:
	.ci/install
	cargo bench --locked --features faults --bench reading --bench pdf --bench intake --bench queue

# Only the tests that stop the program at every boundary and at random moments and start it again, for longer than usual.
# INKOM_SEED, which the test prints, replays a schedule.
crash-test:
	.ci/install
	INKOM_KILLS=$${INKOM_KILLS:-1000} cargo test --locked --features faults --test it -- crash:: --nocapture

# Whether the tests catch the bugs that are planted for them. Takes a quarter of an hour on two cores.
planted:
	.ci/install
	tests/planted/run

# Whether inkom reads what Python's reader reads: every difference with its cause. MAIL names the folders.
MAIL ?= fixtures/mail fixtures/reading $(wildcard ../shared/mail/corpus) $(wildcard ../shared/mail/clinic)
compare:
	cargo build --locked
	python3 tests/compare/compare.py target/debug/inkom $(MAIL)

# Whether the PDF of every message is valid PDF/A-3a and PDF/UA-1, by veraPDF, and says what the message says.
validate:
	.ci/install
	cargo build --locked
	rm -rf target/validate && target/debug/inkom render $(MAIL) -o target/validate
	tests/validate/run target/validate
	python3 tests/validate/words.py target/debug/inkom $(MAIL)

# Random and mutated input, SECONDS for each target. cargo-fuzz needs switches that a released compiler hides, which
# RUSTC_BOOTSTRAP shows. What it finds lies in fuzz/artifacts; what is fixed goes into fixtures/found as a test.
SECONDS ?= 600
fuzz:
	command -v cargo-fuzz || cargo install --locked cargo-fuzz
	for target in message html tnef triage pdf; do \
	    mkdir -p fuzz/corpus/$$target fuzz/seeds/$$target && \
	    RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none $$target fuzz/corpus/$$target fuzz/seeds/$$target fixtures/mail -- \
	        -max_total_time=$(SECONDS) -max_len=100000 -timeout=20 -rss_limit_mb=1500 || exit 1; \
	done
