#include "posthouse/fiber/error.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace posthouse::fiber {

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

// The system's English words, with a small letter in front: they end a sentence of ours.
void append_words(std::string& text, int system_errno) {
  const char* words = strerrordesc_np(system_errno);
  if (words == nullptr) {
    text.append("unknown error ").append(std::to_string(system_errno));
    return;
  }
  const std::size_t first = text.size();
  text.append(words);
  if (text[first] >= 'A' && text[first] <= 'Z' && words[1] >= 'a' && words[1] <= 'z') {
    text[first] = static_cast<char>(text[first] - 'A' + 'a');
  }
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
  if (details.code.empty()) {
    details.code.append("net.").append(to_string(errc));
  }
  return details;
}
}  // namespace

Error::Error(Errc errc, const std::string& what, posthouse::ErrorDetails details, int system_errno,
             SourceLocation where)
    : posthouse::Error(what, with_code(errc, std::move(details)), where), errc_(errc), system_errno_(system_errno) {}

Error Error::from_errno(int system_errno, const std::string& action, SourceLocation where) {
  std::string text;
  text.reserve(action.size() + 48);
  text.append(action).append(": ");
  append_words(text, system_errno);
  return {kind_of(system_errno), text, system_errno, false, where};
}

bool is_canceled(const std::exception& error) noexcept {
  const auto* ours = dynamic_cast<const Error*>(&error);
  return ours != nullptr && ours->errc() == Errc::canceled;
}

}  // namespace posthouse::fiber
