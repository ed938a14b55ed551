// APPEND of one message or several (MULTIAPPEND, RFC 3502), their headers in UTF-8 where the server takes that (UTF8=ACCEPT,
// RFC 6855 section 4).
#include <algorithm>
#include <iterator>

#include "posthouse/base/utf8.h"
#include "posthouse/imap/client/client.h"
#include "posthouse/imap/client/client_support.h"
#include "posthouse/imap/client/session.h"

namespace posthouse::imap {
namespace {

std::function<void(const ClientSession::Sink& send)> writing(std::string_view message) {
  return [message](const ClientSession::Sink& send) {
    constexpr std::size_t piece = 256 * 1024;  // so that each has the whole time of ClientTimeouts::answer
    for (std::size_t at = 0; at < message.size(); at += piece) {
      send(message.substr(at, piece));
    }
  };
}

/// Header fields in UTF-8 (RFC 6532).
bool has_utf8_header(std::string_view message) {
  const std::string_view header = message.substr(0, message.find("\r\n\r\n"));
  return std::ranges::any_of(header, [](char c) { return static_cast<unsigned char>(c) > 127; }) && is_utf8(header);
}

/// A message of `size` octets, as it is said. Throws Errc::unsupported for what the server cannot take.
AppendPart part_of(ClientSession& session, std::uint64_t size, const AppendOptions& options) {
  check_flags(options.flags);
  if (options.binary) {
    demand(session, "BINARY");
  }
  const bool utf8 = options.utf8 && session.enabled("UTF8=ACCEPT");
  return {.begins_message = true,
          .flags = options.flags,
          .date = options.date,
          .size = size,
          .binary = options.binary || utf8,
          .utf8 = utf8};
}

AppendOptions options_for(std::string_view message, AppendOptions options) {
  options.binary = options.binary || message.find('\0') != std::string_view::npos;
  options.utf8 = options.utf8 || has_utf8_header(message);
  return options;
}

/// Where the messages of one APPEND are; nothing of each where the server does not tell.
std::vector<Appended> places_of(const response::Status& status, std::size_t messages) {
  std::vector<Appended> places(messages);
  const auto* code = status.code ? std::get_if<AppendUid>(&status.code->value) : nullptr;
  if (code == nullptr) {
    return places;
  }
  // In the order of the messages, so a set is not put in order (RFC 4315 section 3); more or fewer than there are messages
  // tell nothing.
  std::vector<std::uint32_t> uids;
  for (const NumberRange& range : code->uids.ranges()) {
    for (std::uint64_t uid = range.first; uid <= range.last && uids.size() <= messages; ++uid) {
      uids.push_back(static_cast<std::uint32_t>(uid));
    }
  }
  if (uids.size() == messages) {
    std::ranges::transform(uids, places.begin(), [&](std::uint32_t uid) { return Appended{code->uid_validity, uid}; });
  }
  return places;
}

}  // namespace

Appended Client::append(const std::string& mailbox, std::string_view message, const AppendOptions& options) {
  return append(mailbox, message.size(), writing(message), options_for(message, options));
}

Appended Client::append(const std::string& mailbox, std::uint64_t size,
                        const std::function<void(const std::function<void(std::string_view)>& write)>& source,
                        const AppendOptions& options) {
  const Turn turn(*session_);
  const command::Append command{.mailbox = checked_mailbox(mailbox)};
  session_->capabilities();
  const ClientSession::AppendedPiece piece{part_of(*session_, size, options), source};
  return places_of(session_->append(command, std::span(&piece, 1)), 1).front();
}

std::vector<Appended> Client::append(const std::string& mailbox, std::span<const NewMessage> messages) {
  const Turn turn(*session_);
  const command::Append command{.mailbox = checked_mailbox(mailbox)};
  session_->capabilities();
  std::vector<ClientSession::AppendedPiece> pieces;
  for (const auto& [text, options] : messages) {
    pieces.push_back({part_of(*session_, text.size(), options_for(text, options)), writing(text)});
  }
  std::vector<Appended> places;
  const std::size_t at_once = session_->supports("MULTIAPPEND") ? pieces.size() : 1;
  for (std::span<const ClientSession::AppendedPiece> rest = pieces; !rest.empty(); rest = rest.subspan(at_once)) {
    const auto some = rest.first(at_once);
    std::ranges::copy(places_of(session_->append(command, some), some.size()), std::back_inserter(places));
  }
  return places;
}

}  // namespace posthouse::imap
