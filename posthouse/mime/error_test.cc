#include "posthouse/mime/error.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "posthouse/mime/compose/message_builder.h"

namespace posthouse::mime {
namespace {

TEST(Error, SaysItsKindAndWhatItIsAbout) {
  const Error error(Errc::file, "cannot read /x: no such file", "/x", ENOENT);
  EXPECT_EQ(error.errc(), Errc::file);
  EXPECT_EQ(error.code(), "mime.file");
  EXPECT_EQ(error.statement(), "/x");
  EXPECT_EQ(error.system_errno(), ENOENT);
  EXPECT_FALSE(error.retryable());
}

TEST(Error, TheSameMaySucceedLaterWhereTheSystemLacksSomething) {
  EXPECT_TRUE(Error(Errc::locked, "locked").retryable());
  for (const int lacking : {EAGAIN, EDQUOT, EMFILE, ENFILE, ENOMEM, ENOSPC}) {
    EXPECT_TRUE(Error(Errc::file, "x", "/x", lacking).retryable()) << lacking;
  }
  for (const int refused : {0, EACCES, EISDIR, ENOENT, EROFS}) {
    EXPECT_FALSE(Error(Errc::file, "x", "/x", refused).retryable()) << refused;
  }
  EXPECT_FALSE(Error(Errc::address, "x").retryable());
}

TEST(Error, EachKindHasANameOfItsOwn) {
  EXPECT_EQ(to_string(Errc::header_injection), "header_injection");
  for (int a = 0; a <= static_cast<int>(Errc::report); ++a) {
    for (int b = 0; b < a; ++b) {
      EXPECT_NE(to_string(static_cast<Errc>(a)), to_string(static_cast<Errc>(b)));
    }
  }
}

TEST(Error, ABuilderRefusesWithItsKind) {
  try {
    MessageBuilder().to("nobody");
    FAIL() << "no address";
  } catch (const Error& error) {
    EXPECT_EQ(error.errc(), Errc::address);
    EXPECT_EQ(error.code(), "mime.address");
  }
}

TEST(Error, IsCaughtAsAnErrorOfTheHouse) {
  EXPECT_THROW(MessageBuilder().build(), posthouse::Error);
}

}  // namespace
}  // namespace posthouse::mime
