//! Text that differs from its ground in colour but hardly in luma: red on a green of the same luma, say. Luma alone
//! loses it.
//!
//! Where grey would show nothing and colour does, grey is made to show the distance from the ground's colour instead.
//! Nothing else changes: a picture without such text keeps its luma to the bit.
//!
//! Cells of a large range of colours and a small one of luma are **seeds**. Touching seeds are a group; its most
//! frequent colour is its ground. The group grows over cells that hold enough of another colour, and is taken for text
//! if it is mostly ground and luma shows nothing in it. Strokes flat and wide enough to fill cells, of headings beyond
//! some 40 px, are found only where their edges are most of them.

mod cells;

use super::luma::luma;
use cells::{CELL_PX, Cells, MIN_CHANNEL_RANGE};

/// A range of luma above which a cell has contrast of its own.
///
/// Tuned (grey levels): chosen by eye.
const CONTRAST: u8 = 48;
/// How many times a coloured pixel's distance from the ground in colour exceeds that in luma, at least.
///
/// Tuned (factor): chosen by eye.
const MIN_DISTANCE_FACTOR: u8 = 3;
/// Pixels nearer than this to the ground in every channel are ground.
///
/// Tuned (grey levels): chosen by eye.
const GROUND_DISTANCE: u8 = 24;
/// Pixels nearer than this are not coloured: half of the range that makes a seed.
///
/// Tuned (grey levels): chosen by eye.
const MIN_COLOURED_DISTANCE: u8 = MIN_CHANNEL_RANGE / 2;
/// From so many coloured pixels on, a cell belongs to what its neighbour shows: a quarter of it.
///
/// Tuned (pixels): chosen by eye.
const MIN_COLOURED_OF_CELL: usize = CELL_PX * CELL_PX / 4;
/// The least text: so many coloured pixels.
///
/// Tuned (pixels): chosen by eye. At 3× and 4× specks pass that are below it at 1×.
const MIN_COLOURED_OF_TEXT: usize = 24;
/// A group that has grown beyond so many cells for each seed is a marker or a panel: text is mostly edges.
///
/// Tuned (factor): chosen by eye.
const MAX_CELLS_PER_SEED: usize = 3;
/// Share of the pixels of text, and of the cells around it, that is ground, at least.
///
/// Tuned (share): chosen by eye.
const MIN_GROUND_SHARE: f64 = 0.5;
/// At most so many coloured pixels for so many of ground.
///
/// Tuned (factor): chosen by eye.
const MAX_COLOURED_TO_GROUND: [usize; 2] = [2, 3];
/// Share of the cells of text that may have contrast in luma.
///
/// Tuned (share): chosen by eye; black text under a yellow marker has more.
const MAX_CONTRAST_SHARE: f64 = 0.125;
/// Bits of each channel that tell kinds of colours apart when the ground is looked for: 4,096 kinds.
///
/// Tuned (bits): chosen by eye.
const KIND_BITS: u32 = 4;

/// What was accepted as text: its cells and those around it, and how to show it.
struct Text {
    cells: Vec<usize>,
    ground: [u8; 3],
    /// The largest distance from the ground.
    reach: u8,
}

/// What cells hold, seen from a ground.
#[derive(Default)]
struct Content {
    ground: usize,
    coloured: usize,
    reach: u8,
    contrast: bool,
}

/// Shows text in `grey` that only its colour tells from its ground.
///
/// Cost: one look at each pixel; some more at cells with a range of colours.
pub(super) fn show_by_colour<const N: usize>(pixels: &[[u8; N]], width: usize, grey: &mut [u8]) {
    let cells = Cells::new(pixels, width);
    let seeds = cells.seeds(grey);
    if seeds.is_empty() {
        return;
    }
    // The last group that looked at each cell.
    let mut seen_by = vec![0u32; cells.len()];
    for (number, group) in (1..).zip(cells.groups(&seeds)) {
        if let Some(text) = text_of(&cells, group, number, &mut seen_by) {
            recolour(&cells, &text, grey);
        }
    }
}

/// A group together with what continues it, if it is text: less of it than of its ground, and no contrast in luma.
fn text_of<const N: usize>(cells: &Cells<'_, N>, group: Vec<usize>, number: u32, seen_by: &mut [u32]) -> Option<Text> {
    let ground = most_frequent_colour(cells, &group);
    let seeds = group.len();
    let mut total = Content::default();
    let (mut inside, mut ring) = (group, Vec::new());
    let (mut contrast_inside, mut contrast_around) = (0, 0);
    for &k in &inside {
        seen_by[k] = number;
        total.add(&Content::of_cell(cells, k, ground));
    }
    let mut next = 0;
    while let Some(&at) = inside.get(next) {
        next += 1;
        for k in cells.around(at) {
            if std::mem::replace(&mut seen_by[k], number) == number {
                continue;
            }
            let content = Content::of_cell(cells, k, ground);
            if content.coloured >= MIN_COLOURED_OF_CELL {
                if inside.len() > MAX_CELLS_PER_SEED * seeds {
                    return None;
                }
                contrast_inside += usize::from(content.contrast);
                inside.push(k);
            } else {
                contrast_around += usize::from(content.contrast);
                ring.push(k);
            }
            total.add(&content);
        }
    }
    let pixels = (inside.len() + ring.len()) * CELL_PX * CELL_PX;
    let [coloured, of_ground] = MAX_COLOURED_TO_GROUND;
    let accepted = total.coloured >= MIN_COLOURED_OF_TEXT
        && total.ground as f64 >= MIN_GROUND_SHARE * pixels as f64
        && of_ground * total.coloured <= coloured * total.ground
        && contrast_inside as f64 <= MAX_CONTRAST_SHARE * inside.len() as f64
        && contrast_around < inside.len();
    inside.append(&mut ring);
    accepted.then_some(Text { cells: inside, ground, reach: total.reach })
}

impl Content {
    fn of_cell<const N: usize>(cells: &Cells<'_, N>, cell: usize, ground: [u8; 3]) -> Self {
        let mut content = Self::default();
        let (mut low, mut high) = (255, 0);
        for (_, colour) in cells.pixels_of(cell) {
            let y = luma_of(colour);
            (low, high) = (y.min(low), y.max(high));
            let distance = distance(colour, ground);
            if distance < GROUND_DISTANCE {
                content.ground += 1;
            } else if distance >= MIN_COLOURED_DISTANCE && y.abs_diff(luma_of(ground)) <= distance / MIN_DISTANCE_FACTOR
            {
                content.coloured += 1;
                content.reach = content.reach.max(distance);
            }
        }
        content.contrast = high.saturating_sub(low) > CONTRAST;
        content
    }

    fn add(&mut self, other: &Self) {
        self.ground += other.ground;
        self.coloured += other.coloured;
        self.reach = self.reach.max(other.reach);
    }
}

/// Grey becomes the ground's luma plus or minus the distance from the ground, towards the farther end of the scale:
/// linear in how much of a pixel text covers, and nothing where there is ground.
fn recolour<const N: usize>(cells: &Cells<'_, N>, text: &Text, grey: &mut [u8]) {
    let ground = luma_of(text.ground);
    let room = ground.max(255 - ground);
    for (at, colour) in text.cells.iter().flat_map(|&k| cells.pixels_of(k)) {
        let distance = distance(colour, text.ground);
        if distance > 0 && luma_of(colour).abs_diff(ground) <= distance / MIN_DISTANCE_FACTOR {
            let shown =
                (u32::from(distance.min(text.reach)) * u32::from(room.min(text.reach)) / u32::from(text.reach)) as u8;
            grey[at] = if ground >= 128 { ground - shown } else { ground + shown };
        }
    }
}

/// The mean of the colours of the most frequent kind.
fn most_frequent_colour<const N: usize>(cells: &Cells<'_, N>, group: &[usize]) -> [u8; 3] {
    let kind = |p: [u8; 3]| p.iter().fold(0, |kind, &v| kind << KIND_BITS | usize::from(v >> (8 - KIND_BITS)));
    let colours = || group.iter().flat_map(|&k| cells.pixels_of(k)).map(|(_, colour)| colour);
    let mut counts = vec![0u32; 1 << (3 * KIND_BITS)];
    colours().for_each(|p| counts[kind(p)] += 1);
    let best = (0..counts.len()).max_by_key(|&k| counts[k]).unwrap_or(0);
    mean_colour(colours().filter(|&p| kind(p) == best))
}

/// The mean of some colours, rounded. There may be as many as a picture has pixels: 16.8 million of them overflow 32
/// bits.
fn mean_colour(colours: impl Iterator<Item = [u8; 3]>) -> [u8; 3] {
    let (mut count, mut sums) = (0u64, [0u64; 3]);
    for colour in colours {
        count += 1;
        sums.iter_mut().zip(colour).for_each(|(sum, v)| *sum += u64::from(v));
    }
    sums.map(|sum| ((sum + count / 2) / count.max(1)) as u8)
}

/// The largest difference of a channel.
fn distance(a: [u8; 3], b: [u8; 3]) -> u8 {
    a.iter().zip(b).map(|(&a, b)| a.abs_diff(b)).max().unwrap_or(0)
}

fn luma_of([r, g, b]: [u8; 3]) -> u8 {
    luma(r, g, b)
}

#[cfg(test)]
mod tests;
