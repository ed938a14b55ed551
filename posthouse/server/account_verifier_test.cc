// Log-ins against a store, by a clock that jumps.
#include "posthouse/server/account_verifier.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "tests/support/temporary_folder.h"
#include <gtest/gtest.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/net/sim/simulation.h"
#include "posthouse/sasl/mechanisms.h"
#include "posthouse/server/log/log.h"
#include "posthouse/store/accounts/app_passwords.h"
#include "posthouse/store/error.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

class AccountVerifierTest : public ::testing::Test {
 protected:
  AccountVerifierTest() {
    set_log_level("off");
    store->accounts().add_domain("one.test");
    store->accounts().add_account("ann@one.test", "geheim");
    store->accounts().add_account("bob@one.test", "secret");
  }

  sasl::Verdict try_as(const std::string& user, const std::string& password, const std::string& origin,
                       const std::string& protocol = "smtp", std::function<bool()> left = {}) {
    const sasl::Context context{.protocol = protocol, .origin = origin, .left = std::move(left)};
    return verifier.verify({context, "PLAIN", {}, user, sasl::Password{password}});
  }
  /// The time that a log-in takes.
  template <class F>
  static net::Duration taken(F&& log_in) {
    const net::TimePoint begin = net::now();
    log_in();
    return net::now() - begin;
  }
  static void in_a_world(const std::function<void()>& test) {
    net::Simulation world;
    net::run(test, {.world = &world});
  }

  test::TemporaryFolder folder{test::fast_folder()};
  std::shared_ptr<store::Store> store = store::Store::open({.data_dir = folder.path().string()});
  AccountVerifier verifier{store};
};

TEST_F(AccountVerifierTest, WhoeverGuessesWaitsInEverySessionAndProtocolAndOthersDoNot) {
  in_a_world([&] {
    EXPECT_TRUE(try_as("bob@one.test", "secret", "guesser"));
    net::Duration waits[8];
    for (int i = 0; i < 8; ++i) {
      waits[i] = taken([&] { EXPECT_FALSE(try_as("ann@one.test", "x", "guesser", i % 2 == 0 ? "smtp" : "pop3")); });
    }
    EXPECT_LT(waits[1], 1s) << "one slip is free";
    EXPECT_GE(waits[2], 1s);
    EXPECT_GE(waits[3], 2s);
    EXPECT_GE(waits[7], 15s);
    EXPECT_LT(waits[7], 16s);
    EXPECT_LT(taken([&] { EXPECT_TRUE(try_as("ann@one.test", "geheim", "elsewhere")); }), 1s);
    EXPECT_LT(taken([&] { EXPECT_TRUE(try_as("bob@one.test", "secret", "guesser")); }), 1s) << "remembered";
    EXPECT_GE(taken([&] { EXPECT_FALSE(try_as("nobody@one.test", "x", "guesser")); }), 15s);
  });
}

TEST_F(AccountVerifierTest, ARightGuessAmongManyIsAnsweredNoSoonerThanTheOthers) {
  in_a_world([&] {
    EXPECT_TRUE(try_as("bob@one.test", "secret", "elsewhere"));  // from now on it is remembered
    for (int i = 0; i < 10; ++i) {
      EXPECT_FALSE(try_as("bob@one.test", "x" + std::to_string(i), "guesser"));
    }
    EXPECT_GE(taken([&] { EXPECT_TRUE(try_as("bob@one.test", "secret", "guesser")); }), 14s);
    EXPECT_LT(taken([&] { EXPECT_TRUE(try_as("bob@one.test", "secret", "elsewhere")); }), 1s);
  });
}

TEST_F(AccountVerifierTest, NobodyLearnsWhetherANameIsKnownOrDisabled) {
  store->accounts().set_enabled("bob@one.test", false);
  in_a_world([&] {
    for (const char* user : {"bob@one.test", "nobody@one.test", "ann@one.test", "no address"}) {
      for (int i = 0; i < 2; ++i) {
        EXPECT_FALSE(try_as(user, "secret", user)) << user;
      }
      EXPECT_GE(taken([&] { EXPECT_EQ(try_as(user, "secret", user).denial, sasl::Denial::wrong); }), 1s) << user;
    }
  });
}

TEST_F(AccountVerifierTest, TheLongestPenaltyIsASetting) {
  in_a_world([&] {
    verifier.set_longest_penalty(0s);
    for (int i = 0; i < 5; ++i) {
      EXPECT_LT(taken([&] { EXPECT_FALSE(try_as("ann@one.test", "x", "guesser")); }), 1s);
    }
  });
}

TEST_F(AccountVerifierTest, AClientThatHasLeftWhileItWaitedIsNotLookedAtButCounted) {
  in_a_world([&] {
    for (int i = 0; i < 3; ++i) {
      EXPECT_FALSE(try_as("ann@one.test", "x", "gone"));
    }
    for (int i = 0; i < 5; ++i) {
      try {
        try_as("ann@one.test", "x", "gone", "smtp", [] { return true; });
        ADD_FAILURE() << "looked at";
      } catch (const store::Error& error) {
        EXPECT_EQ(error.errc(), store::Errc::abandoned);
      }
    }
    const net::Duration next = taken([&] { EXPECT_TRUE(try_as("ann@one.test", "geheim", "gone")); });
    EXPECT_GE(next, 15s);
    EXPECT_LT(next, 16s);
  });
}

TEST_F(AccountVerifierTest, StoppingEndsWhatWaits) {
  in_a_world([&] {
    for (int i = 0; i < 8; ++i) {
      EXPECT_FALSE(try_as("ann@one.test", "x", "guesser"));
    }
    net::Scope scope;
    scope.spawn([&] {
      try {
        try_as("ann@one.test", "x", "guesser");
        ADD_FAILURE() << "looked at";
      } catch (const store::Error& error) {
        EXPECT_EQ(error.errc(), store::Errc::stopped);
      }
    });
    net::sleep_for(1s);
    EXPECT_LT(taken([&] {
                verifier.stop();
                scope.join();
              }),
              1s);
    EXPECT_THROW(try_as("ann@one.test", "geheim", "elsewhere"), store::Error);
  });
}

/// One exchange of SCRAM from client to verdict.
sasl::Verdict exchange(sasl::Verifier& verifier, const sasl::Context& from, const std::string& user,
                       const std::string& password, const std::string& authzid = {}) {
  const auto server = sasl::make_server_mechanism("SCRAM-SHA-256", verifier, from);
  if (!server) {
    return sasl::Denial::unavailable;
  }
  const auto client =
      sasl::make_client_mechanism("SCRAM-SHA-256", {.user = user, .password = password, .authzid = authzid});
  sasl::Progress progress = server->step(client->step("").value());
  while (progress == sasl::Progress::challenge) {
    const auto answer = client->step(server->challenge());
    progress = server->step(answer ? *answer : "");
  }
  EXPECT_EQ(progress, sasl::Progress::done);
  return server->verdict();
}

TEST_F(AccountVerifierTest, WhoeverProvesToHaveTheKeysIsLetIn) {
  const sasl::Context here{.protocol = "imap", .origin = "here"};
  EXPECT_EQ(exchange(verifier, here, "ann@one.test", "geheim").denial, sasl::Denial::unavailable) << "not offered";
  verifier.set_scram(ScramUse::prepare);
  EXPECT_EQ(exchange(verifier, here, "ann@one.test", "geheim").denial, sasl::Denial::unavailable) << "not yet";
  const sasl::Verdict by_password = try_as("ann@one.test", "geheim", "here");
  verifier.set_scram(ScramUse::on);
  EXPECT_EQ(sasl::server_mechanisms(verifier, here), "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN");
  const sasl::Verdict by_keys = exchange(verifier, here, "Ann@One.Test", "geheim");
  EXPECT_TRUE(by_keys);
  EXPECT_EQ(by_keys.user, "ann@one.test");
  EXPECT_EQ(by_keys.id, by_password.id);
  EXPECT_EQ(by_keys.stamp, by_password.stamp);
  EXPECT_TRUE(exchange(verifier, here, "ann@one.test", "geheim", "ANN@one.test"));
  EXPECT_EQ(exchange(verifier, here, "ann@one.test", "geheim", "bob@one.test").denial, sasl::Denial::not_as_other);
  EXPECT_FALSE(exchange(verifier, here, "bob@one.test", "secret")) << "has not logged in since";
  store->accounts().set_password("ann@one.test", "another");
  EXPECT_FALSE(verifier.holds(by_keys));
  EXPECT_FALSE(exchange(verifier, here, "ann@one.test", "geheim"));
  EXPECT_TRUE(exchange(verifier, {.protocol = "imap", .origin = "there"}, "ann@one.test", "another"));
  verifier.set_scram(ScramUse::off);
  EXPECT_EQ(sasl::server_mechanisms(verifier, here), "PLAIN LOGIN");
}

// The keys are asked for, the proof is seen, and in between the password changes.
TEST_F(AccountVerifierTest, AProofByOldKeysIsNoLogIn) {
  verifier.set_scram(ScramUse::on);
  store->accounts().set_password("ann@one.test", "old");
  const sasl::Context here{.protocol = "imap", .origin = "here"};
  const auto server = sasl::make_server_mechanism("SCRAM-SHA-256", verifier, here);
  const auto client = sasl::make_client_mechanism("SCRAM-SHA-256", {.user = "ann@one.test", .password = "old"});
  ASSERT_EQ(server->step(client->step("").value()), sasl::Progress::challenge);
  store->accounts().set_password("ann@one.test", "new");
  EXPECT_EQ(server->step(client->step(server->challenge()).value()), sasl::Progress::done);
  EXPECT_EQ(server->verdict().denial, sasl::Denial::wrong);
}

TEST_F(AccountVerifierTest, GuessingByScramWaitsAsGuessingPasswordsDoes) {
  verifier.set_scram(ScramUse::on);
  store->accounts().set_password("ann@one.test", "geheim");
  store->accounts().set_enabled("bob@one.test", false);
  in_a_world([&] {
    for (const char* user : {"ann@one.test", "bob@one.test", "nobody@one.test", "no address"}) {
      const sasl::Context from{.protocol = "smtp", .origin = user};
      const auto guess = [&] {
        return taken([&] { EXPECT_EQ(exchange(verifier, from, user, "x").denial, sasl::Denial::wrong); });
      };
      EXPECT_LT(guess(), 1s) << user;
      EXPECT_LT(guess(), 1s) << "one slip is free";
      EXPECT_GE(guess(), 1s) << user;
      EXPECT_GE(guess(), 2s) << user;
      EXPECT_GE(taken([&] { EXPECT_FALSE(try_as(user, "x", user)); }), 4s) << "by password as well";
    }
    const sasl::Context elsewhere{.protocol = "smtp", .origin = "elsewhere"};
    EXPECT_LT(taken([&] { EXPECT_TRUE(exchange(verifier, elsewhere, "ann@one.test", "geheim")); }), 1s);
  });
}

TEST_F(AccountVerifierTest, ALogInHoldsUntilItsAccountIsChanged) {
  store::Accounts& accounts = store->accounts();
  const sasl::Verdict first = try_as("ann@one.test", "geheim", "here");
  EXPECT_TRUE(verifier.holds(first));
  accounts.set_password("bob@one.test", "other");
  EXPECT_TRUE(verifier.holds(first));
  accounts.set_password("ann@one.test", "geheim");
  EXPECT_FALSE(verifier.holds(first)) << "set anew, be it the same one";
  const sasl::Verdict second = try_as("ann@one.test", "geheim", "here");
  EXPECT_TRUE(verifier.holds(second));
  accounts.set_enabled("ann@one.test", false);
  EXPECT_FALSE(verifier.holds(second));
  accounts.set_enabled("ann@one.test", true);
  EXPECT_TRUE(verifier.holds(second));
  accounts.remove_account("ann@one.test");
  EXPECT_FALSE(verifier.holds(second));
}

TEST_F(AccountVerifierTest, APasswordOfAProgramIsGoodForWhatItIsFor) {
  const auto add = [&](const std::string& name, store::AppRights rights) {
    return store->write([&](store::Write& write) { return add_app_password(write, "ann@one.test", name, rights); });
  };
  const std::string all = add("all", store::AppRights::all);
  const std::string send = add("send", store::AppRights::send);
  const std::string read = add("read", store::AppRights::read);
  LogInBook book(*store);
  verifier.set_log_ins(&book);
  const auto allowed = [&](const std::string& password) {
    std::string at;
    for (const char* protocol : {"smtp", "imap", "pop3", "managesieve"}) {
      at += try_as("ann@one.test", password, "home", protocol) ? std::string(protocol) + " " : "";
    }
    return at;
  };
  EXPECT_EQ(allowed(all), "smtp imap pop3 managesieve ");
  EXPECT_EQ(allowed(send), "smtp ");
  EXPECT_EQ(allowed(read), "imap pop3 ");
  const auto all_of_them = [&] {
    return store->read([](store::Read& r) { return store::app_passwords(r, "ann@one.test"); });
  };
  EXPECT_FALSE(all_of_them()[2].used_at) << "it waits for others";
  book.write();
  EXPECT_EQ(all_of_them()[2].name, "send");
  EXPECT_EQ(all_of_them()[2].used_protocol, "smtp");
  EXPECT_TRUE(all_of_them()[2].used_at);
  const sasl::Verdict verdict = try_as("ann@one.test", send, "home");
  EXPECT_TRUE(verifier.holds(verdict));
  store->write([](store::Write& write) { return store::remove_app_password(write, "ann@one.test", "send"); });
  EXPECT_FALSE(verifier.holds(verdict));
  EXPECT_FALSE(try_as("ann@one.test", send, "home"));
}

}  // namespace
}  // namespace posthouse::server
