#pragma once
// The connection a lane keeps to its next hop. Private to this module.
#include <memory>
#include <optional>
#include <vector>

#include "posthouse/queue/rows.h"
#include "posthouse/relay/connection.h"
#include "posthouse/relay/next_hop.h"
#include "posthouse/relay/outgoing.h"
#include "posthouse/relay/verdict.h"
#include "posthouse/relay/worker/worker_core.h"

namespace posthouse::relay {

/// A message with those of its recipients that were claimed together: one SMTP transaction.
using Parcel = std::vector<queue::Claimed>;
/// One for each recipient of a parcel, in its order.
using Verdicts = std::vector<Verdict>;

class Session {
 public:
  Session(Worker::Core& core, LaneState& lane) : core_(core), lane_(lane) {}

  bool is_open() const noexcept { return peer_.has_value(); }
  /// To be called before a parcel: by these rules from now on; a connection that has served its time, or is not protected
  /// as the parcel's letter asks, is closed.
  void refresh(std::shared_ptr<const WorkerOptions> rules, LetterTls letter);
  /// To the first host that lets us in. Throws NoHost; net::Error (Errc::canceled), like all that follow.
  void connect();
  /// The same; false when none lets us in.
  bool connect_again();
  bool has_next() const noexcept { return hop_ + 1 < hops_.size(); }
  /// To the host after the one last talked to; false when there is none that lets us in.
  bool connect_next();
  /// One transaction. When the connection broke in it, the session is not open any more.
  Verdicts transact(const Parcel& parcel, const Outgoing& message);
  void close(bool politely);
  /// Says in `event` where the connection leads.
  void describe(Event& event);

 private:
  void connect_from(std::size_t first);
  bool peer_has_spoken();

  Worker::Core& core_;
  LaneState& lane_;
  std::shared_ptr<const WorkerOptions> rules_ = core_.options();
  LetterTls letter_ = LetterTls::as_published;
  std::vector<Hop> hops_{};  // of the last connect()
  std::size_t hop_ = 0;      // the one last talked to
  std::optional<Connected> peer_{};
  std::size_t sent_ = 0;  // parcels over this connection
};

}  // namespace posthouse::relay
