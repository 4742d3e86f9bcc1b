//! Portable bodies of the hot loops: plain Rust over slices, shaped for the auto-vectoriser.
//!
//! Each is `#[inline(always)]`, so that [`super::Kernels`] can compile it once for each instruction set. They are their
//! own oracle: the tests compare every compiled variant with a scalar loop.

/// What a word of the query earns against a catalogue word, all in fixed-point units: `clamp(start - slope ·
/// distance)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WordScore {
    /// Score at distance 0, before clamping.
    pub(crate) start: i16,
    /// Loss for each bit of distance.
    pub(crate) slope: i16,
    /// Most that the word can earn.
    pub(crate) most: i16,
    /// Least, 0 or below.
    pub(crate) least: i16,
}

impl WordScore {
    /// The score at a distance, capped by what the catalogue word may earn.
    #[inline(always)]
    pub(crate) fn at(self, distance: i16, cap: i16) -> i16 {
        // Not `clamp`, whose order of comparisons costs two instructions more.
        self.start.wrapping_sub(self.slope.wrapping_mul(distance)).min(self.most).max(self.least).min(cap)
    }
}

/// A query's code, how much each of its bits counts, and its word's width.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe<'a> {
    /// One or two 64-bit words.
    pub(crate) code: &'a [u64],
    /// For codes of one word: two bit planes of weights 0 to 3. Without them every bit counts 1.
    pub(crate) weights: Option<[u64; 2]>,
    pub(crate) width: WidthProbe,
}

impl Probe<'_> {
    /// The (weighted) Hamming distance to one code, widths aside.
    pub(crate) fn code_distance(self, code: impl Iterator<Item = u64>) -> i16 {
        let [ones, twos] = self.weights.unwrap_or([u64::MAX, 0]);
        let lane = |(a, b): (&u64, u64)| (((a ^ b) & ones).count_ones() + 2 * ((a ^ b) & twos).count_ones()) as i16;
        self.code.iter().zip(code).map(lane).sum()
    }
}

/// A word's width, and how much it counts beside the code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WidthProbe {
    /// See [`log_width`](crate::fingerprint::log_width).
    pub(crate) log_width: u8,
    /// Distance for eight steps of difference, in weighted bits; 0 if widths do not count.
    pub(crate) weight: u8,
}

impl WidthProbe {
    /// Widths that are farther apart are no farther: half a doubling.
    ///
    /// Tuned (count): chosen by eye, in steps of [`log_width`](crate::fingerprint::log_width).
    pub(crate) const MAX_STEPS: i16 = 16;

    /// What a catalogue word of this width is farther away for it, in weighted bits.
    #[inline(always)]
    pub(crate) fn distance(self, log_width: u8) -> i16 {
        let steps = (i16::from(log_width) - i16::from(self.log_width)).abs().min(Self::MAX_STEPS);
        (steps * i16::from(self.weight)) >> 3
    }
}

/// Writes the (weighted) Hamming distance of a query's code to each catalogue code; `lanes` holds those codes' 64-bit
/// words, lane by lane.
#[inline(always)]
pub(super) fn distances(probe: Probe<'_>, lanes: &[&[u64]], out: &mut [i16]) {
    match (probe.code, lanes) {
        ([a], [x]) if probe.weights.is_some() => {
            let [ones, twos] = probe.weights.unwrap_or_default();
            for (out, x) in out.iter_mut().zip(*x) {
                let differ = a ^ x;
                *out = ((differ & ones).count_ones() + 2 * (differ & twos).count_ones()) as i16;
            }
        }
        ([a], [x]) => {
            for (out, x) in out.iter_mut().zip(*x) {
                *out = (a ^ x).count_ones() as i16;
            }
        }
        ([a, b], [x, y]) => {
            for ((out, x), y) in out.iter_mut().zip(*x).zip(*y) {
                *out = ((a ^ x).count_ones() + (b ^ y).count_ones()) as i16;
            }
        }
        _ => debug_assert!(false, "codes have one or two lanes"),
    }
}

/// The place of the nearest of some codes, held as for [`distances`]; of equally near ones the first.
#[inline(always)]
pub(super) fn nearest_code(code: &[u64], lanes: &[&[u64]]) -> usize {
    // The distance and, behind it, the place: the least of these numbers is the answer, and no distance need be written
    // down.
    let found = |(k, differing_bits): (usize, u32)| i64::from(differing_bits) << 32 | k as i64;
    let least = |least: i64, found: i64| least.min(found);
    let found = match (code, lanes) {
        ([a], [x]) => x.iter().map(|x| (a ^ x).count_ones()).enumerate().map(found).fold(i64::MAX, least),
        ([a, b], [x, y]) => {
            let both = x.iter().zip(*y).map(|(x, y)| (a ^ x).count_ones() + (b ^ y).count_ones());
            both.enumerate().map(found).fold(i64::MAX, least)
        }
        _ => {
            debug_assert!(false, "codes have one or two lanes");
            0
        }
    };
    (found & i64::from(u32::MAX)) as usize
}

/// Adds to distances what the widths of the catalogue's words differ by.
#[inline(always)]
pub(super) fn add_widths(width: WidthProbe, log_widths: &[u8], out: &mut [i16]) {
    for (out, &log_width) in out.iter_mut().zip(log_widths) {
        *out += width.distance(log_width);
    }
}

/// Counts up, for each code, if the one so many places `back` differs in at most so many bits; `codes` holds `stride`
/// words of each.
#[inline(always)]
pub(super) fn alike(codes: &[u64], stride: usize, back: usize, most: u32, counts: &mut [u8]) {
    let (counts, here) = (&mut counts[back..], &codes[back * stride..]);
    if stride == 1 {
        for ((count, a), b) in counts.iter_mut().zip(here).zip(codes) {
            *count += u8::from((a ^ b).count_ones() <= most);
        }
    } else {
        for ((count, a), b) in counts.iter_mut().zip(here.chunks_exact(stride)).zip(codes.chunks_exact(stride)) {
            *count += u8::from(a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>() <= most);
        }
    }
}

/// Lowers `out` to the smaller of two distances, element by element.
#[inline(always)]
pub(super) fn nearer(out: &mut [i16], other: &[i16]) {
    for (out, other) in out.iter_mut().zip(other) {
        *out = (*out).min(*other);
    }
}

/// One arc of the lattice against a tile: `to[p + 1] = max(to[p + 1], from[p] + score(p), from[p + 1] - skip)`. Scores
/// of rows are never negative, so a `skip` of [`i16::MAX`] forbids to skip the query word.
#[inline(always)]
pub(super) fn step(score: WordScore, distances: &[i16], caps: &[i16], skip: i16, from: &[i16], to: &mut [i16]) {
    let n = distances.len();
    let (before, same, to, caps) = (&from[..n], &from[1..=n], &mut to[1..=n], &caps[..n]);
    for p in 0..n {
        let matched = before[p].saturating_add(score.at(distances[p], caps[p]));
        to[p] = to[p].max(matched.max(same[p].saturating_sub(skip)));
    }
}

/// A node that all arcs have been taken to: skipping one catalogue word (`done[p + 1] = max(row[p + 1], row[p] -
/// cost)`, never over the end of a document, where the cap is negative) and keeping each place's best score.
#[inline(always)]
pub(super) fn finish(cost: i16, caps: &[i16], row: &[i16], done: &mut [i16], best: &mut [i16]) {
    let n = caps.len();
    let (before, same, done, best) = (&row[..n], &row[1..=n], &mut done[1..=n], &mut best[1..=n]);
    for p in 0..n {
        let skipped = if caps[p] < 0 { 0 } else { before[p].saturating_sub(cost) };
        let reached = same[p].max(skipped);
        done[p] = reached;
        best[p] = best[p].max(reached);
    }
}
