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

}  // namespace

Appended Client::append(const std::string& mailbox, std::string_view message, const AppendOptions& options) {
  AppendOptions how = options;
  how.binary = how.binary || message.find('\0') != std::string_view::npos;
  return append(mailbox, message.size(), writing(message), how);
}

Appended Client::append(const std::string& mailbox, std::uint64_t size,
                        const std::function<void(const std::function<void(std::string_view)>& write)>& source,
                        const AppendOptions& options) {
  const Turn turn(*session_);
  check_flags(options.flags);
  const command::Append command{.mailbox = checked_mailbox(mailbox)};
  if (options.binary) {
    demand(*session_, "BINARY");
  }
  session_->capabilities();
  const AppendPart part{
      .begins_message = true, .flags = options.flags, .date = options.date, .size = size, .binary = options.binary};
  const auto status = session_->append(command, part, {}, source);
  const auto* code = status.code ? std::get_if<AppendUid>(&status.code->value) : nullptr;
  if (code == nullptr || code->uids.ranges().size() != 1) {
    return {};
  }
  return {code->uid_validity, code->uids.ranges().front().first};
}

}  // namespace posthouse::imap
