//! The words: what trains, what is held out, and the running text of the tables.
//!
//! English words come from the size classes of Debian's `scowl` (10 = most frequent), foreign ones from the `w…` word
//! lists. A quarter of all words, chosen by a hash of their lower-case form, is held out: it never trains in any form.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::rng::Rng;

/// Debian packages that hold the word lists and the running text.
const PACKAGES: &str = "scowl wngerman wfrench wspanish witalian wportuguese wdutch fortunes debian-faq";
const SCOWL: &str = "/usr/share/dict/scowl/english-words.";
const NAMES: &str = "/usr/share/dict/scowl/english-proper-names.50";
const FOREIGN: &[&str] = &["ngerman", "french", "spanish", "italian", "portuguese", "dutch"];
const TEXTS: &[&str] = &[
    "people",
    "science",
    "politics",
    "work",
    "men-women",
    "law",
    "literature",
    "education",
    "sports",
    "food",
    "medicine",
    "news",
];

/// The training vocabulary: every type is a class of its own.
pub struct Types {
    /// The words as they are written.
    pub words: Vec<String>,
    /// For each type, the one that differs in one letter, if there is one.
    pub partner: Vec<Option<u32>>,
    /// The types as often as they are to be drawn: short frequent words, half of any text, several times.
    pub draw: Vec<u32>,
}

/// How often short frequent words are drawn, others once.
const SHORT_TIMES: usize = 3;
/// Short: at most so many letters.
const SHORT: usize = 4;
/// What else stands between white space in text.
const MARKS: &[&str] = &[
    "a", "I", "A", "-", "--", "&", "*", ">", "|", "+", "=", "/", "#", "...", "0", "1", "2", "3", "4", "5", "6", "7",
    "8", "9", "1.", "2.", "3.", "4.", "5.", "1)", "2)", "a)", "b)", "(a)", "(b)", "A.", "B.", "C.", "J.", "M.", "S.",
    "a.m.", "p.m.", "e.g.", "i.e.", "I'm", "I'd", "I'll", "I've", "it's", "don't", "can't", "didn't", "doesn't",
    "won't", "that's", "you're", "we're", ":-)", "Re:", "Fw:", "To:", "Cc:", "From:", "Sent:", "Subject:", "Date:",
];

/// Whether a word is held out of training.
pub fn held_out(word: &str) -> bool {
    let bare: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    // FNV-1a, finished by a multiplication: the same on every machine.
    let hash = bare.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) < 64
}

fn list(path: &str) -> Result<Vec<String>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {path}: apt-get install {PACKAGES}"))?;
    let fit = |w: &&str| (2..=16).contains(&w.chars().count()) && w.chars().all(|c| c.is_alphabetic() || c == '\'');
    Ok(String::from_utf8_lossy(&bytes).lines().filter(fit).map(str::to_owned).collect())
}

fn scowl(sizes: &[u32]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for size in sizes {
        all.extend(list(&format!("{SCOWL}{size}"))?);
    }
    all.retain(|w| !w.ends_with("'s"));
    Ok(all)
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A word as text may show it: capitals, all capitals, trailing punctuation, quotes, brackets.
fn variant(word: &str, rng: &mut Rng) -> String {
    let roll = rng.unit();
    let mut out = if roll < 0.14 {
        capitalised(word)
    } else if roll < 0.19 {
        word.to_uppercase()
    } else {
        word.to_owned()
    };
    let roll = rng.unit();
    if roll < 0.14 {
        out.push(*rng.pick(&[',', '.', '?', ':', ',', '.', '!', ';']));
    } else if roll < 0.16 {
        out = format!("({out})");
    } else if roll < 0.18 {
        out = format!("\"{out}\"");
    }
    out
}

/// The word with one letter replaced by another of the same case.
fn one_letter(word: &str, rng: &mut Rng) -> Option<String> {
    let mut chars: Vec<char> = word.chars().collect();
    let places: Vec<usize> = (0..chars.len()).filter(|&i| chars[i].is_ascii_alphanumeric()).collect();
    if places.len() < 2 {
        return None;
    }
    let i = *rng.pick(&places);
    let set: &[u8] = match chars[i] {
        '0'..='9' => b"0123456789",
        'A'..='Z' => b"ABCDEFGHIJKLMNOPRSTUVW",
        _ => b"aabcdeefghiijklmnnooprssttuuvwxyz",
    };
    let new = char::from(*rng.pick(set));
    if new == chars[i] {
        return None;
    }
    chars[i] = new;
    Some(chars.into_iter().collect())
}

/// Numbers, times, dates, amounts, addresses, file names, hyphenated words and the like.
fn artificial(words: &[String], rng: &mut Rng) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let word = |rng: &mut Rng| rng.pick(words).clone();
    match rng.below(16) {
        0..=2 => rng.int(0, 10i64.pow(1 + rng.clone().below(5) as u32)).to_string(),
        3 => format!("{}:{:02}", rng.int(0, 23), rng.int(0, 59)),
        4 => format!("${},{:03}.{:02}", rng.int(1, 99), rng.int(0, 999), rng.int(0, 99)),
        5 => format!("{}/{}/{}", rng.int(1, 12), rng.int(1, 31), rng.int(1995, 2029)),
        6 => format!("{}-{:02}-{:02}", rng.int(1995, 2029), rng.int(1, 12), rng.int(1, 31)),
        7 => format!("{}{}%", rng.int(1, 99), rng.pick(&["", ".5", ".2"])),
        8 | 9 => format!(
            "{}{}{}@{}.{}",
            word(rng),
            rng.pick(&[".", "_", ""]),
            word(rng),
            word(rng),
            rng.pick(&["com", "org", "net", "de"])
        ),
        10 => format!("{}www.{}.com/{}", rng.pick(&["http://", "https://", ""]), word(rng), word(rng)),
        11 | 12 => format!("{}-{}", word(rng), word(rng)),
        13 => format!("{}/{}", word(rng), word(rng)),
        14 => format!("{}{},", MONTHS[rng.below(12)], rng.pick(&["", "."])),
        _ => format!("{}.{}", word(rng), rng.pick(&["pdf", "doc", "xls", "txt", "html"])),
    }
}

impl Types {
    /// The training vocabulary for a seed.
    pub fn generate(seed: u64) -> Result<Self> {
        let mut rng = Rng::new(seed);
        let train = |mut words: Vec<String>| {
            words.retain(|w| !held_out(w));
            words
        };
        let frequent = train(scowl(&[10])?);
        let middle = train(scowl(&[20])?);
        let mut rare = train(scowl(&[35])?);
        let mut names = train(list(NAMES)?);
        rng.shuffle(&mut rare);
        rng.shuffle(&mut names);
        let mut base: Vec<String> =
            frequent.iter().chain(&middle).chain(&rare[..2500]).chain(&names[..700]).cloned().collect();
        for language in FOREIGN {
            let mut words = train(list(&format!("/usr/share/dict/{language}"))?);
            // Mostly words with letters that English lacks.
            words.retain(|w| w.chars().count() <= 12 && (!w.is_ascii() || held_out(&format!("{w}#"))));
            rng.shuffle(&mut words);
            base.extend(words.into_iter().take(300));
        }
        let mut types = BTreeMap::new();
        let mut words: Vec<String> = Vec::new();
        let mut add = |word: String, words: &mut Vec<String>| -> u32 {
            *types.entry(word).or_insert_with_key(|w| {
                words.push(w.clone());
                words.len() as u32 - 1
            })
        };
        let mut pairs = Vec::new();
        let mut short = Vec::new();
        for mark in MARKS.iter().filter(|m| !held_out(m) || m.len() < 3) {
            short.push(add((*mark).to_owned(), &mut words));
        }
        for word in frequent.iter().filter(|w| w.len() <= SHORT) {
            for form in [word.clone(), capitalised(word), format!("{word},"), format!("{word}.")] {
                short.push(add(form, &mut words));
            }
            // Two that differ in one letter for each.
            for _ in 0..2 {
                if let Some(other) = one_letter(word, &mut rng).filter(|w| !held_out(w)) {
                    pairs.push((short[short.len() - 4], add(other, &mut words)));
                }
            }
        }
        for (i, word) in base.iter().enumerate() {
            // Frequent words: as they are and once more in another dress. All others: once.
            let dressed = variant(word, &mut rng);
            let id = add(if i < frequent.len() { word.clone() } else { dressed.clone() }, &mut words);
            if i < frequent.len() {
                add(dressed, &mut words);
            }
            if i % 3 == 0
                && let Some(other) = one_letter(&words[id as usize].clone(), &mut rng).filter(|w| !held_out(w))
            {
                let other = add(other, &mut words);
                pairs.push((id, other));
            }
        }
        for i in 0..2000 {
            let word = artificial(&frequent, &mut rng);
            if word.len() > 26 {
                continue;
            }
            let id = add(word.clone(), &mut words);
            if i % 3 == 0
                && let Some(other) = one_letter(&word, &mut rng)
            {
                let other = add(other, &mut words);
                pairs.push((id, other));
            }
        }
        let mut partner = vec![None; words.len()];
        for (a, b) in pairs.into_iter().filter(|(a, b)| a != b) {
            partner[a as usize] = Some(b);
            partner[b as usize] = Some(a);
        }
        let mut draw: Vec<u32> = (0..words.len() as u32).collect();
        (1..SHORT_TIMES).for_each(|_| draw.extend(&short));
        Ok(Self { words, partner, draw })
    }
}

/// `n` held-out words in the dress of running text, no two of them equal but for case.
pub fn test_words(n: usize, seed: u64) -> Result<Vec<String>> {
    let mut rng = Rng::new(seed);
    let mut pick = |sizes: &[u32], n: usize| -> Result<Vec<String>> {
        let mut words = scowl(sizes)?;
        words.retain(|w| held_out(w) && w.is_ascii());
        rng.shuffle(&mut words);
        ensure!(words.len() >= n, "only {} held-out words", words.len());
        words.truncate(n);
        Ok(words)
    };
    let frequent = pick(&[10], (n * 5 / 12).min(900))?;
    let mut words = frequent.clone();
    words.extend(pick(&[20, 35], n - frequent.len())?);
    let mut seen = BTreeSet::new();
    words.retain(|w| seen.insert(w.to_lowercase()));
    Ok(words.iter().map(|w| variant(w, &mut rng)).collect())
}

/// Running text for the window tables: `n` white-space-separated words of Debian's fortunes and FAQ, none longer than
/// 24.
pub fn running_text(n: usize) -> Result<Vec<String>> {
    let fit = |t: &&str| t.is_ascii() && t.len() <= 24;
    let mut fortunes = String::new();
    for name in TEXTS {
        let path = format!("/usr/share/games/fortunes/{name}");
        let bytes = std::fs::read(&path).with_context(|| format!("cannot read {path}: apt-get install {PACKAGES}"))?;
        fortunes.push_str(&String::from_utf8_lossy(&bytes).replace('%', " "));
        fortunes.push('\n');
    }
    let folder = Path::new("/usr/share/doc/debian/FAQ");
    let mut pages: Vec<_> = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read {}: apt-get install {PACKAGES}", folder.display()))?
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.to_string_lossy().ends_with(".en.html"))
        .collect();
    pages.sort();
    let mut faq = String::new();
    for page in pages {
        faq.push_str(&without_tags(&String::from_utf8_lossy(&std::fs::read(page)?)));
    }
    let take = |text: &str, skip: usize, n: usize| -> Vec<String> {
        text.split_whitespace().filter(fit).skip(skip).take(n).map(str::to_owned).collect()
    };
    let mut words = take(&fortunes, 2000, n * 4 / 7);
    words.extend(take(&faq, 6000, n - words.len()));
    ensure!(words.len() == n, "only {} words of running text", words.len());
    Ok(words)
}

/// HTML without its tags and with the common entities resolved.
fn without_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                out.push(' ');
            }
            _ if inside => {}
            _ => out.push(c),
        }
    }
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&nbsp;", " "), ("&amp;", "&")]
        .iter()
        .fold(out, |s, (from, to)| s.replace(from, to))
}
