//! Settings of stage 2.

use crate::Error;

/// Settings of stage 2.
#[derive(Clone, Debug, PartialEq)]
pub struct PageConfig {
    /// Least distance from the background that counts as ink, of 255, on a noiseless page. Default: 12.
    pub min_ink: u8,
    /// How much the page's noise (mean absolute distance from the background in flat parts) raises that. Default: 3.5.
    pub noise_factor: f32,
    /// How much the grain of a place (the middle distance from the middle grey value: moire, sensor noise) raises that there.
    /// Default: 3.5.
    pub grain_factor: f32,
    /// Share of the strongest ink within 8 to 16 px that a pixel needs to count as ink. Default: 0.42.
    pub ink_share: f32,
    /// Least height of a filled box that is looked at as a panel with text of its own, in pixels. Default: 14.
    pub min_panel_px: f32,
    /// Smallest x-height of a line, in pixels. Default: 2.2.
    pub min_x_height_px: f32,
    /// Largest x-height of a line, in pixels. Default: 90.
    pub max_x_height_px: f32,
    /// Widest gap between neighbours on a line, in heights of the taller one. Default: 1.3.
    pub chain_gap: f32,
    /// Widest gap over which two lines on one baseline are joined. Default: 2.6.
    pub join_gap_xh: f32,
    /// Lines longer than this have a slope of their own, shorter ones their neighbour's. Default: 14.
    pub own_slope_xh: f32,
    /// Largest distance of baselines within a region. Default: 8.
    pub paragraph_gap_xh: f32,
    /// Share of a stroke's ink below which a column belongs to a gap. Default: 0.5.
    pub gap_ink_share: f32,
    /// Narrower gaps are not seen. Default: 0.06.
    pub min_gap_xh: f32,
    /// Narrowest gap that can be the border between letter gaps and spaces. Default: 0.22.
    pub narrowest_space_xh: f32,
    /// Widest gap that can be that border (monospaced text). Default: 1.1.
    pub widest_letter_gap_xh: f32,
    /// The border assumed where the page has too few gaps to tell. Default: 0.38.
    pub usual_space_xh: f32,
    /// Spread of gaps of one kind that is always assumed, in square-rooted x-heights. Default: 0.05.
    pub gap_noise: f32,
    /// How exactly a gap can be measured, in pixels: what makes small text's gaps uncertain. Default: 0.25.
    pub gap_noise_px: f32,
    /// Gaps less likely than this (or more than one minus this) a space are settled before the lattice. Default: 0.03.
    pub settled: f32,
    /// Most pieces joined into one word. Default: 6.
    pub max_pieces: usize,
    /// Steepest slope of the page's lines that is read as it is; steeper pages are laid flat. Default: 0.03.
    pub max_slope: f32,
    /// How far a line may sag in its middle before the page is laid flat. Default: 0.1.
    pub max_sag_xh: f32,
    /// Wider letters (the middle one of those as high as the x-height) show a picture stretched in width. Default: 0.97.
    pub widest_letter_xh: f32,
    /// A page is surely upright if so many standard deviations more letters rise above the x-height than hang below the
    /// baseline; otherwise it is read both ways. Default: 2.5.
    pub surely_up_sigmas: f32,
    /// The turned page is taken for the likelier one if that many standard deviations more letters hang than rise. Default: 2.
    pub turned_sigmas: f32,
}

impl Default for PageConfig {
    fn default() -> Self {
        Self {
            min_ink: 12,
            noise_factor: 3.5,
            grain_factor: 3.5,
            ink_share: 0.42,
            min_panel_px: 14.0,
            min_x_height_px: 2.2,
            max_x_height_px: 90.0,
            chain_gap: 1.3,
            join_gap_xh: 2.6,
            own_slope_xh: 14.0,
            paragraph_gap_xh: 8.0,
            gap_ink_share: 0.5,
            min_gap_xh: 0.06,
            narrowest_space_xh: 0.22,
            widest_letter_gap_xh: 1.1,
            usual_space_xh: 0.38,
            gap_noise: 0.05,
            gap_noise_px: 0.25,
            settled: 0.03,
            max_pieces: 6,
            max_slope: 0.03,
            max_sag_xh: 0.1,
            widest_letter_xh: 0.97,
            surely_up_sigmas: 2.5,
            turned_sigmas: 2.0,
        }
    }
}

impl PageConfig {
    /// Checks every value's range.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidArgument`] names the first setting that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        let positive = [
            ("page.noise_factor", self.noise_factor),
            ("page.ink_share", self.ink_share),
            ("page.min_panel_px", self.min_panel_px),
            ("page.min_x_height_px", self.min_x_height_px),
            ("page.max_x_height_px", self.max_x_height_px),
            ("page.chain_gap", self.chain_gap),
            ("page.join_gap_xh", self.join_gap_xh),
            ("page.own_slope_xh", self.own_slope_xh),
            ("page.paragraph_gap_xh", self.paragraph_gap_xh),
            ("page.gap_ink_share", self.gap_ink_share),
            ("page.narrowest_space_xh", self.narrowest_space_xh),
            ("page.usual_space_xh", self.usual_space_xh),
            ("page.gap_noise", self.gap_noise),
            ("page.gap_noise_px", self.gap_noise_px),
            ("page.settled", self.settled),
            ("page.grain_factor", self.grain_factor),
            ("page.max_slope", self.max_slope),
            ("page.max_sag_xh", self.max_sag_xh),
            ("page.widest_letter_xh", self.widest_letter_xh),
            ("page.surely_up_sigmas", self.surely_up_sigmas),
            ("page.turned_sigmas", self.turned_sigmas),
        ];
        Error::unless_each(positive, |v| v > 0.0 && v.is_finite(), "it must be a positive number")?;
        if self.max_x_height_px <= self.min_x_height_px {
            let expected = format!("it must exceed page.min_x_height_px, {}", self.min_x_height_px);
            return Err(Error::invalid_argument("page.max_x_height_px", self.max_x_height_px, expected));
        }
        if self.settled >= 0.5 {
            return Err(Error::invalid_argument("page.settled", self.settled, "it must be below 0.5"));
        }
        if !(1..=16).contains(&self.max_pieces) {
            return Err(Error::invalid_argument("page.max_pieces", self.max_pieces, "it must be 1 to 16"));
        }
        Ok(())
    }
}
