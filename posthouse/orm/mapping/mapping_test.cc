// What describe() says: keys, types, versions, mistakes.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/orm/orm_testing.h"

namespace posthouse::orm {
namespace {

using ::testing::HasSubstr;

class OrmMapping : public Orm {};
INSTANTIATE_TEST_SUITE_P(, OrmMapping, testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(OrmMapping, CompositeKeysTypesAndVersions) {
  const auto opened = std::chrono::sys_days(std::chrono::year(2026) / 11 / 26) + std::chrono::microseconds(1);
  {
    Session session(engine());
    session.add(Account{.owner = "Ann", .number = 1, .balance = {"12.5"}, .opened = opened});
    session.add(Account{.owner = "Ann", .number = 2});
    session.commit();
  }
  Session one(engine());
  auto account = one.get<Account>("Ann", 1);
  ASSERT_NE(account, nullptr);
  EXPECT_EQ(account->opened, opened);
  EXPECT_EQ(std::stod(account->balance.digits), 12.5);
  one.commit();
  {
    Session two(engine());
    two.get<Account>("Ann", 1)->balance.digits = "100";
    two.commit();
  }
  account->balance.digits = "200";
  std::string what;
  EXPECT_EQ(sql::errc_thrown([&] { one.commit(); }, &what), sql::Errc::busy);
  EXPECT_THAT(what, HasSubstr("somebody else has changed"));
  one.rollback();
  account = one.get<Account>("Ann", 1);
  EXPECT_EQ(std::stod(account->balance.digits), 100);
  EXPECT_EQ(account->version, 1);
  account->balance.digits = "200";
  one.refresh(account);
  EXPECT_EQ(std::stod(account->balance.digits), 100);
}

TEST_P(OrmMapping, WhatIsThereStays) {
  fill();
  engine().create_all<Book, User, School, Account>();
  EXPECT_EQ(Session(engine()).query<User>().count(), 2);
}

TEST(OrmDescriptions, MistakesAreSaid) {
  struct NoKey {
    int x = 0;
  };
  detail::Entity entity;
  Mapping<NoKey> mapping(entity);
  mapping.table("no_key");
  mapping.column("x", &NoKey::x);
  std::string what;
  EXPECT_EQ(sql::errc_thrown([&] { detail::complete(entity); }, &what), sql::Errc::usage);
  EXPECT_THAT(what, HasSubstr("has no primary_key()"));
}

}  // namespace
}  // namespace posthouse::orm
