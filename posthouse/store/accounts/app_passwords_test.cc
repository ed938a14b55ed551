#include "posthouse/store/accounts/app_passwords.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/base/text.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::MatchesRegex;

class AppPasswordsTest : public StoreOnEachEngine {
 protected:
  void prepare() override {
    store->accounts().add_account("eve@one.test", "correct horse");
    store->accounts().add_account("bob@one.test", "correct horse");
  }
  std::string add(const std::string& name, AppRights rights = AppRights::all,
                  const std::string& whom = "eve@one.test") {
    return store->write([&](Write& write) { return add_app_password(write, whom, name, rights); });
  }
  bool remove(const std::string& name) {
    return store->write([&](Write& write) { return remove_app_password(write, "eve@one.test", name); });
  }
  std::optional<Account> log_in(const std::string& password, const std::string& whom = "eve@one.test") {
    return store->accounts().authenticate(whom, password);
  }
};

POSTHOUSE_ON_EACH_ENGINE(AppPasswordsTest);

TEST_P(AppPasswordsTest, EachIsGoodForItsAccount) {
  const std::string phone = add("Phone");
  const std::string printer = add("printer", AppRights::send);
  const std::string reader = add("reader", AppRights::read);
  EXPECT_THAT(phone, MatchesRegex("[a-z2-9]{6}-[a-z2-9]{6}-[a-z2-9]{6}-[a-z2-9]{6}"));
  EXPECT_NE(phone, printer);
  const auto account = log_in(phone);
  ASSERT_TRUE(account && account->app_password);
  EXPECT_EQ(account->address, "eve@one.test");
  EXPECT_EQ(account->app_password->name, "Phone");
  EXPECT_TRUE(account->app_password->may_send && account->app_password->may_read);
  EXPECT_TRUE(log_in(to_upper(phone))) << "as it is typed";
  EXPECT_FALSE(log_in(printer)->app_password->may_read);
  EXPECT_FALSE(log_in(reader)->app_password->may_send);
  EXPECT_FALSE(log_in(phone, "bob@one.test"));
  EXPECT_FALSE(log_in(phone.substr(1)));
  EXPECT_FALSE(log_in("aaaaaa-aaaaaa-aaaaaa-aaaaaa"));
  ASSERT_TRUE(log_in("correct horse"));
  EXPECT_FALSE(log_in("correct horse")->app_password);
  store->accounts().set_enabled("eve@one.test", false);
  EXPECT_FALSE(log_in(phone));
}

TEST_P(AppPasswordsTest, OneIsTakenBackAndTheOthersStay) {
  const std::string phone = add("phone");
  const auto by_phone = log_in(phone);
  const auto by_other = log_in(add("other"));
  const auto by_own = log_in("correct horse");
  const auto current = [&](const std::optional<Account>& who) {
    return store->accounts().is_current(who->id, who->password_stamp);
  };
  EXPECT_TRUE(current(by_phone) && current(by_other) && current(by_own));
  EXPECT_TRUE(remove("phone"));
  EXPECT_FALSE(remove("phone"));
  EXPECT_FALSE(log_in(phone));
  EXPECT_FALSE(current(by_phone));
  EXPECT_TRUE(current(by_other) && current(by_own));
  store->accounts().set_password("eve@one.test", "another horse");
  EXPECT_TRUE(current(by_other)) << "programs go on";
  EXPECT_FALSE(current(by_own));
  store->accounts().set_enabled("eve@one.test", false);
  EXPECT_FALSE(current(by_other));
  store->accounts().remove_account("eve@one.test");
  EXPECT_FALSE(current(by_other));
}

TEST_P(AppPasswordsTest, TheirNamesAndLastUses) {
  add("b", AppRights::read);
  add("a");
  EXPECT_EQ(error_of([&] { add("a"); }), "store.exists");
  EXPECT_EQ(error_of([&] { add("  "); }), "store.invalid_name");
  EXPECT_EQ(error_of([&] { add("x\ny"); }), "store.invalid_name");
  EXPECT_EQ(error_of([&] { add(std::string(61, 'x')); }), "store.invalid_name");
  EXPECT_EQ(error_of([&] { add("c", AppRights::all, "nobody@one.test"); }), "store.no_such_account");
  const auto all = [&] { return store->read([](Read& read) { return app_passwords(read, "eve@one.test"); }); };
  ASSERT_EQ(all().size(), 2U);
  EXPECT_EQ(all()[0].name, "a");
  EXPECT_EQ(all()[1].rights, AppRights::read);
  EXPECT_FALSE(all()[0].used_at);
  const Moment at(std::chrono::microseconds(1'700'000'000'000'000));
  const AppPasswordUse uses[] = {{all()[0].id, "imap", "192.0.2.7", at}, {999, "imap", "192.0.2.7", at}};
  store->write([&](Write& write) { write_app_password_uses(write, uses); });
  EXPECT_EQ(all()[0].used_at, at);
  EXPECT_EQ(all()[0].used_protocol, "imap");
  EXPECT_EQ(all()[0].used_peer, "192.0.2.7");
  EXPECT_FALSE(all()[1].used_at);
  for (std::size_t i = 2; i < most_app_passwords; ++i) {
    add("n" + std::to_string(i));
  }
  EXPECT_EQ(error_of([&] { add("one more"); }), "store.too_many");
}

}  // namespace
}  // namespace posthouse::store
