#include "posthouse/store/accounts/lists.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Status = Resolution::Status;
using Strings = std::vector<std::string>;

class ListsTest : public StoreOnEachEngine {
 protected:
  void make(const std::string& list, const Strings& members, ListPosters posters = ListPosters::anyone) {
    store->write([&](Write& write) {
      add_list(write, list, "ann@one.test", posters);
      add_members(write, list, members);
    });
  }
  std::size_t add(const Strings& members) {
    return store->write([&](Write& write) { return add_members(write, "team@one.test", members); });
  }
  std::vector<ListMember> members(const std::string& list) {
    return store->read([&](Read& read) { return members_of(read, list, {}); });
  }
  Resolution resolve(const std::string& address) { return store->accounts().resolve(address); }
};

POSTHOUSE_ON_EACH_ENGINE(ListsTest);

TEST_P(ListsTest, AListIsNamedAndNotFollowed) {
  add_mailbox(*store, "bob");
  make("Team@one.test", {"Bob@one.test", "eve@elsewhere.test"}, ListPosters::members);
  store->accounts().add_alias("all@one.test", {"team@one.test", "ann@one.test"});
  EXPECT_THAT(resolve("team@one.test").lists, ElementsAre("team@one.test"));
  EXPECT_EQ(resolve("team@one.test").status, Status::ok);
  EXPECT_THAT(resolve("team@one.test").local, IsEmpty());
  EXPECT_THAT(resolve("team+x@one.test").lists, ElementsAre("team@one.test"));
  EXPECT_THAT(resolve("all@one.test").lists, ElementsAre("team@one.test"));
  EXPECT_EQ(resolve("all@one.test").local.front().address, "ann@one.test");
  const auto list = store->read([](Read& read) { return find_list(read, "TEAM@one.test"); });
  ASSERT_TRUE(list);
  EXPECT_EQ(list->owner, "ann@one.test");
  EXPECT_EQ(list->posters, ListPosters::members);
  EXPECT_THAT(list->members, ElementsAre("bob@one.test", "eve@elsewhere.test"));
  EXPECT_EQ(store->read([](Read& read) { return lists(read, "one.test"); }).size(), 1U);
  EXPECT_EQ(store->accounts().aliases().size(), 1U) << "lists are no aliases to whoever looks at those";
  EXPECT_THAT(store->accounts().aliases_to("bob@one.test"), IsEmpty()) << "nor addresses of their members";
}

TEST_P(ListsTest, MembersAreFollowedEach) {
  add_mailbox(*store, "bob");
  make("inner@one.test", {"bob@one.test", "outer@one.test", "x@elsewhere.test"});
  make("outer@one.test", {"inner@one.test", "gone@one.test", "eve@elsewhere.test", "bob+list@one.test"});
  const std::vector<ListMember> all = members("outer@one.test");
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].leads_to.local.front().address, "bob@one.test") << "a list in a list, which goes round in a circle";
  EXPECT_THAT(all[0].leads_to.remote, ElementsAre("x@elsewhere.test", "eve@elsewhere.test"));
  EXPECT_EQ(all[1].leads_to.status, Status::no_such_user);
  EXPECT_EQ(all[2].leads_to.status, Status::ok);
  EXPECT_THAT(all[2].leads_to.remote, ElementsAre("eve@elsewhere.test"));
  EXPECT_EQ(all[3].leads_to.local.front().address, "bob@one.test");
  EXPECT_THAT(members("nobody@one.test"), IsEmpty());
}

TEST_P(ListsTest, TheOwnerHasAnAddress) {
  make("team@one.test", {});
  EXPECT_EQ(resolve("owner-team@one.test").local.front().address, "ann@one.test");
  EXPECT_EQ(resolve("owner-none@one.test").status, Status::no_such_user);
  const MailboxId other = add_mailbox(*store, "owner-team");
  EXPECT_EQ(resolve("owner-team@one.test").local.front().inbox, other) << "whoever has the name";
}

TEST_P(ListsTest, MembersComeAndGo) {
  make("team@one.test", {});
  EXPECT_EQ(add({"bob@one.test", "EVE@elsewhere.test", "bob@one.test"}), 2U);
  EXPECT_EQ(add({"eve@elsewhere.test"}), 0U);
  EXPECT_EQ(error_of([&] { add({"x@y.test", "nonsense"}); }), "store.invalid_name");
  EXPECT_EQ(error_of([&] { add({"team@one.test"}); }), "store.invalid_name");
  EXPECT_EQ(members("team@one.test").size(), 2U) << "all or none";
  const auto remove = [&](const Strings& gone) {
    return store->write([&](Write& write) { return remove_members(write, "team@one.test", gone); });
  };
  EXPECT_EQ(remove({"Eve@elsewhere.test", "nobody@one.test"}), 1U);
  EXPECT_EQ(members("team@one.test").size(), 1U);
  Strings many;
  for (std::size_t i = 0; i < most_members; ++i) {
    many.push_back("m" + std::to_string(i) + "@elsewhere.test");
  }
  EXPECT_EQ(error_of([&] { add(many); }), "store.too_many");
}

TEST_P(ListsTest, Refused) {
  make("team@one.test", {});
  const auto making = [&](const std::string& list, const std::string& owner) {
    return error_of([&] { store->write([&](Write& write) { add_list(write, list, owner); }); });
  };
  EXPECT_EQ(making("team@one.test", "ann@one.test"), "store.exists");
  EXPECT_EQ(making("ann@one.test", "bob@one.test"), "store.exists");
  EXPECT_EQ(making("x@two.test", "ann@one.test"), "store.no_such_domain");
  EXPECT_EQ(making("x@one.test", "x@one.test"), "store.invalid_name");
  EXPECT_EQ(making("*@one.test", "ann@one.test"), "store.invalid_name");
  EXPECT_EQ(error_of([&] { store->accounts().add_alias("team@one.test", {"ann@one.test"}); }), "store.exists");
  store->write([](Write& write) { remove_list(write, "team@one.test"); });
  EXPECT_EQ(resolve("team@one.test").status, Status::no_such_user);
  EXPECT_EQ(error_of([&] { store->write([](Write& write) { remove_list(write, "team@one.test"); }); }),
            "store.no_such_alias");
}

TEST_P(ListsTest, AListOutlivesItsMembers) {
  add_mailbox(*store, "bob");
  make("team@one.test", {"bob@one.test"});
  const RemovedAccount removed = store->accounts().remove_account("bob@one.test");
  EXPECT_THAT(removed.aliases, ElementsAre("team@one.test"));
  EXPECT_THAT(removed.removed_aliases, IsEmpty());
  EXPECT_THAT(resolve("team@one.test").lists, ElementsAre("team@one.test"));
}

}  // namespace
}  // namespace posthouse::store
