#pragma once
// What the services of one server share. Private to this module.
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "posthouse/net/dns/resolver.h"
#include "posthouse/queue/rows.h"
#include "posthouse/server/directory.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// Outlives the services.
struct House {
  std::shared_ptr<store::Store> store;
  Directory* directory = nullptr;
  net::Resolver* resolver = nullptr;
  std::string hostname;
  /// True once the server is going down; sessions answer the command at hand and end.
  std::atomic<bool> stopping{false};
  /// Told of the recipients' domains when mail for them has been queued durably.
  std::function<void(const std::vector<queue::NewRecipient>&)> wake_queue;
};

}  // namespace posthouse::server
