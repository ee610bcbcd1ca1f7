//! A flame graph as SVG, by hand: a row for each depth, the callers below. Readable on white and on black.

use std::fmt::Write as _;

use super::stacks::{Frame, Owner, Stacks};
use crate::plot::escape;

/// Of a picture, in pixels.
const WIDTH: f64 = 1_000.0;
const ROW: f64 = 16.0;
const TOP: f64 = 40.0;
/// Of a letter.
const LETTER: f64 = 6.2;

/// Narrower frames are left out; more of them where the file would be larger than this.
const LEAST_SHARE: f64 = 0.003;
const MOST_BYTES: usize = 150 * 1_024;

const STYLE: &str = "<style>text{font:10px ui-monospace,monospace;fill:#1b1b1b}.title{font:15px system-ui,sans-serif;\
    fill:#777}rect{stroke:#8884;stroke-width:.5}.k{fill:#e39a5c}.s{fill:#7fa8d4}.g{fill:#74bd8f}.o{fill:#b9b9b9}\
    </style>";

/// The picture of all stacks.
pub(super) fn graph(title: &str, stacks: &Stacks) -> String {
    let mut least = LEAST_SHARE;
    loop {
        let svg = with_least(title, stacks, least);
        if svg.len() <= MOST_BYTES {
            return svg;
        }
        least *= 1.4;
    }
}

fn with_least(title: &str, stacks: &Stacks, least: f64) -> String {
    let all = stacks.samples() as f64;
    let drawing = Drawing { least: all * least, scale: WIDTH / all, rows: depth(&stacks.root, all * least) };
    let height = TOP + ROW * drawing.rows as f64 + 4.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" aria-label=\"{title}\">{STYLE}<text class=\"title\" x=\"8\" y=\"22\">\
         {title} ({all} samples)</text>\n",
        title = escape(title),
    );
    drawing.rows_of(&mut svg, &stacks.root, 0.0, 1);
    svg + "</svg>\n"
}

/// Rows above a frame.
fn depth(frame: &Frame, least: f64) -> usize {
    let calls = frame.calls.values().filter(|call| call.samples as f64 >= least);
    calls.map(|call| 1 + depth(call, least)).max().unwrap_or(0)
}

struct Drawing {
    /// Samples of the narrowest frame that is drawn.
    least: f64,
    /// Pixels a sample.
    scale: f64,
    rows: usize,
}

impl Drawing {
    /// What a frame has called, from this many samples on, in this row.
    fn rows_of(&self, svg: &mut String, frame: &Frame, from: f64, row: usize) {
        let mut at = from;
        for (name, call) in &frame.calls {
            if call.samples as f64 >= self.least {
                self.one(svg, name, call, at, row);
                self.rows_of(svg, call, at, row + 1);
            }
            at += call.samples as f64;
        }
    }

    fn one(&self, svg: &mut String, name: &str, frame: &Frame, from: f64, row: usize) {
        let (x, width) = (from * self.scale, frame.samples as f64 * self.scale);
        let y = TOP + ROW * (self.rows - row) as f64;
        let class = match frame.owner {
            Owner::Kernel => 'k',
            Owner::Sqlite => 's',
            Owner::Gchat => 'g',
            Owner::Other => 'o',
        };
        let told: String = name.chars().take(100).collect();
        let _ = write!(
            svg,
            "<g><title>{told} {share:.1} %</title><rect class=\"{class}\" x=\"{x:.1}\" y=\"{y}\" \
             width=\"{width:.1}\" height=\"{ROW}\"/>",
            told = escape(&told),
            share = width / WIDTH * 100.0,
        );
        let letters = (width / LETTER) as usize;
        if letters > 3 {
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{}\">{}</text>",
                x + 2.0,
                y + 12.0,
                escape(&short(name, letters))
            );
        }
        svg.push_str("</g>\n");
    }
}

/// As many letters as there is room for, from the end of the path, which tells the most.
fn short(name: &str, letters: usize) -> String {
    let count = name.chars().count();
    if count <= letters { name.to_owned() } else { name.chars().skip(count - letters).collect() }
}

#[cfg(test)]
mod tests {
    use super::{super::stacks::tests::PRINTED, *};

    #[test]
    fn every_frame_has_its_width_and_its_row() {
        let svg = graph("a & b", &Stacks::of(PRINTED));
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
        for part in [
            "a &amp; b (3 samples)",
            "<title>sqlite3_step 66.7 %</title><rect class=\"s\"",
            "<title>do_syscall_64 33.3 %</title><rect class=\"k\" x=\"0.0\" y=\"40\" width=\"333.3\"",
            "<title>gchat::ws::live 33.3 %</title><rect class=\"g\" x=\"666.7\"",
        ] {
            assert!(svg.contains(part), "{part} is not in {svg}");
        }
    }
}
