// Mail that an older program has queued goes out as that program would have sent it.
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/relay/outgoing.h"
#include "posthouse/relay/worker/worker_testing.h"
#include "posthouse/store/tables/version_1_testing.h"

namespace posthouse::relay {
namespace {

using namespace std::chrono_literals;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

/// What is to be sent, in the order of the queue.
std::vector<std::string> queued_then() {
  std::vector<std::string> texts;
  for (const store::OldLetter& letter : store::old_letters()) {
    if (letter.queued) {
      texts.push_back(letter.rest);
    }
  }
  return texts;
}

class RelayVersion1 : public store::OnEachEngine {
 protected:
  void SetUp() override {
    OnEachEngine::SetUp();
    if (IsSkipped()) {
      return;
    }
    std::filesystem::create_directories(data());
    auto db = connect();
    store::make_version_1(data(), db);
    auto options = this->options();
    options.migrations = {queue::migrations()};
    options.references = queue::references();
    store = store::Store::open(options);
  }
  std::shared_ptr<store::Store> store;
};

INSTANTIATE_TEST_SUITE_P(Engine, RelayVersion1, ::testing::ValuesIn(sql::engines()), sql::engine_name);

TEST_P(RelayVersion1, WhatWasForOurMailboxesOnlyIsNotSent) {
  const auto rows = store->write([](store::Write& write) {
    return queue::claim(store::own_tables(write), "two.test", "w", queue::Moment(2s), queue::Moment(3s), 100);
  });
  const std::vector<std::string> texts = queued_then();
  ASSERT_THAT(rows, SizeIs(texts.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Outgoing outgoing(*store, rows[i]);
    EXPECT_EQ(outgoing.size(), texts[i].size());
    const std::string header = read_header(*store, rows[i].message_id);
    EXPECT_THAT(texts[i], StartsWith(header));
    EXPECT_THAT(header, Not(StartsWith("Return-Path")));
  }
  EXPECT_THAT(checked().problems, ::testing::IsEmpty());
}

class OldMail : public testing::WorkerTest {};

TEST_F(OldMail, GoesOutOctetByOctet) {
  {
    auto db = sql::connect(sql::sqlite_url((folder.path() / "posthouse.db").string()));
    store::make_version_1(folder.path(), db);
  }
  in_house([&] {
    testing::Peer peer;
    Running running(*this, options_to(peer));
    const std::vector<std::string> texts = queued_then();
    for (std::size_t i = 1; i <= texts.size(); ++i) {
      running.events.wait_for(Event::Kind::relayed, i);
    }
    std::vector<std::string> received;
    for (const auto& message : peer.received()) {
      received.push_back(message.message);
    }
    EXPECT_TRUE(std::is_permutation(received.begin(), received.end(), texts.begin(), texts.end()));
    EXPECT_EQ(queue::count(*store), 0U);
  });
}

}  // namespace
}  // namespace posthouse::relay
