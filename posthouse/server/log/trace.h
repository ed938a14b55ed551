#pragma once
// The dialogues of sessions in the log. Private to this module.
#include <memory>
#include <string_view>

#include "posthouse/net/address.h"
#include "posthouse/net/stream/trace.h"
#include "posthouse/server/log/log.h"

namespace posthouse::server {

/// Puts each line of a dialogue with `peer` at a listener called `kind` into the log, at level trace.
net::Trace trace_to_log(std::string_view kind, const net::Address& peer);

/// `options`, or at log level trace a copy that puts the dialogue into the log. `options` must outlive the result.
template <class Options>
std::shared_ptr<const Options> with_trace(const Options& options, std::string_view kind, const net::Address& peer) {
  if (!log().should_log(spdlog::level::trace)) {
    return {std::shared_ptr<void>(), &options};
  }
  auto traced = std::make_shared<Options>(options);
  traced->trace = trace_to_log(kind, peer);
  return traced;
}

}  // namespace posthouse::server
