//! What lies near a place: boxes filed under the cells of a coarse grid that they touch.

use super::area::Area;

/// Side of a cell, in pixels.
const SIDE: usize = 32;

/// Numbers filed under cells. Those of a cell stand side by side, so that the whole takes two allocations.
pub(crate) struct Grid {
    columns: usize,
    rows: usize,
    /// Where each cell's numbers begin, and where the last one's end.
    starts: Vec<u32>,
    numbers: Vec<u32>,
}

impl Grid {
    /// Files each area, by its place, under all cells that it touches; an area without pixels under none.
    pub(crate) fn of(areas: impl Iterator<Item = Area> + Clone) -> Self {
        let (columns, rows) = areas.clone().fold((0, 0), |(x, y), a| (a.x1.max(x), a.y1.max(y)));
        let (columns, rows) = (columns / SIDE + 1, rows / SIDE + 1);
        let cells = |a: Area| {
            let across = a.x0 / SIDE..a.x1.div_ceil(SIDE);
            (a.y0 / SIDE..a.y1.div_ceil(SIDE)).flat_map(move |row| across.clone().map(move |c| row * columns + c))
        };
        let mut starts = vec![0; columns * rows + 2];
        areas.clone().flat_map(cells).for_each(|cell| starts[cell + 2] += 1);
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        // Each start moves to where its cell ends, which is where the next one starts.
        let mut numbers = vec![0; sum as usize];
        for (k, area) in areas.enumerate() {
            for cell in cells(area) {
                numbers[starts[cell + 1] as usize] = k as u32;
                starts[cell + 1] += 1;
            }
        }
        Self { columns, rows, starts, numbers }
    }

    /// Numbers of all areas filed under a cell that `x0..=x1` and `y0..=y1` touch, cell by cell, ascending in each.
    pub(crate) fn near(&self, (x0, x1): (usize, usize), (y0, y1): (usize, usize)) -> impl Iterator<Item = usize> {
        let across = x0 / SIDE..(x1 / SIDE + 1).min(self.columns);
        let cells = (y0 / SIDE..(y1 / SIDE + 1).min(self.rows)).flat_map(move |row| {
            let at = |column: usize| self.starts[row * self.columns + column] as usize;
            // Cells of a row follow each other.
            if across.is_empty() { 0..0 } else { at(across.start)..at(across.end) }
        });
        cells.map(|k| self.numbers[k] as usize)
    }
}
