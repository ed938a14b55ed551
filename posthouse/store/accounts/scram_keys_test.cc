// What SCRAM keeps of passwords, on each engine.
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "posthouse/store/accounts/accounts.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

class ScramKeysTest : public OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    if (IsSkipped()) {
      return;
    }
    store = Store::open(options());
    accounts().add_domain("one.test");
  }
  Accounts& accounts() { return store->accounts(); }

  std::shared_ptr<Store> store;
};

POSTHOUSE_ON_EACH_ENGINE(ScramKeysTest);

sasl::ScramKeys keys_of(const std::string& password, const sasl::ScramKeys& like, sasl::ScramHash hash) {
  return sasl::make_scram_keys(hash, password, like.salt, like.iterations);
}

TEST_P(ScramKeysTest, ComeWithThePassword) {
  using sasl::ScramHash;
  accounts().keep_scram_keys(true);
  accounts().add_account("ann@one.test", "correct horse");
  const auto proven = [&](const char* name, const std::string& password, ScramHash hash = ScramHash::sha256) {
    const sasl::ScramKeys keys = accounts().scram_keys(name, hash);
    const bool fit = keys_of(password, keys, hash).stored_key == keys.stored_key;
    const auto account = accounts().account_of_keys(name, hash, keys.stored_key);
    EXPECT_EQ(fit, account.has_value()) << name << ' ' << password;
    return fit && account && accounts().is_current(account->id, account->password_stamp);
  };
  EXPECT_TRUE(proven("Ann@One.test", "correct horse"));
  EXPECT_TRUE(proven("ann@one.test", "correct horse", ScramHash::sha1));
  const std::string old_key = accounts().scram_keys("ann@one.test", ScramHash::sha256).stored_key;
  EXPECT_FALSE(accounts().authenticate("ann@one.test", "correct horse")->wants_scram_keys);
  accounts().set_password("ann@one.test", "battery staple");
  EXPECT_FALSE(accounts().account_of_keys("ann@one.test", ScramHash::sha256, old_key)) << "at once";
  EXPECT_TRUE(proven("ann@one.test", "battery staple"));
  EXPECT_TRUE(proven("ann@one.test", "battery staple", ScramHash::sha1));
  accounts().set_enabled("ann@one.test", false);
  const sasl::ScramKeys denied = accounts().scram_keys("ann@one.test", ScramHash::sha256);
  EXPECT_NE(keys_of("battery staple", denied, ScramHash::sha256).stored_key, denied.stored_key) << "disabled";
  EXPECT_FALSE(accounts().account_of_keys("ann@one.test", ScramHash::sha256, denied.stored_key));
  accounts().set_enabled("ann@one.test", true);
  connect().exec("UPDATE account SET password_hash = 'another'");
  EXPECT_FALSE(accounts().account_of_keys("ann@one.test", ScramHash::sha256,
                                          keys_of("battery staple", denied, ScramHash::sha256).stored_key))
      << "by whoever knows nothing of keys";
  accounts().remove_account("ann@one.test");
  EXPECT_EQ(connect().query_one<int>("SELECT count(*) FROM scram_key"), 0);
}

TEST_P(ScramKeysTest, NobodyLearnsFromSaltsWhichAccountsExist) {
  using sasl::ScramHash;
  accounts().keep_scram_keys(true);
  const sasl::ScramKeys before = accounts().scram_keys("ann@one.test", ScramHash::sha256);
  EXPECT_EQ(before.salt.size(), 16U);
  EXPECT_EQ(before.salt, accounts().scram_keys("ANN@one.test", ScramHash::sha256).salt) << "one account, one salt";
  EXPECT_NE(before.salt, accounts().scram_keys("bob@one.test", ScramHash::sha256).salt);
  EXPECT_NE(before.salt, accounts().scram_keys("ann@one.test", ScramHash::sha1).salt);
  EXPECT_EQ(accounts().scram_keys("no address", ScramHash::sha1).salt,
            accounts().scram_keys("NO address", ScramHash::sha1).salt);
  accounts().add_account("ann@one.test", "correct horse");
  const sasl::ScramKeys with = accounts().scram_keys("ann@one.test", ScramHash::sha256);
  EXPECT_EQ(before.salt, with.salt) << "now there is such an account";
  EXPECT_EQ(before.iterations, with.iterations);
  EXPECT_NE(before.stored_key, with.stored_key);
  EXPECT_EQ(before.stored_key.size(), with.stored_key.size());
  accounts().set_password("ann@one.test", "battery staple");
  EXPECT_EQ(before.salt, accounts().scram_keys("ann@one.test", ScramHash::sha256).salt);
  store.reset();
  store = Store::open(options());
  EXPECT_EQ(before.salt, accounts().scram_keys("ann@one.test", ScramHash::sha256).salt) << "after a restart";
}

TEST_P(ScramKeysTest, OlderAccountsGetThemAtTheNextLogIn) {
  using sasl::ScramHash;
  accounts().add_account("ann@one.test", "correct horse");
  accounts().add_account("bob@one.test", "two\tcolumns");
  const auto rows = [&] { return connect().query_one<int>("SELECT count(*) FROM scram_key"); };
  EXPECT_FALSE(accounts().authenticate("ann@one.test", "correct horse")->wants_scram_keys) << "nobody wants any";
  EXPECT_EQ(rows(), 0);
  accounts().keep_scram_keys(true);
  const Account ann = accounts().authenticate("ann@one.test", "correct horse").value();
  ASSERT_TRUE(ann.wants_scram_keys);
  accounts().set_password("ann@one.test", "correct horse");
  EXPECT_EQ(rows(), 2);
  const std::string key = accounts().scram_keys("ann@one.test", ScramHash::sha256).stored_key;
  accounts().make_scram_keys(ann, "an older one");
  EXPECT_EQ(accounts().scram_keys("ann@one.test", ScramHash::sha256).stored_key, key) << "its password is another now";
  connect().exec("DELETE FROM scram_key");
  accounts().make_scram_keys(accounts().authenticate("ann@one.test", "correct horse").value(), "correct horse");
  EXPECT_EQ(accounts().scram_keys("ann@one.test", ScramHash::sha256).stored_key, key);
  accounts().make_scram_keys(accounts().authenticate("bob@one.test", "two\tcolumns").value(), "two\tcolumns");
  EXPECT_EQ(rows(), 2) << "SCRAM cannot carry bob's";
  accounts().keep_scram_keys(false);
  EXPECT_EQ(rows(), 0);
  accounts().set_password("ann@one.test", "correct horse");
  EXPECT_EQ(rows(), 0);
}

}  // namespace
}  // namespace posthouse::store
