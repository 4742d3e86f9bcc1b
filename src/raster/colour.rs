//! Text that differs from its ground in colour but hardly in luma: red on a green of the same luma, say. Luma alone loses it.
//!
//! Where grey would show nothing and colour does, grey is made to show the distance from the ground's colour instead. Nothing
//! else changes: a picture without such text keeps its luma to the bit.

use super::luma::luma;

/// Side of the cells that are looked at, in pixels.
const CELL: usize = 8;
/// Least range of a channel within a cell, of 255, that may be text.
const LEAST_RANGE: u8 = 48;
/// Largest range of luma within such a cell. More, and luma alone shows the text.
const MOST_LUMA_RANGE: u8 = 24;
/// A range of luma from which a cell has contrast of its own.
const CONTRAST: u8 = 48;
/// How many times the distance in colour exceeds the one in luma, at least: in a cell, and at a pixel that is recoloured.
const CELL_FACTOR: u8 = 4;
const PIXEL_FACTOR: u8 = 3;
/// Pixels within this of the ground in every channel are ground.
const GROUND: u8 = 24;
/// From so many coloured pixels on, a cell belongs to what its neighbour shows: a quarter of it.
const COLOURED: usize = CELL * CELL / 4;
/// The least text: that many coloured pixels.
const LEAST_COLOURED: usize = 24;

/// A picture's colours (red, green, blue, and if `N` is 4 a constant) in whole cells; what is left at the right and the
/// bottom is passed over.
#[derive(Clone, Copy)]
struct Cells<'a, const N: usize> {
    pixels: &'a [[u8; N]],
    width: usize,
    across: usize,
    down: usize,
}

/// What was accepted as text: its cells and those around it, and how to show it.
struct Text {
    cells: Vec<usize>,
    ground: [u8; 3],
    /// The largest distance from the ground.
    reach: u8,
}

/// What one cell holds, seen from a ground.
#[derive(Default)]
struct Content {
    ground: usize,
    coloured: usize,
    reach: u8,
    contrast: bool,
}

/// Shows text in `grey` that only its colour tells from its ground. Cost: one look at each pixel; some more at cells with a
/// range of colours.
pub(super) fn show<const N: usize>(pixels: &[[u8; N]], width: usize, grey: &mut [u8]) {
    let cells = Cells { pixels, width, across: width / CELL, down: pixels.len() / width / CELL };
    let seeds = cells.seeds(grey);
    if seeds.is_empty() {
        return;
    }
    let mut seen = vec![0u32; cells.across * cells.down];
    for (number, group) in (1..).zip(cells.groups(&seeds)) {
        if let Some(text) = cells.text(group, number, &mut seen) {
            cells.recolour(&text, grey);
        }
    }
}

impl<const N: usize> Cells<'_, N> {
    /// The cells whose channels have a large range and whose luma has a small one.
    fn seeds(&self, grey: &[u8]) -> Vec<usize> {
        let mut seeds = Vec::new();
        let (mut low, mut high) = (vec![0; self.width * N], vec![0; self.width * N]);
        for (cy, band) in self.pixels.chunks_exact(self.width * CELL).enumerate() {
            let (first, rest) = band.as_flattened().split_at(self.width * N);
            low.copy_from_slice(first);
            high.copy_from_slice(first);
            // Every second row: strokes are longer, and half the rows are half the time.
            for row in rest.chunks_exact(self.width * N).skip(1).step_by(2) {
                for ((low, high), &v) in low.iter_mut().zip(&mut high).zip(row) {
                    (*low, *high) = ((*low).min(v), (*high).max(v));
                }
            }
            for (cx, (low, high)) in low.chunks_exact_mut(CELL * N).zip(high.chunks_exact_mut(CELL * N)).enumerate() {
                let range = channel_range::<N>(low, high);
                if range >= LEAST_RANGE {
                    let luma = range_of((0..CELL).map(|y| &grey[(cy * CELL + y) * self.width + cx * CELL..][..CELL]));
                    if luma <= MOST_LUMA_RANGE && luma <= range / CELL_FACTOR {
                        seeds.push(cy * self.across + cx);
                    }
                }
            }
        }
        seeds
    }

    /// Touching seeds, group by group.
    fn groups(&self, seeds: &[usize]) -> Vec<Vec<usize>> {
        let mut free = vec![false; self.across * self.down];
        seeds.iter().for_each(|&k| free[k] = true);
        let mut groups = Vec::new();
        for &seed in seeds {
            if !std::mem::take(&mut free[seed]) {
                continue;
            }
            let mut group = vec![seed];
            let mut next = 0;
            while let Some(&k) = group.get(next) {
                group.extend(self.around(k).filter(|&k| std::mem::take(&mut free[k])));
                next += 1;
            }
            groups.push(group);
        }
        groups
    }

    /// A group together with what continues it, if it is text: less of it than of its ground, and no contrast in luma.
    fn text(&self, group: Vec<usize>, number: u32, seen: &mut [u32]) -> Option<Text> {
        let ground = self.most_frequent(&group);
        let seeds = group.len();
        let mut total = Content::default();
        let mut add = |content: &Content| {
            total.ground += content.ground;
            total.coloured += content.coloured;
            total.reach = total.reach.max(content.reach);
        };
        let (mut cells, mut ring) = (group, Vec::new());
        let (mut contrast_inside, mut contrast_around) = (0, 0);
        for &k in &cells {
            seen[k] = number;
            add(&self.content(k, ground));
        }
        let mut next = 0;
        while let Some(&at) = cells.get(next) {
            next += 1;
            for k in self.around(at) {
                if std::mem::replace(&mut seen[k], number) == number {
                    continue;
                }
                let content = self.content(k, ground);
                if content.coloured >= COLOURED {
                    // A marker, a panel: text is mostly edges.
                    if cells.len() > 3 * seeds {
                        return None;
                    }
                    contrast_inside += usize::from(content.contrast);
                    cells.push(k);
                } else {
                    contrast_around += usize::from(content.contrast);
                    ring.push(k);
                }
                add(&content);
            }
        }
        let pixels = (cells.len() + ring.len()) * CELL * CELL;
        let accepted = total.coloured >= LEAST_COLOURED
            && 2 * total.ground >= pixels
            && 3 * total.coloured <= 2 * total.ground
            && 8 * contrast_inside <= cells.len()
            && contrast_around < cells.len();
        cells.append(&mut ring);
        accepted.then_some(Text { cells, ground, reach: total.reach })
    }

    /// The mean of the most frequent colours, of 4,096 kinds.
    fn most_frequent(&self, group: &[usize]) -> [u8; 3] {
        let kind = |p: [u8; 3]| p.iter().fold(0, |kind, &v| kind << 4 | usize::from(v >> 4));
        let colours = || group.iter().flat_map(|&k| self.pixels_of(k)).map(|(_, colour)| colour);
        let mut counts = vec![0u32; 4096];
        colours().for_each(|p| counts[kind(p)] += 1);
        let best = (0..counts.len()).max_by_key(|&k| counts[k]).unwrap_or(0);
        let mut sums = [0u32; 3];
        for colour in colours().filter(|&p| kind(p) == best) {
            sums.iter_mut().zip(colour).for_each(|(sum, v)| *sum += u32::from(v));
        }
        sums.map(|sum| ((sum + counts[best] / 2) / counts[best].max(1)) as u8)
    }

    fn content(&self, cell: usize, ground: [u8; 3]) -> Content {
        let mut content = Content::default();
        let (mut low, mut high) = (255, 0);
        for (_, colour) in self.pixels_of(cell) {
            let y = grey_of(colour);
            (low, high) = (y.min(low), y.max(high));
            let distance = distance(colour, ground);
            if distance < GROUND {
                content.ground += 1;
            } else if distance >= LEAST_RANGE / 2 && y.abs_diff(grey_of(ground)) <= distance / PIXEL_FACTOR {
                content.coloured += 1;
                content.reach = content.reach.max(distance);
            }
        }
        content.contrast = high.saturating_sub(low) > CONTRAST;
        content
    }

    /// Grey becomes the ground's luma plus or minus the distance from the ground, towards the farther end of the scale: linear in
    /// how much of a pixel text covers, and nothing where there is ground.
    fn recolour(&self, text: &Text, grey: &mut [u8]) {
        let ground = grey_of(text.ground);
        let room = ground.max(255 - ground);
        for (at, colour) in text.cells.iter().flat_map(|&k| self.pixels_of(k)) {
            let distance = distance(colour, text.ground);
            if distance > 0 && grey_of(colour).abs_diff(ground) <= distance / PIXEL_FACTOR {
                let shown = (u32::from(distance.min(text.reach)) * u32::from(room.min(text.reach))
                    / u32::from(text.reach)) as u8;
                grey[at] = if ground >= 128 { ground - shown } else { ground + shown };
            }
        }
    }

    /// The pixels of a cell: index and colour.
    fn pixels_of(&self, cell: usize) -> impl Iterator<Item = (usize, [u8; 3])> {
        let start = cell / self.across * CELL * self.width + cell % self.across * CELL;
        (0..CELL).flat_map(move |y| {
            let start = start + y * self.width;
            self.pixels[start..start + CELL].iter().enumerate().map(move |(x, p)| (start + x, [p[0], p[1], p[2]]))
        })
    }

    /// The up to eight cells around one.
    fn around(&self, cell: usize) -> impl Iterator<Item = usize> + use<N> {
        let (across, down) = (self.across, self.down);
        let (cx, cy) = (cell % across, cell / across);
        (cy.saturating_sub(1)..(cy + 2).min(down))
            .flat_map(move |y| (cx.saturating_sub(1)..(cx + 2).min(across)).map(move |x| y * across + x))
            .filter(move |&k| k != cell)
    }
}

/// The largest range of a channel, from the lowest and highest values of each column of a cell; these are overwritten.
fn channel_range<const N: usize>(low: &mut [u8], high: &mut [u8]) -> u8 {
    for half in [4 * N, 2 * N, N] {
        fold_in_two(&mut low[..2 * half], half, u8::min);
        fold_in_two(&mut high[..2 * half], half, u8::max);
    }
    high.iter().zip(low).take(N).map(|(&high, &mut low)| high - low).max().unwrap_or(0)
}

fn fold_in_two(values: &mut [u8], half: usize, extreme: impl Fn(u8, u8) -> u8) {
    let (into, from) = values.split_at_mut(half);
    into.iter_mut().zip(from).for_each(|(a, b)| *a = extreme(*a, *b));
}

/// The range of values, or a range that is too large already.
fn range_of<'a>(rows: impl Iterator<Item = &'a [u8]>) -> u8 {
    let (mut low, mut high) = (255, 0);
    for row in rows {
        (low, high) = row.iter().fold((low, high), |(low, high), &v| (v.min(low), v.max(high)));
        if high - low > MOST_LUMA_RANGE {
            break;
        }
    }
    high - low
}

/// The largest difference of a channel.
fn distance(a: [u8; 3], b: [u8; 3]) -> u8 {
    a.iter().zip(b).map(|(&a, b)| a.abs_diff(b)).max().unwrap_or(0)
}

fn grey_of([r, g, b]: [u8; 3]) -> u8 {
    luma(r, g, b)
}
