//! Where the server's processor time goes: flame graphs of scenarios that are run once more for that alone.
//!
//! perf costs time, and so do frame pointers: the server of these runs is another build, and none of their figures is
//! told. They are as small as a quick run. What is recorded is the first part of a scenario that is measured.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, Result};

use crate::plan::{Plan, Size};

mod flame;
mod perf;
mod stacks;

pub(crate) use perf::Recording;
use stacks::Stacks;

/// What is recorded, and of which part it is.
const SCENARIOS: [(&str, &str); 4] = [
    ("walk", "a thousand pages are loaded in a second"),
    ("durable", "512 pairs press, with a message under way each"),
    ("talk", "pairs write on their own times"),
    ("course", "a course fills, and everybody looks"),
];

/// Functions in a table.
const TOP: usize = 12;

/// Runs and draws these scenarios, or all of them where none is named, with the server `profiled`, which has frame
/// pointers. Leaves `profile-NAME.svg` in `folder`. Returns the section of the report; where perf cannot be run, it says
/// why.
pub(crate) async fn draw(plan: &Plan, profiled: &Path, only: &[String], folder: &Path) -> Result<String> {
    let mut text = String::from("### Profiles\n\n");
    if let Some(why) = perf::missing() {
        let _ = writeln!(text, "There are none: {why}.\n");
        return Ok(text);
    }
    text.push_str(
        "Each scenario once more, small, on a server built with frame pointers, while perf looks at it 499 times a \
         second: a width is a share of the server's processor time, and what stands above was called by what is below. \
         Orange is the kernel, blue SQLite, green gchat, grey everything else.\n\n",
    );
    fs::create_dir_all(folder)?;
    for (scenario, what) in SCENARIOS.into_iter().filter(|(name, _)| of(name, only)) {
        let stacks =
            record(plan, profiled, scenario).await.with_context(|| format!("profile of {scenario}"))?;
        let title = format!("{scenario}: {what}");
        let name = format!("profile-{scenario}.svg");
        fs::write(folder.join(&name), flame::graph(&title, &stacks))?;
        let _ = write!(text, "![{title}](images/bench/{name})\n\n{}\n", table(&stacks));
    }
    Ok(text)
}

fn of(name: &str, only: &[String]) -> bool {
    only.is_empty() || only.iter().any(|wanted| wanted == name)
}

async fn record(plan: &Plan, profiled: &Path, scenario: &str) -> Result<Stacks> {
    let samples = plan.folder.join(format!("{scenario}.perf"));
    let gchat = std::path::absolute(profiled)?;
    let plan = Plan { size: Size::Quick, gchat, samples: Some(samples.clone()), ..plan.clone() };
    crate::run(&plan, scenario).await?;
    let stacks = perf::read(&samples)?;
    fs::remove_file(&samples)?;
    Ok(stacks)
}

/// The functions in which the server is found most often, whoever has called them.
fn table(stacks: &Stacks) -> String {
    let mut text = "| by itself | function |\n|---|---|\n".to_owned();
    for (name, share) in stacks.by_self().into_iter().take(TOP) {
        let _ = writeln!(text, "| {:.1} % | `{}` |", share * 100.0, name.replace('|', "\\|"));
    }
    text
}
