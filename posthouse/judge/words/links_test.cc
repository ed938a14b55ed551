#include "posthouse/judge/words/links.h"

#include <gtest/gtest.h>

namespace posthouse::judge {
namespace {

std::vector<Link> links_in(const std::string& type, const std::string& text) {
  return links_of(mime::Message::parse("Content-Type: " + type + "\r\n\r\n" + text));
}

TEST(HostOfUrl, IsWhereItLeads) {
  EXPECT_EQ(host_of_url("http://WWW.Example.org:8080/a?b"), "www.example.org");
  EXPECT_EQ(host_of_url("https://bank.example@thief.example/"), "thief.example");
  EXPECT_EQ(host_of_url("https://bank.example\\@thief.example/"), "bank.example") << "as browsers read it";
  EXPECT_EQ(host_of_url("http://[2001:db8::1]/x"), "[2001:db8::1]");
  EXPECT_EQ(host_of_url("http://192.0.2.1?x@y"), "192.0.2.1");
  for (const char* none :
       {"", "http://", "mailto:ann@one.test", "ftp://one.test/", "http://localhost/", "www.one.test"}) {
    EXPECT_EQ(host_of_url(none), "") << none;
  }
}

TEST(LinksOf, APlainText) {
  const auto links = links_in("text/plain", "See http://one.test/a and <https://two.test/b>, not mailto:x@y or ://z");
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ(links[0].host, "one.test");
  EXPECT_EQ(links[1].host, "two.test");
}

TEST(LinksOf, HtmlWithWhatItShows) {
  const auto links = links_in("text/html",
                              "<a href=\"https://thief.example/x\"><b>www.bank.example</b></a>"
                              "<A HREF = 'http://one.test'>read on</A><a href=http://two.test/>https://two.test/y</a>"
                              "<a href=\"mailto:x@one.test\">x</a>");
  ASSERT_EQ(links.size(), 3U);
  EXPECT_EQ(links[0].host, "thief.example");
  EXPECT_EQ(links[0].shown, "www.bank.example");
  EXPECT_EQ(links[1].host, "one.test");
  EXPECT_EQ(links[1].shown, "");
  EXPECT_EQ(links[2].host, "two.test");
  EXPECT_EQ(links[2].shown, "two.test");
}

TEST(LinksOf, AreBounded) {
  std::string text;
  for (int i = 0; i < 1'000; ++i) {
    text += "http://one.test/ ";
  }
  EXPECT_EQ(links_in("text/plain", text).size(), 200U);
  EXPECT_TRUE(links_in("text/html", std::string(300'000, '<') + "href=\"http://one.test\"").empty());
}

}  // namespace
}  // namespace posthouse::judge
