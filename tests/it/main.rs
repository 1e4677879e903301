#[test]
fn it_runs() {}
