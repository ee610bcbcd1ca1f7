//! A world of a test's own: the test runs itself again in namespaces that end with it, so that mounts and packet
//! filters touch nothing else and need no tidying up.

use std::{
    os::unix::fs::MetadataExt as _,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

/// Set where a test runs in its own world.
const INSIDE: &str = "GCHAT_FAULTS_INSIDE";

/// How long anything may take before a test fails: machines of tests are slow.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Whether `command` succeeds here.
pub(crate) fn works(command: &[&str]) -> bool {
    let mut process = Command::new(command[0]);
    let process =
        process.args(&command[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    process.status().is_ok_and(|status| status.success())
}

/// Runs a command that must succeed.
pub(crate) fn run(command: &[&str]) {
    let out = Command::new(command[0]).args(&command[1..]).output().unwrap();
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
}

/// Names what cannot run here.
#[allow(clippy::print_stderr, reason = "for the person who runs the tests, and for scripts/test")]
pub(crate) fn skip(test: &str, why: &str) {
    eprintln!("skipped: faults {test}: {why}");
}

/// True inside the test's own world. Outside it runs the test again in one with `spaces` of its own, as far as `probe`
/// works there, and tells how that went.
pub(crate) fn entered(test: &str, spaces: &[&str], probe: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let root = std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    let mut enter = vec!["unshare", "--kill-child"];
    enter.extend(if root { None } else { Some("--map-root-user") });
    enter.extend(spaces);
    if !works(&[&enter[..], &["sh", "-c", probe]].concat()) {
        skip(test, &format!("`{}` and then `{probe}` do not work here", enter.join(" ")));
        return false;
    }
    let me = std::env::current_exe().unwrap();
    let mut command = Command::new(enter[0]);
    command.args(&enter[1..]).arg(me).args(["--exact", test, "--nocapture", "--test-threads=1"]);
    let status = command.env(INSIDE, "1").status().unwrap();
    assert!(status.success(), "{test} failed in its own world: see above");
    false
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "waited in vain: {what}");
}

/// The first of these files that is there.
pub(crate) fn first(paths: &[&'static str]) -> Option<&'static str> {
    paths.iter().copied().find(|path| Path::new(path).exists())
}
