#include "posthouse/delivery/delivery.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/queue/schema.h"
#include "posthouse/store/commit/batch_testing.h"
#include "posthouse/store/testing.h"

namespace posthouse::delivery {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> remote(const Destinations& destinations) {
  std::vector<std::string> addresses;
  for (const queue::NewRecipient& recipient : destinations.remote()) {
    addresses.push_back(recipient.address);
  }
  return addresses;
}

TEST(Destinations, HaveEachRemoteAddressOnce) {
  Destinations destinations;
  for (const char* address : {"ann@one.test", "ann@ONE.test", "Ann@one.test", "\"ann\"@one.test",
                              "bob@b\u00FCcher.test", "bob@xn--bcher-kva.test", "no address", "no address"}) {
    destinations.add_remote(address);
  }
  EXPECT_THAT(remote(destinations), ElementsAre("ann@one.test", "Ann@one.test", "bob@b\u00FCcher.test", "no address"));
  destinations.clear();
  EXPECT_TRUE(destinations.empty());
  destinations.add_remote("ann@one.test");
  EXPECT_THAT(remote(destinations), ElementsAre("ann@one.test"));
}

TEST(Destinations, KnowWhoIsToldOfSuccessAndByWhom) {
  Destinations to;
  const Asked asked{.notify = *mail::Notify::parse("SUCCESS"), .orcpt = "rfc822;x@one.test"};
  const store::Resolution here{.local = {{.inbox = 7}}, .remote = {}};
  const store::Resolution away{.local = {}, .remote = {"hong@two.test"}};
  const store::Resolution both{.local = {{.inbox = 8}}, .remote = {"li@two.test"}};
  to.add_local(here, "ann@one.test", asked);
  to.add_local(here, "anna@one.test");
  to.add_local(away, "away@one.test", asked);
  to.add_local(both, "all@one.test", asked);
  ASSERT_THAT(to.arrivals(), SizeIs(2));
  EXPECT_EQ(to.arrivals()[0].address, "ann@one.test");
  EXPECT_EQ(to.arrivals()[0].orcpt, "rfc822;x@one.test");
  EXPECT_FALSE(to.arrivals()[0].expanded);
  EXPECT_EQ(to.arrivals()[1].address, "all@one.test");
  EXPECT_TRUE(to.arrivals()[1].expanded);
  EXPECT_EQ(to.remote()[0].notify, asked.notify) << "one for one: who gets it tells";
  EXPECT_EQ(to.remote()[1].notify, mail::Notify::never()) << "told of here";
  to.clear();
  EXPECT_THAT(to.arrivals(), IsEmpty());
}

TEST(Destinations, AreRedirectedWithTheirLimits) {
  Destinations destinations;
  store::Resolution resolution;
  resolution.local = {{.inbox = 7, .limited = true}, {.inbox = 8, .limited = false}};
  destinations.add_local(resolution, "ann@one.test");
  destinations.redirect(7, 9);
  destinations.redirect(1, 2);
  EXPECT_THAT(destinations.mailboxes(), ElementsAre(9, 8));
  EXPECT_THAT(destinations.limited(), ElementsAre(9));
}

TEST(Destinations, GiveAwayThoseWithAFilter) {
  store::Resolution resolution;
  resolution.local = {{.account = 1, .inbox = 10, .address = "ann@one.test", .limited = true, .filtered = true},
                      {.account = 2, .inbox = 20, .address = "bob@one.test", .limited = true, .filtered = false}};
  Destinations destinations;
  destinations.add_local(resolution, "team@one.test");
  destinations.add_local(resolution, "ann@one.test");
  EXPECT_THAT(destinations.mailboxes(), ElementsAre(10, 20)) << "to others they are as any";
  ASSERT_TRUE(destinations.has_filtered());
  const std::vector<Filtered> taken = destinations.take_filtered();
  ASSERT_THAT(taken, SizeIs(1)) << "each account once";
  EXPECT_EQ(taken[0].recipient.account, 1);
  EXPECT_EQ(taken[0].address, "team@one.test");
  EXPECT_THAT(destinations.mailboxes(), ElementsAre(20));
  EXPECT_THAT(destinations.limited(), ElementsAre(20));
  EXPECT_FALSE(destinations.has_filtered());
}

/// A house with two mailboxes and a queue.
class LettersOfABatch : public store::OnEachEngine {
 protected:
  std::shared_ptr<store::Store> store;
  store::MailboxId ann = 0, bob = 0;
  std::vector<store::Change> told;  // of each batch in turn

  void SetUp() override {
    OnEachEngine::SetUp();
    if (IsSkipped()) {
      return;
    }
    auto options = this->options();
    options.migrations = {queue::migrations()};
    options.references = queue::references();
    store = store::Store::open(options);
    ann = store::add_mailbox(*store, "ann");
    bob = store::add_mailbox(*store, "bob");
  }
  static store::Resolution local(store::MailboxId mailbox) {
    store::Resolution resolution;
    resolution.local.push_back({.account = 0, .inbox = mailbox});
    return resolution;
  }
  Letter letter(const std::string& octets) const {
    return {.body = body_of(*store, octets), .reverse_path = "zoe@two.test", .prefix = "Received: x\r\n"};
  }
  /// Hands over `letters` at the same time; what became of each: its message's id, or 0.
  std::vector<store::MessageId> hand_over(const std::vector<Letter>& letters, const std::vector<Destinations>& to) {
    std::vector<store::MessageId> ids(letters.size());
    std::vector<std::function<void()>> jobs;
    for (std::size_t i = 0; i < letters.size(); ++i) {
      jobs.push_back([&, i] {
        try {
          ids[i] = deliver(*store, letters[i], to[i], now);
        } catch (const posthouse::Error&) {
        }
      });
    }
    const auto subscription = store->listen(
        [&](std::span<const store::Change> changes) { told.insert(told.end(), changes.begin(), changes.end()); });
    store::in_one_batch(*store, jobs);
    return ids;
  }
  std::vector<queue::Listed> queued() {
    return store::read_sql(*store, [&](sql::Connection& db) { return queue::list(db, now); });
  }

  const queue::Moment now = queue::moment_now();
};

POSTHOUSE_ON_EACH_ENGINE(LettersOfABatch);

TEST_P(LettersOfABatch, GoToMailboxesAndQueueAlike) {
  std::vector<Letter> letters;
  std::vector<Destinations> to(9);
  for (std::size_t i = 0; i < to.size(); ++i) {
    letters.push_back(letter("letter " + std::to_string(i)));
    if (i % 3 != 0) {
      to[i].add_local(local(ann), "ann@one.test");
    }
    if (i % 3 == 2) {
      to[i].add_local(local(bob), "bob@one.test");
    }
    if (i % 3 != 1) {
      to[i].add_remote("a" + std::to_string(i) + "@two.test", "list@one.test");
      to[i].add_remote("b" + std::to_string(i) + "@three.test");
    }
  }
  const auto ids = hand_over(letters, to);
  EXPECT_THAT(ids, Each(Gt(0)));
  EXPECT_EQ(std::set<store::MessageId>(ids.begin(), ids.end()).size(), ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(store->messages().load(ids[i]),
              "Return-Path: <zoe@two.test>\r\nReceived: x\r\nletter " + std::to_string(i));
  }
  EXPECT_THAT(store::list(*store, ann), SizeIs(6));
  EXPECT_THAT(store::list(*store, bob), SizeIs(3));
  std::map<store::MessageId, std::vector<std::string>> recipients;
  for (const queue::Listed& row : queued()) {
    recipients[row.message_id].push_back(row.recipient + " " + row.domain);
    EXPECT_EQ(row.reverse_path, "zoe@two.test");
  }
  EXPECT_THAT(recipients, SizeIs(6));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i % 3 != 1) {
      const std::string number = std::to_string(i);
      EXPECT_THAT(recipients[ids[i]],
                  ElementsAre("a" + number + "@two.test two.test", "b" + number + "@three.test three.test"));
    }
  }
  EXPECT_EQ(std::count_if(told.begin(), told.end(),
                          [](const store::Change& change) { return std::holds_alternative<store::WorkDue>(change); }),
            12)
      << "two domains of six letters";
  EXPECT_THAT(told, SizeIs(21));
}

TEST_P(LettersOfABatch, OneWithoutADomainFailsAlone) {
  std::vector<Letter> letters;
  std::vector<Destinations> to(4);
  for (std::size_t i = 0; i < to.size(); ++i) {
    letters.push_back(letter("letter"));
    to[i].add_local(local(ann), "ann@one.test");
    to[i].add_remote(i == 2 ? "nowhere" : "x@two.test");
  }
  const auto ids = hand_over(letters, to);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 0), 1);
  EXPECT_EQ(ids[2], 0);
  EXPECT_THAT(store::list(*store, ann), SizeIs(3));
  EXPECT_THAT(queued(), SizeIs(3));
  EXPECT_THAT(checked().problems, IsEmpty());
}

}  // namespace
}  // namespace posthouse::delivery
