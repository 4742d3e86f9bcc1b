//! What lies near a place: boxes filed under the cells of a coarse grid that they touch.

use super::area::Area;

/// Side of a cell. It changes the cost, and nothing that is found.
///
/// Tuned (pixels): chosen by eye.
const CELL_PX: usize = 32;

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
    pub(crate) fn new(areas: impl Iterator<Item = Area> + Clone) -> Self {
        let (columns, rows) = areas.clone().fold((0, 0), |(x, y), a| (a.x1.max(x), a.y1.max(y)));
        let (columns, rows) = (columns / CELL_PX + 1, rows / CELL_PX + 1);
        let cells = |a: Area| {
            let across = a.x0 / CELL_PX..a.x1.div_ceil(CELL_PX);
            (a.y0 / CELL_PX..a.y1.div_ceil(CELL_PX)).flat_map(move |row| across.clone().map(move |c| row * columns + c))
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
        let across = x0 / CELL_PX..(x1 / CELL_PX + 1).min(self.columns);
        let cells = (y0 / CELL_PX..(y1 / CELL_PX + 1).min(self.rows)).flat_map(move |row| {
            let at = |column: usize| self.starts[row * self.columns + column] as usize;
            // Cells of a row follow each other.
            if across.is_empty() { 0..0 } else { at(across.start)..at(across.end) }
        });
        cells.map(|k| self.numbers[k] as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_touches_is_found_and_what_is_two_cells_away_is_not(
            boxes in prop::collection::vec((0usize..300, 0usize..200, 1usize..90, 1usize..90), 0..30),
            (x, y, width, height) in (0usize..400, 0usize..300, 0usize..60, 0usize..60),
        ) {
            let areas: Vec<Area> =
                boxes.into_iter().map(|(x, y, w, h)| Area { x0: x, y0: y, x1: x + w, y1: y + h }).collect();
            let grid = Grid::new(areas.iter().copied());
            let found: Vec<usize> = grid.near((x, x + width), (y, y + height)).collect();
            let apart = |a: &Area| {
                let gap = |a0: usize, a1: usize, b0: usize, b1: usize| {
                    a0.saturating_sub(b1).max((b0 + 1).saturating_sub(a1))
                };
                gap(a.x0, a.x1, x, x + width).max(gap(a.y0, a.y1, y, y + height))
            };
            for (k, area) in areas.iter().enumerate() {
                let apart = apart(area);
                prop_assert!(apart > 0 || found.contains(&k), "{k} touches");
                prop_assert!(apart <= 2 * CELL_PX || !found.contains(&k), "{k} is {apart} px away");
            }
        }

        #[test]
        fn the_numbers_of_each_cell_ascend(
            boxes in prop::collection::vec((0usize..100, 0usize..100, 1usize..70), 1..20),
        ) {
            let areas = boxes.iter().map(|&(x, y, side)| Area { x0: x, y0: y, x1: x + side, y1: y + side });
            let grid = Grid::new(areas);
            for cell in grid.starts.windows(2).filter(|w| w[0] < w[1]) {
                let numbers = &grid.numbers[cell[0] as usize..cell[1] as usize];
                prop_assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
            }
        }
    }
}
