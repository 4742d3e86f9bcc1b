//! Short lines beside long ones: a number of a list, a single letter, a row of dashes.
//!
//! One or two letters, or dashes alone, do not tell where baseline and x-height are. The lines above and below do: what
//! stands between them in their size is a line of their text.

use super::fit::{LineFit, median};
use crate::page::ink::components::Component;
use crate::page::spatial::bands::Bands;

/// How far above or below its host a short line stands at most.
///
/// Tuned (x-heights): chosen by eye: three lines.
const MAX_HOST_DISTANCE_XH: f32 = 5.0;

/// How far left of its host's start it may begin: numbers of lists hang out.
///
/// Tuned (x-heights): chosen by eye.
const MAX_OUTDENT_XH: f32 = 2.5;

/// Shorter lines are no hosts.
///
/// Tuned (x-heights): chosen by eye.
const MIN_HOST_LENGTH_XH: f32 = 2.0;

/// Lowest letter or digit.
///
/// Tuned (x-heights): chosen by eye.
const MIN_LETTER_XH: f32 = 0.8;

/// Highest letter or digit.
///
/// Tuned (x-heights): chosen by eye: a capital has 1.33 to 1.48.
const MAX_LETTER_XH: f32 = 1.8;

/// Widest letter, or two that touch.
///
/// Tuned (x-heights): chosen by eye.
const MAX_LETTER_WIDTH_XH: f32 = 2.2;

/// Highest dash.
///
/// Tuned (x-heights): chosen by eye.
const MAX_DASH_HEIGHT_XH: f32 = 0.45;

/// Shortest dash …
///
/// Tuned (x-heights): chosen by eye.
const MIN_DASH_WIDTH_XH: f32 = 0.25;

/// … as many times as wide as high.
///
/// Tuned (factor): chosen by eye.
const MIN_DASH_SLENDERNESS: f32 = 1.5;

/// Height of a dash's middle above the baseline.
///
/// Tuned (x-heights): chosen by eye.
const DASH_MIDDLE_XH: f32 = 0.47;

/// Widest gap within such a line.
///
/// Tuned (x-heights): chosen by eye.
const MAX_GAP_XH: f32 = 2.6;

/// How far components of such a line may reach over each other.
///
/// Tuned (x-heights): chosen by eye.
const MAX_OVERLAP_XH: f32 = 0.3;

/// Middles of such a line's components are no further from each other in height.
///
/// Tuned (x-heights): chosen by eye.
const MAX_LEVEL_STEP_XH: f32 = 0.4;

/// How far above a line's baseline the middle of a component lies that is a part of it.
///
/// Tuned (x-heights): chosen by eye.
const TAKEN_ABOVE_XH: f32 = 1.9;

/// How far below it.
///
/// Tuned (x-heights): chosen by eye.
const TAKEN_BELOW_XH: f32 = 0.7;

/// How far beside a line's ends a component lies that is a part of it or stands in its way.
///
/// Tuned (x-heights): chosen by eye.
const TAKEN_BESIDE_XH: f32 = 0.7;

/// Letters and dashes that stand beside each other, each with the line that it takes its size from.
type Group<'a> = Vec<(&'a Component, &'a LineFit)>;

/// Adds the short lines that `lines` are hosts of.
pub(super) fn add_short_lines(lines: &mut Vec<LineFit>, components: &[Component], height_px: usize) {
    let is_host = |l: &&LineFit| l.width() > MIN_HOST_LENGTH_XH * l.x_height_px;
    let mut hosts: Vec<LineFit> = lines.iter().filter(is_host).cloned().collect();
    hosts.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    // A component can be as wide as the widest, and its middle that far from a line that it touches.
    let widest = components.iter().map(|c| c.area.width()).max().unwrap_or(0) as f32;
    let filed = |lines: &[LineFit], above_xh: f32, below_xh: f32| {
        let mut bands = Bands::new(height_px);
        for (k, l) in lines.iter().enumerate() {
            let (top, bottom) = l.baseline_rows(widest + l.x_height_px * MAX_OUTDENT_XH);
            bands.file(k, top - above_xh * l.x_height_px, bottom + below_xh * l.x_height_px);
        }
        bands
    };
    let near_lines = filed(lines, TAKEN_ABOVE_XH, TAKEN_BELOW_XH);
    let near_hosts = filed(&hosts, MAX_HOST_DISTANCE_XH, MAX_HOST_DISTANCE_XH);
    let free = components.iter().filter(|c| !near_lines.at(middle(c)).any(|k| takes(&lines[k], c)));
    let host = |c: &Component| host(c, near_hosts.at(c.area.y1 as f32).map(|k| &hosts[k]));
    let free: Group = free.filter_map(|c| Some((c, host(c)?))).collect();
    lines.extend(groups(free).iter().map(|group| line_of(group)));
}

/// Components that follow each other on one level.
fn groups(mut free: Group) -> Vec<Group> {
    free.sort_by_key(|(c, _)| (c.area.x0, c.area.y0));
    let widest_gap = MAX_GAP_XH * free.iter().map(|(_, host)| host.x_height_px).fold(0.0, f32::max);
    let mut groups: Vec<Group> = Vec::new();
    // Numbers of the groups that something may still follow.
    let mut open: Vec<usize> = Vec::new();
    for (c, host) in free {
        let xh = host.x_height_px;
        open.retain(|&k| c.area.x0 as f32 - (groups[k][groups[k].len() - 1].0.area.x1 as f32) < widest_gap);
        let follows = |g: &Group| {
            let last = g[g.len() - 1].0;
            let gap = c.area.x0 as f32 - last.area.x1 as f32;
            let level = middle(c) - middle(last);
            gap > -MAX_OVERLAP_XH * xh
                && gap < MAX_GAP_XH * xh
                && level.abs() < MAX_LEVEL_STEP_XH * xh
                && is_dash(last, xh) == is_dash(c, xh)
        };
        match open.iter().rev().copied().find(|&k| follows(&groups[k])) {
            Some(k) => groups[k].push((c, host)),
            None => {
                open.push(groups.len());
                groups.push(vec![(c, host)]);
            }
        }
    }
    groups
}

/// The line of a group, as large and as steep as the host of its first component.
fn line_of(group: &Group) -> LineFit {
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
    LineFit { x0, x1, baseline, slope: host.slope, x_height_px: xh, members: Vec::new() }
}

fn middle(c: &Component) -> f32 {
    (c.area.y0 + c.area.y1) as f32 / 2.0
}

fn is_dash(c: &Component, xh: f32) -> bool {
    c.height() <= (MAX_DASH_HEIGHT_XH * xh).max(1.0)
}

/// Whether a component is part of a line, or stands in its way.
fn takes(l: &LineFit, c: &Component) -> bool {
    let xh = l.x_height_px;
    let above = l.baseline_at(c.centre_x()) - middle(c);
    let margin = TAKEN_BESIDE_XH * xh;
    (-TAKEN_BELOW_XH * xh..TAKEN_ABOVE_XH * xh).contains(&above)
        && (c.area.x1 as f32) > l.x0 - margin
        && (c.area.x0 as f32) < l.x1 + margin
}

/// The nearest of some lines that a component could belong to the text of.
fn host<'a>(c: &Component, hosts: impl Iterator<Item = &'a LineFit>) -> Option<&'a LineFit> {
    let away = |l: &LineFit| (l.baseline_at(c.centre_x()) - c.area.y1 as f32).abs();
    let fits = |l: &&LineFit| {
        let xh = l.x_height_px;
        let letter =
            (MIN_LETTER_XH..MAX_LETTER_XH).contains(&(c.height() / xh)) && c.width() < MAX_LETTER_WIDTH_XH * xh;
        let dash =
            is_dash(c, xh) && c.width() > MIN_DASH_WIDTH_XH * xh && c.width() > MIN_DASH_SLENDERNESS * c.height();
        (letter || dash)
            && away(l) < MAX_HOST_DISTANCE_XH * xh
            && (c.area.x0 as f32) > l.x0 - MAX_OUTDENT_XH * xh
            && (c.area.x0 as f32) < l.x1
    };
    hosts.filter(fits).min_by(|a, b| away(a).total_cmp(&away(b)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{component, line};
    use super::*;

    /// The lines that are added beside a paragraph of four lines from 100 to 400, x-height 8, baselines 20 px apart
    /// from 100 on, of which the second one is missing.
    fn added(components: &[Component]) -> Vec<(f32, f32, f32)> {
        let mut lines: Vec<LineFit> = [100, 140, 160].map(|baseline| line(100, 400, baseline, 40)).to_vec();
        add_short_lines(&mut lines, components, 300);
        let added = &lines[3..];
        assert!(added.iter().all(|l| l.is_short() && l.x_height_px == 8.0), "{added:?}");
        added.iter().map(|l| (l.x0, l.x1, l.baseline)).collect()
    }

    #[test]
    fn single_letters_between_lines_are_lines() {
        assert_eq!(added(&[component(100, 109, 5, 11)]), [(100.0, 105.0, 120.0)], "a digit");
        assert_eq!(added(&[component(85, 109, 5, 11), component(92, 109, 5, 11)]), [(85.0, 97.0, 120.0)], "hangs out");
        assert_eq!(added(&[component(70, 109, 5, 11)]), [], "too far left");
        assert_eq!(added(&[component(100, 199, 5, 11)]), [], "too far below");
        assert_eq!(added(&[component(100, 105, 5, 15)]), [], "too high");
        assert_eq!(added(&[component(100, 89, 5, 11)]), [], "a part of a line");
        let apart = [component(100, 109, 5, 11), component(130, 109, 5, 11)];
        assert_eq!(added(&apart), [(100.0, 105.0, 120.0), (130.0, 135.0, 120.0)], "three x-heights apart");
    }

    #[test]
    fn dashes_stand_above_their_baseline() {
        let dashes: Vec<Component> = (0..5).map(|k| component(100 + 12 * k, 115, 8, 2)).collect();
        let [(x0, x1, baseline)] = added(&dashes)[..] else { panic!("one line") };
        assert_eq!((x0, x1), (100.0, 156.0));
        assert!((baseline - 119.76).abs() < 1e-3, "{baseline}");
        assert_eq!(added(&[component(100, 115, 2, 2)]), [], "a dot");
    }
}
