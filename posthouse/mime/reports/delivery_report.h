#pragma once
// Delivery status notifications: what a queue tells a sender, written and read (RFC 3461, 3464, 6522, 6533).
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/compose/message_builder.h"
#include "posthouse/mime/reports/report_language.h"

namespace posthouse::mime {

class Message;

/// What happened (RFC 3464 section 2.3.3).
enum class DeliveryAction { failed, delayed, delivered, relayed, expanded };
/// "failed", "delayed", …: the word of RFC 3464 section 2.3.3.
std::string_view name_of(DeliveryAction action) noexcept;

/// What became of one recipient (RFC 3464 section 2.3).
struct RecipientReport {
  std::string final_recipient{};     ///< Address tried.
  std::string original_recipient{};  ///< Address the sender gave (RFC 3461 ORCPT), where it is another.
  /// The address type of `original_recipient` (RFC 3461 ORCPT); empty: rfc822, or utf-8 where it is not ASCII.
  std::string original_recipient_type{};
  DeliveryAction action = DeliveryAction::failed;  ///< What became of it.
  std::string status{};                            ///< Enhanced status code "5.1.1" (RFC 3463); "5.0.0" when empty.
  std::string remote_mta{};                        ///< Host that answered; empty when none did.
  std::string diagnostic{};   ///< Its reply, "550 5.1.1 No such user"; line breaks are made blanks.
  std::string explanation{};  ///< For the human part when there is no diagnostic: "host not found".
  std::optional<std::chrono::system_clock::time_point> last_attempt{};      ///< When it was tried last.
  std::optional<std::chrono::system_clock::time_point> will_retry_until{};  ///< Only for DeliveryAction::delayed.
  /// How long it has been tried: of one that failed because its time was up, and of one that is delayed. For the human part.
  std::optional<std::chrono::seconds> tried_for{};
};

/// Everything a delivery report says.
struct DeliveryReport {
  std::string reporting_mta{};         ///< This host's name.
  std::string recipient{};             ///< Who gets the report: the sender of the message (never empty).
  std::string original_envelope_id{};  ///< RFC 3461 ENVID; may be empty.
  std::string received_from_mta{};     ///< Where the message came from; may be empty.
  std::optional<std::chrono::system_clock::time_point> arrival{};  ///< When the message came in here.
  std::vector<RecipientReport> recipients{};                       ///< At least one.
  std::string original_message{};     ///< The message, or at least its header, as it was sent. May be empty.
  bool return_whole_message = false;  ///< RET=FULL: the message itself goes back, not its header only.
  /// The report may have octets above 127: so may a whole message that comes back in it (RFC 6152). Otherwise such a message
  /// comes back as its header.
  bool eight_bit = false;
  ReportLanguage language = ReportLanguage::english;  ///< Of the text for people; see report_language().
};

/// The report as a message (multipart/report; report-type=delivery-status) with CRLF line ends: a text for people
/// in `language`, with the peers' own words and what to do, the message/delivery-status, and the header (text/rfc822-headers) or the whole of the original. To be sent with an empty
/// reverse-path. From is "MAILER-DAEMON@" reporting_mta, and "Auto-Submitted: auto-replied" is set (RFC 3834).
/// Throws Errc::report when reporting_mta is no host name or there are no recipients, Errc::address when `recipient` is no
/// address.
std::string build_delivery_report(const DeliveryReport& report, const BuildOptions& options = {});

/// The report in a message (multipart/report with a message/delivery-status, RFC 6533's too); nothing when it has none.
/// Best effort, never throws: what a field does not say is empty, an action nobody knows is told by its status. At most
/// 10,000 recipients. `recipient` is the first address of To.
std::optional<DeliveryReport> parse_delivery_report(const Message& message);

}  // namespace posthouse::mime
