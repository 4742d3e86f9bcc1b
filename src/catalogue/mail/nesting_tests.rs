//! Whatever nests or repeats in a mail, its reading takes a small thread's stack: an overflow ends the process, and
//! nobody can catch it.

use super::*;

/// An eighth of what threads have by default.
const STACK_BYTES: usize = 256 << 10;
/// How often things repeat or nest: at some 50 bytes of stack each they would overflow it.
const TIMES: usize = 20_000;
const HEAD: &str = "From: Gwen <gwen@larkfield.example.com>\nSubject: Keys\nMIME-Version: 1.0\n";

/// Reads a file of these bytes on threads with small stacks, those that parse in parallel too.
fn read(name: &str, bytes: &[u8]) -> Vec<Result<Mail, Error>> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("room for a file");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).stack_size(STACK_BYTES).build().expect("threads");
    pool.install(|| read_mails(&path).expect("a file of mails").collect())
}

/// What is shown of a message, alone and as one of a mailbox.
fn shown(what: &str, message: &str) -> String {
    let alone = read("x.eml", message.as_bytes());
    let from = "From gwen@larkfield.example.com Mon Mar  4 09:12:00 2019\n";
    let mailbox = read("x.mbox", format!("{from}{message}\n\n{from}{HEAD}\nThe next one.\n").as_bytes());
    assert_eq!(mailbox.len(), alone.len() + 1, "{what}");
    let text = |found: &[Result<Mail, Error>]| match found.first() {
        Some(Ok(mail)) => mail.body.split_whitespace().collect::<Vec<_>>().join(" "),
        Some(Err(e)) => e.to_string().rsplit_once(": ").map(|(_, reason)| reason.to_owned()).unwrap_or_default(),
        None => String::new(),
    };
    assert_eq!(text(&alone), text(&mailbox), "{what}");
    assert_eq!(text(&mailbox[alone.len()..]), "The next one.", "{what}");
    text(&alone)
}

fn shown_of_html(what: &str, html: &str) -> String {
    shown(what, &format!("{HEAD}Content-Type: text/html; charset=utf-8\n\n{html}"))
}

#[test]
fn attributes_of_a_tag_may_be_any_number() {
    for attribute in [
        " a=\"b\"",
        "a=\"b\"",
        " A=\"\"",
        " a=\"&amp;\"",
        "/a=\"b\"",
        "\ta=\"b\"",
        " a='b'",
        " a=b",
        " a",
        " a =\"b\"",
        " a= \"b\"",
        " ==\"b\"",
        " \"=\"b\"",
    ] {
        let many = attribute.repeat(TIMES);
        assert_eq!(shown_of_html(attribute, &format!("<p>See <b {many}>here</b {many}>.")), "See here.", "{attribute}");
        // The tag does not end: what stood before it is shown.
        assert_eq!(shown_of_html(attribute, &format!("<p>See <b {many}")), "See", "{attribute}");
    }
    let style = " style=\"display:none\"";
    let hidden = format!("<p>See<i {} {style}>not</i> this", " a=\"b\"".repeat(TIMES));
    assert_eq!(shown_of_html("the last attribute", &hidden), "See this");
}

#[test]
fn elements_and_styles_may_nest_to_any_depth() {
    for (begin, end) in [
        ("<div>", "</div>"),
        ("<b>", "</b>"),
        ("<ul><li>", "</li></ul>"),
        ("<table><tr><td>", "</td></tr></table>"),
        ("<blockquote type=\"cite\">", "</blockquote>"),
        ("<!--", "-->"),
        ("<![if x]>", "<![endif]>"),
        ("<style>@media x{", "}</style>"),
        ("<style>/*", "*/</style>"),
        ("<select>", "</select>"),
        ("</p>", "<p>"),
    ] {
        let html = format!("<p>See {}{}<p>this", begin.repeat(TIMES), end.repeat(TIMES));
        assert!(shown_of_html(begin, &html).starts_with("See"), "{begin}");
    }
    let sheet = format!("<style>{}{}</style><p>See this", "@media x{".repeat(TIMES), "}".repeat(TIMES));
    assert_eq!(shown_of_html("a sheet", &sheet), "See this");
}

#[test]
fn parts_may_nest_to_any_depth_however_their_types_are_written() {
    for kind in [
        "Content-Type: message/rfc822\n\n",
        "Content-Type : message/rfc822\n\n",
        "Content-Type: message / rfc822\n\n",
        "Content-Type:\n \"message\"/\"global\"\n\n",
        "Content-Type: (a) message (b) / (c) RFC822\n\n",
        "Content-Type: a(b)message/c(d)rfc822; name=x\n\n",
        "c o n t e n t - t y p e: message/rfc822\n\n",
    ] {
        let nested = format!("{HEAD}{}{HEAD}\nInnermost.", kind.repeat(TIMES));
        assert!(shown(kind, &nested).starts_with("it has no text"), "{kind:?}");
    }
    for kind in
        ["multipart/digest", "multipart / digest", "multipart(a)/(b)Digest", "multipart/mixed", "multipart / mixed"]
    {
        for count in [900, 5000] {
            let part = |k: usize| format!("Content-Type: {kind}; boundary=b{k}\n\n--b{k}\n");
            let nested = format!("{HEAD}{}\n\nInnermost.", (0..count).map(part).collect::<String>());
            let shown = shown(kind, &nested);
            assert!(shown.contains("Innermost") || shown.starts_with("it has"), "{kind} {count}: {shown}");
        }
    }
}

#[test]
fn encoded_messages_are_not_read_by_the_parser() {
    let inner = format!("{}Subject: S\n\nInnermost.", "Content-Type: message / rfc822\n\n".repeat(TIMES));
    let quoted = inner.replace('=', "=3D");
    for kind in ["message/rfc822", "message / rfc822", "message(a)/(b)global"] {
        let fields = format!("Content-Type: {kind}\nContent-Transfer-Encoding: quoted-printable");
        let message = format!(
            "{HEAD}Content-Type: multipart/mixed; boundary=x\n\n--x\n\nOuter.\n--x\n{fields}\n\n{quoted}\n--x--\n"
        );
        assert_eq!(shown(kind, &message), "Outer.", "{kind}");
    }
}

#[test]
fn types_within_a_text_are_shown_as_they_were_sent() {
    let text = "Content-Type: message/rfc822 (of all) global Digest,\nmultipart/Digest MESSAGE/GLOBAL";
    let expected = text.replace('\n', " ");
    assert_eq!(shown("plain", &format!("{HEAD}\n{text}")), expected);
    assert_eq!(shown_of_html("html", &format!("<p>{text}")), expected);
    let message = format!("Subject: (a) global message/RFC822\nMessage-ID: <a/message/global@example.com>\n\n{text}");
    let mail = read_message(message.as_bytes(), "x").remove(0).expect("a mail");
    assert_eq!((&*mail.subject, &*mail.id), ("(a) global message/RFC822", "a/message/global@example.com"));
}

#[test]
fn header_fields_may_nest_to_any_depth() {
    for field in [
        "From",
        "To",
        "Date",
        "Subject",
        "Content-Type",
        "Content-Disposition",
        "Received",
        "Message-ID",
        "List-Id",
        "X-A",
    ] {
        for (begin, end) in [
            ("(", ")"),
            ("<", ">"),
            ("\"", "\""),
            ("[", "]"),
            ("a:", ";"),
            ("a*0=\"", "\";"),
            ("=?utf-8?q?", "?="),
            ("\\", ""),
        ] {
            let message = format!("{HEAD}{field}: {}a{}\n\nText.", begin.repeat(TIMES), end.repeat(TIMES));
            let shown = shown(field, &message);
            assert!(shown == "Text." || shown.starts_with("it has no text"), "{field} {begin}: {shown}");
        }
    }
}

#[test]
fn json_may_nest_to_any_depth() {
    for (begin, end) in [("[", "]"), ("{\"a\":", "}")] {
        let line = format!("{{\"x\":{}1{},\"body\":\"Text.\"}}\n", begin.repeat(TIMES), end.repeat(TIMES));
        let found = read("x.jsonl", format!("{line}{{\"body\":\"The next one.\"}}\n").as_bytes());
        assert_eq!(found.len(), 2, "{begin}");
        assert_eq!(found[1].as_ref().expect("a mail").body, "The next one.");
    }
}
