//! A figure: a name, a value, and what is to be reached.

use std::{fmt, path::Path};

use anyhow::{Context as _, Result};
use serde::Serialize;

/// Which way is better, and how far is far enough.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// Printed beside the others, to read them by: the floor of a flush, the speed of an echo.
    None,
}

/// One measured figure.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// `scenario.quantity`, in lower case.
    pub name: String,
    pub value: f64,
    /// In the field's usual way: `B`, `us`, `ms`, `1/s`, `cores`, `x` for a ratio, `1` for a count.
    pub unit: &'static str,
    pub goal: Goal,
    /// What comes after the goal.
    pub aim: Goal,
}

impl Goal {
    /// Whether it is reached; a value that could not be measured (not a number) never reaches one.
    pub fn reached(&self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= *most,
            Self::AtLeast(least) => value >= *least,
            Self::None => true,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "<={most}"),
            Self::AtLeast(least) => write!(f, ">={least}"),
            Self::None => f.write_str("-"),
        }
    }
}

impl Figure {
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str, goal: Goal) -> Self {
        Self { name: name.into(), value, unit, goal, aim: Goal::None }
    }

    /// What comes after the goal; only the goal decides.
    pub fn aim(self, aim: Goal) -> Self {
        Self { aim, ..self }
    }

    /// Whether the goal is reached.
    pub fn ok(&self) -> bool {
        self.goal.reached(self.value)
    }
}

/// `name value unit goal ok|short`.
impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.ok() { "ok" } else { "short" };
        write!(f, "{} {:.4} {} {} {verdict}", self.name, self.value, self.unit, self.goal)
    }
}

/// Writes all figures of a run, as `bench/results/latest.json` has them.
pub fn write(path: &Path, figures: &[Figure]) -> Result<()> {
    let text = serde_json::to_string_pretty(figures)?;
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_whether_the_goal_is_reached() {
        let line = |value, goal| Figure::new("a.b", value, "ms", goal).to_string();
        assert_eq!(line(1.5, Goal::AtMost(2.0)), "a.b 1.5000 ms <=2 ok");
        assert_eq!(line(1.5, Goal::AtLeast(2.0)), "a.b 1.5000 ms >=2 short");
        assert_eq!(line(f64::NAN, Goal::AtMost(2.0)), "a.b NaN ms <=2 short");
        assert_eq!(line(1.5, Goal::None), "a.b 1.5000 ms - ok");
    }
}
