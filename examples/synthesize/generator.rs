//! Mail-like text without a real word in it: invented words and people, real frequencies.
//!
//! What a search has to cope with is not the words but how often they and their sequences come back. The constants are
//! set so that a million words have what a million words of real mail (lists, offices, press releases) have: their
//! number of distinct words and how it grows, the frequencies of the most frequent ones, and the share of 2-, 3-, 4-,
//! 6- and 10-grams that stand in several mails (turns of phrase, quoted passages, header blocks, signatures,
//! disclaimers).

use std::collections::VecDeque;

use leakprint::catalogue::mail::Mail;
use leakprint::random::SplitMix64;

/// An endless stream of mails; the same seed gives the same mails.
pub(crate) struct Generator {
    random: Random,
    number: u64,
    /// Bodies that a reply may quote.
    recent: VecDeque<Vec<String>>,
}

/// Distinct words of the language; most are never used.
const LEXICON: f64 = 2e6;
/// Zipf–Mandelbrot: frequency of rank r is proportional to `(r + SHIFT)^-EXPONENT`.
const EXPONENT: f64 = 1.17;
const SHIFT: f64 = 2.7;
/// Turns of phrase that the language has, and how their frequencies fall.
const PHRASES: f64 = 1e6;
const PHRASE_EXPONENT: f64 = 1.1;
/// Share of words that begin a turn of phrase.
const PHRASE_SHARE: f64 = 0.14;
/// Share of words that are numbers, dates, addresses: often unique.
const NUMBER_SHARE: f64 = 0.032;
/// Share of words that were used in the same mail before, beyond chance.
const OWN_SHARE: f64 = 0.13;
/// Share of mails that answer one of the last [`RECENT`] and quote a part of it.
const REPLY_SHARE: f64 = 0.25;
const RECENT: usize = 3000;
/// Share of mails with a signature block, and of those with a disclaimer besides.
const SIGNATURE_SHARE: f64 = 0.6;
const DISCLAIMER_SHARE: f64 = 0.12;
const PEOPLE: f64 = 60_000.0;
const DISCLAIMERS: f64 = 400.0;
/// Median length of what a mail says itself, in words, and the spread of its logarithm.
const MEDIAN_WORDS: f64 = 105.0;
const SPREAD: f64 = 0.95;
const MAX_WORDS: f64 = 6000.0;

impl Generator {
    /// A stream of its own for each seed.
    #[must_use]
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: Random::new(seed ^ 0x6d61_696c), number: 0, recent: VecDeque::new() }
    }

    fn mail(&mut self) -> Mail {
        self.number += 1;
        let sender = self.random.zipf(PEOPLE, 0.8, 3.0);
        let reader = self.random.zipf(PEOPLE, 0.8, 3.0);
        let length = (MEDIAN_WORDS * (SPREAD * self.random.normal()).exp()).clamp(3.0, MAX_WORDS) as usize;
        let mut body = Text::default();
        if self.random.chance(0.4) {
            body.word(&format!("{},", name(reader).0));
            body.line();
        }
        let text = running_text(&mut self.random, length);
        for (k, word) in text.iter().enumerate() {
            body.word(word);
            if word.ends_with('.') && k % 5 == 0 && self.random.chance(0.3) {
                body.line();
            }
        }
        if self.random.chance(SIGNATURE_SHARE) {
            body.line();
            block(&mut body, sender ^ 0x5157, 5 + (mixed(sender) % 14) as usize, &name(sender));
        }
        if self.random.chance(DISCLAIMER_SHARE) {
            let which = self.random.zipf(DISCLAIMERS, 1.0, 1.0);
            body.line();
            let mut fixed = Random::new(which ^ 0xd15c);
            running_text(&mut fixed, 40 + (mixed(which) % 60) as usize).into_iter().for_each(|w| body.word(&w));
        }
        if !self.recent.is_empty() && self.random.chance(REPLY_SHARE) {
            let which = (self.random.unit() * self.random.unit() * self.recent.len() as f64) as usize;
            let quoted = self.recent[which].clone();
            let marked = self.random.chance(0.6);
            self.quote(&mut body, reader, sender, &quoted, marked);
        }
        self.recent.push_front(text);
        self.recent.truncate(RECENT);
        let who = |person| format!("{}.{}@example.com", name(person).0, name(person).1).to_lowercase();
        Mail {
            id: format!("made-{:08}@example.com", self.number),
            from: who(sender),
            to: who(reader),
            body: body.0,
            ..Mail::default()
        }
    }

    fn quote(&mut self, body: &mut Text, from: u64, to: u64, quoted: &[String], marked: bool) {
        let (first, last) = name(from);
        body.line();
        if marked {
            let (day, hour) = (self.random.below(28) + 1, self.random.below(24));
            let intro =
                format!("On {day} {} {hour}:{:02}, {first} {last} <{first}@example.com> wrote:", month(day), day);
            intro.split(' ').for_each(|w| body.word(w));
        } else {
            let head = format!(
                "-----Original Message----- From: {first} {last} Sent: {} To: {} Subject: RE:",
                month(to),
                name(to).0
            );
            head.split(' ').for_each(|w| body.word(w));
        }
        let long = (quoted.len() as f64 * self.random.unit().sqrt()).min(600.0) as usize;
        for (k, word) in quoted[..long].iter().enumerate() {
            if k % 11 == 0 {
                body.line();
                if marked {
                    body.word(">");
                }
            }
            body.word(word);
        }
    }
}

impl Iterator for Generator {
    type Item = Mail;

    fn next(&mut self) -> Option<Mail> {
        Some(self.mail())
    }
}

/// A body under construction.
#[derive(Default)]
struct Text(String);

impl Text {
    fn word(&mut self, word: &str) {
        if !self.0.is_empty() && !self.0.ends_with('\n') {
            self.0.push(' ');
        }
        self.0.push_str(word);
    }

    fn line(&mut self) {
        self.0.push('\n');
    }
}

/// Sentences of about `length` words.
fn running_text(random: &mut Random, length: usize) -> Vec<String> {
    let mut words: Vec<String> = Vec::with_capacity(length + 8);
    let mut own: Vec<u64> = Vec::new();
    let mut left = 0;
    while words.len() < length {
        let begins = left == 0;
        if begins {
            left = 4 + random.below(20) as usize;
        }
        let first = words.len();
        if random.chance(PHRASE_SHARE) {
            // A turn of phrase is its number: the same words every time.
            let phrase = random.zipf(PHRASES, PHRASE_EXPONENT, 8.0);
            let mut fixed = Random::new(phrase ^ 0xf4a5);
            for _ in 0..2 + fixed.below(4) {
                words.push(word(fixed.zipf(LEXICON / 8.0, EXPONENT, SHIFT)));
            }
        } else if random.chance(NUMBER_SHARE) {
            words.push(number(random));
        } else {
            let rank = if !own.is_empty() && random.chance(OWN_SHARE) {
                own[random.below(own.len() as u64) as usize]
            } else {
                random.zipf(LEXICON, EXPONENT, SHIFT)
            };
            if rank > 200 {
                own.push(rank);
            }
            words.push(word(rank));
        }
        if begins {
            let capital = words[first].remove(0).to_ascii_uppercase();
            words[first].insert(0, capital);
        }
        left = left.saturating_sub(words.len() - first);
        let last = words.len() - 1;
        if left == 0 {
            words[last].push(if random.chance(0.9) { '.' } else { '?' });
        } else if random.chance(0.045) {
            words[last].push(',');
        }
    }
    words
}

/// A signature or the like: fixed words for each `seed`.
fn block(body: &mut Text, seed: u64, length: usize, (first, last): &(String, String)) {
    let mut fixed = Random::new(seed);
    body.word(first);
    body.word(last);
    for k in 0..length {
        if k % 4 == 0 {
            body.line();
        }
        let plain = fixed.chance(0.6);
        body.word(&if plain { word(40 + fixed.zipf(LEXICON / 40.0, 1.0, 20.0)) } else { number(&mut fixed) });
    }
}

fn number(random: &mut Random) -> String {
    match random.below(8) {
        0 => random.below(100).to_string(),
        1 => format!("{}", 1990 + random.below(30)),
        2 => format!("{}/{}/{}", 1 + random.below(12), 1 + random.below(28), random.below(30)),
        3 => format!("{}:{:02}", random.below(24), random.below(60)),
        4 => format!("${}.{:02}", random.below(2000), random.below(100)),
        5 => format!("{}-{:04}", 200 + random.below(700), random.below(10_000)),
        6 => format!(
            "http://www.{}.example/{}{}",
            word(random.below(50_000)),
            word(random.below(5000)),
            random.below(1000)
        ),
        _ => format!("{}{}@example.net", word(random.below(300_000)), random.below(100)),
    }
}

fn month(seed: u64) -> &'static str {
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][(mixed(seed) % 12) as usize]
}

/// First and last name of a person.
fn name(person: u64) -> (String, String) {
    let capital = |mut w: String| {
        let first = w.remove(0).to_ascii_uppercase();
        w.insert(0, first);
        w
    };
    (capital(word(2000 + mixed(person) % 3000)), capital(word(100_000 + mixed(person ^ 1) % 40_000)))
}

const ONSETS: &[&str] = &[
    "t", "s", "r", "n", "l", "d", "c", "m", "p", "f", "b", "w", "h", "v", "g", "st", "tr", "pr", "th", "ch", "sh",
    "gr", "pl", "k", "j", "br", "cr", "qu", "fl", "sp", "y", "z", "",
];
const VOWELS: &[&str] = &["e", "a", "i", "o", "u", "e", "a", "i", "o", "ea", "ou", "io", "ie", "ai", "ee", "y"];
const CODAS: &[&str] = &["", "n", "", "r", "", "s", "t", "", "l", "nt", "d", "ng", "m", "ck", "st", "x"];

/// The word of this rank: frequent ones are short.
fn word(rank: u64) -> String {
    let mut state = Random::new(rank.wrapping_mul(0x9e37_79b9) ^ 0x0077_6f72_6473);
    let syllables = match rank {
        0..60 => 1,
        60..1500 => 1 + state.below(2),
        1500..12_000 => 2,
        12_000..200_000 => 2 + state.below(3),
        _ => 2 + state.below(3),
    };
    let mut word = String::new();
    // The second of two draws is rarer in the lists' order.
    let mut pick = |list: &'static [&'static str]| {
        let k = state.below(list.len() as u64).min(state.below(list.len() as u64));
        list[k as usize]
    };
    for _ in 0..syllables {
        word.push_str(pick(ONSETS));
        word.push_str(pick(VOWELS));
        word.push_str(pick(CODAS));
    }
    match rank % 23 {
        7 if rank > 600 => word.push_str("ing"),
        11 if rank > 600 => word.push_str("ed"),
        13 if rank > 600 => word.push('s'),
        17 if rank > 3000 => {
            let first = word.remove(0).to_ascii_uppercase();
            word.insert(0, first);
        }
        _ => {}
    }
    word
}

/// Random numbers of the distributions that texts have.
pub(crate) struct Random(SplitMix64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(SplitMix64::new(seed))
    }

    /// 0 to below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.unit()
    }

    /// 0 to below `n`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0.below(n as usize) as u64
    }

    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A normal deviate (Box & Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// A rank from 0, its density proportional to `(rank + shift)^-exponent` up to `most` (inverse of the integral).
    pub(crate) fn zipf(&mut self, most: f64, exponent: f64, shift: f64) -> u64 {
        let u = self.unit();
        let power = 1.0 - exponent;
        if power.abs() < 1e-9 {
            return (shift * ((most + shift) / shift).powf(u) - shift) as u64;
        }
        let (low, high) = (shift.powf(power), (most + shift).powf(power));
        ((low + u * (high - low)).powf(1.0 / power) - shift) as u64
    }
}

/// Equal for equal values, and random otherwise.
fn mixed(value: u64) -> u64 {
    SplitMix64::new(value).bits()
}
