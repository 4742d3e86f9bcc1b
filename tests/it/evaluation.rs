//! What `cargo run --release --example evaluate -- bundled` prints stays as it is.
#![cfg(feature = "mail")]
#![allow(
    clippy::print_stdout,
    dead_code,
    reason = "parts of an example program, which prints more than is compared here"
)]

use std::collections::BTreeMap;

#[path = "../../examples/common/altered.rs"]
mod altered;
#[path = "../../examples/common/bundled.rs"]
mod bundled;
#[path = "../../examples/common/page_table.rs"]
mod page_table;
#[path = "../../examples/common/truth.rs"]
mod truth;

/// Mails in the pictures of each kind, and those of them that are found; no match is wrong.
const FOUND: [(&str, usize, usize); bundled::KINDS.len()] = [
    ("unknown mails", 0, 0),
    ("HTML mails", 10, 10),
    ("altered mails", 6, 6),
    ("two mails in one", 2, 2),
    ("photographs of a screen", 3, 3),
    ("x-height below 5 px", 10, 9),
    ("tilted", 3, 3),
    ("cropped", 5, 5),
    ("marked, redacted", 4, 4),
    ("lossy and palette files", 3, 3),
    ("dark, inverted", 6, 6),
    ("others, clean or worn", 10, 10),
];

#[test]
fn the_bundled_mails_are_found_and_no_others() {
    let bundled = bundled::measure(&bundled::bundled_truths().unwrap()).unwrap();
    assert_eq!((bundled.total().pictures, bundled.documents), (70, 33));
    let found: Vec<_> = bundled::KINDS.iter().zip(&bundled.answers).map(|(k, a)| (*k, a.shown, a.found)).collect();
    assert_eq!(found, FOUND, "{:?}", bundled.failures);
    assert_eq!(bundled.total().wrong, 0, "{:?}", bundled.failures);

    // Words of known mails: changed ones that are marked, and others that are marked all the same.
    let marks = |kind: &str| bundled.altered.get(kind).copied().unwrap_or_default();
    let changed = |kind: &str| (marks(kind).altered, marks(kind).found);
    assert_eq!(changed("another word"), (16, 16));
    assert_eq!(changed("one digit"), (4, 0), "a digit is too small a part of a word");
    assert_eq!((changed("inserted"), changed("deleted")), ((1, 0), (1, 0)));
    let genuine = |kind: &str| (marks(kind).unaltered > 6000, marks(kind).marked);
    assert_eq!(genuine("unaltered"), (true, 8));
    assert_eq!((genuine("none inserted"), genuine("none deleted")), ((true, 0), (true, 1)));
}

/// `BLESS=1 cargo test evaluation` writes it.
const PAGE: &str = "testdata/evaluation/page.txt";

#[test]
fn lines_and_words_are_found_as_the_golden_table_says() {
    let truths = bundled::bundled_truths().unwrap();
    let groups = page_table::groups(&page_table::measure_all(&truths));
    let counts = |t: &page_table::Tally| [t.words, t.pairs, t.found, t.linked, t.boxes];
    if std::env::var_os("BLESS").is_some() {
        let row = |(name, tally): (&String, &page_table::Tally)| {
            let counts = counts(tally).map(|n| format!("{n:6}"));
            format!("{} {}\n", counts.join(" "), &name[3..])
        };
        let rows: String = groups.iter().map(row).collect();
        std::fs::write(PAGE, format!(" words  pairs  found linked  boxes group\n{rows}")).unwrap();
    }
    let golden = std::fs::read_to_string(PAGE).unwrap();
    let golden: BTreeMap<&str, Vec<usize>> = golden
        .lines()
        .skip(1)
        .map(|line| (&line[35..], line[..35].split_whitespace().map(|n| n.parse().unwrap()).collect()))
        .collect();
    assert_eq!(golden.len(), groups.len());
    for (name, tally) in &groups {
        let (now, then) = (counts(tally), &golden[&name[3..]]);
        assert_eq!(now[..2], then[..2], "{name}: words, and pairs of neighbours");
        // Floating-point numbers differ from processor to processor: a word in 500 may fall to the other side.
        let near = |k: usize| now[k].abs_diff(then[k]) <= 1 + then[k] / 500;
        assert!((2..5).all(near), "{name}: found, linked and boxes are {now:?}, in the golden table {then:?}");
    }
}

/// Lines and words of each bundled picture against its truth.
const PICTURES: &str = "testdata/evaluation/pictures.txt";

/// Names of the columns: lines found, words on the likeliest path, true words, those found, true pairs of neighbours,
/// those linked, boxes of true words.
const COLUMNS: [&str; 7] = ["lines", "seen", "words", "found", "pairs", "linked", "boxes"];

/// A hundredth of a golden count, and one, may be missing or too many: what another rounding of a float may turn. What
/// is more is looked at, and written by `BLESS=1 cargo test evaluation`.
fn within_tolerance(golden: usize, count: usize) -> bool {
    count.abs_diff(golden) <= 1 + golden / 100
}

#[test]
fn pages_are_read_as_well_as_they_were() {
    let truths = bundled::bundled_truths().unwrap();
    let mut counts: BTreeMap<String, [usize; 7]> = BTreeMap::new();
    for (path, _, m) in page_table::measure_all(&truths) {
        let t = m.total();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        counts.insert(name, [m.lines, m.words, t.words, t.found, t.pairs, t.linked, t.boxes]);
    }
    let row = |name: &str, cells: [String; 7]| {
        let cells: Vec<String> = cells.iter().map(|c| format!("{c:>7}")).collect();
        format!("{name:40}{}\n", cells.concat())
    };
    if std::env::var_os("BLESS").is_some() {
        let head = row("picture", COLUMNS.map(str::to_owned));
        let rows = counts.iter().map(|(name, c)| row(name, c.map(|n| n.to_string())));
        std::fs::write(PICTURES, head + &rows.collect::<String>()).unwrap();
    }
    let golden = std::fs::read_to_string(PICTURES).unwrap();
    let mut pictures = 0;
    for line in golden.lines().skip(1) {
        let mut fields = line.split_whitespace();
        let name = fields.next().unwrap();
        let expected: Vec<usize> = fields.map(|n| n.parse().unwrap()).collect();
        let found = counts.get(name).unwrap_or_else(|| panic!("{name} is missing"));
        for ((column, &golden), &count) in COLUMNS.iter().zip(&expected).zip(found) {
            assert!(within_tolerance(golden, count), "{name}: {count} {column}, {golden} in {PICTURES}");
        }
        pictures += 1;
    }
    assert_eq!(pictures, counts.len(), "{PICTURES} has a line for each picture");
}
