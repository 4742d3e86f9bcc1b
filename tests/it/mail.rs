//! Mail in: what other programs write, what senders get wrong, and what a client shows of it.
#![cfg(feature = "mail")]

use std::fs;
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use leakprint::catalogue::mail::{Mail, find, is_mail_file, read_mails};
use leakprint::catalogue::{Catalogue, CatalogueConfig, Progress};
use leakprint::verdict::Outcome;
use leakprint::{Config, Error, Matcher};

fn read(path: &Path) -> Vec<Result<Mail, Error>> {
    read_mails(path).unwrap().collect()
}

/// The mails of a file of these bytes.
fn read_bytes(name: &str, bytes: &[u8]) -> Vec<Result<Mail, Error>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    read(&path)
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// The mails of `testdata/html`, in order.
fn html_mails() -> Vec<(PathBuf, Mail)> {
    let files = find("testdata/html".as_ref(), &is_mail_file);
    let mail = |path: PathBuf| (path.clone(), read(&path).remove(0).unwrap());
    files.into_iter().map(|f| mail(f.unwrap())).collect()
}

fn matcher(mails: &[Mail]) -> Matcher {
    let mut catalogue = Catalogue::new(CatalogueConfig::default()).unwrap();
    catalogue.add_mails(mails).unwrap();
    catalogue
        .add_mails(&read_mails("testdata/mails.jsonl".as_ref()).unwrap().map(Result::unwrap).collect::<Vec<_>>())
        .unwrap();
    Matcher::new(&catalogue, Config::default()).unwrap()
}

#[test]
fn html_becomes_the_text_that_a_browser_shows() {
    let mails = html_mails();
    assert_eq!(mails.len(), 10);
    for (path, mail) in mails {
        let shown = fs::read_to_string(path.with_extension("txt")).unwrap();
        assert_eq!(words(&mail.body), words(&shown), "{}", path.display());
    }
}

#[test]
fn a_screenshot_of_an_html_mail_is_found_from_its_eml() {
    let (paths, mails): (Vec<_>, Vec<_>) = html_mails().into_iter().unzip();
    let matcher = matcher(&mails);
    let pictures: Vec<Vec<u8>> = paths.iter().map(|p| fs::read(p.with_extension("png")).unwrap()).collect();
    for ((path, mail), verdict) in paths.iter().zip(&mails).zip(matcher.identify_many(&pictures)) {
        let verdict = verdict.unwrap();
        let name = path.display();
        assert_eq!(verdict.outcome, Outcome::Match, "{name}");
        let best = &verdict.matches[0];
        assert_eq!(best.documents, [mail.id.as_str()], "{name}");
        // A table's cells are read neither row by row nor column by column throughout: what stands out of order is not
        // aligned.
        let whole = if path.ends_with("night-rota.eml") { 0.65 } else { 0.7 };
        assert!(
            best.e_value < 1e-12 && best.document_coverage > whole,
            "{name}: {} {}",
            best.e_value,
            best.document_coverage
        );
        let last = words(&mail.body).len() as u32 - 1;
        assert!(best.document_words[0] <= 2 && best.document_words[1] + 3 >= last, "{name}: {:?}", best.document_words);
    }
}

fn crop(picture: &str, width: u32, height: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::open(picture).unwrap().crop_imm(0, 0, width, height);
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn a_header_supports_the_first_line_and_convicts_nobody_by_itself() {
    let mails: Vec<Mail> = html_mails().into_iter().map(|(_, mail)| mail).collect();
    let bare: Vec<Mail> =
        mails.iter().map(|m| Mail { id: m.id.clone(), body: m.body.clone(), ..Mail::default() }).collect();
    let (with, without) = (matcher(&mails), matcher(&bare));
    let header = crop("testdata/html/hall-booking.png", 700, 66);
    let verdict = with.identify(&header).unwrap();
    assert!(verdict.words_seen >= 10, "subject, sender and recipient are seen: {}", verdict.words_seen);
    assert_eq!(verdict.outcome, Outcome::NoMatch);
    // "Dear Wim," and the first words of the first line.
    let first_line = crop("testdata/html/hall-booking.png", 300, 154);
    let (with, without) = (with.identify(&first_line).unwrap(), without.identify(&first_line).unwrap());
    assert_eq!(with.matches[0].documents, ["hall-booking@mail.example.com"]);
    let bare = without.matches.first().map_or(1.0, |m| m.e_value);
    assert!(with.matches[0].e_value < bare / 100.0, "{} with the header, {bare} without", with.matches[0].e_value);
}

#[test]
fn a_quotation_is_credited_to_its_origin() {
    let mail = |id: &str, body: String| Mail { id: id.into(), body, ..Mail::default() };
    // The screenshot shows an answer; in the catalogue are what it quotes, with the quotation's marks and without.
    let reply = read_mails("testdata/mails.jsonl".as_ref())
        .unwrap()
        .map(Result::unwrap)
        .find(|m| m.id == "mesh-reply")
        .unwrap();
    let quoted: String = reply.body.lines().filter_map(|l| l.strip_prefix("> ")).collect::<Vec<_>>().join("\n");
    let only_quotes: String = reply.body.lines().filter(|l| l.starts_with('>')).collect::<Vec<_>>().join("\n");
    let mut catalogue = Catalogue::new(CatalogueConfig::default()).unwrap();
    // By their ids alone the one that quotes would come first.
    let mails = [mail("a-quoting", only_quotes), mail("b-origin", quoted)];
    catalogue.add_mails(&mails).unwrap();
    let matcher = Matcher::new(&catalogue, Config::default()).unwrap();
    let verdict = matcher.identify(&fs::read("testdata/shots/mesh-reply--desktop-mono.png").unwrap()).unwrap();
    assert_eq!(verdict.matches[0].documents, ["b-origin", "a-quoting"]);
}

#[test]
fn header_fields_are_those_that_clients_show() {
    let mail = read("testdata/messages/one.eml".as_ref()).remove(0).unwrap();
    assert_eq!(mail.from, "Zoë Søndergård <zoe.sondergard@kalmarq.example.com>");
    assert_eq!(
        (mail.subject.as_str(), mail.date.as_str()),
        ("Łódź plant: the visit that did not happen", "Tue, 18 Apr 2023 13:37")
    );
    let quoted: Vec<_> = html_mails().into_iter().filter(|(_, m)| !m.quoted.is_empty()).collect();
    let of =
        |m: &Mail| m.quoted.iter().map(|&[a, b]| words(&m.body)[a as usize..b as usize].join(" ")).collect::<Vec<_>>();
    assert_eq!(quoted.len(), 2, "the answer and the forwarded mail");
    assert!(of(&quoted[0].1)[0].starts_with("The vase came out") && of(&quoted[0].1)[0].ends_with("sand was wet?"));
    assert!(
        of(&quoted[1].1)[0].starts_with("---------- Forwarded message") && of(&quoted[1].1)[0].ends_with("B. Quill")
    );
}

const HEAD: &str = "From: Gwen <gwen@example.com>\nSubject: Keys\nMIME-Version: 1.0\n";

#[test]
fn attached_messages_are_mails_of_their_own() {
    let inner =
        |n: u32| format!("From: a@example.com\nMessage-ID: <inner{n}@example.com>\nSubject: S\n\nInner text {n}.\n");
    let text = format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nOuter text.\n--b\nContent-Type: message/rfc822\n\n{}\
         --b\nContent-Type: Message/RFC822\nContent-Transfer-Encoding: base64\n\nRnJvbTogYUBleGFtcGxlLmNvbQpTdWJqZWN0OiBTCgpFbmNvZGVkIHRleHQuCg==\n\
         --b\nContent-Type: multipart/digest; boundary=d\n\n--d\n\n{}--d\n\n{}--d--\n--b--\n",
        inner(1),
        inner(2),
        inner(3)
    );
    let mails: Vec<Mail> = read_bytes("x.eml", text.as_bytes()).into_iter().map(Result::unwrap).collect();
    let found: Vec<(&str, &str)> = mails.iter().map(|m| (m.id.as_str(), m.body.trim())).collect();
    assert_eq!(
        found,
        [
            ("", "Outer text."),
            ("inner1@example.com", "Inner text 1."),
            ("", "Encoded text."),
            ("inner2@example.com", "Inner text 2."),
            ("inner3@example.com", "Inner text 3.")
        ]
    );
}

#[test]
fn charsets_and_encodings_that_lie_lose_no_text() {
    let message = |fields: &str, body: &[u8]| {
        let bytes = [format!("{HEAD}{fields}\n\n").as_bytes(), body].concat();
        read_bytes("x.eml", &bytes).remove(0).map(|m| m.body.trim().to_owned())
    };
    let text = |fields: &str, body: &[u8]| message(fields, body).unwrap();
    assert_eq!(text("Content-Type: text/plain; charset=utf-8", b"Str\xf8mdal"), "Strømdal");
    assert_eq!(text("Content-Type: text/plain", b"Str\xf8mdal \x93so\x94"), "Strømdal “so”");
    assert_eq!(text("Content-Type: text/plain; charset=no-such-thing", "Łódź".as_bytes()), "Łódź");
    assert_eq!(text("Content-Type: text/plain; charset=shift_jis", b"\x83n\x83\x8D\x81["), "ハロー");
    assert_eq!(text("Content-Type: text/plain; charset=koi8-r", b"\xf0\xd2\xc9\xd7\xc5\xd4"), "Привет");
    assert_eq!(text("Content-Type: text/html", b"<meta charset=iso-8859-5><p>\xbf\xe0\xd8\xd2\xd5\xe2"), "Привет");
    assert_eq!(text("Content-Type: text/plain", b"one\0two th\x07ree"), "onetwo three");
    // Cut in the middle, and with something after it that is none.
    let base64 = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64";
    assert_eq!(text(base64, b"T2N0YXZpYSwgaW52b2ljZSBpcyBwYWlkIHR3a"), "Octavia, invoice is paid tw");
    assert_eq!(text(base64, b"T2N0YXZpYSwgaW52b2ljZQ==\n-- \nA list's footer\n"), "Octavia, invoice");
    let mixed =
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\nContent-Transfer-Encoding: base64";
    assert_eq!(text(mixed, b"PGI+T2N0YXZpYTwvYj4=\n_______\nfooter, no end"), "Octavia");
    let flowed = "Content-Type: text/plain; charset=us-ascii; format=flowed; delsp=yes";
    assert_eq!(text(flowed, b"> Donau \n> dampf\nschiff \nfahrt"), "> Donaudampf\nschifffahrt");
    for (fields, reason) in [
        ("Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", "it has no text"),
        ("Content-Type: application/pdf", "it has no text (it is of type application/pdf)"),
    ] {
        let said = message(fields, b"").unwrap_err().to_string();
        assert!(said.contains(reason) && said.contains("x.eml"), "{said}");
    }
}

#[test]
fn bombs_end_with_a_reason() {
    let reason = |name: &str, bytes: &[u8]| {
        let found = read_bytes(name, bytes);
        found.into_iter().filter_map(Result::err).map(|e| e.to_string()).collect::<Vec<_>>().join("; ")
    };
    // One line of 50 MB; a text of as many words; both within JSON too.
    let long = [HEAD.as_bytes(), b"\n", &vec![b'x'; 50 << 20]].concat();
    assert!(
        reason("x.eml", &long).contains("within the first 33554432 bytes of its 52428"),
        "{}",
        reason("x.eml", &long)
    );
    let long = [HEAD.as_bytes(), b"\n", &b"so ".repeat(4 << 20)].concat();
    assert!(reason("x.eml", &long).contains("the limit is 8388608"));
    let json = [b"{\"id\":\"a\",\"body\":\"", &vec![b'x'; 9 << 20][..], b"\"}"].concat();
    assert!(reason("x.jsonl", &json).contains("the limit is 8388608"));

    let nested = |kind: &dyn Fn(usize) -> String| {
        let begin: String = (0..10_000).map(kind).collect();
        format!("{HEAD}{begin}Content-Type: text/plain\n\nInnermost.\n").into_bytes()
    };
    let multiparts = nested(&|k| format!("Content-Type: multipart/mixed; boundary=b{k}\n\n--b{k}\n"));
    assert!(reason("x.eml", &multiparts).contains("it has 10000 multiparts, the limit is 1000"));
    let messages = nested(&|_| "Content-Type: message/rfc822\n\nFrom: a@example.com\n".into());
    assert!(reason("x.eml", &messages).contains("attached messages nest deeper than the limit of 16"));
    let digests = nested(&|k| format!("Content-Type: multipart/digest; boundary=b{k}\n\n--b{k}\n\n"));
    assert!(reason("x.eml", &digests).contains("multiparts"));
    let parts = format!("{HEAD}Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\n\n".repeat(1 << 20));
    assert!(reason("x.eml", parts.as_bytes()).contains("boundaries of parts, the limit is 100000"));
    let elements = format!("{HEAD}Content-Type: text/html\n\n{}", "<div><blockquote type=cite>a ".repeat(200_000));
    assert_eq!(reason("x.eml", elements.as_bytes()), "");

    for (name, bytes) in
        [("x.eml", &b"\0\0\0\0"[..]), ("x.eml", b""), ("x.mbox", b"\x89PNG\r\n\x1a\n"), ("x.eml", b"\n\n\n")]
    {
        assert!(reason(name, bytes).contains("not a message"), "{name} {bytes:?}: {}", reason(name, bytes));
    }
}

#[test]
fn every_way_to_store_mail_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mbox = fs::read("testdata/messages/three.mbox").unwrap();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&mbox).unwrap();
    fs::write(path("a.mbox.gz"), gz.finish().unwrap()).unwrap();
    let zst = ruzstd::encoding::compress_to_vec(&mbox[..], ruzstd::encoding::CompressionLevel::Fastest);
    // Two frames, and one to be passed over between them.
    let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    fs::write(path("b.mbox.zst"), [&zst[..], &skipped, &zst].concat()).unwrap();
    fs::write(path("Inbox"), &mbox).unwrap();
    for sub in ["tmp", "cur", "new", ".Sent/tmp", ".Sent/cur", ".Sent/new"] {
        fs::create_dir_all(path("box").join(sub)).unwrap();
    }
    fs::copy("testdata/messages/one.eml", path("box/cur/1204680122.27c448.host:2,S")).unwrap();
    fs::copy("testdata/messages/one.eml", path("box/.Sent/new/1204680123.27c449.host")).unwrap();
    fs::copy("testdata/messages/one.eml", path("box/tmp/1204680124.unfinished")).unwrap();
    fs::write(path("old.pst"), b"!BDN").unwrap();
    fs::write(path("notes.txt"), b"nothing").unwrap();

    let counts: Vec<(String, usize)> = find(folder.path(), &is_mail_file)
        .into_iter()
        .map(|f| f.unwrap())
        .map(|f| {
            let name = f.strip_prefix(folder.path()).unwrap().display().to_string();
            (name, read_mails(&f).map_or(0, |mails| mails.map(Result::unwrap).count()))
        })
        .collect();
    // A mailbox without a suffix is known by its first lines; what a Maildir keeps in `tmp` is not taken.
    let expected = [
        ("Inbox", 3),
        ("a.mbox.gz", 3),
        ("b.mbox.zst", 6),
        ("box/.Sent/new/1204680123.27c449.host", 1),
        ("box/cur/1204680122.27c448.host:2,S", 1),
        ("old.pst", 0),
    ];
    assert_eq!(counts, expected.map(|(name, n)| (name.to_owned(), n)));
    fs::write(path("empty.mbox"), b"").unwrap();
    assert!(read(&path("empty.mbox"))[0].as_ref().unwrap_err().to_string().contains("it holds no mail"));
    fs::write(path("mac.eml"), b"From: a@example.com\rSubject: Keys\r\rOld line\rends.\r").unwrap();
    assert_eq!(words(&read(&path("mac.eml"))[0].as_ref().unwrap().body), ["Old", "line", "ends."]);
    let said = |name: &str| read_mails(&path(name)).err().unwrap().to_string();
    assert!(said("old.pst").contains("readpst"), "{}", said("old.pst"));
    assert!(said("notes.txt").contains("neither a message"), "{}", said("notes.txt"));
    assert!(said("missing.eml").contains("No such file"));
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_is_named_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    fs::copy("testdata/messages/one.eml", inner.join("a.eml")).unwrap();
    std::os::unix::fs::symlink(folder.path(), inner.join("up")).unwrap();
    std::os::unix::fs::symlink("b.eml", inner.join("b.eml")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(inner.join("z.eml")).unwrap();
    let found = find(folder.path(), &is_mail_file);
    assert_eq!(found.len(), 4);
    assert!(found[0].as_ref().unwrap().ends_with("a.eml"));
    // A link to itself cannot be opened.
    assert!(read_mails(found[1].as_ref().unwrap()).is_err());
    assert!(found[2].as_ref().unwrap_err().to_string().contains("a link to a folder is not followed"));
    assert!(found[3].as_ref().unwrap_err().to_string().contains("neither a file nor a folder"));
}

#[test]
fn ids_are_the_mails_own_or_hashes_and_equal_texts_fold() {
    let mut catalogue = Catalogue::new(CatalogueConfig::default()).unwrap();
    let mail = |id: &str, body: &str| Mail { id: id.into(), body: body.into(), ..Mail::default() };
    let added =
        catalogue.add_mails(&[mail("", "a b c"), mail("x", "a\nb c"), mail("", "a b  c"), mail("", "other")]).unwrap();
    assert_eq!((added.documents, added.duplicates), (2, 2));
    assert!(catalogue.remove("x").unwrap());
    assert_eq!(catalogue.documents(), 2, "the text has another name still");
}

#[test]
fn captures_of_a_scrolled_window_are_one_document() {
    let shot = image::open("testdata/shots/budget-q3--webmail-light.png").unwrap();
    let capture = |from: u32, to: u32| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        shot.crop_imm(0, from, shot.width(), to - from).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let (whole, upper, lower) = (capture(0, shot.height()), capture(0, 520), capture(330, shot.height()));
    let mut catalogue = Catalogue::new(CatalogueConfig::default()).unwrap();
    let expected = catalogue.add_picture("whole", &whole).unwrap().words;
    let apart =
        catalogue.add_picture("upper", &upper).unwrap().words + catalogue.add_picture("lower", &lower).unwrap().words;
    let joined = catalogue.add_pictures("joined", &[&upper, &lower]).unwrap().words;
    assert!(apart > expected + 100, "the captures overlap: {apart} words, {expected} in the whole");
    // Less than 3 % of what overlaps is kept twice or lost.
    let overlapping = apart - expected;
    assert!(joined.abs_diff(expected) * 100 < 3 * overlapping, "{joined} words joined, {expected} in the whole");
    let again = catalogue.add_pictures("again", &[&upper, &lower]).unwrap();
    assert_eq!((again.documents, again.duplicates, catalogue.documents()), (0, 1, 4));
    assert!(catalogue.remove("joined").unwrap() && catalogue.remove("again").unwrap());
    assert_eq!(catalogue.documents(), 3);
}

#[test]
fn enrolment_tells_what_it_skips_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jsonl");
    fs::write(&path, "{\"body\":\"The harbour opens\"}\n{\"id\":\"b\",\"body\":\" \"}\n{oh\n{\"body\":\"in May.\"}\n")
        .unwrap();
    let enrol = |stop: bool| {
        let (mut skipped, mut seen) = (Vec::new(), 0);
        let mut catalogue = Catalogue::new(CatalogueConfig::default()).unwrap();
        let added = catalogue.enrol(read_mails(&path).unwrap(), |progress| {
            match progress {
                Progress::Skipped(error) => skipped.push(error.to_string()),
                Progress::Added(added) => seen = added.words.max(seen),
            }
            if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let added = added.unwrap();
        assert!(seen <= added.words && catalogue.words() == added.words, "{seen}, {added:?}");
        (added.documents, added.words, skipped)
    };
    let (documents, words, skipped) = enrol(false);
    assert_eq!((documents, words, skipped.len()), (2, 5, 2), "{skipped:?}");
    assert!(
        skipped[0].ends_with("a.jsonl line 2, mail b: it has no text") && skipped[1].contains("line 3"),
        "{skipped:?}"
    );
    // Who stops at the first error keeps what came before it.
    let (documents, words, skipped) = enrol(true);
    assert_eq!((documents, words, skipped.len()), (1, 3, 1), "{skipped:?}");
}
