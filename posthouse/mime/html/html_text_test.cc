#include "posthouse/mime/html/html_text.h"

#include <string>

#include <gtest/gtest.h>

#include "posthouse/mime/charset/charset.h"

namespace posthouse::mime {
namespace {

TEST(HtmlText, ParagraphsAndLines) {
  EXPECT_EQ(html_to_text("<html><head><title>no</title></head><body><p>Hello <b>Ann</b>,\r\n how  are</p><p>you"),
            "Hello Ann, how are\n\nyou\n");
  EXPECT_EQ(html_to_text("a<br>b<br/><br>c<div>d</div><div>e</div>f"), "a\nb\n\nc\nd\ne\nf\n");
  EXPECT_EQ(html_to_text("<h1>T</h1>text<hr>more"), "T\n\ntext\n----\nmore\n");
  EXPECT_EQ(html_to_text(""), "");
  EXPECT_EQ(html_to_text("just text"), "just text\n");
}

TEST(HtmlText, ListsQuotesTables) {
  EXPECT_EQ(html_to_text("<p>Hello<ul><li>one<li>two<ol><li>x</li><li>y</li></ol></ul>end"),
            "Hello\n\n* one\n* two\n  1. x\n  2. y\n\nend\n");
  EXPECT_EQ(html_to_text("a<blockquote>b<br>c<blockquote>d</blockquote></blockquote>e"),
            "a\n\n> b\n> c\n\n>> d\n\ne\n");
  EXPECT_EQ(html_to_text("<table><tr><td>1</td><td>2</td></tr><tr><td>3<td>4</table>"), "1 2\n3 4\n");
  EXPECT_EQ(html_to_text("<pre>a\n  b\n</pre>c  d"), "a\n  b\n\nc d\n");
}

TEST(HtmlText, ListsAreNumberedAsTheySay) {
  EXPECT_EQ(html_to_text("<ol start=3><li>c<li>d<li value=\"9\">i<li>j</ol>"), "3. c\n4. d\n9. i\n10. j\n");
  EXPECT_EQ(html_to_text("<ol start=x><li>a</ol><ul><li value=7>b</ul>"), "1. a\n\n* b\n");
}

TEST(HtmlText, LinksAndImages) {
  EXPECT_EQ(html_to_text("see <a href='https://one.test/x?a=1&amp;b=2'>this</a>."),
            "see this <https://one.test/x?a=1&b=2>.\n");
  EXPECT_EQ(html_to_text("<a href=https://one.test>https://one.test</a> <a href=\"mailto:a@b.test\">a@b.test</a>"),
            "https://one.test a@b.test\n");
  EXPECT_EQ(html_to_text("<a href='javascript:x()'>go</a><a href='https://a.test'></a>"), "go\n");
  EXPECT_EQ(html_to_text("<a href='https://a.test'>x</a>", {.links = false}), "x\n");
  EXPECT_EQ(html_to_text("<img src=cid:1 alt='a &quot;cat&quot;'><img src=x>"), "[a \"cat\"]\n");
}

TEST(HtmlText, WhatIsNotShown) {
  EXPECT_EQ(html_to_text("a<style>p{}</style>b<script>if (a</script >b<!-- c > d -->c<!DOCTYPE x><?php y ?>d"),
            "abbcd\n");
  EXPECT_EQ(html_to_text("a<script>never ends"), "a\n");
  EXPECT_EQ(html_to_text("a<!-- never ends"), "a\n");
  EXPECT_EQ(html_to_text("a<b title='>'>c</b><i x=\">\" y>d"), "acd\n");
  EXPECT_EQ(html_to_text("1 < 2 <3 > 0 <"), "1 < 2 <3 > 0 <\n");
}

TEST(HtmlText, References) {
  EXPECT_EQ(decode_html_references("&eacute;&#233;&#xE9;&hearts;&amp;lt;"), "ééé♥&lt;");
  EXPECT_EQ(decode_html_references("&copy 2026 &nope; & &; &#; &#x; ?a=1&order=2&lt=3"),
            "© 2026 &nope; & &; &#; &#x; ?a=1&order=2&lt=3");
  EXPECT_EQ(decode_html_references("&#0;&#xD800;&#99999999;&#128;&#x9f;"), "\uFFFD\uFFFD\uFFFD€Ÿ");
  EXPECT_EQ(html_to_text("a&nbsp;&nbsp;b &middot; c"), "a b · c\n");
}

TEST(HtmlText, IsBoundedAndValid) {
  EXPECT_EQ(html_to_text("éééé", {.limit = 5}), "éé\n");
  std::string deep;
  for (int i = 0; i < 10'000; ++i) {
    deep += "<blockquote><ul><li>";
  }
  EXPECT_LT(html_to_text(deep + "x").size(), std::size_t{2} << 20);
  EXPECT_TRUE(is_valid_utf8(html_to_text("a\xC2<b>\xFF\xC2 z")));
}

}  // namespace
}  // namespace posthouse::mime
