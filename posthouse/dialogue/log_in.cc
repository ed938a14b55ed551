#include "posthouse/dialogue/log_in.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <poll.h>

#include "posthouse/dialogue/origin.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/sasl/mechanisms.h"

namespace posthouse::dialogue {
namespace {

/// True when the peer has closed its end of the socket below `stream`, whatever of its input was not read yet.
bool has_left(const net::Stream& stream) {
  pollfd socket{.fd = stream.native_handle(), .events = POLLRDHUP, .revents = 0};
  return socket.fd >= 0 && ::poll(&socket, 1, 0) > 0;
}

/// The mail addresses in a client's certificate. (CertificateInfo has no other names with "@".)
std::vector<std::string> certified_by(const std::optional<net::TlsInfo>& tls) {
  std::vector<std::string> addresses;
  if (tls && tls->verified && !tls->peer_chain.empty()) {
    for (const std::string& name : tls->peer_chain.front().names) {
      if (name.find('@') != std::string::npos) {
        addresses.push_back(name);
      }
    }
  }
  return addresses;
}

}  // namespace

bool is_safe(const LogInState& state) noexcept {
  return state.tls || state.insecure_allowed;
}

LogIn may_log_in(const LogInState& state) noexcept {
  if (!state.offered) {
    return LogIn::not_offered;
  }
  if (!state.greeted) {
    return LogIn::greet_first;
  }
  if (state.logged_in) {
    return LogIn::once_only;
  }
  if (state.busy) {
    return LogIn::not_now;
  }
  if (!is_safe(state)) {
    return state.tls_available ? LogIn::tls_first : LogIn::tls_elsewhere;
  }
  return LogIn::allowed;
}

std::string mechanisms_now(const LogInState& state, sasl::Verifier& verifier, const sasl::Context& context) {
  return state.offered && is_safe(state) ? sasl::server_mechanisms(verifier, context) : std::string();
}

sasl::ChannelBindingData channel_binding_of(const net::Stream& stream) {
  using net::ChannelBinding;
  if (!stream.is_tls()) {
    return {};
  }
  return [&stream](std::string_view type) -> std::optional<std::string> {
    if (type == "tls-exporter") {
      return stream.channel_binding(ChannelBinding::tls_exporter);
    }
    if (type == "tls-server-end-point") {
      return stream.channel_binding(ChannelBinding::tls_server_end_point);
    }
    return std::nullopt;
  };
}

sasl::Context context_of(const net::Stream& stream, const std::optional<net::TlsInfo>& tls, std::string protocol,
                         std::span<const std::string> mechanisms) {
  const net::Address peer = stream.peer_address();
  return {.protocol = std::move(protocol),
          .peer = peer.to_string(),
          .origin = origin_of(peer),
          .tls = tls ? tls->version : std::string(),
          .channel_binding = channel_binding_of(stream),
          .certified = certified_by(tls),
          .mechanisms = mechanisms,
          .left = [&stream] { return has_left(stream); }};
}

void HeldLogIn::begin(const sasl::Verdict& verdict) {
  verdict_ = verdict;
  checked_ = net::now();
}

bool HeldLogIn::holds(sasl::Verifier& verifier, net::Duration age) {
  if (net::now() - checked_ < age) {
    return true;
  }
  const fiber::Shield shield;
  if (!verifier.holds(verdict_)) {
    return false;
  }
  checked_ = net::now();
  return true;
}

void FailedLogIns::add() {
  const auto doublings = std::min<std::size_t>(count_++, 6);
  if (delay_ > net::Duration::zero()) {
    net::sleep_for(delay_ * (std::int64_t{1} << doublings));
  }
}

}  // namespace posthouse::dialogue
