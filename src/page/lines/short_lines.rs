//! Short lines beside long ones: a number of a list, a single letter, a row of dashes.
//!
//! One or two letters, or dashes alone, do not tell where baseline and x-height are. The lines above and below do: what
//! stands between them in their size is a line of their text.

use super::fit::{LineFit, median};
use crate::page::ink::components::Component;
use crate::page::spatial::bands::Bands;

/// How far above or below the host line stands at most.
const REACH_XH: f32 = 5.0;
/// How far left of its host's start a line may begin.
const OUTDENT_XH: f32 = 2.5;
/// Heights of letters and digits.
const LETTER_XH: std::ops::Range<f32> = 0.8..1.8;
/// Most height of a dash.
const DASH_XH: f32 = 0.45;
/// Height of a dash's middle above the baseline.
const DASH_MIDDLE_XH: f32 = 0.47;
/// Widest gap within such a line.
const GAP_XH: f32 = 2.6;

/// Adds the short lines that `lines` are hosts of.
pub(crate) fn add_short_lines(lines: &mut Vec<LineFit>, components: &[Component], height_px: usize) {
    let mut hosts: Vec<LineFit> = lines.iter().filter(|l| l.width() > 2.0 * l.x_height_px).cloned().collect();
    hosts.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    // A component can be as wide as the widest, and its middle that far from a line that it touches.
    let widest = components.iter().map(|c| c.area.width()).max().unwrap_or(0) as f32;
    let filed = |lines: &[LineFit], above_xh: f32, below_xh: f32| {
        let mut bands = Bands::of(height_px);
        for (k, l) in lines.iter().enumerate() {
            let (top, bottom) = l.baseline_rows(widest + l.x_height_px * OUTDENT_XH);
            bands.file(k, top - above_xh * l.x_height_px, bottom + below_xh * l.x_height_px);
        }
        bands
    };
    let (near_lines, near_hosts) = (filed(lines, 1.9, 0.7), filed(&hosts, REACH_XH, REACH_XH));
    let free = components.iter().filter(|c| !near_lines.at(middle(c)).any(|k| takes(&lines[k], c)));
    let host = |c: &Component| host(c, near_hosts.at(c.area.y1 as f32).map(|k| &hosts[k]));
    let mut free: Vec<(&Component, &LineFit)> = free.filter_map(|c| Some((c, host(c)?))).collect();
    free.sort_by_key(|(c, _)| (c.area.x0, c.area.y0));
    let mut groups: Vec<Vec<(&Component, &LineFit)>> = Vec::new();
    for (c, host) in free {
        let xh = host.x_height_px;
        let follows = |g: &&mut Vec<(&Component, &LineFit)>| {
            let last = g[g.len() - 1].0;
            let gap = c.area.x0 as f32 - last.area.x1 as f32;
            let level = middle(c) - middle(last);
            gap > -0.3 * xh && gap < GAP_XH * xh && level.abs() < 0.4 * xh && is_dash(last, xh) == is_dash(c, xh)
        };
        match groups.iter_mut().rev().find(follows) {
            Some(group) => group.push((c, host)),
            None => groups.push(vec![(c, host)]),
        }
    }
    for group in groups {
        let (first, host) = group[0];
        let xh = host.x_height_px;
        let x0 = first.area.x0 as f32;
        let x1 = group.iter().map(|(c, _)| c.area.x1).max().unwrap_or(first.area.x1) as f32;
        let mut bottoms: Vec<f32> = group
            .iter()
            .map(|(c, _)| if is_dash(c, xh) { middle(c) + DASH_MIDDLE_XH * xh } else { c.area.y1 as f32 })
            .map(|y| y - host.slope * ((x0 + x1) / 2.0 - x0))
            .collect();
        let baseline = median(&mut bottoms);
        lines.push(LineFit { x0, x1, baseline, slope: host.slope, x_height_px: xh, members: Vec::new() });
    }
}

fn middle(c: &Component) -> f32 {
    (c.area.y0 + c.area.y1) as f32 / 2.0
}

fn is_dash(c: &Component, xh: f32) -> bool {
    c.height() <= (DASH_XH * xh).max(1.0)
}

/// Whether a component is part of a line, or stands in its way.
fn takes(l: &LineFit, c: &Component) -> bool {
    let xh = l.x_height_px;
    let above = l.baseline_at(c.centre_x()) - middle(c);
    let margin = 0.7 * xh;
    (-0.7 * xh..1.9 * xh).contains(&above) && (c.area.x1 as f32) > l.x0 - margin && (c.area.x0 as f32) < l.x1 + margin
}

/// The nearest of some lines that a component could belong to the text of.
fn host<'a>(c: &Component, hosts: impl Iterator<Item = &'a LineFit>) -> Option<&'a LineFit> {
    let away = |l: &LineFit| (l.baseline_at(c.centre_x()) - c.area.y1 as f32).abs();
    let fits = |l: &&LineFit| {
        let xh = l.x_height_px;
        let sized = LETTER_XH.contains(&(c.height() / xh)) && c.width() < 2.2 * xh
            || is_dash(c, xh) && c.width() > 0.25 * xh && c.width() > 1.5 * c.height();
        sized && away(l) < REACH_XH * xh && (c.area.x0 as f32) > l.x0 - OUTDENT_XH * xh && (c.area.x0 as f32) < l.x1
    };
    hosts.filter(fits).min_by(|a, b| away(a).total_cmp(&away(b)))
}
