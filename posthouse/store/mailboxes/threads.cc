#include "posthouse/store/mailboxes/threads.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "posthouse/base/digest.h"
#include "posthouse/base/portions.h"

namespace posthouse::store {
namespace {

constexpr std::size_t asked_at_once = 32;
constexpr std::size_t keys_forgotten_at_once = 1000;

std::vector<MessageId> those_there(sql::Connection& db, std::span<const ThreadClaim> claims) {
  std::vector<MessageId> asked;
  std::ranges::transform(claims, std::back_inserter(asked), &ThreadClaim::message);
  std::vector<MessageId> there;
  in_portions(std::span<const MessageId>(asked), asked_at_once, [&](const std::span<const MessageId>& some) {
    for (const auto& [id] : db.query<MessageId>("SELECT id FROM message WHERE id IN (?)", sql::list(some))) {
      there.push_back(id);
    }
  });
  std::ranges::sort(there);
  return there;
}

/// The threads that keys belong to.
std::map<ThreadKey, ThreadId> threads_by_key(sql::Connection& db, AccountId account,
                                             std::span<const ThreadClaim> claims) {
  std::set<ThreadKey> all;
  for (const ThreadClaim& claim : claims) {
    all.insert(claim.keys.begin(), claim.keys.end());
  }
  const std::vector<ThreadKey> keys(all.begin(), all.end());
  std::map<ThreadKey, ThreadId> threads;
  in_portions(std::span<const ThreadKey>(keys), asked_at_once, [&](const std::span<const ThreadKey>& some) {
    for (const auto& [key, thread] : db.query<ThreadKey, ThreadId>(
             "SELECT message_key, thread_id FROM thread_key WHERE account_id = ? AND message_key IN (?)", account,
             sql::list(some))) {
      threads.emplace(key, thread);
    }
  });
  return threads;
}

/// The oldest thread of its keys; a new one where there is none.
ThreadId thread_of(const ThreadClaim& claim, const std::map<ThreadKey, ThreadId>& threads) {
  std::optional<ThreadId> oldest;
  for (const ThreadKey key : claim.keys) {
    if (const auto found = threads.find(key); found != threads.end()) {
      oldest = std::min(oldest.value_or(found->second), found->second);
    }
  }
  return oldest.value_or(claim.message);
}

}  // namespace

ThreadKey thread_key(std::string_view message_id) {
  const std::string digest = sha256(message_id);
  ThreadKey key = 0;
  std::memcpy(&key, digest.data(), sizeof key);
  return key;
}

std::vector<ThreadedMessage> threads_of(Read& read, AccountId account, std::span<const MessageId> messages) {
  std::vector<ThreadedMessage> found;
  in_portions(messages, asked_at_once, [&](const std::span<const MessageId>& some) {
    for (const auto& [message, thread] : own_tables(read).query<MessageId, ThreadId>(
             "SELECT message_id, thread_id FROM message_thread WHERE message_id IN (?) AND account_id = ?",
             sql::list(some), account)) {
      found.push_back({message, thread});
    }
  });
  std::ranges::sort(found, {}, &ThreadedMessage::message);
  return found;
}

std::vector<ThreadedMessage> join_threads(Write& write, AccountId account, std::span<const ThreadClaim> claims) {
  sql::Connection& db = own_tables(write);
  const std::vector<MessageId> there = those_there(db, claims);
  std::map<MessageId, ThreadId> known;
  for (const ThreadedMessage& each : threads_of(write, account, there)) {
    known.emplace(each.message, each.thread);
  }
  std::map<ThreadKey, ThreadId> threads = threads_by_key(db, account, claims);
  std::vector<ThreadedMessage> joined;
  std::vector<std::tuple<MessageId, AccountId, ThreadId>> rows;
  std::vector<std::tuple<AccountId, ThreadKey, ThreadId>> key_rows;
  for (const ThreadClaim& claim : claims) {
    if (!std::ranges::binary_search(there, claim.message)) {
      continue;
    }
    const auto [its, is_new] = known.try_emplace(claim.message, 0);
    if (is_new) {
      its->second = thread_of(claim, threads);
      rows.emplace_back(claim.message, account, its->second);
      for (const ThreadKey key : claim.keys) {
        if (threads.try_emplace(key, its->second).second) {
          key_rows.emplace_back(account, key, its->second);
        }
      }
    }
    joined.push_back({claim.message, its->second});
  }
  if (!rows.empty()) {
    db.exec_each("INSERT INTO message_thread (message_id, account_id, thread_id) VALUES (?, ?, ?)", rows);
  }
  if (!key_rows.empty()) {
    db.exec_each("INSERT INTO thread_key (account_id, message_key, thread_id) VALUES (?, ?, ?)", key_rows);
  }
  return joined;
}

bool forget_thread_keys(Write& write, AccountId account) {
  sql::Connection& db = own_tables(write);
  const auto last = db.query_optional<ThreadKey>(
      "SELECT message_key FROM thread_key WHERE account_id = ? ORDER BY message_key LIMIT 1 OFFSET ?", account,
      keys_forgotten_at_once);
  if (last) {
    db.exec("DELETE FROM thread_key WHERE account_id = ? AND message_key <= ?", account, *last);
  } else {
    db.exec("DELETE FROM thread_key WHERE account_id = ?", account);
  }
  return last.has_value();
}

}  // namespace posthouse::store
