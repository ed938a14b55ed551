#pragma once
// What the services of one server share. Private to this module.
#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "posthouse/fiber/sync.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/sasl/verifier.h"
#include "posthouse/server/directory.h"
#include "posthouse/server/listen/penalties.h"
#include "posthouse/server/nodes/elsewhere.h"
#include "posthouse/store/store.h"
#include "posthouse/store/views/views.h"

namespace posthouse::server {

class LogInBook;
class SearchWorker;

/// Outlives the services.
struct House {
  std::shared_ptr<store::Store> store;
  std::unique_ptr<store::Views> views;  ///< Of the store.
  SearchWorker* search = nullptr;
  LogInBook* log_ins = nullptr;
  ElsewhereListeners elsewhere{};
  Directory* directory = nullptr;
  sasl::Verifier* verifier = nullptr;
  net::Resolver* resolver = nullptr;
  std::string hostname;
  /// Recipients that are not here, by who has asked for them without a log-in: whoever goes on guessing is answered late.
  Penalties guesses{{.free = 50, .most = std::chrono::seconds(8), .forget = std::chrono::seconds(6), .remembered = 60}};
  /// True once the server is going down; sessions answer the command at hand and end.
  std::atomic<bool> stopping{false};
  fiber::Event going_down;  ///< Set at the same time: ends what waits.
};

}  // namespace posthouse::server
