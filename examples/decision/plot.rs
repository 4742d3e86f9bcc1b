//! The experiments as pictures, in SVG.

use std::path::Path;

use plotters::prelude::*;

use super::calibration::Observed;
use super::recall::{Curve, LENGTHS};

type Failed = Box<dyn std::error::Error>;

/// Width and height of a plot, in pixels.
const SIZE: (u32, u32) = (640, 480);
const COLOURS: [RGBColor; 5] = [BLUE, RED, GREEN, MAGENTA, BLACK];

/// Answers a query against the E-value that they were given, both on logarithmic axes; what is calibrated lies on the diagonal.
pub(super) fn calibration(path: &Path, observed: &[Observed]) -> Result<(), Failed> {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let axis = || (1e-4..2.0f64).log_scale();
    let mut chart = ChartBuilder::on(&root)
        .margin(16)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(axis(), axis())?;
    chart.configure_mesh().x_desc("stated: E-value").y_desc("observed: answers a query").draw()?;
    chart.draw_series(LineSeries::new([(1e-4, 1e-4), (1.0, 1.0)], BLACK.mix(0.4)))?;
    for (o, colour) in observed.iter().zip(COLOURS) {
        let mut stated: Vec<f64> = o.answers.iter().map(|a| a.e_value).collect();
        stated.sort_unstable_by(f64::total_cmp);
        let counts = stated.iter().zip(1..).map(|(&e, n)| (e, f64::from(n) / o.queries.max(1) as f64));
        chart
            .draw_series(LineSeries::new(counts, colour))?
            .label(o.kind)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
    }
    chart.configure_series_labels().position(SeriesLabelPosition::LowerRight).border_style(BLACK).draw()?;
    root.present()?;
    Ok(())
}

/// Share recognised against the number of words that can be seen.
pub(super) fn recall(path: &Path, curve: &Curve) -> Result<(), Failed> {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let most = LENGTHS.iter().max().copied().unwrap_or(1) as f64;
    let mut chart = ChartBuilder::on(&root)
        .margin(16)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..most, 0.0..1.0f64)?;
    chart.configure_mesh().x_desc("visible words").y_desc("recognised").draw()?;
    let mut typefaces: Vec<&'static str> = curve.keys().map(|k| k.0).collect();
    typefaces.dedup();
    for (typeface, colour) in typefaces.into_iter().zip(COLOURS) {
        let of_this = curve.iter().filter(|((t, _), _)| *t == typeface);
        let points = of_this.map(|((_, n), (hit, all))| (*n as f64, *hit as f64 / (*all).max(1) as f64));
        chart
            .draw_series(LineSeries::new(points, colour))?
            .label(typeface)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
    }
    chart.configure_series_labels().position(SeriesLabelPosition::LowerRight).border_style(BLACK).draw()?;
    root.present()?;
    Ok(())
}
