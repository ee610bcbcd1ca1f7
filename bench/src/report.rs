//! A run as people see it: a line a figure, the file of figures, and the generated part of docs/performance.md.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{create_dir_all, read_to_string, write},
    path::Path,
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    RESULTS,
    figure::{self, Figure, Goal},
    outside::memory,
    plan::Plan,
    plot::{self, Bar, short},
    profile,
};

const PAGE: &str = "docs/performance.md";
const PLOTS: &str = "docs/images/bench";
const BEGIN: &str = "<!-- begin: written by make bench -->";
const END: &str = "<!-- end: written by make bench -->";

/// Runs all scenarios, or those that are named. One that fails is told at the end, and the others run all the same.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the figures are what this command is for")]
pub async fn run(plan: &Plan, only: &[String], profiled: Option<&Path>, report: bool) -> Result<()> {
    create_dir_all(RESULTS)?;
    let scenarios =
        if only.is_empty() { crate::scenarios() } else { only.iter().flat_map(|name| named(name)).collect() };
    let began = Instant::now();
    let (mut figures, mut failed) = (Vec::new(), Vec::new());
    let mut left = crate::scenarios();
    for scenario in scenarios {
        let began = Instant::now();
        match crate::run(plan, scenario).await {
            Ok(found) => {
                found.iter().for_each(|figure| println!("{figure}"));
                figures.extend(found);
            }
            Err(error) => {
                eprintln!("{scenario} failed: {error:#}");
                failed.push(scenario);
            }
        }
        eprintln!("{scenario}: {:.0} s", began.elapsed().as_secs_f64());
        figure::write(&Path::new(RESULTS).join("latest.json"), &figures)?;
        left.retain(|other| *other != scenario);
        if report {
            // Now, as the whole takes long: whoever interrupts it keeps what there is.
            rewrite(plan, &figures, (&failed, &left), "")?;
        }
    }
    let profiles = match profiled {
        None => String::new(),
        Some(gchat) => {
            let folder = Path::new(if report { PLOTS } else { RESULTS });
            profile::draw(plan, gchat, only, folder).await.unwrap_or_else(|error| {
                eprintln!("profiles failed: {error:#}");
                failed.push("profiles");
                String::new()
            })
        }
    };
    eprint!("{profiles}");
    eprintln!("all: {:.0} s", began.elapsed().as_secs_f64());
    if report {
        rewrite(plan, &figures, (&failed, &left), &profiles)?;
    }
    ensure!(failed.is_empty(), "these scenarios failed: {}", failed.join(", "));
    Ok(())
}

/// Puts the figures into the page, between its two marks, and the plots beside it. What failed or was not run is named:
/// it has no figures.
fn rewrite(
    plan: &Plan,
    figures: &[Figure],
    (failed, left): (&[&str], &[&str]),
    profiles: &str,
) -> Result<()> {
    let page = read_to_string(PAGE).with_context(|| format!("cannot read {PAGE}"))?;
    let parts = page.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) =
        parts.with_context(|| format!("{PAGE} has not both marks of the generated part"))?;
    let mut text = format!("{before}{BEGIN}\n\n{}\n\n", machine(plan));
    if !failed.is_empty() {
        let _ = write!(text, "**Failed, and so without figures: {}.**\n\n", failed.join(", "));
    }
    if !left.is_empty() {
        let _ = write!(text, "**Not run this time, and so without figures: {}.**\n\n", left.join(", "));
    }
    create_dir_all(PLOTS)?;
    for (scenario, figures) in by_scenario(figures) {
        let _ =
            write!(text, "### {scenario}\n\n`make bench ONLY={}`\n\n{}", group(&scenario), table(&figures));
        for (unit, figures) in by_unit(&figures) {
            let name = format!("{scenario}-{}.svg", unit.replace('/', "-per-"));
            write(Path::new(PLOTS).join(&name), plot(&scenario, unit, &figures))?;
            let _ = write!(text, "\n![{scenario} in {unit}](images/bench/{name})\n");
        }
        text.push('\n');
    }
    write(PAGE, format!("{text}{profiles}{END}{after}")).with_context(|| format!("cannot write {PAGE}"))
}

/// What a name stands for: the scenarios of a group, as `inside` is one, or itself.
fn named(name: &str) -> Vec<&str> {
    let is_of = |scenario: &&str| scenario.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
    let group: Vec<_> = crate::scenarios().into_iter().filter(is_of).collect();
    if group.is_empty() { vec![name] } else { group }
}

/// What `make bench ONLY=…` calls the scenario: its own name, or that of the group that it is of.
fn group(scenario: &str) -> &str {
    let all = crate::scenarios();
    let mut names = all.into_iter().filter(|name| scenario.starts_with(name));
    names.next().unwrap_or(scenario)
}

fn machine(plan: &Plan) -> String {
    let model = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{} ({cores} cores), {:.0} GiB, Linux {}; server and generator share them. Seed {}. Load average at the end \
         (1, 5 and 15 minutes): {}.",
        model.map_or("Processor", |(_, model)| model),
        memory::of_machine() / 1_073_741_824.0,
        // Its version without the name of whoever built it.
        kernel.trim().split('-').next().unwrap_or_default(),
        plan.seed,
        load.split(' ').take(3).collect::<Vec<_>>().join(", "),
    )
}

/// By what stands before the last dot, in the order in which they came.
fn by_scenario(figures: &[Figure]) -> Vec<(String, Vec<&Figure>)> {
    let mut found: Vec<(String, Vec<&Figure>)> = Vec::new();
    for figure in figures {
        let scenario = figure.name.split_once('.').map_or("", |(scenario, _)| scenario);
        match found.iter_mut().find(|(name, _)| name == scenario) {
            Some((_, figures)) => figures.push(figure),
            None => found.push((scenario.to_owned(), vec![figure])),
        }
    }
    found
}

/// Those that can be compared by their length: two or more of one unit.
fn by_unit<'a>(figures: &[&'a Figure]) -> BTreeMap<&'static str, Vec<&'a Figure>> {
    let mut found: BTreeMap<&str, Vec<&Figure>> = BTreeMap::new();
    for figure in figures.iter().filter(|figure| figure.value.is_finite() && figure.unit != "1") {
        found.entry(figure.unit).or_default().push(figure);
    }
    found.retain(|_, figures| figures.len() > 1);
    found
}

fn table(figures: &[&Figure]) -> String {
    let mut text = "| figure | value | unit | goal | then | |\n|---|---|---|---|---|---|\n".to_owned();
    for Figure { name, value, unit, goal, aim } in figures.iter().copied() {
        let name = name.split_once('.').map_or(&**name, |(_, name)| name);
        let verdict = match (goal, aim) {
            (Goal::None, _) => "",
            _ if !goal.reached(*value) => "**short**",
            (_, Goal::None) => "ok",
            _ if aim.reached(*value) => "ok, and more",
            _ => "ok",
        };
        let tell = |goal: &Goal| goal.to_string().replace("<=", "≤ ").replace(">=", "≥ ").replace('-', "");
        let _ = writeln!(
            text,
            "| {name} | {} | {unit} | {} | {} | {verdict} |",
            short(*value),
            tell(goal),
            tell(aim)
        );
    }
    text
}

fn plot(scenario: &str, unit: &str, figures: &[&Figure]) -> String {
    let bars: Vec<Bar<'_>> = figures
        .iter()
        .map(|figure| Bar {
            label: figure.name.split_once('.').map_or(&*figure.name, |(_, name)| name),
            value: figure.value,
            goal: match figure.goal {
                Goal::AtMost(goal) | Goal::AtLeast(goal) => Some(goal),
                Goal::None => None,
            },
            class: match figure.goal {
                Goal::None => "none",
                _ if figure.ok() => "ok",
                _ => "short",
            },
        })
        .collect();
    plot::bars(scenario, unit, &bars)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_what_is_short_and_what_is_more_than_was_asked() {
        let of = |value| Figure::new("a.b", value, "us", Goal::AtMost(500.0)).aim(Goal::AtMost(250.0));
        let figures = [of(600.0), of(300.0), of(200.0)];
        let text = table(&figures.iter().collect::<Vec<_>>());
        let verdicts: Vec<_> = text.lines().skip(2).map(|line| line.rsplit(" | ").next().unwrap()).collect();
        assert_eq!(verdicts, ["**short** |", "ok |", "ok, and more |"]);
    }
}
