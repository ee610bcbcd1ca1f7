//! From what was measured to figures: each peer's own, then gchat's as ratios.

use super::{Row, lineup::Kind, peer::Durability, talk::Talked};
use crate::figure::{Figure, Goal};

/// Picks one of the rates of talk.
type Talk = fn(&Row) -> Option<Talked>;

/// All of them, by name.
const RATES: [(&str, Talk); 3] = [
    ("calm", |row| row.results.calm),
    ("busy", |row| row.results.busy),
    ("pressed", |row| row.results.pressed),
];

/// All figures of a run.
pub(super) fn figures(rows: &[Row]) -> Vec<Figure> {
    let mut figures: Vec<Figure> = rows.iter().flat_map(own).collect();
    for (rate, talked) in RATES {
        figures.extend(ratios_of_talk(rows, rate, talked));
    }
    figures.extend(ratio_of_fan_out(rows));
    figures
}

/// What one peer did.
fn own(row: &Row) -> Vec<Figure> {
    let name = row.kind.name();
    let durability = row.durability.word();
    let mut figures = Vec::new();
    let mut add = |quantity: String, value: f64, unit| {
        figures.push(Figure::new(format!("peers.{name}.{quantity}"), value, unit, Goal::None));
    };
    if let Some(bytes) = row.results.idle {
        add("idle_connection".into(), bytes, "B");
    }
    if let Some(deliveries) = row.results.fan_out {
        add("fan_out_deliveries_per_cpu_second".into(), deliveries, "1/s");
    }
    for (rate, talked) in RATES {
        if let Some(talked) = talked(row) {
            add(format!("{rate}_{durability}.cpu_per_message"), talked.cpu * 1e6, "us");
            add(format!("{rate}_{durability}.p50"), talked.p50 * 1e3, "ms");
            add(format!("{rate}_{durability}.p99"), talked.p99 * 1e3, "ms");
        }
    }
    figures
}

fn of_gchat(rows: &[Row]) -> Option<&Row> {
    rows.iter().find(|row| row.kind == Kind::Gchat)
}

/// gchat's CPU a message by the best peer's with the same durability, and by the best one's without; and what nobody can
/// do it for, by the first.
fn ratios_of_talk(rows: &[Row], rate: &str, talked: Talk) -> Vec<Figure> {
    let Some(ours) = of_gchat(rows).and_then(talked) else { return Vec::new() };
    let goals = [
        ("same_durability", Durability::Full, Goal::AtMost(0.333)),
        ("durability_off", Durability::Off, Goal::AtMost(1.0)),
    ];
    let mut figures = Vec::new();
    for (name, durability, goal) in goals {
        let best = rows
            .iter()
            .filter(|row| row.durability == durability && !matches!(row.kind, Kind::Gchat | Kind::Echo))
            .filter_map(|row| Some(talked(row)?.cpu))
            .min_by(f64::total_cmp);
        if let Some(best) = best {
            let ratio = format!("peers.{rate}.cpu_per_message_by_best_of_{name}");
            figures.push(Figure::new(ratio, ours.cpu / best, "x", goal));
            let floor = rows.iter().find(|row| row.kind == Kind::Echo && row.durability == durability);
            if let Some(floor) = floor.and_then(talked) {
                let ratio = format!("peers.{rate}.floor_by_best_of_{name}");
                figures.push(Figure::new(ratio, floor.cpu / best, "x", Goal::None));
            }
        }
    }
    figures
}

/// gchat's deliveries a CPU second by those of uWebSockets.
fn ratio_of_fan_out(rows: &[Row]) -> Option<Figure> {
    let ours = of_gchat(rows)?.results.fan_out?;
    let floor = rows.iter().find(|row| row.kind == Kind::UWebSockets)?.results.fan_out?;
    Some(Figure::new("peers.fan_out_by_uwebsockets", ours / floor, "x", Goal::AtLeast(0.8)))
}
