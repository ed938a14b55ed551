#include "posthouse/fiber/error.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace posthouse::fiber {
namespace {

std::string said(int system_errno) {
  return Error::from_errno(system_errno, "cannot read").what();
}

TEST(Error, EndsWithTheSystemsWords) {
  EXPECT_EQ(said(ECONNRESET), "cannot read: connection reset by peer");
  EXPECT_EQ(said(EDOTDOT), "cannot read: RFS specific error");  // an abbreviation stays what it is
  EXPECT_EQ(said(100'000), "cannot read: unknown error 100000");
}

TEST(Error, KnowsItsKindByTheSystemsNumber) {
  const Error reset = Error::from_errno(ECONNRESET, "cannot read");
  EXPECT_EQ(reset.errc(), Errc::reset);
  EXPECT_EQ(reset.system_errno(), ECONNRESET);
  EXPECT_EQ(reset.code(), "net.reset");
  EXPECT_TRUE(reset.retryable());
  EXPECT_FALSE(reset.connection_usable());
  EXPECT_EQ(Error::from_errno(100'000, "cannot read").errc(), Errc::system);
}

}  // namespace
}  // namespace posthouse::fiber
