//! How much ink a pixel needs to count: a share of the strongest near it, and at least what noise cannot reach.

use std::ops::Range;

use super::background::TILE;
use super::distance::CELL;
use crate::page::config::PageConfig;
use crate::page::spatial::area::Area;

/// The threshold of each cell, and what it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Thresholds {
    cells_x: usize,
    /// Strongest ink of each cell.
    strongest: Vec<u8>,
    /// What a pixel of a cell must exceed to count as ink.
    of_cells: Vec<u8>,
    /// Least threshold by background tile: above the picture's noise and the place's.
    floors: Vec<u8>,
    tiles_x: usize,
    /// Threshold by the strongest ink near, floors aside.
    shares: [u8; 256],
}

impl Thresholds {
    /// From the strongest ink of each cell and the floor of each tile. Thresholds are zero until they are
    /// [updated](Self::update).
    pub(crate) fn new(width: usize, strongest: Vec<u8>, floors: Vec<u8>, config: &PageConfig) -> Self {
        Self {
            cells_x: width.div_ceil(CELL),
            of_cells: vec![0; strongest.len()],
            strongest,
            floors,
            tiles_x: width.div_ceil(TILE),
            shares: std::array::from_fn(|near| (near as f32 * config.ink_share) as u8),
        }
    }

    /// Thresholds of the cells that a row of pixels crosses.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        &self.of_cells[y / CELL * self.cells_x..][..self.cells_x]
    }

    /// Floors of the tiles that a row of pixels crosses.
    pub(crate) fn floors(&self, y: usize) -> &[u8] {
        &self.floors[y / TILE * self.tiles_x..][..self.tiles_x]
    }

    /// The strongest ink of the cells that a row of pixels crosses.
    pub(crate) fn strongest(&self, y: usize) -> &[u8] {
        &self.strongest[y / CELL * self.cells_x..][..self.cells_x]
    }

    pub(crate) fn strongest_mut(&mut self, y: usize) -> &mut [u8] {
        &mut self.strongest[y / CELL * self.cells_x..][..self.cells_x]
    }

    /// Finds the thresholds of all cells that an area touches, from the strongest ink of each and of the cells around
    /// it.
    pub(crate) fn update(&mut self, area: Area) {
        let (across, down) = cells_of(area);
        let cells_y = self.strongest.len() / self.cells_x;
        // The strongest of three cells above each other, with one more at both ends, then of three such columns.
        let mut columns = vec![0; self.cells_x + 2];
        let mut near = vec![0; self.cells_x];
        for cy in down {
            columns.fill(0);
            let rows = cy.saturating_sub(1) * self.cells_x..(cy + 2).min(cells_y) * self.cells_x;
            for row in self.strongest[rows].chunks_exact(self.cells_x) {
                columns[1..].iter_mut().zip(row).for_each(|(most, &strongest)| *most = strongest.max(*most));
            }
            for ((near, left), (middle, right)) in
                near.iter_mut().zip(&columns).zip(columns[1..].iter().zip(&columns[2..]))
            {
                *near = (*left).max(*middle).max(*right);
            }
            let floors = &self.floors[cy * CELL / TILE * self.tiles_x..][..self.tiles_x];
            let thresholds = &mut self.of_cells[cy * self.cells_x..][..self.cells_x];
            for cx in across.clone() {
                thresholds[cx] = self.shares[usize::from(near[cx])].max(floors[cx / (TILE / CELL)]);
            }
        }
    }
}

/// Columns and rows of the cells that an area touches.
pub(crate) fn cells_of(area: Area) -> (Range<usize>, Range<usize>) {
    (area.x0 / CELL..area.x1.div_ceil(CELL), area.y0 / CELL..area.y1.div_ceil(CELL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_a_share_of_the_strongest_ink_of_nine_cells_and_no_lower_than_the_floor() {
        // Five by three cells; one of them has ink.
        let (width, height) = (5 * CELL, 3 * CELL);
        let mut strongest = vec![0; 15];
        strongest[0] = 200;
        let config = PageConfig { ink_share: 0.5, ..PageConfig::default() };
        let mut thresholds = Thresholds::new(width, strongest, vec![9; 6], &config);
        thresholds.update(Area { x0: 0, y0: 0, x1: width, y1: height });
        assert_eq!(thresholds.row(0), [100, 100, 9, 9, 9]);
        assert_eq!(thresholds.row(CELL), [100, 100, 9, 9, 9]);
        assert_eq!(thresholds.row(height - 1), [9; 5]);
    }
}
