#include "posthouse/milter/client/endpoint.h"

#include <gtest/gtest.h>

#include "posthouse/milter/error.h"

namespace posthouse::milter {
namespace {

TEST(Endpoints, Spellings) {
  const auto read = [](const char* text) { return Endpoint::parse(text).to_string(); };
  EXPECT_EQ(read("inet:11332@localhost"), "inet:11332@localhost");
  EXPECT_EQ(read("INET:11332"), "inet:11332@localhost");
  EXPECT_EQ(read("inet:localhost:11332"), "inet:11332@localhost");
  EXPECT_EQ(read("inet:[::1]:11332"), "inet:11332@::1");
  EXPECT_EQ(read("inet6:8891@[::1]"), "inet6:8891@::1");
  EXPECT_EQ(read("inet6:8891@::1"), "inet6:8891@::1");
  EXPECT_EQ(read("unix:/run/a.sock"), "unix:/run/a.sock");
  EXPECT_EQ(read("local:/run/a:b"), "unix:/run/a:b");
  EXPECT_EQ(read("/run/a.sock"), "unix:/run/a.sock");
}

TEST(Endpoints, NonsenseIsRefused) {
  for (const char* text : {"", "inet:", "inet:0@localhost", "inet:70000@localhost", "inet:25@", "inet:x@localhost",
                           "unix:a", "unix:", "tcp:25@localhost", "localhost"}) {
    EXPECT_THROW((void)Endpoint::parse(text), Error) << text;
  }
  EXPECT_THROW((void)Endpoint::parse("/" + std::string(107, 'a')), Error);
}

TEST(Endpoints, ARefusedConnectionIsTold) {
  EXPECT_THROW((void)connect(Endpoint::parse("unix:/nowhere/at/all")), net::Error);
}

}  // namespace
}  // namespace posthouse::milter
