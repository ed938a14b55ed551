#pragma once
// Message disposition notifications: "your message was displayed" (RFC 8098).
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {

/// What a recipient's mail program says became of a message (RFC 8098 section 3). What is absent is empty. A message
/// asks for one with the field Disposition-Notification-To (Message::addresses).
struct DispositionNotification {
  std::string reporting_ua{};            ///< "host.test; Program 1.0"
  std::string mdn_gateway{};             ///< "dns; gateway.test", where one translated the message.
  std::string original_recipient{};      ///< Address the sender gave.
  std::string final_recipient{};         ///< Address that got the message.
  std::string original_message_id{};     ///< "<…>" of the message it is about.
  std::string action_mode{};             ///< "manual-action" or "automatic-action": lower case, as those that follow.
  std::string sending_mode{};            ///< "mdn-sent-manually" or "mdn-sent-automatically".
  std::string disposition{};             ///< "displayed", "deleted", "dispatched", "processed".
  std::vector<std::string> modifiers{};  ///< "error", "failed", …
  std::string error{};                   ///< Text of the Error field.
  std::string original_message{};        ///< The message or its header, where it was sent back.
};

/// The notification in a message (multipart/report with a message/disposition-notification); nothing when it has none.
/// Never throws.
std::optional<DispositionNotification> parse_disposition_notification(const Message& message);

}  // namespace posthouse::mime
