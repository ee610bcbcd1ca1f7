//! A run of a few seconds: the load generator, the checker and the server still understand each other.

use std::{path::Path, process::Command};

#[test]
fn a_small_run_is_right_and_tells_its_figures() {
    let bench = Path::new(env!("CARGO_BIN_EXE_gchat-bench"));
    let gchat = bench.with_file_name("gchat");
    assert!(gchat.exists(), "{} is missing: build the workspace first", gchat.display());
    let folder = tempfile::tempdir().unwrap();
    let run = Command::new(bench)
        .args(["run", "--quick", "--only", "smoke", "--gchat"])
        .arg(gchat)
        .arg("--folder")
        .arg(folder.path())
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    let complained = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}{complained}");
    assert!(said.lines().all(|line| line.ends_with(" ok")) && said.contains("smoke.judged"), "{said}");
    let left = std::fs::read_to_string(folder.path().join("bench/results/latest.json")).unwrap();
    assert!(left.contains("smoke.delivered"), "{left}");
}
