#include "posthouse/net/error.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace posthouse::net {

namespace {

bool may_succeed_later(Errc errc, int system_errno) {
  switch (errc) {
    case Errc::timeout:
    case Errc::closed:
    case Errc::reset:
    case Errc::refused:
    case Errc::unreachable:
    case Errc::bogus:
    case Errc::address_in_use:
      return true;
    case Errc::system:
      return system_errno == EMFILE || system_errno == ENFILE || system_errno == ENOBUFS || system_errno == ENOMEM ||
             system_errno == EAGAIN;
    default:
      return false;
  }
}

Errc kind_of(int system_errno) {
  switch (system_errno) {
    case ETIMEDOUT:
      return Errc::timeout;
    case ECANCELED:
      return Errc::canceled;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return Errc::reset;
    case ECONNREFUSED:
      return Errc::refused;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case ENONET:
      return Errc::unreachable;
    case EADDRINUSE:
      return Errc::address_in_use;
    case EACCES:
    case EPERM:
      return Errc::permission;
    default:
      return Errc::system;
  }
}

// The system's words, with a small letter in front: they end a sentence of ours.
std::string words_for(int system_errno) {
  std::string words = std::generic_category().message(system_errno);
  if (words.size() > 1 && words[0] >= 'A' && words[0] <= 'Z' && words[1] >= 'a' && words[1] <= 'z') {
    words[0] = static_cast<char>(words[0] - 'A' + 'a');
  }
  return words;
}

}  // namespace

std::string_view to_string(Errc errc) noexcept {
  switch (errc) {
    case Errc::timeout:
      return "timeout";
    case Errc::canceled:
      return "canceled";
    case Errc::closed:
      return "closed";
    case Errc::reset:
      return "reset";
    case Errc::refused:
      return "refused";
    case Errc::unreachable:
      return "unreachable";
    case Errc::name_not_found:
      return "name_not_found";
    case Errc::bogus:
      return "bogus";
    case Errc::address_in_use:
      return "address_in_use";
    case Errc::permission:
      return "permission";
    case Errc::too_long:
      return "too_long";
    case Errc::tls:
      return "tls";
    case Errc::certificate:
      return "certificate";
    case Errc::invalid:
      return "invalid";
    case Errc::system:
      return "system";
  }
  return "unknown";
}

Error::Error(Errc errc, const std::string& what, int system_errno, bool connection_usable, SourceLocation where)
    : Error(errc, what,
            posthouse::ErrorDetails{.retryable = may_succeed_later(errc, system_errno),
                                    .connection_usable = connection_usable},
            system_errno, where) {}

namespace {
posthouse::ErrorDetails with_code(Errc errc, posthouse::ErrorDetails details) {
  if (details.code.empty()) details.code.append("net.").append(to_string(errc));
  return details;
}
}  // namespace

Error::Error(Errc errc, const std::string& what, posthouse::ErrorDetails details, int system_errno,
             SourceLocation where)
    : posthouse::Error(what, with_code(errc, std::move(details)), where), errc_(errc), system_errno_(system_errno) {}

Error Error::from_errno(int system_errno, const std::string& action, SourceLocation where) {
  return {kind_of(system_errno), action + ": " + words_for(system_errno), system_errno, false, where};
}

bool is_canceled(const std::exception& error) noexcept {
  const auto* ours = dynamic_cast<const Error*>(&error);
  return ours != nullptr && ours->errc() == Errc::canceled;
}

}  // namespace posthouse::net
