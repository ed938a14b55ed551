// Scripts of accounts, and what they remember.
#include "posthouse/store/scripts/scripts.h"

#include <chrono>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/scripts/memory.h"
#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class ScriptsTest : public StoreOnEachEngine {
 protected:
  /// Each as "name octets", the active one with a "*".
  std::vector<std::string> listed() {
    std::vector<std::string> lines;
    for (const ScriptEntry& entry : store->read([&](Read& read) { return list_scripts(read, account); })) {
      lines.push_back((entry.active ? "*" : "") + entry.name + " " + std::to_string(entry.octets));
    }
    return lines;
  }
  std::optional<std::string> get(std::string_view name) {
    return store->read([&](Read& read) { return get_script(read, account, name); });
  }
  ScriptResult put(std::string_view name, std::string_view text, const ScriptLimits& limits = {}) {
    return store->write([&](Write& write) { return put_script(write, account, name, text, limits); });
  }
  ScriptResult activate(std::string_view name) {
    return store->write([&](Write& write) { return activate_script(write, account, name); });
  }
  ScriptResult remove(std::string_view name) {
    return store->write([&](Write& write) { return remove_script(write, account, name); });
  }
  ScriptResult rename(std::string_view from, std::string_view to) {
    return store->write([&](Write& write) { return rename_script(write, account, from, to); });
  }
  std::map<AccountId, std::uint64_t> versions() {
    const std::vector<AccountId> all = {account, account + 1000};
    return store->read([&](Read& read) { return script_versions(read, all); });
  }
};

POSTHOUSE_ON_EACH_ENGINE(ScriptsTest);

TEST_P(ScriptsTest, AreKeptByNameAndOneIsActive) {
  EXPECT_THAT(listed(), IsEmpty());
  const std::string octets("keep; # \0\xFF", 10);
  EXPECT_EQ(put("holidays", "vacation;"), ScriptResult::done);
  EXPECT_EQ(put("Holidays", octets), ScriptResult::done) << "case makes a difference";
  EXPECT_EQ(get("Holidays"), octets);
  EXPECT_EQ(get("HOLIDAYS"), std::nullopt);
  EXPECT_THAT(versions(), IsEmpty()) << "none is active";
  EXPECT_EQ(activate("holidays"), ScriptResult::done);
  EXPECT_THAT(listed(), ElementsAre("Holidays 10", "*holidays 9"));
  EXPECT_EQ(activate("Holidays"), ScriptResult::done);
  EXPECT_THAT(listed(), ElementsAre("*Holidays 10", "holidays 9"));
  EXPECT_EQ(put("Holidays", "stop;"), ScriptResult::done) << "stays active";
  EXPECT_THAT(listed(), ElementsAre("*Holidays 5", "holidays 9"));
  EXPECT_EQ(activate("none"), ScriptResult::no_such_script);
  EXPECT_EQ(activate(""), ScriptResult::done);
  EXPECT_THAT(listed(), ElementsAre("Holidays 5", "holidays 9"));
}

TEST_P(ScriptsTest, AreRenamedAndRemoved) {
  put("a", "1");
  put("b", "22");
  activate("a");
  EXPECT_EQ(rename("a", "b"), ScriptResult::exists);
  EXPECT_EQ(rename("a", "a"), ScriptResult::exists);
  EXPECT_EQ(rename("x", "y"), ScriptResult::no_such_script);
  EXPECT_EQ(rename("a", "\n"), ScriptResult::invalid_name);
  EXPECT_EQ(rename("a", "c"), ScriptResult::done);
  EXPECT_THAT(listed(), ElementsAre("b 2", "*c 1"));
  EXPECT_EQ(rename("b", "d"), ScriptResult::done);
  EXPECT_THAT(listed(), ElementsAre("*c 1", "d 2"));
  EXPECT_EQ(remove("c"), ScriptResult::active);
  EXPECT_EQ(remove("x"), ScriptResult::no_such_script);
  EXPECT_EQ(remove("d"), ScriptResult::done);
  EXPECT_THAT(listed(), ElementsAre("*c 1"));
  EXPECT_TRUE(checked().problems.empty());
}

TEST_P(ScriptsTest, NamesAreNetUnicodeWithoutControls) {
  for (const std::string& bad :
       {std::string(), std::string("a\nb"), std::string("a\0b", 3), std::string("\x7F"), std::string("\xC2\x85"),
        std::string("\xE2\x80\xA8"), std::string("\xFF"), std::string(129, 'x')}) {
    EXPECT_EQ(put(bad, "keep;"), ScriptResult::invalid_name);
  }
  std::string longest;
  for (int i = 0; i < 128; ++i) {
    longest += "\xF0\x9F\x93\xAC";
  }
  EXPECT_EQ(put(longest, "keep;"), ScriptResult::done);
  EXPECT_EQ(put("u\xCC\x88", "1"), ScriptResult::done);
  EXPECT_EQ(put("\xC3\xBC", "2"), ScriptResult::done);
  EXPECT_EQ(get("u\xCC\x88"), "2") << "two spellings of one name";
  EXPECT_EQ(put("end ", "blank"), ScriptResult::done);
  EXPECT_EQ(get("end"), std::nullopt);
}

TEST_P(ScriptsTest, AreBounded) {
  const ScriptLimits limits{.octets = 10, .scripts = 2};
  const auto space = [&](std::string_view name, std::uint64_t octets) {
    return store->read([&](Read& read) { return have_script_space(read, account, name, octets, limits); });
  };
  EXPECT_EQ(put("a", std::string(11, '#'), limits), ScriptResult::too_large);
  EXPECT_EQ(put("a", std::string(10, '#'), limits), ScriptResult::done);
  EXPECT_EQ(put("b", "", limits), ScriptResult::done);
  EXPECT_EQ(put("c", "", limits), ScriptResult::too_many);
  EXPECT_EQ(put("a", "#", limits), ScriptResult::done) << "it is replaced";
  EXPECT_EQ(space("a", 10), ScriptResult::done);
  EXPECT_EQ(space("a", 11), ScriptResult::too_large);
  EXPECT_EQ(space("c", 1), ScriptResult::too_many);
  EXPECT_EQ(space("", 1), ScriptResult::invalid_name);
  EXPECT_EQ(error_of([&] { store->write([&](Write& write) { return put_script(write, 4711, "a", ""); }); }),
            "store.no_such_account");
  EXPECT_EQ(store->write([&](Write& write) { return activate_script(write, account, "a"); }), ScriptResult::done);
}

TEST_P(ScriptsTest, EveryChangeIsToldAndHasAVersion) {
  std::mutex mutex;
  std::vector<AccountId> told;
  const Subscription listening = store->listen([&](std::span<const Change> changes) {
    const std::lock_guard lock(mutex);
    for (const Change& change : changes) {
      if (const auto* scripts = std::get_if<ScriptsChanged>(&change)) {
        told.push_back(scripts->account);
      }
    }
  });
  const auto resolved = [&] { return store->accounts().resolve("ann@one.test").local.at(0).filtered; };
  EXPECT_FALSE(resolved());
  put("a", "1");
  EXPECT_FALSE(resolved());
  activate("a");
  EXPECT_TRUE(resolved());
  EXPECT_THAT(versions(), ElementsAre(Pair(account, 2U)));
  put("b", "2");
  rename("b", "c");
  remove("c");
  EXPECT_THAT(versions(), ElementsAre(Pair(account, 5U)));
  remove("c");
  activate("x");
  EXPECT_THAT(versions(), ElementsAre(Pair(account, 5U))) << "nothing was changed";
  const ScriptFolder folder = store->read([&](Read& read) { return script_folder(read, account); });
  EXPECT_EQ(folder.version, 5U);
  EXPECT_EQ(folder.active, "a");
  EXPECT_THAT(folder.scripts, ElementsAre(Pair("a", "1")));
  activate("");
  EXPECT_FALSE(resolved());
  const std::lock_guard lock(mutex);
  EXPECT_EQ(told, std::vector<AccountId>(6, account));
}

TEST_P(ScriptsTest, RememberForATime) {
  const Moment now = Moment(std::chrono::days(20'000));
  const auto remembered = [&](std::string_view what, Moment at) {
    return store->read([&](Read& read) { return remembers(read, account, what, at); });
  };
  const auto keep = [&](std::string_view what, Moment at, Moment until, bool renew = false) {
    return store->write([&](Write& write) { return remember(write, account, what, at, until, renew); });
  };
  EXPECT_TRUE(keep("a", now, now + 1h));
  EXPECT_FALSE(keep("a", now + 30min, now + 2h));
  EXPECT_TRUE(remembered("a", now + 59min));
  EXPECT_FALSE(remembered("a", now + 1h));
  EXPECT_FALSE(remembered("b", now));
  EXPECT_FALSE(keep("a", now + 30min, now + 2h, true)) << "known, and renewed";
  EXPECT_TRUE(remembered("a", now + 90min));
  EXPECT_TRUE(keep("a", now + 3h, now + 4h)) << "it was over";
  EXPECT_EQ(error_of([&] { store->write([&](Write& write) { return remember(write, 4711, "a", now, now); }); }),
            "store.no_such_account");
}

TEST_P(ScriptsTest, RememberNoMoreThanABound) {
  const Moment now = Moment(std::chrono::days(20'000));
  store->write([&](Write& write) {
    std::vector<std::tuple<AccountId, std::string, std::int64_t>> rows;
    for (std::size_t i = 0; i < most_remembered; ++i) {
      rows.emplace_back(account, "mark" + std::to_string(i),
                        (now + 1h + std::chrono::seconds(i)).time_since_epoch().count());
    }
    own_tables(write).exec_each("INSERT INTO sieve_memory (account_id, mark, until) VALUES (?, ?, ?)", rows);
    remember(write, account, "one more", now, now + 2h);
  });
  const auto left = [&] { return connect().query_one<std::size_t>("SELECT count(*) FROM sieve_memory"); };
  EXPECT_EQ(left(), most_remembered);
  EXPECT_EQ(connect().query_one<int>("SELECT count(*) FROM sieve_memory WHERE mark = 'mark0'"), 0);
}

TEST_P(ScriptsTest, GoWithTheirAccount) {
  put("a", "1");
  activate("a");
  store->write([&](Write& write) {
    for (int i = 0; i < 500; ++i) {
      remember(write, account, std::to_string(i), Moment(1s), Moment(2s + std::chrono::seconds(i)));
    }
  });
  store->accounts().remove_account("ann@one.test");
  for (const char* table : {"sieve_script", "sieve_account", "sieve_memory"}) {
    EXPECT_EQ(connect().query_one<int>(std::string("SELECT count(*) FROM ") + table), 0) << table;
  }
}

}  // namespace
}  // namespace posthouse::store
