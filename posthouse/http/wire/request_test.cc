// URLs taken apart, and requests as they are sent.
#include <string>

#include <gtest/gtest.h>

#include "posthouse/http/error.h"
#include "posthouse/http/wire/request_octets.h"
#include "posthouse/http/wire/url.h"

namespace posthouse::http {
namespace {

template <class F>
std::string request_code_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.code();
  }
  return "no error";
}

TEST(Url, IsTakenApart) {
  const Url plain = Url::parse("HTTPS://Example.ORG");
  EXPECT_TRUE(plain.tls);
  EXPECT_EQ(plain.host, "example.org");
  EXPECT_EQ(plain.port, 443);
  EXPECT_EQ(plain.authority, "example.org");
  EXPECT_EQ(plain.target, "/");
  EXPECT_EQ(plain.to_string(), "https://example.org/");
  const Url full = Url::parse("http://[2001:db8::1]:8080/a/b?c=d%20e#f");
  EXPECT_FALSE(full.tls);
  EXPECT_EQ(full.host, "2001:db8::1");
  EXPECT_EQ(full.port, 8080);
  EXPECT_EQ(full.authority, "[2001:db8::1]:8080");
  EXPECT_EQ(full.target, "/a/b?c=d%20e");
  EXPECT_EQ(Url::parse("https://192.0.2.1:443?q").to_string(), "https://192.0.2.1/?q");
}

TEST(Url, WhatIsNoneIsRefused) {
  for (const std::string text :
       {"", "example.org", "/a", "ftp://a.test/", "https://", "https:///a", "https://u:p@a.test/", "https://a b.test/",
        "https://a.test/\r\nX: y", "https://a.test:0/", "https://a.test:70000/", "https://a%0d.test/", "https://[::1/",
        "https://a.test/\xC3\xA9", "https://[v1.x]/", "file:///etc/passwd"}) {
    EXPECT_EQ(request_code_of([&] { Url::parse(text); }), "http.url") << text;
  }
  EXPECT_EQ(request_code_of([] { Url::parse("https://a.test/" + std::string(9000, 'a')); }), "http.url");
}

TEST(Url, PasswordsInOneAreNotRepeated) {
  try {
    Url::parse("https://ann:secret@a.test/");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
  }
}

TEST(Url, ReferencesAreResolved) {
  const Url base = Url::parse("https://a.test/b/c?d");
  EXPECT_EQ(base.resolve("e").to_string(), "https://a.test/b/e");
  EXPECT_EQ(base.resolve("/e?f#g").to_string(), "https://a.test/e?f");
  EXPECT_EQ(base.resolve("//z.test").to_string(), "https://z.test/");
  EXPECT_EQ(base.resolve("../../../x").to_string(), "https://a.test/x");
  EXPECT_EQ(base.resolve("http://a.test/").tls, false);
  EXPECT_EQ(request_code_of([&] { base.resolve("https://a.test/ b"); }), "http.url");
  EXPECT_EQ(request_code_of([&] { base.resolve("gopher://a.test/"); }), "http.url");
}

TEST(Request, IsWrittenWithTheClientsOwnFields) {
  const Url url = Url::parse("https://a.test:8443/x?y");
  EXPECT_EQ(request_octets({.url = "", .fields = {{"Accept", "text/plain"}}}, url, "Posthouse"),
            "GET /x?y HTTP/1.1\r\nHost: a.test:8443\r\nUser-Agent: Posthouse\r\nAccept: text/plain\r\n"
            "Accept-Encoding: identity\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(request_octets({.method = Request::Method::post, .url = "", .body = "a=1", .content_type = "x/y"}, url, ""),
            "POST /x?y HTTP/1.1\r\nHost: a.test:8443\r\nAccept-Encoding: identity\r\nConnection: close\r\n"
            "Content-Type: x/y\r\nContent-Length: 3\r\n\r\na=1");
}

TEST(Request, NothingIsSmuggledIn) {
  const Url url = Url::parse("https://a.test/");
  const Fields hostile[] = {{{"A", "b\r\nC: d"}},
                            {{"A\r\nB", "c"}},
                            {{"", "a"}},
                            {{"A", std::string("b\0c", 3)}},
                            {{"A b", "c"}},
                            {{"A:", "c"}},
                            {{"content-LENGTH", "3"}},
                            {{"Host", "b.test"}},
                            {{"Transfer-Encoding", "chunked"}}};
  for (const Fields& fields : hostile) {
    EXPECT_EQ(request_code_of([&] { request_octets({.fields = fields}, url, "P"); }), "http.request")
        << fields.begin()->first;
  }
  EXPECT_EQ(request_code_of([&] { request_octets({.body = "x"}, url, "P"); }), "http.request");
  EXPECT_EQ(request_code_of([&] { request_octets({}, url, "P\nX: y"); }), "http.request");
  EXPECT_EQ(request_code_of(
                [&] { request_octets({.method = Request::Method::post, .content_type = "a/b\r\nX: y"}, url, "P"); }),
            "http.request");
}

}  // namespace
}  // namespace posthouse::http
