//! Settings of stage 2.

use crate::Error;

/// Largest x-height that may be asked for, in pixels: eight columns of such a line, a sixteenth of it from each other,
/// span no more than the 64 pixels that are interpolated at a time.
const MAX_X_HEIGHT_PX: f32 = 128.0;

/// Widest gap that lines may be asked to be joined over, in x-heights: as much is looked at beyond each end of each
/// line.
const MAX_JOIN_GAP_XH: f32 = 100.0;

/// Settings of stage 2.
#[derive(Clone, Debug, PartialEq)]
pub struct PageConfig {
    /// Least distance from the background that counts as ink, of 255, on a noiseless page. Default: 12.
    ///
    /// Tuned (grey levels): chosen by eye.
    pub min_ink: u8,
    /// How much the page's noise (mean absolute distance from the background in flat parts) raises that. Default: 3.5.
    ///
    /// Tuned (factor): chosen by eye.
    pub noise_factor: f32,
    /// How much the noise of a place (the middle distance from the middle grey value: moire, sensor noise) raises that
    /// there. Default: 3.5.
    ///
    /// Tuned (factor): a photographed screen of moire had 2,838 words of fringes without it and 157 with it.
    pub local_noise_factor: f32,
    /// Share of the strongest ink within 8 to 16 px that a pixel needs to count as ink. Default: 0.42.
    ///
    /// Tuned (share): chosen by eye.
    pub ink_share: f32,
    /// Least height of a filled box that is looked at as a panel with text of its own, in pixels. Default: 14.
    ///
    /// Tuned (pixels): chosen by eye. At 3× and 4× bars of letters of headings are that high, and looked at as panels.
    pub min_panel_px: f32,
    /// Smallest x-height of a line, in pixels. Default: 2.2.
    ///
    /// Tuned (pixels): chosen by eye; words of 2.3 px and less are found, but few are matched.
    pub min_x_height_px: f32,
    /// Largest x-height of a line, in pixels, at most 128. Default: 90.
    ///
    /// Tuned (pixels): chosen by eye. At 3× and 4× headings over 30 and 22 px of the page are larger, and are not read.
    pub max_x_height_px: f32,
    /// Widest gap between neighbours on a line, in heights of the taller one. Default: 1.3.
    ///
    /// Tuned (factor): chosen by eye.
    pub chain_gap: f32,
    /// Widest gap over which two lines on one baseline are joined, at most 100. Default: 2.6.
    ///
    /// Tuned (x-heights): chosen by eye.
    pub join_gap_xh: f32,
    /// Lines longer than this have a slope of their own, shorter ones their neighbour's. Default: 14.
    ///
    /// Tuned (x-heights): chosen by eye.
    pub own_slope_xh: f32,
    /// Largest distance of baselines within a region. Default: 8.
    ///
    /// Tuned (x-heights): chosen by eye.
    pub paragraph_gap_xh: f32,
    /// Share of a stroke's ink below which a column belongs to a gap. Default: 0.5.
    ///
    /// Tuned (share): chosen by eye.
    pub gap_ink_share: f32,
    /// Narrower gaps are not seen. Default: 0.06.
    ///
    /// Tuned (x-heights): chosen by eye: one column of the sixteen that an x-height is looked at in.
    pub min_gap_xh: f32,
    /// Narrowest gap that can be the border between letter gaps and spaces. Default: 0.22.
    ///
    /// Tuned (x-heights): chosen by eye.
    pub narrowest_space_xh: f32,
    /// Widest gap that can be that border (monospaced text). Default: 1.1.
    ///
    /// Tuned (x-heights): chosen by eye.
    pub widest_letter_gap_xh: f32,
    /// The border assumed where the page has too few gaps to tell. Default: 0.38.
    ///
    /// Tuned (x-heights): chosen by eye.
    pub usual_space_xh: f32,
    /// Spread of gaps of one kind that is always assumed, in square-rooted x-heights. Default: 0.05.
    ///
    /// Tuned (square root of x-heights): chosen by eye.
    pub gap_noise: f32,
    /// How exactly a gap can be measured, in pixels: what makes small text's gaps uncertain. Default: 0.25.
    ///
    /// Tuned (pixels): chosen by eye; the same at all scales.
    pub gap_noise_px: f32,
    /// Gaps less likely than this (or more than one minus this) a space are settled before the lattice. Default: 0.03.
    ///
    /// Tuned (share): chosen by eye.
    pub settled: f32,
    /// Most pieces joined into one word. Default: 6.
    ///
    /// Tuned (count): chosen by eye; long addresses have more pieces, and are lost.
    pub max_pieces: usize,
    /// Steepest slope of the page's lines that is read as it is; steeper pages are laid flat. Default: 0.03.
    ///
    /// Tuned (factor): chosen by eye.
    pub max_slope: f32,
    /// How far a line may sag in its middle before the page is laid flat. Default: 0.1.
    ///
    /// Tuned (x-heights): chosen by eye.
    pub max_sag_xh: f32,
    /// Wider letters (the middle one of those as high as the x-height) show a picture stretched in width. Default:
    /// 0.97.
    ///
    /// Tuned (x-heights): the middle width is .75 to .91 over typefaces (444 pictures), 1.0 to 1.1 where stretched by
    /// 1.3.
    pub widest_letter_xh: f32,
    /// A page is surely upright if so many standard deviations more letters rise above the x-height than hang below the
    /// baseline; otherwise it is read both ways. Default: 2.5.
    ///
    /// Tuned (standard deviations): of 519 upright pictures 98 % exceed it; upside down none exceeds 1.0.
    pub surely_up_sigmas: f32,
    /// The turned page is taken for the likelier one if that many standard deviations more letters hang than rise.
    /// Default: 2.
    ///
    /// Tuned (standard deviations): chosen by eye.
    pub turned_sigmas: f32,
}

impl Default for PageConfig {
    fn default() -> Self {
        Self {
            min_ink: 12,
            noise_factor: 3.5,
            local_noise_factor: 3.5,
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
            ("page.min_gap_xh", self.min_gap_xh),
            ("page.narrowest_space_xh", self.narrowest_space_xh),
            ("page.widest_letter_gap_xh", self.widest_letter_gap_xh),
            ("page.usual_space_xh", self.usual_space_xh),
            ("page.gap_noise", self.gap_noise),
            ("page.gap_noise_px", self.gap_noise_px),
            ("page.settled", self.settled),
            ("page.local_noise_factor", self.local_noise_factor),
            ("page.max_slope", self.max_slope),
            ("page.max_sag_xh", self.max_sag_xh),
            ("page.widest_letter_xh", self.widest_letter_xh),
            ("page.surely_up_sigmas", self.surely_up_sigmas),
            ("page.turned_sigmas", self.turned_sigmas),
        ];
        Error::unless_each(positive, |v| v > 0.0 && v.is_finite(), "it must be a positive number")?;
        let shares = [("page.ink_share", self.ink_share), ("page.gap_ink_share", self.gap_ink_share)];
        Error::unless_each(shares, |v| v <= 1.0, "it must be a share, at most 1")?;
        if self.settled >= 0.5 {
            return Err(Error::invalid_argument("page.settled", self.settled, "it must be below 0.5"));
        }
        let at_most = [
            ("page.max_x_height_px", self.max_x_height_px, MAX_X_HEIGHT_PX),
            ("page.join_gap_xh", self.join_gap_xh, MAX_JOIN_GAP_XH),
        ];
        for (setting, value, limit) in at_most {
            if value > limit {
                return Err(Error::invalid_argument(setting, value, format!("it must be at most {limit}")));
            }
        }
        let above = [
            ("page.max_x_height_px", self.max_x_height_px, "page.min_x_height_px", self.min_x_height_px),
            (
                "page.widest_letter_gap_xh",
                self.widest_letter_gap_xh,
                "page.narrowest_space_xh",
                self.narrowest_space_xh,
            ),
        ];
        for (setting, value, lower, limit) in above {
            if value <= limit {
                return Err(Error::invalid_argument(setting, value, format!("it must exceed {lower}, {limit}")));
            }
        }
        if !(1..=16).contains(&self.max_pieces) {
            return Err(Error::invalid_argument("page.max_pieces", self.max_pieces, "it must be 1 to 16"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The setting that is named as out of its range, if any, after a change of the default.
    fn refused(change: impl Fn(&mut PageConfig)) -> Option<&'static str> {
        let mut config = PageConfig::default();
        change(&mut config);
        match config.check() {
            Err(Error::InvalidArgument { setting, .. }) => Some(setting),
            Err(other) => panic!("{other}"),
            Ok(()) => None,
        }
    }

    /// Each number out of its range in turn: below, above, not a number. Those that are compared with another one are
    /// out of their range beyond it.
    #[test]
    fn every_number_has_a_range() {
        type Field = fn(&mut PageConfig) -> &mut f32;
        let fields: [(&str, Field); 23] = [
            ("page.noise_factor", |c| &mut c.noise_factor),
            ("page.local_noise_factor", |c| &mut c.local_noise_factor),
            ("page.ink_share", |c| &mut c.ink_share),
            ("page.min_panel_px", |c| &mut c.min_panel_px),
            ("page.min_x_height_px", |c| &mut c.min_x_height_px),
            ("page.max_x_height_px", |c| &mut c.max_x_height_px),
            ("page.chain_gap", |c| &mut c.chain_gap),
            ("page.join_gap_xh", |c| &mut c.join_gap_xh),
            ("page.own_slope_xh", |c| &mut c.own_slope_xh),
            ("page.paragraph_gap_xh", |c| &mut c.paragraph_gap_xh),
            ("page.gap_ink_share", |c| &mut c.gap_ink_share),
            ("page.min_gap_xh", |c| &mut c.min_gap_xh),
            ("page.narrowest_space_xh", |c| &mut c.narrowest_space_xh),
            ("page.widest_letter_gap_xh", |c| &mut c.widest_letter_gap_xh),
            ("page.usual_space_xh", |c| &mut c.usual_space_xh),
            ("page.gap_noise", |c| &mut c.gap_noise),
            ("page.gap_noise_px", |c| &mut c.gap_noise_px),
            ("page.settled", |c| &mut c.settled),
            ("page.max_slope", |c| &mut c.max_slope),
            ("page.max_sag_xh", |c| &mut c.max_sag_xh),
            ("page.widest_letter_xh", |c| &mut c.widest_letter_xh),
            ("page.surely_up_sigmas", |c| &mut c.surely_up_sigmas),
            ("page.turned_sigmas", |c| &mut c.turned_sigmas),
        ];
        assert_eq!(refused(|_| ()), None);
        for (name, field) in fields {
            for bad in [0.0, -1.0, f32::NAN, f32::INFINITY] {
                assert_eq!(refused(|c| *field(c) = bad), Some(name), "{bad}");
            }
        }
    }

    #[test]
    fn bounds_are_kept() {
        assert_eq!(refused(|c| c.settled = 0.5), Some("page.settled"));
        assert_eq!(refused(|c| c.ink_share = 1.1), Some("page.ink_share"));
        assert_eq!(refused(|c| c.gap_ink_share = 1.1), Some("page.gap_ink_share"));
        assert_eq!(refused(|c| c.max_x_height_px = 129.0), Some("page.max_x_height_px"));
        assert_eq!(refused(|c| c.max_x_height_px = c.min_x_height_px), Some("page.max_x_height_px"));
        assert_eq!(refused(|c| c.join_gap_xh = 101.0), Some("page.join_gap_xh"));
        assert_eq!(refused(|c| c.widest_letter_gap_xh = c.narrowest_space_xh), Some("page.widest_letter_gap_xh"));
        assert_eq!(refused(|c| c.max_pieces = 0), Some("page.max_pieces"));
        assert_eq!(refused(|c| c.max_pieces = 17), Some("page.max_pieces"));
        assert_eq!(refused(|c| (c.max_pieces, c.min_ink) = (16, 255)), None);
    }
}
