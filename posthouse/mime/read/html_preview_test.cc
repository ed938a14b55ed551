#include "posthouse/mime/read/html_preview.h"

#include <chrono>

#include <gtest/gtest.h>

#include "posthouse/base/text.h"
#include "posthouse/mime/compose/message_builder.h"
#include "posthouse/mime/html/html_scanner.h"

namespace posthouse::mime {
namespace {

std::string harmless(std::string_view html, std::size_t* removed = nullptr) {
  const HarmlessHtml out = harmless_html(html, [](std::string_view cid) {
    return cid == "cid:a" ? std::string("data:image/png;base64,AA==") : std::string();
  });
  if (removed != nullptr) {
    *removed = out.removed;
  }
  return out.html;
}

TEST(HarmlessHtml, KeepsWhatShowsText) {
  EXPECT_EQ(harmless("<P align=center>Hi &amp; <b>you</b> 1 < 2<br/></p>"),
            "<p align=\"center\">Hi &amp; <b>you</b> 1 &lt; 2<br></p>");
  EXPECT_EQ(harmless("<p style='color:red; font-family: \"A-b\", sans-serif'>x"),
            "<p style=\"color:red;font-family:&quot;A-b&quot;, sans-serif;\">x</p>");
  EXPECT_EQ(harmless("<img src=cid:a alt='A \"b\"' width=5>"),
            "<img alt=\"A &quot;b&quot;\" width=\"5\" src=\"data:image/png;base64,AA==\">");
}

TEST(HarmlessHtml, LinksGoToTheWebOrMail) {
  EXPECT_EQ(harmless("<a href=' https://x.test/?a=1&amp;b=2 '>x</a>"),
            "<a href=\"https://x.test/?a=1&amp;b=2\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">x</a>");
  for (const char* url : {"javascript:alert(1)", "JaVaScRiPt:x", " java\tscript:x", "&#106;avascript:x",
                          "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//x.test/", "cid:a"}) {
    EXPECT_EQ(harmless("<a href=\"" + std::string(url) + "\">x</a>"), "<a>x</a>") << url;
  }
}

// Whatever goes in: nothing that acts, loads or frames comes out.
TEST(HarmlessHtml, HostilePieces) {
  const char* const pieces[] = {"<script>alert(1)</script>",
                                "<SCRIPT SRC=//x.test/a.js></SCRIPT>",
                                "<scr<script>ipt>alert(1)</scr</script>ipt>",
                                "<img src=x onerror=alert(1)>",
                                "<img src='http://x.test/p.gif'>",
                                "<img src=//x.test/p>",
                                "<img srcset='http://x.test/a 2x'>",
                                "<body onload=alert(1) background=http://x.test/b>",
                                "<table background='http://x.test/b'><tr><td onclick=x>",
                                "<svg onload=alert(1)><image href=http://x.test/>",
                                "<math><mi xlink:href='javascript:x'>",
                                "<iframe src=http://x.test/></iframe>",
                                "<object data=http://x.test/>",
                                "<embed src=http://x.test/>",
                                "<link rel=stylesheet href=http://x.test/>",
                                "<meta http-equiv=refresh content='0;url=http://x.test/'>",
                                "<base href=http://x.test/>",
                                "<form action=http://x.test/><input name=a><button>b</button></form>",
                                "<style>@import url(http://x.test/);</style>",
                                "<p style='background:url(http://x.test/)'>",
                                "<p style='width:expression(alert(1))'>",
                                "<p style='color:r\\65 d;background:u\\72l(//x.test)'>",
                                "<p style='position:fixed;top:0'>",
                                "<p style=\"font-family:'x;}body{background:url(//x.test)\">",
                                "<p title='\"><script>alert(1)</script>'>",
                                "<p title=`x` onmouseover=alert(1)>",
                                "<a href='x' onclick='y'>",
                                "<!--><script>alert(1)</script>-->",
                                "<![CDATA[<script>alert(1)</script>]]>",
                                "<video src=http://x.test/v><source src=http://x.test/s>",
                                "<img src='data:text/html;base64,AA=='>",
                                "<img src='data:image/svg+xml;base64,AA=='>",
                                "<img src=\"cid:a\" onload=x>",
                                "</div></main></body><script>x</script>",
                                "<textarea><img src=x onerror=y></textarea>",
                                "<noscript><p title='</noscript><img src=x onerror=y>'>",
                                "<p/onclick=alert(1)>",
                                "<p \"'onclick=alert(1)>",
                                "<plaintext>",
                                "<template><script>x</script></template>",
                                "<img/src/onerror=x>"};
  std::string all;
  const auto check = [](const std::string& html) {
    HtmlScanner scanner(html);
    for (HtmlToken token; scanner.next(token);) {
      if (token.kind == HtmlToken::Kind::text) {
        continue;
      }
      for (const char* bad : {"script",    "style", "iframe", "object",   "embed",    "link", "meta",
                              "base",      "form",  "input",  "svg",      "body",     "main", "textarea",
                              "plaintext", "video", "source", "template", "noscript", "math", "button"}) {
        EXPECT_NE(token.name, bad) << html;
      }
      for (const char* bad : {"onerror", "onload", "onclick", "onmouseover", "srcset", "background", "action"}) {
        EXPECT_TRUE(html_attribute(token.attributes, bad).empty()) << html;
      }
      const std::string_view source = html_attribute(token.attributes, "src");
      EXPECT_TRUE(source.empty() || source == "data:image/png;base64,AA==") << html;
      const std::string style(html_attribute(token.attributes, "style"));
      for (const char* bad : {"url", "expression", "position", "\\", "@", "}"}) {
        EXPECT_EQ(to_lower(style).find(bad), std::string::npos) << html;
      }
    }
  };
  for (const char* piece : pieces) {
    check(harmless(piece));
    all += piece;
    check(harmless(all));
  }
}

TEST(HarmlessHtml, EveryElementIsClosedAndNoneOfTheOutside) {
  EXPECT_EQ(harmless("</div><div><b>x</div></b></p>y"), "<div><b>x</b></div>y");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) {
    deep += "<div>";
  }
  const std::string out = harmless(deep + "x");
  EXPECT_EQ(out.size(), 200U * 11 + 1);
}

TEST(HarmlessHtml, SaysWhatItLeftOut) {
  std::size_t removed = 0;
  EXPECT_EQ(
      harmless("<img src=http://x.test/a.gif alt=logo><img src=cid:none><iframe src=http://x.test></iframe>", &removed),
      "[logo]");
  EXPECT_EQ(removed, 3U);
}

TEST(HarmlessHtml, LimitedAndLinear) {
  std::string html;
  for (int i = 0; i < 100'000; ++i) {
    html += "<img src=cid:a>";
  }
  EXPECT_LE(harmless_html(
                html, [](std::string_view) { return "data:image/png;base64," + std::string(10'000, 'A'); }, 1'000'000)
                .html.size(),
            1'000'200U);
  const auto seconds = [](std::string_view piece, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      text += piece;
    }
    const auto begin = std::chrono::steady_clock::now();
    harmless(text);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  for (const char* piece : {"<b>", "</b>", "<", "<a href=", "<p style=a:b;", "&amp", "<img ", "<b></i>"}) {
    EXPECT_LT(seconds(piece, 200'000), 8 * seconds(piece, 50'000) + 0.5) << piece;
  }
}

TEST(HtmlPreview, PageStandsAlone) {
  const Message message = Message::parse(MessageBuilder()
                                             .from("<Ann>", "ann@one.test")
                                             .to("bob@two.test")
                                             .subject("<b>你好</b>")
                                             .html("<p>Look: <img src=\"cid:map\"><script>x</script>")
                                             .inline_bytes("map.png", "\x89PNG", "map")
                                             .attach("<x>.txt", "hello")
                                             .build());
  const std::string page = html_preview(message);
  EXPECT_NE(page.find("Content-Security-Policy"), std::string::npos);
  EXPECT_NE(page.find("<h1>&lt;b&gt;你好&lt;/b&gt;</h1>"), std::string::npos);
  EXPECT_NE(page.find("<main><p>Look: <img src=\"data:image/png;base64,iVBORw==\">\r\n</p></main>"), std::string::npos)
      << page;
  EXPECT_NE(page.find("<li>&lt;x&gt;.txt — text/plain</li>"), std::string::npos) << page;
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(html_preview(Message::parse("A: b\n\n1 < 2\n")).find("<pre class=\"text\">1 &lt; 2\n</pre>"),
            std::string::npos);
}

}  // namespace
}  // namespace posthouse::mime
