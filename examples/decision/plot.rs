//! The experiments as pictures, in SVG.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use super::calibration::Observed;
use super::recall::{Curve, LENGTHS};

/// Width and height of a plot, in pixels.
const SIZE: [f64; 2] = [640.0, 480.0];
/// Left, top, right and bottom of the part that is drawn in.
const FRAME: [f64; 4] = [70.0, 16.0, 624.0, 430.0];
const COLOURS: [&str; 5] = ["blue", "red", "green", "magenta", "black"];

/// Answers a query against the E-value that they were given, both on logarithmic axes; what is calibrated lies on the
/// diagonal.
pub(super) fn calibration(path: &Path, observed: &[Observed]) -> io::Result<()> {
    let series = observed.iter().map(|o| {
        let mut stated: Vec<f64> = o.answers.iter().map(|a| a.e_value).collect();
        stated.sort_unstable_by(f64::total_cmp);
        let counts = stated.iter().zip(1..).map(|(&e, n)| (e, f64::from(n) / o.queries.max(1) as f64));
        (o.kind, counts.collect())
    });
    let series: Vec<(&str, Vec<(f64, f64)>)> = series.chain([("calibrated", vec![(1e-4, 1e-4), (1.0, 1.0)])]).collect();
    let decades = || Axis { low: 1e-4, high: 2.0, logarithmic: true, ticks: vec![1e-4, 1e-3, 1e-2, 1e-1, 1.0] };
    write(path, ["stated: E-value", "observed: answers a query"], &[decades(), decades()], &series)
}

/// Share recognised against the number of words that can be seen.
pub(super) fn recall(path: &Path, curve: &Curve) -> io::Result<()> {
    let mut typefaces: Vec<&'static str> = curve.keys().map(|k| k.0).collect();
    typefaces.dedup();
    let points = |typeface| {
        let of_this = curve.iter().filter(|((t, _), _)| *t == typeface);
        of_this.map(|((_, n), (hit, all))| (*n as f64, *hit as f64 / (*all).max(1) as f64)).collect()
    };
    let series: Vec<(&str, Vec<(f64, f64)>)> = typefaces.into_iter().map(|t| (t, points(t))).collect();
    let most = LENGTHS.iter().max().copied().unwrap_or(1) as f64;
    let linear = |high: f64| Axis {
        low: 0.0,
        high,
        logarithmic: false,
        ticks: (0..=5).map(|k| high * f64::from(k) / 5.0).collect(),
    };
    write(path, ["visible words", "recognised"], &[linear(most), linear(1.0)], &series)
}

struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
    ticks: Vec<f64>,
}

impl Axis {
    /// 0 at the low end, 1 at the high one; values beyond are drawn there.
    fn share(&self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        if self.logarithmic {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }
}

fn write(path: &Path, titles: [&str; 2], axes: &[Axis; 2], series: &[(&str, Vec<(f64, f64)>)]) -> io::Result<()> {
    let [left, top, right, bottom] = FRAME;
    let x = |value: f64| left + axes[0].share(value) * (right - left);
    let y = |value: f64| bottom - axes[1].share(value) * (bottom - top);
    let [width, height] = SIZE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    // Writing to a string cannot fail.
    let mut line = |points: &[(f64, f64)], colour: &str| {
        let points: Vec<String> = points.iter().map(|&(a, b)| format!("{:.1},{:.1}", x(a), y(b))).collect();
        let _ = writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\"/>", points.join(" "));
    };
    for &tick in &axes[0].ticks {
        line(&[(tick, axes[1].low), (tick, axes[1].high)], "lightgrey");
    }
    for &tick in &axes[1].ticks {
        line(&[(axes[0].low, tick), (axes[0].high, tick)], "lightgrey");
    }
    for ((_, points), colour) in series.iter().zip(COLOURS.iter().cycle()) {
        line(points, colour);
    }
    let mut text = |x: f64, y: f64, anchor: &str, colour: &str, text: &str| {
        let _ =
            writeln!(svg, "<text x=\"{x:.0}\" y=\"{y:.0}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{text}</text>");
    };
    for &tick in &axes[0].ticks {
        text(x(tick), bottom + 18.0, "middle", "black", &tick.to_string());
    }
    for &tick in &axes[1].ticks {
        text(left - 6.0, y(tick) + 4.0, "end", "black", &tick.to_string());
    }
    text(0.5 * (left + right), bottom + 40.0, "middle", "black", titles[0]);
    text(left + 6.0, top + 12.0, "start", "black", titles[1]);
    for (k, ((name, _), colour)) in series.iter().zip(COLOURS.iter().cycle()).enumerate() {
        text(right - 6.0, bottom - 10.0 - 16.0 * k as f64, "end", colour, name);
    }
    std::fs::write(path, svg + "</svg>\n")
}
