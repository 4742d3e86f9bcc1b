use super::*;

fn text(html: &str) -> String {
    to_text(html).text.trim().to_owned()
}

#[test]
fn what_stands_apart_is_kept_apart_and_what_touches_touches() {
    for (html, expected) in [
        ("<p>One<p>Two", "One\n\nTwo"),
        ("<div>a</div><div>b</div>c", "a\nb\nc"),
        ("<div><div><div>a</div></div></div><div>b", "a\nb"),
        ("<table><tr><td>a<td>b<tr><th>c</th><td>d</table>e", "a b\nc d\ne"),
        ("10<sup>th</sup> of <b>M</b>ay", "10th of May"),
        ("a<br>b<br/><br>c", "a\nb\n\nc"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("<ol><li>a<ol><li>x<li>y</ol><li>b</ol>", "1. a\n1. x\n2. y\n2. b"),
        ("<ol start=4><li>a</li><ul><li>x</li></ul><li>b</li></ol>", "4. a\nx\n5. b"),
        ("<pre>a  b\n  c</pre>d", "a  b\n  c\nd"),
        ("a<a href=x style='padding:8px'>Pay</a>b", "a Pay b"),
        ("<a style='display:inline-block'>Yes</a><a style='display:inline-block'>No</a>", "Yes No"),
        ("<span style='display:block'>a</span>b", "a\nb"),
        ("a <!-- b --> c <![if !mso]>d<![endif]>", "a c d"),
        ("see <a href='http://x.example'>the\n  plan</a>.", "see the plan."),
        ("a<img src=x>b", "a b"),
        ("<button>Yes</button><button>No</button><input type=submit value=Go><input value=typed>", "Yes No Go typed"),
        ("a<select><option>x<option>y</select>b", "a x b"),
        (
            "a<select><option>x</option><option selected>y</option><option>z</select>b<textarea>c</textarea>d",
            "a y b c d",
        ),
        ("<input type=hidden value=x><input type=checkbox value=x>a<input type=text value='b c'>", "a b c"),
        ("&Aring;ngstr&ouml;m &lt;3 &#8364;5&nbsp;&amp;c &hellip;", "Ångström <3 €5\u{a0}&c …"),
        ("<h1>A</h1>b<hr>c", "A\nb\nc"),
        ("<dl><dt>a<dd>b<dt>c</dl>", "a\nb\nc"),
        ("<p style='text-transform:uppercase'>so <i style='text-transform:none'>it</i> is</p>", "SO it IS"),
    ] {
        assert_eq!(text(html), expected, "{html}");
    }
}

#[test]
fn what_is_hidden_is_left_out() {
    for html in [
        "a<div style='display:none'>x<b>y</b></div> b",
        "a<div style='DISPLAY : NONE !important'>x</div> b",
        "a<p hidden>x</p> b",
        "a<span style='visibility:hidden'>x</span> b",
        "a<span style='font-size:0px;color:red'>x</span> b",
        "a<span style='font-size:0'>x<i style='font-size:2em'>y</i></span> b",
        "a<div style='max-height:0;overflow:hidden'>x</div> b",
        "a<div style='opacity:0'>x</div> b",
        "a<style>.x{color:red}</style> b",
        "a<script>if (1 < 2) document.write('<b>x</b>')</script> b",
        "<head><title>x</title><style>.pre, p.y { display: none } @media (max-width: 9px) { .z { display: none } }</style></head>\
         <body>a<div class='pre'>x</div><p class=y>x</p><p class=z>b</p>",
        "<style>#top{display:none}</style><div>a</div><div id=top>x<table><tr><td>y</td></tr></table></div> b",
        "a<template>x</template><datalist><option>x</datalist><option>x</option><select hidden><option>x<option selected>y</select> b",
    ] {
        assert_eq!(text(html).split_whitespace().collect::<Vec<_>>(), ["a", "b"], "{html}");
    }
    // Senders set size 0 to close gaps, and undo it further in.
    assert_eq!(text("<td style='font-size:0px'><div style='font-size:13px'>a</div><font size=2>b</font></td>"), "a\nb");
    assert_eq!(text("<i style='visibility:hidden'>x <b style='visibility:visible'>a</b></i>"), "a");
    assert_eq!(text("<a style='display:none'>x</a><a style='display:inline'>a</a>"), "a");
}

#[test]
fn tag_soup_hides_nothing_and_shows_nothing_hidden() {
    // A cell's stray end tag does not end what the cell lies in; unclosed cells and paragraphs end by themselves.
    assert_eq!(text("<div style='display:none'><table><tr><td></div>x</td></tr></table></div>a"), "a");
    assert_eq!(text("<table><tr><td style='display:none'>x<td>a</table>b"), "a\nb");
    assert_eq!(text("<p style='display:none'>x<p>a"), "a");
    assert_eq!(text("<li style='display:none'>x<li>a"), "a");
    assert_eq!(text("</div></td></p>a</b></table>b"), "a b".replace(' ', ""));
    assert_eq!(text("<b><div>a</b>b</div>c"), "ab\nc");
    assert_eq!(text("<div><span style='display:none'><div>x</span>x</div></span>a</div>b"), "a\nb");
    assert_eq!(text("a < b and <3 <"), "a < b and <3 <");
    assert_eq!(text(""), "");
}

#[test]
fn quotations_are_known() {
    let shown = to_text(
        "<p>No.</p><div class='gmail_quote x'>On Monday:<blockquote type=cite>Yes<blockquote type=cite>!</blockquote></blockquote></div><p>Bye.",
    );
    let quoted: Vec<&str> = shown.quoted.iter().map(|q| shown.text[q.clone()].trim()).collect();
    assert_eq!(quoted, ["On Monday:\nYes\n!"]);
    assert!(to_text("<blockquote>of a poem</blockquote>").quoted.is_empty());
}

#[test]
fn depth_and_length_are_no_matter() {
    let deep = "<div><span>".repeat(100_000) + "a" + &"</span></div>".repeat(100_000) + "b";
    assert_eq!(text(&deep), "a\nb");
    let unclosed = "<font><b>".repeat(100_000) + "a" + &"</i></td>".repeat(100_000) + "b";
    assert_eq!(text(&unclosed), "ab");
    assert_eq!(
        charset(b"<html><meta http-equiv=Content-Type content='text/html; charset=KOI8-R'>").as_deref(),
        Some("koi8-r")
    );
}
