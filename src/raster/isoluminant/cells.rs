//! A coloured picture in cells of 8 × 8 pixels: which of them may hold text that luma loses, and which touch.

/// Side of a cell, in pixels.
///
/// Tuned (pixels): chosen by eye. At 3× and 4× a stroke of large text fills a cell, which is then taken for ground.
pub(super) const CELL_PX: usize = 8;
/// Least range of a channel within a cell that may be text.
///
/// Tuned (grey levels): chosen by eye; of 477 pictures of all looks 2 photographs change, in 0.02 % of their pixels.
pub(super) const MIN_CHANNEL_RANGE: u8 = 48;
/// Largest range of luma within such a cell. More, and luma alone shows the text.
///
/// Tuned (grey levels): chosen by eye.
const MAX_LUMA_RANGE: u8 = 24;
/// How many times the range of a channel exceeds that of luma within such a cell, at least.
///
/// Tuned (factor): chosen by eye.
const MIN_RANGE_FACTOR: u8 = 4;
/// One row of so many is looked at: strokes are longer than two pixels, and half the rows are half the time.
///
/// Tuned (pixels): chosen by eye.
const ROW_STEP: usize = 2;

/// A picture's colours (red, green, blue, and if `N` is 4 a constant) in whole cells; what is left at the right and the
/// bottom is passed over.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a, const N: usize> {
    pixels: &'a [[u8; N]],
    width: usize,
    across: usize,
    down: usize,
}

impl<'a, const N: usize> Cells<'a, N> {
    pub(super) fn new(pixels: &'a [[u8; N]], width: usize) -> Self {
        Self { pixels, width, across: width / CELL_PX, down: pixels.len() / width / CELL_PX }
    }

    pub(super) fn len(&self) -> usize {
        self.across * self.down
    }

    /// The cells whose channels have a large range and whose luma, given in `grey`, has a small one.
    pub(super) fn seeds(&self, grey: &[u8]) -> Vec<usize> {
        let mut seeds = Vec::new();
        let (mut low, mut high) = (vec![0; self.width * N], vec![0; self.width * N]);
        for (cy, band) in self.pixels.chunks_exact(self.width * CELL_PX).enumerate() {
            let (first, rest) = band.as_flattened().split_at(self.width * N);
            low.copy_from_slice(first);
            high.copy_from_slice(first);
            for row in rest.chunks_exact(self.width * N).skip(ROW_STEP - 1).step_by(ROW_STEP) {
                for ((low, high), &v) in low.iter_mut().zip(&mut high).zip(row) {
                    (*low, *high) = ((*low).min(v), (*high).max(v));
                }
            }
            let columns = low.chunks_exact_mut(CELL_PX * N).zip(high.chunks_exact_mut(CELL_PX * N));
            for (cx, (low, high)) in columns.enumerate() {
                let range = channel_range::<N>(low, high);
                if range >= MIN_CHANNEL_RANGE {
                    let rows = (0..CELL_PX).map(|y| &grey[(cy * CELL_PX + y) * self.width + cx * CELL_PX..][..CELL_PX]);
                    let luma = luma_range(rows);
                    if luma <= MAX_LUMA_RANGE && luma <= range / MIN_RANGE_FACTOR {
                        seeds.push(cy * self.across + cx);
                    }
                }
            }
        }
        seeds
    }

    /// Touching seeds, group by group.
    pub(super) fn groups(&self, seeds: &[usize]) -> Vec<Vec<usize>> {
        let mut free = vec![false; self.len()];
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

    /// The pixels of a cell: index and colour.
    pub(super) fn pixels_of(&self, cell: usize) -> impl Iterator<Item = (usize, [u8; 3])> {
        let start = cell / self.across * CELL_PX * self.width + cell % self.across * CELL_PX;
        (0..CELL_PX).flat_map(move |y| {
            let start = start + y * self.width;
            self.pixels[start..start + CELL_PX].iter().enumerate().map(move |(x, p)| (start + x, [p[0], p[1], p[2]]))
        })
    }

    /// The up to eight cells around one.
    pub(super) fn around(&self, cell: usize) -> impl Iterator<Item = usize> + use<N> {
        let (across, down) = (self.across, self.down);
        let (cx, cy) = (cell % across, cell / across);
        (cy.saturating_sub(1)..(cy + 2).min(down))
            .flat_map(move |y| (cx.saturating_sub(1)..(cx + 2).min(across)).map(move |x| y * across + x))
            .filter(move |&k| k != cell)
    }
}

/// The largest range of a channel, from the lowest and highest values of each column of a cell; these are overwritten.
fn channel_range<const N: usize>(low: &mut [u8], high: &mut [u8]) -> u8 {
    // Eight columns are folded to four, two, one.
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
fn luma_range<'a>(rows: impl Iterator<Item = &'a [u8]>) -> u8 {
    let (mut low, mut high) = (255, 0);
    for row in rows {
        (low, high) = row.iter().fold((low, high), |(low, high), &v| (v.min(low), v.max(high)));
        if high - low > MAX_LUMA_RANGE {
            break;
        }
    }
    high - low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channels_range_is_that_of_all_columns() {
        let mut low: Vec<u8> = (0..CELL_PX as u8 * 3).map(|k| 100 + k).collect();
        let mut high = low.clone();
        (low[5 * 3 + 1], high[2 * 3 + 1]) = (40, 190);
        assert_eq!(channel_range::<3>(&mut low, &mut high), 150);
    }

    #[test]
    fn cells_that_touch_at_a_corner_are_one_group() {
        let pixels = vec![[0u8; 3]; 40 * 32];
        let cells = Cells::new(&pixels, 40);
        assert_eq!(cells.len(), 20);
        let mut groups = cells.groups(&[0, 6, 8, 19]);
        groups.iter_mut().for_each(|g| g.sort_unstable());
        assert_eq!(groups, [vec![0, 6], vec![8], vec![19]]);
    }
}
