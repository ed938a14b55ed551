#include "posthouse/server/nodes/change_watch.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>
#include <variant>

#include "posthouse/base/number.h"
#include "posthouse/fiber/fiber.h"
#include "posthouse/net/error.h"
#include "posthouse/server/log/log.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;

constexpr auto hint_delay = 1ms;         // what comes together is told together
constexpr std::size_t most_told = 4096;  // accounts that wait to be told of; the poll finds the others

}  // namespace

ChangeWatch::ChangeWatch(store::Store& store, store::Views& views, const ChangeSettings& settings, Told told)
    : store_(store), views_(views), settings_(settings), told_(std::move(told)) {
  for (const std::string& peer : settings_.peers) {
    peers_.push_back(net::Address::parse(peer));
  }
  if (!settings_.listen.empty()) {
    socket_ = net::UdpSocket::bind(settings_.listen);
  } else if (!peers_.empty()) {
    socket_ = net::UdpSocket::open();
  }
  if (!peers_.empty()) {
    subscription_ = store_.listen([this](std::span<const store::Change> changes) { note(changes); });
  }
}

void ChangeWatch::changed(const std::vector<std::string_view>& words) {
  std::set<store::AccountId> accounts;
  std::vector<store::MailboxId> mailboxes;
  for (const std::string_view word : words) {
    const std::size_t colon = std::min(word.find(':'), word.size());
    if (const auto account = parse_number<store::AccountId>(word.substr(0, colon))) {
      accounts.insert(*account);
    }
    if (const auto mailbox = parse_number<store::MailboxId>(word.substr(std::min(colon + 1, word.size())))) {
      mailboxes.push_back(*mailbox);
    }
  }
  views_.changed_elsewhere(mailboxes);
  for (const store::AccountId account : accounts) {
    if (told_) {
      told_(account);
    }
  }
}

/// Runs `step`; what it throws is logged, and the next one comes a second later. Nothing of this is worth ending a server.
template <class Step>
void ChangeWatch::keep_on(const char* what, Step&& step) {
  try {
    step();
  } catch (const posthouse::Error& error) {
    if (net::is_canceled(error)) {
      throw;
    }
    log_bounded(spdlog::level::warn, "changes elsewhere", "with={} error={}", what, shown(error.what()));
    fiber::sleep_for(1s);
  }
}

void ChangeWatch::poll() {
  while (settings_.poll.count() != 0) {
    fiber::sleep_for(settings_.poll);
    keep_on("poll", [&] {
      if (store_.may_have_changed()) {
        views_.poll();
      }
    });
  }
}

void ChangeWatch::hear() {
  while (!settings_.listen.empty()) {
    keep_on("hints heard", [&] {
      const net::ReceivedDatagram datagram = socket_.receive_from();
      const auto hints = read_hints(datagram.data, settings_.secret);
      if (!hints) {
        log_bounded(spdlog::level::warn, "hint refused", "peer={} octets={}", datagram.from.to_string(),
                    datagram.data.size());
        return;
      }
      for (const ChangeHint& hint : *hints) {
        views_.changed_elsewhere(hint.account, hint.modseq);
        if (told_) {
          told_(hint.account);
        }
      }
    });
  }
}

/// On the writer's thread.
void ChangeWatch::note(std::span<const store::Change> changes) {
  const std::lock_guard lock(mutex_);
  for (const store::Change& change : changes) {
    std::visit(
        [&](const auto& one) {
          if constexpr (requires {
                          one.account;
                          one.modseq;
                        }) {
            if (one.modseq != 0 && (changed_.size() < most_told || changed_.contains(one.account))) {
              std::uint64_t& modseq = changed_[one.account];
              modseq = std::max(modseq, one.modseq);
            }
          }
        },
        change);
  }
  if (!changed_.empty()) {
    something_.set();
  }
}

void ChangeWatch::tell() {
  while (!peers_.empty()) {
    something_.wait();
    fiber::sleep_for(hint_delay);
    std::map<store::AccountId, std::uint64_t> changed;
    {
      const std::lock_guard lock(mutex_);
      something_.reset();
      changed.swap(changed_);
    }
    send(changed);
  }
}

void ChangeWatch::send(const std::map<store::AccountId, std::uint64_t>& changed) {
  std::vector<ChangeHint> hints;
  for (auto each = changed.begin(); each != changed.end();) {
    hints.clear();
    for (; each != changed.end() && hints.size() < most_hints; ++each) {
      hints.push_back({each->first, each->second});
    }
    const std::string datagram = write_hints(hints, settings_.secret);
    for (const net::Address& peer : peers_) {
      try {
        socket_.send_to(datagram, peer);
      } catch (const net::Error& error) {
        if (net::is_canceled(error)) {
          throw;
        }
        log_bounded(spdlog::level::debug, "hint not sent", "peer={} error={}", peer.to_string(), shown(error.what()));
      }
    }
  }
}

}  // namespace posthouse::server
