#include "posthouse/store/accounts/accounts.h"

#include <chrono>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/store/accounts/passwords.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Status = Resolution::Status;

TEST(Addresses, Normal) {
  const std::pair<const char*, const char*> same[] = {
      {"Ann@One.Test", "ann@one.test"},
      {"ann@one.test.", "ann@one.test"},
      {"\"ann\"@one.test", "ann@one.test"},
      {"\"a\\nn\"@one.test", "ann@one.test"},
      {"\"Ann Lee\"@one.test", "\"ann lee\"@one.test"},
      {"\"a@b\"@one.test", "\"a@b\"@one.test"},
      {"\"a\\\"b\"@one.test", "\"a\\\"b\"@one.test"},
      {"ann+tag=x@one.test", "ann+tag=x@one.test"},
      {"\xe9\xa9\xbf@\xe9\xa9\xbf.test", "\xe9\xa9\xbf@\xe9\xa9\xbf.test"},
      {"root@localhost", "root@localhost"},
      {"a@1-2.3", "a@1-2.3"},
  };
  for (const auto& [text, normal] : same) {
    EXPECT_EQ(normalize_address(text), normal) << text;
  }
}

TEST(Addresses, Refused) {
  const std::vector<std::string> bad = {"",
                                        "ann",
                                        "@one.test",
                                        "ann@",
                                        "ann@one..test",
                                        "ann@-one.test",
                                        "ann@one_two.test",
                                        ".ann@one.test",
                                        "ann.@one.test",
                                        "a..n@one.test",
                                        "a n@one.test",
                                        "<ann@one.test>",
                                        "ann@one.test ",
                                        "ann@[127.0.0.1]",
                                        "\"ann@one.test",
                                        "\"a\"b\"@one.test",
                                        "\"a\\\"@one.test",
                                        "\"a\r\nb\"@one.test",
                                        "a\xff@one.test",
                                        "\xc0\x80@one.test",
                                        "\xed\xa0\x80@one.test",
                                        "a@" + std::string(64, 'x') + ".test",
                                        std::string(65, 'x') + "@one.test",
                                        std::string("a\0b@one.test", 12)};
  for (const std::string& text : bad) {
    EXPECT_EQ(normalize_address(text), std::nullopt) << text;
  }
  EXPECT_EQ(normalize_domain("One.Test."), "one.test");
  EXPECT_EQ(normalize_domain("one.test.."), std::nullopt);
}

class AccountsTest : public OnEachEngine {
 protected:
  std::shared_ptr<Store> store;

  void SetUp() override {
    OnEachEngine::SetUp();
    if (IsSkipped()) {
      return;
    }
    store = Store::open(options());
    accounts().add_domain("One.Test");
  }
  Accounts& accounts() { return store->accounts(); }
  /// "status: account… remote…"
  std::string resolve(const std::string& address) {
    const Resolution resolution = accounts().resolve(address);
    std::string text;
    switch (resolution.status) {
      case Status::ok:
        break;
      case Status::no_such_domain:
        return "no domain";
      case Status::no_such_user:
        return "no user";
      case Status::disabled:
        return "disabled";
      case Status::loop:
        return "loop";
    }
    for (const LocalRecipient& recipient : resolution.local) {
      EXPECT_NE(recipient.inbox, 0);
      text += recipient.address + ' ';
    }
    for (const std::string& remote : resolution.remote) {
      text += "-> " + remote + ' ';
    }
    return text;
  }
};

POSTHOUSE_ON_EACH_ENGINE(AccountsTest);

TEST_P(AccountsTest, Domains) {
  EXPECT_TRUE(accounts().has_domain("ONE.test"));
  EXPECT_FALSE(accounts().has_domain("two.test"));
  EXPECT_EQ(error_of([&] { accounts().add_domain("one.TEST"); }), "store.exists");
  EXPECT_EQ(error_of([&] { accounts().add_domain("one test"); }), "store.invalid_name");
  accounts().add_domain("two.test");
  EXPECT_EQ(accounts().domains().size(), 2U);
  EXPECT_EQ(accounts().domains().front().name, "one.test");
  accounts().add_account("a@one.test", "password");
  EXPECT_EQ(error_of([&] { accounts().remove_domain("one.test"); }), "store.not_empty");
  accounts().remove_account("a@one.test");
  accounts().remove_domain("one.test");
  EXPECT_EQ(error_of([&] { accounts().remove_domain("one.test"); }), "store.no_such_domain");
  EXPECT_EQ(resolve("a@one.test"), "no domain");
}

TEST_P(AccountsTest, ADomainHasTwoSpellings) {
  const Domain domain = accounts().add_domain("B\u00DCCHER.test");
  EXPECT_EQ(domain.name, "b\u00FCcher.test");
  EXPECT_EQ(error_of([&] { accounts().add_domain("xn--bcher-kva.test"); }), "store.exists");
  EXPECT_TRUE(accounts().has_domain("XN--BCHER-KVA.test"));
  accounts().add_account("ann@xn--bcher-kva.test", "correct horse");
  EXPECT_EQ(error_of([&] { accounts().add_alias("ann@b\u00FCcher.test", {"bob@one.test"}); }), "store.exists");
  accounts().add_alias("info@b\u00FCcher.test", {"ann@xn--bcher-kva.test", "hong@xn--fsqu00a.test"});
  for (const std::string spelling :
       {"b\u00FCcher.test", "B\u00DCCHER.Test", "xn--bcher-kva.test", "Xn--Bcher-Kva.test"}) {
    EXPECT_EQ(accounts().find_account("Ann@" + spelling)->address, "ann@b\u00FCcher.test");
    EXPECT_TRUE(accounts().authenticate("ann@" + spelling, "correct horse"));
    EXPECT_EQ(resolve("ann@" + spelling), "ann@b\u00FCcher.test ");
    EXPECT_EQ(resolve("info@" + spelling), "ann@b\u00FCcher.test -> hong@xn--fsqu00a.test ");
    EXPECT_EQ(resolve("postmaster@" + spelling), "ann@b\u00FCcher.test ");
    EXPECT_EQ(accounts().accounts(spelling).size(), 1U);
    EXPECT_EQ(accounts().aliases(spelling).front().address, "info@b\u00FCcher.test");
  }
  EXPECT_THAT(accounts().aliases("b\u00FCcher.test").front().targets,
              ElementsAre("ann@b\u00FCcher.test", "hong@\u4F8B\u5B50.test"));
  const std::string stored = store->read([](Read& read) {
    return own_tables(read).query_one<std::string>("SELECT name FROM domain WHERE name <> 'one.test'");
  });
  EXPECT_EQ(stored, "xn--bcher-kva.test");
  accounts().remove_alias("info@xn--bcher-kva.test");
  accounts().remove_account("ann@xn--bcher-kva.test");
  accounts().remove_domain("xn--bcher-kva.test");
  EXPECT_FALSE(accounts().has_domain("b\u00FCcher.test"));
}

// Posthouse 0.1 kept the spelling it was given, and took the other one for another domain.
TEST_P(AccountsTest, OldRowsAreFoundInEitherSpelling) {
  accounts().add_domain("b\u00FCcher.test");
  accounts().add_account("ann@b\u00FCcher.test", "correct horse");
  accounts().add_alias("list@one.test", {"ann@b\u00FCcher.test"});
  store->write([](Write& write) {
    sql::Connection& db = own_tables(write);
    db.exec("UPDATE domain SET name = ? WHERE name = ?", "b\u00FCcher.test", "xn--bcher-kva.test");
    db.exec("UPDATE alias_target SET address = ?", "ann@b\u00FCcher.test");
    db.exec("INSERT INTO domain (name, created_at) VALUES (?, 0)", "xn--bcher-kva.test");
    // The way round it that people may have found: an alias from the one spelling to the other.
    db.exec("INSERT INTO alias (domain_id, local_part, created_at) SELECT id, 'ann', 0 FROM domain WHERE name = ?",
            "xn--bcher-kva.test");
    db.exec(
        "INSERT INTO alias_target (alias_id, position, address) SELECT id, 0, ? FROM alias WHERE local_part = 'ann'",
        "ann@b\u00FCcher.test");
  });
  for (const std::string spelling : {"b\u00FCcher.test", "xn--bcher-kva.test"}) {
    EXPECT_EQ(resolve("ann@" + spelling), "ann@b\u00FCcher.test ");
    EXPECT_TRUE(accounts().authenticate("ann@" + spelling, "correct horse"));
    EXPECT_EQ(accounts().accounts(spelling).size(), 1U);
    EXPECT_EQ(error_of([&] { accounts().add_domain(spelling); }), "store.exists");
    EXPECT_EQ(error_of([&] { accounts().add_account("ann@" + spelling, "x"); }), "store.exists");
  }
  EXPECT_EQ(resolve("list@one.test"), "ann@b\u00FCcher.test ");
  accounts().remove_alias("ann@xn--bcher-kva.test");
  accounts().remove_account("ann@xn--bcher-kva.test");
  accounts().remove_domain("b\u00FCcher.test");
  EXPECT_FALSE(accounts().has_domain("xn--bcher-kva.test"));
}

TEST_P(AccountsTest, AddingAndFinding) {
  const Account ann = accounts().add_account("Ann@ONE.test", "correct horse");
  EXPECT_EQ(ann.address, "ann@one.test");
  EXPECT_EQ(accounts().find_account("ANN@one.test")->id, ann.id);
  EXPECT_EQ(accounts().find_account("ann@one.test")->inbox, ann.inbox);
  EXPECT_FALSE(accounts().find_account("bob@one.test").has_value());
  EXPECT_EQ(error_of([&] { accounts().add_account("ann@one.test", "x"); }), "store.exists");
  EXPECT_EQ(error_of([&] { accounts().add_account("ann@two.test", "x"); }), "store.no_such_domain");
  EXPECT_EQ(error_of([&] { accounts().add_account("no address", "x"); }), "store.invalid_name");
  EXPECT_EQ(error_of([&] { accounts().add_account("bob@one.test", ""); }), "store.invalid_name");
  EXPECT_EQ(error_of([&] { accounts().add_account("bob@one.test", std::string(1025, 'x')); }), "store.invalid_name");
  EXPECT_EQ(error_of([&] { accounts().add_account("bob@one.test", "two\nlines"); }), "store.invalid_name");
  const auto mailbox = store->read([&](Read& read) { return inbox(read, ann.id); });
  EXPECT_EQ(mailbox.id, ann.inbox);
  EXPECT_EQ(mailbox.uidnext, 1U);
  EXPECT_GT(mailbox.uidvalidity, 1'500'000'000U);
  try {
    accounts().add_account("ann@three.test", "x");
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "no such domain: three.test; add it with: posthouse domain add three.test");
  }
}

TEST_P(AccountsTest, Authentication) {
  accounts().add_account("ann@one.test", "correct horse");
  EXPECT_EQ(accounts().authenticate("ANN@one.test", "correct horse")->address, "ann@one.test");
  EXPECT_TRUE(accounts().authenticate("ann@one.test", "correct horse")) << "remembered";
  EXPECT_FALSE(accounts().authenticate("ann@one.test", "wrong horse"));
  EXPECT_FALSE(accounts().authenticate("ann@one.test", ""));
  EXPECT_FALSE(accounts().authenticate("ann@one.test", std::string("correct horse\0x", 15)));
  EXPECT_FALSE(accounts().authenticate("ann@one.test", std::string(100'000, 'x')));
  EXPECT_FALSE(accounts().authenticate("bob@one.test", "correct horse"));
  EXPECT_FALSE(accounts().authenticate("nonsense", "correct horse"));
  accounts().set_password("ann@one.test", "battery staple");
  EXPECT_FALSE(accounts().authenticate("ann@one.test", "correct horse")) << "at once, remembered or not";
  EXPECT_TRUE(accounts().authenticate("ann@one.test", "battery staple"));
  accounts().set_enabled("ann@one.test", false);
  EXPECT_FALSE(accounts().authenticate("ann@one.test", "battery staple"));
  EXPECT_EQ(resolve("ann@one.test"), "disabled");
  accounts().set_enabled("ann@one.test", true);
  EXPECT_TRUE(accounts().authenticate("ann@one.test", "battery staple"));
  EXPECT_EQ(error_of([&] { accounts().set_password("bob@one.test", "x"); }), "store.no_such_account");
  EXPECT_EQ(error_of([&] { accounts().set_enabled("bob@one.test", true); }), "store.no_such_account");
}

TEST_P(AccountsTest, OnlyWhatIsRememberedAsRightIsNotHashed) {
  accounts().add_account("ann@one.test", "correct horse");
  int hashed = 0;
  const Claimant claimant{.from = "192.0.2.1", .before_hashing = [&] { ++hashed; }};
  const auto try_with = [&](const char* address, const char* password) {
    hashed = 0;
    return accounts().authenticate(address, password, claimant).has_value();
  };
  EXPECT_TRUE(try_with("ann@one.test", "correct horse"));
  EXPECT_EQ(hashed, 1);
  EXPECT_TRUE(try_with("ann@one.test", "correct horse"));
  EXPECT_EQ(hashed, 0);
  accounts().set_enabled("ann@one.test", false);
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(try_with("ann@one.test", "correct horse"));
    EXPECT_EQ(hashed, 1) << "a disabled account, right password, time " << i;
    EXPECT_FALSE(try_with("ann@one.test", "wrong"));
    EXPECT_EQ(hashed, 1);
    EXPECT_FALSE(try_with("nobody@one.test", "correct horse"));
    EXPECT_EQ(hashed, 1);
    EXPECT_FALSE(try_with("no address", "correct horse"));
    EXPECT_EQ(hashed, 1);
  }
}

TEST_P(AccountsTest, AChangedAccountIsNotCurrent) {
  accounts().add_account("ann@one.test", "correct horse");
  const Account ann = accounts().authenticate("ann@one.test", "correct horse").value();
  EXPECT_TRUE(accounts().is_current(ann.id, ann.password_stamp));
  connect().exec("UPDATE account SET password_hash = 'another' WHERE id = ?", ann.id);
  EXPECT_FALSE(accounts().is_current(ann.id, ann.password_stamp)) << "by another process";
  EXPECT_FALSE(accounts().is_current(ann.id + 1, ann.password_stamp));
}

TEST_P(AccountsTest, ThePostmasterOfAHostIsThatOfItsDomain) {
  const auto postmaster = [&](const char* hostname) {
    const Resolution resolution = accounts().resolve_postmaster(hostname);
    return resolution.local.empty() ? "" : resolution.local.front().address;
  };
  EXPECT_EQ(postmaster("mail.one.test"), "");
  accounts().add_account("ann@one.test", "password");
  accounts().add_domain("a.test");
  accounts().add_domain("zwei.test");
  accounts().add_account("zoe@zwei.test", "password");
  EXPECT_EQ(postmaster("mail.one.test"), "ann@one.test");
  EXPECT_EQ(postmaster("MX.ZWEI.Test"), "zoe@zwei.test");
  EXPECT_EQ(postmaster("elsewhere.example"), "ann@one.test") << "the first one that has an account";
  EXPECT_EQ(postmaster("not a host"), "ann@one.test");
  accounts().set_enabled("ann@one.test", false);
  EXPECT_EQ(postmaster("mail.one.test"), "");
}

TEST_P(AccountsTest, AuthenticationInManyFibers) {
  accounts().add_account("ann@one.test", "correct horse");
  fiber::run([&] {
    fiber::Scope scope;
    int right = 0;
    for (int i = 0; i < 8; ++i) {
      scope.spawn([&, i] {
        if (accounts().authenticate("ann@one.test", i % 2 == 0 ? "correct horse" : "wrong")) {
          ++right;
        }
      });
    }
    scope.join();
    EXPECT_EQ(right, 4);
  });
}

TEST(PasswordsTest, HashesAreArgon2idAndSalted) {
  const std::string hash = Passwords::hash("secret");
  EXPECT_THAT(hash, HasSubstr("$argon2id$v=19$m=19456,t=2,p=1$"));
  EXPECT_NE(Passwords::hash("secret"), hash);
  Passwords passwords(1);
  EXPECT_TRUE(passwords.verify(hash, "secret"));
  EXPECT_FALSE(passwords.verify(hash, "Secret"));
  EXPECT_FALSE(passwords.verify("not a hash", "secret"));
}

TEST(PasswordsTest, AfterAStopNothingIsHashed) {
  Passwords passwords(1);
  const std::string hash = Passwords::hash("secret");
  const Claimant half_closed{.from = "192.0.2.1", .left = [] { return true; }};
  EXPECT_TRUE(passwords.verify(hash, "secret", "ann", half_closed)) << "it did not have to wait";
  passwords.stop();
  EXPECT_EQ(error_of([&] { passwords.verify(hash, "wrong"); }), "store.stopped");
  EXPECT_TRUE(passwords.verify(hash, "secret"));
}

/// The processor time of this program that `f` takes: what was hashed shows nowhere else. Compared with wide margins.
template <class F>
double cpu(F&& f) {
  const std::clock_t start = std::clock();
  f();
  return static_cast<double>(std::clock() - start);
}

// A client opens many sessions at once.
TEST(PasswordsTest, OfEqualLogInsThatWaitOneIsHashed) {
  Passwords passwords(1);
  const std::string hash = Passwords::hash("secret");
  const double one = cpu([&] { EXPECT_FALSE(passwords.verify(hash, "wrong")); });
  const double twenty = cpu([&] {
    std::vector<std::thread> sessions;
    for (int i = 0; i < 20; ++i) {
      sessions.emplace_back([&] { EXPECT_TRUE(passwords.verify(hash, "secret")); });
    }
    for (std::thread& session : sessions) {
      session.join();
    }
  });
  EXPECT_LT(twenty, 10 * one);
}

TEST(PasswordsTest, AnUnknownUserCostsAsMuchAsAWrongPassword) {
  // The stand-in has to be a hash that libsodium takes seriously: a malformed one is refused in no time, a thousandth.
  Passwords passwords(1);
  const std::string hash = Passwords::hash("secret");
  const double wrong = cpu([&] { EXPECT_FALSE(passwords.verify(hash, "wrong")); });
  const double unknown = cpu([&] { EXPECT_FALSE(passwords.verify("", "wrong")); });
  EXPECT_GT(unknown, wrong / 10);
}

TEST_P(AccountsTest, RemovingAnAccountRemovesItsMail) {
  const Account ann = accounts().add_account("ann@one.test", "correct horse");
  const Account bob = accounts().add_account("bob@one.test", "correct horse");
  const MessageId both = deliver(*store, {ann.inbox, bob.inbox}, std::string(100'000, 'b'));
  for (int i = 0; i < 450; ++i) {
    store->write([&](Write& write) {
      BodyWriter writer = store->new_body();
      writer.append("letter");
      add_to_mailbox(write, ann.inbox, add_message(write, writer.finish()), Moment());
    });
  }
  deliver(*store, {ann.inbox}, std::string(100'000, 'a'));
  EXPECT_EQ(accounts().remove_account("ann@one.test").messages, 452U);
  EXPECT_EQ(error_of([&] { accounts().remove_account("ann@one.test"); }), "store.no_such_account");
  EXPECT_EQ(store->messages().load(both).size(), 100'000U);
  store->stop();
  const auto report = checked();
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.messages, 1U);
  EXPECT_EQ(report.body_files, 1U);
}

TEST_P(AccountsTest, Aliases) {
  accounts().add_account("ann@one.test", "password");
  accounts().add_account("bob@one.test", "password");
  accounts().add_alias("All@one.test", {"ANN@one.test", "bob@one.test", "eve@elsewhere.test", "ann@one.test"});
  accounts().add_alias("everybody@one.test", {"all@one.test", "bob@one.test"});
  EXPECT_EQ(resolve("ann@one.test"), "ann@one.test ");
  EXPECT_EQ(resolve("ALL@One.Test"), "ann@one.test bob@one.test -> eve@elsewhere.test ");
  EXPECT_EQ(resolve("everybody@one.test"), "bob@one.test ann@one.test -> eve@elsewhere.test ");
  EXPECT_EQ(resolve("nobody@one.test"), "no user");
  EXPECT_EQ(resolve("ann@two.test"), "no domain");
  EXPECT_EQ(resolve("what@one.test@two.test"), "no domain");
  EXPECT_EQ(resolve("a b@one.test"), "no user");
  EXPECT_EQ(resolve(""), "no domain");
  EXPECT_EQ(accounts().aliases().size(), 2U);
  EXPECT_THAT(accounts().aliases("one.test").front().targets,
              ElementsAre("ann@one.test", "bob@one.test", "eve@elsewhere.test", "ann@one.test"));
  EXPECT_EQ(error_of([&] { accounts().add_alias("all@one.test", {"x@y.z"}); }), "store.exists");
  EXPECT_EQ(error_of([&] { accounts().add_alias("ann@one.test", {"x@y.z"}); }), "store.exists");
  EXPECT_EQ(error_of([&] { accounts().add_account("all@one.test", "password"); }), "store.exists");
  EXPECT_EQ(error_of([&] { accounts().add_alias("x@two.test", {"x@y.z"}); }), "store.no_such_domain");
  EXPECT_EQ(error_of([&] { accounts().add_alias("x@one.test", {}); }), "store.invalid_name");
  EXPECT_EQ(error_of([&] { accounts().add_alias("x@one.test", {"nonsense"}); }), "store.invalid_name");
  EXPECT_EQ(error_of([&] { accounts().add_alias("x@one.test", {"X@one.test"}); }), "store.invalid_name");
  accounts().remove_alias("all@one.test");
  EXPECT_EQ(error_of([&] { accounts().remove_alias("all@one.test"); }), "store.no_such_alias");
  EXPECT_EQ(resolve("everybody@one.test"), "bob@one.test ") << "a target that is gone is passed over";
  accounts().remove_account("bob@one.test");
  EXPECT_EQ(resolve("everybody@one.test"), "no user");
  EXPECT_EQ(error_of([&] { accounts().add_alias("x@one.test", {"*@one.test"}); }), "store.invalid_name");
  EXPECT_EQ(error_of([&] { accounts().add_account("*@one.test", "password"); }), "store.invalid_name");
}

TEST_P(AccountsTest, NoAliasLeadsToAnAccountThatWasRemoved) {
  accounts().add_domain("b\u00FCcher.test");
  accounts().add_account("ann@b\u00FCcher.test", "password");
  accounts().add_account("bob@one.test", "password");
  accounts().add_alias("both@one.test", {"bob@one.test", "ann@xn--bcher-kva.test"});
  accounts().add_alias("hers@one.test", {"ann@b\u00FCcher.test", "ann@xn--bcher-kva.test"});
  accounts().add_alias("his@one.test", {"bob@one.test"});
  const RemovedAccount removed = accounts().remove_account("ann@b\u00FCcher.test");
  EXPECT_EQ(removed.messages, 0U);
  EXPECT_THAT(removed.aliases, ElementsAre("both@one.test"));
  EXPECT_THAT(removed.removed_aliases, ElementsAre("hers@one.test"));
  EXPECT_EQ(resolve("both@one.test"), "bob@one.test ");
  EXPECT_EQ(resolve("hers@one.test"), "no user");
  EXPECT_EQ(resolve("his@one.test"), "bob@one.test ");
}

TEST_P(AccountsTest, WhichAliasesLeadToAnAccount) {
  accounts().add_account("ann@one.test", "password");
  accounts().add_alias("info@one.test", {"ann@one.test", "eve@elsewhere.test"});
  accounts().add_alias("all@one.test", {"info@one.test"});
  accounts().add_alias("ring@one.test", {"all@one.test"});
  accounts().add_alias("other@one.test", {"eve@elsewhere.test"});
  EXPECT_THAT(accounts().aliases_to("Ann@one.test"), ElementsAre("all@one.test", "info@one.test", "ring@one.test"));
  EXPECT_THAT(accounts().aliases_to("eve@elsewhere.test"),
              ElementsAre("all@one.test", "info@one.test", "other@one.test", "ring@one.test"));
  EXPECT_THAT(accounts().aliases_to("nobody@one.test"), IsEmpty());
}

TEST_P(AccountsTest, AliasesThatGoInCirclesOrTooDeep) {
  accounts().add_alias("a@one.test", {"b@one.test"});
  accounts().add_alias("b@one.test", {"a@one.test"});
  EXPECT_EQ(resolve("a@one.test"), "loop");
  accounts().add_account("ann@one.test", "password");
  accounts().add_alias("c@one.test", {"c1@one.test", "ann@one.test"});
  accounts().add_alias("c1@one.test", {"c@one.test"});
  EXPECT_EQ(resolve("c@one.test"), "ann@one.test ") << "a circle with a way out";
  for (int i = 0; i < 20; ++i) {
    accounts().add_alias("d" + std::to_string(i) + "@one.test", {"d" + std::to_string(i + 1) + "@one.test"});
  }
  EXPECT_EQ(resolve("d0@one.test"), "loop");
  accounts().add_alias("d20@one.test", {"ann@one.test"});
  EXPECT_EQ(resolve("d12@one.test"), "ann@one.test ");
  std::vector<std::string> many;
  for (int i = 0; i < 400; ++i) {
    many.push_back("x" + std::to_string(i) + "@elsewhere.test");
  }
  std::vector<std::string> lists;
  for (int i = 0; i < 3; ++i) {
    for (std::string& address : many) {
      address = std::to_string(i) + address;
    }
    lists.push_back("list" + std::to_string(i) + "@one.test");
    accounts().add_alias(lists.back(), many);
  }
  EXPECT_EQ(accounts().resolve("list0@one.test").remote.size(), 400U);
  accounts().add_alias("lists@one.test", lists);
  EXPECT_EQ(resolve("lists@one.test"), "loop") << "too many";
}

TEST_P(AccountsTest, ThePostmasterIsAlwaysThere) {
  EXPECT_EQ(resolve("postmaster@one.test"), "no user") << "a domain with nobody";
  accounts().add_account("ann@one.test", "password");
  accounts().add_account("bob@one.test", "password");
  EXPECT_EQ(resolve("Postmaster@one.test"), "ann@one.test ");
  accounts().set_enabled("ann@one.test", false);
  EXPECT_EQ(resolve("postmaster@one.test"), "bob@one.test ");
  accounts().add_alias("postmaster@one.test", {"bob@one.test", "eve@elsewhere.test"});
  EXPECT_EQ(resolve("POSTMASTER@one.test"), "bob@one.test -> eve@elsewhere.test ");
}

}  // namespace
}  // namespace posthouse::store
