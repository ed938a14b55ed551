#pragma once
// What the services of one server share. Private to this module.
#include <atomic>
#include <memory>
#include <string>

#include "posthouse/net/dns/resolver.h"
#include "posthouse/sasl/verifier.h"
#include "posthouse/server/directory.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// Outlives the services.
struct House {
  std::shared_ptr<store::Store> store;
  Directory* directory = nullptr;
  sasl::Verifier* verifier = nullptr;
  net::Resolver* resolver = nullptr;
  std::string hostname;
  /// True once the server is going down; sessions answer the command at hand and end.
  std::atomic<bool> stopping{false};
};

}  // namespace posthouse::server
