//! Plots as SVG, by hand: bars of one quantity. Readable on white and on black.

use std::fmt::Write as _;

/// Of a picture, in pixels.
const WIDTH: f64 = 720.0;
const LEFT: f64 = 300.0;
const ROW: f64 = 26.0;
const TOP: f64 = 48.0;

const STYLE: &str = "<style>text{font:13px system-ui,sans-serif;fill:#555}.title{font-size:15px;fill:#777}\
    .ok{fill:#2a7d4f}.short{fill:#c0562b}.none{fill:#5b7fa6}.goal{stroke:#888;stroke-dasharray:4 3;stroke-width:1.5}\
    </style>";

/// One bar.
pub(crate) struct Bar<'a> {
    pub(crate) label: &'a str,
    pub(crate) value: f64,
    /// A dashed line, where there is a goal.
    pub(crate) goal: Option<f64>,
    /// `ok`, `short` or `none`.
    pub(crate) class: &'a str,
}

/// Horizontal bars on one scale.
pub(crate) fn bars(title: &str, unit: &str, bars: &[Bar<'_>]) -> String {
    let most = bars.iter().flat_map(|bar| [Some(bar.value), bar.goal]).flatten().fold(0.0, f64::max);
    let scale = if most > 0.0 { (WIDTH - LEFT - 110.0) / most } else { 0.0 };
    let height = TOP + ROW * bars.len() as f64 + 12.0;
    let mut svg = head(title, unit, height);
    for (n, bar) in bars.iter().enumerate() {
        let y = TOP + ROW * n as f64;
        let (label, class, width) = (escape(bar.label), bar.class, (bar.value * scale).max(1.0));
        let _ = write!(
            svg,
            "<text x=\"{x}\" y=\"{t}\" text-anchor=\"end\">{label}</text>\
             <rect class=\"{class}\" x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"18\" rx=\"2\"/>\
             <text x=\"{end:.1}\" y=\"{t}\">{value}</text>",
            x = LEFT - 8.0,
            t = y + 14.0,
            end = LEFT + width + 6.0,
            value = short(bar.value),
        );
        if let Some(goal) = bar.goal {
            let x = LEFT + goal * scale;
            let _ = write!(
                svg,
                "<line class=\"goal\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{}\" y2=\"{}\"/>",
                y - 3.0,
                y + 21.0
            );
        }
    }
    svg + "</svg>\n"
}

fn head(title: &str, unit: &str, height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" aria-label=\"{title}\">{STYLE}<text class=\"title\" x=\"12\" y=\"24\">\
         {title} ({unit})</text>",
        title = escape(title),
    )
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// With three digits.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_its_label_value_and_goal() {
        let bar = Bar { label: "a <b>", value: 1_234.5, goal: Some(2_000.0), class: "ok" };
        let svg = bars("Idle", "B", &[bar]);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
        for part in ["a &lt;b>", ">1234<", "class=\"goal\"", "class=\"ok\""] {
            assert!(svg.contains(part), "{part} is not in {svg}");
        }
    }
}
