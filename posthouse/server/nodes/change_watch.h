#pragma once
// Changes that other processes make in the same database: how sessions of this one come to see them. Private to this module.
//
//  - Commands on this machine say so at the control socket (control/).
//  - Other nodes say so by UDP (change_hint.h), at once but perhaps not at all.
//  - A slow poll finds what nobody has said: on SQLite by a look at whether anybody has written, on a database server by a
//    row for each mailbox that is open.
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/fiber/sync.h"
#include "posthouse/net/address.h"
#include "posthouse/net/udp/udp.h"
#include "posthouse/server/config/config.h"
#include "posthouse/server/nodes/change_hint.h"
#include "posthouse/store/store.h"
#include "posthouse/store/views/views.h"

namespace posthouse::server {

class ChangeWatch {
 public:
  /// Called with accounts that other processes have changed.
  using Told = std::function<void(store::AccountId)>;

  /// Binds what `settings` say. Both others must outlive it. Throws net::Error.
  ChangeWatch(store::Store& store, store::Views& views, const ChangeSettings& settings, Told told = {});
  ChangeWatch(const ChangeWatch&) = delete;
  ChangeWatch& operator=(const ChangeWatch&) = delete;

  /// Where other nodes send to; "-" when nowhere.
  net::Address address() const { return socket_.local_address(); }

  /// A command on this machine has changed these mailboxes: "ACCOUNT:MAILBOX" each.
  void changed(const std::vector<std::string_view>& words);

  // Each runs in a fiber until it is canceled; hear() and tell() on the same loop.

  /// Looks at the database from time to time; returns at once when that is switched off.
  void poll();
  /// Hears other nodes' hints; returns at once when there is no address to hear them at.
  void hear();
  /// Tells other nodes of what this store writes; returns at once when there are none.
  void tell();

 private:
  template <class Step>
  void keep_on(const char* what, Step&& step);
  void note(std::span<const store::Change> changes);
  void send(const std::map<store::AccountId, std::uint64_t>& changed);

  store::Store& store_;
  store::Views& views_;
  const ChangeSettings settings_;
  const Told told_;
  std::vector<net::Address> peers_;
  net::UdpSocket socket_;

  std::mutex mutex_;
  std::map<store::AccountId, std::uint64_t> changed_;  // guarded by it: the MODSEQs that nobody has been told of
  fiber::Event something_;
  store::Subscription subscription_;  // the first to go
};

}  // namespace posthouse::server
