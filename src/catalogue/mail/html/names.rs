//! Elements by how they are shown (WHATWG HTML, section 15.3).

/// Elements without an end tag.
#[rustfmt::skip]
pub(super) fn is_void(tag: &[u8]) -> bool {
    matches!(tag,
        b"area" | b"base" | b"basefont" | b"br" | b"col" | b"embed" | b"frame" | b"hr" | b"img" | b"input" | b"link" | b"meta" | b"source" |
        b"track" | b"wbr")
}

/// Elements that begin and end a line.
#[rustfmt::skip]
pub(super) fn is_block(tag: &[u8]) -> bool {
    matches!(tag,
        b"address" | b"article" | b"aside" | b"blockquote" | b"body" | b"caption" | b"center" | b"dd" | b"details" | b"dir" | b"div" | b"dl" |
        b"dt" | b"fieldset" | b"figcaption" | b"figure" | b"footer" | b"form" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"header" |
        b"hgroup" | b"hr" | b"html" | b"legend" | b"li" | b"listing" | b"main" | b"menu" | b"nav" | b"ol" | b"p" | b"pre" | b"section" |
        b"summary" | b"table" | b"tbody" | b"tfoot" | b"thead" | b"tr" | b"ul" | b"xmp")
}

/// Elements that a later end tag ends although a block was opened in between.
#[rustfmt::skip]
pub(super) fn is_formatting(tag: &[u8]) -> bool {
    matches!(tag,
        b"a" | b"b" | b"big" | b"code" | b"em" | b"font" | b"i" | b"nobr" | b"s" | b"small" | b"strike" | b"strong" | b"tt" | b"u")
}

/// Elements whose text no mail client shows: it is no text, or stands for what is not run.
#[rustfmt::skip]
pub(super) fn never_shown(tag: &[u8]) -> bool {
    matches!(tag,
        b"audio" | b"canvas" | b"datalist" | b"iframe" | b"math" | b"noembed" | b"noframes" | b"noscript" | b"object" |
        b"script" | b"style" | b"svg" | b"template" | b"title" | b"video")
}
